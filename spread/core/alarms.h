#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// When each slot has to be looked at next, although nothing happened to it: a pause, a rest, a
/// time-out, a login that should be over. One alarm per slot: an earlier time replaces a later one,
/// a later one is ignored. So an alarm may ring too early, never too late; the
/// scheduler then looks at the clock and sets the next one. So a time-out costs nothing per task.
class Alarms {
 public:
  /// Stale alarms beside one for each slot.
  static constexpr std::size_t kStaleMax = 64;

  void set(WorkerId worker, TimePoint at);
  /// A worker whose alarm is due; its alarm is off then.
  std::optional<WorkerId> take_due(TimePoint now);
  /// What it remembers: the alarms, and stale ones, of which there are at most as many and a few.
  std::size_t size() const { return heap_.size(); }
  /// kForever if no alarm is set.
  TimePoint next() const { return heap_.empty() ? kForever : heap_.front().at; }

 private:
  struct Entry {
    TimePoint at;
    WorkerId worker{};
  };
  static bool later(const Entry& a, const Entry& b) { return a.at > b.at; }
  void pop();
  void drop_stale();
  bool stale(const Entry& entry) const { return at_[number(entry.worker)] != entry.at; }

  std::vector<Entry> heap_;    ///< stale entries are dropped in front, or when there are too many
  std::vector<TimePoint> at_;  ///< by slot
};

}  // namespace spread
