#pragma once

#include <cstddef>
#include <string>

#include "spread/sources/record_reader.h"
#include "spread/sources/splitter.h"

namespace spread {

/// `--in lines`: every record is a payload that shares the bytes of the piece it came in.
class LineReader final : public RecordReader {
 public:
  LineReader(char delimiter, std::string name, std::size_t max_record_bytes);

  void feed(Slice piece) override { splitter_.feed(std::move(piece)); }
  void finish() override { splitter_.finish(); }
  Pull next(Record& record) override;
  const RecordPlaces* places() const override { return of_lines_ ? &places_ : nullptr; }
  const std::string& error() const override { return error_; }

 private:
  Pull next_slow(Record& record);

  Splitter splitter_;
  std::string name_;
  std::size_t max_record_bytes_;
  bool of_lines_;
  RecordPlaces places_;  // each line is a record
  const char* unit_;     // what messages call a record
  std::string error_;    // stays empty: no line can break a stream of lines
};

}  // namespace spread
