#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/cli/option_table.h"

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

/// Whether the first word that is no option ends the options, or options may follow words.
enum class Words : std::uint8_t { EndOptions, AmongOptions };

/// Reads the options of `subcommand` from `words`, which hold no bare `--`. Unknown options are
/// left in `rest`, in their place. Errors: a value is missing, or a flag was given one.
Result<Tokens> tokenize(const std::vector<std::string>& words, Subcommands subcommand,
                        Words positionals);

}  // namespace spread::cli
