#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/job_options.h"
#include "spread/api/shared_options.h"

namespace spread::cli {

enum class Subcommand : std::uint8_t {
  Run,
  Gang,
  Oneshot,
  Check,
  Relay,
  All,
  Map,
  Pipe,
  Hosts,
  HistoryShow,
  HistoryReset,
  Sweep,
  State,
  Retrieve,
  Attach,
  Stop,
  Clean,
  Results,
  JournalRepair,
  PoolStart,
  PoolStatus,
  PoolStop
};

/// Plain commands, a process for each task, instead of workers that speak the protocol.
constexpr bool is_jobs(Subcommand subcommand) {
  return subcommand == Subcommand::Map || subcommand == Subcommand::Pipe;
}

/// The options of all subcommands together, while a command line is read: what the setters of the
/// option table write. Of a part that several subcommands have there is one, wherever it is:
/// `run` has its words in job.command, and its input in items.input. take_apart() makes the struct
/// of one subcommand of it, and nothing outside of the command line sees this one.
struct Options {
  Subcommand subcommand = Subcommand::Run;
  HostOptions hosts;
  WorkerLists lists;
  JobOptions job;
  ItemOptions items;
  CutOptions cut;
  bool round_robin = false;
  StartOptions starts;
  RecordOptions records;
  ShardOptions shards;
  std::uint64_t chunk = 0;  ///< 0: not given
  bool reprep = false;
  std::string task;  ///< of oneshot
  std::vector<PrepItem> prep;
  Wire wire = Wire::Msgpack;
  std::optional<Wire> relay_wire;            ///< of relay; unset: that of its master
  std::vector<std::string> relay_schedules;  ///< of relay: options that are for that alone
  PickleOptions pickle;
  bool start_all = false;
  OutputOptions output;
  TailOptions tails;
  bool show_output = true;
  FailureOptions failure;
  HaltOptions halt;
  bool strict = false;
  bool task_meta = false;
  std::optional<Duration> lost_after = kLostAfterDefault;
  WorkerLimits lifetime;
  WindowOptions window;
  GangOptions gang;
  std::optional<std::uint32_t> subpool;
  std::size_t max_frame = kFrameBytesDefault;
  std::size_t read_ahead = kReadAheadDefault;
  SpillOptions spill;
  EndOptions ends;
  ReportOptions report;
  JournalOptions journal;
  DirectoryOptions directory;
  PoolOptions pool;  ///< of run, too
  ResultsForm results;
  bool follow = false;
  std::vector<std::string> journal_words;  ///< of results, and of journal repair
  bool traces = false;
  bool dry_run = false;
  HistoryFile history;
  bool check_hosts = false;
  std::vector<std::string> history_words;
  SweepOptions sweep;
  std::string option_behind;
};

}  // namespace spread::cli
