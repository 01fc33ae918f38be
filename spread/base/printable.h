#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spread {

/// Text of others (workers, hosts, files, options) for a terminal that is not to obey it, and for
/// whoever has to see what it is: each byte of a control character (those below 20, 7F, and U+0080
/// to U+009F, of which U+009B is ESC [) and each byte that is not UTF-8 becomes \xNN. Newlines and
/// tabs stay; the carriage return before a newline and at the end goes. Everything that spread
/// itself says goes through here; what has been through stays as it is.
std::string printable(std::string_view text);

/// The same as part of one line: newlines and tabs become one blank each, trailing ones go, and
/// what exceeds `bytes_max` is cut off between characters and shown as "...".
std::string printable_line(std::string_view text, std::size_t bytes_max);

}  // namespace spread
