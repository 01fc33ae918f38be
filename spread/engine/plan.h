#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/numbers.h"
#include "spread/launch/launcher.h"
#include "spread/launch/roster.h"

namespace spread {

/// What a Plan is made from.
struct PlanOptions {
  HostOptions hosts;
  WorkerLists lists;
  CommandOptions command;
  ProcessLimits limits;  ///< of workers; jobs have theirs put before them one by one
  /// `-j 0`, in the FILE of -j FILE, too: workers are not started without a limit.
  bool may_be_unlimited = false;
  std::vector<PrepItem> prep;
  std::vector<Value> first_prep;  ///< in front of these
  RecordOptions records;          ///< the form of files with prep items
  Wire wire = Wire::Msgpack;
  PickleOptions pickle;
  std::size_t max_frame = kFrameBytesDefault;
  Duration kill_grace = EndOptions().kill_grace;
};

/// What is known before anything is started: who may work, and what every worker is told first.
struct Plan {
  Roster roster;
  LaunchContext context;
  std::vector<Value> prep;
  /// The same as the workers are sent it, encoded once: all their queues share these bytes.
  std::vector<Slice> encoded_prep;
  bool prep_has_null_for_number = false;  ///< a NaN or an infinity went out as null
  /// By WorkerId: how messages and reports call the worker's host. Grows with the roster.
  std::vector<std::string> host_names;

  std::uint32_t workers() const { return static_cast<std::uint32_t>(roster.slots.size()); }
  /// The worker runs on this machine, and is no launcher's.
  bool is_local(WorkerId worker) const;
  /// What to exec for a worker that is `command`, or as the roster has it.
  LaunchPlan launch(const CommandOptions& started, WorkerId worker,
                    std::optional<std::uint32_t> generation = std::nullopt) const;
  /// The same for a worker that speaks the protocol.
  LaunchPlan launch(WorkerId worker, std::uint32_t generation = 0) const {
    return launch(command, worker, generation);
  }
  /// The same for a worker of a relay, of which its master says so much.
  LaunchPlan launch(WorkerId worker,
                    std::vector<std::pair<std::string, std::string>> instead) const;
  /// The worker is reached by logging in (ssh).
  bool by_login(WorkerId worker) const;
  /// The words of the worker look like those of a relay, or of what leads to one: its hello is
  /// worth waiting for, since it says how many slots there are.
  bool names_relay(WorkerId worker) const;
  /// The same number for slots with the same host and argument list (SlotAdded::key).
  std::uint32_t key(WorkerId worker);
  void name_hosts();
  /// The host has said how many CPUs it has.
  void add_slots_of(HostId host, std::uint32_t cpus);
  /// What was started in this slot is a relay: its worker, and those of so many more slots, are
  /// behind it.
  void add_slots_behind(WorkerId relay, std::uint32_t count);
  /// More slots on this machine.
  void add_local_slots(std::uint32_t count);

  RunFacts facts() const;  ///< what all workers are told

  HostOptions hosts;       ///< as the roster was made from them: with what -j FILE says
  CommandOptions command;  ///< likewise
  Wire wire = Wire::Msgpack;
  std::optional<std::string> features, max_rss, chunk;  ///< see RunFacts
  std::optional<Duration> beat;                         ///< likewise
  bool may_be_unlimited = false;
  std::uint32_t relayed = 0;           ///< slots behind relays
  std::string slots_text;              ///< of -j FILE
  std::uint64_t descriptor_limit = 0;  ///< as spread was given it
  std::map<std::string, std::uint32_t> keys;
};

/// What stands in the FILE of -j FILE.
Result<SlotCount> parse_slots_file(std::string_view text, bool may_be_unlimited);

/// The argument of an option that takes JSON, `option` being its name for messages.
Result<Value> json_argument(const std::string& option, const std::string& text);

/// Reads the files that the options name, and finds whatever is wrong with hosts, argument lists
/// and prep items. Starts nothing.
Result<Plan> make_plan(PlanOptions options, Environment environment, Streams streams);

/// --dry-run: what would be exec'd, one line for each slot.
std::string describe_plan(const Plan& plan);

}  // namespace spread
