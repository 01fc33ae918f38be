#include "spread/command/text_template.h"

#include <algorithm>
#include <utility>

#include "spread/base/quote.h"

namespace spread {

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
