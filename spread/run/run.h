#pragma once

#include "spread/api/options.h"
#include "spread/api/result.h"
#include "spread/io/signals.h"

namespace spread {

using TakeSignals = Result<SignalSet> (*)();

/// Does what `options` ask for, whichever subcommand it is, and returns the exit status (docs: 0
/// all succeeded, 1-100 so many failed, 101 more, 255 an error of spread itself, 128+n ended by
/// signal n). What went wrong has been told on stderr.
///
/// `take_signals` is called once, when a run has been planned and begins; until then signals do to
/// this process what they did before.
int run(Options options, TakeSignals take_signals);

}  // namespace spread
