// LEB128 integers, as records of the journal have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"

namespace spread {

/// The most bytes of one.
inline constexpr std::size_t kVarBytes = 10;

/// Returns what is behind it.
inline Byte* put_var(Byte* to, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) *to++ = static_cast<Byte>(n | 0x80);
  *to = static_cast<Byte>(n);
  return to + 1;
}
inline Byte* put_signed_var(Byte* to, std::int64_t n) {
  return put_var(to, (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63));
}

inline void append_var(std::uint64_t n, ByteBuffer& out) {
  Byte* const begin = out.prepare(kVarBytes);
  out.commit(static_cast<std::size_t>(put_var(begin, n) - begin));
}

/// Takes one from the front of `bytes`; nothing, and `bytes` as they were, where there is none.
inline std::optional<std::uint64_t> take_var(ByteView& bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < bytes.size() && i < kVarBytes; ++i) {
    const Byte byte = bytes[i];
    if (i + 1 == kVarBytes && byte > 1) return std::nullopt;  // above 2^64
    n |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    bytes = bytes.subspan(i + 1);
    return n;
  }
  return std::nullopt;
}
inline std::optional<std::int64_t> take_signed_var(ByteView& bytes) {
  const auto n = take_var(bytes);
  if (!n) return std::nullopt;
  return static_cast<std::int64_t>((*n >> 1) ^ (~(*n & 1) + 1));
}

}  // namespace spread
