#include "spread/core/task_table.h"

#include <algorithm>
#include <memory>

#include "spread/base/assert.h"

namespace spread {

void TaskTable::push_new(TaskId id, Value&& payload) {
  TaskIndex i;
  if (free_.empty()) {
    i = static_cast<TaskIndex>(tasks_.size());
    tasks_.emplace_back();
  } else {
    i = free_.back();
    free_.pop_back();
  }
  Task& task = tasks_[i];
  task.id = id;
  task.attempts = 0;
  queued_bytes_ += payload.size();
  std::construct_at(&task.payload, std::move(payload));  // it is empty: nothing to be released
  fresh_.push_back(i);
}

void TaskTable::take_again(TaskIndex i) {
  const auto place = std::find(again_.rbegin(), again_.rend(), i);
  SPREAD_ASSERT(place != again_.rend());
  again_.erase(std::next(place).base());
  if (tasks_[i].alone) --alone_count_;
  queued_bytes_ -= tasks_[i].payload.size();
  ++in_flight_;
}

void TaskTable::give_back(TaskIndex i) {
  SPREAD_ASSERT(in_flight_ > 0);
  --in_flight_;
  tasks_[i].came_back = true;
  queued_bytes_ += tasks_[i].payload.size();
  const auto place =
      std::lower_bound(again_.begin(), again_.end(), i,
                       [&](TaskIndex a, TaskIndex b) { return tasks_[a].id > tasks_[b].id; });
  again_.insert(place, i);
  if (tasks_[i].alone) ++alone_count_;
}

void TaskTable::erase(TaskIndex i) {
  SPREAD_ASSERT(in_flight_ > 0);
  --in_flight_;
  tasks_[i] = Task{};
  free_.push_back(i);
}

TaskIndex TaskTable::pop_queued() {
  SPREAD_ASSERT(queued() > 0);
  if (again_.empty()) return take_fresh();
  const TaskIndex i = again_.back();
  take_again(i);
  return i;
}

}  // namespace spread
