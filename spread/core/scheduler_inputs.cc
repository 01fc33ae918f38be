// Whose input is closed, and when: a worker then ends by itself (docs/scheduling.md, "Slots" and
// "The end of a run").
#include <algorithm>
#include <vector>

#include "spread/core/scheduler.h"

namespace spread {

// ---------------------------------------------------------------- no task is left

void Scheduler::close_inputs(TimePoint now, Actions& actions) {
  const Why why = tasks_done()    ? "all tasks are final"
                  : interrupted() ? "the run was interrupted"
                                  : "no task is left for it";
  if (options_.once) return;
  pool_.each(Load::Unassigned, [&](Slot& each) {
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{each.id, why});
    let_end(each, now);
  });
}

/// After the first signal: a worker that has something unanswered, and has shown that it answers,
/// may finish it. Any other is not waited for as long.
void Scheduler::let_end(Slot& each, TimePoint now) {
  if (!interrupted() || !each.has_worker() || each.state() == SlotState::Dying) return;
  if (each.answered && each.has_tasks()) return;
  if (!each.end_by) each.end_by = after(now, *options_.idle_grace);
  alarms_.set(each.id, *each.end_by);
}

void Scheduler::look_for_end(Slot& watched, TimePoint now, Actions& actions) {
  if (!interrupted() || watched.state() == SlotState::Dying || !watched.end_by) return;
  if (now < *watched.end_by) return alarms_.set(watched.id, *watched.end_by);
  watched.end_by = kForever;
  kill(watched, KillReason::Halted, true, "the run was interrupted", actions);
}

// ---------------------------------------------------------------- fewer slots

void Scheduler::choose_surplus() {
  const std::size_t live = pool_.count(Group::Running);
  const std::size_t surplus = live - std::min<std::size_t>(live, slots_limit_);
  const std::size_t can_leave = std::min<std::size_t>(surplus, pool_.count(Group::Live));
  if (can_leave != pool_.count(Group::Leaving)) choose_leavers(surplus);
}

/// So many live workers are to leave: those that do already or are spent, then idle ones, then the
/// slowest.
void Scheduler::choose_leavers(std::size_t count) {
  enum Turn : std::uint8_t { kLeaving, kIdle, kAny };
  std::vector<bool> chosen(pool_.size());
  for (const Turn turn : {kLeaving, kIdle, kAny}) {
    for (std::size_t place = pool_.size(); place > 0 && count > 0; --place) {
      const Slot& each = pool_.at(static_cast<SlotPool::Place>(place - 1));
      if (each.state() != SlotState::Live || chosen[number(each.id)]) continue;
      if (turn == kLeaving && !each.leaving() && !each.spent()) continue;
      if (turn == kIdle && each.has_tasks()) continue;
      chosen[number(each.id)] = true;
      --count;
    }
  }
  pool_.each(Group::Live, [&](Slot& each) {
    pool_.set_leaving(each, chosen[number(each.id)]);
    if (each.leaving()) holder_changed(each);
  });
}

// ---------------------------------------------------------------- answers held back

/// When results have waited so long for one that is missing that it may be in a filter's buffer.
TimePoint Scheduler::full_for_long() const {
  constexpr Duration kLong = std::chrono::seconds(1);
  return full_since_ == kForever ? kForever : after(full_since_, kLong);
}

/// When one that has all that its window takes has answered nothing for so long that its buffer may
/// be larger than the window. If it was only slow, a start is lost.
TimePoint Scheduler::full_window_until(const Slot& holder) const {
  constexpr Duration kLong = std::chrono::seconds(10);
  if (placement_.has_room(holder) || stalled_since_ || holder.unread_since()) return kForever;
  return after(holder.in_flight().front().since, kLong);
}

/// Why nothing more will be given to a worker that owes answers; empty if something may be.
Why Scheduler::why_close_holder(const Slot& holder, TimePoint now) const {
  if (holder.spent()) return holder.spent_why;
  if (holder.leaving()) return "fewer slots are to be used";
  if (holder.has_alone_task()) return "nothing is to follow its task";
  if (holder.draining()) return "a task is to run alone";
  if (none_to_give()) return "no task is left for it";
  if (rest_is_for_others(now) && placement_.has_room(holder)) return "no task is left for it";
  if (now >= full_window_until(holder))
    return "its window is full and it has answered nothing for 10 s";
  return {};
}

void Scheduler::look_at_holder(Slot& holder, TimePoint now, Actions& actions) {
  if (holder.state() != SlotState::Live || holder.in_flight().empty()) return;
  if (const Why why = why_close_holder(holder, now); !why.empty()) {
    pool_.set_state(holder, SlotState::Closing);
    actions.push_back(CloseInput{holder.id, why});
    return;
  }
  if (placement_.has_room(holder)) roomy_holders_.insert(number(holder.id));
  alarms_.set(holder.id, full_window_until(holder));
}

/// Workers that hold answers back until their input ends (a filter that buffers) have it closed as
/// soon as nothing more will be given to them; what they write then counts as before. One is looked
/// at when something has happened to it; when one of the two rules that hold for all comes to
/// apply, those are that it closes.
void Scheduler::close_holders(TimePoint now, Actions& actions) {
  const bool none_is_left = none_to_give(), for_others = rest_is_for_others(now);
  if (none_is_left && !none_was_left_) {
    pool_.each(Load::Working, [&](Slot& each) { look_at_holder(each, now, actions); });
  }
  if (for_others && !rest_was_for_others_) {
    for (std::uint32_t i = roomy_holders_.next(0); i != SlotSet::kNone;
         i = roomy_holders_.next(i + 1)) {
      roomy_holders_.erase(i);
      changed_holders_.push_back(WorkerId{i});
    }
  }
  none_was_left_ = none_is_left;
  rest_was_for_others_ = for_others;
  for (const WorkerId id : changed_holders_) look_at_holder(pool_[id], now, actions);
  changed_holders_.clear();
  if (now < full_for_long()) return;
  const std::optional<TaskIndex> oldest = tasks_.oldest_in_flight();
  if (!oldest) return;
  Slot& awaited = pool_[tasks_[*oldest].holder];
  if (awaited.state() != SlotState::Live) return;
  pool_.set_state(awaited, SlotState::Closing);
  actions.push_back(CloseInput{awaited.id, "all other results wait for its answer"});
}

}  // namespace spread
