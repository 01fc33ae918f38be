#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spread/api/task.h"

namespace spread {

/// When a worker is free, and how long a task takes there. Seconds from now.
struct Capacity {
  WorkerId worker{};
  double free_at = 0;
  double seconds = 0;
  std::uint32_t count = 1;  ///< so many are like this; more than one: nothing in flight
  std::uint32_t key = 0;
};

/// The tail rule (docs/scheduling.md, "The tail"): near the end of the queue a slow worker is left
/// idle if the others would have done all queued tasks by the time at which it would have done its
/// next one, with more than the deviation of task times to spare. For tasks of equal length that
/// is optimal: the worker that takes a task is the one that would finish it first.
class Tail {
 public:
  void clear();
  void add(const Capacity& worker) { workers_.push_back(worker); }
  bool empty() const { return workers_.empty(); }

  /// `own`: the worker in question, which may be among the workers added. `unevenness`: the spread
  /// of task times relative to a task.
  bool better_left_idle(const Capacity& own, std::size_t queued, double unevenness) const;
  /// A task was given to `worker`, or to one of those of `key` that have nothing in flight: it is
  /// free that much later.
  void took(WorkerId worker, std::uint32_t key = 0);

 private:
  std::vector<Capacity> workers_;
};

}  // namespace spread
