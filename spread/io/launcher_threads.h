#pragma once

#include <pthread.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/io/spawn_call.h"
#include "spread/sys/condition.h"

namespace spread {

/// A few threads that do nothing but SpawnCall::run(), which does not return before the child has
/// exec'd. Everything else stays in the one thread that owns this: it submits a call, waits for
/// fd() with its other descriptors, and takes back what is done. Threads are made when they are
/// first wanted, have all signals blocked, allocate no memory, and live until the end: a job that
/// asks for a signal at its parent's death (prctl) means the thread that started it.
class LauncherThreads {
 public:
  /// Calls that were submitted and not taken back. Each holds two or three descriptors more than a
  /// job that runs, and a copy of its words.
  static constexpr std::size_t kUnderWayMax = 4;

  static Result<std::unique_ptr<LauncherThreads>> create(std::size_t threads_max);
  /// Waits for the calls that have been begun.
  ~LauncherThreads();
  LauncherThreads(const LauncherThreads&) = delete;
  LauncherThreads& operator=(const LauncherThreads&) = delete;

  /// Readable when take_done() has something; one wake for many.
  int fd() const { return wake_.get(); }
  bool has_room() const { return under_way_ < kUnderWayMax; }
  std::size_t under_way() const { return under_way_; }
  /// The call must stay where it is, and is not to be touched until it is taken back. False if
  /// there is no room, or if the system gives no thread: the caller has to run it.
  bool submit(SpawnCall& call);
  /// Appends the calls that are done.
  void take_done(std::vector<SpawnCall*>& done);
  /// Waits for the calls that have been begun; the others never will be: their pid stays -1.
  void stop();

 private:
  LauncherThreads(UniqueFd wake, std::size_t threads_max);
  bool add_thread();
  static void* enter(void* self);
  void work();

  UniqueFd wake_;
  const std::size_t threads_max_;
  std::size_t under_way_ = 0;
  std::vector<pthread_t> threads_;

  // What the threads share.
  std::mutex mutex_;
  sys::Condition wanted_;
  std::vector<SpawnCall*> waiting_, done_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace spread
