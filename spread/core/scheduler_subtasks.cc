// Sub-tasks that running tasks submit (docs/scheduling.md, "Sub-tasks").
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"
#include "spread/core/verdict.h"

namespace spread {

// ---------------------------------------------------------------- events

void Scheduler::on(SubtasksArrived& event, TimePoint, Actions&) {
  Slot& worker = pool_[event.worker];
  const std::optional<TaskIndex> parent = task_at(worker, event.parent);
  // Its attempt is over already, and so are they: FamilyEnded has been told.
  if (!parent || tasks_[*parent].dropped) return;
  SPREAD_ASSERT(!options_.retry_first && !options_.holds_answers);
  pool_.key_of(worker).proven = true;  // what gets that far works: what it dies of now is its task
  // Everywhere: nor may a sub-task have to wait for workers of other hosts to become idle.
  placement_.set_one_at_a_time();
  worker.plain = false;
  tasks_[*parent].came_back = true;  // it is not plain
  for (SubtasksArrived::Subtask& each : event.subtasks) {
    families_.add(*parent, tasks_.push_subtask(each.id, std::move(each.payload), *parent), each.id);
  }
}

void Scheduler::on(TaskWaits& event, TimePoint now, Actions&) {
  Slot& worker = pool_[event.worker];
  if (const auto level = suspended_level(worker, event.task)) {
    pool_.set_wait_ends(worker, *level, !event.waits, now);
    if (!worker.in_flight().empty()) arm_timeout(worker);
    return;
  }
  const std::optional<std::size_t> place = find_task(worker, event.task);
  if (event.waits && place && worker.state() == SlotState::Live) {
    pool_.suspend(worker, *place, now);
  }
}

/// How deep a task is suspended there, if it is; 0 = outermost.
std::optional<std::size_t> Scheduler::suspended_level(const Slot& worker, TaskId task) const {
  for (std::size_t level = 0; level < worker.suspended().size(); ++level) {
    if (tasks_[worker.suspended()[level].entries.front().task].id == task) return level;
  }
  return std::nullopt;
}

/// A task that the worker has, whether it works on it or not.
std::optional<TaskIndex> Scheduler::task_at(const Slot& worker, TaskId task) const {
  if (const auto place = find_task(worker, task)) return worker.in_flight()[*place].task;
  for (const Suspended& each : worker.suspended()) {
    for (std::size_t i = 0; i < each.entries.size(); ++i) {
      if (tasks_[each.entries[i].task].id == task) return each.entries[i].task;
    }
  }
  return std::nullopt;
}

bool Scheduler::is_under_way(WorkerId worker, TaskId parent, TaskId subtask) const {
  const std::optional<TaskIndex> at = task_at(pool_[worker], parent);
  const std::optional<TaskIndex> child = at ? families_.find(*at, subtask) : std::nullopt;
  return child && !tasks_[*child].queued;
}

void Scheduler::on(SubpoolSet& event, TimePoint, Actions&) {
  options_.subpool = event.slots;
  placement_.set_one_at_a_time();
}

/// Where it is among those that the worker has in flight, if it is.
std::optional<std::size_t> Scheduler::find_task(const Slot& worker, TaskId task) const {
  for (std::size_t place = 0; place < worker.in_flight().size(); ++place) {
    if (tasks_[worker.in_flight()[place].task].id == task) return place;
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- to whom

/// A worker that waits is sent what it waits for: so one worker is enough, however deep it goes.
void Scheduler::assign_nested(TimePoint now, Actions& actions) {
  if (tasks_.subtasks_queued() == 0) return;
  pool_.each(Group::Waiting, [&](Slot& worker) {
    if (held(now) || worker.resting()) return;
    const TaskIndex waits = worker.suspended().back().entries.front().task;
    const std::optional<TaskIndex> next = families_.queued_descendant(waits, tasks_);
    if (!next) return;
    // After a stop no other one takes it.
    const Task& task = tasks_[*next];
    if (!stopping_ && avoids(worker, task) && another_is_free(worker, task)) return;
    if (!stopping_ && may_end_worker(task) && one_does_not_wait()) return;
    tasks_.take_again(*next);
    send(worker, *next, now, "a task that waits there has submitted it", actions);
  });
}

/// It, or another one of its ancestors', has ended a worker before: inside of these it would cost
/// them, too, and not be known again, since each attempt of theirs submits anew.
bool Scheduler::may_end_worker(const Task& subtask) const {
  if (subtask.crashes > 0) return true;
  for (TaskIndex up = subtask.parent; up != kNoParent; up = tasks_[up].parent) {
    if (tasks_[up].taken_along > 0) return true;
  }
  return false;
}

/// A worker could take a sub-task by itself: now, or when it has done what it has, or is started
/// again.
bool Scheduler::one_does_not_wait() const {
  const std::uint32_t there = pool_.count(Group::Occupied) + pool_.count(Group::Starting);
  const bool may_start = may_start_one();
  std::uint32_t others = may_start ? pool_.count(Group::Open) : there;
  pool_.each(Group::Waiting, [&](const Slot& each) {
    others -= !may_start || pool_.in(each, Group::Open) ? 1 : 0;
  });
  return others > 0;
}

/// The rest of send(), to a worker that has nothing in flight.
void Scheduler::send_subtask(Slot& to, TaskIndex i, TimePoint now, Why why, Actions& actions) {
  Task& task = tasks_[i];
  task.holder = to.id;
  to.was_idle = true;
  to.last_answer = now;
  if (to.waiting()) {
    pool_.send_nested(to, {i, now, now}, task.payload.size());
  } else {
    pool_.send(to, {i, now, now}, task.payload.size(), task.alone, false);
  }
  arm_timeout(to);
  if (task.alone) {
    pool_.set_draining(to, false);
    if (task.apart) ++pool_.connection_of(to).apart;
  }
  placement_.took(to);
  SendTask sent;
  sent.worker = to.id;
  sent.task = task.id;
  sent.payload = task.payload;
  sent.attempt = task.attempts;
  sent.why = why;
  sent.depth = task.depth;
  sent.parent = tasks_[task.parent].id;
  actions.emplace_back(std::move(sent));
}

/// No more tasks of the input may be under way: the other slots are kept for sub-tasks.
bool Scheduler::rest_is_for_subtasks() const {
  // So that sub-tasks of what has been taken along have a worker of their own.
  const std::uint32_t kept = std::max(options_.subpool, taken_along_.empty() ? 0u : 1u);
  if (kept == 0) return false;
  const std::uint32_t open =
      std::min(static_cast<std::uint32_t>(pool_.size()) - pool_.count(Group::Closed), slots_limit_);
  const std::size_t most = open > kept ? open - kept : 1;
  return tasks_.in_flight() - tasks_.subtasks_in_flight() >= most;
}

// ---------------------------------------------------------------- the end of an attempt

/// Its sub-tasks have been for this attempt: the next one submits anew.
void Scheduler::end_family(TaskIndex parent, Actions& actions) {
  if (!families_.has(parent)) return;
  for (const auto& [id, child] : families_.take(parent)) {
    end_family(child, actions);
    taken_along_.erase(child);
    tasks_[child].queued ? tasks_.erase_queued(child) : drop(child);
  }
  actions.push_back(FamilyEnded{tasks_[parent].id});
}

/// A worker has ended because of its innermost task: those above it go back unmarked, and all
/// others, too. But what kills its worker again and again by what runs inside of it is given up in
/// the end.
void Scheduler::give_back_above(Slot& ended, const std::vector<TaskIndex>& above,
                                std::string_view reason, TimePoint now, Actions& actions) {
  while (!ended.in_flight().empty()) {
    const std::size_t last = ended.in_flight().size() - 1;
    const TaskIndex i = ended.in_flight()[last].task;
    const bool is_above = std::find(above.begin(), above.end(), i) != above.end();
    if (!is_above || tasks_[i].dropped) {
      give_back(ended, last, now, actions);
      continue;
    }
    take_in_flight(ended, last, now);
    take_along(i, ended.id, reason, actions);
  }
}

void Scheduler::take_along(TaskIndex i, WorkerId worker, std::string_view reason,
                           Actions& actions) {
  taken_along_.insert(i);
  if (++tasks_[i].taken_along < options_.failure.crash_retries) return queue_again(i, actions);
  DeliverTask how;
  how.outcome = Outcome::Lost;
  how.worker = worker;
  how.error_type = kNoResponse;
  how.message = fmt::format("its sub-tasks have ended its worker {} times, the last time: {}",
                            tasks_[i].taken_along, reason);
  deliver(i, std::move(how), actions);
}

/// The tasks above a worker's innermost one, before it is settled.
std::vector<TaskIndex> Scheduler::tasks_above(TaskIndex innermost) const {
  std::vector<TaskIndex> above;
  for (TaskIndex up = tasks_[innermost].parent; up != kNoParent; up = tasks_[up].parent) {
    above.push_back(up);
  }
  return above;
}

}  // namespace spread
