#include "spread/sources/csv_reader.h"

#include <fmt/format.h>

#include <set>

#include "spread/wire/json.h"
#include "spread/wire/msgpack_write.h"

namespace spread {

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
    const CsvRows::Cut cut = rows_.next();
    if (cut == CsvRows::Cut::NeedMore) return Pull::NeedMore;
    if (cut == CsvRows::Cut::End) {
      if (rows_.open_quote() == 0) return Pull::End;
      return broken(rows_.open_quote(), "the quote that is opened here is never closed");
    }
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
