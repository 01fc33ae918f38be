#include "spread/arguments/csv_items.h"

#include <algorithm>
#include <cstring>

namespace spread {

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
    const CsvRows::Cut cut = rows_.next();
    if (cut == CsvRows::Cut::NeedMore) return Pull::NeedMore;
    if (cut == CsvRows::Cut::End) {
      if (rows_.open_quote() == 0) return Pull::End;
      return broken(rows_.open_quote(), "the quote that is opened here is never closed");
    }
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
