// Which task a worker gets, if any (docs/scheduling.md, "Who gets a task").
#include <algorithm>

#include "spread/core/scheduler.h"

namespace spread {

bool Scheduler::may_take_fresh(WorkerId worker) const {
  if (tasks_.fresh_count() == 0 || rest_is_for_subtasks() || tasks_.gang_is_next()) return false;
  if (!output_.full) return true;
  if (output_.unread) return false;
  if (output_.but_for != kNoWorker) return worker == output_.but_for;
  // The oldest unfinished task is let through a full output: it may be the one that everything
  // waits for. It is at the front of the fresh queue only if nothing older is under way.
  return tasks_.in_flight() == 0 && tasks_.again_count() == 0;
}

std::size_t Scheduler::startable() const {
  const bool one = output_.full && output_.but_for == kNoWorker;
  std::size_t fresh = tasks_.fresh_count();
  if (one || tasks_.gang_is_next()) fresh = may_take_fresh(kNoWorker) ? 1 : 0;
  return fresh + tasks_.again_count();
}

/// Whether `task` should rather go to another worker than this one: it went wrong here, or it
/// crashed on this host; and another worker can be expected to take it.
bool Scheduler::avoids(const Slot& here, const Task& task) const {
  if (task.avoid == kNoWorker) return false;
  const bool itself = task.avoid == here.id;
  const bool same_host = task.crashes > 0 && pool_[task.avoid].host == here.host;
  if (!itself && !same_host) return false;
  // Its next process is to show with another task that it works at all.
  if (itself && !here.answered && pool_.failures_in_a_row(here) > 0) return true;
  const std::uint32_t usable = pool_.count(Group::Usable);
  if (same_host && usable > pool_.count_on(here.host, Group::Usable)) return true;
  // No other host; then at least another slot.
  return itself && usable > (pool_.in(here, Group::Usable) ? 1u : 0u);
}

/// Whether another one that does not avoid `task` is about to take it.
bool Scheduler::another_is_free(const Slot& here, const Task& task) const {
  const Slot* const there =
      task.avoid == kNoWorker || task.avoid == here.id ? nullptr : &pool_[task.avoid];
  const auto others = [&](Group group) {
    return pool_.count(group) - (pool_.in(here, group) ? 1 : 0) -
           (there != nullptr && pool_.in(*there, group) ? 1 : 0);
  };
  if (others(Group::Starting) + others(Group::AwaitsHello) > 0) return true;
  // A slot beyond the limit takes nothing.
  const bool may_start = may_start_one();
  std::uint32_t free = others(Group::Idle) + (may_start ? others(Group::Ready) : 0);
  if (task.avoid == kNoWorker || task.crashes == 0) return free > 0;
  // All of that host avoid it, as long as another host has a worker.
  const HostId crashed = pool_[task.avoid].host;
  const auto on_crashed = [&](const Slot* slot, Group group) {
    return slot != nullptr && slot->host == crashed && pool_.in(*slot, group) ? 1u : 0u;
  };
  if (pool_.count(Group::Usable) == pool_.count_on(crashed, Group::Usable)) return free > 0;
  for (const Group group : {Group::Idle, Group::Ready}) {
    if (group == Group::Ready && !may_start) continue;
    free -= pool_.count_on(crashed, group) - on_crashed(&here, group) - on_crashed(there, group);
  }
  return free > 0;
}

/// A login that is overdue may never come, and keeps no other slot from being used.
bool Scheduler::may_start_one() const {
  const std::uint32_t used = pool_.count(Group::Occupied) + pool_.count(Group::Starting);
  return used < slots_most_ && used - pool_.count(Group::Overdue) < slots_limit_;
}

/// Whether a worker can be expected that has been given nothing yet: it is there or being started,
/// or will be in a slot that is free or, before long, becomes so.
bool Scheduler::unused_one_comes() const {
  for (const Group group : {Group::Starting, Group::AwaitsHello, Group::Unused}) {
    if (pool_.count(group) > 0) return true;
  }
  const std::uint32_t ending = pool_.count(Group::Occupied) - pool_.count(Group::Live);
  if (ending > 0 && now_ < makes_room_by_) return true;
  return may_start_one() && pool_.count(Group::Ready) + pool_.count(Group::Pausing) > 0;
}

/// A task that is to run alone waits until a worker has nothing in flight: as many workers as there
/// are such tasks are sent nothing more.
bool Scheduler::may_drain(Slot& worker) {
  if (!worker.draining()) {
    pool_.set_draining(worker, pool_.count(Group::Draining) < tasks_.again().alone_count());
  }
  return worker.draining();
}

/// Whose turn it is where several runs share the workers.
void Scheduler::count_shares() {
  shares_.begin();
  pool_.each_busy([&](const Slot& slot) { shares_.works_for(slot.run); });
  tasks_.again().each_kind([&](TaskIndex i) {
    shares_.waits(tasks_[i].run);
    return true;
  });
}

/// Whether a task of `run` may go there, and comes before what has been chosen so far.
bool Scheduler::is_its_turn(const Slot& to, RunId run, const Choice& chosen) const {
  const bool other = chosen.kind == Choice::Kind::Again;
  if (to.in_flight().empty()) return !other || shares_.before(run, tasks_[chosen.task].run);
  // A turn is a window: less would cost a round trip for each task.
  const bool same_turn = to.run_since == decisions_;
  return !other && run == to.run && (same_turn || shares_.may_go_on(run));
}

Scheduler::Choice Scheduler::choose(Slot& to) {
  using Kind = Choice::Kind;
  std::optional<TaskIndex> avoided;
  bool alone_waits = false;
  Choice chosen;
  // It waits for as many to be idle as it needs: what is younger waits, too.
  const TaskId last = tasks_.gang_is_next() ? tasks_[tasks_.oldest_gang()].id : TaskId{UINT64_MAX};
  tasks_.again().each_kind([&](TaskIndex i) {
    ++steps_;
    if (tasks_[i].run != kNoRun && !is_its_turn(to, tasks_[i].run, chosen)) return true;
    if (is_subtask(tasks_[i].id) ? !to.in_flight().empty() : rest_is_for_subtasks()) return true;
    if (tasks_[i].id > last && !is_subtask(tasks_[i].id)) return true;
    if (tasks_[i].apart && pool_.connection_of(to).apart > 0) return true;
    if (tasks_[i].for_unused && !to.unused() && unused_one_comes()) return true;
    if (avoids(to, tasks_[i])) {
      if (!avoided) avoided = i;
      return true;
    }
    if (tasks_[i].alone && !to.in_flight().empty()) {
      alone_waits = true;
      if (may_drain(to)) chosen.kind = Kind::Wait;
      return chosen.kind != Kind::Wait;
    }
    chosen = {Kind::Again, i, "to be tried again, oldest first"};
    if (tasks_[i].run == kNoRun) return false;
    chosen.why = "of the run that has the fewest workers, oldest first";
    return true;  // another run may come before it
  });
  if (chosen.kind != Kind::Nothing) return chosen;
  if (!alone_waits) pool_.set_draining(to, false);
  // A task that has crashed its login must not crash the next one.
  const bool here_too = options_.retry_first && avoided && tasks_[*avoided].crashes == 0 &&
                        to.in_flight().empty() && !another_is_free(to, tasks_[*avoided]);
  if (!here_too && may_take_fresh(to.id)) {
    return {Kind::Fresh, tasks_.fresh_front(), "next in line, fastest worker first"};
  }
  if (!avoided || !to.in_flight().empty() || another_is_free(to, tasks_[*avoided])) return {};
  return {Kind::Again, *avoided, "to be tried again, and no other worker is free"};
}

std::optional<TaskId> Scheduler::in_the_way() const {
  if (tasks_.again_count() == 0) return std::nullopt;
  const std::uint32_t open = pool_.count(Group::Open);
  if (pool_.busy() < std::min(open, slots_limit_)) return std::nullopt;
  const std::optional<TaskIndex> oldest = tasks_.oldest_in_flight();
  if (!oldest || tasks_[*oldest].id < tasks_[tasks_.again().oldest()].id) return std::nullopt;
  return tasks_[*oldest].id;
}

/// The tail rule. Waiting helps only at the end of the queue, and while the input is open the
/// scheduler does not know whether it is the end.
bool Scheduler::left_idle(const Slot& slot, TimePoint now) {
  if (!input_ended_) return false;
  // No other worker may take it.
  if (output_.full && output_.but_for == slot.id) return false;
  return placement_.left_idle(slot, now);
}

/// And all that come behind `slot`; see Placement. Tasks to be tried again are exempt, and where
/// one worker alone may be given tasks, that one is.
bool Scheduler::rest_is_left_idle(const Slot& slot, TimePoint now) const {
  if (tasks_.again_count() > 0 || (output_.full && output_.but_for != kNoWorker)) return false;
  return placement_.rest_is_left_idle(slot, now);
}

}  // namespace spread
