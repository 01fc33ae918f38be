#include "spread/cli/positionals.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread::cli {
namespace {

using Iterator = std::vector<std::string>::iterator;

bool is_group(std::string_view word, Subcommands subcommand) {
  if (subcommand == kMap && !word.empty() && word.back() == '+') word.remove_suffix(1);
  return word == ":::" || word == "::::";
}

/// Moves the groups from `next` on into `groups`, up to `end` or, where asked, to a `--`.
Status take_groups(Iterator& next, Iterator end, bool until_dashes, Subcommands subcommand,
                   std::vector<InputOptions::Group>& groups) {
  while (next != end && is_group(*next, subcommand)) {
    const std::string& colons = *next;
    InputOptions::Group group;
    group.linked = colons.back() == '+';
    group.from_file = colons.substr(0, 4) == "::::";
    const auto stops = [&](const std::string& word) {
      return is_group(word, subcommand) || (until_dashes && word == "--");
    };
    const Iterator stop = std::find_if(std::next(next), end, stops);
    std::move(std::next(next), stop, std::back_inserter(group.words));
    // No items are an empty input (`::: *.txt` may match nothing); no file is a slip.
    if (group.from_file && group.words.empty()) {
      return fail(fmt::format("{} needs at least one file", colons));
    }
    groups.push_back(std::move(group));
    next = stop;
  }
  return {};
}

/// `[--] COMMAND [::: ITEM...]...`
Result<Positionals> parse_map_positionals(std::vector<std::string> free_words,
                                          std::vector<std::string> tail) {
  Positionals result;
  Iterator next = tail.begin();
  const bool dashes_end_options = free_words.empty();
  if (dashes_end_options && next != tail.end() && *next == "--") ++next;
  result.command = std::move(free_words);
  const Iterator stop =
      std::find_if(next, tail.end(), [](const std::string& word) { return is_group(word, kMap); });
  std::move(next, stop, std::back_inserter(result.command));
  next = stop;
  SPREAD_TRY(take_groups(next, tail.end(), false, kMap, result.groups));
  return result;
}

}  // namespace

bool is_separator(const std::string& word, Subcommands subcommand) {
  return word == "--" || is_group(word, subcommand);
}

Result<Positionals> parse_positionals(std::vector<std::string> free_words,
                                      std::vector<std::string> tail, Subcommands subcommand) {
  if (subcommand == kMap) return parse_map_positionals(std::move(free_words), std::move(tail));
  Positionals result;
  Iterator next = tail.begin();
  if (next != tail.end() && *next == "--" && !free_words.empty()) {
    return fail(fmt::format("unexpected word {} before --", show_text(free_words.front())));
  }
  result.command = std::move(free_words);
  const bool dashes_may_follow = result.command.empty();
  SPREAD_TRY(take_groups(next, tail.end(), dashes_may_follow, subcommand, result.groups));
  if (next == tail.end()) return result;

  ++next;  // the `--`
  const Iterator stop = std::find_if(
      next, tail.end(), [&](const std::string& word) { return is_group(word, subcommand); });
  std::move(next, stop, std::back_inserter(result.command));
  next = stop;
  SPREAD_TRY(take_groups(next, tail.end(), false, subcommand, result.groups));
  return result;
}

}  // namespace spread::cli
