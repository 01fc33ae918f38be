#include "wire.h"

#include <cstdlib>
#include <string_view>

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

}  // namespace

std::optional<WireTask> Wire::next() {
  if (name_ == "msgpack") {
    constexpr std::size_t kHeader = 5;
    if (bytes_.size() < kHeader) return std::nullopt;
    const std::size_t size = number_at(bytes_, 1, 4);
    if (bytes_.size() < kHeader + size) return std::nullopt;
    const WireTask task = unpack(std::string_view(bytes_).substr(kHeader, size));
    bytes_.erase(0, kHeader + size);
    return task;
  }
  const std::size_t newline = bytes_.find('\n');
  if (newline == std::string::npos) return std::nullopt;
  const std::string line = bytes_.substr(0, newline);
  bytes_.erase(0, newline + 1);
  if (name_ == "lines") return WireTask{0, static_cast<std::size_t>(std::atoi(line.c_str()))};
  const std::size_t comma = line.find(',');
  return WireTask{static_cast<std::uint64_t>(std::atoll(line.c_str() + 1)),
                  static_cast<std::size_t>(std::atoi(line.c_str() + line.find('"', comma) + 1))};
}

std::string Wire::ok(const WireTask& task, const std::string& value) const {
  if (name_ == "lines") return value + "\n";
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"ok\",\"" + value + "\"]\n";
  return frame('\x93' + packed(task.id) + packed("ok") + packed(value));
}

std::string Wire::error(const WireTask& task, const std::string& message) const {
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"error\",\"" + message + "\"]\n";
  return frame('\x93' + packed(task.id) + packed("error") + packed(message));
}

std::string Wire::busy(const WireTask& task) const {
  if (name_ == "json") return "[" + std::to_string(task.id) + ",\"busy\",0.1]\n";
  return frame('\x93' + packed(task.id) + packed("busy") + packed(std::uint64_t{1}));
}

}  // namespace spread::world
