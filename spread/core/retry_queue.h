#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "spread/api/task.h"

namespace spread {

struct Task;
/// Index of a Task in the table; reused after erase().
using TaskIndex = std::uint32_t;

/// The tasks that are to be sent again, oldest first. Tasks of one kind may go to the same workers,
/// so that a worker which may take none of a thousand that failed there looks at one of them. A
/// task's kind must not change while it is here.
class RetryQueue {
 public:
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  TaskIndex oldest() const { return all_.begin()->second; }
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
    auto operator<=>(const Kind&) const = default;
  };
  static Kind kind_of(const Task& task);

  // Trees, since few tasks fail; but where all do, an insertion into a row would move all of it.
  Entries all_;
  std::map<Kind, Entries> of_kind_;  ///< none is empty
  std::map<Entry, Kind> fronts_;     ///< the oldest of each kind
  std::size_t alone_count_ = 0;
};

}  // namespace spread
