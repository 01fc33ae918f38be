// What workers have in flight that is not wanted any more: the places of a gang that has failed,
// the sub-tasks of an attempt that is over (docs/scheduling.md, "Gangs" and "Sub-tasks").
#include "spread/core/scheduler.h"

namespace spread {

/// It occupies its worker until that has answered, which it has some time for: its loaded state may
/// be worth more than that.
void Scheduler::drop(TaskIndex i) {
  Slot& holder = pool_[tasks_[i].holder];
  tasks_.drop(i);
  holder.drop_by = after(now_, options_.drop_grace);
  alarms_.set(holder.id, holder.drop_by);
}

/// The time is over.
void Scheduler::look_for_dropped(Slot& watched, TimePoint now, Actions& actions) {
  if (watched.drop_by == kForever) return;
  const std::optional<TaskIndex> innermost = watched.innermost();
  if (!innermost || !tasks_[*innermost].dropped) {
    watched.drop_by = kForever;
    return;
  }
  if (now < watched.drop_by) return alarms_.set(watched.id, watched.drop_by);
  watched.timed_out = kNoTimedOut;
  kill(watched, KillReason::TimedOut, true, "what it has is not wanted any more", actions);
}

/// An ended worker was at what had been dropped: that is no fault of it, and no loss.
void Scheduler::settle_dropped(Slot& ended, TimePoint now, Actions& actions) {
  if (ended.in_flight().empty() || !tasks_[ended.in_flight().front().task].dropped) return;
  tasks_.erase_place(take_in_flight(ended, 0, now).task);
  // What it ran inside of, if anything, goes back: that has submitted something, and waits.
  std::vector<TaskIndex> above;
  for (std::size_t i = 0; i < ended.in_flight().size(); ++i) {
    if (families_.has(ended.in_flight()[i].task)) above.push_back(ended.in_flight()[i].task);
  }
  give_back_above(ended, above, "it ran what was not wanted any more", now, actions);
}

}  // namespace spread
