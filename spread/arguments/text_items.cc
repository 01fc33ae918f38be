#include "spread/arguments/text_items.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <utility>

#include "spread/base/quote.h"

namespace spread {

namespace {

// An item in an ItemStore has 32 bits of length, and every column adds a NUL.
constexpr std::size_t kMostBytes = UINT32_MAX / 2;

// Spreadsheets write it in front of what they save as UTF-8; in a name it could not be seen.
constexpr std::string_view kHeaderMark = "\xef\xbb\xbf";

bool has_nul(ByteView bytes) {
  return !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr;
}

}  // namespace

TextItems::TextItems(const ArgumentSourceOptions& options, ItemPlace place, char delimiter,
                     std::optional<Separator> separator)
    : splitter_(delimiter, std::min(options.max_record_bytes, kMostBytes)),
      place_(std::move(place)),
      separator_(std::move(separator)),
      trim_(options.trim.value_or(options.colsep ? Trim::Both : Trim::None)),
      continue_lines_(options.continue_lines),
      max_record_bytes_(std::min(options.max_record_bytes, kMostBytes)),
      header_(options.header),
      skip_blank_(options.skip_blank),
      plain_(!skip_blank_ && !separator_ && trim_ == Trim::None && !continue_lines_ &&
             !options.header),
      look_for_nul_(delimiter != '\0') {}

// One look at a piece is cheaper than one at every item of it.
void TextItems::feed(Slice piece) {
  nul_seen_ |= look_for_nul_ && has_nul(piece.view());
  splitter_.feed(std::move(piece));
}

Pull TextItems::next(Item& item) {
  if (plain_ && !nul_seen_) {
    if (ByteView text; splitter_.next_in_piece(text)) {
      if (!item.bad.empty()) item.bad.clear();
      builder_.add_value(text);
      item.values = builder_.take();
      return Pull::Record;
    }
  }
  return next_slow(item);
}

Pull TextItems::next_slow(Item& item) {
  if (!error_.empty()) return Pull::Broken;
  item.bad.clear();
  item.values = {};
  while (true) {
    Slice text;
    const Splitter::Cut cut = splitter_.next(text);
    Taken taken = Taken::Again;
    if (cut == Splitter::Cut::NeedMore) return Pull::NeedMore;
    if (cut == Splitter::Cut::End) {
      if (!std::exchange(continues_, false)) return Pull::End;
      taken = too_long_ ? take_too_long(item) : take(continued_.view(), item);
    } else if (cut == Splitter::Cut::TooLong) {
      // Whether the line goes on in the next is not known: it was not kept.
      if (!std::exchange(continues_, false)) number_ = splitter_.number();
      taken = take_too_long(item);
    } else {
      taken = take_line(text.view(), item);
    }
    if (taken == Taken::Item) return Pull::Record;
    if (taken == Taken::Broken) return Pull::Broken;
  }
}

/// -L: an item may be several lines. As GNU parallel does it, the white space at their ends stays.
TextItems::Taken TextItems::take_line(ByteView text, Item& item) {
  if (!continues_) number_ = splitter_.number();
  const bool goes_on = continue_lines_ && trimmed(text, Trim::Right).size() < text.size();
  if (!continues_ && !goes_on) return take(text, item);
  if (!continues_) {
    continued_.clear();
    too_long_ = false;
  }
  continues_ = goes_on;
  too_long_ |= continued_.size() + text.size() > max_record_bytes_;
  if (!too_long_) continued_.append(text);
  if (goes_on) return Taken::Again;
  return too_long_ ? take_too_long(item) : take(continued_.view(), item);
}

TextItems::Taken TextItems::take_too_long(Item& item) {
  return bad(fmt::format("longer than {} bytes", max_record_bytes_), item);
}

TextItems::Taken TextItems::take(ByteView text, Item& item) {
  if (nul_seen_ && has_nul(text)) {
    return bad("holds a NUL byte, which no argument can (NUL-separated items: -0)", item);
  }
  if (skip_blank_ && !header_.is_due() && trimmed(text, Trim::Both).empty()) return Taken::Again;
  if (header_.is_due() && as_text(text).starts_with(kHeaderMark)) {
    text = text.subspan(kHeaderMark.size());
  }
  if (separator_) {
    if (!separator_->split(text, columns_)) return bad(separator_->failure(), item);
  } else {
    columns_.assign(1, text);
  }
  for (ByteView& column : columns_) column = trimmed(column, trim_);
  if (header_.is_due()) {
    const std::string fault = header_.take(columns_);
    return fault.empty() ? Taken::Again : bad(fault, item);
  }
  if (const std::string fault = header_.fault(columns_.size()); !fault.empty()) {
    return bad(fault, item);
  }
  for (const ByteView column : columns_) builder_.add_value(column);
  item.values = builder_.take();
  return Taken::Item;
}

TextItems::Taken TextItems::bad(const std::string& reason, Item& item) {
  const std::string message = place_.text(number_) + ": " + reason;
  if (header_.is_due()) {
    error_ = message;
    return Taken::Broken;
  }
  item.bad = message;
  return Taken::Item;
}

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

CsvItems::CsvItems(const ArgumentSourceOptions& options, ItemPlace place, char separator,
                   char delimiter)
    : rows_(std::min<std::size_t>(options.max_record_bytes, UINT32_MAX / 2), separator, delimiter),
      place_(std::move(place)),
      trim_(options.trim.value_or(options.colsep ? Trim::Both : Trim::None)),
      header_(options.header) {}

Pull CsvItems::next(Item& item) {
  if (!error_.empty()) return Pull::Broken;
  item.values = {};
  item.bad.clear();
  while (true) {
    const Pull row = rows_.next();
    if (row == Pull::Broken) return broken(rows_.open_quote(), CsvRows::kNeverClosed);
    if (row != Pull::Record) return row;
    const std::string fault = take_columns();
    if (!header_.is_due()) {
      if (!fault.empty()) {
        item.bad = place_.text(rows_.line()) + ": " + fault;
      } else {
        for (const ByteView column : columns_) builder_.add_value(column);
        item.values = builder_.take();
      }
      return Pull::Record;
    }
    if (!fault.empty()) return broken(rows_.line(), "the header: " + fault);
    if (const std::string names = header_.take(columns_); !names.empty()) {
      return broken(rows_.line(), names);
    }
    rows_.expect_columns(header_.names().size());
  }
}

/// What is wrong with the row; empty = nothing.
std::string CsvItems::take_columns() {
  if (std::string fault = rows_.fault(); !fault.empty()) return fault;
  columns_.clear();
  for (std::size_t i = 0; i < rows_.columns(); ++i) {
    const ByteView field = rows_.field(i);
    if (!field.empty() && std::memchr(field.data(), 0, field.size()) != nullptr) {
      return "holds a NUL byte, which no argument can";
    }
    columns_.push_back(trimmed(field, trim_));
  }
  return {};
}

Pull CsvItems::broken(std::uint64_t number, const std::string& reason) {
  error_ = place_.text(number) + ": " + reason;
  return Pull::Broken;
}

}  // namespace spread
