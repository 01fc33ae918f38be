#include "spread/cli/take_apart.h"

#include <utility>

namespace spread::cli {
namespace {

CommonOptions take_common(Options& options) {
  // What it prints are no results; but some that are kept may be in that file.
  if (options.dry_run) {
    options.journal.kept_output = std::exchange(options.report.output_file, {});
  }
  return {std::move(options.hosts),  options.halt,
          std::move(options.spill),  options.ends,
          std::move(options.report), std::move(options.journal)};
}

WorkerOptions take_workers(Options& options) {
  WorkerOptions workers;
  workers.command = std::move(options.job.command);
  workers.lists = std::move(options.lists);
  workers.option_behind = std::move(options.option_behind);
  workers.prep = std::move(options.prep);
  workers.records = options.records;
  workers.wire = options.wire;
  workers.pickle = options.pickle;
  workers.max_frame = options.max_frame;
  workers.tails = std::move(options.tails);
  return workers;
}

JobOptions take_job(Options& options) {
  JobOptions job = std::move(options.job);
  job.ordered = options.output.ordered;
  return job;
}

RunOptions take_run(Options& options) {
  RunOptions run;
  run.common = take_common(options);
  run.tasks.limits = options.job.limits;
  run.workers = take_workers(options);
  run.tasks.input = std::move(options.items.input);
  run.tasks.shards = std::move(options.shards);
  if (run.tasks.shards.any()) {
    run.tasks.shards.piece = options.chunk;
  } else if (options.chunk > 0) {
    run.tasks.chunk = static_cast<std::uint32_t>(options.chunk);
  }
  run.tasks.reprep = options.reprep;
  run.tasks.records = options.records;
  run.tasks.sweep = std::move(options.sweep);
  run.tasks.output = options.output;
  run.tasks.output.pickle_bytes = options.pickle.bytes;
  run.tasks.show_output = options.show_output;
  run.tasks.strict = options.strict;
  run.tasks.meta = options.task_meta;
  run.tasks.lost_after = has_messages(options.wire) ? options.lost_after : std::nullopt;
  run.tasks.lifetime = options.lifetime;
  run.tasks.window = options.window;
  run.tasks.gang = options.gang;
  run.tasks.subpool = options.subpool;
  run.starts = options.starts;
  run.start_all = options.start_all;
  run.failure = options.failure;
  run.read_ahead = options.read_ahead;
  run.history = std::move(options.history);
  run.traces = options.traces;
  run.dry_run = options.dry_run;
  run.pool = options.pool.name;
  return run;
}

/// A run of one task, which is JSON whatever --prep-file has.
RunOptions take_oneshot(Options& options) {
  RunOptions run = take_run(options);
  run.tasks.shows_one = true;
  run.tasks.input.groups.emplace_back().words.push_back(std::move(options.task));
  run.tasks.records = {InputFormat::Json};
  run.tasks.window.tasks = 1;
  run.traces = true;
  return run;
}

CheckOptions take_check(Options& options) {
  CheckOptions check;
  check.hosts = std::move(options.hosts);
  check.workers = take_workers(options);
  check.task = std::move(options.task);
  check.limit = *options.failure.timeout;
  check.kill_grace = options.ends.kill_grace;
  check.third = options.task_meta;
  return check;
}

RelayOptions take_relay(Options& options) {
  RelayOptions relay{take_run(options), options.relay_wire, std::move(options.relay_schedules)};
  // Those of a run are on disk; it has none of these.
  relay.run.history.enabled = false;
  relay.run.common.report.progress = ProgressStyle::None;
  return relay;
}

AllOptions take_all(Options& options) {
  AllOptions all;
  all.common = take_common(options);
  all.once = {options.output.ordered, !options.job.tag.empty(), std::move(options.job.ok_statuses)};
  all.workers = take_workers(options);
  all.dry_run = options.dry_run;
  return all;
}

MapOptions take_map(Options& options) {
  MapOptions map;
  map.common = take_common(options);
  map.job = take_job(options);
  map.items = std::move(options.items);
  map.items.delimiter = options.records.delimiter;
  map.starts = options.starts;
  map.attempts = options.failure;
  map.read_ahead = options.read_ahead;
  map.dry_run = options.dry_run;
  return map;
}

PipeOptions take_pipe(Options& options) {
  PipeOptions pipe;
  pipe.common = take_common(options);
  pipe.job = take_job(options);
  pipe.cut = std::move(options.cut);
  pipe.cut.files = std::move(options.items.input.files);
  pipe.round_robin = options.round_robin;
  pipe.starts = options.starts;
  pipe.attempts = options.failure;
  pipe.read_ahead = options.read_ahead;
  pipe.dry_run = options.dry_run;
  return pipe;
}

HistoryOptions take_history(Options& options, bool reset) {
  return {std::move(options.history), std::move(options.history_words), reset};
}

PoolCommand take_pool(Options& options, PoolCommand::Call call) {
  PoolCommand command;
  command.call = call;
  command.pool = std::move(options.pool);
  command.workers = take_run(options);
  return command;
}

DirectoryCommand take_directory(Options& options, DirectoryCall call) {
  return {call, std::move(options.directory.name), options.directory.timeout};
}

}  // namespace

SubcommandOptions take_apart(Options options) {
  switch (options.subcommand) {
    case Subcommand::Run:
    case Subcommand::Gang: return take_run(options);
    case Subcommand::Oneshot: return take_oneshot(options);
    case Subcommand::Check: return take_check(options);
    case Subcommand::Relay: return take_relay(options);
    case Subcommand::All: return take_all(options);
    case Subcommand::Map: return take_map(options);
    case Subcommand::Pipe: return take_pipe(options);
    case Subcommand::HistoryShow: return take_history(options, false);
    case Subcommand::HistoryReset: return take_history(options, true);
    case Subcommand::Sweep:
      return SweepCommand{std::move(options.sweep),
                          {options.output.format, options.output.csv_style}};
    case Subcommand::State: return take_directory(options, DirectoryCall::State);
    case Subcommand::Retrieve: return take_directory(options, DirectoryCall::Retrieve);
    case Subcommand::Attach: return take_directory(options, DirectoryCall::Attach);
    case Subcommand::Stop: return take_directory(options, DirectoryCall::Stop);
    case Subcommand::Clean: return take_directory(options, DirectoryCall::Clean);
    case Subcommand::PoolStart: return take_pool(options, PoolCommand::Call::Start);
    case Subcommand::PoolStatus: return take_pool(options, PoolCommand::Call::State);
    case Subcommand::PoolStop: return take_pool(options, PoolCommand::Call::Stop);
    case Subcommand::Results:
      return ResultsCommand{options.journal_words[0], options.results, options.follow, {}};
    case Subcommand::JournalRepair:
      return RepairCommand{options.journal_words[0], options.journal_words[1]};
    case Subcommand::Hosts: break;
  }
  return HostsOptions{std::move(options.hosts), std::move(options.lists),
                      std::move(options.job.command), options.check_hosts};
}

}  // namespace spread::cli
