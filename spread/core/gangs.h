// Tasks that several workers have at the same time (docs/scheduling.md, "Gangs"): who has which
// place, and what has been answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "spread/core/event.h"
#include "spread/core/task_table.h"

namespace spread {

/// One attempt of a task by several workers at once. Each holds one of its places, which is an
/// entry of its own in the TaskTable and in flight at that worker; the task is in flight at none.
struct Gang {
  TaskIndex task = 0;  ///< valid unless `broken`
  /// The attempt has come to nothing; members that have not answered are to do so before long.
  bool broken = false;
  TimePoint end_by = kForever;  ///< ... until then, if it is broken
  TimePoint sent{};
  std::uint32_t unanswered = 0;   ///< places that workers still have
  std::vector<WorkerId> members;  ///< by rank; kNoWorker = it has answered, or is gone
  std::vector<Slice> answers;     ///< by rank
  WorkerId root = kNoWorker;      ///< rank 0's, when that has answered
  bool first = false;             ///< as in DeliverTask, of any member
};

/// The gangs that have places at workers. Each has as many as it was begun with until its members
/// have answered or are gone, also when it is broken: so none of them is given something else
/// before.
class Gangs {
 public:
  bool empty() const { return gangs_.empty(); }
  /// Those whose attempt is under way.
  std::size_t unbroken() const { return unbroken_; }

  GangId begin(TaskIndex task, const std::vector<WorkerId>& members, TimePoint now);
  Gang& operator[](GangId id) { return gangs_.at(id); }
  const Gang& operator[](GangId id) const { return gangs_.at(id); }
  /// This member has answered, or is gone. The last one ends the gang, unless it is a success that
  /// is to be delivered first: see end().
  void leave(GangId id, std::uint32_t rank);
  void break_up(GangId id, TimePoint end_by);
  /// All have answered, and the task has its outcome.
  void end(GangId id);

 private:
  std::map<GangId, Gang> gangs_;
  std::uint64_t last_ = 0;
  std::size_t unbroken_ = 0;
};

}  // namespace spread
