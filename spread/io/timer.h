#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "spread/api/time.h"

namespace spread {

class EventLoop;

/// A moment at which EventLoop::wait() calls back, once, behind the descriptors that are ready by
/// then: what has happened comes before the deadlines that have passed. A thousand of them cost a
/// turn of the loop nothing; set() costs a logarithm.
///
/// The loop must outlive it. It may be set within its callback, but not be destroyed there.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> rings) : loop_(loop), rings_(std::move(rings)) {}
  ~Timer() { set(kForever); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Instead of the time set before; kForever: it does not ring. One that is set to a past time
  /// rings at the next wait().
  void set(TimePoint at);
  /// kForever if it is not set, or has rung.
  TimePoint at() const { return at_; }

 private:
  friend class EventLoop;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  EventLoop& loop_;
  std::function<void()> rings_;
  TimePoint at_ = kForever;
  std::size_t place_ = kNowhere;  ///< in the loop's heap
};

}  // namespace spread
