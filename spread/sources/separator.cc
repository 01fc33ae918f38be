#include "spread/sources/separator.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace spread {

Result<Separator> Separator::parse(std::string_view text) {
  Result<SeparatorPattern> pattern = SeparatorPattern::parse(text);
  if (!pattern) return tl::unexpected(pattern.error());
  Separator separator(std::move(*pattern));
  if (separator.pattern_.kind != SeparatorPattern::Kind::Regex) return separator;
  auto regex = std::make_unique<regex_t>();
  if (const int error = regcomp(regex.get(), separator.pattern_.ere.c_str(), REG_EXTENDED);
      error != 0) {
    char reason[200];
    regerror(error, regex.get(), reason, sizeof reason);
    return fail(fmt::format("--colsep '{}': {}", text, reason));
  }
  separator.regex_.reset(regex.release());
  return separator;
}

void Separator::split(ByteView bytes, std::vector<ByteView>& columns) {
  std::string_view item = as_text(bytes);
  // With REG_STARTEND glibc needs no NUL at the end; the address sanitizer does.
  if (pattern_.kind == SeparatorPattern::Kind::Regex) item = terminated_.assign(item);
  columns.clear();
  std::size_t start = 0;
  for (Match match; start < item.size() && find(item, start, match); start = match.end) {
    columns.push_back(bytes.subspan(start, match.begin - start));
  }
  columns.push_back(bytes.subspan(start));
}

/// The first match from `from` on that does not end there.
bool Separator::find(std::string_view item, std::size_t from, Match& match) const {
  switch (pattern_.kind) {
    case SeparatorPattern::Kind::Literal: {
      const std::size_t place = item.find(pattern_.literal, from);
      if (place == std::string_view::npos) return false;
      match = {place, place + pattern_.literal.size()};
      return true;
    }
    case SeparatorPattern::Kind::Set: {
      const auto is_in = [&](std::size_t i) { return pattern_.set[static_cast<Byte>(item[i])]; };
      while (from < item.size() && !is_in(from)) ++from;
      if (from == item.size()) return false;
      match = {from, from + 1};
      while (pattern_.repeated && match.end < item.size() && is_in(match.end)) ++match.end;
      return true;
    }
    case SeparatorPattern::Kind::Regex: break;
  }
  if (!find_regex(item, from, match)) return false;
  return match.end > from || find_regex(item, from + 1, match);
}

bool Separator::find_regex(std::string_view item, std::size_t from, Match& match) const {
  regmatch_t place;
  place.rm_so = static_cast<regoff_t>(from);
  place.rm_eo = static_cast<regoff_t>(item.size());
  // With REG_STARTEND the matcher still sees the whole item: ^ and \b look at what is before.
  if (regexec(regex_.get(), item.data(), 1, &place, REG_STARTEND) != 0) return false;
  match = {static_cast<std::size_t>(place.rm_so), static_cast<std::size_t>(place.rm_eo)};
  return true;
}

}  // namespace spread
