#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/launch/launch_plan.h"

namespace spread {

/// What a worker is told about the run, beside its own place in it.
struct RunFacts {
  std::uint32_t workers = 1;  ///< slots in all
  std::uint64_t prep_items = 0;
  Wire wire = Wire::Msgpack;
  /// Abilities of the master that workers are told of; none = they are told nothing. Empty hides
  /// what a run around this one has told.
  std::optional<std::string> features;
  /// How often workers that are not local are asked for beats; none = never.
  std::optional<Duration> beat;
  /// Processes that the slot has had before this one; unset = the worker is not told.
  std::optional<std::uint32_t> generation;
  /// The memory that it may have, for workers behind a launcher, which look themselves; those here
  /// are told nothing by it, and nothing of a run around this one. Unset = none is told.
  std::optional<std::string> max_rss;
  /// Up to so many tasks come as one list; empty: none do, whatever a run around this one says.
  /// Unset = the worker is not told.
  std::optional<std::string> chunk;
  /// What a relay's master says of a worker: added, and in the place of what is said here.
  std::vector<std::pair<std::string, std::string>> instead;
};

/// What to exec for the worker in slot `worker` of `roster`, which build_roster made with the same
/// words, or others: `command` is what this worker is.
///
/// SPREAD_HOST, _SLOT (from 1 on each host), _WORKER (from 0), _WORKERS, _PREP, _WIRE (msgpack,
/// json, lines) and, where they are told, _FEATURES, _BEAT, _GENERATION, _CHUNK, SPREAD_MAX_RSS are
/// in the worker's environment, on this machine through `environment`, elsewhere through the
/// arguments. What --env names goes there through LaunchPlan::input. {host} {slot} {worker} {prep}
/// in the command's words are replaced; lists of --worker and
/// --args-file stay exactly as given, and get the environment and --wd of a local worker. Behind a
/// template, env(1) sets the environment, and sh(1) changes to --wd.
LaunchPlan plan_launch(const Roster& roster, const CommandOptions& command,
                       const LaunchContext& context, WorkerId worker, const RunFacts& facts);

/// What to exec, with stdin at its end, to ask a host of `ask_cpus` how many CPUs may be used
/// there.
LaunchPlan plan_cpu_question(const HostSpec& host);

/// The answer, wherever it stands in what came back; none if it is not there. At least 1.
std::optional<std::uint32_t> parse_cpu_answer(std::string_view out);

/// What the user could do about a worker that ended with `exit_status` without ever answering, in
/// one line without full stop; empty if there is nothing to say.
std::string exit_hint(const Roster& roster, const CommandOptions& command,
                      const LaunchContext& context, WorkerId worker, int exit_status);

/// What to say behind "cannot start PROGRAM: No such file or directory": a whole command in quotes
/// is one word. Empty if it is none.
std::string one_word_hint(std::string_view program);

/// The plan as a line for a POSIX shell which does the same, but for its `input`: --dry-run.
std::string format_plan(const LaunchPlan& plan);

/// `text` with every occurrence of a name replaced by its value, in one pass: what a value brings
/// in is not looked at again, and other words in braces stay.
std::string replace_placeholders(
    std::string_view text,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values);

}  // namespace spread
