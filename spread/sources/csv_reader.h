#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spread/base/arena.h"
#include "spread/base/byte_buffer.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// `--in csv` (RFC 4180; the choices where it leaves some are at make_record_reader): the first row
/// names the columns, every other row is a map from those names to strings.
class CsvReader final : public RecordReader {
 public:
  CsvReader(std::string name, std::size_t max_record_bytes);

  void feed(Slice piece) override;
  void finish() override { finished_ = true; }
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

 private:
  enum class State : std::uint8_t {
    FieldStart,
    Plain,
    PlainCr,  // a CR in a plain field: part of the line end if LF follows
    Quoted,
    QuoteInside,  // a quote in a quoted field: its end, or the first of a pair
    QuoteCr,      // and then a CR
  };

  bool read_row();
  bool read_byte(Byte byte);
  bool read_line_end();
  void read_plain();
  void read_quoted();
  void text_after_quote();
  void skip_byte_order_mark();
  void append(ByteView bytes);
  void end_field();
  bool end_row();
  void start_row();
  ByteView field(std::size_t i) const;
  std::string row_fault() const;
  bool take_header();
  void give(Record& record);
  Pull broken(std::uint64_t line, const std::string& reason);

  std::string name_;
  std::size_t max_record_bytes_;
  Slice piece_;
  const Byte* at_ = nullptr;  // the unread part of piece_
  const Byte* end_ = nullptr;
  bool finished_ = false;
  std::size_t mark_bytes_ = 0;  // of the byte order mark, as far as it was seen

  State state_ = State::FieldStart;
  ByteBuffer fields_;              // of the present row, one behind the other
  std::vector<std::size_t> ends_;  // where each ends there; no more of them than the header has
  std::size_t columns_ = 0;        // that ended in this row
  bool row_open_ = false;          // something of it was read
  bool quoted_ = false;            // some field was: "" alone in a line is a row
  bool too_long_ = false;
  bool text_after_quote_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 1;    // where the present row began,
  std::uint64_t quote_line_ = 0;  // and its last quoted field

  bool have_header_ = false;
  std::vector<Value> names_;  // of the columns
  ByteBuffer scratch_;
  Arena arena_;
  std::string error_;
};

}  // namespace spread
