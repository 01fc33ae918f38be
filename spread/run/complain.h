#pragma once

#include <string_view>

#include "spread/api/result.h"

namespace spread {

/// Tells `error` on stderr, in a line that is safe for a terminal; returns kOwnError.
int complain(const Error& error);
/// The same of what is no reason to end.
void warn(std::string_view message);

}  // namespace spread
