#pragma once

#include "spread/detail/output.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <csignal>

#include <chrono>
#include <thread>

namespace spread::detail {

/// With all signals blocked: the program's are for the program's threads.
template <class Run>
std::thread start_quiet_thread(Run run) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::move(run));
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

/// A second thread that does two things which a thread inside a handler cannot:
/// - it sends answers that were held back and turn out to wait behind a slow task, within kTick;
/// - it ends the process when the master is gone (stdin ended and stdout has no reader), after
///   `grace` seconds in which the handler may finish by itself.
///
/// It costs nothing while nothing is held back: then it sleeps without a time limit.
class Watchdog {
 public:
  /// What the process ends with when its master is gone: as if it had been terminated.
  static constexpr int kMasterGone = 128 + SIGTERM;

  Watchdog(Output& output, int in, int out, double grace)
      : output_(output), in_(in), out_(out), grace_(grace), wake_(eventfd(0, EFD_CLOEXEC)) {
    if (wake_ < 0) throw_errno("eventfd");
    try {
      thread_ = start_quiet_thread([this] { watch(); });
    } catch (...) {
      close(wake_);
      throw;
    }
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  ~Watchdog() {
    stop_ = true;
    wake();
    thread_.join();
    close(wake_);
  }

  /// To be called when an answer is held back. No barrier is needed between publishing the answer
  /// and this look: `asleep_` is set a whole tick before the sleep, and the output is looked at
  /// once more behind that tick, so an answer published by a thread that still read "awake" has
  /// long become visible.
  void stay_awake() {
    if (asleep_.load(std::memory_order_relaxed)) [[unlikely]]
      wake();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{20};

  void wake() {
    asleep_.store(false, std::memory_order_relaxed);
    const std::uint64_t one = 1;
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }

  void watch() {
    pollfd fds[3] = {{wake_, POLLIN, 0}, {out_, 0, 0}, {in_, POLLRDHUP, 0}};
    int quiet_ticks = 2;
    auto end = Clock::time_point::max();
    for (;;) {
      const int events = poll(fds, 3, milliseconds_to_wait(quiet_ticks, end));
      if (stop_) return;
      if (fds[0].revents != 0) {
        std::uint64_t count;
        if (read(wake_, &count, sizeof count) > 0) quiet_ticks = 0;
        asleep_.store(false, std::memory_order_relaxed);
      }
      // An end that hung up stays hung up; to go on asking would be a busy loop.
      for (int i : {1, 2}) {
        if (fds[i].revents != 0) fds[i].fd = -1;
      }
      const bool gone = fds[1].fd < 0 && fds[2].fd < 0;
      if (gone && end == Clock::time_point::max()) end = end_of_grace();
      if (Clock::now() >= end) _exit(kMasterGone);
      if (events == 0) {
        quiet_ticks = output_.rescue() ? 0 : quiet_ticks + 1;
        asleep_.store(quiet_ticks > 0, std::memory_order_relaxed);
      }
    }
  }

  static int milliseconds_to_wait(int quiet_ticks, Clock::time_point end) {
    // 0: ticking; 1: has said that it will sleep; 2: sleeps.
    if (quiet_ticks < 2) return static_cast<int>(kTick.count());
    if (end == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 1000));
  }

  Clock::time_point end_of_grace() const {
    const auto grace = std::chrono::duration<double>(std::clamp(grace_, 0.0, 1e6));
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(grace);
  }

  Output& output_;
  const int in_;
  const int out_;
  const double grace_;
  const int wake_;
  std::atomic<bool> asleep_ = true;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace spread::detail
