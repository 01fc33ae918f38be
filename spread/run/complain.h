#pragma once

#include "spread/api/result.h"

namespace spread {

/// Tells `error` on stderr, in a line that is safe for a terminal; returns kOwnError.
int complain(const Error& error);

}  // namespace spread
