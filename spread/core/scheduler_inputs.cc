// Whose input is closed, and when: a worker then ends by itself (docs/scheduling.md, "Slots" and
// "The end of a run").
#include <algorithm>
#include <vector>

#include "spread/core/scheduler.h"

namespace spread {

// ---------------------------------------------------------------- no task is left

void Scheduler::close_inputs(Actions& actions) {
  const Why why = tasks_done() ? "all tasks are final" : "no task is left for it";
  if (options_.once) return;
  if (pool_.busy() == pool_.count(Group::Process)) return;  // close_idle asks in every turn
  pool_.each(Group::Live, [&](Slot& each) {
    if (!each.in_flight().empty()) return;
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{each.id, why});
  });
}

/// After the first signal: those that have something unanswered, and have shown that they answer,
/// may finish it. The others are not waited for as long.
void Scheduler::end_idle(TimePoint now, Actions& actions) {
  pool_.each(Group::Process, [&](Slot& each) {
    if (each.state() == SlotState::Dying) return;
    if (each.answered && !each.in_flight().empty()) {
      each.end_by.reset();
      return;
    }
    if (each.state() == SlotState::Live && each.in_flight().empty()) {
      pool_.set_state(each, SlotState::Closing);
      actions.push_back(CloseInput{each.id, "the run was interrupted"});
    }
    if (!each.end_by) each.end_by = after(now, *options_.idle_grace);
    if (now >= *each.end_by) {
      each.end_by = kForever;
      kill(each, KillReason::Halted, true, "the run was interrupted", actions);
    }
    next_idle_end_ = std::min(next_idle_end_, *each.end_by);
  });
}

// ---------------------------------------------------------------- fewer slots

void Scheduler::close_surplus(Actions& actions) {
  const std::size_t live = pool_.count(Group::Running);
  const std::size_t surplus = live - std::min<std::size_t>(live, slots_limit_);
  const std::size_t can_leave = std::min<std::size_t>(surplus, pool_.count(Group::Live));
  if (can_leave != pool_.count(Group::Leaving)) choose_leavers(surplus);
  pool_.each(Group::Released, [&](Slot& each) {
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{each.id, "fewer slots are to be used"});
  });
}

/// So many live workers are to leave: those that do already, then idle ones, then the slowest.
void Scheduler::choose_leavers(std::size_t count) {
  enum Turn : std::uint8_t { kLeaving, kIdle, kAny };
  std::vector<bool> chosen(pool_.size());
  for (const Turn turn : {kLeaving, kIdle, kAny}) {
    for (std::size_t place = pool_.size(); place > 0 && count > 0; --place) {
      const Slot& each = pool_.at(static_cast<SlotPool::Place>(place - 1));
      if (each.state() != SlotState::Live || chosen[number(each.id)]) continue;
      if (turn == kLeaving && !each.leaving()) continue;
      if (turn == kIdle && !each.in_flight().empty()) continue;
      chosen[number(each.id)] = true;
      --count;
    }
  }
  pool_.each(Group::Live, [&](Slot& each) { pool_.set_leaving(each, chosen[number(each.id)]); });
}

// ---------------------------------------------------------------- answers held back

/// The worker that has the oldest unfinished task.
WorkerId Scheduler::holder_of_oldest() const {
  WorkerId holder = kNoWorker;
  std::optional<TaskId> oldest;
  pool_.each_busy([&](const Slot& each) {
    for (std::size_t k = 0; k < each.in_flight().size(); ++k) {
      const TaskId id = tasks_[each.in_flight()[k].task].id;
      if (oldest && *oldest < id) continue;
      oldest = id;
      holder = each.id;
    }
  });
  return holder;
}

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
  if (holder.leaving()) return "fewer slots are to be used";
  if (holder.has_alone_task()) return "nothing is to follow its task";
  if (holder.draining()) return "a task is to run alone";
  if (none_to_give()) return "no task is left for it";
  // What waits is for others, or it would have it by now.
  if (input_ended_ && placement_.has_room(holder) && !held(now) && !output_.full) {
    return "no task is left for it";
  }
  if (now >= full_window_until(holder))
    return "its window is full and it has answered nothing for 10 s";
  return {};
}

/// When close_holders() has something to do, if nothing happens before.
TimePoint Scheduler::next_close_of_holders(TimePoint now) const {
  TimePoint next = now < full_for_long() ? full_for_long() : kForever;
  pool_.each_busy([&](const Slot& each) {
    if (each.state() == SlotState::Live) next = std::min(next, full_window_until(each));
  });
  return next;
}

/// Workers that hold answers back until their input ends (a filter that buffers) have it closed as
/// soon as nothing more will be given to them; what they write then counts as before.
void Scheduler::close_holders(TimePoint now, Actions& actions) {
  WorkerId awaited = kNoWorker;
  if (now >= full_for_long()) awaited = holder_of_oldest();
  pool_.each_busy([&](Slot& each) {
    if (each.state() != SlotState::Live) return;
    Why why = why_close_holder(each, now);
    if (why.empty() && each.id == awaited) why = "all other results wait for its answer";
    if (why.empty()) return;
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{each.id, why});
  });
}

}  // namespace spread
