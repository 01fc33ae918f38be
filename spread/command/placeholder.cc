#include "spread/command/placeholder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

// A position of more digits is no position; int holds it.
constexpr std::size_t kPositionDigitsMax = 6;

// No blank, quote, brace or operator: `{% if %}` and `{%'...'}` belong to other languages.
bool is_suffix_char(char c) {
  return is_letter_or_digit(c) || std::string_view("._-+=@:,/~^").find(c) != std::string_view::npos;
}

/// The form of a placeholder from behind its position to its `}`; its length, 0 = none.
std::size_t match_form(std::string_view text, Placeholder& found) {
  constexpr std::pair<std::string_view, Form> kForms[] = {
      {"}", Form::Whole},
      {".}", Form::NoExtension},
      {"..}", Form::NoExtensions},
      {"/}", Form::Name},
      {"//}", Form::Directory},
      {"/.}", Form::NameNoExtension},
      {"/..}", Form::NameNoExtensions},
  };
  for (const auto& [form_text, form] : kForms) {
    if (!text.starts_with(form_text)) continue;
    found.form = form;
    return form_text.size();
  }
  if (!text.starts_with('%')) return 0;
  std::size_t end = 1;
  while (end < text.size() && is_suffix_char(text[end])) ++end;
  if (end == 1 || end == text.size() || text[end] != '}') return 0;
  found.form = Form::NoSuffix;
  found.suffix = text.substr(1, end - 1);
  return end + 1;
}

std::string_view no_extension(std::string_view value) {
  const std::size_t at = value.find_last_of("./");
  return at == std::string_view::npos || value[at] == '/' ? value : value.substr(0, at);
}

std::string_view file_name(std::string_view value) {
  const std::size_t slash = value.rfind('/');
  return slash == std::string_view::npos ? value : value.substr(slash + 1);
}

// As Perl's dirname: slashes at the end do not make a name.
std::string_view directory(std::string_view value) {
  const std::size_t name_end = value.find_last_not_of('/');
  if (name_end == std::string_view::npos) return value.empty() ? "." : "/";
  const std::size_t slash = value.rfind('/', name_end);
  if (slash == std::string_view::npos) return ".";
  const std::size_t end = value.find_last_not_of('/', slash);
  return end == std::string_view::npos ? "/" : value.substr(0, end + 1);
}

}  // namespace

Result<PlaceholderSyntax> PlaceholderSyntax::create(std::string replacement,
                                                    std::vector<std::string> names) {
  if (replacement.empty()) return fail("-I: the replacement string is empty");
  PlaceholderSyntax syntax;
  syntax.replacement_ = std::move(replacement);
  syntax.names_ = std::move(names);
  return syntax;
}

PlaceholderSyntax PlaceholderSyntax::numbers() {
  PlaceholderSyntax syntax;
  syntax.replacement_.clear();
  return syntax;
}

PlaceholderSyntax PlaceholderSyntax::none() {
  PlaceholderSyntax syntax = numbers();
  syntax.none_ = true;
  return syntax;
}

std::size_t PlaceholderSyntax::match(std::string_view text, std::size_t at,
                                     Placeholder& found) const {
  if (none_) return 0;
  if (replacement_.empty()) {
    const std::size_t length = text[at] == '{' ? match_braces(text, at, found) : 0;
    return found.is_number() ? length : 0;
  }
  if (text[at] == replacement_.front() && text.substr(at).starts_with(replacement_)) {
    found = {};
    return replacement_.size();
  }
  return text[at] == '{' ? match_braces(text, at, found) : 0;
}

std::size_t PlaceholderSyntax::match_braces(std::string_view text, std::size_t at,
                                            Placeholder& found) const {
  const std::string_view rest = text.substr(at + 1);
  found = {};
  if (rest.starts_with("#}") || rest.starts_with("%}")) {
    found.form = rest.front() == '#' ? Form::Sequence : Form::Slot;
    return 3;
  }
  if (rest.starts_with('}')) return 0;  // {} itself, but -I has named another text
  const std::size_t sign = rest.starts_with('-') ? 1 : 0;
  std::size_t end = sign;
  while (end < rest.size() && is_digit(rest[end])) ++end;
  if (end > sign && end - sign <= kPositionDigitsMax) {
    std::from_chars(rest.data(), rest.data() + end, found.position);
    if (found.position != 0) {
      const std::size_t form = match_form(rest.substr(end), found);
      if (form > 0) return 1 + end + form;
    }
    found = {};
  }
  if (const std::size_t form = match_form(rest, found); form > 0) return 1 + form;
  return match_name(text, at, found);
}

std::size_t PlaceholderSyntax::match_name(std::string_view text, std::size_t at,
                                          Placeholder& found) const {
  const std::string_view rest = text.substr(at + 1);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty() || !rest.starts_with(names_[i])) continue;
    const std::size_t form = match_form(rest.substr(names_[i].size()), found);
    if (form == 0) continue;
    found.position = static_cast<int>(i) + 1;
    return 1 + names_[i].size() + form;
  }
  return 0;
}

std::string_view transform(std::string_view value, const Placeholder& placeholder) {
  switch (placeholder.form) {
    case Form::Whole: return value;
    case Form::NoExtension: return no_extension(value);
    case Form::NoExtensions: return no_extension(no_extension(value));
    case Form::Name: return file_name(value);
    case Form::Directory: return directory(value);
    case Form::NameNoExtension: return no_extension(file_name(value));
    case Form::NameNoExtensions: return no_extension(no_extension(file_name(value)));
    case Form::NoSuffix:
      if (value.ends_with(placeholder.suffix)) value.remove_suffix(placeholder.suffix.size());
      return value;
    case Form::Sequence:
    case Form::Slot: break;
  }
  return value;
}

void append_number(std::string& out, const Placeholder& placeholder, const TaskContext& context) {
  char digits[24];
  const std::uint64_t number = placeholder.form == Form::Sequence ? context.sequence : context.slot;
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

ValueRange values_of(const Placeholder& placeholder, std::size_t count) {
  if (placeholder.position == 0) return {0, count};
  const auto signed_count = static_cast<std::ptrdiff_t>(count);
  const std::ptrdiff_t index =
      placeholder.position > 0 ? placeholder.position - 1 : signed_count + placeholder.position;
  if (index < 0 || index >= signed_count) return {0, 0};
  const auto begin = static_cast<std::size_t>(index);
  return {begin, begin + 1};
}

void split_values(std::string_view payload, std::vector<std::string_view>& values) {
  values.clear();
  while (!payload.empty()) {
    const std::size_t end = payload.find('\0');
    values.push_back(payload.substr(0, end));
    if (end == std::string_view::npos) return;
    payload.remove_prefix(end + 1);
  }
}

TextTemplate TextTemplate::parse(std::string_view text, const PlaceholderSyntax& syntax) {
  TextTemplate result;
  std::string before;
  Placeholder found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = syntax.match(text, at, found);
    if (length == 0) {
      before += text[at++];
      continue;
    }
    result.pieces_.push_back({std::exchange(before, {}), found});
    at += length;
  }
  result.end_ = std::move(before);
  return result;
}

TextTemplate TextTemplate::literal(std::string_view text) {
  TextTemplate result;
  result.end_ = text;
  return result;
}

bool TextTemplate::has_item() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return !piece.placeholder.is_number(); });
}

bool TextTemplate::is_whole_item() const {
  return pieces_.size() == 1 && pieces_[0].text.empty() && end_.empty() && has_item();
}

bool TextTemplate::has_all_values() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) {
    return !piece.placeholder.is_number() && piece.placeholder.position == 0;
  });
}

void TextTemplate::append_range(std::string& out, std::span<const std::string_view> values,
                                ValueRange range, const Placeholder& placeholder) const {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (i > range.begin) out += ' ';
    const std::string_view part = transform(values[i], placeholder);
    if (for_shell_) {
      out += shell_quote(part);
    } else {
      out += part;
    }
  }
}

void TextTemplate::append_to(std::string& out, std::span<const std::string_view> values,
                             const TaskContext& context) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.placeholder.is_number()) {
      append_number(out, piece.placeholder, context);
    } else {
      append_range(out, values, values_of(piece.placeholder, values.size()), piece.placeholder);
    }
  }
  out += end_;
}

void TextTemplate::append_to(std::string& out, std::span<const std::string_view> values,
                             const TaskContext& context, std::size_t only) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.placeholder.is_number()) {
      append_number(out, piece.placeholder, context);
      continue;
    }
    const ValueRange range = piece.placeholder.position == 0
                                 ? ValueRange{only, only + 1}
                                 : values_of(piece.placeholder, values.size());
    append_range(out, values, range, piece.placeholder);
  }
  out += end_;
}

}  // namespace spread
