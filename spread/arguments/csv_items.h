#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spread/arguments/item_header.h"
#include "spread/arguments/item_place.h"
#include "spread/arguments/item_reader.h"
#include "spread/arguments/payload_builder.h"
#include "spread/sources/csv_rows.h"

namespace spread {

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
