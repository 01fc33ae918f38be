#pragma once

#include "spread/api/environment.h"
#include "spread/api/streams.h"
#include "spread/run/subcommand_options.h"

namespace spread {

/// `spread history show|reset`: the exit status.
int show_or_reset_history(const HistoryOptions& options, Environment environment, Streams streams);

}  // namespace spread
