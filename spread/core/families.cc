#include "spread/core/families.h"

namespace spread {

void Families::remove(TaskIndex parent, TaskIndex child, TaskId id) {
  const auto family = children_.find(parent);
  if (family != children_.end()) family->second.erase({id, child});
}

Families::Children Families::take(TaskIndex parent) {
  const auto family = children_.find(parent);
  if (family == children_.end()) return {};
  Children children = std::move(family->second);
  children_.erase(family);
  return children;
}

std::optional<TaskIndex> Families::queued_descendant(TaskIndex parent,
                                                     const TaskTable& tasks) const {
  const auto family = children_.find(parent);
  if (family == children_.end()) return std::nullopt;
  for (const auto& [id, child] : family->second) {
    if (tasks[child].queued) return child;
  }
  for (const auto& [id, child] : family->second) {
    if (const auto found = queued_descendant(child, tasks)) return found;
  }
  return std::nullopt;
}

}  // namespace spread
