#include "spread/base/printable.h"

#include <fmt/format.h>

#include "spread/base/utf8.h"

namespace spread {
namespace {

/// U+0080 to U+009F: two bytes, of which the first is C2.
bool is_high_control(std::string_view text, std::size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

bool is_low_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

void append_hex(std::string& to, char c) {
  to += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

/// Without carriage returns that end a line.
bool ends_line(std::string_view text, std::size_t at) {
  return text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n');
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t valid = utf8_prefix(as_bytes(text));
    for (std::size_t i = 0; i < valid; ++i) {
      if (is_high_control(text, i)) {
        append_hex(shown, text[i]);
        append_hex(shown, text[++i]);
      } else if (ends_line(text, i)) {
        continue;
      } else if (is_low_control(text[i])) {
        append_hex(shown, text[i]);
      } else {
        shown += text[i];
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    append_hex(shown, text.front());
    text.remove_prefix(1);
  }
  return shown;
}

std::string printable_line(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  const bool cut = text.size() > bytes_max;
  if (cut) {
    std::size_t end = bytes_max;
    // Not inside a character, which has at most three bytes behind its first one.
    for (int i = 0; i < 3 && end > 0 && (static_cast<Byte>(text[end]) & 0xc0) == 0x80; ++i) --end;
    text = text.substr(0, end);
  }
  std::string line = printable(text);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return cut ? line + "..." : line;
}

}  // namespace spread
