#include "spread/command/argument_edits.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/sources/pattern_substitution.h"

namespace spread::argument_lists {
namespace {

using Patterns = std::vector<Substitution>;

/// Counted from 1.
tl::unexpected<Error> in_list(std::size_t list, std::size_t word, const Error& error) {
  return fail(fmt::format("argument list {}, word {}: {}", list + 1, word + 1, error.message));
}

/// A list that names no program can only be a mistake in the pattern.
Status check(const ArgumentLists& lists) {
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].empty()) return fail(fmt::format("argument list {} has no words left", i + 1));
    if (!lists[i].front().empty()) continue;
    return fail(fmt::format("argument list {}: nothing is left of the program's name", i + 1));
  }
  return {};
}

Result<Patterns> compile(std::span<const Edit> edits) {
  Patterns patterns;
  for (const Edit& edit : edits) {
    Result<Substitution> compiled = Substitution::compile(edit.pattern, edit.replacement);
    if (!compiled) return tl::unexpected<Error>(std::move(compiled.error()));
    patterns.push_back(std::move(*compiled));
  }
  return patterns;
}

}  // namespace

Result<ArgumentLists> replace(ArgumentLists lists, std::span<const Edit> edits) {
  const Result<Patterns> patterns = compile(edits);
  if (!patterns) return tl::unexpected<Error>(patterns.error());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (std::size_t k = 0; k < lists[i].size(); ++k) {
      for (const Substitution& pattern : *patterns) {
        Result<std::string> word = pattern.apply(lists[i][k]);
        if (!word) return in_list(i, k, word.error());
        lists[i][k] = std::move(*word);
      }
    }
  }
  SPREAD_TRY(check(lists));
  return lists;
}

Result<ArgumentLists> replace_words(const ArgumentLists& lists, std::string_view pattern,
                                    std::size_t length, const ArgumentList& replacement) {
  const Result<Substitution> compiled = Substitution::compile(pattern, "");
  if (!compiled) return tl::unexpected<Error>(compiled.error());
  ArgumentLists replaced(lists.size());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const ArgumentList& list = lists[i];
    for (std::size_t k = 0; k < list.size();) {
      const Result<bool> matches = compiled->matches_start(list[k]);
      if (!matches) return in_list(i, k, matches.error());
      const std::size_t taken = *matches ? std::min(length, list.size() - k) : 0;
      if (*matches) replaced[i].insert(replaced[i].end(), replacement.begin(), replacement.end());
      if (taken == 0) replaced[i].push_back(list[k]);
      k += std::max<std::size_t>(taken, 1);
    }
  }
  SPREAD_TRY(check(replaced));
  return replaced;
}

ArgumentLists append(ArgumentLists lists, const ArgumentList& words) {
  for (ArgumentList& list : lists) list.insert(list.end(), words.begin(), words.end());
  return lists;
}

}  // namespace spread::argument_lists
