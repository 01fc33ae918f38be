#include "spread/core/task_table.h"

#include <memory>

#include "spread/base/assert.h"

namespace spread {

RetryQueue::Kind RetryQueue::kind_of(const Task& task) {
  return {task.avoid,      task.crashes > 0,    task.alone,  task.apart,
          task.for_unused, is_subtask(task.id), task.singly, task.run};
}

std::optional<TaskIndex> RetryQueue::find(TaskId id) const {
  const auto found = all_.lower_bound({id, 0});
  if (found == all_.end() || found->first != id) return std::nullopt;
  return found->second;
}

std::vector<TaskIndex> RetryQueue::like(const Task& task, std::size_t most) const {
  std::vector<TaskIndex> found;
  const auto same = of_kind_.find(kind_of(task));
  if (same == of_kind_.end()) return found;
  for (const Entry& entry : same->second) {
    if (found.size() == most) break;
    found.emplace_back(entry.second);
  }
  return found;
}

void RetryQueue::insert(TaskIndex i, const Task& task) {
  const Entry entry{task.id, i};
  const Kind kind = kind_of(task);
  Entries& same = of_kind_[kind];
  if (same.empty() || entry < *same.begin()) {
    if (!same.empty()) fronts_.erase(*same.begin());
    fronts_.emplace(entry, kind);
  }
  same.insert(entry);
  all_.insert(entry);
  if (task.alone) ++alone_count_;
}

void RetryQueue::erase(TaskIndex i, const Task& task) {
  const Entry entry{task.id, i};
  const Kind kind = kind_of(task);
  const auto same = of_kind_.find(kind);
  SPREAD_ASSERT(same != of_kind_.end());
  const bool was_front = *same->second.begin() == entry;
  const std::size_t erased = same->second.erase(entry);
  SPREAD_ASSERT(erased == 1);
  if (was_front) {
    fronts_.erase(entry);
    if (same->second.empty()) {
      of_kind_.erase(same);
    } else {
      fronts_.emplace(*same->second.begin(), kind);
    }
  }
  all_.erase(entry);
  if (task.alone) --alone_count_;
}

inline TaskIndex TaskTable::new_entry() {
  if (free_.empty()) {
    tasks_.emplace_back();
    return static_cast<TaskIndex>(tasks_.size() - 1);
  }
  const TaskIndex i = free_.back();
  free_.pop_back();
  return i;
}

void TaskTable::push_new(TaskId id, Value&& payload) {
  const TaskIndex i = new_entry();
  Task& task = tasks_[i];
  task.id = id;
  task.attempts = 0;
  queued_bytes_ += payload.size();
  std::construct_at(&task.payload, std::move(payload));  // it is empty: nothing to be released
  fresh_.push_back(i);
}

std::optional<TaskIndex> TaskTable::take_fresh(TaskId id) {
  const auto gang = gangs_.lower_bound({id, 0});
  if (gang != gangs_.end() && gang->first == id) {
    const TaskIndex i = gang->second;
    if (tasks_[i].came_back) return std::nullopt;
    take_gang(i);
    return i;
  }
  // They came in order of id.
  std::size_t low = 0, high = fresh_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    tasks_[fresh_[middle]].id < id ? low = middle + 1 : high = middle;
  }
  if (low == fresh_.size() || tasks_[fresh_[low]].id != id) return take_unsent(id);
  const TaskIndex i = fresh_[low];
  fresh_.erase(low);
  queued_bytes_ -= tasks_[i].payload.size();
  ++in_flight_;
  tasks_[i].came_back = true;  // it does not come behind those in flight
  if (keeps_age_) add_by_age(i, true);
  return i;
}

void TaskTable::push_gang(TaskId id, Value&& payload, std::uint32_t size, RunId run) {
  const TaskIndex i = new_entry();
  Task& task = tasks_[i];
  task.id = id;
  task.size = size;
  task.run = run;
  queued_bytes_ += payload.size();
  task.payload = std::move(payload);
  gangs_.emplace(id, i);
}

void TaskTable::take_gang(TaskIndex i) {
  gangs_.erase({tasks_[i].id, i});
  tasks_[i].came_back = true;  // it is not plain
  queued_bytes_ -= tasks_[i].payload.size();
  ++in_flight_;
  if (keeps_age_) add_by_age(i, true);
}

/// One of several runs.
std::optional<TaskIndex> TaskTable::take_unsent(TaskId id) {
  const std::optional<TaskIndex> i = again_.find(id);
  if (!i || !tasks_[*i].unsent) return std::nullopt;
  take_again(*i);
  return i;
}

void TaskTable::push_shared(TaskId id, Value&& payload, RunId run) {
  const TaskIndex i = new_entry();
  Task& task = tasks_[i];
  task.id = id;
  task.run = run;
  task.unsent = true;
  task.came_back = true;  // it is not plain
  queued_bytes_ += payload.size();
  task.payload = std::move(payload);
  again_.insert(i, task);
}

void TaskTable::take_again(TaskIndex i) {
  again_.erase(i, tasks_[i]);
  tasks_[i].for_unused = tasks_[i].unsent = false;
  queued_bytes_ -= tasks_[i].payload.size();
  ++in_flight_;
  if (is_subtask(tasks_[i].id)) count_subtask(tasks_[i], false);
  if (keeps_age_) add_by_age(i, true);
}

void TaskTable::give_back(TaskIndex i) {
  SPREAD_ASSERT(in_flight_ > 0);
  --in_flight_;
  if (keeps_age_) remove_by_age(i);
  tasks_[i].came_back = true;
  if (is_subtask(tasks_[i].id)) count_subtask(tasks_[i], true);
  queued_bytes_ += tasks_[i].payload.size();
  if (tasks_[i].size > 0) {
    gangs_.emplace(tasks_[i].id, i);
  } else {
    again_.insert(i, tasks_[i]);
  }
}

void TaskTable::erase(TaskIndex i) {
  SPREAD_ASSERT(in_flight_ > 0);
  --in_flight_;
  if (keeps_age_) remove_by_age(i);
  if (is_subtask(tasks_[i].id)) --subtasks_in_flight_;
  tasks_[i] = Task{};
  free_.push_back(i);
}

TaskIndex TaskTable::add_place(TaskIndex task, GangId gang, std::uint32_t rank) {
  const TaskIndex i = new_entry();
  Task& place = tasks_[i];
  place.id = tasks_[task].id;
  place.came_back = true;  // it is not plain
  place.gang = gang;
  place.run = tasks_[task].run;
  place.rank = rank;
  ++places_;
  return i;
}

void TaskTable::erase_place(TaskIndex i) {
  SPREAD_ASSERT(places_ > 0);
  SPREAD_ASSERT(tasks_[i].gang != kNoGang || tasks_[i].dropped);
  --places_;
  tasks_[i] = Task{};
  free_.push_back(i);
}

/// From in flight to queued, or back.
void TaskTable::count_subtask(Task& task, bool queued) {
  task.queued = queued;
  subtasks_queued_ += queued ? 1 : SIZE_MAX;  // or one less
  subtasks_in_flight_ -= queued ? 1 : SIZE_MAX;
}

TaskIndex TaskTable::push_subtask(TaskId id, Value&& payload, TaskIndex parent) {
  const TaskIndex i = new_entry();
  Task& task = tasks_[i];
  task.id = id;
  task.parent = parent;
  task.depth = tasks_[parent].depth + 1;
  task.run = tasks_[parent].run;
  task.came_back = true;  // it is not plain
  task.queued = true;
  queued_bytes_ += payload.size();
  task.payload = std::move(payload);
  ++subtasks_queued_;
  again_.insert(i, task);
  return i;
}

void TaskTable::erase_queued(TaskIndex i) {
  take_again(i);
  erase(i);
}

void TaskTable::drop(TaskIndex i) {
  Task& task = tasks_[i];
  SPREAD_ASSERT(!task.dropped);
  task.dropped = true;
  if (task.gang != kNoGang) return;
  SPREAD_ASSERT(in_flight_ > 0 && is_subtask(task.id));
  --in_flight_;
  if (keeps_age_) remove_by_age(i);
  --subtasks_in_flight_;
  ++places_;
  task.parent = kNoParent;
}

void TaskTable::add_by_age(TaskIndex i, bool came_back) { by_age_.add(i, tasks_[i].id, came_back); }
void TaskTable::remove_by_age(TaskIndex i) { by_age_.remove(i, tasks_[i].id, tasks_[i].came_back); }

TaskIndex TaskTable::pop_queued() {
  SPREAD_ASSERT(queued() > 0);
  if (!gangs_.empty()) {
    const TaskIndex i = oldest_gang();
    take_gang(i);
    return i;
  }
  const bool only_subtasks = again_.size() == subtasks_queued_;
  if (!fresh_.empty() && only_subtasks) return take_fresh();
  const TaskIndex i = again_.oldest();
  take_again(i);
  return i;
}

}  // namespace spread
