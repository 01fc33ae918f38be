#pragma once

#include <cstddef>
#include <span>

#include "spread/api/bytes.h"

namespace spread {

/// Bytes that come in, in blocks: what is found in them can be kept without being copied. The
/// unread ones are in one piece; only what a block has no room for is moved to the next one.
class Incoming {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;

  Incoming() = default;
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  /// Where the bytes that come next are put, at least one; they follow by filled(). What has not
  /// come yet takes no more memory than what has, whatever want() says.
  std::span<Byte> room();
  void filled(std::size_t size);
  /// All that are unread.
  ByteView view() const;
  bool empty() const { return begin_ == end_; }
  /// A part of view(), to be kept.
  Slice share(ByteView part) const { return {block_, part}; }
  /// So many from the front have been read.
  void consume(std::size_t size);
  /// Nothing can be read before so many are there.
  void want(std::size_t size) { wanted_ = size; }

 private:
  Block* block_ = nullptr;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t wanted_ = 0;
};

}  // namespace spread
