#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/options/option_table.h"

namespace spread::cli {

/// Whether the first word that is no option ends the options, or options may follow words.
enum class Words : std::uint8_t { EndOptions, AmongOptions };

/// What a name on the command line means. Without `spec` it means no option: it is unknown, or it
/// is ambiguous, and `candidates` (names, one for each option) has those that it could be.
struct Meaning {
  const OptionSpec* spec = nullptr;
  std::vector<std::string_view> candidates;
};

/// The option of `subcommands` that `name` stands for ("-j", "--jobs", "--jo"; no `=value`). A long
/// one may be cut short where no other begins so, and its inner hyphens may be there or not
/// (--dryrun), as GNU parallel has it; some have another name there (--halt-on-error). What
/// removes, runs again or pastes is meant only by its whole name: see is_written_out().
Meaning meaning_of(std::string_view name, Subcommands subcommands);

/// Whether the option of this name is never meant by a part of it: --resume, --resume-failed,
/// --retry-failed, --cleanup, --allow-paste.
bool is_written_out(std::string_view name);

/// The places of the options among `words`, without their values, up to a `--` or to the first word
/// that is none.
std::vector<std::size_t> places_of_options(const std::vector<std::string>& words,
                                           Subcommands subcommands, Words positionals);

/// `words` with the names of long options as the table has them; unknown names stay. Error: a name
/// could be that of several options.
Result<std::vector<std::string>> write_out(std::vector<std::string> words, Subcommands subcommands,
                                           Words positionals);

/// The candidate that `word` was probably meant to be: the only one that begins with it, or with
/// all of it but the last letter; or the first that is closest, within one edit for short words and
/// two for longer ones (an edit inserts, removes, changes or swaps characters). Empty if there is
/// none.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

/// "--shuf is not supported; instead: ...": what does here what an option of GNU parallel or xargs
/// does that map has not, or why nothing does. `word` is as it was typed, with a value or without.
/// Empty if it is no option of theirs. docs/from-parallel.md and docs/from-xargs.md have the same
/// in their tables.
std::string hint_for_foreign_option(std::string_view word);

}  // namespace spread::cli
