#include "spread/blocks/block_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/blocks/block_boundary.h"

namespace spread {
namespace {

// Most records end within one page of any cut; a file with longer ones is read in larger steps.
constexpr std::uint64_t kFirstStep = 4096;
constexpr std::uint64_t kLargestWindow = std::uint64_t{1} << 20;

// The square of it fits into 64 bits.
constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 31;

std::uint64_t larger(std::uint64_t window) { return std::min(window * 4, kLargestWindow); }

}  // namespace

RangeFinder::RangeFinder(const BlockOptions& options, std::string name, std::uint64_t file_bytes,
                         std::uint64_t blocks, ReadAt read)
    : options_(options),
      boundary_(options),
      name_(std::move(name)),
      file_bytes_(file_bytes),
      blocks_(std::min(blocks, kMostBlocks)),
      read_(std::move(read)) {
  SPREAD_ASSERT(check_block_options(options, true));
}

Result<bool> RangeFinder::next(ByteRange& range) {
  if (!std::exchange(started_, true)) SPREAD_TRY(take_header());
  if (at_ >= file_bytes_) return false;
  const Result<std::uint64_t> end = blocks_ > 0 ? end_by_number() : end_by_size();
  if (!end) {
    file_bytes_ = 0;
    return tl::unexpected(end.error());
  }
  range = {at_, *end};
  at_ = *end;
  return true;
}

Status RangeFinder::take_header() {
  std::size_t left = options_.header_lines;
  std::vector<Byte> header;
  for (std::uint64_t step = kFirstStep; left > 0 && header.size() < file_bytes_;
       step = larger(step)) {
    const std::uint64_t at = header.size();
    const Result<ByteView> bytes = window(at, std::min(file_bytes_, at + step));
    if (!bytes) return tl::unexpected(bytes.error());
    const std::size_t found = find_nth(*bytes, '\n', left);
    const ByteView taken = found == kNotFound ? *bytes : bytes->first(found + 1);
    header.insert(header.end(), taken.begin(), taken.end());
    if (header.size() > options_.max_block_bytes) {
      file_bytes_ = 0;
      return fail(
          fmt::format("{}: the header is longer than {} bytes", name_, options_.max_block_bytes));
    }
  }
  at_ = body_ = header.size();
  header_ = Slice::copy_of(header);
  return {};
}

Result<std::uint64_t> RangeFinder::end_by_size() {
  if (file_bytes_ - at_ < options_.block_bytes) return file_bytes_;
  const std::uint64_t limit = at_ + options_.block_bytes;
  if (boundary_.anywhere()) return limit;
  const Result<std::uint64_t> last = last_boundary(limit);
  if (!last || *last > 0) return last;
  return first_boundary(limit + 1);
}

Result<std::uint64_t> RangeFinder::end_by_number() {
  const std::uint64_t bytes = file_bytes_ - body_;
  while (++block_ < blocks_) {
    // bytes * block_ / blocks_, which might not fit.
    const std::uint64_t nominal =
        body_ + bytes / blocks_ * block_ + bytes % blocks_ * block_ / blocks_;
    if (nominal <= at_) continue;
    return boundary_.anywhere() ? nominal : first_boundary(nominal);
  }
  return file_bytes_;
}

/// The last boundary behind at_, and at or before `limit`, absolute; 0: none.
Result<std::uint64_t> RangeFinder::last_boundary(std::uint64_t limit) {
  const std::uint64_t overlap = boundary_.separator().size() - 1;
  std::uint64_t end = std::min(file_bytes_, limit + boundary_.after());
  for (std::uint64_t step = std::max(kFirstStep, 2 * overlap);; step = larger(step)) {
    const std::uint64_t begin = end - std::min(end - at_, std::max(step, 2 * overlap));
    const Result<ByteView> bytes = window(begin, end);
    if (!bytes) return tl::unexpected(bytes.error());
    // The start of a window that is not the start of the range may be a boundary too.
    const bool at_start =
        begin > at_ && boundary_.before() == 0 && as_text(*bytes).starts_with(boundary_.recstart());
    const std::size_t last = boundary_.last(*bytes, bytes->size());
    if (last > 0 || at_start) return begin + last;
    if (begin == at_) return std::uint64_t{0};
    end = begin + overlap;
  }
}

/// The first boundary behind at_, and at or behind `from`, absolute; the end of the file, if there
/// is none.
Result<std::uint64_t> RangeFinder::first_boundary(std::uint64_t from) {
  const std::uint64_t size = boundary_.separator().size();
  std::uint64_t begin = from - std::min<std::uint64_t>(boundary_.before(), from - at_);
  for (std::uint64_t step = kFirstStep; begin + size <= file_bytes_; step = larger(step)) {
    const std::uint64_t end = begin + std::min(file_bytes_ - begin, std::max(step, 2 * size));
    const Result<ByteView> bytes = window(begin, end);
    if (!bytes) return tl::unexpected(bytes.error());
    const std::size_t found = find_first(*bytes, boundary_.separator());
    if (found != kNotFound) return begin + found + boundary_.before();
    begin = end - (size - 1);
  }
  return file_bytes_;
}

Result<ByteView> RangeFinder::window(std::uint64_t begin, std::uint64_t end) {
  const std::size_t size = static_cast<std::size_t>(end - begin);
  if (memory_.size() < size) memory_.resize(size);
  const Result<std::size_t> count = read_(begin, {memory_.data(), size});
  if (!count) return tl::unexpected(count.error());
  if (*count < size) {
    return fail(fmt::format("{}: became shorter while it was read: {} bytes, not {}", name_,
                            begin + *count, file_bytes_));
  }
  return ByteView(memory_.data(), size);
}

}  // namespace spread
