#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "spread/core/retry_queue.h"

namespace spread {

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

}  // namespace spread
