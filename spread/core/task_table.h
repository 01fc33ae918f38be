// The tasks that have no final outcome yet: those that are to be sent again, those in flight by
// age, and all of them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/assert.h"
#include "spread/base/ring.h"
#include "spread/core/event.h"

namespace spread {

struct Task;
/// Index of a Task in the table; reused after erase().
using TaskIndex = std::uint32_t;
inline constexpr TaskIndex kNoParent = UINT32_MAX;
inline constexpr TaskIndex kNoTask = UINT32_MAX;

/// The tasks that are to be sent again, oldest first. Tasks of one kind may go to the same workers,
/// so that a worker which may take none of a thousand that failed there looks at one of them. A
/// task's kind must not change while it is here.
class RetryQueue {
 public:
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  TaskIndex oldest() const { return all_.begin()->second; }
  std::optional<TaskIndex> find(TaskId id) const;
  /// How many of them run alone.
  std::size_t alone_count() const { return alone_count_; }

  void insert(TaskIndex i, const Task& task);
  void erase(TaskIndex i, const Task& task);

  /// The oldest task of each kind, the oldest of these first, until `f` returns false.
  template <typename F>
  void each_kind(F&& f) const {
    for (const auto& [oldest, kind] : fronts_) {
      if (!f(oldest.second)) return;
    }
  }
  /// Up to `most` tasks of the kind of this one, which is not here any more; oldest first.
  std::vector<TaskIndex> like(const Task& task, std::size_t most) const;
  /// Oldest first.
  template <typename F>
  void each(F&& f) const {
    for (const Entry& entry : all_) f(entry.second);
  }

 private:
  using Entry = std::pair<TaskId, TaskIndex>;
  using Entries = std::set<Entry>;
  /// What decides who may take a task.
  struct Kind {
    WorkerId avoid{};
    bool has_crashed = false;
    bool alone = false;
    bool apart = false;
    bool for_unused = false;
    bool subtask = false;
    bool singly = false;
    RunId run{};
    auto operator<=>(const Kind&) const = default;
  };
  static Kind kind_of(const Task& task);

  // Trees, since few tasks fail; but where all do, an insertion into a row would move all of it.
  Entries all_;
  std::map<Kind, Entries> of_kind_;  ///< none is empty
  std::map<Entry, Kind> fronts_;     ///< the oldest of each kind
  std::size_t alone_count_ = 0;
};

/// The tasks in flight by age, so that the oldest is found without looking at the others. Tasks are
/// sent for the first time in order of id, so these are a list that only grows at its end; those
/// that came back are few, and in a tree.
class FlightOrder {
 public:
  /// Of these calls, both of a task say the same `came_back`.
  void add(TaskIndex i, TaskId id, bool came_back) {
    if (came_back) {
      again_.insert({id, i});
    } else {
      append(i, id);
    }
  }
  void remove(TaskIndex i, TaskId id, bool came_back) {
    if (came_back) {
      again_.erase({id, i});
    } else {
      unlink(i);
    }
  }
  std::optional<TaskIndex> oldest() const {
    const std::uint32_t first = links_[0].after;
    if (first == 0 && again_.empty()) return std::nullopt;
    if (again_.empty()) return first - 1;
    if (first == 0 || again_.begin()->first < links_[first].id) return again_.begin()->second;
    return first - 1;
  }

 private:
  /// Of the task with the index before its own; the first one is the list's two ends.
  struct Link {
    std::uint32_t before = 0, after = 0;
    TaskId id{};
  };

  void append(TaskIndex i, TaskId id) {
    const std::uint32_t own = i + 1, last = links_[0].before;
    if (own >= links_.size()) links_.resize(own + 1);
    links_[own] = {last, 0, id};
    links_[last].after = links_[0].before = own;
  }
  void unlink(TaskIndex i) {
    const Link own = links_[i + 1];
    links_[own.before].after = own.after;
    links_[own.after].before = own.before;
  }

  std::vector<Link> links_{1};
  std::set<std::pair<TaskId, TaskIndex>> again_;
};

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
  /// It was what a retired worker was at: the next to have it is one that was given nothing before.
  bool for_unused = false;
  /// It is no task, but one worker's place in a gang: see TaskTable::add_place().
  GangId gang = kNoGang;
  RunId run = kNoRun;   ///< that of its parent, of a sub-task
  bool unsent = false;  ///< of one of several runs: it has never been sent
  std::uint32_t rank = 0;
  std::uint32_t size = 0;  ///< it is for a gang of so many, of its own: see TaskArrived
  /// Of a sub-task: what has submitted it. It is dropped with that.
  TaskIndex parent = kNoParent;
  std::uint32_t depth = 0;  ///< so many tasks are above it
  bool queued = false;      ///< of a sub-task: it is to be sent
  /// What comes of it is of no concern any more: it only occupies its worker.
  bool dropped = false;
  std::uint32_t taken_along = 0;  ///< how often a sub-task that ran inside of it ended its worker
  std::uint32_t retirements = 0;  ///< of workers that had it first and answered nothing
  bool last_try = false;          ///< see LastTry
  /// Of what is in flight as a list: the next one in it, and, of its first one, how many these are.
  TaskIndex next = kNoTask;
  std::uint32_t behind = 0;
  bool singly = false;     ///< it, or a list with it, has failed: its list has no other
  bool came_back = false;  ///< it has been in flight and was queued again
  std::optional<TimePoint> refused_since;  ///< first refusal, while nothing else ever happened

  /// One worker is as good as another: that it is left to a faster one is no loss.
  bool any_worker() const { return avoid == kNoWorker && !for_unused && !is_subtask(id); }
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
  /// One of several runs, which workers take in no order that is known beforehand: it waits among
  /// those to be sent again.
  void push_shared(TaskId id, Value&& payload, RunId run);
  std::size_t fresh_count() const { return fresh_.size(); }
  std::size_t again_count() const { return again_.size(); }
  std::size_t queued() const { return fresh_.size() + again_.size() + gangs_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  bool empty() const { return queued() == 0 && in_flight_ == 0; }
  std::size_t queued_bytes() const { return queued_bytes_; }

  TaskIndex fresh_front() const { return fresh_.front(); }
  /// Those to be sent again.
  const RetryQueue& again() const { return again_; }
  [[gnu::always_inline]] TaskIndex take_fresh() {
    const TaskIndex i = fresh_.front();
    fresh_.pop_front();
    queued_bytes_ -= tasks_[i].payload.size();
    ++in_flight_;
    if (keeps_age_) add_by_age(i, false);
    return i;
  }
  /// The same of this one, if it has never been sent and waits.
  std::optional<TaskIndex> take_fresh(TaskId id);
  void take_again(TaskIndex i);
  /// One for a gang of its own. Those wait apart from all others, new and to be sent again.
  void push_gang(TaskId id, Value&& payload, std::uint32_t size, RunId run = kNoRun);
  std::size_t gangs_queued() const { return gangs_.size(); }
  TaskIndex oldest_gang() const { return gangs_.begin()->second; }
  void take_gang(TaskIndex i);
  /// A gang waits, and no new task of another kind is older.
  bool gang_is_next() const {
    return !gangs_.empty() && (fresh_.empty() || gangs_.begin()->first < tasks_[fresh_.front()].id);
  }
  template <typename F>
  void each_gang(F&& f) const {
    for (const auto& [id, i] : gangs_) f(i);
  }
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
  /// A place of a gang that has this task: an entry with the task's id, for what is in flight at
  /// one worker. It counts as no task.
  TaskIndex add_place(TaskIndex task, GangId gang, std::uint32_t rank);
  void erase_place(TaskIndex i);
  /// A sub-task, to be sent before all new tasks.
  TaskIndex push_subtask(TaskId id, Value&& payload, TaskIndex parent);
  /// A queued sub-task is no more.
  void erase_queued(TaskIndex i);
  /// A place, or a sub-task in flight, which counts as no task from now on, is of no concern any
  /// more: see Task::dropped.
  void drop(TaskIndex i);
  std::size_t subtasks_queued() const { return subtasks_queued_; }
  std::size_t subtasks_in_flight() const { return subtasks_in_flight_; }
  std::size_t places() const { return places_; }

  /// Of those in flight, whether or not older ones are queued.
  std::optional<TaskIndex> oldest_in_flight() const {
    SPREAD_ASSERT(keeps_age_);
    return by_age_.oldest();
  }
  /// A queued task, sub-tasks last, made final: for the end of a run.
  TaskIndex pop_queued();

  /// For check_invariants(): the number of live entries.
  std::size_t live() const { return tasks_.size() - free_.size(); }

 private:
  TaskIndex new_entry();
  std::optional<TaskIndex> take_unsent(TaskId id);
  void count_subtask(Task& task, bool queued);
  // Not inline: the functions of every task are.
  void add_by_age(TaskIndex i, bool came_back);
  void remove_by_age(TaskIndex i);

  std::vector<Task> tasks_;
  std::vector<TaskIndex> free_;
  Ring<TaskIndex> fresh_;
  RetryQueue again_;
  std::set<std::pair<TaskId, TaskIndex>> gangs_;
  bool keeps_age_;
  FlightOrder by_age_;
  std::size_t in_flight_ = 0;
  std::size_t places_ = 0;
  std::size_t subtasks_queued_ = 0, subtasks_in_flight_ = 0;
  std::size_t queued_bytes_ = 0;
};

}  // namespace spread
