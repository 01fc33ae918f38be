// Characters: classes of ASCII, and UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"

namespace spread {

// Classes of characters as ASCII has them, whatever the locale says: no byte beyond 7F is in any.
// What a language or a format makes of them (a shell's blanks, a placeholder's suffix) is said
// where it is used.

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }
/// Of the name of a variable.
constexpr bool is_name_char(char c) { return is_letter_or_digit(c) || c == '_'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
/// A blank, newline, vertical tab, form feed or carriage return: Perl's \s for bytes.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

/// How many bytes at the front of `bytes` are well-formed UTF-8 (Unicode table 3-7: no overlong
/// forms, no surrogates, nothing above U+10FFFF). A sequence that is cut off at the end is not.
std::size_t utf8_prefix(ByteView bytes);

/// True if every byte is below 80. Inline: it is asked for every line of input.
inline bool is_ascii(ByteView bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  const Byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t word = 0;
  if (left < 8) {
    Byte all = 0;
    for (; left > 0; --left) all = static_cast<Byte>(all | *at++);
    return all < 0x80;
  }
  for (; left > 8; left -= 8, at += 8) {
    std::memcpy(&word, at, 8);
    if ((word & kHighBits) != 0) return false;
  }
  // The last eight, some of them for the second time: no loop over single bytes.
  std::memcpy(&word, at + left - 8, 8);
  return (word & kHighBits) == 0;
}

inline bool is_utf8(ByteView bytes) {
  return is_ascii(bytes) || utf8_prefix(bytes) == bytes.size();
}

/// Writes a code point (at most 10FFFF, no surrogate) to `to`, which has room for 4 bytes; returns
/// its length.
std::size_t encode_utf8(std::uint32_t code_point, Byte* to);

}  // namespace spread
