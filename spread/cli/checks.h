#pragma once

#include "spread/api/result.h"
#include "spread/options/option_table.h"

namespace spread::cli {

/// What no single option can know: which exclude each other, what is missing, and the defaults that
/// depend on other options. The draft's command and input groups must be in place.
Status complete(Draft& draft);

}  // namespace spread::cli
