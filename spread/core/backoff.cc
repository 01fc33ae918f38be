#include "spread/core/backoff.h"

#include <algorithm>
#include <cmath>

namespace spread {

Duration restart_pause(std::uint32_t deaths_in_a_row) {
  constexpr Duration kFirst = std::chrono::milliseconds(100);
  constexpr Duration kLongest = std::chrono::seconds(30);
  if (deaths_in_a_row == 0) return Duration::zero();
  const std::uint32_t doublings = std::min(deaths_in_a_row - 1, 20u);
  return std::min(kFirst * (std::int64_t{1} << doublings), kLongest);
}

Duration busy_rest(const BusyState& state, Random& random) {
  constexpr double kLeast = 0.01;
  constexpr double kMost = 1000;
  // A NaN from a worker must not become a pause for ever: the comparison is false for it.
  const double asked = state.asked_seconds > kLeast ? std::min(state.asked_seconds, kMost) : kLeast;
  const double queue_per_worker =
      (static_cast<double>(state.queued) + 1) / std::max(state.total_usefulness, 1e-3);
  const double delay = asked * random.uniform(0.8, 1.4) *
                       std::min(std::exp(1 - state.usefulness), std::max(0.1, queue_per_worker));
  const double rest = std::sqrt(10 * to_seconds(state.refusal) * delay) + delay;
  return from_seconds(std::clamp(rest, kLeast, kMost));
}

bool should_retire(const BusyState& state, std::size_t live_workers) {
  return state.total_usefulness > 3 + 2 * (static_cast<double>(state.queued) + 1) &&
         static_cast<double>(live_workers) * state.usefulness < state.total_usefulness;
}

}  // namespace spread
