#include "spread/arguments/item_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "spread/arguments/text_items.h"
#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

// A small source must be cheap too: blocks begin small and grow to this.
constexpr std::size_t kFirstBlockBytes = 4 * 1024;
constexpr std::size_t kBlockBytes = 64 * 1024;

}  // namespace

void ItemStore::add(const Item& item) {
  const ByteView bytes = item.bad.empty() ? item.values.view() : as_bytes(item.bad);
  SPREAD_ASSERT(bytes.size() <= UINT32_MAX);
  const Header header{static_cast<std::uint32_t>(bytes.size()), item.bad.empty() ? 0u : 1u};
  const std::size_t size = sizeof header + bytes.size();
  std::size_t used = blocks_.empty() ? 0 : blocks_.back().size();
  if (open_ == nullptr || open_->capacity() - used < size) {
    const std::size_t usual = blocks_.empty() ? kFirstBlockBytes : kBlockBytes;
    open_ = Block::create(std::max(usual, size));
    blocks_.emplace_back(open_, ByteView(open_->data(), 0));
    open_->release();
    used = 0;
  }
  std::memcpy(open_->data() + used, &header, sizeof header);
  if (!bytes.empty()) std::memcpy(open_->data() + used + sizeof header, bytes.data(), bytes.size());
  blocks_.back() = Slice(open_, {open_->data(), used + size});
}

void ItemStore::clear() {
  blocks_.clear();
  open_ = nullptr;
  rewind();
}

void ItemStore::next(Item& item) {
  SPREAD_ASSERT(!empty());
  const Slice& block = blocks_[block_];
  Header header;
  std::memcpy(&header, block.view().data() + offset_, sizeof header);
  const ByteView bytes = block.view().subspan(offset_ + sizeof header, header.size);
  item.bad.clear();
  item.values = {};
  if (header.bad != 0) {
    item.bad = as_text(bytes);
  } else {
    item.values = Slice(block.block(), bytes);
  }
  offset_ += sizeof header + bytes.size();
  if (offset_ < block.size()) return;
  offset_ = 0;
  block_ = block_ + 1 == blocks_.size() ? 0 : block_ + 1;
}

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
