// msgpack, written by hand: what the hot path and the converters put into memory that they have
// made room for. Always the shortest form.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "spread/api/bytes.h"

namespace spread::wire {

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

}  // namespace spread::wire
