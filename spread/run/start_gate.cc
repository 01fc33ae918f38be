#include "spread/run/start_gate.h"

#include "spread/io/machine.h"

namespace spread {

StartGate::StartGate(const MapOptions& options, std::uint32_t cpus)
    : free_memory_(options.free_memory) {
  if (!options.load_max) return;
  const MapOptions::Load& load = *options.load_max;
  load_max_ = load.percent ? load.value / 100 * cpus : load.value;
}

std::optional<TimePoint> StartGate::held_until(TimePoint now) {
  if ((!load_max_ && !free_memory_) || now < next_look_) return std::nullopt;
  next_look_ = after(now, kLookEvery);
  const bool loaded = load_max_ && load_average().value_or(0) > *load_max_;
  const bool full = free_memory_ && available_memory().value_or(UINT64_MAX) < *free_memory_;
  if (loaded || full) return next_look_;
  return std::nullopt;
}

}  // namespace spread
