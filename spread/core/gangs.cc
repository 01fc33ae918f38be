#include "spread/core/gangs.h"

#include "spread/base/assert.h"

namespace spread {

GangId Gangs::begin(TaskIndex task, const std::vector<WorkerId>& members, TimePoint now) {
  const GangId id{++last_};
  Gang& gang = gangs_[id];
  gang.task = task;
  gang.sent = now;
  gang.unanswered = static_cast<std::uint32_t>(members.size());
  gang.members = members;
  gang.answers.resize(members.size());
  ++unbroken_;
  return id;
}

void Gangs::leave(GangId id, std::uint32_t rank) {
  Gang& gang = gangs_.at(id);
  SPREAD_ASSERT(gang.unanswered > 0);
  gang.members[rank] = kNoWorker;
  if (--gang.unanswered == 0 && gang.broken) gangs_.erase(id);
}

void Gangs::break_up(GangId id, TimePoint end_by) {
  Gang& gang = gangs_.at(id);
  SPREAD_ASSERT(!gang.broken);
  gang.broken = true;
  gang.end_by = end_by;
  gang.answers.clear();
  --unbroken_;
  if (gang.unanswered == 0) gangs_.erase(id);
}

void Gangs::end(GangId id) {
  SPREAD_ASSERT(gangs_.at(id).unanswered == 0);
  gangs_.erase(id);
  --unbroken_;
}

}  // namespace spread
