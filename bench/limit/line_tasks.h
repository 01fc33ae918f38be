#pragma once

/// Tasks that are lines of stdin (or one constant line, to measure without input), and results that
/// leave in task order. Both are what every row but `big` needs.

#include "limit.h"

namespace limit {

class LineSource {
 public:
  static constexpr size_t kBuffer = size_t{1} << 16;

  /// `generate` >= 0: that many constant lines of 16 bytes instead of stdin.
  explicit LineSource(int64_t generate) : generate_(generate) {}

  /// Valid until the next call.
  bool next(Bytes& line) {
    if (generate_ >= 0) {
      static const unsigned char kLine[] = "abcdefghijklmnop";
      line = {kLine, 16};
      return generate_-- > 0;
    }
    for (;;) {
      const unsigned char* start = buffer_ + at_;
      const void* nl = memchr(start, '\n', have_ - at_);
      if (nl != nullptr) {
        line = {start, static_cast<size_t>(static_cast<const unsigned char*>(nl) - start)};
        at_ += line.size + 1;
        return true;
      }
      if (!read_more()) break;
    }
    line = {buffer_ + at_, have_ - at_};
    at_ = have_;
    return line.size > 0;
  }

 private:
  bool read_more() {
    have_ -= at_;
    memmove(buffer_, buffer_ + at_, have_);
    at_ = 0;
    if (have_ == kBuffer) die_plain("a line is longer than 64 KiB");
    const ssize_t n = read_some(0, buffer_ + have_, kBuffer - have_);
    if (n > 0) have_ += static_cast<size_t>(n);
    return n > 0;
  }

  int64_t generate_;
  size_t at_ = 0;
  size_t have_ = 0;
  unsigned char buffer_[kBuffer];
};

/// Holds results that came early; a ring, so that memory is bounded by its slots.
class OrderedLines {
 public:
  /// `slots` is a power of two; `out` false counts results and writes nothing.
  OrderedLines(size_t slots, bool out) : mask_(slots - 1), out_(out) {
    // calloc: pages that no result reaches are never resident.
    slots_ = static_cast<Slot*>(calloc(slots, sizeof(Slot)));
    if (slots_ == nullptr) die("calloc");
  }
  OrderedLines(const OrderedLines&) = delete;
  OrderedLines& operator=(const OrderedLines&) = delete;
  ~OrderedLines() { free(slots_); }

  /// Whether a result with this id would fit now.
  bool has_room(uint64_t id) const { return id - next_ <= mask_; }
  uint64_t done() const { return done_; }

  void take(uint64_t id, Bytes result) {
    ++done_;
    if (!out_) {
      next_ = done_;
      return;
    }
    if (id != next_) {
      keep(slots_[id & mask_], result);
      return;
    }
    append(result);
    for (++next_; slots_[next_ & mask_].state != kEmpty; ++next_) give(slots_[next_ & mask_]);
  }

  void flush() {
    write_all(1, buffer_, used_);
    used_ = 0;
  }

 private:
  enum State : unsigned char { kEmpty, kInline, kHeap };
  static constexpr size_t kInlineMax = 24;
  struct Slot {
    union {
      unsigned char bytes[kInlineMax];
      unsigned char* heap;
    };
    uint32_t size;
    State state;
  };

  static void keep(Slot& slot, Bytes result) {
    slot.size = static_cast<uint32_t>(result.size);
    slot.state = result.size <= kInlineMax ? kInline : kHeap;
    if (slot.state == kHeap) {
      slot.heap = static_cast<unsigned char*>(malloc(result.size));
      memcpy(slot.heap, result.data, result.size);
    } else {
      memcpy(slot.bytes, result.data, result.size);
    }
  }

  void give(Slot& slot) {
    append({slot.state == kInline ? slot.bytes : slot.heap, slot.size});
    if (slot.state == kHeap) free(slot.heap);
    slot.state = kEmpty;
  }

  void append(Bytes line) {
    if (line.size + 1 > sizeof buffer_ - used_) flush();
    memcpy(buffer_ + used_, line.data, line.size);
    used_ += line.size;
    buffer_[used_++] = '\n';
  }

  Slot* slots_;
  uint64_t mask_;
  uint64_t next_ = 0;
  uint64_t done_ = 0;
  size_t used_ = 0;
  bool out_;
  unsigned char buffer_[size_t{1} << 17];
};

}  // namespace limit
