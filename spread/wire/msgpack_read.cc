#include "spread/wire/msgpack_read.h"

#include <bit>

namespace spread::wire {
namespace {

Token make(TokenType type, std::uint64_t number) {
  Token token;
  token.type = type;
  token.number = number;
  return token;
}
Token make_signed(std::int64_t number) {
  return make(number < 0 ? TokenType::Negative : TokenType::Unsigned,
              static_cast<std::uint64_t>(number));
}
Token make_real(TokenType type, double real) {
  Token token;
  token.type = type;
  token.real = real;
  return token;
}

/// Big-endian, of 1, 2, 4 or 8 bytes.
std::uint64_t load(const Byte* at, std::size_t width) {
  switch (width) {
    case 1: return *at;
    case 2: return load16(at);
    case 4: return load32(at);
    default: return load64(at);
  }
}
std::int64_t load_signed(const Byte* at, std::size_t width) {
  const auto shift = static_cast<int>(64 - 8 * width);
  return static_cast<std::int64_t>(load(at, width) << shift) >> shift;
}

/// Everything with a payload: a length field of `width` bytes at `at` or, with width 0, the length
/// `fixed`; an ext has its type between length and bytes.
Token sized(TokenType type, const Byte*& at, const Byte* end, std::size_t width,
            std::size_t fixed) {
  const auto left = static_cast<std::size_t>(end - at);
  const std::size_t header = 1 + width + (type == TokenType::Ext ? 1 : 0);
  if (left < header) return {};
  const std::uint64_t length = width == 0 ? fixed : load(at + 1, width);
  if (left - header < length) return {};
  Token token;
  token.type = type;
  if (type == TokenType::Ext) {
    token.number = static_cast<std::uint64_t>(static_cast<std::int8_t>(at[header - 1]));
  }
  token.bytes = {at + header, static_cast<std::size_t>(length)};
  at += header + length;
  return token;
}

/// The forms whose first byte says everything but the number, C0..DF without str, bin and ext.
Token wide(const Byte* at, std::size_t size) {
  const Byte first = at[0];
  switch (first) {
    case 0xc0: return make(TokenType::Nil, 0);
    case 0xc2: return make(TokenType::Bool, 0);
    case 0xc3: return make(TokenType::Bool, 1);
    case 0xca: return make_real(TokenType::Float32, std::bit_cast<float>(load32(at + 1)));
    case 0xcb: return make_real(TokenType::Float64, std::bit_cast<double>(load64(at + 1)));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: return make(TokenType::Unsigned, load(at + 1, size - 1));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: return make_signed(load_signed(at + 1, size - 1));
    case 0xdc:
    case 0xdd: return make(TokenType::Array, load(at + 1, size - 1));
    case 0xde:
    case 0xdf: return make(TokenType::Map, load(at + 1, size - 1));
    default: return {};
  }
}

}  // namespace

double Token::as_double() const {
  if (type == TokenType::Unsigned) return static_cast<double>(number);
  if (type == TokenType::Negative) return static_cast<double>(negative());
  return real;
}

Token next_token(const Byte*& at, const Byte* end) {
  if (at == end) return {};
  const Byte first = *at;
  if (first < 0x80) return ++at, make(TokenType::Unsigned, first);
  if (first < 0x90) return ++at, make(TokenType::Map, first & 15u);
  if (first < 0xa0) return ++at, make(TokenType::Array, first & 15u);
  if (first < 0xc0) return sized(TokenType::Str, at, end, 0, first & 31u);
  if (first >= 0xe0) return ++at, make_signed(static_cast<std::int8_t>(first));
  switch (first) {
    case 0xc4:
    case 0xc5:
    case 0xc6: return sized(TokenType::Bin, at, end, 1u << (first - 0xc4), 0);
    case 0xc7:
    case 0xc8:
    case 0xc9: return sized(TokenType::Ext, at, end, 1u << (first - 0xc7), 0);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return sized(TokenType::Ext, at, end, 0, std::size_t{1} << (first - 0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb: return sized(TokenType::Str, at, end, 1u << (first - 0xd9), 0);
    default: break;
  }
  // DC..DF: a count of 2 or 4 bytes.
  const std::size_t size = first >= 0xdc ? ((first & 1) != 0 ? 5 : 3) : kFixedSize[first];
  if (size == 0 || static_cast<std::size_t>(end - at) < size) return {};
  const Token token = wide(at, size);
  at += size;
  return token;
}

}  // namespace spread::wire
