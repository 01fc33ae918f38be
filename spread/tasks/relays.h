// Relays that are found among the workers of `run`, and the workers behind them (docs/relay.md).
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/engine/engine.h"
#include "spread/launch/launch_plan.h"
#include "spread/workers/relay_connection.h"

namespace spread {

class WorkerMode;
class WorkerSlot;

/// A process for a worker, or for a relay, in this slot. An Error says why there is none.
Result<std::unique_ptr<Channel>> start_process(Engine& engine, WorkerMode& mode, WorkerId slot,
                                               const LaunchPlan& plan);

/// The connections to relays. A slot whose process has turned out to be one is behind it from then
/// on, with as many more as the relay has workers. When a relay is lost, the next worker that is
/// wanted behind it starts it again.
class Relays final : private RelayOwner {
 public:
  Relays(Engine& engine, WorkerMode& mode) : engine_(engine), mode_(mode) {}

  /// The worker that was started in this slot is one.
  void found(WorkerId slot, const wire::Hello& hello, std::unique_ptr<Channel> channel,
             const Slice& rest);
  bool any() const { return !groups_.empty(); }
  bool behind_one(WorkerId slot) const { return group_of(slot) != nullptr; }
  /// A channel to a new worker of the slot, which is behind one.
  Result<std::unique_ptr<Channel>> open(WorkerSlot& slot, const LaunchPlan& plan);
  /// The slot has no worker any more, or is no slot.
  void left(WorkerSlot& slot);

  /// Sends what has gathered in this turn.
  void flush();
  /// At the start of a turn.
  void free_ended() {
    if (!ended_.empty()) ended_.clear();
  }
  /// All workers have ended: so do the relays, or are ended.
  void close();
  /// None is there any more.
  bool all_ended() const;

 private:
  struct Group {
    std::vector<WorkerId> slots;  ///< by the relay's number
    std::unique_ptr<RelayConnection> connection;
    std::set<WorkerSlot*> users;  ///< whose workers are behind it, former ones of a slot, too
    std::string last_words;
    bool closing = false;
  };

  Group* group_of(WorkerId slot) const;
  Status connect(Group& group);
  void too_late();
  Group& group_of(const RelayConnection& connection);
  void expect_beats(Group& group);

  void on_relay_errors(RelayConnection& from, std::string_view text) override;
  void on_relay_worker(RelayConnection& from, std::uint32_t k, std::string_view host) override;
  void on_relay_ended(RelayConnection& which, const ChannelEnd& end, bool clean,
                      std::string problem) override;

  Engine& engine_;
  WorkerMode& mode_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<Group*> of_slot_;  ///< by WorkerId; may be shorter
  std::vector<std::unique_ptr<RelayConnection>> ended_;
  Timer overdue_{engine_.loop(), [this] { too_late(); }};  ///< of those that are to end
};

}  // namespace spread
