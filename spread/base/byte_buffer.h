#pragma once

#include <cstddef>
#include <cstring>
#include <memory>

#include "spread/api/bytes.h"
#include "spread/base/assert.h"

namespace spread {

/// A queue of bytes in one contiguous piece: append at the back, consume from the front. Memory is
/// allocated on first use and kept; `shrink` gives it back (a thousand idle workers must not hold a
/// thousand buffers).
class ByteBuffer {
 public:
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  ByteView view() const { return {memory_.get() + begin_, size()}; }
  const Byte* data() const { return memory_.get() + begin_; }

  /// Room for at least `n` bytes at the back, to be filled and then claimed by `commit`. The
  /// pointer is good until the next call that is not const.
  Byte* prepare(std::size_t n) {
    if (capacity_ - end_ < n) make_room(n);
    return memory_.get() + end_;
  }
  std::size_t writable() const { return capacity_ - end_; }
  void commit(std::size_t n) {
    SPREAD_ASSERT(n <= capacity_ - end_);
    end_ += n;
  }
  void append(ByteView bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void append(std::string_view text) { append(as_bytes(text)); }
  /// A literal: of a size that the compiler knows, it is a few stores.
  template <std::size_t N>
  void append(const char (&literal)[N]) {
    std::memcpy(prepare(N - 1), literal, N - 1);
    end_ += N - 1;
  }
  void push_back(Byte byte) {
    *prepare(1) = byte;
    ++end_;
  }
  void append(const Value& value) {
    append(value.head_view());
    append(value.body.view());
  }
  void consume(std::size_t n) {
    SPREAD_ASSERT(n <= size());
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }
  /// Frees the memory of an empty buffer.
  void shrink() {
    if (!empty()) return;
    memory_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  void make_room(std::size_t n);

  std::unique_ptr<Byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace spread
