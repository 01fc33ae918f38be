#include "spread/io/child.h"

#include <signal.h>

#include <utility>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {
namespace {

// A process that does not end after KILL sits in the kernel (a dead NFS server, say). The run does
// not wait for it.
constexpr Duration kAfterKill = std::chrono::seconds(5);
// Payloads of this size make a larger pipe worth its share of the user's pipe budget.
constexpr std::size_t kBigBytes = 64 * 1024;
constexpr std::size_t kBigPipe = 1024 * 1024;
constexpr std::size_t kMovedAtOnce = kBigPipe;

}  // namespace

Child::Child(EventLoop& loop, ReadBuffer& shared, ChildOptions options)
    : loop_(loop),
      shared_(shared),
      options_(std::move(options)),
      writer_(loop),
      timer_(loop, [this] { too_late(); }),
      written_(loop, [this] { tell_written(); }) {}

Child::~Child() {
  if (starting_ != nullptr) starting_->abandon(*this);
  if (state_ == State::Running) loop_.remove(process_->exit_fd());
  close(output_);
  close(errors_);
}

// ---------------------------------------------------------------- the start

void Child::begin() {
  SPREAD_ASSERT(state_ == State::Idle);
  end_ = {};
  writer_.reset();
  ending_ = forced_ = large_ = false;
  step_ = 0;
  pid_ = 0;
}

Status Child::start(Spawner& spawner, const SpawnOptions& options) {
  begin();
  auto process = spawner.spawn(options);
  if (!process) return tl::unexpected(process.error());
  adopt(std::move(*process));
  return {};
}

Status Child::start_soon(Spawner& spawner, const SpawnOptions& options) {
  begin();
  auto process = spawner.start(options, *this);
  if (!process) return tl::unexpected(process.error());
  if (*process) {
    adopt(std::move(**process));
  } else {
    starting_ = &spawner;
    state_ = State::Starting;
  }
  return {};
}

void Child::adopt(Subprocess process) {
  state_ = State::Running;
  process_.emplace(std::move(process));
  pid_ = process_->pid();
  output_.fd = std::move(process_->output);
  errors_.fd = std::move(process_->errors);
  loop_.add(process_->exit_fd(), true, false, this);
  if (output_.fd) loop_.add(output_.fd.get(), true, false, this);
  if (errors_.fd) loop_.add(errors_.fd.get(), true, false, this);
  if (process_->input) writer_.open(std::move(process_->input), *this, process_->of_guest);
  if (large_) grow_pipes();
}

void Child::on_started(Result<Subprocess> process) {
  starting_ = nullptr;
  if (!process) {
    end_.not_started = process.error();
    return end();
  }
  adopt(std::move(*process));
  if (suspended_) process_->signal_group(SIGSTOP);
  if (end_.killed) {
    send_kill();
  } else if (ending_) {
    next_step();
  }
  flush();
}

// ---------------------------------------------------------------- its input

void Child::send(Slice bytes) {
  writer_.queue().append(std::move(bytes));
  flush();
}

void Child::send_file(int file, std::uint64_t offset, std::uint64_t size) {
  writer_.set_file(file, offset, size);
  flush();
}

void Child::close_input() {
  writer_.close_when_written();
  flush();
}

void Child::flush() {
  if (state_ == State::Starting) return;
  if (writer_.fd() < 0) return writer_.close();  // what nothing reads
  if (writer_.waiting() >= kBigBytes) expect_large();
  react(writer_.flush());
}

void Child::react(QueuedWriter::State state) {
  switch (state) {
    case QueuedWriter::State::Idle:
    case QueuedWriter::State::Waiting: return;
    case QueuedWriter::State::Written:
      if (options_.tells_written) written_.set(loop_.now());
      return;
    case QueuedWriter::State::Lost: written_.set(kForever); return sink_->on_input_lost();
    case QueuedWriter::State::FileLost:
      written_.set(kForever);
      return sink_->on_file_failed(writer_.file_error());
  }
}

void Child::tell_written() {
  // More may have come meanwhile.
  if (state_ == State::Running && writer_.waiting() == 0) sink_->on_input_written();
}

void Child::expect_large() {
  if (std::exchange(large_, true)) return;
  if (state_ == State::Running) grow_pipes();
}

void Child::grow_pipes() {
  for (const int fd : {writer_.fd(), output_.fd.get()}) {
    if (fd >= 0) grow_pipe(fd, kBigPipe);
  }
}

// ---------------------------------------------------------------- its output

void Child::on_ready(int fd, bool, bool) {
  if (fd == writer_.fd()) return react(writer_.on_ready());
  if (fd == output_.fd.get()) {
    read(false);
  } else if (fd == errors_.fd.get()) {
    read(true);
  } else {
    return on_exit();
  }
  end_if_read();
}

void Child::read(bool errors) {
  Stream& stream = errors ? errors_ : output_;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!sink_->wants_output(errors)) return watch(stream, errors);
    if (!(errors ? read_errors() : read_output())) return;
  }
}

/// One read. False when there is nothing more to be had now.
bool Child::read_output() {
  if (!output_.fd) return false;
  // One that is told to end is read at once, however little would find room on the other side.
  if (const int to = ending_ ? -1 : sink_->bypass(); to >= 0) {
    const IoResult moved = move_from_pipe(output_.fd.get(), to, kMovedAtOnce);
    if (moved.state == IoState::Done) return sink_->on_bypassed(moved.size), true;
    // Whether there is nothing to be had, or no room for it, reading tells; or what is wrong there.
    if (moved.state == IoState::Failed) sink_->on_bypass_failed();
  }
  const std::span<Byte> room = sink_->room();
  const IoResult result = read_some(output_.fd.get(), room.data(), room.size());
  if (result.state == IoState::WouldBlock) return false;
  if (result.state != IoState::Done) {
    close(output_);
    sink_->on_output_end();
    return false;
  }
  sink_->on_output(result.size);
  return result.size == room.size();
}

bool Child::read_errors() {
  if (!errors_.fd) return false;
  Block* const block = shared_.block();
  const IoResult result = read_some(errors_.fd.get(), block->data(), block->capacity());
  if (result.state == IoState::WouldBlock) return false;
  if (result.state != IoState::Done) {
    close(errors_);
    return false;
  }
  const Slice text(block, {block->data(), result.size});
  // What it printed to stdout before is in that pipe by now, and comes first.
  if (output_.fd && sink_->wants_output(false)) read_output();
  sink_->on_errors(text);
  return result.size == block->capacity();
}

void Child::watch(Stream& stream, bool errors) {
  if (!stream.fd) return;
  const bool wanted = sink_->wants_output(errors);
  if (wanted == stream.watched) return;
  wanted ? loop_.change(stream.fd.get(), true, false) : loop_.pause(stream.fd.get());
  stream.watched = wanted;
  // Not where it has just been told to end.
  const bool exited = state_ == State::Exited && timer_.at() > loop_.now();
  if (wanted && exited) timer_.set(after(loop_.now(), kAfterExit));
  tell_unread();
}

void Child::tell_unread() {
  const bool unread = !output_.watched || !errors_.watched;
  if (std::exchange(told_unread_, unread) != unread) sink_->on_unread(unread);
}

void Child::reconsider() {
  watch(output_, false);
  watch(errors_, true);
}

void Child::close(Stream& stream) {
  if (!stream.fd) return;
  loop_.remove(stream.fd.get());
  stream.fd.reset();
  stream.watched = true;
}

// ---------------------------------------------------------------- its end

void Child::terminate() {
  if (state_ == State::Idle) return;
  const bool told = std::exchange(ending_, true);
  if (state_ == State::Exited) return timer_.set(loop_.now());
  if (told) return;
  if (state_ == State::Running) next_step();
}

void Child::kill() {
  if (state_ == State::Idle) return;
  forced_ = true;
  if (state_ == State::Exited) return timer_.set(loop_.now());
  if (!end_.killed) send_kill();
}

/// The next signal of the end sequence; after the last one, KILL.
void Child::next_step() {
  if (step_ >= options_.end_sequence.size()) return send_kill();
  const EndStep& step = options_.end_sequence[step_++];
  process_->signal_group(step.signal);
  // One that is stopped would keep the signal for later.
  process_->signal_group(SIGCONT);
  timer_.set(after(loop_.now(), step.wait));
}

void Child::send_kill() {
  ending_ = end_.killed = true;
  if (state_ != State::Running) return;
  process_->signal_group(SIGKILL);
  timer_.set(after(loop_.now(), kAfterKill));
}

void Child::suspend(bool stop) {
  suspended_ = stop;
  if (state_ == State::Running) process_->signal_group(stop ? SIGSTOP : SIGCONT);
}

void Child::on_exit() {
  loop_.remove(process_->exit_fd());
  // Its children may have ignored what ended it, or know nothing of its end. Before it is reaped:
  // then its number may be another group's.
  if (ending_ || options_.ends_group || (options_.ends_dead_group && process_->has_failed())) {
    process_->kill_group();
  }
  end_.status = process_->try_wait();
  if (!end_.status) return loop_.add(process_->exit_fd(), true, false, this);
  state_ = State::Exited;
  timer_.set(after(loop_.now(), kAfterExit));
  if (writer_.fd() >= 0) {
    writer_.close();
    sink_->on_input_lost();
  }
  for (const bool errors : {false, true}) {
    // Mostly all of it, and the end of file; the loop tells of what is left.
    for (int i = 0; i < kReadsPerTurn && sink_->wants_output(errors); ++i) {
      if (!(errors ? read_errors() : read_output()) && i > 0) break;
    }
  }
  reconsider();
  if (forced_ && holds_output()) return end();
  end_if_read();
}

/// There is or may be output that its owner does not want at the moment, or did not until now.
bool Child::holds_output() const {
  return (output_.fd && (!output_.watched || !sink_->wants_output(false))) ||
         (errors_.fd && (!errors_.watched || !sink_->wants_output(true)));
}

void Child::too_late() {
  if (state_ == State::Running) {
    if (!end_.killed) return next_step();
    loop_.remove(process_->exit_fd());
    return end();
  }
  if (forced_ || !holds_output()) return end();
  // Perhaps nothing has come yet that would have shown that it is not wanted; or there is room
  // again.
  reconsider();
}

void Child::end_if_read() {
  if (state_ == State::Exited && !output_.fd && !errors_.fd) end();
}

void Child::end() {
  state_ = State::Idle;
  writer_.close();
  close(output_);
  close(errors_);
  timer_.set(kForever);
  written_.set(kForever);
  process_.reset();
  tell_unread();
  sink_->on_ended(end_);
}

}  // namespace spread
