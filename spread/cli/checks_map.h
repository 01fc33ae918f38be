#pragma once

#include "spread/api/result.h"
#include "spread/cli/option_table.h"

namespace spread::cli {

/// As complete() in checks.h, for what only map has; called by it.
Status complete_map(Draft& draft);

}  // namespace spread::cli
