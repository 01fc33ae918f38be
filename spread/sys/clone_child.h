#pragma once

#include <span>

// The child shares spread's memory until it execs: what a sanitizer records of the child would
// remain as the parent's. Raw system calls avoid the sanitizers' interceptors as well.
#define SPREAD_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

namespace spread::sys {

/// What came of clone_child().
struct ClonedChild {
  int pid = -1;
  int exit_fd = -1;  ///< the pidfd; none before Linux 5.2 and under valgrind
  int error = 0;     ///< errno, or 0: then it runs another program
};

/// Runs `become(argument)` in a child that shares this memory, on `stack`, while this thread waits:
/// until it execs, or until `become` returns the errno that says why it cannot; then no process is
/// left. All signals are blocked in the child, whose `become` is marked SPREAD_IN_CHILD and
/// allocates nothing.
///
/// As posix_spawn(3) does it. It is not posix_spawn since that asks the kernel about each of the 64
/// signals in every child, for the descriptor limit at every action, and for a new stack
/// (decision 1).
ClonedChild clone_child(int (*become)(void*), void* argument, std::span<char> stack);

}  // namespace spread::sys
