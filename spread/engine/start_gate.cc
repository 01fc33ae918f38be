#include "spread/engine/start_gate.h"

#include <utility>

#include <fmt/format.h>

#include "spread/io/system.h"
#include "spread/report/readable.h"

namespace spread {

StartGate::StartGate(const StartOptions& options, std::uint32_t cpus)
    : load_(options.load_max), free_memory_(options.free_memory) {
  if (load_) load_max_ = load_->percent ? load_->value / 100 * cpus : load_->value;
}

std::optional<TimePoint> StartGate::held_until(TimePoint now, bool waiting) {
  if (!watches() || now < next_look_) return std::nullopt;
  next_look_ = after(now, kLookEvery);
  why_ = reason();
  if (why_.empty() || !waiting) {
    held_since_.reset();
  } else if (!held_since_) {
    held_since_ = now;
  }
  if (why_.empty()) return std::nullopt;
  return next_look_;
}

std::string StartGate::reason() const {
  if (const double load = load_average().value_or(0); load_ && load > load_max_) {
    return fmt::format("the load is {}, and --load is {:.6g}{}", format_short(load), load_->value,
                       load_->percent ? "%" : "");
  }
  if (!free_memory_) return {};
  const std::uint64_t available = available_memory().value_or(UINT64_MAX);
  if (available >= *free_memory_) return {};
  constexpr double kMiB = 1 << 20;
  return fmt::format("{} MiB of memory are free, and --memfree is {} MiB",
                     format_short(static_cast<double>(available) / kMiB),
                     format_short(static_cast<double>(*free_memory_) / kMiB));
}

std::string StartGate::take_notice(TimePoint now) {
  if (told_ || !held_since_ || now < after(*held_since_, kPatience)) return {};
  told_ = true;
  return "nothing is started for now: " + why_;
}

}  // namespace spread
