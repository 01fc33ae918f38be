// The searches that cut blocks: each as fast as memory, because every byte of the input of
// `spread pipe` may go through one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "spread/api/bytes.h"

namespace spread {

inline constexpr std::size_t kNotFound = SIZE_MAX;

/// Where `needle` (one byte or more) begins for the first, or last, time; kNotFound.
std::size_t find_first(ByteView bytes, ByteView needle);
/// Looks no further to the front than it must.
std::size_t find_last(ByteView bytes, ByteView needle);

std::size_t count_of(ByteView bytes, Byte wanted);

/// Where the `count`-th `wanted` (from 1) stands. kNotFound: there are fewer; `count` then says how
/// many are missing.
std::size_t find_nth(ByteView bytes, Byte wanted, std::size_t& count);

}  // namespace spread
