#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "spread/base/buffers.h"
#include "spread/sources/line_reader.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// `--in json`: one JSON document per line, each a payload in msgpack. A line of white space is
/// skipped, as jq does.
class JsonReader final : public RecordReader {
 public:
  JsonReader(std::string name, std::size_t max_record_bytes)
      : splitter_('\n', max_record_bytes),
        name_(std::move(name)),
        max_record_bytes_(max_record_bytes) {}

  void feed(Slice piece) override { splitter_.feed(std::move(piece)); }
  void finish() override { splitter_.finish(); }
  Pull next(Record& record) override;
  const RecordPlaces* places() const override { return &places_; }
  const std::string& error() const override { return error_; }

 private:
  void convert(std::string_view line, Record& record);

  Splitter splitter_;
  std::string name_;
  std::size_t max_record_bytes_;
  ByteBuffer scratch_;
  Arena arena_;
  std::string error_;  // stays empty: a bad line does not end the input
  RecordPlaces places_;
};

}  // namespace spread
