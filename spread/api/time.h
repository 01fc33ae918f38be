#pragma once

#include <chrono>

namespace spread {

/// Spans are nanoseconds. Instants come from a monotonic clock that only spread/io reads; the pure
/// folders get the time as an argument, so that a simulation can make its own time.
using Duration = std::chrono::nanoseconds;
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};
using TimePoint = Clock::time_point;

inline constexpr TimePoint kForever = TimePoint::max();
inline constexpr Duration kNoLimit = Duration::max();

constexpr double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// Rounds to the nearest nanosecond; saturates at kNoLimit (292 years).
constexpr Duration from_seconds(double seconds) {
  if (!(seconds < 9.2e9)) return kNoLimit;
  return Duration(static_cast<Duration::rep>(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5)));
}

/// `t + d` without overflow: anything beyond the end of time is kForever.
constexpr TimePoint after(TimePoint t, Duration d) { return d > kForever - t ? kForever : t + d; }

}  // namespace spread
