// Tasks that several workers have at the same time (docs/scheduling.md, "Gangs").
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {
// ---------------------------------------------------------------- to whom

/// As many members as a gang that is begun now would have.
std::uint32_t Scheduler::gang_size() const {
  if (!slots_complete_) return options_.gang;
  return std::min({options_.gang, slots_left(), slots_limit_});
}

/// What is closed does not come back, as far as is known; what pauses or rests does.
std::uint32_t Scheduler::slots_left() const {
  const std::uint32_t open = static_cast<std::uint32_t>(pool_.size()) - pool_.count(Group::Closed);
  return std::min(open, slots_most_);
}

/// All places are taken together or not at all: no gang holds some while it waits for the rest. All
/// have the same size, so that none is passed over by smaller ones.
void Scheduler::assign_gangs(TimePoint now, Actions& actions) {
  const std::uint32_t size = gang_size();
  if (size == 0) return;  // none is left: the run ends
  if (size < options_.gang && tasks_.queued() > 0) {
    if (options_.exact_gangs && slots_left() < options_.gang) {
      return stop(fmt::format("a gang has {} members (--exact), and only {} slot{} left",
                              options_.gang, size, size == 1 ? " is" : "s are"),
                  actions);
    }
    if (options_.exact_gangs) {
      if (!std::exchange(told_smaller_gangs_, true)) {
        actions.push_back(GangShrinks{size, true, true});
      }
      return;
    }
  }
  while (startable() > 0 && !held(now)) {
    const auto members = placement_.idle_together(size);
    if (!members) return;
    if (size < options_.gang && !std::exchange(told_smaller_gangs_, true)) {
      actions.push_back(GangShrinks{size, false, slots_left() >= options_.gang});
    }
    const bool again = tasks_.again_count() > 0;
    if (!again && !may_take_fresh(kNoWorker)) return;
    const TaskIndex task = again ? tasks_.again().oldest() : tasks_.take_fresh();
    if (again) tasks_.take_again(task);
    send_gang(task, in_good_order(*members, tasks_[task]), now,
              again ? "to be tried again, oldest first" : "next in line", actions);
  }
}

/// The same for tasks that are for a gang each, among others that are not. What comes behind the
/// oldest of these waits until it has its members, so that it is not passed over for ever.
void Scheduler::assign_own_gangs(TimePoint now, Actions& actions) {
  while (tasks_.gang_is_next() && !held(now)) {
    const TaskIndex task = tasks_.oldest_gang();
    const std::uint32_t size = tasks_[task].size;
    if (is_too_large(size)) {
      more_to_start_ = true;  // it is refused at the next decision, in front of all that is sent
      return;
    }
    if (!may_begin_gang() || size > slots_limit_) return;
    const auto members = placement_.idle_together(size);
    if (!members) return;
    tasks_.take_gang(task);
    send_gang(task, in_good_order(*members, tasks_[task]), now,
              "it is next, and as many workers are idle", actions);
  }
}

bool Scheduler::is_too_large(std::uint32_t gang) const {
  return slots_complete_ && gang > slots_left();
}

/// They would wait for ever. That may reach --halt.
void Scheduler::refuse_large_gangs(Actions& actions) {
  while (!stopping_ && tasks_.gangs_queued() > 0) {
    const TaskIndex task = tasks_.oldest_gang();
    const std::uint32_t left = slots_left();
    if (!is_too_large(tasks_[task].size)) return;
    tasks_.take_gang(task);
    DeliverTask how;
    how.outcome = Outcome::NotComputed;
    how.error_type = "NotComputed";
    how.message =
        fmt::format("it is for {} workers at the same time, and there {} {} slot{}",
                    tasks_[task].size, left == 1 ? "is" : "are", left, left == 1 ? "" : "s");
    deliver(task, std::move(how), actions);
  }
}

/// As of a new task: see may_take_fresh().
bool Scheduler::may_begin_gang() const {
  if (rest_is_for_subtasks() || output_.unread) return false;
  if (!output_.full) return true;
  return output_.but_for == kNoWorker && tasks_.in_flight() == 0 && tasks_.again_count() == 0;
}

/// Of the next one: so many workers it needs beside those that are idle.
std::size_t Scheduler::gang_demand() const {
  const std::size_t size = tasks_[tasks_.oldest_gang()].size;
  return may_begin_gang() ? size - std::min<std::size_t>(size, pool_.count(Group::Idle)) : 0;
}

/// Where the task went wrong last has the highest rank: most of a gang's work is often rank 0's.
std::vector<WorkerId> Scheduler::in_good_order(std::vector<WorkerId> members,
                                               const Task& task) const {
  std::stable_partition(members.begin(), members.end(),
                        [&](WorkerId each) { return each != task.avoid; });
  return members;
}

void Scheduler::send_gang(TaskIndex i, const std::vector<WorkerId>& members, TimePoint now, Why why,
                          Actions& actions) {
  const std::uint32_t attempt = ++tasks_[i].attempts;
  if (options_.delay > Duration::zero()) held_until_ = after(now, options_.delay);
  GangPlace place;
  place.gang = gangs_.begin(i, members, now);
  place.size = static_cast<std::uint32_t>(members.size());
  for (const WorkerId id : members) {
    const TaskIndex held = tasks_.add_place(i, place.gang, place.rank);
    tasks_[held].alone = tasks_[i].size > 0;  // nothing is sent behind it
    put_place(pool_[id], held, now);
    SendTask send;
    send.worker = id;
    send.task = tasks_[i].id;
    send.payload = tasks_[i].payload;
    send.attempt = attempt;
    send.why = why;
    send.place = place;
    actions.emplace_back(std::move(send));
    ++place.rank;
  }
}

// ---------------------------------------------------------------- what comes of it

/// The task that what was in flight at a worker, and has failed there, belongs to. Of a gang's
/// place: the gang's, which is broken by it; none if it was before, so that it is of no concern.
std::optional<Scheduler::FailedTask> Scheduler::task_of_failed(TaskIndex i, std::string_view reason,
                                                               Actions& actions) {
  if (tasks_[i].dropped) {
    tasks_.erase_place(i);
    return std::nullopt;
  }
  const GangId id = tasks_[i].gang;
  if (id == kNoGang) return FailedTask{i};
  const FailedTask failed{gangs_[id].task, id, tasks_[i].rank};
  gangs_[id].members[failed.rank] = kNoWorker;
  tasks_.erase_place(i);
  break_gang(id, failed.rank, std::string(reason), actions);
  return failed;
}

/// What the others ask of one another is refused from now on, so that those who wait for one
/// another end at once.
void Scheduler::break_gang(GangId id, std::uint32_t rank, std::string reason, Actions& actions) {
  for (const WorkerId member : gangs_[id].members) {
    if (member != kNoWorker) drop(pool_[member].in_flight().front().task);
  }
  gangs_.end(id);
  actions.push_back(GangBroken{id, rank, std::move(reason)});
}

/// The gang is one task: of its time-out none of its members is guilty for sure, and those that
/// wait for others answer as soon as these are refused.
void Scheduler::gang_timed_out(Slot& watched, TimePoint now, Actions& actions) {
  const InFlight entry = watched.in_flight().front();
  const GangId id = tasks_[entry.task].gang;
  const TaskIndex task = gangs_[id].task;
  DeliverTask how;
  how.worker = watched.id;
  how.duration = watched.worked(entry, now);
  how.first = watched.loads_in(entry);
  how.timed_out = true;
  how.error_type = "Timeout";
  how.message = fmt::format("no answer within {:.6g} s", to_seconds(timeout()));
  how.gang = id;
  ++counts_.timeouts;
  break_gang(id, kNoRank, how.message, actions);
  attempt_failed(task, std::move(how), actions);
}

/// One of a gang's members has answered `ok`.
void Scheduler::member_succeeded(TaskIndex i, Answered& answered, bool first, TimePoint now,
                                 Actions& actions) {
  const GangId id = tasks_[i].gang;
  const std::uint32_t rank = tasks_[i].rank;
  tasks_.erase_place(i);
  Gang& gang = gangs_[id];
  gang.answers[rank] = std::move(answered.answer);
  gang.members[rank] = kNoWorker;
  if (rank == 0) gang.root = answered.worker;
  gang.first |= first;
  if (--gang.unanswered > 0) return;
  DeliverTask how;
  how.worker = gang.root;
  how.duration = now - gang.sent;
  how.first = gang.first;
  how.from_answer = true;
  how.members = std::move(gang.answers);
  const TaskIndex task = gang.task;
  gangs_.end(id);
  if (options_.failure.timeout_percent && !how.first) median_.add(how.duration);
  deliver(task, std::move(how), actions);
}

}  // namespace spread
