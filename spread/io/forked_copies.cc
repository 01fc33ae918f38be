#include "spread/io/forked_copies.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "spread/sys/calls.h"

namespace spread {
namespace {

/// Of all runs in the process.
struct Kept {
  std::mutex mutex;
  std::vector<int> descriptors;
};

void lock();
void unlock();
void close_copies();

/// Never destroyed: threads may go on while a process ends.
Kept& kept() {
  static Kept* const all = [] {
    // Where it cannot be had, for want of memory, a worker is ended by TERM, as where there is
    // none.
    static_cast<void>(sys::pthread_atfork(lock, unlock, close_copies));
    return new Kept;
  }();
  return *all;
}

void lock() { kept().mutex.lock(); }
void unlock() { kept().mutex.unlock(); }

/// In the child.
void close_copies() {
  for (const int fd : kept().descriptors) sys::close(fd);
  kept().descriptors.clear();
  unlock();
}

}  // namespace

void keep_here(int fd) {
  Kept& all = kept();
  const std::lock_guard guard(all.mutex);
  all.descriptors.push_back(fd);
}

void close_kept_here(UniqueFd& fd) {
  Kept& all = kept();
  // Closed and forgotten at once, for else a child would close what has that number next.
  const std::lock_guard guard(all.mutex);
  std::erase(all.descriptors, fd.get());
  fd.reset();
}

}  // namespace spread
