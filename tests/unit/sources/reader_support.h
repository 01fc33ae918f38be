#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/json.h"

namespace spread::test {

inline std::string json_of(const Value& value) {
  ByteBuffer bytes, json;
  bytes.append(value);
  wire::JsonStyle style;
  const Status status = wire::msgpack_to_json(bytes.view(), json, style);
  return status ? std::string(as_text(json.view())) : "not a value: " + status.error().message;
}

/// What a reader makes of a text: payloads as JSON, "bad: ..." and, last, "broken: ...".
inline std::vector<std::string> read_all(RecordReader& reader, std::string_view text,
                                         std::size_t piece_bytes) {
  std::vector<std::string> records;
  Record record;
  bool finished = false;
  while (true) {
    switch (reader.next(record)) {
      case Pull::Record:
        records.push_back(record.bad.empty() ? json_of(record.payload) : "bad: " + record.bad);
        break;
      case Pull::NeedMore:
        EXPECT_FALSE(finished) << "more is wanted after finish()";
        if (finished) return records;
        if (text.empty()) {
          reader.finish();
          finished = true;
        } else {
          const std::span<Byte> spare = reader.spare();
          std::size_t n = std::min(piece_bytes, text.size());
          if (spare.empty()) {
            reader.feed(Slice::copy_of(as_bytes(text.substr(0, n))));
          } else {
            n = std::min(n, spare.size());
            std::copy_n(as_bytes(text).data(), n, spare.data());
            reader.filled(n);
          }
          text.remove_prefix(n);
        }
        break;
      case Pull::Broken: records.push_back("broken: " + reader.error()); [[fallthrough]];
      case Pull::Wait:
      case Pull::Later:
      case Pull::End:
        EXPECT_NE(reader.next(record), Pull::Record) << "a record after the end";
        return records;
    }
  }
}

/// The same, whatever the pieces: checked for every size of piece up to 64 bytes.
inline std::vector<std::string> read_text(InputFormat format, std::string_view text,
                                          std::size_t max_record_bytes = 1 << 20,
                                          char delimiter = '\n') {
  RecordOptions options;
  options.format = format;
  options.delimiter = delimiter;
  const auto read = [&](std::size_t piece_bytes) {
    const auto reader = make_record_reader(options, "in", max_record_bytes);
    return read_all(*reader, text, piece_bytes);
  };
  std::vector<std::string> whole = read(text.size() + 1);
  for (std::size_t size = 1; size <= std::min<std::size_t>(text.size(), 64); ++size) {
    EXPECT_EQ(read(size), whole) << "in pieces of " << size;
  }
  return whole;
}

}  // namespace spread::test
