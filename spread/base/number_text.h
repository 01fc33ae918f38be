#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "spread/base/byte_buffer.h"

namespace spread {

/// In decimal.
void append_unsigned(std::uint64_t value, ByteBuffer& out);

/// Likewise.
template <std::integral T>
void append_number(T value, ByteBuffer& out) {
  if (value >= 0 && value < 10) return out.push_back(static_cast<Byte>('0' + value));
  if (value > 0) return append_unsigned(static_cast<std::uint64_t>(value), out);
  out.push_back('-');
  // Of the least number, too: in unsigned arithmetic its negative is right.
  append_unsigned(0 - static_cast<std::uint64_t>(value), out);
}

/// As printf's %*.*f: with `decimals` (1 to 6) digits behind the point, and spaces in front up to
/// `width` (at most 20). Times are what it is for: a number of 1e12 or more, or that is none, is
/// written with all its digits by the standard library.
void append_decimals(double value, int decimals, std::size_t width, ByteBuffer& out);

}  // namespace spread
