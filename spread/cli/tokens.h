#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
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

/// The words behind the options, by their meaning.
struct Positionals {
  std::vector<std::string> command;
  std::vector<InputOptions::Group> groups;
};

/// `--`, `:::` or `::::`; in map also `:::+` and `::::+`.
bool is_separator(const std::string& word, Subcommands subcommand);

/// `free_words` are the words between the options and the first separator; `tail` begins with that
/// separator (or is empty). Behind a `--` or a command, `--` is an ordinary word; in map also
/// behind `:::`, as for GNU parallel.
Result<Positionals> parse_positionals(std::vector<std::string> free_words,
                                      std::vector<std::string> tail, Subcommands subcommand);

}  // namespace spread::cli
