#include <map>
#include <optional>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {

void Scheduler::check_invariants() const {
  pool_.check();
  std::size_t in_flight = 0, places = 0;
  pool_.each_busy([&](const Slot& slot) {
    SPREAD_ASSERT(slot.state() != SlotState::Closing || options_.holds_answers);
    std::size_t bytes = 0;
    const auto look = [&](const Ring<InFlight>& entries) {
      for (std::size_t k = 0; k < entries.size(); ++k) {
        const Task& task = tasks_[entries[k].task];
        bytes += flight_bytes(entries[k].task);
        in_flight += task.behind;
        places += task.gang != kNoGang || task.dropped ? 1 : 0;
      }
      in_flight += entries.size();
    };
    look(slot.in_flight());
    for (const Suspended& each : slot.suspended()) look(each.entries);
    SPREAD_ASSERT(bytes == slot.in_flight_bytes());
  });
  SPREAD_ASSERT(places == tasks_.places());
  in_flight += gangs_.size() - places;
  SPREAD_ASSERT(in_flight == tasks_.in_flight());
  check_age_and_apart();
  SPREAD_ASSERT(tasks_.live() == tasks_.queued() + in_flight + places);
  const std::uint64_t final =
      counts_.ok + counts_.failed + counts_.lost + counts_.not_computed + counts_.skipped;
  const std::size_t subtasks = tasks_.subtasks_queued() + tasks_.subtasks_in_flight();
  SPREAD_ASSERT(counts_.arrived == final + tasks_.queued() + in_flight - subtasks);
  SPREAD_ASSERT(!stopping_ || tasks_.queued() == tasks_.subtasks_queued());
  SPREAD_ASSERT(tasks_.fresh_count() <= options_.read_ahead);
}

/// What is found at once is what a search finds.
void Scheduler::check_age_and_apart() const {
  std::map<ConnectionId, std::uint32_t> apart;
  std::optional<TaskId> oldest;
  pool_.each_busy([&](const Slot& slot) {
    apart[slot.connection] += 0;
    const auto look = [&](const Ring<InFlight>& entries) {
      for (std::size_t k = 0; k < entries.size(); ++k) {
        const Task& task = tasks_[entries[k].task];
        SPREAD_ASSERT(task.holder == slot.id);
        if (task.apart) ++apart[slot.connection];
        if (!oldest || task.id < *oldest) oldest = task.id;
      }
    };
    look(slot.in_flight());
    for (const Suspended& each : slot.suspended()) look(each.entries);
  });
  for (const auto& [id, count] : apart) SPREAD_ASSERT(pool_.connection(id).apart == count);
  if (!options_.holds_answers && !options_.retry_first) return;
  const std::optional<TaskIndex> found = tasks_.oldest_in_flight();
  SPREAD_ASSERT(found.has_value() == oldest.has_value());
  SPREAD_ASSERT(!found || tasks_[*found].id == *oldest);
}

}  // namespace spread
