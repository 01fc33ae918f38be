#pragma once

#include <cstddef>
#include <string>

#include "spread/api/result.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// Memory that another process can map by its descriptor: a memfd, or, where that is forbidden, a
/// file in `directory` that has no name any more and all of its blocks.
Result<UniqueFd> open_shared_memory(std::size_t size, const std::string& directory);

/// Starts guard_program() in a session of its own, with `pipe` and `table` as its only descriptors.
/// From a memfd; or, where that is forbidden, from a file in `directory`, which is gone when this
/// returns. Returns its pid.
Result<int> start_guard_program(int pipe, int table, const std::string& directory);

}  // namespace spread
