#include "spread/arguments/item_store.h"

#include <algorithm>
#include <cstring>

#include "spread/base/assert.h"

namespace spread {

namespace {

// A small source must be cheap too: blocks begin small and grow to this.
constexpr std::size_t kFirstBlockBytes = 4 * 1024;
constexpr std::size_t kBlockBytes = 64 * 1024;

}  // namespace

void ItemStore::add(const Item& item) {
  const ByteView bytes = item.bad.empty() ? item.values.view() : as_bytes(item.bad);
  SPREAD_ASSERT(bytes.size() <= UINT32_MAX);
  const Header header{static_cast<std::uint32_t>(bytes.size()), item.bad.empty() ? 0u : 1u};
  const std::size_t size = sizeof header + bytes.size();
  std::size_t used = blocks_.empty() ? 0 : blocks_.back().size();
  if (open_ == nullptr || open_->capacity() - used < size) {
    const std::size_t usual = blocks_.empty() ? kFirstBlockBytes : kBlockBytes;
    open_ = Block::create(std::max(usual, size));
    blocks_.emplace_back(open_, ByteView(open_->data(), 0));
    open_->release();
    used = 0;
  }
  std::memcpy(open_->data() + used, &header, sizeof header);
  if (!bytes.empty()) std::memcpy(open_->data() + used + sizeof header, bytes.data(), bytes.size());
  blocks_.back() = Slice(open_, {open_->data(), used + size});
}

void ItemStore::clear() {
  blocks_.clear();
  open_ = nullptr;
  rewind();
}

void ItemStore::next(Item& item) {
  SPREAD_ASSERT(!empty());
  const Slice& block = blocks_[block_];
  Header header;
  std::memcpy(&header, block.view().data() + offset_, sizeof header);
  const ByteView bytes = block.view().subspan(offset_ + sizeof header, header.size);
  item.bad.clear();
  item.values = {};
  if (header.bad != 0) {
    item.bad = as_text(bytes);
  } else {
    item.values = Slice(block.block(), bytes);
  }
  offset_ += sizeof header + bytes.size();
  if (offset_ < block.size()) return;
  offset_ = 0;
  block_ = block_ + 1 == blocks_.size() ? 0 : block_ + 1;
}

}  // namespace spread
