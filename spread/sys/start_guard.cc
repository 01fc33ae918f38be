#include "spread/sys/start_guard.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "spread/sys/clone_child.h"

namespace spread::sys {
namespace {

// All of these run in the child.

/// The same descriptor with a number that is none of a guard's.
SPREAD_IN_CHILD int out_of_the_way(const GuardStart& start, int fd) {
  const int first = std::max(start.pipe_number, start.table_number) + 1;
  return static_cast<int>(::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, first));
}

SPREAD_IN_CHILD int become_guard(void* argument) {
  const GuardStart& start = *static_cast<const GuardStart*>(argument);
  if (::syscall(SYS_setsid) < 0) return errno;
  const int pipe = out_of_the_way(start, start.pipe), table = out_of_the_way(start, start.table);
  const int program = start.program < 0 ? -1 : out_of_the_way(start, start.program);
  if (::syscall(SYS_dup3, pipe, start.pipe_number, 0) < 0) return errno;
  if (::syscall(SYS_dup3, table, start.table_number, 0) < 0) return errno;
  char* words[] = {const_cast<char*>(start.name), nullptr};
  char* environment[] = {nullptr};
  if (start.program < 0) {
    ::syscall(SYS_execve, start.file, words, environment);
  } else {
    ::syscall(SYS_execveat, program, "", words, environment, AT_EMPTY_PATH);
  }
  return errno;
}

}  // namespace

ProcessStarted start_guard(const GuardStart& start) {
  char stack[16 * 1024];
  const ClonedChild child = clone_child(become_guard, const_cast<GuardStart*>(&start), stack);
  return {child.pid, child.exit_fd, child.error};
}

}  // namespace spread::sys
