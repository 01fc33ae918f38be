#include "spread/run/run.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/overloaded.h"
#include "spread/base/quote.h"
#include "spread/input/sweep_input.h"
#include "spread/input/task_input.h"
#include "spread/jobs/filter_mode.h"
#include "spread/jobs/job_input.h"
#include "spread/jobs/job_mode.h"
#include "spread/journal/digest.h"
#include "spread/output/complain.h"
#include "spread/report/summary.h"
#include "spread/run/engine_run.h"
#include "spread/run/pool_commands.h"
#include "spread/run/run_directory.h"
#include "spread/tasks/worker_mode.h"

namespace spread {
namespace {

HistoryFile no_history() {
  HistoryFile file;
  file.enabled = false;
  return file;
}

NamedFiles written_by(const ReportOptions& report) {
  return {{"--joblog", report.joblog},
          {"--events", report.events},
          {"--log", report.log},
          {"-o", report.output_file}};
}

// ---------------------------------------------------------------- what a journal goes by

using Identity = std::vector<std::pair<std::string, std::string>>;

std::string command_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + shell_escape(word);
  return text;
}

std::string digest_of_all(const std::vector<Value>& values) {
  Digest digest;
  for (const Value& value : values) {
    digest.add(value.head_view());
    digest.add(value.body.view());
  }
  return values.empty() ? "" : digest_text(digest.value());
}

Identity identity_of(const OutputOptions& output) {
  std::string form(kOutputNames[static_cast<std::size_t>(output.format)]);
  if (output.csv_style == CsvStyle::Savetxt) form += " (savetxt)";
  for (const std::string& column : output.columns) form += " " + shell_escape(column);
  return {
      {"--out", form},
      {"--gather",
       output.gather ? std::string(kGatherNames[static_cast<std::size_t>(*output.gather)]) : ""}};
}

/// docs/resume.md, "What must be the same".
JournaledRun journaled(const RunOptions& run, const Plan& plan) {
  JournaledRun journaled;
  journaled.subcommand = run.tasks.gang.size > 0 ? "gang" : "run";
  journaled.words = run.workers.command.words;
  Identity& identity = journaled.identity;
  identity = {
      {"the command", command_text(run.workers.command.words)},
      {"--wire", std::string(name_of(run.workers.wire))},
      {"the prep items", digest_of_all(plan.prep)},
      {"--in", std::string(kInputNames[static_cast<std::size_t>(run.tasks.records.format)])}};
  for (const auto& each : identity_of(run.tasks.output)) identity.push_back(each);
  identity.emplace_back("--worker", command_text(run.workers.lists.lists));
  identity.emplace_back("--args-file", command_text(run.workers.lists.files));
  if (!run.pool.empty()) identity.emplace_back("--pool", run.pool);
  if (run.tasks.gang.size > 0) identity.emplace_back("-n", std::to_string(run.tasks.gang.size));
  const SweepOptions& sweep = run.tasks.sweep;
  if (sweep.specs.empty()) return journaled;
  identity.emplace_back("--sweep", command_text(sweep.specs));
  identity.emplace_back("--seed", sweep.seed ? std::to_string(*sweep.seed) : "");
  identity.emplace_back("--where", sweep.where);
  identity.emplace_back("--until-ok", sweep.until_ok ? std::to_string(*sweep.until_ok) : "");
  return journaled;
}

JournaledRun journaled(const JobOptions& job, std::string subcommand) {
  JournaledRun journaled;
  journaled.subcommand = std::move(subcommand);
  journaled.words = job.command.words;
  std::string form = job.records ? "records" : job.table != JobOptions::Table::None ? "table" : "";
  journaled.identity = {{"the command", command_text(job.command.words)},
                        {"--tag", job.tag},
                        {"--out", std::move(form)}};
  return journaled;
}

/// --dry-run of a run that would go on: nothing is left by it, neither of what it reports.
bool explains_resume(const CommonOptions& common, bool dry_run) {
  return dry_run && common.journal.resume && !common.journal.file.empty();
}

void report_nowhere(ReportOptions& report) {
  report.joblog.clear();
  report.events.clear();
  report.log.clear();
  report.progress = ProgressStyle::None;
}

void report_nowhere(CommonOptions& common, JobOptions& job) {
  report_nowhere(common.report);
  job.table = JobOptions::Table::None;
  job.results_table.clear();
  job.results_directory.clear();
}

// ---------------------------------------------------------------- run, all

Result<int> run_tasks(RunOptions& run, const RunProcess& given) {
  NamedFiles files = files_of(run.common);
  add_files(files, run.tasks.input);
  add_files(files, run.tasks.shards);
  const std::vector<std::string> sweeps = sweep_files(run.tasks.sweep);
  for (const std::string& name : sweeps) files.emplace_back("--sweep", name);
  add_files(files, run.workers);
  SPREAD_TRY(claim_descriptors(files));
  const auto output = open_output_of(run.common, files, given.streams);
  if (!output) return tl::unexpected(output.error());
  const RunProcess process = with_output(given, *output);
  std::optional<PoolDoor> pool;
  if (!run.pool.empty()) {
    auto opened = open_pool(run, process);
    if (!opened) return tl::unexpected(opened.error());
    pool = std::move(*opened);
  }
  auto plan = pool ? plan_of_pool(run, *pool, process)
                   : make_plan(plan_options(run.common, run.workers, run.tasks.limits),
                               process.environment, process.streams);
  if (!plan) return tl::unexpected(plan.error());
  if (run.tasks.shows_one) {
    const auto task = json_argument("--task", run.tasks.input.groups.front().words.front());
    if (!task) return tl::unexpected(task.error());
  }
  SPREAD_TRY(tell_workers(run, process.environment, *plan));
  const bool explains = explains_resume(run.common, run.dry_run);
  if (run.dry_run && !explains) {
    SPREAD_TRY(show_plan(*plan, process.streams));
    return 0;
  }
  if (explains) {
    report_nowhere(run.common.report);
    run.history = no_history();
    run.workers.tails = TailOptions();
  }
  const ShardOptions& shards = run.tasks.shards;
  const bool swept = !run.tasks.sweep.specs.empty();
  SPREAD_TRY(check_overwritten_input(swept          ? sweeps
                                     : shards.any() ? shards.partitions
                                                    : input_names(run.tasks.input),
                                     written_by(run.common.report), process.streams));
  const WorkerSetup setup{run.workers,     &run.tasks,      nullptr, run.common.spill,
                          run.common.ends, process.streams, nullptr, pool ? &*pool : nullptr};
  const ReportedRun reported{ProgressUnit::Tasks, has_messages(run.workers.wire), false,
                             run.traces};
  return run_engine(
      {run.common, scheduler_options(run), run.starts, run.history, reported, journaled(run, *plan),
       [&](Engine& engine) { return std::make_unique<WorkerMode>(engine, setup); }, explains},
      *plan, process);
}

Result<int> run_everywhere(AllOptions& all, const RunProcess& process) {
  NamedFiles files = files_of(all.common);
  add_files(files, all.workers);
  SPREAD_TRY(claim_descriptors(files));
  auto plan =
      make_plan(plan_options(all.common, all.workers, {}), process.environment, process.streams);
  if (!plan) return tl::unexpected(plan.error());
  plan->features = "";
  if (all.dry_run) {
    SPREAD_TRY(show_plan(*plan, process.streams));
    return 0;
  }
  const WorkerSetup setup{all.workers,      nullptr,         &all.once,
                          all.common.spill, all.common.ends, process.streams};
  return run_engine({all.common,
                     scheduler_options(all),
                     {},
                     no_history(),
                     {ProgressUnit::Workers},
                     {},
                     [&](Engine& engine) { return std::make_unique<WorkerMode>(engine, setup); }},
                    *plan, process);
}

// ---------------------------------------------------------------- map, pipe

/// Jobs have placeholders and directory for themselves (JobCommands).
Result<Plan> plan_jobs(const CommonOptions& common, const JobOptions& job,
                       const RunProcess& process) {
  PlanOptions plan;
  plan.hosts = common.hosts;
  plan.command.words = job.command.words;
  if (plan.command.words.empty()) plan.command.words.emplace_back("sh");
  plan.command.environment = job.command.environment;
  plan.may_be_unlimited = true;
  plan.kill_grace = common.ends.kill_grace;
  return make_plan(std::move(plan), process.environment, process.streams);
}

ReportedRun reported_jobs(const JobOptions& job) {
  return {ProgressUnit::Jobs, false, job.output == JobOptions::Output::Ungrouped, false};
}

Status check_map_files(const MapOptions& map, const RunProcess& process) {
  const ReportOptions& report = map.common.report;
  NamedFiles written = written_by(report);
  written.emplace_back("--results", map.job.results_table);
  if (!map.items.resume.retry_failed) {
    return check_overwritten_input(input_names(map.items.input), written, process.streams);
  }
  SPREAD_TRY(check_retried_joblog(report.joblog));
  written.erase(written.begin());  // the joblog is appended to
  return check_overwritten_input({report.joblog}, written, process.streams);
}

Result<int> run_map(MapOptions& map, const RunProcess& given) {
  NamedFiles files = files_of(map.common);
  add_files(files, map.items.input);
  SPREAD_TRY(claim_descriptors(files));
  files.emplace_back("--results", map.job.results_table);
  const auto output = open_output_of(map.common, files, given.streams);
  if (!output) return tl::unexpected(output.error());
  const RunProcess process = with_output(given, *output);
  auto plan = plan_jobs(map.common, map.job, process);
  if (!plan) return tl::unexpected(plan.error());
  JournaledRun kept = journaled(map.job, "map");
  const bool explains = explains_resume(map.common, map.dry_run);
  if (explains) report_nowhere(map.common, map.job);
  const JobSetup setup{map.job,          map.items,       nullptr,           map.attempts.retries,
                       map.common.spill, map.common.ends, map.common.report, process.environment,
                       process.streams};
  if (map.dry_run && !explains) {
    SPREAD_TRY(print_commands(setup, std::max(1u, plan->workers())));
    return 0;
  }
  SPREAD_TRY(check_map_files(map, process));
  return run_engine(
      {map.common, scheduler_options(map), map.starts, no_history(), reported_jobs(map.job),
       std::move(kept), [&](Engine& engine) { return std::make_unique<JobMode>(engine, setup); },
       explains},
      *plan, process);
}

Result<int> run_pipe(PipeOptions& pipe, const RunProcess& given) {
  NamedFiles files = files_of(pipe.common);
  for (const std::string& name : pipe.cut.files) files.emplace_back("-a", name);
  SPREAD_TRY(claim_descriptors(files));
  files.emplace_back("--results", pipe.job.results_table);
  const auto output = open_output_of(pipe.common, files, given.streams);
  if (!output) return tl::unexpected(output.error());
  const RunProcess process = with_output(given, *output);
  auto plan = plan_jobs(pipe.common, pipe.job, process);
  if (!plan) return tl::unexpected(plan.error());
  JournaledRun kept = journaled(pipe.job, "pipe");
  const bool explains = explains_resume(pipe.common, pipe.dry_run);
  if (explains) report_nowhere(pipe.common, pipe.job);
  NamedFiles written = written_by(pipe.common.report);
  written.emplace_back("--results", pipe.job.results_table);
  InputOptions input;
  input.files = pipe.cut.files;
  SPREAD_TRY(check_overwritten_input(input_names(input), written, process.streams));
  const ItemOptions no_items;
  const JobSetup setup{
      pipe.job,          no_items,         &pipe.cut,          pipe.attempts.retries,
      pipe.common.spill, pipe.common.ends, pipe.common.report, process.environment,
      process.streams};
  if (pipe.dry_run && !explains) {
    const std::uint32_t slots = std::max(1u, slots_of_blocks(*plan));
    SPREAD_TRY(pipe.round_robin ? print_filters(setup, slots) : print_commands(setup, slots));
    return 0;
  }
  const auto make_mode = [&](Engine& engine) -> std::unique_ptr<RunMode> {
    if (pipe.round_robin) return std::make_unique<FilterMode>(engine, setup);
    return std::make_unique<JobMode>(engine, setup);
  };
  return run_engine({pipe.common, scheduler_options(pipe), pipe.starts, no_history(),
                     reported_jobs(pipe.job), std::move(kept), make_mode, explains},
                    *plan, process);
}

/// What kept it from running has not been told yet.
int told(const Result<int>& ended, const ReportOptions& report, Streams streams) {
  return ended ? *ended : complain(streams, ended.error(), report.speaker);
}

}  // namespace

int run(SubcommandOptions options, Environment environment, Streams streams,
        TakeSignals take_signals) {
  const RunProcess process{environment, streams, take_signals};
  const auto begin = [&](CommonOptions& common) {
    common.spill.temporary_directory = environment.temporary_directory();
  };
  const int ended = std::visit(
      overloaded{
          [&](RunOptions& run) {
            begin(run.common);
            return told(run_tasks(run, process), run.common.report, streams);
          },
          [&](AllOptions& all) {
            begin(all.common);
            return told(run_everywhere(all, process), all.common.report, streams);
          },
          [&](MapOptions& map) {
            begin(map.common);
            return told(run_map(map, process), map.common.report, streams);
          },
          [&](PipeOptions& pipe) {
            begin(pipe.common);
            return told(run_pipe(pipe, process), pipe.common.report, streams);
          },
          [&](CheckOptions& check) {
            check.temporary_directory = environment.temporary_directory();
            return told(run_checks(check, process), {}, streams);
          },
          [&](RelayOptions& relay) {
            begin(relay.run.common);
            return told(run_relay(relay, process), {}, streams);
          },
          [&](HostsOptions& hosts) { return show_hosts(std::move(hosts), environment, streams); },
          [&](HistoryOptions& history) {
            return show_or_reset_history(history, environment, streams);
          },
          [&](DirectoryCommand& asked) { return call_directory(asked, environment, streams); },
          [&](SweepCommand& sweep) { return show_sweep(sweep, streams); },
          [&](ResultsCommand& results) {
            results.spill.temporary_directory = environment.temporary_directory();
            return show_results(results, streams);
          },
          [&](RepairCommand& repair) { return show_repair(repair, streams); },
          [&](PoolCommand& pool) { return ask_pool(pool, environment, streams); },
      },
      options);
  const auto* map = std::get_if<MapOptions>(&options);
  const bool xargs = map != nullptr && map->items.xargs;
  const int status =
      conclude_output(ended, streams, xargs ? map->common.report.speaker : std::string("spread"));
  constexpr int kXargsOwnError = 1;
  return xargs && status == kOwnError ? kXargsOwnError : status;
}

}  // namespace spread
