#include "spread/core/retry_queue.h"

#include "spread/base/assert.h"
#include "spread/core/task_table.h"

namespace spread {

RetryQueue::Kind RetryQueue::kind_of(const Task& task) {
  return {task.avoid, task.crashes > 0, task.alone, task.apart};
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

}  // namespace spread
