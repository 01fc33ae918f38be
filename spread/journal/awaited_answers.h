#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// Large results that have come, and of which it is not known yet where in the file of -o they will
/// be. They wait for that, but neither long nor with many bytes: then the journal takes them whole.
class AwaitedAnswers {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(1);
  static constexpr std::size_t kBytesMax = 4 * 1024 * 1024;

  /// Its value is shared, not copied.
  void add(const TaskResult& result, TimePoint now);
  /// Forgets it. False: it is not among them.
  bool take(TaskId task);
  /// The one that has waited longest, if that is too long, or if they are too many. It is
  /// forgotten.
  std::optional<TaskResult> overdue(TimePoint now);
  std::optional<TaskResult> first() { return overdue(kForever); }
  /// When overdue() may have one.
  TimePoint deadline() const;

 private:
  void skip_taken();

  std::map<std::uint64_t, TaskResult> waiting_;
  std::deque<std::pair<std::uint64_t, TimePoint>> came_;  ///< some are gone; not the first
  std::size_t bytes_ = 0;
};

}  // namespace spread
