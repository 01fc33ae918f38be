#include "spread/arguments/separator.h"

#include "spread/base/quote.h"

namespace spread {

Result<Separator> Separator::parse(std::string_view text) {
  Result<Pattern> pattern = Pattern::compile(text, "--colsep " + show_text(text));
  if (!pattern) return tl::unexpected(pattern.error());
  return Separator(std::move(*pattern));
}

bool Separator::split(ByteView item, std::vector<ByteView>& columns) {
  columns.clear();
  Pattern::Match match;
  Pattern::Search search{.subject = item, .nonempty = true};
  for (; search.from < item.size(); search.from = match.end) {
    const Pattern::Found found = pattern_.find(search, match);
    if (found == Pattern::Found::GaveUp) return false;
    if (found != Pattern::Found::Match) break;
    columns.push_back(item.subspan(search.from, match.begin - search.from));
  }
  columns.push_back(item.subspan(search.from));
  return true;
}

std::optional<char> single_byte(std::string_view text) {
  if (text.size() == 1) return text[0];
  // Of the escapes PCRE2 says what they are. Four bytes hold none that may match several.
  if (text.size() < 2 || text.size() > 4 || text[0] != '\\') return std::nullopt;
  Result<Pattern> pattern = Pattern::compile(text, "");
  if (!pattern) return std::nullopt;
  const auto matches_all_of = [&](std::string_view bytes) {
    Pattern::Match match;
    return pattern->find({.subject = as_bytes(bytes)}, match) == Pattern::Found::Match &&
           match.begin == 0 && match.end == bytes.size();
  };
  std::optional<char> only;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (!matches_all_of({&c, 1})) continue;
    if (only) return std::nullopt;
    only = c;
  }
  // \t+ and \t? match more than that.
  if (!only || matches_all_of("") || matches_all_of(std::string(2, *only))) return std::nullopt;
  return only;
}

}  // namespace spread
