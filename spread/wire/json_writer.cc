// msgpack to JSON and to text.

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "spread/base/characters.h"
#include "spread/base/json_string.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

/// A key that is no text becomes its JSON text, in which every quote is escaped; a key within a key
/// doubles the escapes with each level. Below this level it is written as base64 of its msgpack
/// instead, so that a few hundred bytes cannot become terabytes.
constexpr int kMaxKeyLevel = 4;

/// Writes values that have been checked to be well-formed; cannot fail.
class JsonWriter {
 public:
  JsonWriter(ByteBuffer& out, JsonStyle& style, int key_level)
      : out_(out), style_(style), key_level_(key_level) {}

  void write(ByteView value);
  void write_scalar(const Token& token);
  void write_string(ByteView bytes);

 private:
  struct Open {
    std::uint64_t left;  ///< elements or pairs to come
    bool is_map;
    bool first;
  };

  void write_key(const Byte*& at, const Byte* end);
  template <typename Float>
  void write_float(Float x);
  void write_bytes(std::string_view front, ByteView bytes, std::string_view back);
  template <typename Number, typename... Format>
  void write_number(Number n, Format... format) {
    constexpr std::size_t kRoom = 32;
    char* const begin = reinterpret_cast<char*>(out_.prepare(kRoom));
    const auto [end, error] = std::to_chars(begin, begin + kRoom, n, format...);
    out_.commit(static_cast<std::size_t>(end - begin));
  }

  ByteBuffer& out_;
  JsonStyle& style_;
  int key_level_;
};

void JsonWriter::write(ByteView value) {
  std::array<Open, kMaxDepth> open;
  std::size_t depth = 0;
  const Byte* at = value.data();
  const Byte* const end = at + value.size();
  while (true) {
    const Token token = next_token(at, end);
    const bool is_map = token.type == TokenType::Map;
    if (is_map || token.type == TokenType::Array) {
      out_.push_back(is_map ? '{' : '[');
      open[depth++] = {token.number, is_map, true};
    } else {
      write_scalar(token);
    }
    while (depth > 0 && open[depth - 1].left == 0) {
      --depth;
      out_.push_back(open[depth].is_map ? '}' : ']');
    }
    if (depth == 0) return;
    Open& inner = open[depth - 1];
    if (!inner.first) out_.push_back(',');
    inner.first = false;
    --inner.left;
    if (inner.is_map) write_key(at, end);
  }
}

void JsonWriter::write_key(const Byte*& at, const Byte* end) {
  const Byte* const start = at;
  at = skip_value(start, end).at;
  const ByteView key(start, static_cast<std::size_t>(at - start));
  const Byte* cursor = start;
  if (const Token token = next_token(cursor, at);
      token.type == TokenType::Str && is_utf8(token.bytes)) {
    write_string(token.bytes);
  } else if (key_level_ == kMaxKeyLevel) {
    write_bytes("\"", key, "\"");
  } else {
    ByteBuffer text;
    JsonWriter(text, style_, key_level_ + 1).write(key);
    write_string(text.view());
  }
  out_.push_back(':');
}

void JsonWriter::write_scalar(const Token& token) {
  switch (token.type) {
    case TokenType::Nil: return out_.append(std::string_view("null"));
    case TokenType::Bool:
      return out_.append(std::string_view(token.number != 0 ? "true" : "false"));
    case TokenType::Unsigned: return write_number(token.number);
    case TokenType::Negative: return write_number(token.negative());
    case TokenType::Float32: return write_float(static_cast<float>(token.real));
    case TokenType::Float64: return write_float(token.real);
    case TokenType::Str:
      if (is_utf8(token.bytes)) return write_string(token.bytes);
      return write_bytes("{\"$bin\":\"", token.bytes, "\"}");
    case TokenType::Bin: return write_bytes("{\"$bin\":\"", token.bytes, "\"}");
    case TokenType::Ext:
      out_.append(std::string_view("{\"$ext\":["));
      write_number(token.negative());
      return write_bytes(",\"", token.bytes, "\"]}");
    case TokenType::Array:
    case TokenType::Map:
    case TokenType::None: break;  // not scalars
  }
}

/// A float32 is written with the digits that a float32 needs: 0.1f is 0.1. Integers up to 2^53, the
/// last below which every one is exact, are written out, where the shortest form would be 1e+06;
/// larger ones never, though to_chars would sometimes: 27670116179283804160 could not be read back,
/// for it is an integer that does not fit into 64 bits.
template <typename Float>
void JsonWriter::write_float(Float x) {
  if (!std::isfinite(x)) {
    style_.saw_non_finite = true;
    return out_.append(std::string_view("null"));
  }
  constexpr Float kExact = Float{0x1p53};
  if (x > kExact || x < -kExact) return write_number(x, std::chars_format::scientific);
  if (std::trunc(x) != x) return write_number(x);
  if (x == 0 && std::signbit(x)) {
    out_.append(std::string_view("-0"));
  } else {
    write_number(static_cast<std::int64_t>(x));
  }
  if (style_.keeps_floats) out_.append(std::string_view(".0"));
}

void JsonWriter::write_string(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (find_special(text.data(), text.data() + text.size()) == text.data() + text.size()) {
    Byte* const to = out_.prepare(text.size() + 2);
    to[0] = '"';
    if (!text.empty()) std::memcpy(to + 1, text.data(), text.size());
    to[text.size() + 1] = '"';
    return out_.commit(text.size() + 2);
  }
  out_.push_back('"');
  append_json_escaped(text, out_);
  out_.push_back('"');
}

void JsonWriter::write_bytes(std::string_view front, ByteView bytes, std::string_view back) {
  out_.append(front);
  const std::size_t size = base64_size(bytes.size());
  encode_base64(bytes, reinterpret_cast<char*>(out_.prepare(size)));
  out_.commit(size);
  out_.append(back);
}

bool is_bin(Byte first) { return first >= 0xc4 && first <= 0xc6; }

/// Is the head the header of a str or bin that is the body? Then nothing has to be put together.
bool is_text_head(const Value& value) {
  std::array<Byte, 5> head{};
  const auto same = [&](const Byte* end) {
    return end - head.data() == value.head_size &&
           std::memcmp(head.data(), value.head.data(), value.head_size) == 0;
  };
  const std::size_t size = value.body.size();
  return same(put_str_header(head.data(), size)) || same(put_bin_header(head.data(), size));
}

}  // namespace

Status msgpack_to_json(ByteView value, ByteBuffer& out, JsonStyle& style) {
  const Byte* const end = value.data() + value.size();
  const Byte* at = value.data();
  if (const Token token = value.empty() ? Token{} : next_token(at, end);
      at == end && token.type != TokenType::None && token.type < TokenType::Array) {
    JsonWriter(out, style, 0).write_scalar(token);
    return {};
  }
  const Skipped skipped = skip_value(value.data(), end);
  if (skipped.scan == Scan::TooLong) return fail("value is cut off");
  if (!skipped.ok()) {
    return fail("value " +
                describe(skipped.scan, static_cast<std::size_t>(skipped.at - value.data())));
  }
  if (skipped.at != end) return fail("value with bytes left over behind it");
  JsonWriter(out, style, 0).write(value);
  return {};
}

Status msgpack_to_json(const Value& value, ByteBuffer& out, JsonStyle& style) {
  const ByteView body = value.body.view();
  if (value.head_size == 0) return msgpack_to_json(body, out, style);
  if (is_text_head(value) && !is_bin(value.head[0]) && is_utf8(body)) {
    JsonWriter(out, style, 0).write_string(body);
    return {};
  }
  ByteBuffer contiguous;
  contiguous.append(value);
  return msgpack_to_json(contiguous.view(), out, style);
}

Status msgpack_to_text(const Value& value, ByteBuffer& out, JsonStyle& style) {
  ByteView bytes = value.body.view();
  ByteBuffer contiguous;
  if (value.head_size != 0) {
    if (is_text_head(value)) {
      out.append(bytes);
      return {};
    }
    contiguous.append(value);
    bytes = contiguous.view();
  }
  const Byte* at = bytes.data();
  const Byte* const end = at + bytes.size();
  if (const Token token = next_token(at, end); token.is_text() && at == end) {
    out.append(token.bytes);
    return {};
  }
  return msgpack_to_json(bytes, out, style);
}

Value text_value(Slice text) {
  Value value;
  Byte* const head = value.head.data();
  const std::size_t size = text.size();
  SPREAD_ASSERT(size <= UINT32_MAX);  // records are below --max-frame
  const Byte* const end =
      is_utf8(text.view()) ? put_str_header(head, size) : put_bin_header(head, size);
  value.head_size = static_cast<std::uint8_t>(end - head);
  value.body = std::move(text);
  return value;
}

}  // namespace spread::wire
