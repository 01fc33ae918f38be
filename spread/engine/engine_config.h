#pragma once

#include "spread/api/environment.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/core/scheduler.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/signals.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"

namespace spread {

/// What the Engine itself has to know of a run; run/ makes it of a subcommand's options.
struct EngineConfig {
  SchedulerOptions scheduler;
  StartOptions starts;    ///< what starts wait for; their delay is in `scheduler`
  HistoryFile history;    ///< not enabled where nothing is to be learned of hosts
  Duration kill_grace{};  ///< after it, what was to end is killed
};

/// What a run has of the world around it: made before the Engine, and kept for longer.
struct EngineParts {
  Plan& plan;
  Guard& guard;
  EventLoop& loop;
  SignalSet& signals;
  OutputWriter& output;  ///< where results go
  Reporter& reporter;
  Environment environment;
  Streams streams;
};

}  // namespace spread
