#include "spread/base/buffers.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"

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

void OutputQueue::append(Slice piece) {
  if (piece.size() < kLargeBytes) {
    small_.append(piece.view());
    return;
  }
  const std::size_t before = small_.size() - placed_;
  placed_ += before;
  large_bytes_ += piece.size();
  large_.push_back(Large{before, std::move(piece)});
}

std::size_t OutputQueue::gather(std::span<ByteView> pieces) const {
  std::size_t count = 0;
  ByteView small = small_.view();
  std::size_t skip = consumed_;
  for (const Large& large : large_) {
    if (count == pieces.size()) return count;
    if (large.before != 0) {
      pieces[count++] = small.first(large.before);
      small = small.subspan(large.before);
      if (count == pieces.size()) return count;
    }
    pieces[count++] = large.piece.view().subspan(std::exchange(skip, 0));
  }
  if (!small.empty() && count != pieces.size()) pieces[count++] = small;
  return count;
}

void OutputQueue::consume_large(std::size_t n) {
  SPREAD_ASSERT(n <= size());
  while (!large_.empty()) {
    Large& large = large_.front();
    const std::size_t small = std::min(n, large.before);
    small_.consume(small);
    placed_ -= small;
    large.before -= small;
    n -= small;
    const std::size_t part = std::min(n, large.piece.size() - consumed_);
    consumed_ += part;
    large_bytes_ -= part;
    n -= part;
    if (consumed_ != large.piece.size()) return;
    consumed_ = 0;
    large_.pop_front();
  }
  small_.consume(n);
}

}  // namespace spread
