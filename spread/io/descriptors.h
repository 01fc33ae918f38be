#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// The descriptors above 2 that our caller opened for whoever is started here (`3>>log`, `<(...)`,
/// make's jobserver): those that are not close-on-exec, which all of ours are from the call on that
/// makes them.
std::vector<int> inherited_descriptors();

/// Which descriptor of ours the name of a file stands for: "fd:4", "/dev/fd/4", "/proc/self/fd/4",
/// "/dev/stdin", "/dev/stdout", "/dev/stderr".
std::optional<int> named_descriptor(std::string_view name);
/// It is there, and is ours alone from now on, if it is above 2: no child has it.
Status claim_descriptor(int fd);

}  // namespace spread
