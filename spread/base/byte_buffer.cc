#include "spread/base/byte_buffer.h"

#include <algorithm>

namespace spread {

void ByteBuffer::make_room(std::size_t n) {
  const std::size_t used = size();
  // Moving is cheaper than growing while at most half is in use; this keeps appends O(1) amortised.
  if (used + n <= capacity_ && used <= capacity_ / 2) {
    std::memmove(memory_.get(), memory_.get() + begin_, used);
  } else {
    const std::size_t wanted = std::max({used + n, capacity_ * 2, std::size_t{256}});
    std::unique_ptr<Byte[]> bigger(new Byte[wanted]);
    if (used != 0) std::memcpy(bigger.get(), memory_.get() + begin_, used);
    memory_ = std::move(bigger);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace spread
