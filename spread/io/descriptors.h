#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// The descriptors above 2 that spread's caller opened for the processes started here (`3>>log`,
/// `<(...)`, make's jobserver): those that are not close-on-exec. All descriptors of spread are
/// close-on-exec from the call on that makes them.
std::vector<int> inherited_descriptors();

/// Which descriptor of spread the name of a file stands for: "fd:4", "/dev/fd/4",
/// "/proc/self/fd/4", "/dev/stdin", "/dev/stdout", "/dev/stderr".
std::optional<int> named_descriptor(std::string_view name);
/// Checks that it is open; if it is above 2, makes it close-on-exec, so that no child has it.
Status claim_descriptor(int fd);

}  // namespace spread
