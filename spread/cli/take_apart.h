#pragma once

#include "spread/api/result.h"
#include "spread/options/option_table.h"
#include "spread/options/options.h"
#include "spread/run/subcommand_options.h"

namespace spread::cli {

/// The options of the one subcommand that was asked for, out of those of all of them.
SubcommandOptions take_apart(Options options);

/// What no single option can know: which exclude each other, what is missing, and the defaults that
/// depend on other options. The draft's command and input groups must be in place.
Status complete(Draft& draft);

}  // namespace spread::cli
