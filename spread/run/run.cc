#include "spread/run/run.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/base/posix.h"
#include "spread/base/printable.h"
#include "spread/engine/engine.h"
#include "spread/engine/plan.h"
#include "spread/engine/run_history.h"
#include "spread/input/job_retry.h"
#include "spread/input/overwritten_input.h"
#include "spread/io/descriptors.h"
#include "spread/io/guard.h"
#include "spread/io/system.h"
#include "spread/jobs/filter_mode.h"
#include "spread/jobs/job_mode.h"
#include "spread/output/complain.h"
#include "spread/report/exit_code.h"
#include "spread/report/readable.h"
#include "spread/run/hosts.h"
#include "spread/run/job_dry_run.h"
#include "spread/tasks/worker_mode.h"

namespace spread {
namespace {

/// Checks the descriptors that options name before spread opens others, which might get these
/// numbers; and keeps them from children.
Status claim_descriptors(const Options& options) {
  std::vector<std::pair<std::string_view, std::string_view>> names;
  const auto add = [&](std::string_view option, const auto& values) {
    for (const std::string& value : values) names.emplace_back(option, value);
  };
  names.emplace_back("--events", options.report.events);
  names.emplace_back("--joblog", options.report.joblog);
  names.emplace_back("-j", options.map.jobs_file);
  add("-a", options.input.files);
  add("--slf", options.hosts.slf_files);
  add("--args-file", options.hosts.args_files);
  for (const InputOptions::Group& group : options.input.groups) {
    if (group.from_file) add("::::", group.words);
  }
  for (const PrepItem& item : options.prep) {
    if (item.kind == PrepItem::Kind::File) names.emplace_back("--prep-file", item.text);
  }
  for (const auto& [option, name] : names) {
    const auto fd = named_descriptor(name);
    if (!fd) continue;
    if (const Status claimed = claim_descriptor(*fd); !claimed) {
      return fail(std::string(option) + ' ' + std::string(name) + ": " + claimed.error().message);
    }
  }
  return {};
}

/// $TMPDIR, else /tmp.
std::string temporary_directory(const Environment& environment) {
  const char* named = environment.get("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

std::unique_ptr<RunMode> make_mode(Engine& engine) {
  const Options& options = engine.options();
  if (options.command == Command::Pipe && options.pipe.round_robin) {
    return std::make_unique<FilterMode>(engine);
  }
  if (is_jobs(options.command)) return std::make_unique<JobMode>(engine);
  return std::make_unique<WorkerMode>(engine);
}

int run_engine(const Options& options, TakeSignals take_signals) {
  const auto tell = [&](const Error& error) { return complain(error, options.report.speaker); };
  if (const Status claimed = claim_descriptors(options); !claimed) return tell(claimed.error());
  auto plan = make_plan(options);
  if (!plan) return tell(plan.error());
  if (options.report.dry_run && options.command == Command::Map) {
    const Status printed = print_commands(options, std::max(1u, plan->workers()));
    return printed ? 0 : tell(printed.error());
  }
  if (options.report.dry_run) {
    std::string text = describe_plan(*plan, options);
    if (is_terminal(options.streams.output)) text = printable(text);
    const Status printed = print(options.streams.output, text);
    return printed ? 0 : tell(printed.error());
  }
  if (const Status there = check_retried_joblog(options); !there) return tell(there.error());
  if (const Status apart = check_overwritten_input(options); !apart) return tell(apart.error());
  // Before the guard, whose memory is a file: where that may not grow (ulimit -f), it is an error.
  auto signals = take_signals();
  if (!signals) return tell(signals.error());
  auto guard = Guard::start(options.limits.kill_grace, options.limits.temporary_directory);
  if (!guard) return tell(guard.error());
  if (!guard->missing().empty()) warn(guard->missing(), options.report.speaker);
  auto engine =
      Engine::create(options, std::move(*plan), std::move(*guard), std::move(*signals), make_mode);
  if (!engine) return tell(engine.error());
  return (*engine)->execute();
}

}  // namespace

int run(Options options, TakeSignals take_signals) {
  options.limits.temporary_directory = temporary_directory(options.environment);
  switch (options.command) {
    case Command::Run:
    case Command::All:
    case Command::Map:
    case Command::Pipe: {
      const int code = run_engine(options, take_signals);
      constexpr int kXargsOwnError = 1;
      return options.map.xargs && code == kOwnError ? kXargsOwnError : code;
    }
    case Command::Hosts: {
      auto plan = make_plan(options);
      return plan ? show_hosts(options, std::move(*plan)) : complain(plan.error());
    }
    case Command::HistoryShow: return show_history(options);
    case Command::HistoryReset: return reset_history(options);
  }
  return kOwnError;
}

}  // namespace spread
