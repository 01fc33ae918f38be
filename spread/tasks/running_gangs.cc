#include "spread/tasks/running_gangs.h"

#include <algorithm>

#include "spread/tasks/worker_slot.h"

namespace spread {
namespace {

/// "ValueError: no such cell".
std::string described(const wire::UpMessage& answer) {
  const wire::WorkerError error = wire::parse_error(answer.value);
  if (error.type.empty() || error.message.empty()) return error.type + error.message;
  return error.type + ": " + error.message;
}

}  // namespace

void RunningGangs::begin(WorkerSlot& member) {
  const GangPlace& place = member.place();
  Running& gang = gangs_[place.gang];
  if (!gang.collectives) {
    gang.collectives = std::make_unique<Collectives>(place.size, budget_, reply_bytes_max_);
    gang.members.resize(place.size);
  }
  gang.members[place.rank] = &member;
}

/// Its gang, if it still has a place in it.
RunningGangs::Place RunningGangs::find(const WorkerSlot& member) {
  if (member.place().gang == kNoGang) return gangs_.end();
  const Place gang = gangs_.find(member.place().gang);
  const bool left = gang == gangs_.end() || gang->second.members[member.place().rank] != &member;
  return left ? gangs_.end() : gang;
}

bool RunningGangs::ask(WorkerSlot& member, const wire::UpMessage& question) {
  const Place gang = find(member);
  if (gang == gangs_.end()) return false;
  Collectives::Replies replies;
  gang->second.collectives->ask(member.place().rank, question,
                                member.worker().share(question.value), replies);
  send(gang->second, replies);
  return true;
}

std::string RunningGangs::answered(WorkerSlot& member, const wire::UpMessage& answer) {
  const Place gang = find(member);
  if (gang == gangs_.end()) return {};
  const std::uint32_t rank = member.place().rank;
  Collectives& collectives = *gang->second.collectives;
  const bool ok = answer.kind == wire::UpKind::Ok, busy = answer.kind == wire::UpKind::Busy;
  std::string why = ok || busy ? collectives.failure() : std::string();
  if (busy && why.empty() && collectives.used()) {
    why = "it was busy after the members of its gang had begun to exchange values";
  }
  Collectives::Replies replies;
  if (ok) {
    collectives.answered(rank, replies);
  } else {
    collectives.failed(rank, !busy ? described(answer) : why.empty() ? "it is busy" : why, replies);
  }
  send(gang->second, replies);
  leave(gang, rank);
  return why;
}

void RunningGangs::broken(const GangBroken& broken) {
  const Place gang = gangs_.find(broken.gang);
  if (gang == gangs_.end()) return;
  const std::uint32_t rank = broken.rank == kNoRank ? latecomer(gang->second) : broken.rank;
  Collectives::Replies replies;
  gang->second.collectives->failed(rank, broken.reason, replies);
  send(gang->second, replies);
}

/// Of those that have not answered, one that does not only wait for the others.
std::uint32_t RunningGangs::latecomer(const Running& gang) {
  std::uint32_t found = 0;
  for (std::uint32_t rank = 0; rank < gang.members.size(); ++rank) {
    if (gang.members[rank] == nullptr) continue;
    found = rank;
    if (!gang.collectives->waits(rank)) break;
  }
  return found;
}

std::string RunningGangs::failure(GangId gang) const {
  const auto found = gangs_.find(gang);
  return found == gangs_.end() ? std::string() : found->second.collectives->failure();
}

void RunningGangs::gone(WorkerSlot& worker) {
  const Place gang = find(worker);
  if (gang != gangs_.end()) leave(gang, worker.place().rank);
}

void RunningGangs::leave(Place gang, std::uint32_t rank) {
  std::vector<WorkerSlot*>& members = gang->second.members;
  members[rank] = nullptr;
  const auto is_null = [](const WorkerSlot* each) { return each == nullptr; };
  if (std::all_of(members.begin(), members.end(), is_null)) gangs_.erase(gang);
}

void RunningGangs::send(Running& gang, const Collectives::Replies& replies) {
  for (const GangReply& reply : replies) {
    if (WorkerSlot* const to = gang.members[reply.rank]) to->reply(reply);
  }
}

}  // namespace spread
