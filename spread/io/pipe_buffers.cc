#include "spread/io/pipe_buffers.h"

#include <array>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/forked_copies.h"

namespace spread {
namespace {

// After a payload of megabytes, an idle worker does not keep the memory.
constexpr std::size_t kKeptBytes = 128 * 1024;

}  // namespace

void QueuedWriter::open(UniqueFd fd, ReadyHandler& handler, bool here) {
  fd_ = std::move(fd);
  here_ = here;
  if (here_) keep_here(fd_.get());
  loop_.add(fd_.get(), false, false, &handler);
}

void QueuedWriter::set_file(int file, std::uint64_t offset, std::uint64_t size) {
  file_ = file;
  file_offset_ = offset;
  file_left_ = size;
}

void QueuedWriter::close() {
  queue_.consume(queue_.size());
  file_left_ = 0;
  if (!fd_) return;
  loop_.remove(fd_.get());
  here_ ? close_kept_here(fd_) : fd_.reset();
}

void QueuedWriter::reset() {
  close();
  closing_ = false;
  file_error_ = 0;
}

QueuedWriter::State QueuedWriter::lose() {
  close();
  return State::Lost;
}

QueuedWriter::State QueuedWriter::flush() {
  if (!fd_) return State::Idle;
  if (write_at_once()) return State::Written;
  const bool had_some = waiting() > 0;
  while (waiting() > 0) {
    const State state = queue_.empty() ? write_file() : write_bytes();
    if (state == State::Waiting) loop_.change(fd_.get(), false, true);
    if (state != State::Written) return state;
  }
  if (queue_.tail().capacity() > kKeptBytes) queue_.tail().shrink();
  if (closing_) {
    close();
  } else {
    loop_.change(fd_.get(), false, false);
  }
  return had_some ? State::Written : State::Idle;
}

/// What is done for nearly every task: a small piece, which the pipe takes as a whole. False: it is
/// not so simple, or no longer.
bool QueuedWriter::write_at_once() {
  const ByteView one = queue_.only_piece();
  if (one.empty() || file_left_ > 0 || closing_) return false;
  if (queue_.tail().capacity() > kKeptBytes) return false;
  const IoResult result = write_some(fd_.get(), {&one, 1});
  if (result.state != IoState::Done) return false;
  queue_.consume(result.size);
  if (!queue_.empty()) return false;
  loop_.change(fd_.get(), false, false);
  return true;
}

/// Written: some of it.
QueuedWriter::State QueuedWriter::write_bytes() {
  std::array<ByteView, 16> pieces;
  const std::size_t count = queue_.gather(pieces);
  const IoResult result = write_some(fd_.get(), {pieces.data(), count});
  if (result.state == IoState::WouldBlock) return State::Waiting;
  if (result.state != IoState::Done) return lose();
  queue_.consume(result.size);
  return State::Written;
}

QueuedWriter::State QueuedWriter::write_file() {
  const IoResult result = move_from_file(file_, file_offset_, file_left_, fd_.get());
  if (result.state == IoState::WouldBlock) return State::Waiting;
  if (result.state == IoState::End) return lose();
  if (result.state == IoState::Failed) {
    file_error_ = result.error;
    close();
    return State::FileLost;
  }
  file_offset_ += result.size;
  file_left_ -= result.size;
  return State::Written;
}

}  // namespace spread
