#pragma once

#include "spread/api/options.h"
#include "spread/api/result.h"

namespace spread {

/// An Error if a file that is to be written is one of those that are to be read: it would be empty,
/// or never end. Asked before anything is opened.
Status check_overwritten_input(const Options& options);

}  // namespace spread
