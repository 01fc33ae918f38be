#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// Cuts a stream of pieces into the rows of RFC 4180, and rows into fields. Where the RFC leaves a
/// choice: see make_record_reader. A row ends at a newline (LF or CRLF) outside quotes; with
/// another terminator it ends there, quotes or not, and an empty one is a row too: the user has
/// said where rows end, and one open quote must not swallow all that follows.
class CsvRows {
 public:
  /// What is wrong with the line open_quote() where next() said Broken.
  static constexpr const char* kNeverClosed = "the quote that is opened here is never closed";

  explicit CsvRows(std::size_t max_row_bytes, char separator = ',', char terminator = '\n')
      : max_row_bytes_(max_row_bytes),
        separator_(static_cast<Byte>(separator)),
        terminator_(static_cast<Byte>(terminator)) {}

  /// Only after next() said NeedMore.
  void feed(Slice piece);
  void finish() { finished_ = true; }
  /// Record: a row. Broken: the input has ended inside quotes.
  Pull next();

  /// A row with another number of columns is malformed, and nothing more of it is kept.
  void expect_columns(std::size_t columns) { expected_ = columns; }

  /// Of the row given last, until next() is called again.
  std::size_t columns() const { return columns_; }
  ByteView field(std::size_t i) const;
  /// Why the row is malformed; empty = it is fine, and every field(i) is there.
  std::string fault() const;
  /// Where it begins, counted from 1 (in lines; with another terminator, in rows).
  std::uint64_t line() const { return row_line_; }
  /// Where a quote was opened that is not closed by the end of the input or of the row; else 0.
  std::uint64_t open_quote() const { return open_quote_; }

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
  bool read_after_field(Byte byte);
  bool read_row_end();
  void read_plain();
  void read_quoted();
  void text_after_quote();
  void skip_byte_order_mark();
  void append(ByteView bytes);
  void end_field();
  bool end_row();
  void start_row();
  bool lines() const { return terminator_ == '\n'; }

  std::size_t max_row_bytes_;
  Byte separator_;
  Byte terminator_;
  std::optional<std::size_t> expected_;
  Slice piece_;
  const Byte* at_ = nullptr;  // the unread part of piece_
  const Byte* end_ = nullptr;
  bool finished_ = false;
  std::size_t mark_bytes_ = 0;  // of the byte order mark, as far as it was seen

  State state_ = State::FieldStart;
  bool row_given_ = false;         // by the last next(): it begins with a new one
  ByteBuffer fields_;              // of the present row, one behind the other
  std::vector<std::size_t> ends_;  // where each ends there; no more of them than are expected
  std::size_t columns_ = 0;        // that ended in this row
  bool row_open_ = false;          // something of it was read
  bool quoted_ = false;            // some field was: "" alone in a line is a row
  bool too_long_ = false;
  bool text_after_quote_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 1;    // where the present row began,
  std::uint64_t quote_line_ = 0;  // and its last quoted field
  std::uint64_t open_quote_ = 0;
};

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
