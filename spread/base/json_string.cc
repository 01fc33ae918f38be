#include "spread/base/json_string.h"

#include <cstddef>

#include "spread/base/utf8.h"

namespace spread {
namespace {

void append_json_escape(char c, ByteBuffer& out, JsonEscapes escapes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  // What one letter names, and the letter.
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t", kNames = "\"\\bfnrt";
  out.push_back('\\');
  const std::size_t place = kNamed.find(c);
  const std::size_t named = escapes == JsonEscapes::Letters ? kNames.size() : 2;
  if (place < named) return out.push_back(static_cast<Byte>(kNames[place]));
  const auto code = static_cast<Byte>(c);
  out.append("u00");
  out.push_back(static_cast<Byte>(kHex[code >> 4]));
  out.push_back(static_cast<Byte>(kHex[code & 15]));
}

}  // namespace

void append_json_escaped(std::string_view text, ByteBuffer& out, JsonEscapes escapes) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    const char* const special = find_special(at, end);
    out.append(std::string_view(at, static_cast<std::size_t>(special - at)));
    if (special == end) return;
    append_json_escape(*special, out, escapes);
    at = special + 1;
  }
}

void append_json_string(std::string_view text, ByteBuffer& out) {
  out.push_back('"');
  // Nearly every string is plain ASCII: one look at it is enough.
  const char* const plain_end = find_special_or_high(text.data(), text.data() + text.size());
  const auto plain = static_cast<std::size_t>(plain_end - text.data());
  out.append(text.substr(0, plain));
  text.remove_prefix(plain);
  while (!text.empty()) {
    const std::size_t valid = utf8_prefix(as_bytes(text));
    append_json_escaped(text.substr(0, valid), out);
    if (valid == text.size()) break;
    out.append("\xef\xbf\xbd");
    text.remove_prefix(valid + 1);
  }
  out.push_back('"');
}

}  // namespace spread
