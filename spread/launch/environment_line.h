#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spread {

/// Names and values. A name that is no identifier is a function that bash has exported.
using Variables = std::vector<std::pair<std::string, std::string>>;

// What --env names goes to another machine through the standard input of the login, in front of all
// else that is written there, since everyone on either machine may read the arguments of a process.
// It is one line, which a shell there reads and evaluates before it becomes the worker.

/// `word` in single quotes, without a newline in it: a shell reads back $spread_n in its place.
std::string quote_in_line(std::string_view word);

/// What makes these variables the shell's, and exports them; ends with "; ", without a newline.
/// Functions are for kThroughBash.
std::string format_exports(const Variables& variables);

/// Whether some of these are functions.
bool has_functions(const Variables& variables);

/// Shell code: $spread_n is a newline.
inline constexpr std::string_view kNewline =
    R"(spread_n=$(printf "\n_"); spread_n=${spread_n%_}; )";

/// Shell code that reads the line, behind kNewline; 125 where none comes.
inline constexpr std::string_view kReadExports =
    R"(spread_w=; IFS= read -r spread_e || )"
    R"({ echo "spread: the values of --env did not come: the way here passes no standard input" >&2; )"
    R"(exit 125; }; eval "$spread_e"; )";

/// Shell code that puts a bash in front of the positional parameters, which makes the functions and
/// becomes what they say. env(1) would have them in its arguments, and a shell such as dash drops
/// variables with their names. Without bash there is nothing that could use them.
inline constexpr std::string_view kThroughBash =
    R"(if [ -n "$spread_w" ] && command -v bash >/dev/null 2>&1; )"
    R"(then set -- bash -c "$spread_w" bash "$@"; fi; )";

}  // namespace spread
