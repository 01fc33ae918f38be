// `spread check`: what is around the checks.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/check/checker.h"
#include "spread/engine/plan.h"
#include "spread/io/guard.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/run/engine_run.h"

namespace spread {
namespace {

constexpr int kFailed = 1;
constexpr int kBySignal = 128;
constexpr std::size_t kLineBytes = 1000;

std::string line_of(std::string_view name, const check::Finding& finding) {
  using Kind = check::Finding::Kind;
  const std::string_view word = finding.kind == Kind::Pass   ? "pass"
                                : finding.kind == Kind::Fail ? "FAIL"
                                                             : "n/a";
  std::string text =
      fmt::format("{:<4}  {:<20}  {}\n", word, name, printable_line(finding.what, kLineBytes));
  if (!finding.advice.empty()) text += fmt::format("{:<28}-> {}\n", "", finding.advice);
  return text;
}

Result<int> check_all(const CheckOptions& check, Plan& plan, const RunProcess& process) {
  auto signals = process.take_signals();
  if (!signals) return tl::unexpected(signals.error());
  auto guard = Guard::start(check.kill_grace, check.temporary_directory);
  if (!guard) return tl::unexpected(guard.error());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  SPREAD_TRY(signals->block());
  Spawner spawner(process.environment, process.streams, &*guard, &*loop);
  check::Subject subject;
  subject.wire = check.workers.wire;
  subject.pickle = check.workers.pickle;
  subject.max_frame = check.workers.max_frame;
  auto task = json_argument("--task", check.task);
  if (!task) return tl::unexpected(task.error());
  subject.task = std::move(*task);
  subject.limit = check.limit;
  subject.kill_grace = check.kill_grace;
  subject.third = check.third;
  std::size_t failed = 0;
  Status printed;
  for (std::uint32_t i = 0; i < plan.workers(); ++i) {
    const WorkerId worker{i};
    check::Bench bench(plan, worker, subject, *loop, spawner, *signals, process.streams.output);
    printed = print(process.streams.output,
                    fmt::format("{}{}, on {}:\n", i == 0 ? "" : "\n",
                                printable_line(plan.roster.slots[i].command, kLineBytes),
                                printable_line(plan.host_names[i], kLineBytes)));
    if (!printed) break;
    const auto tell = [&](std::string_view name, const check::Finding& finding) {
      printed = print(process.streams.output, line_of(name, finding));
      if (!printed) bench.stop();
    };
    const check::Totals totals = check::check_worker(bench, tell);
    failed += totals.failed;
    if (bench.signal() != 0) return kBySignal + bench.signal();
    if (!printed) break;
    // Where it was stopped since its reader is gone, this says so.
    printed = print(process.streams.output,
                    fmt::format("{} checks: {} passed, {} failed, {} not applicable\n",
                                totals.all(), totals.passed, totals.failed, totals.not_applicable));
    if (!printed) break;
  }
  if (!printed) return tl::unexpected(printed.error());
  return failed > 0 ? kFailed : 0;
}

}  // namespace

Result<int> run_checks(CheckOptions& check, const RunProcess& process) {
  NamedFiles files;
  for (const std::string& name : check.hosts.slf_files) files.emplace_back("--slf", name);
  add_files(files, check.workers);
  SPREAD_TRY(claim_descriptors(files));
  PlanOptions wanted;
  wanted.hosts = check.hosts;
  wanted.lists = check.workers.lists;
  wanted.command = check.workers.command;
  wanted.prep = check.workers.prep;
  wanted.records = check.workers.records;
  wanted.wire = check.workers.wire;
  wanted.pickle = check.workers.pickle;
  wanted.max_frame = check.workers.max_frame;
  wanted.kill_grace = check.kill_grace;
  auto plan = make_plan(std::move(wanted), process.environment, process.streams);
  if (!plan) return tl::unexpected(plan.error());
  plan->features = has_messages(check.workers.wire) ? kFeatures : "";
  return check_all(check, *plan, process);
}

}  // namespace spread
