#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {

void Scheduler::check_invariants() const {
  std::size_t in_flight = 0, live = 0, starting = 0, closed = 0, retired = 0, awaiting = 0;
  std::vector<std::uint32_t> logins(hosts_.size()), open(hosts_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& s = slots_[i];
    const std::uint32_t place = place_of(id_of(i));
    SPREAD_ASSERT(ranked_[place] == id_of(i));
    in_flight += s.in_flight.size();
    live += s.has_process() ? 1 : 0;
    starting += s.state == SlotState::Starting ? 1 : 0;
    closed += s.state == SlotState::Closed ? 1 : 0;
    retired += s.retired ? 1 : 0;
    awaiting += s.awaits_hello ? 1 : 0;
    logins[number(s.host)] += s.logging_in ? 1 : 0;
    open[number(s.host)] += s.state == SlotState::Closed ? 0 : 1;
    SPREAD_ASSERT(s.has_process() || s.in_flight.empty());
    SPREAD_ASSERT(s.state != SlotState::Closing || s.in_flight.empty() || options_.holds_answers);
    SPREAD_ASSERT(!s.has_alone_task || s.in_flight.size() == 1);
    SPREAD_ASSERT(!ready_.contains(place) || s.state == SlotState::Empty);
    SPREAD_ASSERT(!s.idle() || hungry_.contains(place));
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < s.in_flight.size(); ++k) {
      bytes += tasks_[s.in_flight[k].task].payload.size();
    }
    SPREAD_ASSERT(bytes == s.in_flight_bytes);
  }
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    SPREAD_ASSERT(hosts_[h].logins == logins[h]);
    SPREAD_ASSERT(options_.once || hosts_[h].open_slots == open[h]);
  }
  SPREAD_ASSERT(starting == starting_);
  SPREAD_ASSERT(closed == closed_);
  SPREAD_ASSERT(retired == retired_);
  SPREAD_ASSERT(awaiting == awaiting_hello_);
  SPREAD_ASSERT(live == counts_.live_workers);
  SPREAD_ASSERT(in_flight == tasks_.in_flight());
  SPREAD_ASSERT(tasks_.live() == tasks_.queued() + in_flight);
  const std::uint64_t final =
      counts_.ok + counts_.failed + counts_.lost + counts_.not_computed + counts_.skipped;
  SPREAD_ASSERT(counts_.arrived == final + tasks_.queued() + in_flight);
  SPREAD_ASSERT(!stopping_ || tasks_.queued() == 0);
  SPREAD_ASSERT(tasks_.fresh_count() <= options_.read_ahead);
}

}  // namespace spread
