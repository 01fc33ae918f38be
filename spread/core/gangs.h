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
  TaskIndex task = 0;
  TimePoint sent{};
  std::uint32_t unanswered = 0;   ///< places that workers still have
  std::vector<WorkerId> members;  ///< by rank; kNoWorker = it has answered
  std::vector<Slice> answers;     ///< by rank
  WorkerId root = kNoWorker;      ///< rank 0's, when that has answered
  bool first = false;             ///< as in DeliverTask, of any member
};

/// The gangs whose attempt is under way. Of one that has come to nothing only the places are left
/// that members still have, and these are dropped: see Task.
class Gangs {
 public:
  std::size_t size() const { return gangs_.size(); }
  GangId begin(TaskIndex task, const std::vector<WorkerId>& members, TimePoint now);
  Gang& operator[](GangId id) { return gangs_.at(id); }
  void end(GangId id) { gangs_.erase(id); }

 private:
  std::map<GangId, Gang> gangs_;
  std::uint64_t last_ = 0;
};

}  // namespace spread
