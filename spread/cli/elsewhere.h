#pragma once

#include <string_view>

namespace spread::cli {

/// What does here what an option of GNU parallel or xargs does that map has not: words that go
/// behind "is not here: ". `word` is as it was typed, with a value or without. Empty if it is no
/// option of theirs. docs/from-parallel.md and docs/from-xargs.md have the same in their tables.
std::string_view elsewhere(std::string_view word);

}  // namespace spread::cli
