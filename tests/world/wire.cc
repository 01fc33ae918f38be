#include "wire.h"

#include <cstdlib>
#include <string_view>
#include <utility>

namespace spread::world {
namespace {

std::string big_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

/// "str 32" and "uint 64": any encoding is permitted.
std::string packed(const std::string& text) { return '\xdb' + big_endian(text.size(), 4) + text; }
std::string packed(std::uint64_t number) { return '\xcf' + big_endian(number, 8); }

/// BINSTRING: a length in the other order of bytes.
std::string pickled(const std::string& text) {
  const std::string size = big_endian(text.size(), 4);
  return 'T' + std::string(size.rbegin(), size.rend()) + text;
}

/// The tuple of what these opcodes push, None and None.
std::string pickled_answer(const std::string& result) { return "\x80\x02" + result + "NN\x87."; }

std::string frame(const std::string& message) {
  return '\xc6' + big_endian(message.size(), 4) + message + '\n';
}

/// [id, "digits"], where the id is any unsigned integer and the text any str or bin.
WireTask unpack(std::string_view bytes) {
  WireTask task;
  std::size_t at = 1;
  const auto first = static_cast<unsigned char>(bytes[at++]);
  if (first < 0x80) {
    task.id = first;
  } else {
    const std::size_t size = std::size_t{1} << (first - 0xcc);
    task.id = number_at(bytes, at, size);
    at += size;
  }
  const auto kind = static_cast<unsigned char>(bytes[at++]);
  if (kind == 0xd9 || kind == 0xc4) ++at;
  task.index = static_cast<std::size_t>(std::atoi(std::string(bytes.substr(at)).c_str()));
  return task;
}

/// Msgpack as compact JSON. Of numbers it knows those that are not negative.
class Unpacked {
 public:
  explicit Unpacked(std::string_view bytes) : bytes_(bytes) {}

  bool torn() const { return torn_; }
  bool at_end() const { return at_ == bytes_.size(); }

  std::string take() {
    const auto first = static_cast<unsigned char>(number(1));
    if (first < 0x80) return std::to_string(first);
    if (first < 0x90) return map(first & 0xfU);
    if (first < 0xa0) return array(first & 0xfU);
    if (first < 0xc0) return text(first & 0x1fU);
    switch (first) {
      case 0xc0: return "null";
      case 0xc4:
      case 0xd9: return text(number(1));
      case 0xc5:
      case 0xda: return text(number(2));
      case 0xc6:
      case 0xdb: return text(number(4));
      case 0xdc: return array(number(2));
      case 0xdd: return array(number(4));
      case 0xde: return map(number(2));
      case 0xcc: return std::to_string(number(1));
      case 0xcd: return std::to_string(number(2));
      case 0xce: return std::to_string(number(4));
      case 0xcf: return std::to_string(number(8));
      default: return "?";
    }
  }

 private:
  std::uint64_t number(std::size_t size) {
    if (!has(size)) return 0;
    at_ += size;
    return number_at(bytes_, at_ - size, size);
  }
  bool has(std::size_t size) {
    torn_ |= bytes_.size() - at_ < size;
    return !torn_;
  }
  std::string text(std::size_t size) {
    std::string quoted = "\"";
    if (!has(size)) return quoted;
    for (const char each : bytes_.substr(at_, size)) {
      if (each == '"' || each == '\\') quoted += '\\';
      quoted += each;
    }
    at_ += size;
    return quoted + "\"";
  }
  std::string array(std::size_t size) {
    std::string all;
    for (std::size_t i = 0; i < size && !torn_; ++i) all += (i > 0 ? "," : "") + take();
    return "[" + all + "]";
  }
  std::string map(std::size_t size) {
    std::string all;
    for (std::size_t i = 0; i < size && !torn_; ++i) {
      all += (i > 0 ? "," : "") + take() + ":";
      all += take();
    }
    return "{" + all + "}";
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool torn_ = false;
};

std::string packed_json(const std::string& json) {
  if (json == "null") return "\xc0";
  if (json[0] == '"') return packed(bare(json));
  if (json[0] != '[') return packed(static_cast<std::uint64_t>(std::atoll(json.c_str())));
  const std::vector<std::string> parts = elements(json);
  std::string bytes = '\xdd' + big_endian(parts.size(), 4);
  for (const std::string& part : parts) bytes += packed_json(part);
  return bytes;
}

/// Without spaces between values.
std::string compact(const std::string& json) {
  std::string text;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') quoted = !quoted;
    if (quoted || json[i] != ' ') text += json[i];
    if (quoted && json[i] == '\\') text += json[++i];
  }
  return text;
}

}  // namespace

std::vector<std::string> elements(const std::string& json) {
  std::vector<std::string> parts;
  std::size_t begin = 1;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c != ',' || depth > 0) continue;
    parts.push_back(json.substr(begin, i - begin));
    begin = i + 1;
  }
  if (json.size() > 2) parts.push_back(json.substr(begin, json.size() - 1 - begin));
  return parts;
}

std::string bare(const std::string& json) {
  return json.size() < 2 ? json : json.substr(1, json.size() - 2);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string list(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return "[" + text + "]";
}

std::optional<std::string> json_of(const std::string& msgpack) {
  Unpacked value(msgpack);
  std::string json = value.take();
  return value.torn() || !value.at_end() ? std::nullopt : std::optional(std::move(json));
}

std::string value_of(const std::string& object, const std::string& key) {
  const std::string begin = quoted(key) + ":";
  for (const std::string& each : elements(object)) {
    if (each.starts_with(begin)) return each.substr(begin.size());
  }
  return "";
}

std::optional<std::string> Wire::take_frame() {
  constexpr std::size_t kHeader = 5;
  if (bytes_.size() < kHeader) return std::nullopt;
  const std::size_t size = number_at(bytes_, 1, 4);
  if (bytes_.size() < kHeader + size) return std::nullopt;
  std::string message = bytes_.substr(kHeader, size);
  bytes_.erase(0, kHeader + size);
  return message;
}

std::optional<std::string> Wire::take_line() {
  const std::size_t newline = bytes_.find('\n');
  if (newline == std::string::npos) return std::nullopt;
  std::string line = bytes_.substr(0, newline);
  bytes_.erase(0, newline + 1);
  return line;
}

/// Protocol 2, SHORT_BINSTRING and STOP, which is what a payload of a few digits is.
std::optional<std::string> Wire::take_pickle() {
  constexpr std::size_t kHeader = 4;
  if (bytes_.size() < kHeader) return std::nullopt;
  const std::size_t size = number_at(bytes_, kHeader - 1, 1);
  if (bytes_.size() < kHeader + size + 1) return std::nullopt;
  std::string text = bytes_.substr(kHeader, size);
  bytes_.erase(0, kHeader + size + 1);
  return text;
}

std::optional<WireTask> Wire::next() {
  if (name_ == "pickle") {
    const std::optional<std::string> digits = take_pickle();
    if (!digits) return std::nullopt;
    return WireTask{0, static_cast<std::size_t>(std::atoi(digits->c_str()))};
  }
  const bool frames = name_ == "msgpack";
  const std::optional<std::string> message = frames ? take_frame() : take_line();
  if (!message) return std::nullopt;
  if (frames) return unpack(*message);
  const std::string& line = *message;
  if (name_ == "lines") return WireTask{0, static_cast<std::size_t>(std::atoi(line.c_str()))};
  const std::size_t comma = line.find(',');
  return WireTask{static_cast<std::uint64_t>(std::atoll(line.c_str() + 1)),
                  static_cast<std::size_t>(std::atoi(line.c_str() + line.find('"', comma) + 1))};
}

std::optional<std::string> Wire::next_message() {
  if (name_ == "json") {
    const std::optional<std::string> line = take_line();
    return line ? std::optional(compact(*line)) : std::nullopt;
  }
  const std::optional<std::string> frame = take_frame();
  return frame ? std::optional(Unpacked(*frame).take()) : std::nullopt;
}

std::string Wire::message(const std::string& json) const {
  return name_ == "json" ? json + "\n" : frame(packed_json(json));
}

std::string Wire::ok(const WireTask& task, const std::string& value) const {
  if (name_ == "lines") return value + "\n";
  if (name_ == "pickle") return pickled_answer(pickled(value));
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"ok\",\"" + value + "\"]\n";
  return frame('\x93' + packed(task.id) + packed("ok") + packed(value));
}

std::string Wire::error(const WireTask& task, const std::string& message) const {
  if (name_ == "pickle") {
    return pickled_answer("cworld\nRemoteException\n" + pickled(message) + "\x85R");
  }
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"error\",\"" + message + "\"]\n";
  return frame('\x93' + packed(task.id) + packed("error") + packed(message));
}

std::string Wire::busy(const WireTask& task) const {
  if (name_ == "pickle") return pickled_answer("cworld\nTooBusy\nF0.1\n\x85R");
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"busy\",0.1]\n";
  return frame('\x93' + packed(task.id) + packed("busy") + packed(std::uint64_t{1}));
}

}  // namespace spread::world
