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
#include "spread/relay/relay.h"
#include "spread/run/engine_run.h"

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

Result<Plan> plan_of(RelayOptions& relay, const RelayMaster& master, const RunProcess& process) {
  PlanOptions wanted;
  wanted.hosts = relay.hosts;
  wanted.lists = relay.lists;
  wanted.command = relay.command;
  wanted.limits = relay.limits;
  wanted.wire = master.wire;
  wanted.max_frame = relay.max_frame;
  wanted.kill_grace = relay.ends.kill_grace;
  auto plan = make_plan(std::move(wanted), process.environment, process.streams);
  if (!plan) return plan;
  for (const std::string& warning : plan->roster.warnings) warn(process.streams, warning);
  SPREAD_TRY(ask_for_slots(*plan, process));
  SPREAD_TRY(fit_descriptors(*plan, process.streams));
  // What its master has told the relay is not meant for its workers: of them, the frames tell.
  plan->features = plan->max_rss = plan->chunk = "";
  return plan;
}

}  // namespace

Result<int> run_relay(RelayOptions& relay, const RunProcess& process) {
  NamedFiles files;
  for (const std::string& name : relay.hosts.slf_files) files.emplace_back("--slf", name);
  for (const std::string& name : relay.lists.files) files.emplace_back("--args-file", name);
  SPREAD_TRY(claim_descriptors(files));
  const auto master = relay_master(process.environment);
  if (!master) return tl::unexpected(master.error());
  if (!master->knows_relays) {
    return fail(
        "relay: there is no master that knows relays (SPREAD_FEATURES has no word relay), and this "
        "relay cannot schedule by itself");
  }
  if (relay.wire && *relay.wire != master->wire) {
    return fail(fmt::format("relay: --wire {}: its master speaks {} with the workers, through it",
                            name_of(*relay.wire), name_of(master->wire)));
  }
  auto plan = plan_of(relay, *master, process);
  if (!plan) return tl::unexpected(plan.error());
  auto signals = process.take_signals();
  if (!signals) return tl::unexpected(signals.error());
  auto guard = Guard::start(relay.ends.kill_grace, relay.temporary_directory);
  if (!guard) return tl::unexpected(guard.error());
  if (!guard->missing().empty()) warn(process.streams, guard->missing());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  SPREAD_TRY(signals->block());
  Spawner spawner(process.environment, process.streams, &*guard, &*loop);
  spawner.give_descriptor_limit(plan->descriptor_limit);
  auto out = open_output(process.streams.output);
  if (!out) return tl::unexpected(out.error());
  for (const int fd : {process.streams.input, process.streams.output}) {
    if (is_pipe(fd)) grow_pipe(fd, kLargePipe);
  }
  OutputWriter output(*loop, std::move(*out));
  Relay worker_of_workers({*plan, *master, relay.ends, relay.max_frame, *loop, spawner, *signals,
                           process.streams.input, output});
  return worker_of_workers.execute();
}

}  // namespace spread
