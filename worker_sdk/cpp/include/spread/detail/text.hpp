#pragma once

#include "spread/detail/wire.hpp"

#include <cstdio>

namespace spread::detail {

/// How many bytes the character at the front has in UTF-8; 0 if it is none.
inline std::size_t utf8_character(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? byte_at(text.data() + i) : static_cast<unsigned char>(0);
  };
  const auto follows = [&byte](std::size_t i, int low = 0x80, int high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const int lead = byte(0);
  if (lead < 0x80) return text.empty() ? 0 : 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return follows(1) ? 2 : 0;
  if (lead < 0xf0) {
    const bool second = follows(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && follows(2) ? 3 : 0;
  }
  const bool second = follows(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
  return second && follows(2) && follows(3) ? 4 : 0;
}

/// Text for people, which an answer carries as UTF-8: what is none is written as \xff.
inline std::string as_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    std::size_t size = utf8_character(text);
    if (size == 0) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte_at(text.data()));
      result += hex;
      size = 1;
    } else {
      result += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return result;
}

}  // namespace spread::detail
