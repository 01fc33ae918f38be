#include "spread/run/engine_run.h"

#include <algorithm>
#include <optional>
#include <string>

#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/io/file_beside.h"
#include "spread/io/files.h"
#include "spread/io/guard.h"
#include "spread/io/process_memory.h"
#include "spread/io/signals.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"
#include "spread/output/complain.h"

namespace spread {

Status claim_descriptors(const NamedFiles& files) {
  for (const auto& [option, name] : files) {
    const auto fd = named_descriptor(name);
    if (!fd) continue;
    if (const Status claimed = claim_descriptor(*fd); !claimed) {
      return fail(std::string(option) + ' ' + std::string(name) + ": " + claimed.error().message);
    }
  }
  return {};
}

NamedFiles files_of(const CommonOptions& common) {
  NamedFiles files = {{"--events", common.report.events},
                      {"--log", common.report.log},
                      {"--joblog", common.report.joblog},
                      {"-j", common.hosts.slots_file}};
  for (const std::string& name : common.hosts.slf_files) files.emplace_back("--slf", name);
  return files;
}

void add_files(NamedFiles& files, const InputOptions& input) {
  for (const std::string& name : input.files) files.emplace_back("-a", name);
  for (const InputOptions::Group& group : input.groups) {
    if (!group.from_file) continue;
    for (const std::string& name : group.words) files.emplace_back("::::", name);
  }
}

void add_files(NamedFiles& files, const ShardOptions& shards) {
  for (const std::string& name : shards.partitions) files.emplace_back("--partition", name);
}

void add_files(NamedFiles& files, const WorkerOptions& workers) {
  for (const std::string& name : workers.lists.files) files.emplace_back("--args-file", name);
  for (const PrepItem& item : workers.prep) {
    if (item.kind == PrepItem::Kind::File) files.emplace_back("--prep-file", item.text);
    if (item.kind == PrepItem::Kind::Common) files.emplace_back("--common", item.text);
  }
}

Result<UniqueFd> open_output_of(const CommonOptions& common, const NamedFiles& files,
                                Streams streams) {
  const std::string& name = common.report.output_file;
  if (name.empty()) return UniqueFd();
  auto file = open_output_file(name, !common.journal.file.empty());
  if (!file) return fail("-o: " + file.error().message);
  for (const auto& [option, other] : files) {
    if (!is_file(file->get(), std::string(other))) continue;
    return fail("-o " + name + " and " + std::string(option) + ' ' + std::string(other) +
                " are one file");
  }
  if (are_one_place(file->get(), streams.errors)) {
    return fail("-o " + name + " is the file that standard error goes to; with >" + name +
                " 2>&1 results and messages are in one file");
  }
  return file;
}

namespace {

/// What is done with the file of -o in a run with a journal.
struct OutputFile {
  std::optional<std::uint64_t> continued;  ///< so many bytes of it are compared
  std::optional<FileBeside> anew;          ///< written in its stead
};

/// Null: none is kept.
Result<std::unique_ptr<RunJournal>> open_journal(const EngineRun& run, EventLoop& loop) {
  const CommonOptions& common = run.common;
  if (common.journal.file.empty()) return std::unique_ptr<RunJournal>();
  JournaledRun journaled = run.journaled;
  const std::string& output =
      run.explains_resume ? common.journal.kept_output : common.report.output_file;
  if (!output.empty()) journaled.output = absolute_directory(output);
  if (run.explains_resume) {
    return RunJournal::look_at(common.journal, std::move(journaled), common.spill, loop);
  }
  return RunJournal::open(common.journal, std::move(journaled), common.spill, loop);
}

/// None where they are no matter of the run.
Result<std::optional<SignalSet>> take_signals(const RunProcess& process) {
  if (process.take_signals == nullptr) return std::nullopt;
  auto signals = process.take_signals();
  if (!signals) return tl::unexpected(signals.error());
  return std::optional<SignalSet>(std::move(*signals));
}

/// What another has written is left alone.
Status check_owner(const std::string& name, const CommonOptions& common,
                   const RunJournal* journal) {
  const bool ours = journal != nullptr && journal->resumes() && journal->owns_output();
  if (ours || common.journal.force || file_size(name).value_or(0) == 0) return {};
  return fail("-o " + name +
              " is there already, and not from this journal: --force writes over it");
}

Result<OutputFile> output_file_of(const CommonOptions& common, const RunJournal* journal, int fd) {
  OutputFile file;
  const std::string& name = common.report.output_file;
  if (name.empty() || journal == nullptr) return file;
  SPREAD_TRY(check_owner(name, common, journal));
  if (!journal->resumes() || !journal->owns_output()) return file;
  if (journal->moves_results()) {
    // Lines in the middle of it will be others: a program that reads it is to see the old ones or
    // the new.
    auto anew = FileBeside::create(name);
    if (!anew) return fail("-o: " + anew.error().message);
    file.anew.emplace(std::move(*anew));
  } else {
    file.continued = file_size(fd).value_or(0);
  }
  return file;
}

int explain_resume(Engine& engine, const CommonOptions& common, const Streams& streams) {
  const auto text = engine.explain_resume();
  if (!text) return complain(streams, text.error(), common.report.speaker);
  const Status printed = print(streams.output, *text);
  return printed ? 0 : complain(streams, printed.error(), common.report.speaker);
}

}  // namespace

PlanOptions plan_options(const CommonOptions& common, WorkerOptions& workers,
                         const ProcessLimits& limits) {
  PlanOptions plan;
  plan.hosts = common.hosts;
  plan.lists = workers.lists;  // a journal looks at them later
  plan.command = workers.command;
  plan.limits = limits;
  plan.prep = std::move(workers.prep);
  plan.records = workers.records;
  plan.wire = workers.wire;
  plan.pickle = workers.pickle;
  plan.max_frame = workers.max_frame;
  plan.kill_grace = common.ends.kill_grace;
  return plan;
}

namespace {

/// --max-rss: who looks at the memory of workers, and what the others are told.
Status plan_memory_limit(const RunOptions& run, const Environment& environment, Plan& plan) {
  constexpr const char* kName = "SPREAD_MAX_RSS";
  const std::uint64_t limit = run.tasks.lifetime.max_rss;
  if (limit > 0) {
    plan.max_rss = std::to_string(limit);
  } else if (environment.get(kName) != nullptr) {
    plan.max_rss = "";  // of a run around this one
  }
  if (limit == 0) return {};
  bool any_here = false;
  for (const HostSpec& host : plan.roster.hosts) {
    any_here |= host.local;
    if (host.local || has_messages(run.workers.wire)) continue;
    return fail("--max-rss: a worker of --wire " + std::string(name_of(run.workers.wire)) + " on " +
                host_label(host) +
                " cannot be told to look at its memory; use --wire json or msgpack");
  }
  if (!any_here) return {};
  const auto memory = resident_memory();
  return memory ? Status() : fail("--max-rss: " + memory.error().message);
}

}  // namespace

Status tell_workers(const RunOptions& run, const Environment& environment, Plan& plan) {
  plan.features = has_messages(run.workers.wire) ? std::string(kFeatures) + ",relay" : "";
  if (run.tasks.reprep) *plan.features += ",prep";
  if (run.tasks.chunk > 0) {
    plan.chunk = std::to_string(run.tasks.chunk);
  } else if (environment.get("SPREAD_CHUNK") != nullptr) {
    plan.chunk = "";  // of a run around this one
  }
  if (run.tasks.lost_after) plan.beat = beat_of(*run.tasks.lost_after);
  return plan_memory_limit(run, environment, plan);
}

RunProcess with_output(const RunProcess& process, const UniqueFd& file) {
  RunProcess changed = process;
  if (file) changed.streams.output = file.get();
  return changed;
}

Status show_plan(const Plan& plan, Streams streams) {
  std::string text = describe_plan(plan);
  if (is_terminal(streams.output)) text = printable(text);
  for (const HostId host : plan.roster.ask_cpus) {
    warn(streams, host_label(plan.roster.hosts[number(host)]) +
                      " is not shown: a run asks it for its number of CPUs (with -j N, or N/ "
                      "in front of its name, it need not)");
  }
  return print(streams.output, text);
}

int run_engine(const EngineRun& run, Plan& plan, const RunProcess& process) {
  const CommonOptions& common = run.common;
  const std::string& name = common.report.output_file;
  Streams streams = process.streams;
  const auto tell = [&](const Error& error) {
    return complain(streams, error, common.report.speaker);
  };
  auto signals = take_signals(process);
  if (!signals) return tell(signals.error());
  auto guard = Guard::start(common.ends.kill_grace, common.spill.temporary_directory);
  if (!guard) return tell(guard.error());
  if (!guard->missing().empty()) warn(streams, guard->missing(), common.report.speaker);
  auto loop = EventLoop::create();
  if (!loop) return tell(loop.error());
  auto journal = open_journal(run, *loop);
  if (!journal) return tell(journal.error());
  // --dry-run does not open it.
  const Status ours = check_owner(common.journal.kept_output, common, journal->get());
  if (!ours) return tell(ours.error());
  auto file = output_file_of(common, journal->get(), streams.output);
  if (!file) return tell(file.error());
  if (file->anew) streams.output = file->anew->fd();
  auto out = open_output(streams.output);
  if (!out) return tell(out.error());
  OutputWriter output(*loop, std::move(*out));
  auto reporter = Reporter::create(common.report, run.reported, process.environment, streams, *loop,
                                   plan.host_names, output);
  if (!reporter) return tell(reporter.error());
  if (*journal && !run.explains_resume) {
    output.set_gate(**journal);
    if (!name.empty() && file_size(streams.output)) (*journal)->may_keep_in(output);
    (*reporter)->add_observer(**journal);
  }
  EngineConfig config{run.scheduler, run.starts, run.history, common.ends.kill_grace};
  // Of jobs, where each is a process of its own, none says anything about the others.
  const bool loads = !config.scheduler.prepared;
  config.scheduler.worked_before = loads && *journal && (*journal)->has_successes();
  if (!name.empty()) config.output_name = name;
  config.stop_request = common.journal.stop_request;
  config.is_worker = run.is_worker;
  Engine engine(std::move(config), {plan, *guard, *loop, *signals ? &**signals : nullptr, output,
                                    **reporter, process.environment, streams, journal->get()});
  if (const Status opened = engine.open(run.make_mode(engine)); !opened) {
    return tell(opened.error());
  }
  if (run.explains_resume) return explain_resume(engine, common, streams);
  if (file->continued) {
    output.continue_file(*file->continued, (*journal)->needed_output());
  } else if (!name.empty()) {
    // Not before all that may be wrong has been told: what is in it may be dear.
    if (const Status empty = empty_file(streams.output); !empty) {
      return tell(Error{"-o " + name + ": " + empty.error().message});
    }
  }
  const int status = engine.execute();
  if (file->anew && engine.complete()) {
    if (const Status placed = file->anew->put_into_place(); !placed) return tell(placed.error());
  }
  return status;
}

namespace {

SchedulerOptions common_options(const CommonOptions& common) {
  SchedulerOptions scheduler;
  scheduler.halt = common.halt;
  scheduler.stop_grace = common.ends.shutdown_timeout.value_or(common.ends.kill_grace);
  return scheduler;
}

/// A process for each task, in a slot that has nothing to load.
SchedulerOptions job_options(const CommonOptions& common, const AttemptOptions& attempts,
                             const StartOptions& starts, std::size_t read_ahead) {
  SchedulerOptions scheduler = common_options(common);
  static_cast<AttemptOptions&>(scheduler.failure) = attempts;
  scheduler.window = 1;
  scheduler.read_ahead = read_ahead;
  scheduler.delay = starts.delay;
  scheduler.retry_first = true;
  scheduler.prepared = true;
  return scheduler;
}

}  // namespace

SchedulerOptions scheduler_options(const RunOptions& run) {
  SchedulerOptions scheduler = common_options(run.common);
  const WindowOptions& window = run.tasks.window;
  scheduler.failure = run.failure;
  scheduler.limits = run.tasks.lifetime;
  scheduler.window = window.tasks;
  // Answers without ids are right only if the filter never leaves a line out: the user must say so.
  if (!has_messages(run.workers.wire)) scheduler.window = std::max(1u, window.tasks);
  scheduler.holds_answers = counts_answers(run.workers.wire, window.tasks);
  scheduler.window_bytes = window.bytes;
  scheduler.read_ahead = run.read_ahead;
  scheduler.start_delay = run.starts.delay;
  scheduler.start_all = run.start_all;
  scheduler.close_surplus = true;
  scheduler.gang = run.tasks.gang.size;
  scheduler.chunk = std::max(1u, run.tasks.chunk);
  scheduler.chunk_bytes = run.workers.max_frame;
  // So that there is enough for a list for each of some workers; bytes bound it, too.
  constexpr std::size_t kListsAhead = 8;
  if (run.tasks.chunk > 1) {
    scheduler.read_ahead = std::max(scheduler.read_ahead, kListsAhead * run.tasks.chunk);
  }
  scheduler.reprep = run.tasks.reprep;
  scheduler.subpool = run.tasks.subpool.value_or(0);
  scheduler.exact_gangs = run.tasks.gang.exact;
  scheduler.drop_grace = run.common.ends.kill_grace;
  // A job is not waited for because of what others of its slot have done; a worker is.
  scheduler.idle_grace = run.common.ends.kill_grace;
  return scheduler;
}

SchedulerOptions scheduler_options(const AllOptions& all) {
  SchedulerOptions scheduler = common_options(all.common);
  scheduler.once = true;
  return scheduler;
}

SchedulerOptions scheduler_options(const MapOptions& map) {
  SchedulerOptions scheduler = job_options(map.common, map.attempts, map.starts, map.read_ahead);
  // A command line is started in half a millisecond: nothing is gained by reading far ahead.
  scheduler.queued_bytes = 512 * 1024;
  return scheduler;
}

SchedulerOptions scheduler_options(const PipeOptions& pipe) {
  SchedulerOptions scheduler =
      job_options(pipe.common, pipe.attempts, pipe.starts, pipe.read_ahead);
  scheduler.close_idle = pipe.round_robin;
  return scheduler;
}

}  // namespace spread
