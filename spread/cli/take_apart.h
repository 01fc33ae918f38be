#pragma once

#include "spread/options/options.h"
#include "spread/run/subcommand_options.h"

namespace spread::cli {

/// The options of the one subcommand that was asked for, out of those of all of them.
SubcommandOptions take_apart(Options options);

}  // namespace spread::cli
