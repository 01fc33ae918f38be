#include "spread/wire/codec.h"

#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"
#include "spread/wire/value_writer.h"

namespace spread::wire {
namespace {

/// Calls `visit(key, value, bytes)` for each pair whose key is text; `value` is None for an array
/// or map, which is in `bytes`. Objects, as msgpack-c has them, would take 24 bytes for each byte
/// that a hostile worker sends.
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
    visit(as_text(key.bytes), value, ByteView(value_at, at));
  }
  return true;
}

/// Whether `array` is one, and `word` is in it.
bool has_word(ByteView array, std::string_view word) {
  const Byte* at = array.data();
  const Byte* const end = at + array.size();
  const Token header = next_token(at, end);
  if (header.type != TokenType::Array) return false;
  for (std::uint64_t i = 0; i < header.number && at != end; ++i) {
    const Byte* cursor = at;
    const Token element = next_token(cursor, end);
    if (element.is_text() && as_text(element.bytes) == word) return true;
    at = skip_value(at, end).at;
  }
  return false;
}

void append_text(std::string_view text, ByteBuffer& out) {
  Byte* const at = out.prepare(kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(put_str_header(at, text.size()) - at));
  out.append(text);
}

void append_unsigned(std::uint64_t number, ByteBuffer& out) {
  Byte* const at = out.prepare(kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(put_unsigned(at, number) - at));
}

}  // namespace

std::unique_ptr<Codec> make_codec(Wire wire, std::size_t max_frame, const PickleOptions& pickle) {
  switch (wire) {
    case Wire::Msgpack: return make_msgpack_codec(max_frame);
    case Wire::Json: return make_json_codec(max_frame);
    case Wire::Lines: return make_lines_codec(max_frame);
    case Wire::Pickle: return make_pickle_codec(max_frame, pickle);
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
  const bool is_map =
      for_each_pair(map, [&](std::string_view key, const Token& value, ByteView bytes) {
        if (key == "wire") return take(key, value, 1, hello.wire);
        if (key == "window") return take(key, value, 1, hello.window);
        if (key == "slots") return take(key, value, 1, hello.slots);
        if (key == "prep") return take(key, value, 0, hello.prep);
        if (key == "workers") return take(key, value, 1, hello.workers);
        if (key == "features") hello.beats = has_word(bytes, "beat");
        const bool list = key == "features", text = key == "lang" || key == "sdk";
        const bool right =
            list ? token_of(bytes).type == TokenType::Array : !text || value.is_text();
        if (!right && error.empty()) {
          error = fmt::format("hello: {} must be {}", key, list ? "a list" : "text");
        }
        if (!list && !text && hello.unknown_key.empty()) hello.unknown_key = key;
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
  for_each_pair(map, [&error](std::string_view key, const Token& value, ByteView) {
    if (!value.is_text()) return;
    if (key == "type") error.type = as_text(value.bytes);
    if (key == "message") error.message = as_text(value.bytes);
    if (key == "trace") error.trace = as_text(value.bytes);
  });
  return error;
}

Value make_error(std::string_view type, std::string_view message, std::string_view trace) {
  ByteBuffer bytes;
  bytes.push_back(trace.empty() ? Byte{0x82} : Byte{0x83});  // a map of two, or of three
  append_text("type", bytes);
  append_text(type, bytes);
  append_text("message", bytes);
  append_text(message, bytes);
  if (!trace.empty()) append_text("trace", bytes);
  if (!trace.empty()) append_text(trace, bytes);
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

void MapWriter::add_key(std::string_view key) {
  Byte& header = *const_cast<Byte*>(bytes_.view().data());
  header = static_cast<Byte>(header + 1);
  append_text(key, bytes_);
}

MapWriter& MapWriter::add(std::string_view key, std::string_view value) {
  add_key(key);
  append_text(value, bytes_);
  return *this;
}

MapWriter& MapWriter::add(std::string_view key, std::uint64_t value) {
  add_key(key);
  append_unsigned(value, bytes_);
  return *this;
}

namespace {

/// [nil, kind, seq, and room for one value more.
ByteBuffer begin_reply(std::string_view kind, std::uint64_t seq) {
  ByteBuffer bytes;
  bytes.push_back(Byte{0x94});  // an array of four
  bytes.push_back(Byte{0xc0});
  append_text(kind, bytes);
  append_unsigned(seq, bytes);
  return bytes;
}

}  // namespace

Value make_cancel(TaskId id) {
  ByteBuffer bytes;
  bytes.push_back(Byte{0x93});  // an array of three
  bytes.push_back(Byte{0xc0});
  append_text("cancel", bytes);
  append_unsigned(number(id), bytes);
  Value cancel;
  cancel.body = Slice::copy_of(bytes.view());
  return cancel;
}

Value make_common(std::uint64_t k, const Value* value) {
  ByteBuffer bytes;
  bytes.push_back(value == nullptr ? Byte{0x93} : Byte{0x94});  // an array of three or four
  bytes.push_back(Byte{0xc0});
  append_text("common", bytes);
  append_unsigned(k, bytes);
  if (value != nullptr) bytes.append(*value);
  Value common;
  common.body = Slice::copy_of(bytes.view());
  return common;
}

Value make_prep_again(std::span<const Value> items) {
  ByteBuffer bytes;
  ValueWriter writer(bytes);
  writer.array(3);
  writer.nil();
  writer.text("prep");
  writer.array(items.size());
  for (const Value& item : items) writer.encoded(item);
  Value again;
  again.body = Slice::copy_of(bytes.view());
  return again;
}

Value make_task(TaskId id, const Value& payload, ByteView meta) {
  ByteBuffer bytes;
  bytes.push_back(Byte{0x93});  // an array of three
  append_unsigned(number(id), bytes);
  bytes.append(payload);
  bytes.append(meta);
  Value task;
  task.body = Slice::copy_of(bytes.view());
  return task;
}

ByteBuffer make_answer_head(std::uint64_t seq) { return begin_reply("answer", seq); }

Value make_answer(std::uint64_t seq, ByteView value) {
  ByteBuffer bytes = make_answer_head(seq);
  bytes.append(value);
  Value reply;
  reply.body = Slice::copy_of(bytes.view());
  return reply;
}

Value make_refusal(std::uint64_t seq, std::string_view type, std::string_view message) {
  ByteBuffer bytes = begin_reply("refused", seq);
  bytes.append(make_error(type, message));
  Value reply;
  reply.body = Slice::copy_of(bytes.view());
  return reply;
}

}  // namespace spread::wire
