#include "spread/sys/clone_child.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

// clone(2) under the other name that the C library has for it: the thread sanitizer takes that one
// for a fork, and changes its own state for the child, in memory that the parent shares.
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);

namespace spread::sys {
namespace {

struct Beginning {
  int (*become)(void*);
  void* argument;
  int error = 0;
};

SPREAD_IN_CHILD int enter_child(void* self) {
  auto& beginning = *static_cast<Beginning*>(self);
  beginning.error = beginning.become(beginning.argument);
  ::_exit(127);
}

/// By its pidfd: the host of a library, which may reap all children of the process, may give its
/// number to one of its own.
void reap(pid_t pid, int pidfd) {
  constexpr auto kByPidfd = static_cast<idtype_t>(3);  // since Linux 5.4
  siginfo_t end;
  int done = pidfd < 0 ? -1 : ::waitid(kByPidfd, static_cast<id_t>(pidfd), &end, WEXITED);
  if (done != 0 && pidfd >= 0 && errno == ECHILD) return;
  while (done != 0) {
    done = ::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED);
    if (done != 0 && errno != EINTR) return;
  }
}

}  // namespace

ClonedChild clone_child(int (*become)(void*), void* argument, std::span<char> stack) {
  // No signal handler of this process may run in the child.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Beginning beginning{become, argument};
  // The pidfd comes with the child: where no descriptor is left for it, no child has begun to run.
  // Kernels that do not know the flag ignore it; valgrind refuses it.
  int pidfd = -1;
  const auto start = [&](int flags) {
    return ::__clone(enter_child, stack.data() + stack.size(),
                     CLONE_VM | CLONE_VFORK | SIGCHLD | flags, &beginning, &pidfd, nullptr,
                     nullptr);
  };
  int pid = start(CLONE_PIDFD);
  if (pid < 0 && errno == EINVAL) pid = start(0);
  const int error = pid < 0 ? errno : beginning.error;
  ClonedChild child{-1, pidfd, error};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error == 0) {
    child.pid = pid;
    return child;
  }
  if (pid > 0) reap(pid, pidfd);
  if (pidfd >= 0) ::close(pidfd);
  child.exit_fd = -1;
  return child;
}

}  // namespace spread::sys
