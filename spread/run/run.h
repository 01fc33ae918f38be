#pragma once

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/streams.h"
#include "spread/io/signals.h"
#include "spread/run/subcommand_options.h"

namespace spread {

using TakeSignals = Result<SignalSet> (*)();

/// Does what `options` ask for, whichever subcommand it is, in this process, and returns the exit
/// status (docs: 0 all succeeded, 1-100 so many failed, 101 more, 255 an error of spread itself,
/// 128+n ended by signal n). What went wrong has been told on stderr.
///
/// `take_signals` is called once, when a run has been planned and begins; until then signals do to
/// this process what they did before.
int run(SubcommandOptions options, Environment environment, Streams streams,
        TakeSignals take_signals);

}  // namespace spread
