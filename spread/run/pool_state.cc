#include "spread/run/pool_state.h"

#include <string_view>

#include <fmt/format.h>

namespace spread {
namespace {

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// 42 s, 7 min, 3 h, 12 d.
std::string rough(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
  return fmt::format("{} d", seconds / kDay);
}

std::string_view state_of(const wire::PoolFacts& facts) {
  if (facts.stopping) return "stopping";
  if (facts.down) return "down";
  if (facts.tasks > 0) return "busy";
  return facts.workers > 0 ? "ready" : "starting";
}

}  // namespace

std::string describe_pool(const wire::PoolFacts& facts) {
  std::string text =
      fmt::format("{}: {} of {}", state_of(facts), facts.workers, counted(facts.slots, "worker"));
  text += fmt::format(", {}, {} under way, {} done", counted(facts.runs, "run"),
                      counted(facts.tasks, "task"), facts.done);
  text += fmt::format("; pid {}, up {}", facts.pid, rough(facts.seconds));
  if (facts.idle_max > 0) text += fmt::format(", --idle {} s", double(facts.idle_max) / 1000);
  return text + "; " + facts.command;
}

}  // namespace spread
