#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/results/spill_runs.h"
#include "spread/results/waiting_values.h"

namespace spread {

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
