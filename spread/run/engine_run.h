#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/core/scheduler.h"
#include "spread/engine/engine.h"
#include "spread/output/run_journal.h"
#include "spread/run/run.h"
#include "spread/run/subcommand_options.h"

namespace spread {

/// The process that a run is part of.
struct RunProcess {
  Environment environment;
  Streams streams;
  TakeSignals take_signals;
};

/// What one subcommand asks of the engine.
struct EngineRun {
  const CommonOptions& common;
  SchedulerOptions scheduler;
  StartOptions starts;
  HistoryFile history;
  ReportedRun reported;
  JournaledRun journaled;  ///< as its journal has it, if it keeps one
  std::function<std::unique_ptr<RunMode>(Engine& engine)> make_mode;
  bool explains_resume = false;  ///< --resume --dry-run: says what would be done, and does nothing
  bool is_worker = false;        ///< see EngineConfig
};

/// Options that name files, and what they name.
using NamedFiles = std::vector<std::pair<std::string_view, std::string_view>>;

/// Checks the descriptors among `files` before spread opens others, which might get these numbers;
/// and keeps them from children.
Status claim_descriptors(const NamedFiles& files);
/// Those that everything has.
NamedFiles files_of(const CommonOptions& common);
void add_files(NamedFiles& files, const InputOptions& input);
void add_files(NamedFiles& files, const ShardOptions& shards);
void add_files(NamedFiles& files, const WorkerOptions& workers);

/// The file of -o, which is none of `files`; no descriptor where results go to standard output.
Result<UniqueFd> open_output_of(const CommonOptions& common, const NamedFiles& files,
                                Streams streams);
/// The process, with this file for its standard output, if there is one.
RunProcess with_output(const RunProcess& process, const UniqueFd& file);

PlanOptions plan_options(const CommonOptions& common, WorkerOptions& workers,
                         const ProcessLimits& limits);
/// What workers of `run` are told in their environment, as far as it follows from options.
Status tell_workers(const RunOptions& run, const Environment& environment, Plan& plan);

/// --dry-run of workers: what would be exec'd.
Status show_plan(const Plan& plan, Streams streams);

/// To the end; the exit status. `plan` is what `common` says.
int run_engine(const EngineRun& run, Plan& plan, const RunProcess& process);

/// `spread check`: the exit status, 1 where a check has failed.
Result<int> run_checks(CheckOptions& check, const RunProcess& process);

/// `spread relay`: the exit status. An Error: it cannot begin, or its master has said nonsense.
Result<int> run_relay(RelayOptions& relay, const RunProcess& process);

// What the Scheduler is to know of each subcommand.
SchedulerOptions scheduler_options(const RunOptions& run);
SchedulerOptions scheduler_options(const AllOptions& all);
SchedulerOptions scheduler_options(const MapOptions& map);
SchedulerOptions scheduler_options(const PipeOptions& pipe);

}  // namespace spread
