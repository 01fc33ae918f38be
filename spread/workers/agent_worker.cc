#include "spread/workers/agent_worker.h"

#include <signal.h>

#include <array>
#include <charconv>
#include <utility>

#include "spread/base/posix.h"
#include "spread/workers/limits.h"

namespace spread {
namespace {

constexpr std::size_t kWordsKept = 400;

}  // namespace

AgentWorker::AgentWorker(Subprocess process, std::string mark_prefix, EventLoop& loop,
                         ReadBuffer& shared, AgentSink& sink, Duration kill_grace)
    : process_(std::move(process)),
      loop_(loop),
      shared_(shared),
      sink_(sink),
      kill_grace_(kill_grace),
      out_{&process_.output, MarkScanner(mark_prefix)},
      err_{&process_.errors, MarkScanner(mark_prefix)},
      timer_(loop, [this] { too_late(); }) {
  loop_.add(process_.input.get(), false, false, this);
  loop_.add(process_.output.get(), true, false, this);
  loop_.add(process_.errors.get(), true, false, this);
  loop_.add(process_.exit_fd(), true, false, this);
}

AgentWorker::~AgentWorker() {
  if (!status_) loop_.remove(process_.exit_fd());
  close_fd(process_.input);
  close_fd(process_.output);
  close_fd(process_.errors);
}

void AgentWorker::close_fd(UniqueFd& fd) {
  if (!fd) return;
  loop_.remove(fd.get());
  fd.reset();
}

void AgentWorker::send(std::string_view request) {
  busy_ = true;
  out_.marked = err_.marked = false;
  input_.tail().append(request);
  write_input();
}

void AgentWorker::feed(std::string_view text) {
  feeding_ = true;
  input_.tail().append(text);
  write_input();
}

void AgentWorker::feed(Slice bytes) {
  feeding_ = true;
  input_.append(std::move(bytes));
  write_input();
}

/// False if the pipe is full.
bool AgentWorker::write_input() {
  std::array<ByteView, 16> pieces;
  while (process_.input && !input_.empty()) {
    const std::size_t count = input_.gather(pieces);
    const IoResult result = write_some(process_.input.get(), {pieces.data(), count});
    if (result.state == IoState::WouldBlock) {
      loop_.change(process_.input.get(), false, true);
      return false;
    }
    // The other side does not read any more: its exit tells why.
    if (result.state != IoState::Done) {
      close_fd(process_.input);
      break;
    }
    input_.consume(result.size);
  }
  if (closing_) close_fd(process_.input);
  if (process_.input) loop_.change(process_.input.get(), false, feeding_);
  return true;
}

void AgentWorker::input_ready() {
  if (!write_input() || !std::exchange(feeding_, false)) return;
  if (process_.input) loop_.change(process_.input.get(), false, false);
  sink_.on_agent_input_written();
}

void AgentWorker::close_input() {
  if (std::exchange(closing_, true)) return;
  write_input();
  // The far side may hang while it logs out.
  timer_.set(after(loop_.now(), kill_grace_));
}

void AgentWorker::terminate() {
  if (status_ || std::exchange(terminated_, true)) return;
  process_.signal_group(SIGTERM);
  process_.signal_group(SIGCONT);
  timer_.set(after(loop_.now(), kill_grace_));
}

void AgentWorker::kill() {
  if (status_ || std::exchange(killed_, true)) return;
  process_.signal_group(SIGKILL);
  timer_.set(after(loop_.now(), kAfterKill));
}

void AgentWorker::too_late() {
  if (ended_) return;
  if (status_ || killed_) return end_if_complete(true);
  terminated_ ? kill() : terminate();
}

void AgentWorker::on_ready(int fd, bool, bool) {
  if (fd == process_.exit_fd() && !status_) return on_exit();
  if (fd == process_.input.get()) return input_ready();
  const bool errors = fd == process_.errors.get();
  read(errors ? err_ : out_, errors);
}

void AgentWorker::watch(Stream& stream, bool errors) {
  if (!*stream.fd) return;
  const bool wanted = !busy_ || sink_.wants_agent_output(errors);
  if (wanted == stream.watched) return;
  wanted ? loop_.change(stream.fd->get(), true, false) : loop_.pause(stream.fd->get());
  stream.watched = wanted;
  sink_.on_agent_output_unread(!out_.watched || !err_.watched);
}

void AgentWorker::reconsider() {
  watch(out_, false);
  watch(err_, true);
}

void AgentWorker::read(Stream& stream, bool errors) {
  for (int i = 0; i < kReadsPerTurn && *stream.fd; ++i) {
    if (busy_ && !sink_.wants_agent_output(errors)) break;
    if (!read_once(stream, errors)) break;
  }
  watch(stream, errors);
  end_if_complete(false);
}

/// False when there is nothing more to be had now.
bool AgentWorker::read_once(Stream& stream, bool errors) {
  Block* block = shared_.block();
  const IoResult result = read_some(stream.fd->get(), block->data(), block->capacity());
  if (result.state == IoState::WouldBlock) return false;
  const auto bytes = [&](ByteView text) { on_bytes(errors, text); };
  block->retain();
  // What was printed to stdout before is mostly in that pipe by now, and comes first.
  if (errors && result.state == IoState::Done) read(out_, false);
  reading_ = block;
  if (result.state == IoState::Done) {
    stream.scanner.feed({block->data(), result.size}, bytes,
                        [&](std::string_view text) { on_mark(stream, errors, text); });
  } else {
    stream.scanner.finish(bytes);
    close_fd(*stream.fd);
  }
  reading_ = nullptr;
  block->release();
  return result.state == IoState::Done && result.size == block->capacity();
}

void AgentWorker::on_bytes(bool errors, ByteView bytes) {
  if (!ready_ || !busy_) {
    if (errors) {
      last_words_ += as_text(bytes);
      if (last_words_.size() > kWordsKept) last_words_.erase(0, last_words_.size() - kWordsKept);
    }
    return sink_.on_agent_stray(as_text(bytes));
  }
  const bool shared = reading_ != nullptr && bytes.data() >= reading_->data() &&
                      bytes.data() < reading_->data() + reading_->capacity();
  sink_.on_agent_output(errors, shared ? Slice(reading_, bytes) : Slice::copy_of(bytes));
}

void AgentWorker::on_mark(Stream& stream, bool errors, std::string_view text) {
  if (text == "ready") {
    if (errors) return;  // stdout's comes second
    ready_ = true;
    return sink_.on_agent_ready();
  }
  if (!busy_) return;
  stream.marked = true;
  std::from_chars(text.data(), text.data() + text.size(), job_status_);
  if (!out_.marked || !err_.marked) return;
  busy_ = false;
  sink_.on_agent_job_ended(job_status_);
}

void AgentWorker::on_exit() {
  loop_.remove(process_.exit_fd());
  if (terminated_ || killed_) process_.kill_group();
  status_ = process_.try_wait();
  if (!status_) return loop_.add(process_.exit_fd(), true, false, this);
  timer_.set(after(loop_.now(), kAfterExit));
  read(out_, false);
  if (!ended_) read(err_, true);
}

void AgentWorker::end_if_complete(bool drained) {
  if (ended_) return;
  const bool read_to_the_end = !process_.output && !process_.errors;
  if (!drained && !(status_ && read_to_the_end)) return;
  close_fd(process_.input);
  close_fd(process_.output);
  close_fd(process_.errors);
  ended_ = true;
  timer_.set(kForever);
  while (!last_words_.empty() && last_words_.back() == '\n') last_words_.pop_back();
  sink_.on_agent_ended(status_.value_or(ExitStatus{0, SIGKILL}), busy_, last_words_);
}

}  // namespace spread
