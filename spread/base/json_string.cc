#include "spread/base/json_string.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "spread/base/characters.h"

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

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Byte kInvalid = 0xff;

constexpr std::array<Byte, 256> make_values() {
  std::array<Byte, 256> values{};
  for (Byte& value : values) value = kInvalid;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<Byte>(kAlphabet[i])] = static_cast<Byte>(i);
  }
  return values;
}
constexpr std::array<Byte, 256> kValues = make_values();

}  // namespace

void encode_base64(ByteView bytes, char* to) {
  std::size_t i = 0;
  for (; bytes.size() - i >= 3; i += 3) {
    const std::uint32_t word = static_cast<std::uint32_t>(bytes[i]) << 16 |
                               static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    *to++ = kAlphabet[word >> 18];
    *to++ = kAlphabet[(word >> 12) & 63];
    *to++ = kAlphabet[(word >> 6) & 63];
    *to++ = kAlphabet[word & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t word = static_cast<std::uint32_t>(bytes[i]) << 16 |
                             (left == 2 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0);
  *to++ = kAlphabet[word >> 18];
  *to++ = kAlphabet[(word >> 12) & 63];
  *to++ = left == 2 ? kAlphabet[(word >> 6) & 63] : '=';
  *to++ = '=';
}

std::optional<std::size_t> decode_base64(std::string_view text, Byte* to) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return 0;
  const Byte* const begin = to;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t whole = text.size() - (padding == 0 ? 0 : 4);
  std::uint32_t seen = 0;
  const auto value = [&](std::size_t i) -> std::uint32_t {
    const std::uint32_t v = kValues[static_cast<Byte>(text[i])];
    seen |= v;
    return v;
  };
  for (std::size_t i = 0; i < whole; i += 4) {
    const std::uint32_t word =
        value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
    *to++ = static_cast<Byte>(word >> 16);
    *to++ = static_cast<Byte>(word >> 8);
    *to++ = static_cast<Byte>(word);
  }
  if (padding != 0) {
    const std::uint32_t word =
        value(whole) << 18 | value(whole + 1) << 12 | (padding == 1 ? value(whole + 2) << 6 : 0);
    *to++ = static_cast<Byte>(word >> 16);
    if (padding == 1) *to++ = static_cast<Byte>(word >> 8);
    if ((word & (padding == 1 ? 0xffu : 0xffffu)) != 0) return std::nullopt;
  }
  // kInvalid is the only value with the high bit set.
  if ((seen & 0x80) != 0) return std::nullopt;
  return static_cast<std::size_t>(to - begin);
}

}  // namespace spread
