#include "spread/relay/incoming.h"

#include <algorithm>
#include <cstring>

#include "spread/base/assert.h"

namespace spread {
namespace {

// A trickle of short messages must not pin a block each.
constexpr std::size_t kWorthFilling = std::size_t{4} * 1024;

}  // namespace

Incoming::~Incoming() {
  if (block_ != nullptr) block_->release();
}

ByteView Incoming::view() const {
  if (block_ == nullptr) return {};
  return {block_->data() + begin_, end_ - begin_};
}

std::span<Byte> Incoming::room() {
  const bool mine = block_ != nullptr && block_->references() == 1;
  if (mine && begin_ == end_) begin_ = end_ = 0;
  const std::size_t size = end_ - begin_;
  const std::size_t free = block_ == nullptr ? 0 : block_->capacity() - end_;
  const bool fits = block_ != nullptr && begin_ + wanted_ <= block_->capacity();
  if (free == 0 || (free < kWorthFilling && !fits)) {
    constexpr std::size_t kGrowth = 2;
    Block* const next =
        Block::create(std::max(kBlockBytes, std::min(wanted_, kGrowth * (size + kBlockBytes))));
    if (size > 0) std::memcpy(next->data(), block_->data() + begin_, size);
    if (block_ != nullptr) block_->release();
    block_ = next;
    begin_ = 0;
    end_ = size;
  }
  return {block_->data() + end_, block_->capacity() - end_};
}

void Incoming::filled(std::size_t size) {
  SPREAD_ASSERT(block_ != nullptr);
  SPREAD_ASSERT(size <= block_->capacity() - end_);
  end_ += size;
}

void Incoming::consume(std::size_t size) {
  SPREAD_ASSERT(size <= end_ - begin_);
  begin_ += size;
  wanted_ = 0;
}

}  // namespace spread
