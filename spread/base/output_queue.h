#pragma once

#include <cstddef>
#include <deque>
#include <span>

#include "spread/api/bytes.h"
#include "spread/base/byte_buffer.h"

namespace spread {

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

}  // namespace spread
