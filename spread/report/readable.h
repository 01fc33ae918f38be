#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

/// A number of at least 0 in at most four columns: "0.25", "7.1", "31", "940", "3.1k", "31k",
/// "1.2M". Above 999T: ">999T", five columns.
std::string format_short(double number);

/// "12s", "3m05s", "2h05m", "3d04h"; rounded up, since a run that says 0s should be over.
std::string format_time_left(Duration left);

/// "SPEAKER: MESSAGE" and a newline, with everything in it printable(): file names, words of
/// commands and what workers say are in messages, and may hold what moves a cursor.
std::string message_line(std::string_view message, std::string_view speaker = "spread");

/// Appends what a worker attached to an answer as `so` or `se`: a heading, the text as it is, and a
/// newline if it has none at its end. A whole block, so blocks are never interleaved. Empty text
/// appends nothing.
///   #slot so7 ------
/// `kind` is "so" or "se"; 7 is the task.
void append_slot_block(ByteBuffer& out, std::string_view kind, TaskId task, std::string_view text);

}  // namespace spread
