#pragma once

#include <string>
#include <vector>

#include "spread/api/input_options.h"
#include "spread/api/result.h"
#include "spread/options/option_table.h"

namespace spread::cli {

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
