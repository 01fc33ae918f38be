#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "spread/api/result.h"

namespace spread {

/// Resident bytes of all processes of this machine, added up for each process group. What two of
/// them share is counted twice. One look at all of /proc: some 10 us for each process.
using GroupMemory = std::map<int, std::uint64_t>;
Result<GroupMemory> resident_memory();

/// Adds a line of /proc/PID/stat; what is none is left out.
void add_process(std::string_view stat, std::uint64_t page_bytes, GroupMemory& memory);

}  // namespace spread
