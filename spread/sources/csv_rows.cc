#include "spread/sources/csv_rows.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

constexpr Byte kByteOrderMark[] = {0xef, 0xbb, 0xbf};
constexpr std::size_t kFieldsBytes = 64 * 1024;  // kept between rows

}  // namespace

void CsvRows::feed(Slice piece) {
  SPREAD_ASSERT(at_ == end_ && !finished_);
  piece_ = std::move(piece);
  at_ = piece_.view().data();
  end_ = at_ + piece_.size();
}

Pull CsvRows::next() {
  if (std::exchange(row_given_, false)) start_row();
  if (!read_row()) {
    if (!finished_) return Pull::NeedMore;
    const bool quote_is_open = state_ == State::Quoted;
    if (quote_is_open) open_quote_ = quote_line_;
    if (quote_is_open || !row_open_ || !end_row()) {
      return open_quote_ == 0 ? Pull::End : Pull::Broken;
    }
  }
  row_given_ = true;
  return Pull::Record;
}

// True when a row is complete; false when the piece is used up.
bool CsvRows::read_row() {
  if (mark_bytes_ < sizeof kByteOrderMark) skip_byte_order_mark();
  while (at_ != end_) {
    row_open_ = true;
    if (state_ == State::Plain) {
      read_plain();
    } else if (state_ == State::Quoted) {
      read_quoted();
    }
    if (at_ == end_) break;
    if (read_byte(*at_)) return true;
  }
  return false;
}

// Excel writes one. What only begins like it is text.
void CsvRows::skip_byte_order_mark() {
  while (at_ != end_ && mark_bytes_ < sizeof kByteOrderMark) {
    if (*at_ != kByteOrderMark[mark_bytes_]) {
      if (mark_bytes_ != 0) {
        append({kByteOrderMark, mark_bytes_});
        row_open_ = true;
        state_ = State::Plain;
      }
      mark_bytes_ = sizeof kByteOrderMark;
      return;
    }
    ++mark_bytes_;
    ++at_;
  }
}

void CsvRows::read_plain() {
  const Byte* stop = std::find_if(at_, end_, [this](Byte byte) {
    return byte == separator_ || byte == terminator_ || (byte == '\r' && lines());
  });
  append({at_, stop});
  at_ = stop;
}

void CsvRows::read_quoted() {
  const void* quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
  const Byte* stop = quote == nullptr ? end_ : static_cast<const Byte*>(quote);
  if (lines()) {
    line_ += static_cast<std::uint64_t>(std::count(at_, stop, Byte{'\n'}));
  } else {
    stop = std::find(at_, stop, terminator_);
  }
  append({at_, stop});
  at_ = stop;
}

// Takes the byte at at_, unless it must be looked at again in another state. True at a row's end.
bool CsvRows::read_byte(Byte byte) {
  switch (state_) {
    case State::FieldStart:
      state_ = byte == '"' ? State::Quoted : State::Plain;
      if (byte != '"') return false;
      quoted_ = true;
      quote_line_ = line_;
      break;
    case State::Quoted:
      if (byte != '"') {
        open_quote_ = quote_line_;
        return read_row_end();
      }
      state_ = State::QuoteInside;
      break;
    case State::Plain:
    case State::QuoteInside: return read_after_field(byte);
    case State::PlainCr:
    case State::QuoteCr:
      if (byte == '\n') return read_row_end();
      if (state_ == State::QuoteCr) text_after_quote();
      append(as_bytes("\r"));
      state_ = State::Plain;
      return false;
  }
  ++at_;
  return false;
}

bool CsvRows::read_after_field(Byte byte) {
  if (byte == separator_) {
    end_field();
    state_ = State::FieldStart;
  } else if (byte == '\r' && lines()) {
    state_ = state_ == State::Plain ? State::PlainCr : State::QuoteCr;
  } else if (byte == terminator_) {
    return read_row_end();
  } else if (byte == '"') {
    append({at_, 1});
    state_ = State::Quoted;
  } else {
    text_after_quote();
    return false;
  }
  ++at_;
  return false;
}

bool CsvRows::read_row_end() {
  ++at_;
  ++line_;
  return end_row();
}

void CsvRows::text_after_quote() {
  text_after_quote_ = true;
  state_ = State::Plain;
}

// Nothing is kept of a row that is bad anyway: neither of what is too long nor of columns beyond
// those expected.
void CsvRows::append(ByteView bytes) {
  if (too_long_ || (expected_ && columns_ >= *expected_)) return;
  if (fields_.size() + columns_ + bytes.size() > max_row_bytes_) {
    too_long_ = true;
    fields_.clear();
    fields_.shrink();
    ends_.clear();
    return;
  }
  fields_.append(bytes);
}

void CsvRows::end_field() {
  ++columns_;
  if (expected_ && columns_ > *expected_) return;
  append({});
  if (!too_long_) ends_.push_back(fields_.size());
}

// False if the line was empty, and so no row.
bool CsvRows::end_row() {
  end_field();
  const bool empty = columns_ == 1 && fields_.empty() && !quoted_ && !too_long_;
  if (!empty || !lines()) return true;
  start_row();
  return false;
}

void CsvRows::start_row() {
  fields_.clear();
  if (fields_.capacity() > kFieldsBytes) fields_.shrink();
  ends_.clear();
  columns_ = 0;
  state_ = State::FieldStart;
  row_open_ = quoted_ = too_long_ = text_after_quote_ = false;
  open_quote_ = 0;
  row_line_ = line_;
}

ByteView CsvRows::field(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return fields_.view().subspan(begin, ends_[i] - begin);
}

std::string CsvRows::fault() const {
  if (too_long_) return fmt::format("longer than {} bytes", max_row_bytes_);
  if (open_quote_ != 0) return "a quote that is never closed";
  if (text_after_quote_) return "text after a closing quote";
  if (expected_ && columns_ != *expected_) {
    return fmt::format("{} column{}, but the header has {}", columns_, columns_ == 1 ? "" : "s",
                       *expected_);
  }
  return {};
}

namespace {

constexpr std::size_t kRowBytesKept = 64 * 1024;  // kept between rows

void append_map_header(std::size_t size, ByteBuffer& out) {
  Byte* place = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_map_header(place, size) - place));
}

}  // namespace

Pull CsvReader::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  while (true) {
    const Pull row = rows_.next();
    if (row == Pull::Broken) return broken(rows_.open_quote(), CsvRows::kNeverClosed);
    if (row != Pull::Record) return row;
    if (have_header_) break;
    if (!take_header()) return Pull::Broken;
  }
  give(record);
  return Pull::Record;
}

bool CsvReader::take_header() {
  if (const std::string fault = rows_.fault(); !fault.empty()) {
    broken(rows_.line(), "the header: " + fault);
    return false;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < rows_.columns(); ++i) {
    std::string name(as_text(rows_.field(i)));
    names_.push_back(wire::text_value(Slice::copy_of(rows_.field(i))));
    if (!seen.insert(name).second) {
      broken(rows_.line(), fmt::format("the header: two columns are called \"{}\"", name));
      return false;
    }
  }
  have_header_ = true;
  rows_.expect_columns(names_.size());
  return true;
}

void CsvReader::give(Record& record) {
  places_.add(rows_.line());
  record.payload = {};
  record.bad = rows_.fault();
  if (!record.bad.empty()) {
    record.bad = fmt::format("{} line {}: {}", name_, rows_.line(), record.bad);
    return;
  }
  scratch_.clear();
  append_map_header(names_.size(), scratch_);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    scratch_.append(names_[i]);
    scratch_.append(wire::text_value(Slice(nullptr, rows_.field(i))));
  }
  record.payload.body = arena_.copy(scratch_.view());
  if (scratch_.capacity() > kRowBytesKept) {
    scratch_.clear();
    scratch_.shrink();
  }
}

Pull CsvReader::broken(std::uint64_t line, const std::string& reason) {
  error_ = fmt::format("{} line {}: {}", name_, line, reason);
  return Pull::Broken;
}

}  // namespace spread
