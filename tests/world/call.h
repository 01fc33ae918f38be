#pragma once

#include <cerrno>

#include "machine.h"

namespace spread::world {

/// How every simulated system call begins.
inline Machine& enter() {
  Machine& machine = Machine::current();
  machine.enter();
  return machine;
}

/// Its result, from what the machine answers: a count, or minus an errno.
template <typename T>
T answer(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace spread::world
