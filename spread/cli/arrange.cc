#include "spread/cli/arrange.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread::cli {
namespace {

using Iterator = std::vector<std::string>::iterator;

bool is_group(const std::string& word) { return word == ":::" || word == "::::"; }

/// Moves the groups from `next` on into `groups`, up to `end` or, where asked, to a `--`.
Status take_groups(Iterator& next, Iterator end, bool until_dashes,
                   std::vector<InputOptions::Group>& groups) {
  while (next != end && is_group(*next)) {
    InputOptions::Group group;
    group.from_file = *next == "::::";
    const auto stops = [&](const std::string& word) {
      return is_group(word) || (until_dashes && word == "--");
    };
    const Iterator stop = std::find_if(std::next(next), end, stops);
    std::move(std::next(next), stop, std::back_inserter(group.words));
    // No items are an empty input (`::: *.txt` may match nothing); no file is a slip.
    if (group.from_file && group.words.empty()) return fail(":::: needs at least one file");
    groups.push_back(std::move(group));
    next = stop;
  }
  return {};
}

}  // namespace

bool is_separator(const std::string& word) { return word == "--" || is_group(word); }

Result<Arrangement> arrange(std::vector<std::string> free_words, std::vector<std::string> tail) {
  Arrangement result;
  Iterator next = tail.begin();
  if (next != tail.end() && *next == "--" && !free_words.empty()) {
    return fail(fmt::format("unexpected word {} before --", show_text(free_words.front())));
  }
  result.command = std::move(free_words);
  const bool dashes_may_follow = result.command.empty();
  SPREAD_TRY(take_groups(next, tail.end(), dashes_may_follow, result.groups));
  if (next == tail.end()) return result;

  ++next;  // the `--`
  const Iterator stop = std::find_if(next, tail.end(), is_group);
  std::move(next, stop, std::back_inserter(result.command));
  next = stop;
  SPREAD_TRY(take_groups(next, tail.end(), false, result.groups));
  return result;
}

}  // namespace spread::cli
