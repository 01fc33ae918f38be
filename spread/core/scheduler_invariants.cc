#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {

void Scheduler::check_invariants() const {
  pool_.check();
  std::size_t in_flight = 0;
  pool_.each_busy([&](const Slot& slot) {
    SPREAD_ASSERT(slot.state() != SlotState::Closing || options_.holds_answers);
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < slot.in_flight().size(); ++k) {
      bytes += tasks_[slot.in_flight()[k].task].payload.size();
    }
    SPREAD_ASSERT(bytes == slot.in_flight_bytes());
    in_flight += slot.in_flight().size();
  });
  SPREAD_ASSERT(in_flight == tasks_.in_flight());
  SPREAD_ASSERT(tasks_.live() == tasks_.queued() + in_flight);
  const std::uint64_t final =
      counts_.ok + counts_.failed + counts_.lost + counts_.not_computed + counts_.skipped;
  SPREAD_ASSERT(counts_.arrived == final + tasks_.queued() + in_flight);
  SPREAD_ASSERT(!stopping_ || tasks_.queued() == 0);
  SPREAD_ASSERT(tasks_.fresh_count() <= options_.read_ahead);
}

}  // namespace spread
