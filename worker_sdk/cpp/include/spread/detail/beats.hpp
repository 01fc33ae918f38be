#pragma once

#include "spread/detail/watchdog.hpp"

#include <condition_variable>
#include <optional>

namespace spread::detail {

/// `[nil, "beat"]` every SPREAD_BEAT seconds, from a thread of its own: a sign of life while the
/// handler computes. None without that variable, and where no thread can be started.
class Beats {
 public:
  explicit Beats(Output& output) : output_(output) {
    const char* const text = std::getenv("SPREAD_BEAT");
    const double seconds = text != nullptr ? std::strtod(text, nullptr) : 0;
    if (!(seconds > 0 && seconds < 1e6)) return;
    period_ = std::chrono::ceil<Period>(std::chrono::duration<double>(seconds));
    try {
      thread_ = start_quiet_thread([this] { run(); });
    } catch (const std::system_error&) {
      // Then it promises none.
    }
  }
  Beats(const Beats&) = delete;
  Beats& operator=(const Beats&) = delete;
  ~Beats() { end(); }

  /// They can be promised.
  bool possible() const { return thread_.joinable(); }
  /// The hello has been sent: nothing may stand in front of it.
  void begin() { turn(State::Beating); }
  /// When it has returned, no beat follows.
  void end() {
    turn(State::Over);
    if (thread_.joinable()) thread_.join();
  }

 private:
  using Period = std::chrono::microseconds;
  enum class State { Waiting, Beating, Over };

  void turn(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    turned_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    turned_.wait(lock, [this] { return state_ != State::Waiting; });
    while (!turned_.wait_for(lock, period_, [this] { return state_ == State::Over; })) {
      lock.unlock();  // the pipe may be full for long
      output_.send_if_free(kBeat);
      lock.lock();
    }
  }

  static constexpr std::string_view kBeat{
      "\xc6\0\0\0\x07\x92\xc0\xa4"
      "beat\n",
      13};

  Output& output_;
  Period period_{};
  std::mutex mutex_;
  std::condition_variable turned_;
  State state_ = State::Waiting;
  std::thread thread_;
};

}  // namespace spread::detail
