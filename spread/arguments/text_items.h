// Items from bytes, and their columns: cut at a delimiter and at --colsep, or rows of --csv.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/arguments/batcher.h"
#include "spread/arguments/item_reader.h"
#include "spread/base/buffers.h"
#include "spread/sources/csv_rows.h"
#include "spread/sources/pattern.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// What `--colsep` says: cuts an item into columns at every match, as Perl's split with a negative
/// limit. Empty columns count, also at the end; a match of nothing cuts between two bytes, but not
/// at the start. An empty item is one empty column. Unlike Perl's split, groups make no columns.
class Separator {
 public:
  static Result<Separator> parse(std::string_view text);

  /// The columns are parts of `item`. False: failure() says why there are none.
  [[nodiscard]] bool split(ByteView item, std::vector<ByteView>& columns);
  const std::string& failure() const { return pattern_.failure(); }

 private:
  explicit Separator(Pattern pattern) : pattern_(std::move(pattern)) {}

  Pattern pattern_;
};

/// What `--colsep` is to `--csv`: one byte, as it is or as an escape (\t, \|, \x1f). None: it is
/// something else.
std::optional<char> single_byte(std::string_view text);

/// Items cut at a delimiter, and columns at what --colsep matches.
class TextItems final : public ItemReader {
 public:
  TextItems(const ArgumentSourceOptions& options, ItemPlace place, char delimiter,
            std::optional<Separator> separator);

  void feed(Slice piece) override;
  void finish() override { splitter_.finish(); }
  Pull next(Item& item) override;
  const std::string& error() const override { return error_; }
  std::string place() const override {
    return place_.text(continue_lines_ ? number_ : splitter_.number());
  }
  const std::vector<std::string>& names() const override { return header_.names(); }

 private:
  enum class Taken : std::uint8_t { Item, Again, Broken };

  Pull next_slow(Item& item);
  Taken take(ByteView text, Item& item);
  Taken take_line(ByteView text, Item& item);
  Taken take_too_long(Item& item);
  Taken bad(const std::string& reason, Item& item);

  Splitter splitter_;
  ItemPlace place_;
  std::optional<Separator> separator_;
  Trim trim_;
  bool continue_lines_;
  std::size_t max_record_bytes_;
  ItemHeader header_;
  bool skip_blank_;
  bool plain_;  // an item is just its bytes
  bool look_for_nul_;
  bool nul_seen_ = false;  // in some piece: then every item is looked at
  std::vector<ByteView> columns_;
  ByteBuffer continued_;  // -L: the lines before, of this item
  bool continues_ = false;
  bool too_long_ = false;     // this item, of several lines
  std::uint64_t number_ = 0;  // of its first line
  PayloadBuilder builder_;
  std::string error_;
};

/// `--csv`: every row is an item, every field a column.
class CsvItems final : public ItemReader {
 public:
  CsvItems(const ArgumentSourceOptions& options, ItemPlace place, char separator, char delimiter);

  void feed(Slice piece) override { rows_.feed(std::move(piece)); }
  void finish() override { rows_.finish(); }
  Pull next(Item& item) override;
  const std::string& error() const override { return error_; }
  std::string place() const override { return place_.text(rows_.line()); }
  const std::vector<std::string>& names() const override { return header_.names(); }

 private:
  Pull broken(std::uint64_t number, const std::string& reason);
  std::string take_columns();

  CsvRows rows_;
  ItemPlace place_;
  Trim trim_;
  ItemHeader header_;
  std::vector<ByteView> columns_;
  PayloadBuilder builder_;
  std::string error_;
};

}  // namespace spread
