#pragma once

#include <pthread.h>

#include <functional>
#include <memory>

#include "spread/api/result.h"

namespace spread {

/// A thread in which all signals are blocked from its first instruction on: those that are sent to
/// the process go to threads of its host, whose handlers never run here. PIPE and XFSZ, which the
/// kernel sends to the thread that writes, stay pending here and end with the thread. What it calls
/// throws nothing and leaves the mask as it is.
class QuietThread {
 public:
  /// An Error: the system has no thread left.
  static Result<QuietThread> start(std::function<void()> run);
  QuietThread(QuietThread&&) noexcept = default;
  QuietThread& operator=(QuietThread&&) = delete;
  /// Waits for its end, as join() does.
  ~QuietThread() { join(); }

  /// Returns when `run` has returned. Not from within it.
  void join();

 private:
  using Run = std::function<void()>;
  explicit QuietThread(std::unique_ptr<Run> run) : run_(std::move(run)) {}
  static void* enter(void* run);

  std::unique_ptr<Run> run_;  ///< none: it has been joined
  pthread_t thread_{};
};

}  // namespace spread
