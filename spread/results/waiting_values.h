// Results that wait for those before them, in memory or in the spill file; and that file, which
// jobs' output uses too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
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

/// The bytes of results that wait for their turn, and what they cost. A result's Slice mostly lies
/// in a read buffer that would live as long as the result, so small ones are copied together into
/// blocks made here. memory_in_use() counts a block until the last value in it has left.
class WaitingValues {
 public:
  /// Results are kept apart by how long they will stay, so that those that leave together free
  /// whole blocks.
  enum Lane : std::uint8_t { kNear, kFar, kLanes };

  /// What suits a holder that may use so much memory.
  static std::size_t block_bytes_for(std::size_t memory_bytes) {
    return std::clamp(memory_bytes / 64, std::size_t{4} * 1024, std::size_t{64} * 1024);
  }

  explicit WaitingValues(std::size_t block_bytes)
      : block_bytes_(block_bytes), alone_bytes_(block_bytes / 4) {}
  ~WaitingValues() { start_afresh(); }
  WaitingValues(const WaitingValues&) = delete;
  WaitingValues& operator=(const WaitingValues&) = delete;

  /// True if `body`, being kept, shares a block with others.
  bool shares(const Slice& body) const {
    return body.block() != nullptr && body.size() < alone_bytes_;
  }
  /// Makes `body` fit to wait. True if that took new memory.
  bool keep(Slice& body, Lane lane) {
    if (shares(body)) {
      Slice copy;
      const bool grown = copy_to(copy, body, lane);
      body = std::move(copy);
      return grown;
    }
    return body.block() != nullptr && keep_alone(body);  // a literal costs nothing
  }
  /// The same for a body that shares(): what `to` becomes is kept, and `body` is left alone. For
  /// the hot loop, where every move of a Slice counts.
  bool copy_to(Slice& to, const Slice& body, Lane lane) {
    Open& open = open_[lane];
    const std::size_t size = body.size();
    // Not `<`: the first value of all may be empty.
    const bool grown = static_cast<std::size_t>(open.end - open.at) <= size;
    if (grown) renew(lane);
    copy_short(open.at, body.view().data(), size);
    ++header(open.block).values;
    to = Slice(open.block, {open.at, size});
    open.at += size;
    return grown;
  }
  /// What keep() returned is about to leave; its bytes stay good.
  void let_go(const Slice& body) {
    Block* block = body.block();
    if (block == nullptr) return;
    if (body.size() >= alone_bytes_) {
      memory_ -= block->capacity() + kBlockOverhead;
    } else if (--header(block).values == 0) {
      memory_ -= block_bytes_ + kBlockOverhead;
    }
  }

  std::size_t memory_in_use() const { return memory_; }
  /// Closes the open blocks, so that what is kept from now on is not put beside what was.
  void start_afresh();

 private:
  static constexpr std::size_t kBlockOverhead = sizeof(Block) + 16;  // and malloc's own
  struct Header {
    std::uint64_t values;  // kept in this block, and one more while it is open
  };
  static Header& header(Block* block) {
    return *std::launder(reinterpret_cast<Header*>(block->data()));
  }

  struct Open {
    Block* block = nullptr;
    Byte* at = nullptr;  // the next value goes here
    Byte* end = nullptr;
  };
  // Two loads and two stores where memcpy() of an unknown length is a call and many branches.
  static void copy_short(Byte* to, const Byte* from, std::size_t size) {
    if (size >= 8 && size <= 16) {
      std::uint64_t first, last;
      std::memcpy(&first, from, 8);
      std::memcpy(&last, from + size - 8, 8);
      std::memcpy(to, &first, 8);
      std::memcpy(to + size - 8, &last, 8);
    } else if (size > 16 && size <= 32) {
      std::uint64_t words[4];
      std::memcpy(words, from, 16);
      std::memcpy(words + 2, from + size - 16, 16);
      std::memcpy(to, words, 16);
      std::memcpy(to + size - 16, words + 2, 16);
    } else if (size != 0) {
      std::memcpy(to, from, size);
    }
  }

  bool keep_alone(Slice& body);
  void renew(Lane lane);
  void close(Lane lane);

  std::size_t block_bytes_;
  std::size_t alone_bytes_;  // from here on a value has a block of its own
  std::size_t memory_ = 0;
  Open open_[kLanes];
};

}  // namespace spread
