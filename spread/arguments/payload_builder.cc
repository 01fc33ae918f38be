#include "spread/arguments/payload_builder.h"

#include <algorithm>

namespace spread {

void PayloadBuilder::renew(std::size_t size) {
  const ByteView begun = view();
  const std::size_t wanted = begun.size() + size;
  // A block without other references can be filled again from its start.
  if (block_ != nullptr && block_->references() == 1 && block_->capacity() >= wanted) {
    std::memmove(block_->data(), begun.data(), begun.size());
    begin_ = 0;
    end_ = begun.size();
    return;
  }
  Block* block = Block::create(std::max(kBlockBytes, begun.empty() ? wanted : wanted * 2));
  if (!begun.empty()) std::memcpy(block->data(), begun.data(), begun.size());
  const std::size_t end = begun.size();
  drop();
  block_ = block;
  end_ = end;
}

// A large payload has a block of about its size: this one may have grown to twice that, or have
// much room left for others.
Slice PayloadBuilder::take_large() {
  const ByteView bytes = view();
  if (bytes.size() > block_->capacity() / 4 * 3) {
    Slice whole(block_, bytes);
    drop();
    return whole;
  }
  Slice copy = Slice::copy_of(bytes);
  clear();
  if (block_->capacity() > kBlockBytes) drop();
  return copy;
}

}  // namespace spread
