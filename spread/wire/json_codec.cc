#include "spread/wire/codec.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/wire/json.h"

namespace spread::wire {
namespace {

/// A line that cannot be a frame is handed on in pieces of about this size, so that a progress
/// meter which never writes a newline does not fill the memory.
constexpr std::size_t kStrayPiece = 64 * 1024;
/// A frame start takes this many bytes at most, unless the worker writes kilobytes of white space.
constexpr std::size_t kFrameStartBytes = 4096;

bool is_json_blank(char c) { return is_blank(c) || c == '\r'; }
bool is_digit_at(ByteView line, std::size_t at) { return is_digit(static_cast<char>(line[at])); }

enum class LineStart : std::uint8_t { Blank, Frame, No };

/// `whole`: the line is all there; otherwise the start counts as a Frame as long as it can be one.
LineStart guess_start(ByteView line, bool whole) {
  const LineStart cut_off = whole ? LineStart::No : LineStart::Frame;
  std::size_t at = 0;
  const auto skip_space = [&line, &at] {
    while (at < line.size() && is_json_blank(static_cast<char>(line[at]))) ++at;
    return at < line.size();
  };
  if (!skip_space()) return LineStart::Blank;
  if (line[at++] != '[') return LineStart::No;
  if (!skip_space()) return cut_off;
  // A negative id is a mistake to be named, not a print; parse_message does that.
  if (line[at] == '-' && ++at == line.size()) return cut_off;
  if (is_digit_at(line, at)) {
    while (at < line.size() && is_digit_at(line, at)) ++at;
  } else {
    for (const char c : std::string_view("null")) {
      if (at == line.size()) return cut_off;
      if (line[at++] != static_cast<Byte>(c)) return LineStart::No;
    }
  }
  if (!skip_space()) return cut_off;
  return line[at] == ',' ? LineStart::Frame : LineStart::No;
}

/// The id of an "ok" message, by its beginning; nothing if it is another kind, or the id too large.
/// `line` becomes the text of its value.
std::optional<TaskId> answered_task(std::string_view& line) {
  const auto take_space = [&line] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  };
  const auto take = [&](std::string_view word) {
    take_space();
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!take("[")) return std::nullopt;
  take_space();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), id);
  if (error != std::errc() || id < 0) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!take(",") || !take("\"ok\"") || !take(",")) return std::nullopt;
  take_space();
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  if (line.ends_with(']')) line.remove_suffix(1);
  return TaskId{static_cast<std::uint64_t>(id)};
}

const char* skip_blanks(const char* at, const char* end) {
  while (at < end && is_json_blank(*at)) ++at;
  return at;
}

/// The line `[id,"ok",value]`, which ends with the value, or nothing.
struct PlainOk {
  TaskId id{};
  std::string_view value;
};
std::optional<PlainOk> plain_ok(std::string_view line) {
  constexpr std::size_t kLeast = 9;       // [0,"ok",0
  constexpr std::size_t kDigitsMax = 18;  // cannot overflow
  constexpr std::string_view kOk = "\"ok\"";
  if (line.size() <= kLeast || line.front() != '[' || line.back() != ']') return std::nullopt;
  const char* at = line.data() + 1;
  const char* const end = line.data() + line.size() - 1;
  const char* const digits = at;
  std::uint64_t id = 0;
  for (; at < end && is_digit(*at); ++at) id = id * 10 + static_cast<unsigned>(*at - '0');
  const auto length = static_cast<std::size_t>(at - digits);
  if (length == 0 || length > kDigitsMax || (*digits == '0' && length > 1)) return std::nullopt;
  if (*at++ != ',') return std::nullopt;
  at = skip_blanks(at, end);
  if (static_cast<std::size_t>(end - at) <= kOk.size()) return std::nullopt;
  if (std::memcmp(at, kOk.data(), kOk.size()) != 0 || at[kOk.size()] != ',') return std::nullopt;
  at = skip_blanks(at + kOk.size() + 1, end);
  return PlainOk{TaskId{id}, {at, static_cast<std::size_t>(end - at)}};
}

std::string not_json(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return "the answer is not JSON: " + printable_line(text, kShown);
}

class JsonCodec final : public Codec {
 public:
  explicit JsonCodec(std::size_t max_frame) : max_frame_(max_frame) {}

  Status encode_prep(const Value& item, ByteBuffer& out) override {
    line_.clear();
    return encode("it", item, "\n", out);
  }
  Result<bool> encode_prep_head(const Value&, ByteBuffer&) override { return false; }
  Result<bool> encode_answer_head(std::uint64_t, std::size_t, ByteBuffer&) override {
    return false;
  }
  Status encode_task(TaskId id, const Value& payload, ByteBuffer& out) override {
    line_.clear();
    append_task_start(id);
    return encode("payload", payload, "]\n", out);
  }
  Result<bool> encode_task_head(TaskId, const Value&, ByteBuffer&) override { return false; }
  void decode(ByteView bytes, bool final, Decoded& decoded) override;
  bool has_ids() const override { return true; }
  /// "[" id ","
  std::size_t overhead() const override { return kOverhead; }
  bool saw_non_finite() const override { return style_.saw_non_finite; }

 private:
  static constexpr std::size_t kOverhead = 22;

  void append_task_start(TaskId id);
  Status encode(std::string_view what, const Value& value, std::string_view end, ByteBuffer& out);
  bool decode_plain_ok(ByteView line, Decoded& decoded);
  void decode_line(ByteView line, Decoded& decoded);
  void decode_unfinished(ByteView bytes, bool final, Decoded& decoded);

  std::size_t max_frame_;
  LineSearch search_;
  bool inside_stray_ = false;  ///< the beginning of this line has been handed on as stray
  JsonStyle style_{.keeps_floats = true};
  ByteBuffer line_;     ///< the line being encoded
  ByteBuffer message_;  ///< the message last decoded, as msgpack
};

void JsonCodec::append_task_start(TaskId id) {
  char* const begin = reinterpret_cast<char*>(line_.prepare(kOverhead));
  *begin = '[';
  char* const end = std::to_chars(begin + 1, begin + kOverhead - 1, number(id)).ptr;
  *end = ',';
  line_.commit(static_cast<std::size_t>(end + 1 - begin));
}

Status JsonCodec::encode(std::string_view what, const Value& value, std::string_view end,
                         ByteBuffer& out) {
  if (auto status = msgpack_to_json(value, line_, style_); !status) return status;
  line_.append(end);
  if (line_.size() > max_frame_) {
    return fail(fmt::format("{} has {} bytes as JSON, more than --max-frame {} allows", what,
                            line_.size(), max_frame_));
  }
  out.append(line_.view());
  return {};
}

void set(Decoded& decoded, Found found, std::size_t size) {
  decoded.found = found;
  decoded.size = size;
}
void broken_line(Decoded& decoded, std::string why) {
  set(decoded, Found::Broken, 0);
  decoded.error = std::move(why);
}

void JsonCodec::decode(ByteView bytes, bool final, Decoded& decoded) {
  const auto end = search_.find(bytes);
  if (!end) return decode_unfinished(bytes, final, decoded);
  set(decoded, Found::Stray, *end + 1);
  if (std::exchange(inside_stray_, false)) return;
  const ByteView line = bytes.first(*end);
  if (decode_plain_ok(line, decoded)) return;
  switch (guess_start(line, true)) {
    case LineStart::Blank: decoded.found = Found::Skip; return;
    case LineStart::No: return;
    case LineStart::Frame: return decode_line(line, decoded);
  }
}

/// What a worker says a million times: its value alone is converted. False for everything else; a
/// value that is none is looked at again, as a part of its line.
bool JsonCodec::decode_plain_ok(ByteView line, Decoded& decoded) {
  if (line.size() > max_frame_) return false;
  const std::optional<PlainOk> found = plain_ok(as_text(line));
  if (!found) return false;
  message_.clear();
  if (!json_to_msgpack(found->value, message_)) return false;
  UpMessage& message = decoded.message;
  message.kind = UpKind::Ok;
  message.has_id = true;
  message.id = found->id;
  message.value = message_.view();
  message.text = {};
  message.number = 0;
  message.so = {};
  message.se = {};
  decoded.found = Found::Message;
  return true;
}

void JsonCodec::decode_line(ByteView line, Decoded& decoded) {
  if (line.size() > max_frame_) {
    return broken_line(decoded, fmt::format("line of {} bytes, more than --max-frame {}",
                                            line.size(), max_frame_));
  }
  message_.clear();
  JsonReader reader(as_text(line), JsonReader::Holds::Message);
  if (auto status = reader.convert(message_); !status) {
    // A result that is no JSON, or too large a number, is the task's failure: where the next
    // message begins is known, and the worker is in order.
    std::string_view text = as_text(line);
    const auto id = reader.too_deep() ? std::nullopt : answered_task(text);
    if (!id) return broken_line(decoded, "not a frame: " + status.error().message);
    message_.clear();
    message_.append(
        make_error("BadResult", reader.out_of_range() ? status.error().message : not_json(text)));
    decoded.found = Found::Message;
    decoded.message = UpMessage{};
    decoded.message.kind = UpKind::Error;
    decoded.message.has_id = true;
    decoded.message.id = *id;
    decoded.message.value = message_.view();
    return;
  }
  if (!parse_message(message_.view(), decoded.message, decoded.error)) {
    return set(decoded, Found::Broken, 0);
  }
  decoded.found = Found::Message;
}

void JsonCodec::decode_unfinished(ByteView bytes, bool final, Decoded& decoded) {
  set(decoded, Found::NeedMore, bytes.size() + 1);
  if (bytes.empty()) return;
  const LineStart start = guess_start(bytes.first(std::min(bytes.size(), kFrameStartBytes)), false);
  const bool stray = inside_stray_ || start == LineStart::No;
  if (final) {
    search_.reset();
    inside_stray_ = false;
    if (stray) return set(decoded, Found::Stray, bytes.size());
    if (start == LineStart::Blank) return set(decoded, Found::Skip, bytes.size());
    return broken_line(
        decoded, fmt::format("ended inside a frame ({} bytes without a newline)", bytes.size()));
  }
  if (stray && bytes.size() >= kStrayPiece) {
    search_.reset();
    inside_stray_ = true;
    return set(decoded, Found::Stray, bytes.size());
  }
  if (bytes.size() > max_frame_) {
    broken_line(decoded, fmt::format("line of more than --max-frame {} bytes", max_frame_));
  }
}

}  // namespace

std::unique_ptr<Codec> make_json_codec(std::size_t max_frame) {
  return std::make_unique<JsonCodec>(max_frame);
}

}  // namespace spread::wire
