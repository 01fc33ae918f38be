#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "spread/api/result.h"

namespace spread {

/// Gives `take` the lines of a joblog, without their newlines, until it returns an Error. A last
/// line without one was cut off, and is none. `name` as --joblog has it: a file, fd:N.
Status read_joblog(const std::string& name, const std::function<Status(std::string_view)>& take);

}  // namespace spread
