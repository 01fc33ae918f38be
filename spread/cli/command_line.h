#pragma once

#include "spread/api/environment.h"
#include "spread/api/process_control.h"
#include "spread/run/run.h"

namespace spread::cli {

/// All of spread but its process: does what argv asks for, and returns the exit status. What went
/// wrong has been told on stderr. All that is given must stay as it is until it returns.
int run_command_line(int argc, const char* const* argv, Environment environment, Streams streams,
                     TakeSignals take_signals, const ProcessControl& control = {});

}  // namespace spread::cli
