#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

namespace spread {

/// `what`: strerror of the last failed system call. Call it before anything else can fail.
Error errno_error(std::string_view what);

enum class IoState : std::uint8_t {
  Done,  ///< `size` bytes were moved
  WouldBlock,
  End,     ///< read: end of file; write: no process reads any more (EPIPE)
  Failed,  ///< `error` is the errno
};
struct IoResult {
  IoState state = IoState::Done;
  std::size_t size = 0;
  int error = 0;
};

/// read(2) and writev(2) with EINTR retried.
IoResult read_some(int fd, Byte* into, std::size_t size);
IoResult write_some(int fd, std::span<const ByteView> pieces);

/// The text of an errno, as strerror.
std::string errno_text(int error);

/// Owns a descriptor. Closing is never retried: on Linux the descriptor is gone even after EINTR.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();
  /// As reset(); the errno of what went wrong before and is told only now, as NFS does with a write
  /// for which there is no room; else 0.
  int close();

 private:
  int fd_ = -1;
};

/// The same descriptor; or, where it has got the number of a standard stream, which the host of a
/// library may have closed, a copy above 2 in its place: else what the host prints would go there.
/// Where there is none, errno says why.
UniqueFd above_standard(int fd);
/// pipe2(2): close-on-exec, and above 2. False: errno says why.
bool open_pipe(UniqueFd& read, UniqueFd& write);

/// open(2) with EINTR retried: of a FIFO, or on a file system of another host. Where there is none,
/// errno says why.
UniqueFd open_file(const char* name, int flags, mode_t mode = 0);
/// mkostemp(3) with EINTR retried: a new file, 0600, whose name ends with six letters in the place
/// of the six X of `name`. Where there is none, errno says why.
UniqueFd make_named_file(std::string& name);
/// ftruncate(2) with EINTR retried; false: errno says why.
bool cut_file(int fd, std::uint64_t size);
/// fdatasync(2) with EINTR retried; false: errno says why.
bool sync_file(int fd);

enum class FileLock : std::uint8_t {
  Ours,
  Theirs,
  NotOffered,  ///< by the file system
  Failed,      ///< errno says why
};
/// Asks for a lock of the first `bytes` of the file, 0: of all of it, and never waits. It belongs
/// to the open file description: it ends with the last descriptor of it, and not, as one of fcntl's
/// older kind, with any descriptor of the file that this process closes.
enum class LockKind : std::uint8_t { Shared, Exclusive, None };
FileLock try_lock(int fd, LockKind kind, std::uint64_t bytes);

}  // namespace spread
