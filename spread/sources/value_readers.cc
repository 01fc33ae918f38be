#include "spread/sources/value_readers.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "spread/base/assert.h"
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

void MsgpackReader::feed(Slice piece) {
  SPREAD_ASSERT(unread().empty() && !finished_);
  piece_ = std::move(piece);
  used_ = 0;
}

Pull MsgpackReader::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  if (gathered_ != nullptr) return next_gathered(record);
  if (unread().empty()) return at_end_of_piece();
  const wire::Scan scan = scanner_.advance(unread());
  if (scan == wire::Scan::NeedMore) {
    gather(unread().size());
    return at_end_of_piece();
  }
  if (scan != wire::Scan::Complete) return broken(scan);
  const std::size_t size = scanner_.size();
  Slice object(piece_.block(), unread().first(size));
  used_ += size;
  return give(std::move(object), record);
}

// Takes no more of the piece than the scanner asks for: what follows the object can then be shared.
Pull MsgpackReader::next_gathered(Record& record) {
  while (true) {
    const wire::Scan scan = scanner_.advance({gathered_->data(), gathered_size_});
    if (scan == wire::Scan::Complete) break;
    if (scan != wire::Scan::NeedMore) return broken(scan);
    if (unread().empty()) return at_end_of_piece();
    gather(std::min(scanner_.wanted() - gathered_size_, unread().size()));
  }
  SPREAD_ASSERT(scanner_.size() == gathered_size_);
  Slice object(gathered_, {gathered_->data(), gathered_size_});
  drop_gathered();
  return give(std::move(object), record);
}

Pull MsgpackReader::at_end_of_piece() {
  piece_ = {};
  used_ = 0;
  if (!finished_) return Pull::NeedMore;
  if (gathered_ == nullptr) return Pull::End;
  error_ =
      fmt::format("{} offset {}: the msgpack object that begins here is cut off after {} bytes",
                  name_, place_, gathered_size_);
  return Pull::Broken;
}

void MsgpackReader::gather(std::size_t size) {
  const std::size_t wanted = gathered_size_ + size;
  if (gathered_ == nullptr || gathered_->capacity() < wanted) {
    // Memory is taken for bytes that have arrived, not for what a header claims.
    const std::size_t doubled = gathered_ == nullptr ? 256 : gathered_->capacity() * 2;
    grow_gathered(std::max(wanted, std::min(doubled, max_record_bytes_)));
  }
  std::memcpy(gathered_->data() + gathered_size_, unread().data(), size);
  gathered_size_ = wanted;
  used_ += size;
}

void MsgpackReader::grow_gathered(std::size_t capacity) {
  Block* bigger = Block::create(capacity);
  if (gathered_ != nullptr) {
    std::memcpy(bigger->data(), gathered_->data(), gathered_size_);
    gathered_->release();
  }
  gathered_ = bigger;
}

std::span<Byte> MsgpackReader::spare() {
  // Below this, the rest of a record is better read together with what follows it.
  constexpr std::size_t kWorthwhile = 16 * 1024;
  // A header may claim anything: memory beyond this is taken only as fast as bytes arrive.
  constexpr std::size_t kOnTrust = 16 * 1024 * 1024;
  if (gathered_ == nullptr || !unread().empty() || finished_) return {};
  const std::size_t wanted = scanner_.wanted();
  if (wanted < gathered_size_ + kWorthwhile) return {};
  // And only when the block is full, twice as much: else each read would move the whole.
  const std::size_t capacity = gathered_->capacity();
  if (capacity < std::min(wanted, kOnTrust) ||
      (capacity < wanted && capacity - gathered_size_ < kWorthwhile)) {
    grow_gathered(std::min(wanted, std::max(kOnTrust, gathered_size_ * 2)));
  }
  return {gathered_->data() + gathered_size_,
          std::min(gathered_->capacity(), wanted) - gathered_size_};
}

void MsgpackReader::drop_gathered() {
  if (gathered_ != nullptr) gathered_->release();
  gathered_ = nullptr;
  gathered_size_ = 0;
}

Pull MsgpackReader::give(Slice object, Record& record) {
  place_ += object.size();
  scanner_.reset();
  record.payload = {};
  record.payload.body = std::move(object);
  record.bad.clear();
  return Pull::Record;
}

Pull MsgpackReader::broken(wire::Scan scan) {
  if (scan == wire::Scan::TooLong) {
    error_ =
        fmt::format("{} offset {}: the msgpack object that begins here is longer than {} bytes",
                    name_, place_, max_record_bytes_);
  } else if (scan == wire::Scan::Invalid) {
    error_ = fmt::format("{} offset {}: c1 is no msgpack", name_, place_ + scanner_.size());
  } else {
    error_ = fmt::format("{} offset {}: the msgpack object that begins here {}", name_, place_,
                         wire::describe(scan, scanner_.size()));
  }
  piece_ = {};
  used_ = 0;
  drop_gathered();
  return Pull::Broken;
}

}  // namespace spread
