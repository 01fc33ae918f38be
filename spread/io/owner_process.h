#pragma once

#include "spread/sys/calls.h"

namespace spread {

/// The process in which this was made. A child that this process forks has a copy of all that is in
/// its memory, and the same descriptors, but none of its threads: to end workers, to unlink files
/// or to write to pipes is up to the parent. is_here() is false there.
///
/// It is a page that the kernel empties in the child of a fork (MADV_WIPEONFORK, Linux 4.14): a
/// look at it is no system call, and a child whose number is the same, as that of the first process
/// of another PID namespace is, is told apart. Where there is no such page, the number has to do.
class OwnerProcess {
 public:
  OwnerProcess();
  ~OwnerProcess();
  OwnerProcess(const OwnerProcess&) = delete;
  OwnerProcess& operator=(const OwnerProcess&) = delete;

  /// From any thread.
  bool is_here() const { return page_ != nullptr ? *page_ != 0 : sys::getpid() == pid_; }

 private:
  volatile char* page_ = nullptr;
  int pid_;
};

}  // namespace spread
