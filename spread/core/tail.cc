#include "spread/core/tail.h"

#include <cmath>

namespace spread {

void Tail::clear() { workers_.clear(); }

bool Tail::better_left_idle(const Capacity& own, std::size_t queued, double unevenness) const {
  // No worker is left idle because of one that would be done about as soon.
  constexpr double kSlower = 1.2;
  const double own_time = own.free_at + own.seconds;
  const double deadline = own.free_at + own.seconds * (1 - unevenness);
  double can_do = 0;
  for (const Capacity& other : workers_) {
    if (other.worker == own.worker || other.seconds * kSlower > own_time) continue;
    if (other.free_at >= deadline) continue;
    // The small term keeps 2.4 / 0.4 from being 5.999.
    can_do += other.count * std::floor((deadline - other.free_at) / other.seconds + 1e-6);
    if (can_do >= static_cast<double>(queued)) return true;
  }
  return false;
}

void Tail::took(WorkerId worker, std::uint32_t key) {
  for (Capacity& each : workers_) {
    if (each.worker != worker) continue;
    each.free_at += each.seconds;
    return;
  }
  for (Capacity& idle : workers_) {
    if (idle.worker != kNoWorker || idle.key != key || idle.count == 0) continue;
    --idle.count;
    Capacity busy = idle;
    busy.worker = worker;
    busy.count = 1;
    busy.free_at += busy.seconds;
    workers_.push_back(busy);
    return;
  }
}

}  // namespace spread
