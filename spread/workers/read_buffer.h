#pragma once

#include <cstddef>

#include "spread/api/bytes.h"

namespace spread {

/// The memory into which all workers' outputs are read, one after the other: what one of them
/// leaves unfinished it keeps for itself, so a thousand idle workers hold no buffers. Values that
/// are kept by reference keep their block; then the next read gets a new one.
class ReadBuffer {
 public:
  static constexpr std::size_t kBytes = 64 * 1024;

  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() {
    if (block_ != nullptr) block_->release();
  }

  /// A block of kBytes that nobody else refers to.
  Block* block() {
    if (block_ != nullptr && block_->references() > 1) {
      block_->release();
      block_ = nullptr;
    }
    if (block_ == nullptr) block_ = Block::create(kBytes);
    return block_;
  }

 private:
  Block* block_ = nullptr;
};

}  // namespace spread
