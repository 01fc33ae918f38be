#include "spread/base/posix.h"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "spread/sys/calls.h"

namespace spread {

void UniqueFd::reset() {
  if (fd_ >= 0) sys::close(std::exchange(fd_, -1));
}

int UniqueFd::close() { return sys::close(std::exchange(fd_, -1)) == 0 ? 0 : errno; }

std::string errno_text(int error) { return std::strerror(error); }

Error errno_error(std::string_view what) {
  const int error = errno;
  return Error{std::string(what) + ": " + errno_text(error), error};
}

namespace {

IoResult finished(ssize_t moved, bool reading) {
  if (moved > 0 || (moved == 0 && !reading)) {
    return {IoState::Done, static_cast<std::size_t>(moved), 0};
  }
  if (moved == 0) return {IoState::End, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::WouldBlock, 0, 0};
  if (errno == EPIPE || (reading && errno == EIO)) {
    // EIO: the other side of a pseudo-terminal is gone.
    return {IoState::End, 0, errno};
  }
  return {IoState::Failed, 0, errno};
}

}  // namespace

IoResult read_some(int fd, Byte* into, std::size_t size) {
  ssize_t moved;
  do {
    moved = sys::read(fd, into, size);
  } while (moved < 0 && errno == EINTR);
  return finished(moved, true);
}

IoResult write_some(int fd, std::span<const ByteView> pieces) {
  constexpr std::size_t kMost = 64;
  ssize_t moved;
  if (pieces.size() == 1) {
    do {
      moved = sys::write(fd, pieces[0].data(), pieces[0].size());
    } while (moved < 0 && errno == EINTR);
    return finished(moved, false);
  }
  std::array<iovec, kMost> vector;
  const std::size_t count = std::min(pieces.size(), kMost);
  for (std::size_t i = 0; i < count; ++i) {
    vector[i] = {const_cast<Byte*>(pieces[i].data()), pieces[i].size()};
  }
  do {
    moved = sys::writev(fd, vector.data(), static_cast<int>(count));
  } while (moved < 0 && errno == EINTR);
  return finished(moved, false);
}

}  // namespace spread
