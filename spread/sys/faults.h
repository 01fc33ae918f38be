// One system call of the real program that fails, so that tests see what comes of it. This is
// nothing unless SPREAD_FAULTS is defined, as it is for a program of the tests alone
// (tests/CMakeLists.txt). There the variable SPREAD_FAULTS is "POINT:KIND:FILE": of the
// calls that can fail in any way (fault_kinds.h) the first from number POINT on that can in this
// way does, and FILE gets a line that says so.
#pragma once

#include <cstddef>

#include "spread/sys/fault_kinds.h"

namespace spread::sys {

#ifdef SPREAD_FAULTS
/// Counts the call, which is made on `fd`, if on any; errno says how it is to fail.
bool fails(Call call, int fd = -1);
/// How much of `size` the call that was counted last, by this thread, is to move.
std::size_t shorten(std::size_t size);
#else
constexpr bool fails(Call, int = -1) { return false; }
constexpr std::size_t shorten(std::size_t size) { return size; }
#endif

}  // namespace spread::sys
