#pragma once

#include <string_view>

#include "spread/api/task.h"
#include "spread/base/byte_buffer.h"

namespace spread {

/// Appends what a worker attached to an answer as `so` or `se`: a heading, the text as it is, and a
/// newline if it has none at its end. A whole block, so blocks are never interleaved. Empty text
/// appends nothing.
///   #slot so7 ------
/// `kind` is "so" or "se"; 7 is the task.
void append_slot_block(ByteBuffer& out, std::string_view kind, TaskId task, std::string_view text);

}  // namespace spread
