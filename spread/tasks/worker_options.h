#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"

namespace spread {

/// What `run` tells its workers that it knows beyond the first version of wire 1: docs/protocol.md,
/// section 9.
inline constexpr std::string_view kFeatures = "ready,bye,ask,meta,beat,subtasks";

/// What `run` and `all` have in common: how workers are told what they need, and what becomes of
/// what they write besides answers.
struct WorkerOptions {
  CommandOptions command;
  WorkerLists lists;
  /// The first of the command's words that is an option of spread, perhaps in the wrong place;
  /// empty = none.
  std::string option_behind;
  std::vector<PrepItem> prep;
  RecordOptions records;  ///< of prep items
  Wire wire = Wire::Msgpack;
  PickleOptions pickle;
  std::size_t max_frame = kFrameBytesDefault;
  TailOptions tails;
};

/// Tasks and their results: `run`.
struct TaskOptions {
  InputOptions input;
  ShardOptions shards;      ///< instead of an input
  std::uint32_t chunk = 0;  ///< up to so many tasks are sent as one list; 0: each by itself
  bool reprep = false;      ///< --reprep-after-failure
  RecordOptions records;
  SweepOptions sweep;  ///< instead of `input`, where there are `specs`
  OutputOptions output;
  bool shows_one = false;   ///< of oneshot: what its task printed and made goes to stdout
  bool show_output = true;  ///< what workers attach to answers goes to stderr
  bool strict = false;      ///< stray output is an error
  bool meta = false;        ///< tasks have a third element: docs/protocol.md section 3
  WindowOptions window;
  ProcessLimits limits;
  /// --lost-after: a worker behind a launcher that promised beats may be silent for so long.
  /// Unset: none are asked for.
  std::optional<Duration> lost_after = kLostAfterDefault;
  GangOptions gang;
  std::optional<std::uint32_t> subpool;  ///< slots that are kept for sub-tasks
  WorkerLimits lifetime;
};

/// SPREAD_BEAT: several have to be missed before a worker is taken for lost.
inline Duration beat_of(Duration lost_after) {
  constexpr Duration kBeatMax = std::chrono::milliseconds(2500);
  return std::min(lost_after / 4, kBeatMax);
}

/// Commands that are run once on every host: `all`.
struct OnceOptions {
  bool ordered = true;
  bool tag = false;  ///< each line with the host's name in front
  OkStatuses ok_statuses;
};

class Upstream;
class WorkerChannels;

/// What WorkerMode is told of a run: options that outlive it.
struct WorkerSetup {
  const WorkerOptions& workers;
  const TaskOptions* tasks;  ///< null in `all`
  const OnceOptions* once;   ///< null in `run`
  const SpillOptions& spill;
  const EndOptions& ends;
  Streams streams;
  /// Who has the tasks, in place of the input and of the output; null: these have. Only with
  /// `tasks`.
  Upstream* upstream = nullptr;
  /// What workers are reached by; null: by processes that are started.
  WorkerChannels* channels = nullptr;

  bool is_all() const { return once != nullptr; }
  ProcessLimits limits() const { return tasks != nullptr ? tasks->limits : ProcessLimits(); }
  WorkerLimits lifetime() const { return tasks != nullptr ? tasks->lifetime : WorkerLimits(); }
  bool counts_answers() const {
    return tasks != nullptr && spread::counts_answers(workers.wire, tasks->window.tasks);
  }
};

}  // namespace spread
