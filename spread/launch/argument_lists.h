#pragma once

#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

/// The argument of --worker, or one line of an --args-file: words quoted as for a shell (nothing is
/// expanded: see shell_split), or, if it begins with `[`, a JSON array of strings. A program that
/// is really called `[` is written '['.
Result<ArgumentList> parse_argument_list(std::string_view text);

/// The text of an --args-file: one list a line; blank lines and lines that begin with `#` are
/// skipped. Errors name `file` and the line.
Result<std::vector<ArgumentList>> parse_args_file(std::string_view text, std::string_view file);

}  // namespace spread
