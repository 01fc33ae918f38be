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

std::optional<TaskIndex> Families::find(TaskIndex parent, TaskId child) const {
  const auto family = children_.find(parent);
  if (family == children_.end()) return std::nullopt;
  const auto found = family->second.lower_bound({child, 0});
  if (found == family->second.end() || found->first != child) return std::nullopt;
  return found->second;
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
