#include "spread/sys/start_process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "spread/sys/clone_child.h"
#include "spread/sys/faults.h"

namespace spread::sys {
namespace {

// All of these run in the child.

/// A program that closes every descriptor it might have, or knows only as many as select(2) does,
/// goes by the limit.
SPREAD_IN_CHILD void restore_descriptor_limit(const ProcessStart& start) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = start.descriptor_limit;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Before the exec: after it would be too late for what the command starts at once. The kernel
/// counts beyond the ends of the scale as these.
SPREAD_IN_CHILD int become_nicer(int by) {
  errno = 0;
  const int own = ::getpriority(PRIO_PROCESS, 0);
  if (own == -1 && errno != 0) return errno;
  return ::setpriority(PRIO_PROCESS, 0, own + by) == 0 ? 0 : errno;
}

/// Not only those of spread, which are close-on-exec: the host of a library may open others while
/// this goes on.
SPREAD_IN_CHILD void close_others() {
  constexpr unsigned kFirst = 3;
  if (::syscall(SYS_close_range, kFirst, ~0u, 0) == 0) return;
  // Before Linux 5.9.
  constexpr rlim_t kMost = 1 << 16;
  rlimit limit;
  const rlim_t end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : kMost;
  for (unsigned fd = kFirst; fd < end && fd < kMost; ++fd) ::syscall(SYS_close, fd);
}

SPREAD_IN_CHILD int exec(const ProcessStart& start, char* file) {
  ::execve(file, start.words + 1, start.environment);
  if (errno != ENOEXEC) return errno;
  // A script without #!, which a shell and execvp(3) run with sh.
  start.words[1] = file;
  ::execve(start.words[0], start.words, start.environment);
  return errno;
}

/// As execvp(3), whose own stack needs as much as there are words.
SPREAD_IN_CHILD int exec_from_path(const ProcessStart& start) {
  const char* const name = start.words[1];
  const std::size_t size = std::strlen(name);
  const char* path = start.search_path;
  if (size == 0) return ENOENT;
  if (size > NAME_MAX) return ENAMETOOLONG;
  bool denied = false;
  char file[PATH_MAX + NAME_MAX + 2];
  const char* end = nullptr;
  do {
    if (end != nullptr) path = end + 1;
    end = std::strchr(path, ':');
    if (end == nullptr) end = path + std::strlen(path);
    const auto length = static_cast<std::size_t>(end - path);
    if (length > PATH_MAX) continue;
    std::memcpy(file, path, length);
    // An empty part is the current directory.
    if (length > 0) file[length] = '/';
    std::memcpy(file + length + (length > 0 ? 1 : 0), name, size + 1);
    switch (const int why = exec(start, file)) {
      case EACCES: denied = true; break;
      case ENOENT:
      case ENOTDIR:
      case ESTALE:
      case ENODEV:
      case ETIMEDOUT: break;
      default: return why;
    }
  } while (*end != '\0');
  return denied ? EACCES : ENOENT;
}

/// Returns why it could not.
SPREAD_IN_CHILD int become(void* argument) {
  const ProcessStart& start = *static_cast<const ProcessStart*>(argument);
  if (start.own_group && ::setpgid(0, 0) != 0) return errno;
  for (int fd = 0; fd < 3; ++fd) {
    if (start.from[fd] >= 0 && ::syscall(SYS_dup3, start.from[fd], fd, 0) < 0) return errno;
  }
  if (start.standard_only) close_others();
  if (start.descriptor_limit != 0) restore_descriptor_limit(start);
  if (start.nicer_by != 0) {
    if (const int error = become_nicer(start.nicer_by); error != 0) return error;
  }
  if (start.directory != nullptr && ::chdir(start.directory) != 0) return errno;
  struct sigaction standard {};
  for (const int signal : start.reset_signals) {
    ::sigaction(signal, &standard, nullptr);
  }
  // The kernel's set of signals, which is shorter than the library's.
  const std::uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  if (std::strchr(start.words[1], '/') != nullptr) return exec(start, start.words[1]);
  return exec_from_path(start);
}

}  // namespace

ProcessStarted start_process(const ProcessStart& start) {
  if (fails(Call::Start)) return {-1, -1, errno};
  char* const first = start.words[1];
  const ClonedChild child = clone_child(become, const_cast<ProcessStart*>(&start), start.stack);
  start.words[1] = first;
  return {child.pid, child.exit_fd, child.error};
}

namespace {

// All of these run in the child.

/// The same descriptor with a number that is none of a guard's.
SPREAD_IN_CHILD int out_of_the_way(const GuardStart& start, int fd) {
  const int first = std::max({start.pipe_number, start.master_number, start.table_number}) + 1;
  return static_cast<int>(::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, first));
}

SPREAD_IN_CHILD int become_guard(void* argument) {
  const GuardStart& start = *static_cast<const GuardStart*>(argument);
  if (::syscall(SYS_setsid) < 0) return errno;
  const int pipe = out_of_the_way(start, start.pipe), table = out_of_the_way(start, start.table);
  const int master = start.master < 0 ? -1 : out_of_the_way(start, start.master);
  const int program = start.program < 0 ? -1 : out_of_the_way(start, start.program);
  if (::syscall(SYS_dup3, pipe, start.pipe_number, 0) < 0) return errno;
  if (::syscall(SYS_dup3, table, start.table_number, 0) < 0) return errno;
  ::syscall(SYS_close, start.master_number);
  if (master >= 0 && ::syscall(SYS_dup3, master, start.master_number, 0) < 0) return errno;
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
  if (fails(Call::Start)) return {-1, -1, errno};
  char stack[16 * 1024];
  const ClonedChild child = clone_child(become_guard, const_cast<GuardStart*>(&start), stack);
  return {child.pid, child.exit_fd, child.error};
}

}  // namespace spread::sys
