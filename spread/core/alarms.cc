#include "spread/core/alarms.h"

#include <algorithm>

namespace spread {

void Alarms::set(WorkerId worker, TimePoint at) {
  if (at == kForever) return;
  if (number(worker) >= at_.size()) at_.resize(number(worker) + 1, kForever);
  if (at >= at_[number(worker)]) return;
  at_[number(worker)] = at;
  // A worker that refuses again and again would leave an alarm behind each time, until its
  // time-out.
  if (heap_.size() >= 2 * at_.size() + kStaleMax) return drop_stale();
  heap_.push_back({at, worker});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Alarms::drop_stale() {
  heap_.clear();
  for (std::size_t i = 0; i < at_.size(); ++i) {
    if (at_[i] != kForever) heap_.push_back({at_[i], WorkerId{static_cast<std::uint32_t>(i)}});
  }
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void Alarms::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
}

std::optional<WorkerId> Alarms::take_due(TimePoint now) {
  // Dropped here too when not yet due, so that next() does not wake the run for nothing.
  while (!heap_.empty() && stale(heap_.front())) pop();
  if (heap_.empty() || heap_.front().at > now) return std::nullopt;
  const WorkerId worker = heap_.front().worker;
  at_[number(worker)] = kForever;
  pop();
  return worker;
}

}  // namespace spread
