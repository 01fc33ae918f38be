#include "spread/io/child_end.h"

#include <sys/wait.h>

#include <cerrno>

#include "spread/sys/calls.h"

namespace spread {
namespace {

// Its name in <sys/wait.h> since glibc 2.36.
constexpr auto kByPidfd = static_cast<idtype_t>(3);

int wait_for(idtype_t how, int id, siginfo_t& end, int options) {
  int done;
  do {
    end = {};
    done = sys::waitid(how, static_cast<id_t>(id), &end, options);
  } while (done != 0 && errno == EINTR);
  return done;
}

}  // namespace

ChildState wait_for_child(pid_t pid, int pidfd, siginfo_t& end, int options) {
  int done = pidfd < 0 ? -1 : wait_for(kByPidfd, pidfd, end, options);
  if (done != 0 && (pidfd < 0 || errno != ECHILD)) done = wait_for(P_PID, pid, end, options);
  if (done != 0) return ChildState::Taken;
  return end.si_pid == 0 ? ChildState::Runs : ChildState::Ended;
}

}  // namespace spread
