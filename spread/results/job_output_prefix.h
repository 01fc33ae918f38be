#pragma once

#include <cstdint>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/base/byte_buffer.h"

namespace spread {

/// Puts a prefix (--tag) in front of each line of one stream that comes in pieces cut anywhere.
///
/// As in GNU parallel a carriage return begins a line too, so that a progress display keeps its
/// tag, and a last line without newline gets none. Unlike there, CR LF is one line end: a tag
/// between the two would overwrite the line on a terminal.
class LinePrefixer {
 public:
  void append(ByteView bytes, std::string_view prefix, ByteBuffer& out);

 private:
  enum State : std::uint8_t { kLineStart, kInLine, kAfterReturn };
  State state_ = kLineStart;
};

}  // namespace spread
