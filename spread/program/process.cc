#include "spread/program/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace spread {

void ensure_standard_descriptors() {
  // Opened in the wrong direction: input that was closed (`<&-`) must fail when it is read, and not
  // be taken for empty; output that was closed must fail when it is written, and not vanish.
  constexpr int kUnusable[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd <= 2; ++fd) {
    // The lowest number that is free is the one it gets.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", kUnusable[fd]) != fd) return;
  }
}

Result<SignalSet> take_signals() {
  // With SIGCHLD ignored (inherited from a careless parent) the kernel would reap the children, and
  // spread could not learn how they ended.
  ::signal(SIGCHLD, SIG_DFL);
  return SignalSet::create();
}

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

namespace {

/// Pipes that spread holds must end with spread, and not with the process that waits for it.
void close_all() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2 && null >= 0; ++fd) ::dup2(null, fd);
  ::close_range(3, ~0u, 0);
}

/// The status of `child`, if it is among those that have ended.
std::optional<int> reap(pid_t child) {
  constexpr int kSignalled = 128;
  int status;
  pid_t ended;
  while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (ended != child) continue;
    return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> stand_in_for_init() {
  if (::getpid() != 1) return std::nullopt;
  // An ignored SIGCHLD would have the kernel reap the child with its status.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  if (child <= 0) {
    // Without a child orphans stay, and all else works.
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return std::nullopt;
  }
  ::prctl(PR_SET_NAME, "spread-init");
  close_all();
  while (true) {
    siginfo_t info;
    const int number = ::sigwaitinfo(&all, &info);
    if (number == SIGCHLD) {
      if (const auto status = reap(child)) return status;
    } else if (number > 0 && info.si_code != SI_KERNEL) {
      // The child gets what the terminal sends from the terminal: it is in the same process group.
      ::kill(child, number);
    }
  }
}

}  // namespace spread
