#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "spread/api/bytes.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// Cuts a stream of pieces at one delimiter byte. A record that lies within one piece shares its
/// bytes; only one that spans pieces is copied (once, if the second piece ends it).
class Splitter {
 public:
  enum class Cut : std::uint8_t {
    Line,
    TooLong,  ///< a record longer than the limit was skipped
    NeedMore,
    End,
  };

  Splitter(char delimiter, std::size_t max_bytes)
      : delimiter_(static_cast<unsigned char>(delimiter)), max_bytes_(max_bytes) {}
  ~Splitter() { drop_gathered(); }
  Splitter(const Splitter&) = delete;
  Splitter& operator=(const Splitter&) = delete;

  /// Only after next() said NeedMore.
  void feed(Slice piece);
  void finish() { finished_ = true; }

  Cut next(Slice& line);
  /// The most frequent case of next(), inline: true if the next record lies within the piece.
  /// `line` is then a part of block(). If false, call next().
  bool next_in_piece(ByteView& line) {
    if (begin_ == end_ || spanning_) return false;
    const void* found = std::memchr(begin_, delimiter_, static_cast<std::size_t>(end_ - begin_));
    const Byte* stop = static_cast<const Byte*>(found);
    if (stop == nullptr || static_cast<std::size_t>(stop - begin_) > max_bytes_) return false;
    line = {begin_, stop};
    begin_ = stop + 1;
    ++number_;
    return true;
  }
  Block* block() const { return piece_.block(); }

  /// Of the record given last, counted from 1.
  std::uint64_t number() const { return number_; }

 private:
  void gather(ByteView bytes);
  void drop_gathered();

  int delimiter_;
  std::size_t max_bytes_;
  Slice piece_;
  const Byte* begin_ = nullptr;  // the unread part of piece_
  const Byte* end_ = nullptr;
  bool spanning_ = false;  // the start of the present record came in earlier pieces
  bool too_long_ = false;  // and was thrown away
  bool finished_ = false;
  Block* gathered_ = nullptr;  // or it lies here
  std::size_t gathered_size_ = 0;
  std::uint64_t number_ = 0;
};

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
