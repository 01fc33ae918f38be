#include "spread/results/csv_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/wire/json.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

constexpr std::string_view kInput = "input", kResult = "result";

/// Calls `with(key, value)` for each column that the value fills. `key` is scratch.
template <typename With>
void for_each_field(ByteView value, std::string_view whole, std::string& key, With with) {
  if (value.empty()) return;
  const wire::Token token = wire::token_of(value);
  if (token.type == wire::TokenType::Nil) return;
  if (token.type != wire::TokenType::Map) {
    key = whole;
    return with(key, value);
  }
  wire::ValueList members(value);
  members.enter();
  for (std::uint64_t i = 0; i < token.number; ++i) {
    const ByteView name = members.take();
    const wire::Token text = wire::token_of(name);
    if (text.is_text()) {
      key = as_text(text.bytes);
    } else {
      ByteBuffer json;
      wire::JsonStyle style;
      if (!wire::msgpack_to_json(name, json, style)) json.clear();
      key = as_text(json.view());
    }
    with(key, members.take());
  }
}

}  // namespace

CsvTable::CsvTable(CsvStyle style, const std::vector<std::string>& columns,
                   const std::vector<std::string>& inputs)
    : format_(style), given_(!columns.empty()), columns_(columns) {
  for (std::size_t i = 0; !given_ && i < inputs.size(); ++i) note(inputs[i], {false, 0, i});
  if (given_) fix_columns();
}

void CsvTable::look_at(TaskId task, ByteView payload, ByteView value) {
  std::size_t index = 0;
  for_each_field(payload, kInput, key_, [&](const std::string& key, ByteView) {
    note(key, {false, number(task), index++});
  });
  for_each_field(value, kResult, key_, [&](const std::string& key, ByteView) {
    note(key, {true, number(task), index++});
  });
}

void CsvTable::note(std::string_view key, const Place& place) {
  const auto known = places_.find(std::string(key));
  if (known != places_.end()) {
    known->second = std::min(known->second, place);
  } else if (places_.size() < kColumnsMax) {
    places_.emplace(key, place);
  } else if (!std::exchange(told_columns_, true)) {
    warnings_.push_back(fmt::format(
        "--out csv: there are more than {} different keys, and others than the first ones "
        "are left out; --columns names those that are wanted",
        kColumnsMax));
  }
}

void CsvTable::fix_columns() {
  if (!given_) {
    std::vector<std::pair<Place, std::string>> sorted;
    for (const auto& [key, place] : places_) sorted.emplace_back(place, key);
    std::sort(sorted.begin(), sorted.end());
    for (auto& [place, key] : sorted) columns_.push_back(std::move(key));
    places_.clear();
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) index_.emplace(columns_[i], i);
  used_.resize(columns_.size());
}

void CsvTable::append_header(ByteBuffer& out) const {
  if (!columns_.empty()) format_.append_header(columns_, out);
}

void CsvTable::set_fields(ByteView value, std::string_view whole) {
  for_each_field(value, whole, key_, [&](const std::string& key, ByteView field) {
    const auto column = index_.find(key);
    if (column == index_.end()) return;
    row_[column->second] = field;
    used_[column->second] = true;
  });
}

void CsvTable::append_row(ByteView payload, ByteView value, ByteBuffer& out) {
  if (columns_.empty()) return;
  row_.assign(columns_.size(), ByteView());
  set_fields(payload, kInput);
  set_fields(value, kResult);
  format_.append_row(row_, out);
}

void CsvTable::end() {
  if (!given_) return;
  std::string unused;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!used_[i]) unused += (unused.empty() ? "" : ", ") + columns_[i];
  }
  if (unused.empty()) return;
  warnings_.push_back("--columns: no row has a value of " + printable_line(unused, 200));
}

std::string CsvTable::take_warning() {
  if (format_.has_warning()) return format_.take_warning();
  if (warnings_.empty()) return {};
  std::string warning = std::move(warnings_.front());
  warnings_.erase(warnings_.begin());
  return warning;
}

}  // namespace spread
