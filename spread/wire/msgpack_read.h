// msgpack, read by hand: no object is built, and no memory is taken for what a worker's headers
// claim.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "spread/api/bytes.h"

namespace spread::wire {

inline std::uint16_t load16(const Byte* at) {
  std::uint16_t big;
  std::memcpy(&big, at, 2);
  return __builtin_bswap16(big);
}
inline std::uint32_t load32(const Byte* at) {
  std::uint32_t big;
  std::memcpy(&big, at, 4);
  return __builtin_bswap32(big);
}
inline std::uint64_t load64(const Byte* at) {
  std::uint64_t big;
  std::memcpy(&big, at, 8);
  return __builtin_bswap64(big);
}

namespace detail {
constexpr std::array<Byte, 256> make_fixed_sizes() {
  std::array<Byte, 256> sizes{};
  const auto set = [&sizes](int first, int last, int size) {
    for (int i = first; i <= last; ++i) {
      sizes[static_cast<std::size_t>(i)] = static_cast<Byte>(size);
    }
  };
  set(0x00, 0x7f, 1);
  for (int i = 0xa0; i <= 0xbf; ++i) set(i, i, 1 + (i & 31));
  set(0xc0, 0xc0, 1), set(0xc2, 0xc3, 1);
  set(0xca, 0xca, 5), set(0xcb, 0xcb, 9);
  set(0xcc, 0xcc, 2), set(0xcd, 0xcd, 3), set(0xce, 0xce, 5), set(0xcf, 0xcf, 9);
  set(0xd0, 0xd0, 2), set(0xd1, 0xd1, 3), set(0xd2, 0xd2, 5), set(0xd3, 0xd3, 9);
  set(0xd4, 0xd4, 3), set(0xd5, 0xd5, 4), set(0xd6, 0xd6, 6), set(0xd7, 0xd7, 10);
  set(0xd8, 0xd8, 18);
  set(0xe0, 0xff, 1);
  return sizes;
}
}  // namespace detail

/// By its first byte, the size of a value that has neither children nor a length field; 0 for the
/// others and for C1.
inline constexpr std::array<Byte, 256> kFixedSize = detail::make_fixed_sizes();

enum class TokenType : std::uint8_t {
  None,  ///< cut off, or the byte C1 that begins nothing
  Nil,
  Bool,
  Unsigned,  ///< `number`; any integer >= 0 in whatever encoding
  Negative,  ///< `number` holds its two's complement
  Float32,   ///< `real`, exactly
  Float64,   ///< `real`
  Str,
  Bin,    ///< `bytes`
  Ext,    ///< `bytes`, and the type in `number` (two's complement)
  Array,  ///< `number` elements follow
  Map,    ///< `number` pairs follow
};

struct Token {
  TokenType type = TokenType::None;
  std::uint64_t number = 0;
  double real = 0;
  ByteView bytes;

  bool is_text() const { return type == TokenType::Str || type == TokenType::Bin; }
  bool is_number() const { return type >= TokenType::Unsigned && type <= TokenType::Float64; }
  std::int64_t negative() const { return static_cast<std::int64_t>(number); }
  /// Of a number, as well as a double can say it.
  double as_double() const;
};

/// Reads one scalar, or the header of an array or map, and moves `at` behind it. Never looks at or
/// beyond `end`; after None, `at` is unchanged.
Token next_token(const Byte*& at, const Byte* end);

}  // namespace spread::wire
