#pragma once

#include <optional>
#include <string>

#include "spread/api/options.h"
#include "spread/api/time.h"

namespace spread {

/// --load and --memfree: whether the machine can take another job. It is looked at once a second,
/// as the kernel's average moves slowly.
class StartGate {
 public:
  StartGate(const MapOptions& options, std::uint32_t cpus);

  /// Until when no job may start; none if one may now.
  std::optional<TimePoint> held_until(TimePoint now);

 private:
  static constexpr Duration kLookEvery = std::chrono::seconds(1);

  std::optional<double> load_max_;
  std::optional<std::uint64_t> free_memory_;
  TimePoint next_look_ = TimePoint::min();
};

}  // namespace spread
