#pragma once

#include <cstddef>

#include "spread/api/bytes.h"

namespace spread {

/// The memory into which all workers' outputs are read, one after the other: what one of them
/// leaves unfinished it keeps for itself, so a thousand idle workers hold no buffers. Values that
/// are kept by reference keep their block; then the next read gets another one. A few are kept,
/// since what is read in one turn is let go at its end: to take a new one each time costs 150
/// instructions.
class ReadBuffer {
 public:
  static constexpr std::size_t kBytes = 64 * 1024;

  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() {
    for (Block* block : blocks_) {
      if (block != nullptr) block->release();
    }
  }

  /// A block of kBytes without other references.
  Block* block() {
    for (std::size_t tries = 0; tries < kBlocks; ++tries) {
      Block*& block = blocks_[next_];
      if (block == nullptr) block = Block::create(kBytes);
      if (block->references() == 1) return block;
      next_ = (next_ + 1) % kBlocks;
    }
    Block*& oldest = blocks_[next_];
    oldest->release();
    return oldest = Block::create(kBytes);
  }

 private:
  static constexpr std::size_t kBlocks = 4;
  Block* blocks_[kBlocks] = {};
  std::size_t next_ = 0;
};

}  // namespace spread
