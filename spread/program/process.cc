#include "spread/program/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

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

}  // namespace spread
