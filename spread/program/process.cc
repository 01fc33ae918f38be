#include "spread/program/process.h"

#include <fcntl.h>
#include <signal.h>

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
  ::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more (ulimit -f) is an error of write(2), as a full disk is.
  ::signal(SIGXFSZ, SIG_IGN);
  return SignalSet::create();
}

}  // namespace spread
