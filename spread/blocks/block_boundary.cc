#include "spread/blocks/block_boundary.h"

#include <algorithm>
#include <cstring>

#include "spread/base/assert.h"
#include "spread/blocks/block_search.h"

namespace spread {
namespace {

Byte* append(Byte* to, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

RecordBoundary::RecordBoundary(const BlockOptions& options) {
  separator_ = options.recend ? *options.recend : options.recstart ? "" : "\n";
  recend_bytes_ = separator_.size();
  if (options.recstart) separator_ += *options.recstart;
}

std::size_t RecordBoundary::last(ByteView bytes, std::size_t limit) const {
  SPREAD_ASSERT(!anywhere());
  const std::size_t from = recend_bytes_ == 0 ? 1 : 0;
  const std::size_t to = std::min(bytes.size(), limit + after());
  if (to < from) return 0;
  const std::size_t found = find_last(bytes.subspan(from, to - from), separator());
  return found == kNotFound ? 0 : from + found + recend_bytes_;
}

std::size_t RecordBoundary::first(ByteView bytes, std::size_t from) const {
  SPREAD_ASSERT(!anywhere());
  const std::size_t at_least = recend_bytes_ == 0 ? 1 : recend_bytes_;
  const std::size_t begin = std::max(from, at_least) - recend_bytes_;
  if (begin > bytes.size()) return 0;
  const std::size_t found = find_first(bytes.subspan(begin), separator());
  return found == kNotFound ? 0 : begin + found + recend_bytes_;
}

Slice RecordBoundary::without_separators(ByteView block) const {
  const ByteView start = as_bytes(recstart()), end = as_bytes(recend());
  Block* copy = Block::create(block.size());
  Byte* to = copy->data();
  if (!start.empty() && as_text(block).starts_with(recstart())) block = block.subspan(start.size());
  while (!anywhere()) {
    const std::size_t found = find_first(block, separator());
    if (found == kNotFound) break;
    to = append(to, block.first(found));
    block = block.subspan(found + separator_.size());
  }
  if (!end.empty() && as_text(block).ends_with(recend())) {
    block = block.first(block.size() - end.size());
  }
  to = append(to, block);
  const Slice slice(copy, {copy->data(), to});
  copy->release();
  return slice;
}

}  // namespace spread
