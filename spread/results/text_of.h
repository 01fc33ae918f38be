#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "spread/api/bytes.h"

namespace spread {

/// The bytes of a value that is a msgpack str or bin, without a copy; nothing for any other value.
/// On the hot path of text output, where msgpack_to_text() would copy what is large.
inline std::optional<ByteView> text_of(const Value& value) {
  // Either all of the encoding is in the body, or all of the header is in the head.
  const bool split = value.head_size != 0;
  const ByteView body = value.body.view();
  if (!split && body.empty()) return std::nullopt;
  const Byte type = split ? value.head[0] : body[0];
  std::size_t header = 1;
  if (type < 0xa0 || type > 0xbf) {
    if (type == 0xd9 || type == 0xc4)
      header = 2;
    else if (type == 0xda || type == 0xc5)
      header = 3;
    else if (type == 0xdb || type == 0xc6)
      header = 5;
    else
      return std::nullopt;
  }
  if (split) return header == value.head_size ? std::optional(body) : std::nullopt;
  return header <= body.size() ? std::optional(body.subspan(header)) : std::nullopt;
}

/// At most the first `max` bytes of UTF-8 text, cut between characters.
inline std::string_view cut_text(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  // A character has at most three continuation bytes.
  for (int i = 0; i < 3 && max > 0 && (static_cast<Byte>(text[max]) & 0xc0) == 0x80; ++i) --max;
  return text.substr(0, max);
}

}  // namespace spread
