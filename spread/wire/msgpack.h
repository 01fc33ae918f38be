// msgpack, read and written by hand: no object is built, and no memory is taken for what a worker's
// headers claim. Tokens, what is put, and where a value ends (ValueScanner).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

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

// msgpack, written by hand: what the hot path and the converters put into memory that they have
// made room for. Always the shortest form.

/// The most bytes that a header, an integer or a float takes.
inline constexpr std::size_t kMaxScalarBytes = 9;

inline Byte* put8(Byte* to, std::uint64_t n) {
  *to = static_cast<Byte>(n);
  return to + 1;
}
inline Byte* put16(Byte* to, std::uint64_t n) {
  const std::uint16_t big = __builtin_bswap16(static_cast<std::uint16_t>(n));
  std::memcpy(to, &big, 2);
  return to + 2;
}
inline Byte* put32(Byte* to, std::uint64_t n) {
  const std::uint32_t big = __builtin_bswap32(static_cast<std::uint32_t>(n));
  std::memcpy(to, &big, 4);
  return to + 4;
}
inline Byte* put64(Byte* to, std::uint64_t n) {
  const std::uint64_t big = __builtin_bswap64(n);
  std::memcpy(to, &big, 8);
  return to + 8;
}
static_assert(std::endian::native == std::endian::little, "the swaps above are for this order");

inline Byte* put_unsigned(Byte* to, std::uint64_t n) {
  if (n < 0x80) return put8(to, n);
  if (n <= 0xff) return put8(put8(to, 0xcc), n);
  if (n <= 0xffff) return put16(put8(to, 0xcd), n);
  if (n <= 0xffffffff) return put32(put8(to, 0xce), n);
  return put64(put8(to, 0xcf), n);
}
inline Byte* put_signed(Byte* to, std::int64_t n) {
  const auto bits = static_cast<std::uint64_t>(n);
  if (n >= 0) return put_unsigned(to, bits);
  if (n >= -32) return put8(to, bits);
  if (n >= INT8_MIN) return put8(put8(to, 0xd0), bits);
  if (n >= INT16_MIN) return put16(put8(to, 0xd1), bits);
  if (n >= INT32_MIN) return put32(put8(to, 0xd2), bits);
  return put64(put8(to, 0xd3), bits);
}
inline Byte* put_float64(Byte* to, double x) {
  return put64(put8(to, 0xcb), std::bit_cast<std::uint64_t>(x));
}

// Sizes and counts are below 2^32: the caller has checked that.
inline Byte* put_str_header(Byte* to, std::size_t n) {
  if (n < 32) return put8(to, 0xa0 | n);
  if (n <= 0xff) return put8(put8(to, 0xd9), n);
  if (n <= 0xffff) return put16(put8(to, 0xda), n);
  return put32(put8(to, 0xdb), n);
}
inline Byte* put_bin_header(Byte* to, std::size_t n) {
  if (n <= 0xff) return put8(put8(to, 0xc4), n);
  if (n <= 0xffff) return put16(put8(to, 0xc5), n);
  return put32(put8(to, 0xc6), n);
}
inline Byte* put_array_header(Byte* to, std::size_t n) {
  if (n < 16) return put8(to, 0x90 | n);
  if (n <= 0xffff) return put16(put8(to, 0xdc), n);
  return put32(put8(to, 0xdd), n);
}
inline Byte* put_map_header(Byte* to, std::size_t n) {
  if (n < 16) return put8(to, 0x80 | n);
  if (n <= 0xffff) return put16(put8(to, 0xde), n);
  return put32(put8(to, 0xdf), n);
}
inline Byte* put_ext_header(Byte* to, std::int8_t type, std::size_t n) {
  if (n == 1 || n == 2 || n == 4 || n == 8 || n == 16) {
    to = put8(to, 0xd4u + static_cast<unsigned>(std::countr_zero(n)));
  } else if (n <= 0xff) {
    to = put8(put8(to, 0xc7), n);
  } else if (n <= 0xffff) {
    to = put16(put8(to, 0xc8), n);
  } else {
    to = put32(put8(to, 0xc9), n);
  }
  return put8(to, static_cast<Byte>(type));
}

/// Containers inside containers in one value, the outermost being level 1. What reads a value at
/// the other end is usually recursive.
inline constexpr std::size_t kMaxDepth = 256;

enum class Scan : std::uint8_t {
  Complete,
  NeedMore,
  Invalid,  ///< the byte C1
  TooDeep,
  TooLong,  ///< what its headers claim cannot fit into `max_bytes`
};

/// Finds where a msgpack value ends, without recursion and without looking at more than headers.
/// The scan can be taken up again when more bytes are there, so a value that arrives in many pieces
/// costs what it costs in one.
class ValueScanner {
 public:
  explicit ValueScanner(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// `bytes` begins where it began in the last call, and may be longer.
  Scan advance(ByteView bytes);
  /// Complete: the value's size. Invalid: the place of the byte, counted from 0.
  std::size_t size() const { return at_; }
  /// NeedMore: how many bytes the value has at least.
  std::size_t wanted() const { return wanted_; }
  void reset() {
    at_ = 0;
    pending_ = 1;
    depth_ = 0;
  }

 private:
  Scan need_more(std::size_t wanted) {
    wanted_ = wanted;
    return Scan::NeedMore;
  }
  Scan open(std::uint64_t children);
  void close_finished();

  std::size_t max_bytes_;
  std::size_t at_ = 0;
  std::size_t wanted_ = 1;
  /// Values that are still to come, each of at least one byte: this is how a header that claims
  /// 4 Gi elements is refused at once.
  std::uint64_t pending_ = 1;
  std::size_t depth_ = 0;
  /// Elements to come in each open container; set when it is opened.
  std::array<std::uint64_t, kMaxDepth> open_;
};

/// How a scan went, as the end of a sentence: "nests deeper than 256". `place` is that of the
/// invalid byte, in whatever the reader of the message counts from.
std::string describe(Scan scan, std::size_t place);

struct Skipped {
  Scan scan = Scan::Complete;
  /// Behind the value; Invalid: the byte itself.
  const Byte* at = nullptr;
  bool ok() const { return scan == Scan::Complete; }
};
/// Steps over the value at `at`, which must end at or before `end` (TooLong if it does not).
Skipped skip_value(const Byte* at, const Byte* end);

}  // namespace spread::wire
