#include "spread/workers/session_worker.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"

namespace spread {
namespace {

/// One that may take its tasks for answered, and has something left, has so long to answer it.
constexpr Duration kUntilItIsConfused = std::chrono::seconds(10);

}  // namespace

ReceiveBuffer::~ReceiveBuffer() {
  if (block_ != nullptr) block_->release();
  if (large_ != nullptr) large_->release();
}

std::span<Byte> ReceiveBuffer::room() {
  if (large_ != nullptr) {
    return {large_->data() + large_size_, large_->capacity() - large_size_};
  }
  Block* const block = shared_.block();
  std::copy_n(unfinished_.data(), unfinished_.size(), block->data());
  return {block->data() + unfinished_.size(), block->capacity() - unfinished_.size()};
}

ByteView ReceiveBuffer::filled(std::size_t size) {
  SPREAD_ASSERT(!in_use());
  block_ = large_ != nullptr ? large_ : shared_.block();
  block_->retain();
  if (large_ != nullptr) {
    large_size_ += size;
    return {block_->data(), large_size_};
  }
  size += unfinished_.size();
  unfinished_.clear();
  return {block_->data(), size};
}

void ReceiveBuffer::keep(ByteView rest, std::size_t wanted) {
  SPREAD_ASSERT(in_use());
  Block* const block = std::exchange(block_, nullptr);
  const bool known = wanted > rest.size() + 1;
  wanted = std::max(wanted, rest.size() + 1);
  if (wanted <= ReadBuffer::kBytes) {
    unfinished_.append(rest);
    if (unfinished_.capacity() > ReadBuffer::kBytes / 4 && rest.empty()) unfinished_.shrink();
    if (large_ != nullptr) std::exchange(large_, nullptr)->release();
    large_size_ = 0;
  } else if (block == large_ && rest.data() == block->data() && block->capacity() >= wanted) {
    large_size_ = rest.size();
  } else {
    // One more byte: the newline behind a large frame is read with it. A length that is not known
    // is doubled, or a line of N bytes would be copied N times. The size may be what the worker
    // claims: only what is really written to is ever taken from the system.
    Block* const bigger = Block::create(known ? wanted + 1 : std::max(wanted, 2 * rest.size()));
    std::copy_n(rest.data(), rest.size(), bigger->data());
    if (large_ != nullptr) large_->release();
    large_ = bigger;
    large_size_ = rest.size();
  }
  block->release();
}

Slice ReceiveBuffer::rest() const {
  if (large_ != nullptr) return Slice(large_, {large_->data(), large_size_});
  return Slice::copy_of(unfinished_.view());
}

SessionWorker::SessionWorker(WorkerId id, const SessionOptions& session,
                             std::unique_ptr<Channel> channel, EventLoop& loop, ReadBuffer& shared,
                             WorkerSink& sink, const SessionWorkerOptions& options)
    : id_(id),
      channel_(std::move(channel)),
      session_(session, channel_->input()),
      loop_(loop),
      sink_(sink),
      options_(options),
      only_tail_(session.raw),
      received_(shared),
      deadline_(loop, [this] { too_late(); }),
      confused_(loop, [this] { is_confused(); }) {
  channel_->set_sink(*this);
}

// ---------------------------------------------------------------- what it is asked to do

void SessionWorker::close_input() {
  if (std::exchange(closing_, true)) return;
  session_.close();
  channel_->close_input();
  begin_shutdown();
}

/// Once nothing is left for it to do.
void SessionWorker::begin_shutdown() {
  if (!closing_ || session_.outstanding() > 0 || std::exchange(shutdown_begun_, true)) return;
  if (!channel_->exited() && options_.shutdown_timeout && !told_to_end()) {
    end_unless_over(*options_.shutdown_timeout, options_.overdue);
  }
}

void SessionWorker::because(std::string_view why) {
  if (!channel_->exited() && ended_why_.empty()) ended_why_ = why;
}

void SessionWorker::tell(const Value& message) {
  session_.tell(message);
  if (session_.problem() != Problem::None) react_to_problem(false);
}

void SessionWorker::reply(std::uint64_t seq, const Value& message) {
  session_.reply(seq, message);
  if (session_.problem() != Problem::None) react_to_problem(false);
}

void SessionWorker::answer(std::uint64_t seq, std::span<const Slice> value, bool awaited) {
  session_.answer(seq, value, awaited);
  if (session_.problem() != Problem::None) react_to_problem(false);
}

void SessionWorker::terminate(std::string_view why) {
  if (channel_->exited() || told_to_end()) return;
  because(why);
  channel_->terminate();
}

void SessionWorker::kill(std::string_view why) {
  because(why);
  channel_->kill();
}

/// `why` is what is said of it if it has not ended by then.
void SessionWorker::end_unless_over(Duration from_now, std::string why) {
  deadline_.set(after(loop_.now(), from_now));
  deadline_why_ = std::move(why);
}

void SessionWorker::too_late() {
  if (unread_) {
    late_ = true;
    return;
  }
  if (!output_over_ || !may_leave_silently()) return terminate(deadline_why_);
  session_.leave(sink_);
  close_input();
  end_unless_over(options_.kill_grace, "it closed its stdout and went on");
}

/// It may only be slow with what it has left: so nothing is done before it is silent for long.
void SessionWorker::is_confused() {
  if (unread_) return confused_.set(after(loop_.now(), kUntilItIsConfused));
  terminate("it has answered ids that it was not given, and none of its own for 10 s," +
            open_tasks());
}

/// It has shown that it works, and stands between two messages.
bool SessionWorker::may_leave_silently(bool works) const {
  return options_.may_leave_silently && (works || session_.answered()) && !session_.left() &&
         !closing_ && session_.problem() == Problem::None && !told_to_end();
}

void SessionWorker::leave_unread(bool unread) {
  if (unread == unread_ || ended_) return;
  unread_ = unread;
  channel_->reconsider();
  // It may have been unable to write until now.
  if (!unread && std::exchange(late_, false)) deadline_.set(after(loop_.now(), kAfterExit));
}

/// What one that was told to end has still written is read, so that its end is known: no more than
/// a pipe holds.
bool SessionWorker::wants_output(bool errors) const {
  return !unread_ || (only_tail_ && !errors) || (channel_->exited() && told_to_end());
}

// ---------------------------------------------------------------- what it does

/// What it wrote before counts, so its output and its exit decide the rest; but if it goes on
/// without its input, it is ended.
void SessionWorker::on_input_lost() {
  if (channel_->exited()) {
    if (!closing_) sink_.on_unusable();
    return;
  }
  sink_.on_unusable();
  if (!told_to_end() && deadline_.at() == kForever) {
    end_unless_over(options_.kill_grace, "it closed its stdin and went on");
  }
}

void SessionWorker::take(ByteView bytes, bool final) {
  std::size_t done = 0;
  if (!received_.gathers() || bytes.size() >= session_.wanted() || final) {
    done = session_.receive(bytes, final, sink_);
    if (session_.left()) close_input();
    if (closing_) begin_shutdown();
    if (session_.problem() != Problem::None) react_to_problem(final);
    const bool confused = session_.may_think_it_is_done() && !told_to_end();
    // Not put off by what else it says: it may promise beats.
    const bool armed = confused_.at() != kForever;
    if (confused != armed) {
      confused_.set(confused ? after(loop_.now(), kUntilItIsConfused) : kForever);
    }
  }
  received_.keep(bytes.subspan(done), session_.wanted());
  if (received_.gathers()) channel_->expect_large();
  if (session_.state() == SessionState::Relay && !std::exchange(relay_told_, true)) {
    sink_.on_relay(session_.relay());
  }
}

std::unique_ptr<Channel> SessionWorker::take_channel(Slice& rest) {
  ended_ = true;
  deadline_.set(kForever);
  confused_.set(kForever);
  rest = received_.rest();
  return std::move(channel_);
}

void SessionWorker::react_to_problem(bool at_the_end) {
  if (std::exchange(problem_told_, true)) return;
  sink_.on_unusable();
  if (session_.problem() == Problem::Mismatch) sink_.on_mismatch(session_.problem_text());
  // A worker whose output has ended is most likely ending by itself: how, is worth a moment.
  if (!at_the_end) terminate(session_.problem_text());
}

void SessionWorker::on_output_end() {
  output_over_ = true;
  received_.room();
  take(received_.filled(0), true);
  // One without an output can answer nothing more; give it a moment to end by itself.
  if (channel_->exited() || told_to_end()) return;
  sink_.on_unusable();
  if (session_.outstanding() > 0 || session_.problem() != Problem::None) {
    end_unless_over(std::min(options_.kill_grace, kAfterExit),
                    "it closed its stdout" + open_tasks());
  } else if (!closing_) {
    const bool leaves = may_leave_silently();
    if (leaves) session_.leave(sink_);
    close_input();
    if (leaves) end_unless_over(options_.kill_grace, "it closed its stdout and went on");
  }
}

void SessionWorker::on_errors(Slice text) {
  last_words_.add(as_text(text.view()));
  sink_.on_stderr(as_text(text.view()));
}

// ---------------------------------------------------------------- its end

void SessionWorker::on_ended(const ChannelEnd& end) {
  if (!output_over_) {
    // Something else still holds the pipe: what has come so far is all.
    const Slice rest = received_.rest();
    session_.receive(rest.view(), true, sink_);
  }
  // Where the status is not known, open tasks tell a death from a worker that is done.
  const bool unknown = end.status && !end.status->known();
  const bool well = unknown ? session_.outstanding() == 0 : end.status && end.status->clean();
  if (well && may_leave_silently(options_.kind_has_answered)) {
    session_.leave(sink_);
  }
  ended_ = true;
  deadline_.set(kForever);
  const bool process = is_process(end);
  sink_.on_ended(describe_end(end), process ? end.status_or_killed() : ExitStatus{});
}

/// One behind a relay has a status, but no pid here.
bool SessionWorker::is_process(const ChannelEnd& end) const {
  return channel_->pid() != 0 || end.status;
}

std::string SessionWorker::told_status(const ChannelEnd& end) const {
  if (end.not_started) return end.not_started->message;
  if (!is_process(end)) return "the connection to it was closed";
  if (!end.status) return "it does not even end after SIGKILL";
  return end.status->text(end.killed);
}

/// " with 2 tasks unanswered", or nothing.
std::string SessionWorker::open_tasks() const {
  const std::size_t open = session_.outstanding();
  if (open == 0) return {};
  return " with " + std::to_string(open) + (open == 1 ? " task" : " tasks") + " unanswered";
}

WorkerGone SessionWorker::describe_end(const ChannelEnd& end) const {
  WorkerGone ended;
  ended.worker = id_;
  const bool process = is_process(end);
  // Not even with status 0, where spread had to end it. One that is no process ends with its tasks,
  // and so does one whose status is not known.
  const bool by_status = process && !(end.status && !end.status->known());
  const bool done = closing_ || (process && session_.left());
  ended.clean = (by_status ? end.status && end.status->is_success(options_.ok_statuses)
                           : done && session_.outstanding() == 0) &&
                session_.problem() == Problem::None && !told_to_end();
  switch (session_.problem()) {
    case Problem::Misbehaved:
      ended.cause = EndCause::Misbehaved;
      ended.reason = session_.problem_text();
      if (!told_to_end()) ended.reason += ", " + told_status(end);
      break;
    case Problem::PrepFailed:
    case Problem::Mismatch:
      ended.cause = EndCause::PrepFailed;
      ended.reason = session_.problem_text();
      break;
    case Problem::None:
      if (end.not_started) ended.cause = EndCause::NotStarted;
      if (told_to_end()) {
        ended.reason = ended_why_ + ", ";
      } else if (session_.outstanding() > 0 && !end.not_started) {
        ended.reason = "it ended" + open_tasks() + ", ";
      }
      ended.reason += told_status(end);
      break;
  }
  if (!ended.clean && !last_words_.empty()) {
    ended.reason += "; its last words: " + last_words_.line();
  }
  return ended;
}

}  // namespace spread
