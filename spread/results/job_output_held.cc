#include "spread/results/job_output_held.h"

#include <algorithm>

#include "spread/base/assert.h"

namespace spread {

void HeldBytes::append(ByteView bytes, bool count_lines) {
  if (count_lines) {
    const std::size_t newline = as_text(bytes).rfind('\n');
    if (newline != std::string_view::npos) whole_lines_ = size() + newline + 1;
  }
  buffer_.append(bytes);
}

Status HeldBytes::spill(SpillFile& file) {
  if (buffer_.empty()) return {};
  const Result<std::uint64_t> at = file.append(buffer_.view());
  if (!at) return tl::unexpected(at.error());
  const std::uint64_t size = buffer_.size();
  if (first_ != extents_.size() && extents_.back().offset + extents_.back().size == *at) {
    extents_.back().size += size;
  } else {
    extents_.push_back(Extent{*at, size});
  }
  in_file_ += size;
  buffer_.clear();
  buffer_.shrink();
  return {};
}

Result<Slice> HeldBytes::take(std::size_t max, SpillFile* file) {
  SPREAD_ASSERT(max != 0 && !empty());
  Slice piece;
  if (in_file_ == 0) {
    const std::size_t size = std::min(max, buffer_.size());
    piece = Slice::copy_of(buffer_.view().first(size));
    buffer_.consume(size);
    buffer_.shrink();
  } else {
    Extent& extent = extents_[first_];
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(max, extent.size));
    Block* block = Block::create(size);
    piece = Slice(block, {block->data(), size});
    block->release();
    SPREAD_TRY(file->read(extent.offset, {block->data(), size}));
    extent.offset += size;
    extent.size -= size;
    in_file_ -= size;
    if (extent.size == 0) ++first_;
    if (first_ == extents_.size()) {
      extents_ = {};
      first_ = 0;
    }
  }
  whole_lines_ -= std::min<std::uint64_t>(whole_lines_, piece.size());
  return piece;
}

std::uint64_t HeldBytes::lowest_offset() const {
  return first_ == extents_.size() ? kNone : extents_[first_].offset;
}

void LinePrefixer::append(ByteView bytes, std::string_view prefix, ByteBuffer& out) {
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const bool ends_crlf = state_ == kAfterReturn && text.front() == '\n';
    if (state_ != kInLine && !ends_crlf) out.append(prefix);
    // Two searches for one byte each are several times as fast as find_first_of().
    std::size_t end = text.find('\n');
    end = std::min(end, text.substr(0, end).find('\r'));
    if (end == std::string_view::npos) {
      out.append(text);
      state_ = kInLine;
      return;
    }
    out.append(text.substr(0, end + 1));
    state_ = text[end] == '\n' ? kLineStart : kAfterReturn;
    text.remove_prefix(end + 1);
  }
}

}  // namespace spread
