#include "spread/sources/record_reader.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/sources/csv_rows.h"
#include "spread/sources/pickle_reader.h"
#include "spread/sources/value_readers.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {

std::unique_ptr<RecordReader> make_record_reader(const RecordOptions& options, std::string name,
                                                 std::size_t max_record_bytes) {
  switch (options.format) {
    case InputFormat::Lines:
      return std::make_unique<LineReader>(options.delimiter, std::move(name), max_record_bytes);
    case InputFormat::Json: return std::make_unique<JsonReader>(std::move(name), max_record_bytes);
    case InputFormat::Msgpack:
      return std::make_unique<MsgpackReader>(std::move(name), max_record_bytes);
    case InputFormat::Csv: return std::make_unique<CsvReader>(std::move(name), max_record_bytes);
    case InputFormat::Pickle:
      return std::make_unique<PickleReader>(options.verbatim, std::move(name), max_record_bytes);
  }
  return nullptr;
}

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

void Splitter::feed(Slice piece) {
  SPREAD_ASSERT(begin_ == end_ && !finished_);
  piece_ = std::move(piece);
  begin_ = piece_.view().data();
  end_ = begin_ + piece_.size();
}

Splitter::Cut Splitter::next(Slice& line) {
  if (ByteView within; next_in_piece(within)) {
    line = Slice(block(), within);
    return Cut::Line;
  }
  const std::size_t left = static_cast<std::size_t>(end_ - begin_);
  const void* found = left == 0 ? nullptr : std::memchr(begin_, delimiter_, left);
  const Byte* stop = found == nullptr ? end_ : static_cast<const Byte*>(found);
  gather({begin_, stop});
  begin_ = found == nullptr ? end_ : stop + 1;
  if (begin_ == end_) piece_ = {};  // a payload that outlives its neighbours is enough to pin it
  if (found == nullptr && !(finished_ && spanning_)) {
    return finished_ ? Cut::End : Cut::NeedMore;
  }
  spanning_ = false;
  ++number_;
  if (std::exchange(too_long_, false)) return Cut::TooLong;
  line = Slice(gathered_, {gathered_ == nullptr ? nullptr : gathered_->data(), gathered_size_});
  drop_gathered();
  return Cut::Line;
}

void Splitter::gather(ByteView bytes) {
  if (bytes.empty()) return;
  spanning_ = true;
  if (too_long_) return;
  const std::size_t wanted = gathered_size_ + bytes.size();
  if (wanted > max_bytes_) {
    too_long_ = true;
    drop_gathered();
    return;
  }
  if (gathered_ == nullptr || gathered_->capacity() < wanted) {
    // The first piece of a record gets just its size: the second mostly ends it.
    const std::size_t doubled = gathered_ == nullptr ? 0 : gathered_->capacity() * 2;
    Block* bigger = Block::create(std::max(wanted, std::min(doubled, max_bytes_)));
    if (gathered_ != nullptr) {
      std::memcpy(bigger->data(), gathered_->data(), gathered_size_);
      gathered_->release();
    }
    gathered_ = bigger;
  }
  std::memcpy(gathered_->data() + gathered_size_, bytes.data(), bytes.size());
  gathered_size_ = wanted;
}

void Splitter::drop_gathered() {
  if (gathered_ != nullptr) gathered_->release();
  gathered_ = nullptr;
  gathered_size_ = 0;
}

}  // namespace spread
