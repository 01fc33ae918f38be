#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>

#include "spread/base/byte_buffer.h"

namespace spread {

/// In decimal.
template <std::integral T>
void append_number(T value, ByteBuffer& out) {
  constexpr std::size_t kDigitsMax = 20;
  char* const begin = reinterpret_cast<char*>(out.prepare(kDigitsMax));
  const char* const end = std::to_chars(begin, begin + kDigitsMax, value).ptr;
  out.commit(static_cast<std::size_t>(end - begin));
}

/// As printf's %*.*f: with `decimals` (1 to 6) digits behind the point, and spaces in front up to
/// `width` (at most 20). Times are what it is for: a number of 1e12 or more, or that is none, is
/// written with all its digits by the standard library.
void append_decimals(double value, int decimals, std::size_t width, ByteBuffer& out);

}  // namespace spread
