#include "spread/run/pool_commands.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/directory/pool_name.h"
#include "spread/io/files.h"
#include "spread/io/local_socket.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/pool/pool_runs.h"
#include "spread/run/pool_state.h"
#include "spread/tasks/worker_mode.h"

namespace spread {
namespace {

/// What a pool has on the disk while it lives.
struct PoolFiles {
  std::string socket_name, log_name;
  UniqueFd log;  ///< locked: that is what says that the pool lives
  UniqueFd listener;
  UniqueFd tails;  ///< without a name
};

Status lock(PoolFiles& files, const std::string& name) {
  switch (try_lock(files.log.get(), LockKind::Exclusive, 0)) {
    case FileLock::Ours: return {};
    case FileLock::NotOffered: return fail("cannot lock " + files.log_name);
    case FileLock::Failed: return tl::unexpected(errno_error("cannot lock " + files.log_name));
    case FileLock::Theirs: break;
  }
  return fail(fmt::format(
      "there is a pool {} already; 'spread pool status {}' says how it is, and 'spread pool stop "
      "{}' ends it",
      name, name, name));
}

Result<PoolFiles> make_files(const std::string& name, const RunProcess& process) {
  SPREAD_TRY(check_pool_name(name));
  const auto folder = pool_folder(process.environment);
  if (!folder) return tl::unexpected(folder.error());
  PoolFiles files;
  files.socket_name = *folder + "/" + name + std::string(kPoolSocket);
  files.log_name = *folder + "/" + name + std::string(kPoolLog);
  auto log = open_private_file(files.log_name, true);
  if (!log) return tl::unexpected(log.error());
  files.log = std::move(*log);
  SPREAD_TRY(lock(files, name));
  // Of the pool that had the name before.
  if (!cut_file(files.log.get(), 0)) {
    return tl::unexpected(errno_error("cannot write " + files.log_name));
  }
  std::string tails = files.socket_name + ".XXXXXX";
  files.tails = make_named_file(tails);
  if (!files.tails) return tl::unexpected(errno_error("cannot make a file in " + *folder));
  SPREAD_TRY(remove_file(tails));
  auto listener = listen_at(files.socket_name);
  if (!listener) return tl::unexpected(listener.error());
  files.listener = std::move(*listener);
  return files;
}

Result<Plan> plan_workers(RunOptions& run, const RunProcess& process) {
  auto plan = make_plan(plan_options(run.common, run.workers, run.tasks.limits),
                        process.environment, process.streams);
  if (!plan) return plan;
  SPREAD_TRY(tell_workers(run, process.environment, *plan));
  return plan;
}

int run_pool(PoolCommand& command, Plan& plan, PoolFiles& files, const RunProcess& process,
             int begun) {
  RunOptions& run = command.workers;
  PoolSetup pool;
  pool.command = shell_join(run.workers.command.words);
  pool.socket_name = files.socket_name;
  pool.idle = command.pool.idle;
  pool.max_frame = run.workers.max_frame;
  pool.begun = begun;
  PoolRuns runs(std::move(files.listener), std::move(pool));
  const WorkerSetup setup{run.workers,     &run.tasks,      nullptr, run.common.spill,
                          run.common.ends, process.streams, &runs};
  SchedulerOptions scheduler = scheduler_options(run);
  scheduler.fatal_ends = false;
  scheduler.start_all = true;
  // Each run is bounded by itself: how many tasks another has must not keep its own from being
  // seen.
  scheduler.read_ahead = scheduler.queued_bytes = SIZE_MAX;
  EngineRun engine_run{run.common, scheduler, run.starts, run.history, {ProgressUnit::Tasks, true},
                       {},         {}};
  engine_run.make_mode = [&](Engine& engine) {
    return std::make_unique<WorkerMode>(engine, setup);
  };
  const int status = run_engine(engine_run, plan, process);
  runs.conclude(files.tails.get(), files.log.get());
  return status;
}

/// The one that waits: whether the pool has begun, and what it said until then.
int tell_begun(const Detached& pool, const std::string& name, const PoolFiles& files,
               const Streams& streams) {
  if (pool.has_begun) {
    warn(streams, fmt::format("pool {} runs (pid {})", name, pool.pid));
    return 0;
  }
  if (const auto text = read_file(files.log_name)) static_cast<void>(print(streams.errors, *text));
  return pool.status;
}

Result<int> start(PoolCommand& command, RunProcess process, const ProcessControl& control) {
  RunOptions& run = command.workers;
  run.common.spill.temporary_directory = process.environment.temporary_directory();
  NamedFiles named = files_of(run.common);
  add_files(named, run.workers);
  SPREAD_TRY(claim_descriptors(named));
  if (control.detach == nullptr) return fail("pool start: this process cannot fork");
  SPREAD_TRY(check_pool_name(command.pool.name));
  auto plan = plan_workers(run, process);
  if (!plan) return tl::unexpected(plan.error());
  auto files = make_files(command.pool.name, process);
  if (!files) return tl::unexpected(files.error());
  const auto detached = control.detach(files->log.get());
  if (!detached) return fail("pool start: " + detached.error().message);
  if (!detached->is_child) return tell_begun(*detached, command.pool.name, *files, process.streams);
  process.streams.output = files->tails.get();
  process.streams.terminal = nullptr;
  return run_pool(command, *plan, *files, process, detached->begun);
}

// ---------------------------------------------------------------- status, stop

std::string describe(const std::string& name, const wire::PoolFacts& facts) {
  return name + ": " + describe_pool(facts) + "\n";
}

Result<int> tell_status(const std::string& folder, const std::string& name, Streams streams) {
  if (!name.empty()) {
    const auto pool = call_pool(folder, name, wire::PoolCall::State);
    if (!pool) return tl::unexpected(pool.error());
    SPREAD_TRY(print(streams.output, describe(name, pool->facts)));
    return 0;
  }
  const auto files = names_in(folder);
  if (!files) return tl::unexpected(files.error());
  for (const std::string& each : pools_among(*files)) {
    const auto pool = call_pool(folder, each, wire::PoolCall::State);
    // It has ended just now.
    if (!pool && pool.error().number == ENOENT) continue;
    const bool gone = !pool && pool.error().number == ECONNREFUSED;
    const std::string line = pool   ? describe(each, pool->facts)
                             : gone ? each + ": gone (it was killed)\n"
                                    : pool.error().message + "\n";
    SPREAD_TRY(print(streams.output, line));
  }
  return 0;
}

Result<int> stop(const std::string& folder, const std::string& name, Streams streams) {
  const auto pool = call_pool(folder, name, wire::PoolCall::Stop);
  if (!pool) return tl::unexpected(pool.error());
  if (pool->facts.runs > 0) {
    warn(streams, fmt::format("waiting for {} run{} (again: end what is under way)",
                              pool->facts.runs, pool->facts.runs == 1 ? "" : "s"));
  }
  SPREAD_TRY(
      await_end(*pool, name, [&](std::string_view text) { return print(streams.output, text); }));
  return 0;
}

}  // namespace

int start_pool(PoolCommand command, Environment environment, Streams streams,
               TakeSignals take_signals, const ProcessControl& control) {
  const Result<int> ended = start(command, {environment, streams, take_signals}, control);
  return ended ? *ended : complain(streams, ended.error());
}

int ask_pool(const PoolCommand& command, Environment environment, Streams streams) {
  const auto asked = [&]() -> Result<int> {
    const std::string& name = command.pool.name;
    if (!name.empty()) SPREAD_TRY(check_pool_name(name));
    const auto folder = pool_folder(environment);
    if (!folder) return tl::unexpected(folder.error());
    return command.call == PoolCommand::Call::Stop ? stop(*folder, name, streams)
                                                   : tell_status(*folder, name, streams);
  };
  const Result<int> ended = asked();
  return ended ? *ended : complain(streams, ended.error());
}

// ---------------------------------------------------------------- run --pool

Result<PoolDoor> open_pool(const RunOptions& run, const RunProcess& process) {
  SPREAD_TRY(check_pool_name(run.pool));
  const auto folder = pool_folder(process.environment);
  if (!folder) return tl::unexpected(folder.error());
  auto pool = call_pool(*folder, run.pool, wire::PoolCall::Run);
  if (!pool) return tl::unexpected(pool.error());
  return PoolDoor(std::move(*pool), run.pool);
}

Result<Plan> plan_of_pool(RunOptions& run, const PoolDoor& pool, const RunProcess& process) {
  const std::uint64_t slots = std::max<std::uint64_t>(1, pool.facts().slots);
  run.common.hosts.slots = 1;
  run.workers.command.words = {"pool", run.pool};
  run.history.enabled = false;
  // The limit is that of each worker, and this one is all of them.
  run.tasks.window.bytes *= slots;
  ShardOptions& shards = run.tasks.shards;
  if (shards.any() && !shards.shards && shards.piece == 0) shards.shards = slots;
  auto plan = make_plan(plan_options(run.common, run.workers, run.tasks.limits),
                        process.environment, process.streams);
  if (!plan) return plan;
  plan->host_names.front() = "pool " + run.pool;
  return plan;
}

}  // namespace spread
