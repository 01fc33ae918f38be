// Rows to tasks: payloads in shared blocks (PayloadBuilder), and how many rows go into one
// (Batcher).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <string>

#include "spread/api/bytes.h"
#include "spread/arguments/item_reader.h"
#include "spread/base/buffers.h"

namespace spread {

/// Puts payloads of `map` together (every value followed by one NUL) in shared blocks: a byte is
/// copied once and thousands of small payloads cost one allocation.
class PayloadBuilder {
 public:
  PayloadBuilder() = default;
  PayloadBuilder(const PayloadBuilder&) = delete;
  PayloadBuilder& operator=(const PayloadBuilder&) = delete;
  ~PayloadBuilder() {
    if (block_ != nullptr) block_->release();
  }

  void add_value(ByteView value) {
    Byte* place = room(value.size() + 1);
    if (!value.empty()) std::memcpy(place, value.data(), value.size());
    place[value.size()] = 0;
  }
  /// Values that have their NULs already.
  void add_values(ByteView values) {
    Byte* place = room(values.size());
    if (!values.empty()) std::memcpy(place, values.data(), values.size());
  }
  /// What was added since the last take() or clear().
  ByteView view() const {
    return block_ == nullptr ? ByteView() : ByteView(block_->data() + begin_, end_ - begin_);
  }
  void clear() { end_ = begin_; }

  Slice take() {
    const ByteView bytes = view();
    if (bytes.size() > kBlockBytes / 4) return take_large();
    Slice payload(bytes.empty() ? nullptr : block_, bytes);
    begin_ = end_;
    return payload;
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;

  Byte* room(std::size_t size) {
    if (block_ == nullptr || block_->capacity() - end_ < size) renew(size);
    Byte* place = block_->data() + end_;
    end_ += size;
    return place;
  }
  void renew(std::size_t size);
  Slice take_large();
  void drop() {
    if (block_ != nullptr) block_->release();
    block_ = nullptr;
    begin_ = end_ = 0;
  }

  Block* block_ = nullptr;
  std::size_t begin_ = 0;  // of the payload that is being put together
  std::size_t end_ = 0;
};

/// Puts rows together to tasks: so many of them, or as many as fit on a command line.
///
/// With `spread_slots` it holds back what fills one line for every slot, so that at the end of the
/// input no slot gets a full line while others get none; GNU parallel holds back only one line.
class Batcher {
 public:
  explicit Batcher(const ArgumentSourceOptions& options);

  /// A row is a task: nothing needs to go through here but fault().
  bool passes() const { return max_rows_ == 1 && slots_ == 0; }

  /// Why the row fits on no command line; empty = it does.
  std::string fault(ByteView row) const;
  /// A row without fault.
  void add(ByteView row);
  void finish() { finished_ = true; }
  /// The next task that is complete.
  bool next(Slice& payload);

 private:
  struct Line {
    std::size_t rows = 0;
    std::size_t line_bytes = 0;  // on the command line
    std::size_t held_bytes = 0;
  };

  std::size_t line_bytes(ByteView row) const;
  bool is_full(const Line& line, std::size_t more_bytes) const;
  bool next_even(Slice& payload);
  Slice take(std::size_t rows, std::size_t bytes);

  ArgumentSourceOptions::Line limit_;
  std::size_t max_rows_;
  std::size_t slots_;
  ByteBuffer held_;                      // rows one behind the other,
  std::deque<std::uint32_t> row_bytes_;  // and how long each is
  std::deque<Line> lines_;               // how they fill lines; the last may take more
  std::size_t slots_left_ = 0;           // that get no part of the last rows yet
  bool finished_ = false;
  PayloadBuilder builder_;
};

}  // namespace spread
