// Bytes in memory: gathered in one piece, queued for a descriptor, or kept in blocks that many
// share.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <span>

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

/// Bytes on their way to one descriptor: small pieces gathered in a buffer, large ones kept by
/// reference, so that a megabyte of result is never copied. Unbounded: its user looks at size() and
/// stops.
class OutputQueue {
 public:
  /// From this size on a piece is cheaper to point at than to copy.
  static constexpr std::size_t kLargeBytes = 16 * 1024;

  /// The buffer to which small pieces are appended; what is in it comes after all large pieces
  /// queued so far. Only ever append to it.
  ByteBuffer& tail() { return small_; }
  /// A piece below kLargeBytes is copied into tail().
  void append(Slice piece);

  std::size_t size() const { return small_.size() + large_bytes_; }  ///< bytes waiting
  bool empty() const { return size() == 0; }
  /// The last byte that waits; only if there is one.
  Byte back() const {
    return small_.size() > placed_ || large_.empty() ? small_.view().back()
                                                     : large_.back().piece.view().back();
  }
  /// Fills `pieces` for writev, in order; returns how many of them. Good until the next call that
  /// is not const.
  std::size_t gather(std::span<ByteView> pieces) const;
  /// All that waits, if it is one small piece, as it mostly is: cheaper than gather().
  ByteView only_piece() const { return large_.empty() ? small_.view() : ByteView(); }
  /// The first `n` bytes were written.
  void consume(std::size_t n) { large_.empty() ? small_.consume(n) : consume_large(n); }

 private:
  void consume_large(std::size_t n);
  struct Large {
    std::size_t before;  // bytes of small_ between the large piece before and this one
    Slice piece;
  };

  ByteBuffer small_;
  std::deque<Large> large_;
  std::size_t placed_ = 0;       // bytes of small_ that come before some large piece
  std::size_t consumed_ = 0;     // of the first large piece
  std::size_t large_bytes_ = 0;  // not consumed
};

/// Copies small byte strings into shared blocks: one allocation for thousands of them. A block goes
/// when the last Slice into it goes, so whatever is kept longest holds at most one block.
class Arena {
 public:
  explicit Arena(std::size_t block_bytes = 64 * 1024) : block_bytes_(block_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { drop(); }

  /// Strings over a quarter of a block get a block of their own, so that little is wasted.
  Slice copy(ByteView bytes) {
    if (bytes.size() > block_bytes_ / 4) return Slice::copy_of(bytes);
    if (block_ == nullptr || block_->capacity() - used_ < bytes.size()) renew();
    Byte* place = block_->data() + used_;
    if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
    used_ += bytes.size();
    return Slice(block_, {place, bytes.size()});
  }

 private:
  void renew() {
    // A block without other references can be filled again from its start.
    if (block_ != nullptr && block_->references() == 1) {
      used_ = 0;
      return;
    }
    drop();
    block_ = Block::create(block_bytes_);
  }
  void drop() {
    if (block_ != nullptr) block_->release();
    block_ = nullptr;
    used_ = 0;
  }

  std::size_t block_bytes_;
  Block* block_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace spread
