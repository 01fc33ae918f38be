#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/results/spill_runs.h"

namespace spread {

/// What one stream of one job printed and has to wait: first what lies in the spill file, then what
/// is in memory.
class HeldBytes {
 public:
  static constexpr std::uint64_t kNone = UINT64_MAX;

  bool empty() const { return size() == 0; }
  std::uint64_t size() const { return in_file_ + buffer_.size(); }
  std::size_t in_memory() const { return buffer_.size(); }
  std::uint64_t in_file() const { return in_file_; }
  /// Of the first bytes, so many are whole lines. Counted only if append() is told to.
  std::uint64_t whole_lines() const { return whole_lines_; }

  void append(ByteView bytes, bool count_lines);
  /// Moves what is in memory to the file; after an error it is where it was.
  Status spill(SpillFile& file);
  /// Takes out at most `max` (> 0) of the first bytes. An error means that they are lost.
  Result<Slice> take(std::size_t max, SpillFile* file);

  /// All of it, if none is in the file.
  ByteView view() const { return buffer_.view(); }
  /// The lowest offset in the file that is still wanted, or kNone.
  std::uint64_t lowest_offset() const;
  std::size_t memory_in_use() const {
    return buffer_.capacity() + extents_.capacity() * sizeof(Extent);
  }

 private:
  struct Extent {
    std::uint64_t offset;
    std::uint64_t size;
  };

  std::vector<Extent> extents_;  // ascending, since the file only grows
  std::size_t first_ = 0;        // those before it have been taken
  std::uint64_t in_file_ = 0;
  std::uint64_t whole_lines_ = 0;
  ByteBuffer buffer_;
};

/// Puts a prefix (--tag) in front of each line of one stream that comes in pieces cut anywhere.
///
/// As in GNU parallel a carriage return begins a line too, so that a progress display keeps its
/// tag, and a last line without newline gets none. Unlike there, CR LF is one line end: a tag
/// between the two would overwrite the line on a terminal.
class LinePrefixer {
 public:
  void append(ByteView bytes, std::string_view prefix, ByteBuffer& out);

 private:
  enum State : std::uint8_t { kLineStart, kInLine, kAfterReturn };
  State state_ = kLineStart;
};

}  // namespace spread
