#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "spread/api/time.h"

namespace spread {

/// Answers of one worker that came in one turn of the loop.
struct Batch {
  std::uint32_t count = 1;
  Duration since_sent{};    ///< since the first of these tasks was sent
  Duration since_answer{};  ///< since the answer before them, or the sending, if that was later
  bool from_idle = false;   ///< the worker had nothing to do when the first one was sent
  bool together = false;    ///< the first one was sent together with the one answered before it
  bool first_of_process = false;  ///< the time may hold the start and the preparation
};

/// How many tasks may be in flight at one worker (docs/scheduling.md, "The window"). Tasks that
/// wait in the pipe hide the round trip, but they also wait behind a slow task, so: one in flight,
/// plus what hides the measured round trip, plus at most kQueuedWork of queued work. It grows by
/// doubling, so that a few lucky measurements do no harm.
class Window {
 public:
  /// A worker that is never more than this behind loses nothing when another one is free.
  static constexpr Duration kQueuedWork = std::chrono::milliseconds(2);
  static constexpr std::uint32_t kMax = 1024;

  /// `fixed` = 0 means adaptive. `queued_work_max`: a quarter of --timeout, or kNoLimit.
  Window(std::uint32_t fixed, Duration queued_work_max)
      : fixed_(fixed), queued_work_max_(queued_work_max) {}

  /// A worker's hello: never more than this; 0 = not said.
  void limit(std::uint32_t most) { most_ = most == 0 ? std::max(kMax, fixed_) : most; }
  void answered(const Batch& batch);
  /// A refusal or a new process: one at a time until the next answer, then doubling again. What is
  /// known of the service time and the round trip stays.
  void restart() { allowed_ = 1; }

  /// `queue_is_long`: more tasks wait than all workers can be probed with; then an adaptive window
  /// of 1 becomes 2 until the round trip has been told from the service time.
  /// `parallel`: how many tasks the worker works on at the same time, which is the least size.
  std::uint32_t size(bool queue_is_long, std::uint32_t parallel = 1) const {
    const std::uint32_t wanted = probing_ && queue_is_long ? 2 : wanted_;
    std::uint32_t size = fixed_ != 0 ? fixed_ : std::min(wanted, allowed_) + parallel - 1;
    return std::max(parallel, std::min(size, most_));
  }

  /// Seconds per task while the worker has work; 0 = not known yet.
  double service_seconds() const { return service_; }
  /// Seconds that a task and its answer are under way; 0 = not known, or nothing.
  double round_trip_seconds() const { return round_trip_; }

 private:
  void learn_from_idle(const Batch& batch, double elapsed);
  void learn_while_busy(const Batch& batch, double elapsed);
  void learn_service(double sample);
  void learn_pure_service(double sample);
  void decide_size();

  std::uint32_t fixed_;
  std::uint32_t most_ = kMax;
  std::uint32_t wanted_ = 1;   ///< what the measurements ask for
  std::uint32_t allowed_ = 1;  ///< doubles after as many answers
  std::uint32_t answers_ = 0;  ///< since it last doubled
  bool probing_ = false;       ///< the round trip is not known apart
  bool separated_ = false;     ///< service_ holds no round trip
  bool provisional_ = true;    ///< service_ is unknown or may hold the start of the process
  Duration queued_work_max_;
  double service_ = 0;       ///< moving average
  double response_min_ = 0;  ///< least time from a send to an idle worker to its answer
  double round_trip_ = 0;    ///< moving average
  double burst_ = 1;         ///< moving average of the answers in a batch, while busy
};

}  // namespace spread
