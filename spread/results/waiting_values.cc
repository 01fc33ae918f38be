#include "spread/results/waiting_values.h"

#include <new>

namespace spread {

namespace {
// A smaller value is copied: that is cheaper than to keep the whole block that it lies in.
constexpr std::size_t kReferenceBytes = 16 * 1024;
}  // namespace

bool WaitingValues::keep_alone(Slice& body) {
  const bool mostly_ours = body.size() >= body.block()->capacity() / 2;
  if (body.size() < kReferenceBytes || !mostly_ours) body = Slice::copy_of(body.view());
  memory_ += body.block()->capacity() + kBlockOverhead;
  return true;
}

void WaitingValues::renew(Lane lane) {
  close(lane);
  Block* block = Block::create(block_bytes_);
  new (block->data()) Header{1};
  open_[lane] = Open{block, block->data() + sizeof(Header), block->data() + block_bytes_};
  memory_ += block_bytes_ + kBlockOverhead;
}

void WaitingValues::close(Lane lane) {
  Block* block = open_[lane].block;
  if (block == nullptr) return;
  if (--header(block).values == 0) memory_ -= block_bytes_ + kBlockOverhead;
  block->release();
  open_[lane] = {};
}

void WaitingValues::start_afresh() {
  close(kNear);
  close(kFar);
}

}  // namespace spread
