#pragma once

#include "spread/api/options.h"

namespace spread {

/// Does what `options` ask for, whichever subcommand it is, and returns the exit status (docs: 0
/// all succeeded, 1-100 so many failed, 101 more, 255 our own error, 128+n ended by signal n). What
/// went wrong has been told on stderr.
int run(Options options);

}  // namespace spread
