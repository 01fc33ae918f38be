#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"

namespace spread {

/// Where results go that do not fit in memory: one unlinked file, written only at its end. An
/// interface, so that the reorder buffer can be tested with a disk that is full.
class SpillFile {
 public:
  virtual ~SpillFile() = default;
  /// Appends all of `bytes` or nothing (a full disk, or --spill-max, is an Error and leaves the
  /// file as it was). Returns the offset at which they lie.
  virtual Result<std::uint64_t> append(ByteView bytes) = 0;
  virtual Status read(std::uint64_t offset, std::span<Byte> into) = 0;
  /// Nothing before `offset` is wanted any more: its disk space may be given back.
  virtual void discard_before(std::uint64_t offset) = 0;
};

/// Results in the spill file, as runs of records with ascending ids, and the merge that reads them
/// back. A run is only read when its first id is the lowest of all, through a buffer that it may
/// lose to a run that is nearer; so memory stays flat however many runs there are.
class SpillRuns {
 public:
  static constexpr std::uint64_t kNone = UINT64_MAX;

  /// `memory_bytes` bounds the read buffers (one of them at least).
  SpillRuns(SpillFile& file, std::size_t chunk_bytes, std::size_t memory_bytes)
      : file_(file), chunk_bytes_(chunk_bytes), memory_bytes_(memory_bytes) {}

  /// Writes results with ascending ids. Returns how many of them, from the first, are in the file
  /// now; if not all are, take_error() says why and the rest stays with the caller.
  std::size_t write(std::span<TaskResult* const> results);
  std::string take_error() { return std::exchange(error_, {}); }

  /// The lowest id in the file; kNone if there is none.
  std::uint64_t first() const { return heap_.empty() ? kNone : heap_.front().first; }
  /// Takes the result with the lowest id out. Its value may lie in a read buffer: copy what is to
  /// be kept. After an error every call fails: a result is lost.
  Status take(TaskResult& result);

  std::size_t memory_in_use() const { return buffered_ + heap_.capacity() * sizeof(Run); }

 private:
  struct Buffer {
    Slice bytes;
    std::size_t consumed = 0;  // how much of them lies before the run's position
    ByteView rest() const { return bytes.view().subspan(consumed); }
  };
  // Small: there is one for every few hundred kilobytes in the file.
  struct Run {
    std::uint64_t first;     // id of the record at `position`
    std::uint64_t position;  // in the file, of the first record that was not taken
    std::uint64_t end;
    std::unique_ptr<Buffer> buffer;
  };

  bool append(ByteView bytes);
  bool append_large(const TaskResult& result);
  bool flush();
  void add_run(std::uint64_t first_id, std::uint64_t last_id, std::uint64_t begin,
               std::uint64_t end);
  Status load(Run& run, std::size_t size);
  Status read_body(Run& run, TaskResult& result, std::size_t size);
  Status advance(Run& run, std::size_t size);
  void drop_buffer(Run& run);
  void drop_far_buffers(const Run& but);
  void give_back();
  void settle_top();

  SpillFile& file_;
  std::size_t chunk_bytes_;
  std::size_t memory_bytes_;
  std::vector<Run> heap_;              // by `first`, lowest on top
  std::uint64_t newest_last_ = kNone;  // the last id of the run that ends at newest_end_
  std::uint64_t newest_end_ = 0;
  ByteBuffer out_;
  std::size_t buffered_ = 0;
  std::uint64_t end_ = 0;    // of the file
  std::uint64_t freed_ = 0;  // bytes taken since space was given back
  std::string error_;
  std::string read_error_;
};

}  // namespace spread
