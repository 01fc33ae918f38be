#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "spread/api/time.h"

namespace spread {

/// A number of at least 0 in at most four columns: "0.25", "7.1", "31", "940", "3.1k", "31k",
/// "1.2M". Above 999T: ">999T", five columns.
std::string format_short(double number);

/// "12s", "3m05s", "2h05m", "3d04h"; rounded up, since a run that says 0s should be over.
std::string format_time_left(Duration left);

/// `text` as part of one line on a terminal: control bytes and what is not UTF-8 as \xNN, except
/// tabs and newlines, which become one blank each; trailing ones go; what exceeds `bytes_max` is
/// cut off and shown as "...".
std::string one_line(std::string_view text, std::size_t bytes_max);

/// "spread: MESSAGE" and a newline, without control characters but newline and TAB: file names and
/// words of commands are in messages, and may hold what moves a cursor.
std::string message_line(std::string_view message);

}  // namespace spread
