#include "spread/wire/codec.h"

#include <fmt/format.h>

#include "spread/wire/msgpack_read.h"
#include "spread/wire/msgpack_write.h"
#include "spread/wire/value_scanner.h"

namespace spread::wire {
namespace {

/// Calls `visit(key, value)` for each pair whose key is text; `value` is None for an array or map.
/// Objects, as msgpack-c has them, would take 24 bytes for each byte that a hostile worker sends.
template <typename Visit>
bool for_each_pair(ByteView map, Visit visit) {
  const Byte* at = map.data();
  const Byte* const end = at + map.size();
  const Token header = next_token(at, end);
  if (header.type != TokenType::Map) return false;
  for (std::uint64_t i = 0; i < header.number; ++i) {
    const Byte* const key_at = at;
    const Skipped skipped_key = skip_value(key_at, end);
    if (!skipped_key.ok()) return false;
    const Byte* const value_at = skipped_key.at;
    const Skipped skipped_value = skip_value(value_at, end);
    if (!skipped_value.ok()) return false;
    at = skipped_value.at;
    const Byte* cursor = key_at;
    const Token key = next_token(cursor, value_at);
    if (!key.is_text()) continue;
    cursor = value_at;
    Token value = next_token(cursor, at);
    if (cursor != at) value = Token{};
    visit(as_text(key.bytes), value);
  }
  return true;
}

void append_text(std::string_view text, ByteBuffer& out) {
  Byte* const at = out.prepare(kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(put_str_header(at, text.size()) - at));
  out.append(text);
}

}  // namespace

std::unique_ptr<Codec> make_codec(Wire wire, std::size_t max_frame) {
  switch (wire) {
    case Wire::Msgpack: return make_msgpack_codec(max_frame);
    case Wire::Json: return make_json_codec(max_frame);
    case Wire::Lines: return make_lines_codec(max_frame);
  }
  return nullptr;
}

Result<Hello> parse_hello(ByteView map) {
  Hello hello;
  std::string error;
  const auto take = [&error](std::string_view key, const Token& value, std::uint32_t least,
                             auto& field) {
    if (value.type == TokenType::Unsigned && value.number >= least && value.number <= UINT32_MAX) {
      field = static_cast<std::uint32_t>(value.number);
    } else if (error.empty()) {
      error = fmt::format("hello: {} must be an integer >= {}", key, least);
    }
  };
  const bool is_map = for_each_pair(map, [&](std::string_view key, const Token& value) {
    if (key == "wire") return take(key, value, 1, hello.wire);
    if (key == "window") return take(key, value, 1, hello.window);
    if (key == "slots") return take(key, value, 1, hello.slots);
    if (key == "prep") return take(key, value, 0, hello.prep);
    const bool known = key == "features" || key == "lang" || key == "sdk";
    if (!known && hello.unknown_key.empty()) hello.unknown_key = key;
  });
  if (!is_map) return fail("hello: not a map");
  if (!error.empty()) return fail(std::move(error));
  return hello;
}

WorkerError parse_error(ByteView map) {
  WorkerError error;
  const Byte* at = map.data();
  if (const Token token = next_token(at, at + map.size()); token.is_text()) {
    error.message = as_text(token.bytes);
    return error;
  }
  for_each_pair(map, [&error](std::string_view key, const Token& value) {
    if (!value.is_text()) return;
    if (key == "type") error.type = as_text(value.bytes);
    if (key == "message") error.message = as_text(value.bytes);
    if (key == "trace") error.trace = as_text(value.bytes);
  });
  return error;
}

Value make_error(std::string_view type, std::string_view message) {
  ByteBuffer bytes;
  bytes.push_back(Byte{0x82});  // a map of two
  append_text("type", bytes);
  append_text(type, bytes);
  append_text("message", bytes);
  append_text(message, bytes);
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

}  // namespace spread::wire
