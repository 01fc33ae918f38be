// What jobs have printed and has to wait: of jobs that run, then of those that are finished.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/results/waiting_values.h"

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

/// Jobs that are finished and wait for an earlier one. One that left nothing costs one bit. What
/// the others left is packed; when it goes to the spill file its bookkeeping goes with it, as
/// sorted runs, so that memory is flat however many there are.
class FinishedJobs {
 public:
  static constexpr std::uint64_t kNone = SpillRuns::kNone;

  struct Left {
    Slice out, err, note;
  };

  /// `spill` may be null. `memory_bytes` is what the shares of buffers are taken from.
  FinishedJobs(std::size_t memory_bytes, SpillFile* spill);

  void mark(std::uint64_t id);
  /// Not before forget_before().
  bool contains(std::uint64_t id) const;
  void forget_before(std::uint64_t id);

  /// Beside mark(): what the job left, each id once.
  void put(std::uint64_t id, ByteView out, ByteView err, ByteView note);
  /// The lowest id that left something; kNone if there is none.
  std::uint64_t first() const;
  /// Takes out what first() left. An error means that it is lost.
  Result<Left> take();

  /// Moves what belongs to the highest ids to the file, until `bytes` of memory are free or none
  /// is left to move. False if the file refused: take_error() says why.
  bool spill(std::size_t bytes);
  std::string take_error() { return std::exchange(error_, {}); }
  bool file_unused() const { return runs_ == nullptr || runs_->first() == kNone; }
  std::size_t memory_in_use() const;

 private:
  // A node of the map with its key and malloc's own.
  static constexpr std::size_t kEntryBytes = sizeof(Slice) + 56;

  bool write(std::map<std::uint64_t, Slice>::iterator from);

  std::deque<std::uint64_t> marks_;  // 64 ids each
  std::uint64_t marks_begin_ = 0;    // id / 64 of the first of them
  WaitingValues values_;
  std::map<std::uint64_t, Slice> blocks_;
  std::unique_ptr<SpillRuns> runs_;
  std::string error_;
};

}  // namespace spread
