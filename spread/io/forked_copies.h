#pragma once

#include "spread/base/posix.h"

namespace spread {

// A child that a guest's host forks has copies of all descriptors, and may live on without an exec.
// A pipe whose end it holds comes to no end, so that a worker waits for more input. The ends that
// are named here are closed in such a child before fork(2) returns there: by a handler of
// pthread_atfork(3), which is for the whole process, as is the list. This is the one static state
// of spread (decision 34). A child that is made by another call than fork() keeps its copies.

/// It is to be closed by close_kept_here() and by nothing else.
void keep_here(int fd);
void close_kept_here(UniqueFd& fd);

}  // namespace spread
