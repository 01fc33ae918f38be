#pragma once

#include "spread/api/result.h"
#include "spread/options/option_table.h"

namespace spread::cli {

/// As complete() in take_apart.h, for what only map has; called by it.
Status complete_map(Draft& draft);

/// A record holds the whole output of its job, which spread must read for that: refuses the options
/// that --out records excludes, in map and pipe.
Status check_records(const Draft& draft);

}  // namespace spread::cli
