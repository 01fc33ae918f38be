#include "spread/wire/reply.h"

#include <utility>

namespace spread::wire {

Slice compact(const Slice& bytes) {
  const bool wasteful = bytes.block() != nullptr && bytes.block()->capacity() / 2 > bytes.size();
  return wasteful ? Slice::copy_of(bytes.view()) : bytes;
}

void Pieces::add(Slice piece) {
  if (piece.size() < OutputQueue::kLargeBytes) return small_.append(piece.view());
  end_small();
  pieces_.push_back(std::move(piece));
}

}  // namespace spread::wire
