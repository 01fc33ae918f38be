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

inline OpenPtr at(Machine& machine, int fd) {
  const auto found = machine.descriptors.find(fd);
  return found == machine.descriptors.end() ? nullptr : found->second;
}

inline OpenFile* file_at(Machine& machine, int fd) {
  return dynamic_cast<OpenFile*>(at(machine, fd).get());
}

/// Its result, from what the machine answers: a count, or minus an errno.
template <typename T>
T answer(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace spread::world
