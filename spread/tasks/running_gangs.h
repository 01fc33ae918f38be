#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "spread/core/event.h"
#include "spread/gang/collectives.h"
#include "spread/wire/codec.h"

namespace spread {

class WorkerSlot;

/// The gangs under way: which worker has which place, and what they say to each other. A gang that
/// has failed stays until all of its members have answered, or are gone: each question that they
/// still ask has its reply.
class RunningGangs {
 public:
  /// `reply_bytes_max`: of one reply; --max-frame.
  explicit RunningGangs(std::size_t reply_bytes_max) : reply_bytes_max_(reply_bytes_max) {}

  /// Each member, by rank, as it is sent the task; it has its place already.
  void begin(WorkerSlot& member);
  /// One of gang_op_named()'s questions. False: the worker is no member of a gang.
  bool ask(WorkerSlot& member, const wire::UpMessage& question);
  /// A member has answered its task, if `member` is one, and is one no more. What is returned,
  /// unless it is empty, is why it counts as failed: its gang has failed without it, or it is busy
  /// after the members have begun to exchange values.
  std::string answered(WorkerSlot& member, const wire::UpMessage& answer);
  /// The Scheduler says so.
  void broken(const GangBroken& broken);
  /// Why this gang has failed, in the words that its members are refused with; empty if all of them
  /// have answered since.
  std::string failure(GangId gang) const;
  /// The worker has ended.
  void gone(WorkerSlot& worker);

 private:
  struct Running {
    std::unique_ptr<Collectives> collectives;
    std::vector<WorkerSlot*> members;  ///< by rank; null = it has answered, or is gone
  };
  using Place = std::map<GangId, Running>::iterator;
  Place find(const WorkerSlot& member);
  void leave(Place gang, std::uint32_t rank);
  static std::uint32_t latecomer(const Running& gang);
  static void send(Running& gang, const Collectives::Replies& replies);

  std::size_t reply_bytes_max_;
  CollectiveBudget budget_;  // outlives the gangs
  std::map<GangId, Running> gangs_;
};

}  // namespace spread
