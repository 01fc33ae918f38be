#pragma once

#include <condition_variable>
#include <mutex>

namespace spread::sys {

/// What threads wait for: std::condition_variable, whose waits and notifications are system calls.
class Condition {
 public:
  /// Until it is notified, or for no reason.
  void wait(std::unique_lock<std::mutex>& lock);
  void notify_one();
  void notify_all();

 private:
  std::condition_variable condition_;
};

}  // namespace spread::sys
