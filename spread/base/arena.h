#pragma once

#include <cstddef>
#include <cstring>

#include "spread/api/bytes.h"

namespace spread {

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
