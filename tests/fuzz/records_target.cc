#include <algorithm>
#include <string>

#include "spread/base/assert.h"
#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/json.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr char kRecordEnds[] = {'\n', '\0', ',', 'a'};
// Room for the header of what is made of a record: names of columns, a map.
constexpr std::size_t kPayloadMax = 4096;

void check(const Record& record) {
  if (!record.bad.empty()) return;
  ByteBuffer value;
  value.append(record.payload);
  SPREAD_ASSERT(value.size() <= kPayloadMax);
  const auto size = wire::msgpack_size(value.view(), value.size());
  SPREAD_ASSERT(size && *size == value.size());
}

/// To the reader, in the way that it prefers, or not.
void give(RecordReader& reader, ByteView bytes, bool into_spare) {
  const std::span<Byte> spare = into_spare ? reader.spare() : std::span<Byte>();
  const std::size_t front = std::min(spare.size(), bytes.size());
  if (front > 0) {
    std::copy_n(bytes.data(), front, spare.data());
    reader.filled(front);
  }
  // What is left comes with the next read.
  if (front == 0) reader.feed(Slice::copy_of(bytes));
}

std::string read(const RecordOptions& options, std::size_t max_bytes, ByteView text,
                 std::size_t piece, bool into_spare) {
  const auto reader = make_record_reader(options, "in", max_bytes);
  std::string log;
  Record record;
  while (true) {
    record = {};
    const Pull pull = reader->next(record);
    if (pull == Pull::Record) {
      check(record);
      ByteBuffer value;
      value.append(record.payload);
      log += record.bad + "\n" + std::string(as_text(value.view())) + "\n";
    } else if (pull == Pull::NeedMore) {
      std::size_t size = std::min(piece, text.size());
      if (into_spare && !reader->spare().empty()) size = std::min(size, reader->spare().size());
      if (size == 0) {
        reader->finish();
        continue;
      }
      give(*reader, text.first(size), into_spare);
      text = text.subspan(size);
    } else {
      SPREAD_ASSERT(pull == Pull::End || pull == Pull::Broken);
      SPREAD_ASSERT(reader->next(record) == pull);
      SPREAD_ASSERT(reader->error().empty() == (pull == Pull::End));
      return log + reader->error();
    }
  }
}

}  // namespace

// The format and its options; the longest record; the size of pieces; the text.
void records(ByteView bytes) {
  Input input(bytes);
  RecordOptions options;
  const Byte form = input.byte();
  options.format = static_cast<InputFormat>(form % 5);
  options.verbatim = (form & 8) != 0;
  options.delimiter = kRecordEnds[form >> 6];
  const std::size_t max_bytes = input.byte();
  const std::size_t piece = input.byte() % 32 + std::size_t{1};
  const ByteView text = input.take(600);
  const std::string whole = read(options, max_bytes, text, text.size() + 1, false);
  check_same(whole, read(options, max_bytes, text, piece, false));
  check_same(whole, read(options, max_bytes, text, piece, true));
}

}  // namespace spread::fuzz
