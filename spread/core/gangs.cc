#include "spread/core/gangs.h"

namespace spread {

GangId Gangs::begin(TaskIndex task, const std::vector<WorkerId>& members, TimePoint now) {
  const GangId id{++last_};
  Gang& gang = gangs_[id];
  gang.task = task;
  gang.sent = now;
  gang.unanswered = static_cast<std::uint32_t>(members.size());
  gang.members = members;
  gang.answers.resize(members.size());
  return id;
}

}  // namespace spread
