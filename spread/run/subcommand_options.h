// What each subcommand is told: its options, as far as it has them, in small parts that several
// have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "spread/api/job_options.h"
#include "spread/api/shared_options.h"
#include "spread/directory/state.h"
#include "spread/tasks/worker_options.h"

namespace spread {

/// What everything has that starts processes.
struct CommonOptions {
  HostOptions hosts;
  HaltOptions halt;
  SpillOptions spill;
  EndOptions ends;
  ReportOptions report;
  JournalOptions journal;
};

struct RunOptions {
  CommonOptions common;
  WorkerOptions workers;
  TaskOptions tasks;
  StartOptions starts;
  bool start_all = false;
  FailureOptions failure;
  std::size_t read_ahead = kReadAheadDefault;
  HistoryFile history;
  bool traces = false;   ///< of every failed task, not only of the first
  bool dry_run = false;  ///< shows what would be started
  std::string pool;      ///< whose workers are the run's; empty: it has its own
};

struct AllOptions {
  CommonOptions common;
  WorkerOptions workers;
  OnceOptions once;
  bool dry_run = false;
};

struct MapOptions {
  CommonOptions common;
  JobOptions job;
  ItemOptions items;
  StartOptions starts;
  AttemptOptions attempts;
  std::size_t read_ahead = kReadAheadDefault;
  bool dry_run = false;
};

struct PipeOptions {
  CommonOptions common;
  JobOptions job;
  CutOptions cut;
  bool round_robin = false;  ///< long-lived filters instead of a process for each block
  StartOptions starts;
  AttemptOptions attempts;
  std::size_t read_ahead = kReadAheadDefault;
  bool dry_run = false;
};

struct HostsOptions {
  HostOptions hosts;
  WorkerLists lists;
  CommandOptions command;
  bool check = false;  ///< asks every host for its CPUs
};

struct CheckOptions {
  HostOptions hosts;
  WorkerOptions workers;
  std::string task;  ///< JSON
  Duration limit{};  ///< for each answer, and each end
  Duration kill_grace{};
  bool third = false;  ///< tasks will have a third element
  std::string temporary_directory;
};

struct RelayOptions {
  RunOptions run;            ///< where its master leaves the tasks to it
  std::optional<Wire> wire;  ///< of its workers; unset: that of its master
  /// Options that were given, and are of no use where its master schedules.
  std::vector<std::string> schedules;
};

struct HistoryOptions {
  HistoryFile file;
  std::vector<std::string> words;  ///< hosts and commands to which it is restricted
  bool reset = false;              ///< forgets them, rather than to show them
};

struct SweepCommand {
  SweepOptions sweep;
  SweepOutput output;
};

/// What is asked of the run of a directory.
struct DirectoryCommand {
  DirectoryCall call = DirectoryCall::State;
  std::string directory;
  std::optional<Duration> timeout;
};

/// `spread results`.
struct ResultsCommand {
  std::string journal;
  ResultsForm form;
  bool follow = false;  ///< while the run goes on, to its end
  SpillOptions spill;
};

/// `spread journal repair`.
struct RepairCommand {
  std::string from, to;
};

/// `spread pool`.
struct PoolCommand {
  enum class Call : std::uint8_t { Start, State, Stop } call = Call::State;
  PoolOptions pool;
  RunOptions workers;  ///< of Start
};

using SubcommandOptions =
    std::variant<RunOptions, AllOptions, MapOptions, PipeOptions, HostsOptions, HistoryOptions,
                 SweepCommand, CheckOptions, RelayOptions, DirectoryCommand, ResultsCommand,
                 RepairCommand, PoolCommand>;

}  // namespace spread
