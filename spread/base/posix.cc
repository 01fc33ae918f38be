#include "spread/base/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
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

int UniqueFd::close() {
  return sys::close(std::exchange(fd_, -1)) == 0 || errno == EINTR ? 0 : errno;
}

UniqueFd above_standard(int fd) {
  if (fd < 0 || fd > 2) return UniqueFd(fd);
  UniqueFd copy(sys::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  const int error = errno;
  sys::close(fd);
  errno = error;
  return copy;
}

bool open_pipe(UniqueFd& read, UniqueFd& write) {
  int ends[2];
  if (sys::pipe2(ends, O_CLOEXEC) != 0) return false;
  // Both are there before one is moved: it cannot get the number of the other.
  read = above_standard(ends[0]);
  const int error = errno;
  write = above_standard(ends[1]);
  if (read && write) return true;
  if (!read) errno = error;
  return false;
}

UniqueFd open_file(const char* name, int flags, mode_t mode) {
  int fd;
  do {
    fd = sys::open(name, flags, mode);
  } while (fd < 0 && errno == EINTR);
  return above_standard(fd);
}

UniqueFd make_named_file(std::string& name) {
  const std::string wanted = name;
  int fd;
  do {
    name = wanted;
    fd = sys::mkostemp(name.data(), O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  return above_standard(fd);
}

bool cut_file(int fd, std::uint64_t size) {
  int done;
  do {
    done = sys::ftruncate(fd, static_cast<off_t>(size));
  } while (done != 0 && errno == EINTR);
  return done == 0;
}

bool sync_file(int fd) {
  int done;
  do {
    done = sys::fdatasync(fd);
  } while (done != 0 && errno == EINTR);
  return done == 0;
}

std::string errno_text(int error) { return std::strerror(error); }

Error errno_error(std::string_view what) {
  const int error = errno;
  return Error{std::string(what) + ": " + errno_text(error), error};
}

namespace {

/// The other side of a pseudo-terminal is gone, which is told by EIO. Of a file that is an error:
/// what is behind it may not be lost in silence.
bool is_hung_up(int fd) {
  struct stat status {};
  return sys::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode);
}

IoResult finished(int fd, ssize_t moved, bool reading) {
  if (moved > 0 || (moved == 0 && !reading)) {
    return {IoState::Done, static_cast<std::size_t>(moved), 0};
  }
  if (moved == 0) return {IoState::End, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::WouldBlock, 0, 0};
  const int error = errno;
  const bool ends = error == EPIPE || (reading && error == EIO && is_hung_up(fd));
  return {ends ? IoState::End : IoState::Failed, 0, error};
}

}  // namespace

IoResult read_some(int fd, Byte* into, std::size_t size) {
  ssize_t moved;
  do {
    moved = sys::read(fd, into, size);
  } while (moved < 0 && errno == EINTR);
  return finished(fd, moved, true);
}

IoResult write_some(int fd, std::span<const ByteView> pieces) {
  constexpr std::size_t kMost = 64;
  ssize_t moved;
  if (pieces.size() == 1) {
    do {
      moved = sys::write(fd, pieces[0].data(), pieces[0].size());
    } while (moved < 0 && errno == EINTR);
    return finished(fd, moved, false);
  }
  std::array<iovec, kMost> vector;
  const std::size_t count = std::min(pieces.size(), kMost);
  for (std::size_t i = 0; i < count; ++i) {
    vector[i] = {const_cast<Byte*>(pieces[i].data()), pieces[i].size()};
  }
  do {
    moved = sys::writev(fd, vector.data(), static_cast<int>(count));
  } while (moved < 0 && errno == EINTR);
  return finished(fd, moved, false);
}

FileLock try_lock(int fd, LockKind kind, std::uint64_t bytes) {
  struct flock first {};
  first.l_type = kind == LockKind::None ? F_UNLCK : kind == LockKind::Shared ? F_RDLCK : F_WRLCK;
  first.l_whence = SEEK_SET;
  first.l_len = static_cast<off_t>(bytes);
  int locked;  // over a network a lock takes time, in which a signal may come
  do {
    locked = sys::fcntl(fd, F_OFD_SETLK, &first);
  } while (locked != 0 && errno == EINTR);
  if (locked == 0) return FileLock::Ours;
  switch (errno) {
    case EAGAIN:
    case EACCES: return FileLock::Theirs;
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
    case EINVAL: return FileLock::NotOffered;
    default: return FileLock::Failed;
  }
}

}  // namespace spread
