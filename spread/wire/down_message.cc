#include "spread/wire/down_message.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/wire/elements.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/relay_frames.h"

namespace spread::wire {
namespace {

/// "size" in a task's third element: how many workers are to have it at the same time.
bool parse_meta(Elements& elements, DownMessage& message) {
  if (elements.left() == 0) return true;
  ByteView meta;
  if (!elements.take(meta)) return false;
  const Byte* at = meta.data();
  const Byte* const end = at + meta.size();
  const Token head = next_token(at, end);
  if (head.type == TokenType::Nil) return true;
  if (head.type != TokenType::Map) return elements.failed("a task's third element is no map");
  for (std::uint64_t i = 0; i < head.number; ++i) {
    const Byte* const key_at = at;
    at = skip_value(key_at, end).at;
    const Byte* cursor = key_at;
    const Token key = next_token(cursor, at);
    cursor = at;
    at = skip_value(at, end).at;
    if (!key.is_text() || as_text(key.bytes) != "size") continue;
    const Token size = next_token(cursor, at);
    if (size.type != TokenType::Unsigned || size.number == 0 || size.number > UINT32_MAX) {
      return elements.failed("a task's \"size\" is no number of workers");
    }
    message.size = static_cast<std::uint32_t>(size.number);
  }
  return true;
}

bool parse_seq(Elements& elements, std::string_view kind, std::uint64_t& seq) {
  Token token;
  if (elements.left() == 0) return elements.failed(fmt::format("\"{}\" without a seq", kind));
  if (!elements.take(token)) return false;
  if (token.type != TokenType::Unsigned || token.number > INT64_MAX) {
    return elements.failed(fmt::format("\"{}\" without a seq", kind));
  }
  seq = token.number;
  return true;
}

bool parse_without_id(Elements& elements, DownMessage& message) {
  Token word;
  if (!elements.take(word)) return false;
  const std::string_view kind = word.is_text() ? as_text(word.bytes) : std::string_view();
  if (kind == "cancel") {
    message.kind = DownKind::Cancel;
    bool has_id = false;
    if (elements.left() > 0 && !elements.take_id(has_id, message.id)) return false;
    return has_id || elements.failed("\"cancel\" without an id");
  }
  if (kind != "answer" && kind != "refused") return true;
  message.kind = kind == "answer" ? DownKind::Answer : DownKind::Refused;
  if (!parse_seq(elements, kind, message.seq)) return false;
  if (elements.left() == 0) {
    return elements.failed(fmt::format("\"{}\" without its fourth element", kind));
  }
  return elements.take(message.value);
}

/// Of a line.
bool is_blank_line(ByteView line) {
  return std::all_of(line.begin(), line.end(),
                     [](Byte byte) { return byte == ' ' || byte == '\t' || byte == '\r'; });
}

}  // namespace

bool parse_down_message(ByteView body, DownMessage& message, std::string& error) {
  message = DownMessage{};
  Elements elements(body, error);
  bool has_id = false;
  if (!elements.open() || !elements.take_id(has_id, message.id)) return false;
  if (has_id) {
    message.kind = DownKind::Task;
    if (elements.left() == 0) return elements.failed("a task without a payload");
    if (!elements.take(message.value) || !parse_meta(elements, message)) return false;
  } else if (!parse_without_id(elements, message)) {
    return false;
  }
  return elements.close();
}

std::string whole_value_error(ByteView value) {
  const Byte* const end = value.data() + value.size();
  const Skipped skipped = skip_value(value.data(), end);
  if (skipped.ok() && skipped.at == end) return {};
  if (skipped.ok()) return fmt::format("not a frame: {} bytes are left over", end - skipped.at);
  return "not a frame: it " +
         describe(skipped.scan, static_cast<std::size_t>(skipped.at - value.data()));
}

DownReader::Part DownReader::next(ByteView bytes) {
  return json_ ? next_line(bytes) : next_frame(bytes);
}

DownReader::Part DownReader::next_frame(ByteView bytes) const {
  if (!bytes.empty() && bytes[0] != kRelayFrameByte) {
    return {Part::What::Broken, 0, {}, fmt::format("the byte {:02X} begins no frame", bytes[0])};
  }
  if (bytes.size() < kRelayHeaderBytes) return {Part::What::NeedMore, kRelayHeaderBytes};
  const std::size_t length = load32(bytes.data() + 1);
  if (length > max_frame_) {
    return {Part::What::Broken,
            0,
            {},
            fmt::format("frame of {} bytes, more than --max-frame {}", length, max_frame_)};
  }
  const std::size_t size = kRelayHeaderBytes + length;
  if (bytes.size() < size) return {Part::What::NeedMore, size};
  return {Part::What::Value, size, bytes.subspan(kRelayHeaderBytes, length)};
}

DownReader::Part DownReader::next_line(ByteView bytes) {
  const auto end = search_.find(bytes);
  const std::size_t length = end.value_or(bytes.size());
  if (length > max_frame_) {
    return {Part::What::Broken,
            0,
            {},
            fmt::format("line of more than --max-frame {} bytes", max_frame_)};
  }
  if (!end) return {Part::What::NeedMore, bytes.size() + 1};
  const ByteView line = bytes.first(length);
  if (is_blank_line(line)) return {Part::What::Skip, length + 1};
  converted_.clear();
  JsonReader reader(as_text(line), JsonReader::Holds::Message);
  if (const Status read = reader.convert(converted_); !read) {
    return {Part::What::Broken, 0, {}, "not a line of JSON: " + read.error().message};
  }
  return {Part::What::Value, length + 1, converted_.view()};
}

}  // namespace spread::wire
