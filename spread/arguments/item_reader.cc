#include "spread/arguments/item_reader.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "spread/arguments/text_items.h"
#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {

namespace {

/// The words, each followed by a NUL: what cuts files then cuts them.
Slice joined(const std::vector<std::string>& words) {
  std::size_t size = 0;
  for (const std::string& word : words) size += word.size() + 1;
  Block* block = Block::create(size);
  Byte* at = block->data();
  for (const std::string& word : words) {
    std::memcpy(at, word.c_str(), word.size() + 1);
    at += word.size() + 1;
  }
  Slice text(block, {block->data(), size});
  block->release();
  return text;
}

/// What --colsep is to --csv.
Result<char> csv_separator(const std::optional<std::string>& colsep) {
  if (!colsep) return ',';
  const std::optional<char> byte = single_byte(*colsep);
  if (byte && std::string_view("\"\r\n\0", 4).find(*byte) == std::string_view::npos) return *byte;
  return fail("--colsep " + show_text(*colsep) + ": with --csv the separator is a single byte");
}

Result<std::unique_ptr<ItemReader>> make_reader(const ArgumentSourceOptions& options,
                                                ItemPlace place, char delimiter) {
  if (options.csv) {
    const Result<char> separator = csv_separator(options.colsep);
    if (!separator) return tl::unexpected(separator.error());
    return std::make_unique<CsvItems>(options, std::move(place), *separator, delimiter);
  }
  std::optional<Separator> separator;
  if (options.colsep) {
    Result<Separator> parsed = Separator::parse(*options.colsep);
    if (!parsed) return tl::unexpected(parsed.error());
    separator = std::move(*parsed);
  }
  return std::make_unique<TextItems>(options, std::move(place), delimiter, std::move(separator));
}

}  // namespace

ByteView trimmed(ByteView value, Trim trim) {
  if (trim == Trim::Left || trim == Trim::Both) {
    while (!value.empty() && is_space(static_cast<char>(value.front()))) value = value.subspan(1);
  }
  if (trim == Trim::Right || trim == Trim::Both) {
    while (!value.empty() && is_space(static_cast<char>(value.back())))
      value = value.first(value.size() - 1);
  }
  return value;
}

Result<std::unique_ptr<ItemReader>> make_item_reader(const ArgumentSourceOptions& options,
                                                     const ArgumentSourceOptions::Source& source) {
  const char delimiter = source.is_list ? '\0' : options.delimiter;
  ItemPlace place;
  place.source = source.is_list ? ":::" : source.name;
  place.unit = source.is_list ? "argument" : delimiter == '\n' ? "line" : "record";
  auto reader = make_reader(options, std::move(place), delimiter);
  if (reader && source.is_list) {
    if (!source.words.empty()) (*reader)->feed(joined(source.words));
    (*reader)->finish();
  }
  return reader;
}

std::string ItemHeader::take(const std::vector<ByteView>& columns) {
  std::set<std::string_view> seen;
  for (const ByteView column : columns) {
    const std::string_view name = as_text(column);
    if (!name.empty() && !seen.insert(name).second) {
      return fmt::format("the header: two columns are called \"{}\"", name);
    }
    names_.emplace_back(name);
  }
  taken_ = true;
  return {};
}

std::string ItemHeader::fault(std::size_t columns) const {
  if (!taken_ || columns == names_.size()) return {};
  return fmt::format("{} column{}, but the header has {}", columns, columns == 1 ? "" : "s",
                     names_.size());
}

}  // namespace spread
