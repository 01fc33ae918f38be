#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/blocks/block_boundary.h"
#include "spread/blocks/block_options.h"

namespace spread {

/// --pipepart without --block: so many blocks for every slot, as GNU parallel.
inline constexpr std::uint64_t kBlocksPerSlot = 10;

/// A part of a file: [begin, end), never empty.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Cuts a file into ranges of whole records (--pipepart), reading only the neighbourhood of every
/// cut. The ranges, one after the other, are the file without its header; all but the last end at
/// a boundary.
///
/// By size, the ranges are the blocks that BlockCutter makes of the same bytes. By number, the file
/// is cut at the first boundary at or behind every n-th part of it: ranges of about one size, and
/// never more than asked for; fewer where a record is longer than a part.
class RangeFinder {
 public:
  /// Reads `to.size()` bytes of the file from `offset`; fewer only where the file ends.
  using ReadAt = std::function<Result<std::size_t>(std::uint64_t offset, std::span<Byte> to)>;

  /// `options` must pass check_block_options(by_ranges). `blocks` is 0 for ranges of `block_bytes`;
  /// else block_bytes is not looked at. `name` is the file's, for messages. The file must not
  /// change meanwhile; one that became shorter is an error.
  RangeFinder(const BlockOptions& options, std::string name, std::uint64_t file_bytes,
              std::uint64_t blocks, ReadAt read);

  /// The next range; false: there is none any more, also after an error. Found one by one, so that
  /// the first block starts at once and a million of them take no memory.
  Result<bool> next(ByteRange& range);
  /// As BlockCutter::header(); complete after the first next().
  const Slice& header() const { return header_; }

 private:
  Status take_header();
  Result<std::uint64_t> end_by_size();
  Result<std::uint64_t> end_by_number();
  Result<std::uint64_t> last_boundary(std::uint64_t limit);
  Result<std::uint64_t> first_boundary(std::uint64_t from);
  Result<ByteView> window(std::uint64_t begin, std::uint64_t end);

  BlockOptions options_;
  RecordBoundary boundary_;
  std::string name_;
  std::uint64_t file_bytes_;
  std::uint64_t blocks_;
  ReadAt read_;
  Slice header_;
  bool started_ = false;
  std::uint64_t body_ = 0;   // where the header ends
  std::uint64_t at_ = 0;     // where the next range begins
  std::uint64_t block_ = 0;  // by number: the part that it begins in
  std::vector<Byte> memory_;
};

}  // namespace spread
