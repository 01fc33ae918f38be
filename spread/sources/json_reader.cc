#include "spread/sources/json_reader.h"

#include <fmt/format.h>

#include "spread/wire/json.h"

namespace spread {

namespace {

constexpr std::string_view kJsonByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kRecordBytesKept = 64 * 1024;  // kept between records

}  // namespace

Pull JsonReader::next(Record& record) {
  while (true) {
    Slice line;
    switch (splitter_.next(line)) {
      case Splitter::Cut::NeedMore: return Pull::NeedMore;
      case Splitter::Cut::End: return Pull::End;
      case Splitter::Cut::TooLong:
        places_.add(splitter_.number());
        record.payload = {};
        record.bad = fmt::format("{} line {}: longer than {} bytes", name_, splitter_.number(),
                                 max_record_bytes_);
        return Pull::Record;
      case Splitter::Cut::Line: break;
    }
    std::string_view text = as_text(line.view());
    if (splitter_.number() == 1 && text.starts_with(kJsonByteOrderMark)) {
      text.remove_prefix(kJsonByteOrderMark.size());
    }
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    places_.add(splitter_.number());
    convert(text, record);
    return Pull::Record;
  }
}

void JsonReader::convert(std::string_view line, Record& record) {
  record.payload = {};
  record.bad.clear();
  scratch_.clear();
  if (const Status status = wire::json_to_msgpack(line, scratch_); !status) {
    record.bad = fmt::format("{} line {}: {}", name_, splitter_.number(), status.error().message);
    return;
  }
  record.payload.body = arena_.copy(scratch_.view());
  if (scratch_.capacity() > kRecordBytesKept) {
    scratch_.clear();
    scratch_.shrink();
  }
}

}  // namespace spread
