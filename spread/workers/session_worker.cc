#include "spread/workers/session_worker.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/io/system.h"
#include "spread/workers/limits.h"

namespace spread {
namespace {

constexpr std::size_t kErrorsKept = 400;

std::string last_words(const std::string& errors) {
  std::string text;
  for (const char c : errors) text += c == '\n' ? ' ' : c;
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

SessionWorker::SessionWorker(WorkerId id, const SessionOptions& session, Subprocess process,
                             EventLoop& loop, ReadBuffer& shared, WorkerSink& sink,
                             const SessionWorkerOptions& options)
    : id_(id),
      session_(session),
      process_(std::move(process)),
      loop_(loop),
      sink_(sink),
      options_(options),
      only_tail_(session.raw),
      received_(shared),
      timer_(loop, [this] { too_late(); }) {
  loop_.add(process_.input.get(), false, false, this);
  loop_.add(process_.output.get(), true, false, this);
  loop_.add(process_.errors.get(), true, false, this);
  loop_.add(process_.exit_fd(), true, false, this);
}

SessionWorker::~SessionWorker() {
  if (!status_) loop_.remove(process_.exit_fd());
  close_all();
}

void SessionWorker::close_all() {
  close_fd(process_.input);
  close_fd(process_.output);
  close_fd(process_.errors);
}

void SessionWorker::close_fd(UniqueFd& fd) {
  if (!fd) return;
  loop_.remove(fd.get());
  fd.reset();
}

void SessionWorker::leave_unread(bool unread) {
  if (unread == unread_ || ended_) return;
  unread_ = unread;
  const auto leave = [&](const UniqueFd& fd) {
    if (fd) unread ? loop_.pause(fd.get()) : loop_.change(fd.get(), true, false);
  };
  leave(process_.errors);
  if (!only_tail_) leave(process_.output);
  // It may have been unable to write until now.
  if (!unread && std::exchange(late_, false)) set_deadline(kAfterExit);
}

void SessionWorker::set_deadline(Duration from_now) { timer_.set(after(loop_.now(), from_now)); }

/// `why` is what is said of it if it has not ended by then.
void SessionWorker::end_unless_over(Duration from_now, std::string why) {
  set_deadline(from_now);
  deadline_why_ = std::move(why);
}

void SessionWorker::because(std::string_view why) {
  if (ended_why_.empty()) ended_why_ = why;
}

void SessionWorker::on_ready(int fd, bool readable, bool writable) {
  if (fd == process_.input.get()) {
    // An error without `writable` interest: its reader is gone.
    if (session_.output().empty()) return input_failed();
    if (writable) flush();
  } else if (fd == process_.output.get()) {
    if (readable) read_output();
  } else if (fd == process_.errors.get()) {
    read_errors();
  } else {
    on_exit();
  }
}

void SessionWorker::flush() {
  OutputQueue& queue = session_.output();
  if (!process_.input) return;
  while (!queue.empty()) {
    std::array<ByteView, 16> pieces;
    const std::size_t count = queue.gather(pieces);
    if (queue.size() >= kBigBytes) grow_pipes();
    const IoResult result = write_some(process_.input.get(), {pieces.data(), count});
    if (result.state == IoState::WouldBlock) break;
    if (result.state != IoState::Done) return input_failed();
    queue.consume(result.size);
  }
  if (queue.empty()) {
    // After a payload of megabytes, an idle worker does not keep the memory.
    if (queue.tail().capacity() > 2 * kBigBytes) queue.tail().shrink();
    if (closing_) return close_fd(process_.input);
  }
  loop_.change(process_.input.get(), false, !queue.empty());
}

void SessionWorker::grow_pipes() {
  if (std::exchange(pipes_grown_, true)) return;
  grow_pipe(process_.input.get(), kBigPipe);
  if (process_.output) grow_pipe(process_.output.get(), kBigPipe);
}

/// The worker has closed its fd 0, or is gone. What it wrote before counts, so its output and its
/// exit decide the rest; but if it goes on without its input, it is ended.
void SessionWorker::input_failed() {
  close_fd(process_.input);
  OutputQueue& queue = session_.output();
  queue.consume(queue.size());
  sink_.on_unusable();
  if (!status_ && phase_ == Phase::Normal && timer_.at() == kForever) {
    end_unless_over(options_.kill_grace, "it closed its stdin and went on");
  }
}

void SessionWorker::close_input() {
  if (std::exchange(closing_, true)) return;
  session_.close();
  flush();
  begin_shutdown();
  // What it wrote before the close, and was not understood, may now be its tail. Not the beginning
  // of an answer that it owes: no answer may come from within this call.
  if (session_.outstanding() == 0 && !received_.empty() && !received_.in_use()) read_output();
}

/// Once nothing is left for it to do.
void SessionWorker::begin_shutdown() {
  if (!closing_ || session_.outstanding() > 0 || std::exchange(shutdown_begun_, true)) return;
  if (!status_ && options_.shutdown_timeout && phase_ == Phase::Normal) {
    end_unless_over(*options_.shutdown_timeout, options_.overdue);
  }
}

void SessionWorker::terminate(std::string_view why) {
  if (status_ || phase_ != Phase::Normal) return;
  because(why);
  phase_ = Phase::Terminated;
  process_.signal_group(SIGTERM);
  process_.signal_group(SIGCONT);
  set_deadline(options_.kill_grace);
}

void SessionWorker::kill(std::string_view why) {
  if (status_ || phase_ == Phase::Killed) return;
  because(why);
  phase_ = Phase::Killed;
  process_.signal_group(SIGKILL);
  set_deadline(kAfterKill);
}

void SessionWorker::suspend(bool stop) {
  if (!status_) process_.signal_group(stop ? SIGSTOP : SIGCONT);
}

void SessionWorker::too_late() {
  if (ended_) return;
  if (unread_ && phase_ == Phase::Normal) {
    late_ = true;
    return;
  }
  if (status_) return end_if_complete(true);
  if (phase_ == Phase::Normal) return terminate(deadline_why_);
  if (phase_ == Phase::Terminated) return kill(ended_why_);
  phase_ = Phase::GivenUp;
  end_if_complete(true);
}

void SessionWorker::read_output() {
  for (int i = 0; i < kReadsPerTurn && read_once(); ++i) {
  }
}

/// One read. False when there is nothing more to be had now.
bool SessionWorker::read_once() {
  if (!process_.output) return false;
  const std::span<Byte> room = received_.room();
  const IoResult result = read_some(process_.output.get(), room.data(), room.size());
  const std::size_t size = result.state == IoState::Done ? result.size : 0;
  const bool over = result.state == IoState::End || result.state == IoState::Failed;
  if (size != 0 || over) take(received_.filled(size), over);
  if (over) output_ended();
  return size == room.size() && process_.output && !ended_;
}

void SessionWorker::take(ByteView bytes, bool final) {
  std::size_t done = 0;
  if (!received_.gathers() || bytes.size() >= session_.wanted() || final) {
    done = session_.receive(bytes, final, sink_);
    if (closing_) begin_shutdown();
    if (session_.problem() != Problem::None) react_to_problem(final);
  }
  received_.keep(bytes.subspan(done), session_.wanted());
  if (received_.gathers()) grow_pipes();
}

void SessionWorker::react_to_problem(bool at_the_end) {
  if (std::exchange(problem_told_, true)) return;
  sink_.on_unusable();
  if (session_.problem() == Problem::Mismatch) sink_.on_mismatch(session_.problem_text());
  // A worker whose output has ended is most likely ending by itself: how, is worth a moment.
  if (!at_the_end) terminate(session_.problem_text());
}

void SessionWorker::output_ended() {
  close_fd(process_.output);
  if (status_) return end_if_complete(false);
  // A worker without an output can answer nothing more; give it a moment to end by itself.
  if (phase_ != Phase::Normal) return;
  sink_.on_unusable();
  if (session_.outstanding() > 0 || session_.problem() != Problem::None) {
    end_unless_over(std::min(options_.kill_grace, kAfterExit),
                    "it closed its stdout" + open_tasks());
  } else if (!closing_) {
    close_input();
  }
}

/// One read. False when there is nothing more to be had now.
bool SessionWorker::read_errors() {
  std::array<Byte, 16384> piece;
  const IoResult result = read_some(process_.errors.get(), piece.data(), piece.size());
  if (result.state == IoState::WouldBlock) return false;
  if (result.state != IoState::Done) {
    close_fd(process_.errors);
    if (status_) end_if_complete(false);
    return false;
  }
  const std::string_view text = as_text({piece.data(), result.size});
  remember_errors(text);
  sink_.on_stderr(text);
  return true;
}

void SessionWorker::remember_errors(std::string_view text) {
  last_errors_ += text.substr(text.size() - std::min(text.size(), kErrorsKept));
  if (last_errors_.size() > kErrorsKept) {
    last_errors_.erase(0, last_errors_.size() - kErrorsKept);
    const std::size_t line = last_errors_.find('\n');
    if (line + 1 < last_errors_.size() && line != std::string::npos)
      last_errors_.erase(0, line + 1);
  }
}

void SessionWorker::on_exit() {
  loop_.remove(process_.exit_fd());
  // Its children may have ignored the TERM that ended it. This must come before it is reaped: then
  // its number may be another group's.
  if (phase_ != Phase::Normal) process_.kill_group();
  status_ = process_.try_wait();
  if (!status_) return loop_.add(process_.exit_fd(), true, false, this);
  if (status_ && !closing_) sink_.on_unusable();
  set_deadline(kAfterExit);
  if (unread_ && phase_ == Phase::Normal) return;
  // Answers that are still in the pipe count.
  if (process_.output) read_output();
  // The loop does not tell of what is left unread.
  while (!ended_ && process_.errors && read_errors() && unread_) {
  }
  end_if_complete(false);
}

void SessionWorker::end_if_complete(bool drained) {
  if (ended_) return;
  const bool read_to_the_end = !process_.output && !process_.errors;
  if (!drained && !(status_ && read_to_the_end)) return;
  if (process_.output) {
    // Time is up, and a grandchild still holds the pipe: what has come so far is all.
    const Slice rest = received_.rest();
    session_.receive(rest.view(), true, sink_);
  }
  close_all();
  ended_ = true;
  timer_.set(kForever);
  sink_.on_ended(describe_end(), status_.value_or(ExitStatus{0, SIGKILL}));
}

std::string SessionWorker::told_status() const {
  if (!status_) return "it does not even end after SIGKILL";
  return status_->text(phase_ == Phase::Killed);
}

/// " with 2 tasks unanswered", or nothing.
std::string SessionWorker::open_tasks() const {
  const std::size_t open = session_.outstanding();
  if (open == 0) return {};
  return " with " + std::to_string(open) + (open == 1 ? " task" : " tasks") + " unanswered";
}

ProcessEnded SessionWorker::describe_end() const {
  ProcessEnded end;
  end.worker = id_;
  // Not even with status 0, where spread had to end it.
  end.clean = status_ && status_->is_success(options_.ok_statuses) &&
              session_.problem() == Problem::None && ended_why_.empty();
  switch (session_.problem()) {
    case Problem::Misbehaved:
      end.cause = EndCause::Misbehaved;
      end.reason = session_.problem_text();
      if (phase_ == Phase::Normal) end.reason += ", " + told_status();
      break;
    case Problem::PrepFailed:
    case Problem::Mismatch:
      end.cause = EndCause::PrepFailed;
      end.reason = session_.problem_text();
      break;
    case Problem::None:
      if (!ended_why_.empty()) {
        end.reason = ended_why_ + ", ";
      } else if (session_.outstanding() > 0) {
        end.reason = "it ended" + open_tasks() + ", ";
      }
      end.reason += told_status();
      break;
  }
  if (!end.clean && !last_errors_.empty())
    end.reason += "; its last words: " + last_words(last_errors_);
  return end;
}

}  // namespace spread
