// Workers whose process is replaced when it has done enough, has lived long enough or has grown too
// large (docs/scheduling.md, "Slots"; docs/decisions/0023-worker-limits.md).
#include "spread/core/scheduler.h"

namespace spread {

/// There is a new process.
void Scheduler::begin_life(Slot& born) {
  pool_.set_left(born, options_.limits.max_tasks);
  born.spent_why = "it was sent --max-tasks tasks";
}

void Scheduler::look_for_age(Slot& aging, TimePoint now) {
  if (options_.limits.max_age == kNoLimit || aging.spent()) return;
  const TimePoint end = after(aging.started, options_.limits.max_age);
  if (now < end) return alarms_.set(aging.id, end);
  constexpr Why kWhy = "it is older than --max-age";
  if (!aging.unused()) return spend(aging, kWhy);
  pool_.set_left(aging, 1);
  aging.spent_why = kWhy;
}

void Scheduler::on(WorkerSpent& event, TimePoint, Actions&) {
  Slot& worker = pool_[event.worker];
  if (worker.state() == SlotState::Live && !worker.spent()) spend(worker, event.why);
}

/// It may answer what it has, and that is all.
void Scheduler::spend(Slot& worker, Why why) {
  worker.spent_why = why;
  pool_.set_spent(worker);
  holder_changed(worker);
}

/// Those that are to end and have answered everything do so now.
void Scheduler::close_released(Actions& actions) {
  pool_.each(Group::Released, [&](Slot& each) {
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(
        CloseInput{each.id, each.spent() ? each.spent_why : "fewer slots are to be used"});
  });
}

}  // namespace spread
