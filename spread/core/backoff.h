#pragma once

#include <cstdint>

#include "spread/api/time.h"
#include "spread/base/random.h"

namespace spread {

/// The pause before a dead worker is started again: 0.1 s, doubling to 30 s.
Duration restart_pause(std::uint32_t deaths_in_a_row);

/// How useful a worker has been: a moving average of answers (1) and refusals (0). It never reaches
/// 0, since conditions may change. The constants are gmisclib spread_jobs'.
class Usefulness {
 public:
  /// `count` answers one after the other.
  void answered(std::uint32_t count = 1) {
    // 1 is where they lead to, and where nearly every worker stays.
    for (; count > 0 && value_ < 1.0; --count) step(1.0);
  }
  void refused() { step(0.0); }
  double value() const { return value_; }

 private:
  void step(double now) { value_ = 0.85 * value_ + (0.15 / 1.01) * (now + 0.01); }
  double value_ = 1.0;
};

struct BusyState {
  double asked_seconds = 0;     ///< what the worker asked for; clamped to [0.01, 1000]
  Duration refusal{};           ///< how long the refusal took
  double usefulness = 1;        ///< this worker's
  double total_usefulness = 1;  ///< of all live workers
  std::size_t queued = 0;       ///< tasks waiting, this one included
};

/// How long a worker that said busy is left alone: spread_jobs' formula. The pause is jittered,
/// longer for a worker that refuses often, shorter as the queue empties, and never over 1000 s.
Duration busy_rest(const BusyState& state, Random& random);

/// Whether a worker that said busy should rather be retired: there are many more useful workers
/// than tasks, and it is less useful than most.
bool should_retire(const BusyState& state, std::size_t live_workers);

}  // namespace spread
