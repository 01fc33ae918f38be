#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// `word` as a POSIX shell reads it back where it is an argument: bare where no shell would touch
/// it, else in single quotes. Any bytes but NUL. Newlines stay newlines, so the text may have
/// several lines.
std::string shell_quote(std::string_view word);

/// The words with one blank between them: a command line to show, or to paste into a shell. The
/// first word is no assignment even if it looks like one (NAME=x); a reserved word of the shell
/// there (`if`, `time`) is not protected.
std::string shell_join(std::span<const std::string> words);

/// `word` as GNU's tools show it (ls --quoting-style=shell-escape, xargs -t): bare where it can be,
/// in single quotes where it has what a shell looks at, in double quotes where an apostrophe is all
/// of that, and what is not printable as $'\n' or $'\001' between. UTF-8 is printable.
std::string shell_escape(std::string_view word);

/// Cuts `text` into words as a POSIX shell does: blanks (space, tab, newline) separate, '...' holds
/// everything, "..." holds everything but `\` before one of $ ` " \ newline, `\` holds the next
/// byte. Nothing is expanded and no comment or operator is known: an unquoted $ ` | ; & < > * ? # ~
/// stands for itself. A quote that is not closed, a `\` at the end and a NUL byte are errors that
/// name the column (bytes, counted from 1).
Result<std::vector<std::string>> shell_split(std::string_view text);

/// Whether a shell takes it for the name of a variable.
bool is_identifier(std::string_view word);

/// `text` for a message of one line: in single quotes, printable(), newlines and tabs as
/// \xNN, and what exceeds
/// `bytes_max` cut off. For people; not to be read back.
std::string show_text(std::string_view text, std::size_t bytes_max = 80);

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
