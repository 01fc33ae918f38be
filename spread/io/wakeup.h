#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/io/event_loop.h"

namespace spread {

/// How other threads wake an EventLoop: they put what they want to be done where the loop's thread
/// finds it, under a lock of their own, and post(). Then `rings` is called in the loop's thread,
/// once for all posts since it was called last, and sees all that was done before any of these.
///
/// Made and destroyed in the loop's thread; by then no other thread posts any more.
class Wakeup final : private ReadyHandler {
 public:
  static Result<std::unique_ptr<Wakeup>> create(EventLoop& loop, std::function<void()> rings);
  ~Wakeup() override;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// From any thread, that of the loop, too. Does not wait, and costs a system call only if none is
  /// pending.
  void post();

 private:
  Wakeup(EventLoop& loop, UniqueFd fd, std::function<void()> rings);
  void on_ready(int fd, bool readable, bool writable) override;

  EventLoop& loop_;
  UniqueFd fd_;
  std::function<void()> rings_;
  std::atomic<bool> pending_ = false;
};

}  // namespace spread
