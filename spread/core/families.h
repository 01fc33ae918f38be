// Sub-tasks that running tasks have submitted (docs/scheduling.md, "Sub-tasks"): whose they are.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "spread/core/task_table.h"

namespace spread {

/// The sub-tasks without a final outcome of each task that has submitted some, until its attempt
/// ends. Of a task that is itself a sub-task likewise.
class Families {
 public:
  bool empty() const { return children_.empty(); }
  bool has(TaskIndex parent) const { return children_.contains(parent); }
  void add(TaskIndex parent, TaskIndex child, TaskId id) { children_[parent].insert({id, child}); }
  /// It is final.
  void remove(TaskIndex parent, TaskIndex child, TaskId id);
  using Children = std::set<std::pair<TaskId, TaskIndex>>;
  /// All of them, in the order in which they were submitted; there is no family any more.
  Children take(TaskIndex parent);
  std::optional<TaskIndex> find(TaskIndex parent, TaskId child) const;
  /// The oldest queued descendant of a task.
  std::optional<TaskIndex> queued_descendant(TaskIndex parent, const TaskTable& tasks) const;

 private:
  std::map<TaskIndex, Children> children_;
};

}  // namespace spread
