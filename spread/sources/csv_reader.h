#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/arena.h"
#include "spread/base/byte_buffer.h"
#include "spread/sources/csv_rows.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// `--in csv` (RFC 4180; the choices where it leaves some are at make_record_reader): the first row
/// names the columns, every other row is a map from those names to strings.
class CsvReader final : public RecordReader {
 public:
  CsvReader(std::string name, std::size_t max_record_bytes)
      : name_(std::move(name)), rows_(max_record_bytes) {}

  void feed(Slice piece) override { rows_.feed(std::move(piece)); }
  void finish() override { rows_.finish(); }
  Pull next(Record& record) override;
  const RecordPlaces* places() const override { return &places_; }
  const std::string& error() const override { return error_; }

 private:
  bool take_header();
  void give(Record& record);
  Pull broken(std::uint64_t line, const std::string& reason);

  std::string name_;
  CsvRows rows_;
  bool have_header_ = false;
  std::vector<Value> names_;  // of the columns
  ByteBuffer scratch_;
  Arena arena_;
  std::string error_;
  RecordPlaces places_;
};

}  // namespace spread
