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

/// What cannot be sent does not count. Its age may have been left out of account meanwhile.
void Scheduler::was_not_sent(Slot& worker, TimePoint now) {
  if (worker.left() > 0 || worker.state() != SlotState::Live) return;
  pool_.give_left_back(worker);
  alarms_.set(worker.id, now);
}

/// Those that are to end and have answered everything do so now.
void Scheduler::close_released(TimePoint now, Actions& actions) {
  pool_.each(Group::Released, [&](Slot& each) {
    const Why why = each.spent() ? each.spent_why : "fewer slots are to be used";
    if (!may_hand_over(each)) {
      pool_.set_state(each, SlotState::Closing);
      actions.push_back(CloseInput{each.id, why});
      return;
    }
    actions.push_back(HandOver{each.id, why});
    pool_.vacate(each);
    pool_.set_former(each, true);
    empty_slot(each, now);
  });
}

// ---------------------------------------------------------------- the next one before the end

/// Not where the slot is to pause: then the next one comes later anyway. And a filter that holds
/// its answers back is known to have given all of them only when it has ended.
bool Scheduler::may_hand_over(const Slot& from) const {
  return options_.limits.overlap && !options_.holds_answers && from.spent() && !from.leaving() &&
         from.answered && !from.has_former() && !from.resting() &&
         pool_.connection_of(from).size() == 1;
}

void Scheduler::on(FormerEnded& event, TimePoint, Actions&) {
  Slot& slot = pool_[event.worker];
  pool_.set_former(slot, false);
  slot.former_end_by.reset();
}

/// After the first signal, as let_end().
void Scheduler::let_formers_end(TimePoint now) {
  if (!interrupted()) return;
  pool_.each(Group::Former, [&](Slot& each) {
    each.former_end_by = after(now, *options_.idle_grace);
    alarms_.set(each.id, *each.former_end_by);
  });
}

void Scheduler::look_for_former_end(Slot& slot, TimePoint now, Actions& actions) {
  if (now < *slot.former_end_by) return alarms_.set(slot.id, *slot.former_end_by);
  slot.former_end_by.reset();
  actions.push_back(KillFormer{slot.id, true, "the run was interrupted"});
}

}  // namespace spread
