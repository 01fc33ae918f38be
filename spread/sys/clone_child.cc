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
  if (pidfd >= 0) ::close(pidfd);
  child.exit_fd = -1;
  if (pid > 0) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return child;
}

}  // namespace spread::sys
