#include "spread/cli/take_apart.h"

#include <utility>

namespace spread::cli {
namespace {

CommonOptions take_common(Options& options) {
  return {std::move(options.hosts), options.halt, std::move(options.spill), options.ends,
          std::move(options.report)};
}

WorkerOptions take_workers(Options& options) {
  WorkerOptions workers;
  workers.command = std::move(options.job.command);
  workers.lists = std::move(options.lists);
  workers.option_behind = std::move(options.option_behind);
  workers.prep = std::move(options.prep);
  workers.records = options.records;
  workers.wire = options.wire;
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
  run.tasks.output = options.output;
  run.tasks.show_output = options.show_output;
  run.tasks.strict = options.strict;
  run.tasks.window = options.window;
  run.starts = options.starts;
  run.start_all = options.start_all;
  run.failure = options.failure;
  run.read_ahead = options.read_ahead;
  run.history = std::move(options.history);
  run.traces = options.traces;
  run.dry_run = options.dry_run;
  return run;
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
  return pipe;
}

HistoryOptions take_history(Options& options, bool reset) {
  return {std::move(options.history), std::move(options.history_words), reset};
}

}  // namespace

SubcommandOptions take_apart(Options options) {
  switch (options.subcommand) {
    case Subcommand::Run: return take_run(options);
    case Subcommand::All: return take_all(options);
    case Subcommand::Map: return take_map(options);
    case Subcommand::Pipe: return take_pipe(options);
    case Subcommand::HistoryShow: return take_history(options, false);
    case Subcommand::HistoryReset: return take_history(options, true);
    case Subcommand::Hosts: break;
  }
  return HostsOptions{std::move(options.hosts), std::move(options.lists),
                      std::move(options.job.command), options.check_hosts};
}

}  // namespace spread::cli
