#pragma once

#include <string>
#include <string_view>

namespace spread::cli {

/// "--shuf is not supported; instead: ...": what does here what an option of GNU parallel or xargs
/// does that map has not, or why nothing does. `word` is as it was typed, with a value or without.
/// Empty if it is no option of theirs. docs/from-parallel.md and docs/from-xargs.md have the same
/// in their tables.
std::string hint_for_foreign_option(std::string_view word);

}  // namespace spread::cli
