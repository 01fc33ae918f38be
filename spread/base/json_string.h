#pragma once

#include <cstdint>
#include <string_view>

#include "spread/base/byte_buffer.h"

namespace spread {

enum class JsonEscapes : std::uint8_t {
  Letters,  ///< \b \f \n \r \t, and \u001f for the other bytes below 20 hex
  Numbers,  ///< \u000a for all of these, as GNU parallel
};

/// Appends what stands between the quotes of a JSON string. Quotes, backslashes and control
/// characters are escaped; every other byte, 7F too, stays as it is. Whether it is UTF-8 is not
/// looked at.
void append_json_escaped(std::string_view text, ByteBuffer& out,
                         JsonEscapes escapes = JsonEscapes::Letters);

/// Appends `text` as a JSON string, with U+FFFD for each byte that is not UTF-8.
void append_json_string(std::string_view text, ByteBuffer& out);

}  // namespace spread
