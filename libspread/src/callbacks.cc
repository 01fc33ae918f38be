#include "callbacks.h"

#include <utility>

#include "spread/errors.h"

namespace spread {
inline namespace v1 {
namespace pool_detail {

Callbacks::Callbacks(std::size_t max, Executor executor)
    : max_(max), executor_(std::move(executor)) {
  if (executor_) return;
  std::string error;
  thread_ = embed::Thread::start([this] { work(); }, error);
  if (!thread_) throw PoolError("callbacks: " + error);
}

Callbacks::~Callbacks() { finish(); }

bool Callbacks::post(Call call) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_ || waiting_.size() >= max_) return false;
    waiting_.push_back(std::move(call));
    if (executor_ && draining_) return true;
    draining_ = true;
  }
  if (executor_) {
    executor_([this] { drain(); });
  } else {
    changed_.notify_all();
  }
  return true;
}

void Callbacks::drain() {
  std::unique_lock lock(mutex_);
  while (!waiting_.empty()) {
    const Call call = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    *running_ = std::this_thread::get_id();
    call();
    *running_ = std::thread::id();
    lock.lock();
  }
  draining_ = false;
  changed_.notify_all();
}

void Callbacks::work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return finished_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
    }
    drain();
  }
}

void Callbacks::finish() {
  {
    std::unique_lock lock(mutex_);
    finished_ = true;
    changed_.notify_all();
    if (executor_) changed_.wait(lock, [this] { return !draining_; });
  }
  thread_.reset();
}

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
