// `spread relay`: what is around the relay itself.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/engine/host_probe.h"
#include "spread/engine/plan.h"
#include "spread/io/guard.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"
#include "spread/output/complain.h"
#include "spread/relay/master_above.h"
#include "spread/relay/relay.h"
#include "spread/run/engine_run.h"
#include "spread/tasks/worker_mode.h"

namespace spread {
namespace {

// What spread itself has open, including the other ends of the pipes while a process starts.
constexpr std::uint64_t kOwnDescriptors = 24;
// Three pipes and the process.
constexpr std::uint64_t kPerWorker = 4;
constexpr std::size_t kLargePipe = 1024 * 1024;

/// How many workers there are is in its hello, so the hosts are asked first.
Status ask_for_slots(Plan& plan, const RunProcess& process) {
  const std::vector<HostId> unknown = plan.roster.ask_cpus;
  if (unknown.empty()) return {};
  const auto answers = ask_hosts(plan, process.environment, process.streams);
  if (!answers) return tl::unexpected(answers.error());
  for (const HostId host : unknown) {
    const HostProbe::Answer& answer = answers->at(number(host));
    if (!answer.problem.empty()) {
      warn(process.streams, "cannot ask " + host_label(plan.roster.hosts[number(host)]) +
                                " how many CPUs it has: " + answer.problem + "; one is assumed");
    }
    plan.add_slots_of(host, answer.cpus);
  }
  return {};
}

Status fit_descriptors(const Plan& plan, const Streams& streams) {
  const std::uint64_t wanted =
      kOwnDescriptors + inherited_descriptors().size() + plan.workers() * kPerWorker;
  const std::uint64_t limit = descriptor_limit(streams, wanted);
  if (limit >= wanted) return {};
  return fail(fmt::format(
      "relay: {} workers need {} file descriptors, and the limit is {} (see ulimit -Hn); or use a "
      "smaller -j",
      plan.workers(), wanted, limit));
}

/// With slots for as many workers as it is going to have.
Result<Plan> make_relay_plan(PlanOptions options, const RunProcess& process) {
  auto plan = make_plan(std::move(options), process.environment, process.streams);
  if (!plan) return plan;
  for (const std::string& warning : plan->roster.warnings) warn(process.streams, warning);
  plan->roster.warnings.clear();
  SPREAD_TRY(ask_for_slots(*plan, process));
  SPREAD_TRY(fit_descriptors(*plan, process.streams));
  return plan;
}

Result<int> run_bundle(RunOptions& run, const RelayMaster& master, const RunProcess& process) {
  const CommonOptions& common = run.common;
  auto plan = make_relay_plan(plan_options(common, run.workers, run.tasks.limits), process);
  if (!plan) return tl::unexpected(plan.error());
  // What its master has told the relay is not meant for its workers: of them, the frames tell.
  plan->features = plan->max_rss = plan->chunk = "";
  auto signals = process.take_signals();
  if (!signals) return tl::unexpected(signals.error());
  auto guard = Guard::start(common.ends.kill_grace, common.spill.temporary_directory);
  if (!guard) return tl::unexpected(guard.error());
  if (!guard->missing().empty()) warn(process.streams, guard->missing());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  SPREAD_TRY(signals->block());
  Spawner spawner(process.environment, process.streams, &*guard, &*loop);
  spawner.give_descriptor_limit(plan->descriptor_limit);
  auto out = open_output(process.streams.output);
  if (!out) return tl::unexpected(out.error());
  OutputWriter output(*loop, std::move(*out));
  Relay worker_of_workers({*plan, master, common.ends, run.workers.max_frame, *loop, spawner,
                           *signals, process.streams.input, output});
  return worker_of_workers.execute();
}

/// The most tasks that the master is to have here, so that no worker waits for one.
std::uint32_t window_of(const Plan& plan) {
  constexpr std::uint32_t kTasksPerWorker = 64, kLeast = 1024;
  return std::max(kLeast, kTasksPerWorker * plan.workers());
}

Result<int> run_as_one_worker(RunOptions& run, const RelayMaster& master,
                              const RunProcess& process) {
  MasterInput input(process.streams.input, master.wire, run.workers.max_frame);
  auto prep = read_prep_items(input, master.prep_items);
  if (!prep) return tl::unexpected(prep.error());
  PlanOptions wanted = plan_options(run.common, run.workers, run.tasks.limits);
  wanted.first_prep = std::move(*prep);
  auto plan = make_relay_plan(std::move(wanted), process);
  if (!plan) return tl::unexpected(plan.error());
  SPREAD_TRY(tell_workers(run, process.environment, *plan));
  // Lists pass as they are.
  const char* const chunk = process.environment.get("SPREAD_CHUNK");
  plan->chunk = chunk == nullptr ? "" : chunk;
  MasterAbove above(master, input, window_of(*plan));
  const WorkerSetup setup{run.workers,     &run.tasks,      nullptr, run.common.spill,
                          run.common.ends, process.streams, &above};
  SchedulerOptions scheduler = scheduler_options(run);
  scheduler.fatal_ends = false;
  EngineRun engine_run{run.common, scheduler, run.starts, run.history, {ProgressUnit::Tasks, true},
                       {},         {}};
  engine_run.make_mode = [&](Engine& engine) {
    return std::make_unique<WorkerMode>(engine, setup);
  };
  engine_run.is_worker = true;
  return run_engine(engine_run, *plan, process);
}

}  // namespace

Result<int> run_relay(RelayOptions& relay, const RunProcess& process) {
  RunOptions& run = relay.run;
  NamedFiles files = files_of(run.common);
  add_files(files, run.workers);
  SPREAD_TRY(claim_descriptors(files));
  const auto master = relay_master(process.environment);
  if (!master) return tl::unexpected(master.error());
  run.workers.wire = relay.wire.value_or(master->wire);
  if (master->knows_relays && run.workers.wire != master->wire) {
    return fail(fmt::format("relay: --wire {}: its master speaks {} with the workers, through it",
                            name_of(run.workers.wire), name_of(master->wire)));
  }
  if (master->knows_relays && !relay.schedules.empty()) {
    warn(process.streams, fmt::format("relay: {}: here its master says which worker has which "
                                      "task, and by what rules; give {} "
                                      "to it",
                                      fmt::to_string(fmt::join(relay.schedules, ", ")),
                                      relay.schedules.size() == 1 ? "it" : "them"));
  }
  for (const int fd : {process.streams.input, process.streams.output}) {
    if (is_pipe(fd)) grow_pipe(fd, kLargePipe);
  }
  return master->knows_relays ? run_bundle(run, *master, process)
                              : run_as_one_worker(run, *master, process);
}

}  // namespace spread
