#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spread {

/// Text from elsewhere (workers, hosts, files, options), made visible so that no terminal obeys it:
/// each byte of a control character (those below 20, 7F, and U+0080 to U+009F, of which U+009B is
/// ESC [) and each byte that is not UTF-8 becomes \xNN. Newlines and tabs stay; the carriage return
/// before a newline and at the end goes. All messages of spread go through here; a second pass
/// changes nothing.
std::string printable(std::string_view text);

/// The same as part of one line: newlines and tabs become one blank each, trailing ones go, and
/// what exceeds `bytes_max` is cut off between characters and shown as "...".
std::string printable_line(std::string_view text, std::size_t bytes_max);

}  // namespace spread
