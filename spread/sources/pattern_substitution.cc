#include "spread/sources/pattern_substitution.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <cstdint>
#include <new>
#include <utility>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/sources/pattern_code.h"

namespace spread {
namespace {

template <typename T>
T* allocated(T* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

PCRE2_SPTR units(std::string_view text) {
  // Before 10.40 null is not taken for the start of an empty subject.
  return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

/// What \n and its kin are; NUL: no such escape.
char control(char letter) {
  switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    case 'b': return '\b';
    default: return '\0';
  }
}

}  // namespace

void Substitution::Free::operator()(pcre2_code* code) const { pcre2_code_free(code); }
void Substitution::Free::operator()(pcre2_match_context* context) const {
  pcre2_match_context_free(context);
}
void Substitution::Free::operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }

Result<Substitution> Substitution::compile(std::string_view pattern, std::string_view replacement) {
  int error = 0;
  PCRE2_SIZE place = 0;
  Substitution made;
  made.code_.reset(pcre2_compile(units(pattern), pattern.size(), PCRE2_NEVER_UTF | PCRE2_NEVER_UCP,
                                 &error, &place, nullptr));
  if (made.code_ == nullptr) {
    const std::string where =
        place < pattern.size() ? fmt::format("at byte {}", place + 1) : std::string("at the end");
    return fail(fmt::format("pattern {}: {}, {} of it", show_text(pattern),
                            PatternCode::describe(error), where));
  }
  made.context_.reset(allocated(pcre2_match_context_create(nullptr)));
  pcre2_set_match_limit(made.context_.get(), kStepsMax);
  made.data_.reset(allocated(pcre2_match_data_create_from_pattern(made.code_.get(), nullptr)));
  if (const Status read = made.read_replacement(replacement); !read) {
    return fail(fmt::format("replacement {}: {}", show_text(replacement), read.error().message));
  }
  return made;
}

Status Substitution::read_replacement(std::string_view replacement) {
  Piece piece;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c != '\\') {
      piece.text += c;
      continue;
    }
    if (++i == replacement.size()) return fail("a backslash at its end");
    const char escaped = replacement[i];
    if (is_digit(escaped) || escaped == 'g') {
      const Result<std::size_t> size = read_group(replacement.substr(i), piece);
      if (!size) return tl::unexpected<Error>(size.error());
      i += *size - 1;
      pieces_.push_back(std::exchange(piece, {}));
    } else if (control(escaped) != '\0') {
      piece.text += control(escaped);
    } else if (is_letter(escaped)) {
      return fail(fmt::format("\\{} means nothing here", escaped));
    } else {
      piece.text += escaped == '\\' ? "" : "\\";
      piece.text += escaped;
    }
  }
  pieces_.push_back(std::move(piece));
  return {};
}

/// `text` begins behind the backslash; how many bytes of it name the group.
Result<std::size_t> Substitution::read_group(std::string_view text, Piece& piece) const {
  std::size_t size = 1;
  std::string_view name = text.substr(0, 1);
  if (text[0] == 'g') {
    const std::size_t end = text.find('>');
    if (text.size() < 2 || text[1] != '<' || end == std::string_view::npos) {
      return fail("\\g without <GROUP> behind it");
    }
    size = end + 1;
    name = text.substr(2, end - 2);
  } else {
    while (size < text.size() && is_digit(text[size])) ++size;
    name = text.substr(0, size);
    // What Python takes for the number of a byte.
    if (name[0] == '0' || size > 2) {
      return fail(fmt::format("\\{0}: write \\g<{0}>, if a group is meant", name));
    }
  }
  SPREAD_TRY(name_group(name, piece));
  return size;
}

Status Substitution::name_group(std::string_view name, Piece& piece) const {
  const bool number = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
  std::uint32_t groups = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  if (number) {
    piece.group = name.size() > 5 ? INT32_MAX : std::stoi(std::string(name));
    if (piece.group <= static_cast<int>(groups)) return {};
  } else {
    piece.group = pcre2_substring_number_from_name(
        code_.get(), reinterpret_cast<PCRE2_SPTR>(std::string(name).c_str()));
    if (piece.group >= 0) return {};
  }
  return fail(fmt::format("the pattern has no group {}", show_text(name)));
}

Result<bool> Substitution::match(std::string_view text, std::size_t from,
                                 std::uint32_t options) const {
  const int found = pcre2_match(code_.get(), units(text), text.size(), from, options, data_.get(),
                                context_.get());
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  if (found == PCRE2_ERROR_MATCHLIMIT) {
    return fail(fmt::format("{}: no answer after {} steps", show_text(text), kStepsMax));
  }
  return fail(fmt::format("{}: {}", show_text(text), PatternCode::describe(found)));
}

void Substitution::append_replacement(std::string_view text, std::string& to) const {
  const PCRE2_SIZE* places = pcre2_get_ovector_pointer(data_.get());
  for (const Piece& piece : pieces_) {
    to += piece.text;
    if (piece.group < 0) continue;
    const PCRE2_SIZE* group = places + 2 * static_cast<std::size_t>(piece.group);
    if (group[0] == PCRE2_UNSET || group[1] < group[0]) continue;
    to += text.substr(group[0], group[1] - group[0]);
  }
}

Result<std::string> Substitution::apply(std::string_view text) const {
  std::string replaced;
  std::size_t copied = 0, from = 0;
  std::uint32_t options = 0;
  while (from <= text.size()) {
    const Result<bool> found = match(text, from, options);
    if (!found) return tl::unexpected<Error>(found.error());
    if (!*found) break;
    const PCRE2_SIZE* places = pcre2_get_ovector_pointer(data_.get());
    const std::size_t begin = places[0], end = places[1];
    // \K in an assertion can move the begin behind the end, or in front of what was replaced.
    if (begin > end || begin < copied) return fail("the pattern moves its match by \\K");
    replaced += text.substr(copied, begin - copied);
    append_replacement(text, replaced);
    copied = from = end;
    options = begin == end ? PCRE2_NOTEMPTY_ATSTART : 0;
  }
  replaced += text.substr(copied);
  return replaced;
}

Result<bool> Substitution::matches_start(std::string_view text) const {
  return match(text, 0, PCRE2_ANCHORED);
}

}  // namespace spread
