// The readers of values: JSON, a document per line, and msgpack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/msgpack.h"

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

/// `--in msgpack`: objects one after the other. One that lies within a piece shares its bytes; one
/// that spans pieces is gathered, and scanned once however many pieces there are.
class MsgpackReader final : public RecordReader {
 public:
  MsgpackReader(std::string name, std::size_t max_record_bytes)
      : scanner_(max_record_bytes), name_(std::move(name)), max_record_bytes_(max_record_bytes) {}
  ~MsgpackReader() override { drop_gathered(); }

  void feed(Slice piece) override;
  void finish() override { finished_ = true; }
  std::span<Byte> spare() override;
  void filled(std::size_t size) override { gathered_size_ += size; }
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

 private:
  ByteView unread() const { return piece_.view().subspan(used_); }
  Pull next_gathered(Record& record);
  Pull at_end_of_piece();
  void gather(std::size_t size);
  void grow_gathered(std::size_t capacity);
  void drop_gathered();
  Pull give(Slice object, Record& record);
  Pull broken(wire::Scan scan);

  wire::ValueScanner scanner_;
  std::string name_;
  std::size_t max_record_bytes_;
  Slice piece_;
  std::size_t used_ = 0;       // of piece_
  Block* gathered_ = nullptr;  // the start of an object that came in earlier pieces
  std::size_t gathered_size_ = 0;
  bool finished_ = false;
  std::uint64_t place_ = 0;  // of the present object in the input, counted from 0
  std::string error_;
};

}  // namespace spread
