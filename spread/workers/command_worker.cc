#include "spread/workers/command_worker.h"

#include <signal.h>

#include <array>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/system.h"
#include "spread/workers/limits.h"

namespace spread {
CommandWorker::CommandWorker(EventLoop& loop, ReadBuffer& shared, CommandSink& sink,
                             const std::vector<MapOptions::Step>& end_sequence)
    : loop_(loop), shared_(shared), sink_(sink), end_sequence_(end_sequence), timer_(loop, [this] {
        too_late();
      }) {}

CommandWorker::~CommandWorker() {
  if (starting_ != nullptr) starting_->abandon(*this);
  if (!process_) return;
  if (!status_) loop_.remove(process_->exit_fd());
  close_fd(process_->input);
  close_fd(process_->output);
  close_fd(process_->errors);
}

void CommandWorker::begin() {
  SPREAD_ASSERT(!running());
  status_.reset();
  ending_ = killed_ = forced_ = false;
  step_ = 0;
  timer_.set(kForever);
  input_.consume(input_.size());
  file_left_ = 0;
  input_closing_ = refused_ = large_ = false;
}

Status CommandWorker::start(Spawner& spawner, const SpawnOptions& options) {
  begin();
  auto process = spawner.spawn(options);
  if (!process) return tl::unexpected(process.error());
  adopt(std::move(*process));
  return {};
}

Status CommandWorker::start_soon(Spawner& spawner, const SpawnOptions& options) {
  begin();
  auto process = spawner.start(options, *this);
  if (!process) return tl::unexpected(process.error());
  if (*process) {
    adopt(std::move(**process));
  } else {
    starting_ = &spawner;
  }
  return {};
}

void CommandWorker::adopt(Subprocess process) {
  process_.emplace(std::move(process));
  watches_output_ = watches_errors_ = true;
  loop_.add(process_->exit_fd(), true, false, this);
  if (process_->output) loop_.add(process_->output.get(), true, false, this);
  if (process_->errors) loop_.add(process_->errors.get(), true, false, this);
  if (process_->input) loop_.add(process_->input.get(), false, false, this);
}

void CommandWorker::on_started(Result<Subprocess> process) {
  starting_ = nullptr;
  if (!process) return sink_.on_job_not_started(process.error());
  adopt(std::move(*process));
  if (suspended_) process_->signal_group(SIGSTOP);
  if (killed_) {
    send_kill();
  } else if (ending_) {
    next_step();
  }
  write_input();
}

void CommandWorker::close_fd(UniqueFd& fd) {
  if (!fd) return;
  loop_.remove(fd.get());
  fd.reset();
}

void CommandWorker::on_ready(int fd, bool, bool) {
  if (fd == process_->exit_fd() && !status_) return on_exit();
  if (fd == process_->input.get()) {
    // While nothing is to be written, the loop reports this only when the job does not read any
    // more; and then again and again, unless the pipe is closed.
    if (input_.empty() && file_left_ == 0) return refuse_input();
    return write_input();
  }
  const bool errors = fd == process_->errors.get();
  UniqueFd& stream = errors ? process_->errors : process_->output;
  bool& watched = errors ? watches_errors_ : watches_output_;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!sink_.wants_job_output(errors)) return watch_output(stream, errors, watched);
    if (!read_output(stream, errors)) break;
  }
  end_if_complete();
}

void CommandWorker::watch_output(UniqueFd& fd, bool errors, bool& watched) {
  const bool wanted = fd && sink_.wants_job_output(errors);
  if (wanted == watched || !fd) return;
  wanted ? loop_.change(fd.get(), true, false) : loop_.pause(fd.get());
  watched = wanted;
  tell_unread();
}

void CommandWorker::tell_unread() {
  const bool unread = !watches_output_ || !watches_errors_;
  if (std::exchange(told_unread_, unread) != unread) sink_.on_output_unread(unread);
}

void CommandWorker::reconsider() {
  if (!process_) return;
  watch_output(process_->output, false, watches_output_);
  watch_output(process_->errors, true, watches_errors_);
}

/// One read. False when there is nothing more to be had now.
bool CommandWorker::read_output(UniqueFd& fd, bool errors) {
  Block* block = shared_.block();
  const IoResult result = read_some(fd.get(), block->data(), block->capacity());
  if (result.state == IoState::WouldBlock) return false;
  if (result.state != IoState::Done) {
    close_fd(fd);
    return false;
  }
  const Slice bytes(block, {block->data(), result.size});
  // What it printed to stdout before is in that pipe by now, and comes first.
  if (errors && process_->output && sink_.wants_job_output(false)) {
    read_output(process_->output, false);
  }
  sink_.on_job_output(errors, bytes);
  return result.size == block->capacity();
}

void CommandWorker::send(Slice bytes) {
  input_.append(std::move(bytes));
  write_input();
}

void CommandWorker::send_file(int file, std::uint64_t offset, std::uint64_t size) {
  file_ = file;
  file_offset_ = offset;
  file_left_ = size;
  write_input();
}

void CommandWorker::refuse_input() {
  refused_ = true;
  close_fd(process_->input);
}

void CommandWorker::close_input() {
  input_closing_ = true;
  write_input();
}

void CommandWorker::write_input() {
  if (!process_ || !process_->input) return;
  if (!large_ && input_.size() + file_left_ >= kBigBytes) {
    large_ = true;
    grow_pipe(process_->input.get(), kBigPipe);
    if (process_->output) grow_pipe(process_->output.get(), kBigPipe);
  }
  const bool had_input = !input_.empty() || file_left_ > 0;
  while (!input_.empty() || file_left_ > 0) {
    if (!write_some_input()) return;
  }
  if (input_closing_) {
    close_fd(process_->input);
  } else {
    loop_.change(process_->input.get(), false, false);
  }
  if (had_input) sink_.on_input_written();
}

/// False if the pipe is full.
bool CommandWorker::write_some_input() {
  IoResult result;
  if (!input_.empty()) {
    std::array<ByteView, 16> pieces;
    const std::size_t count = input_.gather(pieces);
    result = write_some(process_->input.get(), {pieces.data(), count});
    if (result.state == IoState::Done) input_.consume(result.size);
  } else {
    result = move_from_file(file_, file_offset_, file_left_, process_->input.get());
    if (result.state == IoState::Done) {
      file_offset_ += result.size;
      file_left_ -= result.size;
    }
  }
  if (result.state == IoState::WouldBlock) {
    loop_.change(process_->input.get(), false, true);
    return false;
  }
  if (result.state != IoState::Done) {
    const bool of_file = input_.empty() && result.state == IoState::Failed;
    // A command need not read its input.
    input_.consume(input_.size());
    file_left_ = 0;
    input_closing_ = refused_ = true;
    if (of_file) sink_.on_file_failed(result.error);
  }
  return true;
}

void CommandWorker::on_exit() {
  loop_.remove(process_->exit_fd());
  // Its children may have ignored what ended it. Before it is reaped: then its number may be
  // another group's.
  if (ending_) process_->kill_group();
  status_ = process_->try_wait();
  if (!status_) return loop_.add(process_->exit_fd(), true, false, this);
  timer_.set(after(loop_.now(), kAfterExit));
  close_fd(process_->input);
  for (const bool errors : {false, true}) {
    UniqueFd& stream = errors ? process_->errors : process_->output;
    // Mostly all of it, and the end of file; the loop tells of what is left.
    for (int i = 0; i < kReadsPerTurn && stream && sink_.wants_job_output(errors); ++i) {
      if (!read_output(stream, errors) && i > 0) break;
    }
  }
  if (forced_ && process_ && output_held()) return end();
  end_if_complete();
}

/// There is or may be output that its owner does not want at the moment.
bool CommandWorker::output_held() const {
  return (process_->output && !sink_.wants_job_output(false)) ||
         (process_->errors && !sink_.wants_job_output(true));
}

/// It has exited, and another process has its pipes, or what is in them is held back.
void CommandWorker::stop_waiting() {
  if (forced_) return end();
  timer_.set(loop_.now());  // once more round the loop: what is in the pipes now is the job's
}

void CommandWorker::terminate() {
  if (!running()) return;
  if (status_) return stop_waiting();
  if (std::exchange(ending_, true)) return;
  if (process_) next_step();
}

/// The next signal of the end sequence; after the last one, KILL.
void CommandWorker::next_step() {
  if (step_ >= end_sequence_.size()) return kill_group();
  const MapOptions::Step& step = end_sequence_[step_++];
  process_->signal_group(step.signal);
  // One that is stopped would keep the signal for later.
  process_->signal_group(SIGCONT);
  timer_.set(after(loop_.now(), step.wait));
}

void CommandWorker::kill() {
  if (!running()) return;
  forced_ = true;
  if (status_) return stop_waiting();
  kill_group();
}

void CommandWorker::kill_group() {
  if (std::exchange(killed_, true)) return;
  ending_ = true;
  if (process_) send_kill();
}

void CommandWorker::suspend(bool stop) {
  suspended_ = stop;
  if (process_ && !status_) process_->signal_group(stop ? SIGSTOP : SIGCONT);
}

void CommandWorker::send_kill() {
  process_->signal_group(SIGKILL);
  timer_.set(after(loop_.now(), kAfterKill));
}

void CommandWorker::too_late() {
  if (!process_) return;
  if (status_) {
    // Output that its owner does not want yet is waited for: the job is not done before.
    if (!forced_ && output_held()) {
      timer_.set(after(loop_.now(), kAfterExit));
      return;
    }
    return end();
  }
  if (!killed_) return next_step();
  status_ = ExitStatus{0, SIGKILL};
  loop_.remove(process_->exit_fd());
  end();
}

void CommandWorker::end_if_complete() {
  if (process_ && status_ && !process_->output && !process_->errors) end();
}

void CommandWorker::end() {
  const ExitStatus status = *status_;
  close_fd(process_->input);
  close_fd(process_->output);
  close_fd(process_->errors);
  timer_.set(kForever);
  process_.reset();
  status_.reset();
  watches_output_ = watches_errors_ = true;
  tell_unread();
  sink_.on_job_ended(status);
}

}  // namespace spread
