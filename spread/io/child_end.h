// Whether a child has ended, and how: asked so that the answer is that of this child, whatever else
// the process does about its children.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

namespace spread {

enum class ChildState : std::uint8_t {
  Runs,   ///< or cannot be reaped yet
  Ended,  ///< `end` says how
  Taken,  ///< it has ended, and something else has reaped it: a library's host, or the kernel,
          ///< where the host ignores SIGCHLD. How it ended cannot be known.
};

/// waitid(2) with these options, by `pidfd`, which is that of no other child later; by `pid` where
/// it is no pidfd, or the kernel cannot (before Linux 5.4).
ChildState wait_for_child(pid_t pid, int pidfd, siginfo_t& end, int options);

}  // namespace spread
