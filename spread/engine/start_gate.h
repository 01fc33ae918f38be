#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "spread/api/shared_options.h"
#include "spread/api/time.h"

namespace spread {

/// --load and --memfree: whether the machine can take another job or worker. It is looked at once a
/// second, as the kernel's average moves slowly.
class StartGate {
 public:
  StartGate(const StartOptions& options, std::uint32_t cpus);

  /// One of the two was asked for; else nothing is ever held.
  bool watches() const { return load_ || free_memory_; }
  /// Until when nothing may start; none if something may now, or if it is too early to look again.
  /// `waiting`: there is something to start.
  std::optional<TimePoint> held_until(TimePoint now, bool waiting);
  /// Once, when starts have been held for 5 s while something waited: why. Else empty.
  std::string take_notice(TimePoint now);
  /// Why nothing may start now; empty if something may.
  const std::string& why() const { return why_; }

 private:
  static constexpr Duration kLookEvery = std::chrono::seconds(1);
  static constexpr Duration kPatience = std::chrono::seconds(5);

  std::string reason() const;

  std::optional<StartOptions::Load> load_;
  double load_max_ = 0;
  std::optional<std::uint64_t> free_memory_;
  TimePoint next_look_ = TimePoint::min();
  std::optional<TimePoint> held_since_;
  std::string why_;
  bool told_ = false;
};

}  // namespace spread
