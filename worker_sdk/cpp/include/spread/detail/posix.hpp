#pragma once

// The system calls that more than one part needs.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace spread::detail {

[[noreturn]] inline void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// One line for people. Before stderr is captured, and after; see Stdio::complain for between.
inline std::string complaint(const std::string& what) {
  return std::string(program_invocation_short_name) + ": " + what + "\n";
}

/// For descriptors that another process made non-blocking: the flag belongs to the open file, so
/// every process that holds the same end can set it at any time.
inline void wait_for(int fd, short events) {
  pollfd one{fd, events, 0};
  poll(&one, 1, -1);
}

/// True when no process holds the reading end of `fd`. A pipe says POLLERR, a socket POLLHUP.
inline bool has_no_reader(int fd) {
  pollfd one{fd, 0, 0};
  return poll(&one, 1, 0) == 1 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

/// Makes a pipe large enough for big frames to cross in few system calls. Not before the first big
/// frame: a user's pipes share a budget, and it is no error where that is spent, or `fd` no pipe.
inline void enlarge_pipe(int fd) {
  constexpr int kBigPipe = 1 << 20;
  if (const int now = fcntl(fd, F_GETPIPE_SZ); now > 0 && now < kBigPipe) {
    fcntl(fd, F_SETPIPE_SZ, kBigPipe);
  }
}

}  // namespace spread::detail
