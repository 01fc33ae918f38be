#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "spread/api/bytes.h"

namespace spread {

/// RFC 4648 section 4: the standard alphabet with padding, no line breaks.
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// Writes base64_size(bytes.size()) characters to `to`.
void encode_base64(ByteView bytes, char* to);

/// Writes the decoded bytes to `to`, which has room for text.size() / 4 * 3, and returns how many
/// there are. Nothing if `text` is not exactly what encode_base64 would write: a stray character,
/// missing padding, or bits that belong to no byte.
std::optional<std::size_t> decode_base64(std::string_view text, Byte* to);

}  // namespace spread
