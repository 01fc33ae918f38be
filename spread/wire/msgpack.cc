#include "spread/wire/msgpack.h"

#include <bit>

#include <fmt/format.h>

#include "spread/wire/json.h"

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

namespace {

/// What the header of a value with a length field or with children says.
struct Header {
  std::size_t size = 0;  ///< bytes that the header needs; 0 for C1
  std::uint64_t bytes = 0;
  std::uint64_t children = 0;
  bool container = false;
};

/// Reads as much as is there: with fewer than `size` bytes left, only `size` is good.
Header read_header(const Byte* at, std::size_t left) {
  const Byte first = at[0];
  if (first < 0x90) return {1, 0, 2 * (first & 15u), true};
  if (first < 0xa0) return {1, 0, first & 15u, true};
  Header header;
  std::size_t width = 0;
  switch (first) {
    case 0xc4:
    case 0xc7:
    case 0xd9: width = 1; break;
    case 0xc5:
    case 0xc8:
    case 0xda:
    case 0xdc:
    case 0xde: width = 2; break;
    case 0xc6:
    case 0xc9:
    case 0xdb:
    case 0xdd:
    case 0xdf: width = 4; break;
    default: return {};
  }
  header.size = 1 + width;
  if (left < header.size) return header;
  const std::uint64_t n = width == 1 ? at[1] : width == 2 ? load16(at + 1) : load32(at + 1);
  header.container = first >= 0xdc;
  if (header.container) {
    header.children = first >= 0xde ? 2 * n : n;
  } else {
    header.bytes = n + (first >= 0xc7 && first <= 0xc9 ? 1 : 0);
  }
  return header;
}

}  // namespace

Scan ValueScanner::open(std::uint64_t children) {
  if (depth_ == kMaxDepth) return Scan::TooDeep;
  pending_ += children;
  open_[depth_++] = children;
  return pending_ > max_bytes_ - at_ ? Scan::TooLong : Scan::Complete;
}

void ValueScanner::close_finished() {
  while (depth_ > 0 && open_[depth_ - 1] == 0) --depth_;
}

Scan ValueScanner::advance(ByteView bytes) {
  const Byte* const data = bytes.data();
  while (pending_ > 0) {
    if (at_ >= bytes.size()) return need_more(at_ + pending_);
    const std::size_t left = bytes.size() - at_;
    std::uint64_t size = kFixedSize[data[at_]];
    Header header;
    if (size == 0) {
      header = read_header(data + at_, left);
      if (header.size == 0) return Scan::Invalid;
      if (left < header.size) return need_more(at_ + header.size);
      size = header.size + header.bytes;
    }
    if (size > max_bytes_ - at_) return Scan::TooLong;
    if (left < size) return need_more(at_ + size);
    at_ += size;
    --pending_;
    if (depth_ > 0) --open_[depth_ - 1];
    if (header.container) {
      if (const Scan opened = open(header.children); opened != Scan::Complete) return opened;
    }
    close_finished();
  }
  return Scan::Complete;
}

std::string describe(Scan scan, std::size_t place) {
  switch (scan) {
    case Scan::Complete: return "is complete";
    case Scan::NeedMore: return "is cut off";
    case Scan::Invalid: return fmt::format("has the byte c1 at {}, which begins no value", place);
    case Scan::TooDeep: return fmt::format("nests deeper than {}", kMaxDepth);
    case Scan::TooLong: return "is longer than allowed";
  }
  return {};
}

Skipped skip_value(const Byte* at, const Byte* end) {
  const auto left = static_cast<std::size_t>(end - at);
  if (left == 0) return {Scan::TooLong, at};
  const std::size_t fixed = kFixedSize[*at];
  if (fixed != 0) return {fixed <= left ? Scan::Complete : Scan::TooLong, at + fixed};
  ValueScanner scanner(left);
  const Scan scan = scanner.advance({at, left});
  return {scan == Scan::NeedMore ? Scan::TooLong : scan, at + scanner.size()};
}

Result<std::size_t> msgpack_size(ByteView bytes, std::size_t max_bytes) {
  ValueScanner scanner(max_bytes);
  switch (const Scan scan = scanner.advance(bytes); scan) {
    case Scan::Complete: return scanner.size();
    case Scan::NeedMore: return 0;
    default: return fail("value " + describe(scan, scanner.size()));
  }
}

}  // namespace spread::wire
