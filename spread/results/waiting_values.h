#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "spread/api/bytes.h"

namespace spread {

/// The bytes of results that wait for their turn, and what they cost. A result's Slice mostly lies
/// in a read buffer that would live as long as the result, so small ones are copied together into
/// blocks of our own. A block is paid for until the last value in it has left: one survivor costs
/// all of it, and memory_in_use() says so.
class WaitingValues {
 public:
  /// Results are kept apart by how long they will stay, so that those that leave together free
  /// whole blocks.
  enum Lane : std::uint8_t { kNear, kFar, kLanes };

  explicit WaitingValues(std::size_t block_bytes)
      : block_bytes_(block_bytes), alone_bytes_(block_bytes / 4) {}
  ~WaitingValues() {
    for (Block* block : open_) {
      if (block != nullptr) block->release();
    }
  }
  WaitingValues(const WaitingValues&) = delete;
  WaitingValues& operator=(const WaitingValues&) = delete;

  /// Makes `body` fit to wait. True if that took new memory.
  bool keep(Slice& body, Lane lane) {
    const std::size_t size = body.size();
    if (body.block() == nullptr) return false;  // a literal: it costs nothing
    if (size >= alone_bytes_) return keep_alone(body);
    Block* block = open_[lane];
    const bool grown = used_[lane] + size > block_bytes_ || block == nullptr;
    if (grown) block = renew(lane);
    Byte* place = block->data() + used_[lane];
    if (size != 0) std::memcpy(place, body.view().data(), size);
    used_[lane] += size;
    ++header(block).values;
    body = Slice(block, {place, size});
    return grown;
  }
  /// What keep() returned is about to leave; its bytes stay good.
  void let_go(const Slice& body) {
    Block* block = body.block();
    if (block == nullptr) return;
    if (body.size() >= alone_bytes_) {
      memory_ -= block->capacity() + kBlockOverhead;
    } else if (--header(block).values == 0) {
      memory_ -= block_bytes_ + kBlockOverhead;
    }
  }

  std::size_t memory_in_use() const { return memory_; }
  /// True if `body`, having been kept, shares its block with others.
  bool shares(const Slice& body) const {
    return body.block() != nullptr && body.size() < alone_bytes_;
  }
  /// Closes the open blocks, so that what is kept from now on is not put beside what was.
  void start_afresh();

 private:
  static constexpr std::size_t kBlockOverhead = sizeof(Block) + 16;  // and malloc's own
  struct Header {
    std::uint64_t values;  // kept in this block, and one more while it is open
  };
  static Header& header(Block* block) {
    return *std::launder(reinterpret_cast<Header*>(block->data()));
  }

  bool keep_alone(Slice& body);
  Block* renew(Lane lane);
  void close(Lane lane);

  std::size_t block_bytes_;
  std::size_t alone_bytes_;  // from here on a value has a block of its own
  std::size_t memory_ = 0;
  Block* open_[kLanes] = {};
  std::size_t used_[kLanes] = {};
};

}  // namespace spread
