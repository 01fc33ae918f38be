#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "spread/embed/thread.h"

namespace spread {
inline namespace v1 {
namespace pool_detail {

/// Calls into the user's code, one after the other: in a thread of their own, or by an executor of
/// the user's. So none is ever made in the thread of the engine, or waited for by it.
class Callbacks {
 public:
  using Call = std::function<void()>;
  using Executor = std::function<void(Call)>;

  /// Without an executor a thread is started; PoolError if there is none.
  Callbacks(std::size_t max, Executor executor);
  /// As finish().
  ~Callbacks();

  /// From any thread; it throws nothing. False: as many as may be wait already, and it is dropped.
  bool post(Call call);
  /// Returns when all calls have returned; those that are posted from now on are dropped.
  void finish();
  /// The calling thread is in one of the calls.
  bool is_inside() const { return running_->load() == std::this_thread::get_id(); }
  /// Which thread is; it may be kept for longer than this.
  using Running = std::shared_ptr<const std::atomic<std::thread::id>>;
  Running running() const { return running_; }

 private:
  void work();
  void drain();

  const std::size_t max_;
  const Executor executor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;
  bool draining_ = false;  ///< some thread makes calls, or the executor has been asked to
  bool finished_ = false;
  const std::shared_ptr<std::atomic<std::thread::id>> running_ =
      std::make_shared<std::atomic<std::thread::id>>();
  std::unique_ptr<embed::Thread> thread_;
};

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
