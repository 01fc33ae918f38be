#include "spread/run/run.h"

#include <cstdio>
#include <utility>

#include "spread/base/posix.h"
#include "spread/base/printable.h"
#include "spread/io/guard.h"
#include "spread/io/system.h"
#include "spread/report/human.h"
#include "spread/run/complain.h"
#include "spread/run/engine.h"
#include "spread/io/init.h"
#include "spread/run/exit_code.h"
#include "spread/run/hosts.h"
#include "spread/run/job_dry_run.h"
#include "spread/run/plan.h"
#include "spread/run/run_history.h"

namespace spread {
namespace {

int run_engine(const Options& options) {
  // First, while this process is still small.
  auto guard = Guard::start(options.limits.kill_grace);
  if (!guard) return complain(guard.error());
  auto plan = make_plan(options);
  if (!plan) return complain(plan.error());
  if (options.report.dry_run && options.command == Command::Map) {
    const Status printed = print_commands(options, std::max(1u, plan->workers()));
    return printed ? 0 : complain(printed.error());
  }
  if (options.report.dry_run) {
    std::string text = describe_plan(*plan, options);
    if (is_terminal(1)) text = printable(text);
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (written && std::fflush(stdout) == 0) return 0;
    return complain(errno_error("cannot write to standard output"));
  }
  auto engine = Engine::create(options, std::move(*plan), std::move(*guard));
  if (!engine) return complain(engine.error());
  return (*engine)->execute();
}

}  // namespace

int run(const Options& options) {
  ensure_standard_descriptors();
  switch (options.command) {
    case Command::Run:
    case Command::All:
    case Command::Map:
    case Command::Pipe: return run_engine(options);
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
  if (const auto status = stand_in_for_init()) return *status;
