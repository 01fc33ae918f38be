#pragma once

#include "spread/core/scheduler.h"
#include "spread/run/subcommand_options.h"

namespace spread {

// What the Scheduler is to know of each subcommand.
SchedulerOptions scheduler_options(const RunOptions& run);
SchedulerOptions scheduler_options(const AllOptions& all);
SchedulerOptions scheduler_options(const MapOptions& map);
SchedulerOptions scheduler_options(const PipeOptions& pipe);

}  // namespace spread
