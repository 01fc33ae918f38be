#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "spread/api/bytes.h"

namespace spread {

/// How many bytes at the front of `bytes` are well-formed UTF-8 (Unicode table 3-7: no overlong
/// forms, no surrogates, nothing above U+10FFFF). A sequence that is cut off at the end is not.
std::size_t utf8_prefix(ByteView bytes);

/// True if every byte is below 80. Inline: it is asked for every line of input.
inline bool is_ascii(ByteView bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  const Byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t word = 0;
  if (left < 8) {
    Byte all = 0;
    for (; left > 0; --left) all = static_cast<Byte>(all | *at++);
    return all < 0x80;
  }
  for (; left > 8; left -= 8, at += 8) {
    std::memcpy(&word, at, 8);
    if ((word & kHighBits) != 0) return false;
  }
  // The last eight, some of them for the second time: no loop over single bytes.
  std::memcpy(&word, at + left - 8, 8);
  return (word & kHighBits) == 0;
}

inline bool is_utf8(ByteView bytes) {
  return is_ascii(bytes) || utf8_prefix(bytes) == bytes.size();
}

/// Writes a code point (at most 10FFFF, no surrogate) to `to`, which has room for 4 bytes; returns
/// its length.
std::size_t encode_utf8(std::uint32_t code_point, Byte* to);

}  // namespace spread
