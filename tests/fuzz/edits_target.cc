#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/command/argument_edits.h"
#include "spread/sources/pattern.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

using argument_lists::ArgumentLists;

// What a long pattern or text does is how slow PCRE2 can be; that its steps are counted is seen on
// short ones.
constexpr std::size_t kPatternMax = 60;
constexpr std::size_t kTextMax = 200;

void check(const Result<ArgumentLists>& lists, std::size_t count) {
  if (!lists) {
    SPREAD_ASSERT(!lists.error().message.empty());
    return;
  }
  SPREAD_ASSERT(lists->size() == count);
  for (const ArgumentList& list : *lists) SPREAD_ASSERT(!list.empty() && !list.front().empty());
}

/// All matches in `text`, one behind the other.
void look(std::string_view pattern, std::string_view text, Pattern::Use use) {
  auto compiled = Pattern::compile(pattern, "--pattern", use);
  if (!compiled) {
    SPREAD_ASSERT(compiled.error().message.starts_with("--pattern"));
    return;
  }
  Pattern::Search search;
  search.subject = as_bytes(text);
  std::size_t end_before = 0;
  while (search.from <= text.size()) {
    Pattern::Match match;
    const Pattern::Found found = compiled->find(search, match);
    SPREAD_ASSERT(found != Pattern::Found::More);
    SPREAD_ASSERT((found == Pattern::Found::GaveUp) == !compiled->failure().empty());
    if (found != Pattern::Found::Match) return;
    SPREAD_ASSERT(match.begin <= text.size() && match.end <= text.size());
    // With \K and lookbehind a match may end before the place where it was looked for.
    if (match.end < end_before || match.end < match.begin) return;
    search.nonempty = match.end == search.from;
    search.from = search.nonempty && match.begin == match.end ? match.end + 1 : match.end;
    if (search.from == end_before && !search.nonempty) ++search.from;
    end_before = match.end;
  }
}

}  // namespace

// The pattern, the replacement, and words, with a NUL byte behind each. A length of what is
// replaced in front.
void edits(ByteView bytes) {
  Input input(bytes);
  const std::size_t length = input.byte() % 4;
  const std::string_view pattern = input.text().substr(0, kPatternMax);
  const std::string_view replacement = input.text().substr(0, kPatternMax);
  const std::string_view words = as_text(input.take(kTextMax));
  ArgumentLists lists = {{}};
  std::string word;
  for (const char c : words) {
    if (c == '\n') {
      if (!lists.back().empty()) lists.emplace_back();
    } else if (c != '\0') {
      word += c;
      continue;
    }
    if (!word.empty()) lists.back().push_back(std::exchange(word, {}));
  }
  lists.back().push_back(word + ".");
  const std::vector<argument_lists::Edit> edit = {{pattern, replacement}};
  check(argument_lists::replace(lists, edit), lists.size());
  check(argument_lists::replace_words(lists, pattern, length, {std::string(replacement)}),
        lists.size());
  look(pattern, words, Pattern::Use::Item);
  look(pattern, words, Pattern::Use::Stream);
}

}  // namespace spread::fuzz
