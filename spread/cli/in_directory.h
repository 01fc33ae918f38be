#pragma once

#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/process_control.h"
#include "spread/options/options.h"
#include "spread/run/run.h"

namespace spread::cli {

/// A run with --dir, or --detach: made, started or gone on with (docs/run-directories.md). `words`
/// are those of the command line, without the program's name. The exit status; what went wrong has
/// been told.
int run_in_directory(std::vector<std::string> words, Options options, Environment environment,
                     Streams streams, TakeSignals take_signals, const ProcessControl& control);

}  // namespace spread::cli
