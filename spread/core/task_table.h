#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/assert.h"
#include "spread/base/ring.h"
#include "spread/core/flight_order.h"
#include "spread/core/retry_queue.h"

namespace spread {

/// A task that has no final outcome yet.
struct Task {
  TaskId id{};
  Value payload;
  std::uint32_t attempts = 0;  ///< dispatches that count (refused ones do not)
  std::uint32_t failures = 0;  ///< errors and time-outs
  std::uint32_t crashes = 0;
  /// The worker where it went wrong last: another one gets it first, if there is one.
  WorkerId avoid = kNoWorker;
  WorkerId holder = kNoWorker;  ///< while it is in flight, who has it
  /// It was unanswered when a worker died: it runs alone in its worker, so that the next death
  /// tells whether it was this task.
  bool alone = false;
  /// It was under way in a connection that was lost with several workers at work.
  bool lost_before = false;
  /// ... for the second time: no two such tasks are under way in one connection, so that the next
  /// loss tells.
  bool apart = false;
  bool last_try = false;                   ///< see LastTry
  bool came_back = false;                  ///< it has been in flight and was queued again
  std::optional<TimePoint> refused_since;  ///< first refusal, while nothing else ever happened

  /// Nothing has happened to it: it differs from a new one in what push_new() and a send set.
  bool is_plain() const { return !came_back && !last_try; }
};

/// All tasks without a final outcome: never sent (a queue in order of id), to be sent again
/// (lowest id first), or in flight (their indices are held by the workers).
class TaskTable {
 public:
  /// `keeps_age`: oldest_in_flight() is asked for. It is paid for with each task.
  explicit TaskTable(bool keeps_age = false) : keeps_age_(keeps_age) {}

  Task& operator[](TaskIndex i) { return tasks_[i]; }
  const Task& operator[](TaskIndex i) const { return tasks_[i]; }

  void push_new(TaskId id, Value&& payload);
  std::size_t fresh_count() const { return fresh_.size(); }
  std::size_t again_count() const { return again_.size(); }
  std::size_t queued() const { return fresh_.size() + again_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  bool empty() const { return queued() == 0 && in_flight_ == 0; }
  std::size_t queued_bytes() const { return queued_bytes_; }

  TaskIndex fresh_front() const { return fresh_.front(); }
  /// Those to be sent again.
  const RetryQueue& again() const { return again_; }
  TaskIndex take_fresh() {
    const TaskIndex i = fresh_.front();
    fresh_.pop_front();
    queued_bytes_ -= tasks_[i].payload.size();
    ++in_flight_;
    if (keeps_age_) add_by_age(i, false);
    return i;
  }
  void take_again(TaskIndex i);
  /// A task in flight goes back to the queue.
  void give_back(TaskIndex i);
  /// A task in flight is final.
  void erase(TaskIndex i);
  /// The same of one with is_plain() whose payload has been moved out.
  void erase_plain(TaskIndex i) {
    SPREAD_ASSERT(in_flight_ > 0);
    --in_flight_;
    if (keeps_age_) remove_by_age(i);
    free_.push_back(i);
  }
  /// Of those in flight, whether or not older ones are queued.
  std::optional<TaskIndex> oldest_in_flight() const {
    SPREAD_ASSERT(keeps_age_);
    return by_age_.oldest();
  }
  /// Any queued task, oldest first, made final: for the end of a run.
  TaskIndex pop_queued();

  /// For check_invariants(): the number of live entries.
  std::size_t live() const { return tasks_.size() - free_.size(); }

 private:
  // Not inline: the functions of every task are.
  void add_by_age(TaskIndex i, bool came_back);
  void remove_by_age(TaskIndex i);

  std::vector<Task> tasks_;
  std::vector<TaskIndex> free_;
  Ring<TaskIndex> fresh_;
  RetryQueue again_;
  bool keeps_age_;
  FlightOrder by_age_;
  std::size_t in_flight_ = 0;
  std::size_t queued_bytes_ = 0;
};

}  // namespace spread
