// `spread pool`, and what `run --pool` needs of a pool (docs/pool.md).
#pragma once

#include "spread/api/environment.h"
#include "spread/api/process_control.h"
#include "spread/pool/pool_door.h"
#include "spread/run/engine_run.h"
#include "spread/run/subcommand_options.h"

namespace spread {

/// `spread pool start`: the exit status, in the process that has started it, and in the pool
/// itself.
int start_pool(PoolCommand command, Environment environment, Streams streams,
               TakeSignals take_signals, const ProcessControl& control);
/// `spread pool status` and `spread pool stop`: the exit status.
int ask_pool(const PoolCommand& command, Environment environment, Streams streams);

/// A connection to the pool whose workers are those of `run`, and a plan of one worker that is all
/// of these.
Result<PoolDoor> open_pool(const RunOptions& run, const RunProcess& process);
Result<Plan> plan_of_pool(RunOptions& run, const PoolDoor& pool, const RunProcess& process);

}  // namespace spread
