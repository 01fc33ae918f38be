#include "spread/sources/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "spread/base/utf8.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack_write.h"

namespace spread {

// A header holds 32 bits of length.
LineReader::LineReader(char delimiter, std::string name, std::size_t max_record_bytes)
    : splitter_(delimiter, std::min<std::size_t>(max_record_bytes, UINT32_MAX)),
      name_(std::move(name)),
      max_record_bytes_(std::min<std::size_t>(max_record_bytes, UINT32_MAX)),
      of_lines_(delimiter == '\n'),
      unit_(delimiter == '\n' ? "line" : "record") {}

Pull LineReader::next(Record& record) {
  if (ByteView within; splitter_.next_in_piece(within)) {
    if (!record.bad.empty()) record.bad.clear();
    Value& payload = record.payload;
    if (is_ascii(within)) {
      // What text_value() does, for nearly every line there is: half the instructions, since no
      // Slice is handed from one function to the next.
      payload.body = Slice(splitter_.block(), within);
      Byte* head = payload.head.data();
      payload.head_size =
          static_cast<std::uint8_t>(wire::put_str_header(head, within.size()) - head);
    } else {
      payload = wire::text_value(Slice(splitter_.block(), within));
    }
    return Pull::Record;
  }
  return next_slow(record);
}

Pull LineReader::next_slow(Record& record) {
  Slice line;
  const Splitter::Cut cut = splitter_.next(line);
  if (cut == Splitter::Cut::Line) {
    record.payload = wire::text_value(std::move(line));
    record.bad.clear();
    return Pull::Record;
  }
  if (cut == Splitter::Cut::TooLong) {
    record.payload = {};
    record.bad = fmt::format("{} {} {}: longer than {} bytes", name_, unit_, splitter_.number(),
                             max_record_bytes_);
    return Pull::Record;
  }
  return cut == Splitter::Cut::End ? Pull::End : Pull::NeedMore;
}

}  // namespace spread
