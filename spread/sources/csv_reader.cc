#include "spread/sources/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "spread/base/assert.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack_write.h"

namespace spread {

namespace {

constexpr Byte kByteOrderMark[] = {0xef, 0xbb, 0xbf};
constexpr std::size_t kScratchBytes = 64 * 1024;  // kept between rows

void append_map_header(std::size_t size, ByteBuffer& out) {
  Byte* place = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_map_header(place, size) - place));
}

}  // namespace

CsvReader::CsvReader(std::string name, std::size_t max_record_bytes)
    : name_(std::move(name)), max_record_bytes_(max_record_bytes) {}

void CsvReader::feed(Slice piece) {
  SPREAD_ASSERT(at_ == end_ && !finished_);
  piece_ = std::move(piece);
  at_ = piece_.view().data();
  end_ = at_ + piece_.size();
}

Pull CsvReader::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  while (true) {
    if (!read_row()) {
      if (!finished_) return Pull::NeedMore;
      if (state_ == State::Quoted) {
        return broken(quote_line_, "the quote that is opened here is never closed");
      }
      if (!row_open_ || !end_row()) return Pull::End;
    }
    if (have_header_) break;
    if (!take_header()) return Pull::Broken;
    start_row();
  }
  give(record);
  start_row();
  return Pull::Record;
}

// True when a row is complete; false when the piece is used up.
bool CsvReader::read_row() {
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
void CsvReader::skip_byte_order_mark() {
  while (at_ != end_ && mark_bytes_ < sizeof kByteOrderMark) {
    if (*at_ != kByteOrderMark[mark_bytes_]) {
      if (mark_bytes_ != 0) {
        append({kByteOrderMark, mark_bytes_});
        state_ = State::Plain;
      }
      mark_bytes_ = sizeof kByteOrderMark;
      return;
    }
    ++mark_bytes_;
    ++at_;
  }
}

void CsvReader::read_plain() {
  const Byte* stop = std::find_if(
      at_, end_, [](Byte byte) { return byte == ',' || byte == '\n' || byte == '\r'; });
  append({at_, stop});
  at_ = stop;
}

void CsvReader::read_quoted() {
  const void* quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
  const Byte* stop = quote == nullptr ? end_ : static_cast<const Byte*>(quote);
  line_ += static_cast<std::uint64_t>(std::count(at_, stop, Byte{'\n'}));
  append({at_, stop});
  at_ = stop;
}

// Takes the byte at at_, unless it must be looked at again in another state. True at a row's end.
bool CsvReader::read_byte(Byte byte) {
  switch (state_) {
    case State::FieldStart:
      state_ = byte == '"' ? State::Quoted : State::Plain;
      if (byte != '"') return false;
      quoted_ = true;
      quote_line_ = line_;
      break;
    case State::Quoted: state_ = State::QuoteInside; break;
    case State::Plain:
    case State::QuoteInside:
      if (byte == ',') {
        end_field();
        state_ = State::FieldStart;
      } else if (byte == '\r') {
        state_ = state_ == State::Plain ? State::PlainCr : State::QuoteCr;
      } else if (byte == '\n') {
        return read_line_end();
      } else if (byte == '"') {
        append({at_, 1});
        state_ = State::Quoted;
      } else {
        text_after_quote();
        return false;
      }
      break;
    case State::PlainCr:
    case State::QuoteCr:
      if (byte == '\n') return read_line_end();
      if (state_ == State::QuoteCr) text_after_quote();
      append(as_bytes("\r"));
      state_ = State::Plain;
      return false;
  }
  ++at_;
  return false;
}

bool CsvReader::read_line_end() {
  ++at_;
  ++line_;
  return end_row();
}

void CsvReader::text_after_quote() {
  text_after_quote_ = true;
  state_ = State::Plain;
}

// Nothing is kept of a row that is bad anyway: neither of what is too long nor of columns that the
// header does not have.
void CsvReader::append(ByteView bytes) {
  if (too_long_ || (have_header_ && columns_ >= names_.size())) return;
  if (fields_.size() + columns_ + bytes.size() > max_record_bytes_) {
    too_long_ = true;
    fields_.clear();
    fields_.shrink();
    ends_.clear();
    return;
  }
  fields_.append(bytes);
}

void CsvReader::end_field() {
  ++columns_;
  if (have_header_ && columns_ > names_.size()) return;
  append({});
  if (!too_long_) ends_.push_back(fields_.size());
}

// False if the line was empty, and so no row.
bool CsvReader::end_row() {
  end_field();
  const bool empty = columns_ == 1 && fields_.empty() && !quoted_ && !too_long_;
  if (empty) start_row();
  return !empty;
}

void CsvReader::start_row() {
  fields_.clear();
  ends_.clear();
  columns_ = 0;
  state_ = State::FieldStart;
  row_open_ = quoted_ = too_long_ = text_after_quote_ = false;
  row_line_ = line_;
}

ByteView CsvReader::field(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return fields_.view().subspan(begin, ends_[i] - begin);
}

// Why the row is malformed; empty = it is fine.
std::string CsvReader::row_fault() const {
  if (too_long_) return fmt::format("longer than {} bytes", max_record_bytes_);
  if (text_after_quote_) return "text after a closing quote";
  if (have_header_ && columns_ != names_.size()) {
    return fmt::format("{} column{}, but the header has {}", columns_, columns_ == 1 ? "" : "s",
                       names_.size());
  }
  return {};
}

bool CsvReader::take_header() {
  if (const std::string fault = row_fault(); !fault.empty()) {
    broken(row_line_, "the header: " + fault);
    return false;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < columns_; ++i) {
    std::string name(as_text(field(i)));
    names_.push_back(wire::text_value(Slice::copy_of(field(i))));
    if (!seen.insert(name).second) {
      broken(row_line_, fmt::format("the header: two columns are called \"{}\"", name));
      return false;
    }
  }
  have_header_ = true;
  return true;
}

void CsvReader::give(Record& record) {
  record.payload = {};
  record.bad = row_fault();
  if (!record.bad.empty()) {
    record.bad = fmt::format("{} line {}: {}", name_, row_line_, record.bad);
    return;
  }
  scratch_.clear();
  append_map_header(columns_, scratch_);
  for (std::size_t i = 0; i < columns_; ++i) {
    scratch_.append(names_[i]);
    scratch_.append(wire::text_value(Slice(nullptr, field(i))));
  }
  record.payload.body = arena_.copy(scratch_.view());
  if (scratch_.capacity() > kScratchBytes) {
    scratch_.clear();
    scratch_.shrink();
  }
}

Pull CsvReader::broken(std::uint64_t line, const std::string& reason) {
  error_ = fmt::format("{} line {}: {}", name_, line, reason);
  at_ = end_;
  piece_ = {};
  return Pull::Broken;
}

}  // namespace spread
