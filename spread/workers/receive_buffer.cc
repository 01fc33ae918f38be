#include "spread/workers/receive_buffer.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

ReceiveBuffer::~ReceiveBuffer() {
  if (block_ != nullptr) block_->release();
  if (large_ != nullptr) large_->release();
}

std::span<Byte> ReceiveBuffer::room() {
  if (large_ != nullptr) {
    return {large_->data() + large_size_, large_->capacity() - large_size_};
  }
  Block* const block = shared_.block();
  std::copy_n(unfinished_.data(), unfinished_.size(), block->data());
  return {block->data() + unfinished_.size(), block->capacity() - unfinished_.size()};
}

ByteView ReceiveBuffer::filled(std::size_t size) {
  SPREAD_ASSERT(!in_use());
  block_ = large_ != nullptr ? large_ : shared_.block();
  block_->retain();
  if (large_ != nullptr) {
    large_size_ += size;
    return {block_->data(), large_size_};
  }
  size += unfinished_.size();
  unfinished_.clear();
  return {block_->data(), size};
}

void ReceiveBuffer::keep(ByteView rest, std::size_t wanted) {
  SPREAD_ASSERT(in_use());
  Block* const block = std::exchange(block_, nullptr);
  const bool known = wanted > rest.size() + 1;
  wanted = std::max(wanted, rest.size() + 1);
  if (wanted <= ReadBuffer::kBytes) {
    unfinished_.append(rest);
    if (unfinished_.capacity() > ReadBuffer::kBytes / 4 && rest.empty()) unfinished_.shrink();
    if (large_ != nullptr) std::exchange(large_, nullptr)->release();
    large_size_ = 0;
  } else if (block == large_ && rest.data() == block->data() && block->capacity() >= wanted) {
    large_size_ = rest.size();
  } else {
    // One more byte: the newline behind a large frame is read with it. A length that is not known
    // is doubled, or a line of N bytes would be copied N times. The size may be what the worker
    // claims: only what is really written to is ever taken from the system.
    Block* const bigger = Block::create(known ? wanted + 1 : std::max(wanted, 2 * rest.size()));
    std::copy_n(rest.data(), rest.size(), bigger->data());
    if (large_ != nullptr) large_->release();
    large_ = bigger;
    large_size_ = rest.size();
  }
  block->release();
}

Slice ReceiveBuffer::rest() const {
  if (large_ != nullptr) return Slice(large_, {large_->data(), large_size_});
  return Slice::copy_of(unfinished_.view());
}

Slice ReceiveBuffer::share(ByteView value) const {
  if (block_ != nullptr && value.data() >= block_->data() &&
      value.data() < block_->data() + block_->capacity()) {
    return Slice(block_, value);
  }
  return Slice::copy_of(value);
}

}  // namespace spread
