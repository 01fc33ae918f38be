#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/cli/spelling.h"
#include "spread/options/option_table.h"

namespace spread::cli {

/// One use of an option; the value is empty for flags.
struct Token {
  const OptionSpec* spec;
  std::string value;
};

/// Words taken apart: the options in their order, and the words that are none.
struct Tokens {
  std::vector<Token> options;
  std::vector<std::string> rest;
};

/// Reads the options of `subcommand` from `words`, which hold no bare `--`. Names may be written as
/// spelling.h says. Unknown options are left in `rest`, in their place. Errors: a value is missing,
/// a flag was given one, or a name could be that of several.
Result<Tokens> tokenize(const std::vector<std::string>& words, Subcommands subcommand,
                        Words positionals);

}  // namespace spread::cli
