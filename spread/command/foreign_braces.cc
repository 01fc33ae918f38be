#include "spread/command/foreign_braces.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr std::size_t kLettersMax = 2;  // as many may differ in what was meant as a column
constexpr std::size_t kNameBytesMax = 80;

struct Replacement {
  std::string_view inside;
  std::string_view instead;
};

// Those of `parallel --plus` that are fixed texts; a position may stand before them: {2+/}.
constexpr Replacement kParts[] = {
    {"+/", "{//} is the directory"},
    {"+.", "a script makes the extension: x={}; echo \"${x##*.}\""},
    {"+..", "a script makes the extensions: x={} y={..}; echo \"${x#\"$y\".}\""},
    {"+...", "a script makes the extensions: x={/}; echo \"${x#*.}\""},
    {"...", "a script takes three extensions off: x={..}; echo \"${x%.*}\""},
    {"/...", "a script takes three extensions off: x={/..}; echo \"${x%.*}\""},
};
constexpr std::string_view kCountInstead =
    "how many jobs there will be is not known when the first one starts: count the input before";
// And those without a position. `slot` and its kin may be names of columns.
constexpr Replacement kNames[] = {
    {"slot", "{%} is the slot's number"},
    {"host", "$SPREAD_SLOT and {%} tell slots apart, and the joblog has the host"},
    {"sshlogin", "{%} tells slots apart, and the joblog has the host"},
    {"hgrp", "there are no host groups: one run for each, with its -S"},
    {"agrp", "there are no host groups: one run for each, with its -S"},
    {"uniq", "let the command look: '[ {1} = {2} ] || ...'"},
    {"choose_k", "let the command look: '[[ {1} < {2} ]] || exit 0; ...'"},
};

bool is_plain(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("._-+=@:/~^*?[]").find(c) != std::string_view::npos;
}

bool all_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string as_expansion(std::string_view inside) {
  return fmt::format("a script does it: x={{}}; echo \"${{x{}}}\"", inside);
}

/// {:2} {:2:3} {:-text} {#x} {##x} {%%x} {^x} {^^x} {,x} {,,x} {/x/y} {//x/y}: as in ${x...}.
/// What does it here; empty = none of these.
std::string expansion_instead(std::string_view inside) {
  const std::string_view rest = inside.substr(1);
  const std::string_view after = rest.substr(!rest.empty() && rest[0] == inside[0] ? 1 : 0);
  switch (inside.front()) {
    case ':': {
      if (rest.starts_with('-')) return rest.size() > 1 ? as_expansion(inside) : "";
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      const bool numbers = all_digits(rest.substr(0, colon)) &&
                           (colon == rest.size() || all_digits(rest.substr(colon + 1)));
      return numbers ? as_expansion(inside) : "";
    }
    case '#': return all_plain(after) ? as_expansion(inside) : "";
    case '%': return rest.starts_with('%') && all_plain(after) ? as_expansion(inside) : "";
    case '^': return all_plain(after) ? as_expansion(inside) : "";
    // a{,3} is a regular expression.
    case ',': return all_plain(after) && !all_digits(after) ? as_expansion(inside) : "";
    case '/': {
      const std::size_t slash = after.find('/');
      const bool two = slash != std::string_view::npos && slash > 0 && all_plain(after);
      return two ? as_expansion(inside) : "";
    }
    default: return "";
  }
}

std::string_view without_position(std::string_view inside) {
  std::size_t end = inside.starts_with('-') ? 1 : 0;
  const std::size_t sign = end;
  while (end < inside.size() && is_digit(inside[end])) ++end;
  return inside.substr(end > sign ? end : 0);
}

std::string instead_of_counts(std::string_view inside) {
  if (inside == "##") return std::string(kCountInstead);
  const std::size_t zeros = inside.find_first_not_of('0');
  if (zeros == 0 || zeros == std::string_view::npos) return "";
  const std::string_view sign = inside.substr(zeros);
  if (sign != "#" && sign != "%") return "";
  return fmt::format("a script pads it: \"$(printf %04d {{{}}})\"", sign);
}

std::string instead_of_parallels(std::string_view inside, const BraceRules& rules) {
  if (std::string counts = instead_of_counts(inside); !counts.empty()) return counts;
  if (!rules.has_item) return "";
  for (const Replacement& row : kParts) {
    if (without_position(inside) == row.inside) return std::string(row.instead);
  }
  for (const Replacement& row : kNames) {
    if (inside == row.inside && !rules.names_follow) return std::string(row.instead);
  }
  return expansion_instead(inside);
}

/// {= perl =}, also with a position: its length, 0 = it is none.
std::size_t perl_length(std::string_view rest) {
  const std::size_t begin = 1 + (rest.size() - 1 - without_position(rest.substr(1)).size());
  if (begin >= rest.size() || rest[begin] != '=') return 0;
  const std::size_t end = rest.find("=}", begin + 1);
  return end == std::string_view::npos ? 0 : end + 2;
}

// ---------------------------------------------------------------- columns

bool is_name_byte(char c) {
  return is_name_char(c) || c == '-' || static_cast<unsigned char>(c) >= 128;
}

/// {name}, {name/.}: the name.
std::string_view without_form(std::string_view inside) {
  for (const std::string_view form : {"/..", "//", "/.", "..", "/", "."}) {
    if (inside.ends_with(form)) return inside.substr(0, inside.size() - form.size());
  }
  return inside;
}

/// Its characters, without blanks and in lower case.
std::vector<std::string> folded(std::string_view text) {
  std::vector<std::string> letters;
  for (const char c : text) {
    if (is_blank(c)) continue;
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    const char lower = to_lower(c);
    if (continues && !letters.empty()) {
      letters.back() += lower;
    } else {
      letters.emplace_back(1, lower);
    }
  }
  return letters;
}

std::size_t distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

const std::string* near_column(std::string_view inside, const std::vector<std::string>& names) {
  if (inside.size() > kNameBytesMax) return nullptr;
  for (const std::string_view word : {inside, without_form(inside)}) {
    const std::vector<std::string> letters = folded(word);
    if (letters.empty()) continue;
    for (const std::string& name : names) {
      if (!name.empty() && distance(letters, folded(name)) <= kLettersMax) return &name;
    }
  }
  return nullptr;
}

bool looks_like_name(std::string_view inside) {
  return !inside.empty() && inside.size() <= kNameBytesMax && !is_digit(inside.front()) &&
         inside.front() != '-' && std::all_of(inside.begin(), inside.end(), [](char c) {
           return is_name_byte(c) || c == ' ' || c == '.' || c == '/';
         });
}

/// What stands between braces at `at`; empty if they are another's.
std::string_view inside_braces(std::string_view text, std::size_t at) {
  if (text[at] != '{') return {};
  if (at > 0 && std::string_view("$%#@\\{").find(text[at - 1]) != std::string_view::npos) return {};
  const std::size_t end = text.find_first_of("{}\n", at + 1);
  if (end == std::string_view::npos || text[end] != '}') return {};
  return text.substr(at + 1, end - at - 1);
}

}  // namespace

std::optional<ForeignBraces> foreign_braces(std::string_view text, std::size_t at,
                                            const BraceRules& rules) {
  if (rules.pass || text[at] != '{') return std::nullopt;
  const bool behind_dollar = at > 0 && text[at - 1] == '$';
  if (const std::size_t length = behind_dollar ? 0 : perl_length(text.substr(at)); length > 0) {
    return ForeignBraces{
        length,
        fmt::format("{} is GNU parallel's (Perl); here a script does it: 'x={{}}; mv \"$x\" "
                    "\"${{x^^}}\"'",
                    show_text(text.substr(at, length))),
        false, true};
  }
  const std::string_view inside = inside_braces(text, at);
  if (inside.empty()) return std::nullopt;
  const std::size_t length = inside.size() + 2;
  if (looks_like_name(inside)) {
    if (const std::string* const name = near_column(inside, rules.names)) {
      return ForeignBraces{length,
                           fmt::format("{} is no column; did you mean {{{}}}?",
                                       show_text(text.substr(at, length)), printable(*name)),
                           false, false};
    }
  }
  const std::string instead = instead_of_parallels(inside, rules);
  if (instead.empty()) return std::nullopt;
  return ForeignBraces{length,
                       fmt::format("{} is GNU parallel's, and not supported: {}",
                                   show_text(text.substr(at, length)), instead),
                       inside.front() == ',', false};
}

std::string_view unknown_column(std::string_view text, std::size_t at, const BraceRules& rules) {
  if (rules.pass || rules.names.empty()) return {};
  const std::string_view name = without_form(inside_braces(text, at));
  const bool word =
      !name.empty() && looks_like_name(name) && std::all_of(name.begin(), name.end(), is_name_byte);
  return word ? text.substr(at, text.find('}', at) + 1 - at) : std::string_view();
}

std::optional<ForeignBraces> find_foreign_braces(std::string_view text,
                                                 const PlaceholderSyntax& syntax,
                                                 const BraceRules& rules,
                                                 std::vector<std::string>& unknown) {
  Placeholder found;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = syntax.match(text, at, found); length > 0) {
      at += length;
      continue;
    }
    if (auto braces = foreign_braces(text, at, rules)) return braces;
    if (const std::string_view name = unknown_column(text, at, rules); !name.empty()) {
      unknown.emplace_back(name);
    }
    ++at;
  }
  return std::nullopt;
}

Status refuse_braces(const ForeignBraces& braces, std::string_view option) {
  return fail(fmt::format("{} ({} passes it as it is)", braces.told, option));
}

}  // namespace spread
