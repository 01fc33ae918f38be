// Where a task goes: the rule for slow workers near the end of the queue (Tail), and what is asked
// of the pool and the queue before a task is given out (Placement).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "spread/api/task.h"
#include "spread/core/performance.h"
#include "spread/core/scheduler_options.h"
#include "spread/core/slot_pool.h"
#include "spread/core/task_table.h"

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

/// Where tasks can go: which slots are preferred, how many tasks a worker has room for, whether one
/// is better left idle at the end of the queue, and whether so many workers are free at once
/// (docs/scheduling.md, sections 3 to 5). It answers questions about the pool and the queue and
/// changes neither, but for the pool's order of preference; which task goes there, and whether any
/// may, is the Scheduler's.
class Placement {
 public:
  /// The pool and the tasks outlive this.
  Placement(const SchedulerOptions& options, SlotPool& pool, const TaskTable& tasks);

  // ---- speed

  /// A batch of `count` answers of workers of this key that took `seconds` each.
  void answered(KeyRecord& key, double seconds, std::uint32_t count, bool first_of_process);
  /// There are more slots: they are ranked at the next decision.
  void slots_added() { new_slots_ = true; }

  // ---- of one decision

  /// Ranks the slots anew if that is due, and forgets what the last decision knew of capacities.
  void begin_decision(TimePoint now) {
    if (new_slots_ || now >= next_ranking_) rank(now);
    tail_known_ = someone_left_idle_ = false;
  }
  /// A task was sent there.
  void took(const Slot& slot) {
    if (tail_known_) tail_.took(slot.id, slot.key);
  }
  /// A worker is being started there.
  void starts(const Slot& slot, TimePoint now) {
    if (tail_known_) tail_.add(capacity(slot, now));
  }

  // ---- room

  /// From now on every worker has room for one: there are sub-tasks, and nothing may be sent behind
  /// a task that may wait for some.
  void set_one_at_a_time() { one_at_a_time_ = true; }
  /// How many tasks may be in flight there.
  std::size_t room_of(const Slot& worker) const {
    // After a launch that failed with tasks in the pipe one task alone is to show that it works;
    // but of one that holds its answers back one task shows nothing.
    if (pool_.failed_starts(worker) > 0 && !holds_answers_) return 1;
    const std::size_t live = std::max<std::size_t>(1, pool_.count(Group::Occupied));
    const std::size_t most =
        one_at_a_time_ ? 1
                       : worker.window.size(tasks_.queued() > kLongQueue * live, worker.parallel);
    return std::min<std::size_t>(most, worker.in_flight().size() + worker.left());
  }
  bool bytes_are_full(const Slot& worker) const;
  bool has_room(const Slot& worker) const {
    return worker.in_flight().size() < room_of(worker) && !bytes_are_full(worker);
  }
  /// So many workers that have nothing to do, in the order of preference; nothing if there are
  /// fewer. Nothing is sent to any, so one who needs several at the same time never holds some
  /// while it waits for the rest. A refusal is O(1).
  std::optional<std::vector<WorkerId>> idle_together(std::size_t count) const;

  // ---- the tail rule, once the end of the input has been seen

  /// Whether the slot is better left idle, since the others would have done all queued tasks before
  /// it would be done with one.
  bool left_idle(const Slot& slot, TimePoint now);
  /// Whether the rule leaves the slots that come behind this one in the order of preference idle,
  /// too, now that it does so with this one.
  bool rest_is_left_idle(const Slot& slot, TimePoint now) const;
  /// It has left one idle in this decision, which is looked at again soon.
  bool someone_left_idle() const { return someone_left_idle_; }

 private:
  // "The queue is long": each live worker could be given so many tasks.
  static constexpr std::size_t kLongQueue = 8;

  void rank(TimePoint now);
  Duration ranking_pause() const;
  Capacity capacity(const Slot& slot, TimePoint now) const;
  void look_at_capacities(TimePoint now);

  SlotPool& pool_;
  const TaskTable& tasks_;
  bool holds_answers_;
  bool one_at_a_time_ = false;
  std::size_t window_bytes_;
  Performance performance_;

  bool new_slots_ = false;
  TimePoint ranked_at_{};
  TimePoint next_ranking_ = kForever;
  std::vector<double> ranked_seconds_;  ///< of the keys, at the last ranking
  double slowest_ratio_ = 1;            ///< of the slowest slot to the fastest, at the last ranking

  // Of one decision
  Tail tail_;
  bool tail_known_ = false;
  bool someone_left_idle_ = false;
};

}  // namespace spread
