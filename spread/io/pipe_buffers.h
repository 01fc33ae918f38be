// Bytes between spread and its pipes: read into memory that all share, written when there is room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/base/posix.h"
#include "spread/io/event_loop.h"

namespace spread {

/// The memory into which all workers' outputs are read, one after the other: what one of them
/// leaves unfinished it keeps for itself, so a thousand idle workers hold no buffers. Values that
/// are kept by reference keep their block; then the next read gets another one. A few are kept,
/// since what is read in one turn is let go at its end: to take a new one each time costs 150
/// instructions.
class ReadBuffer {
 public:
  static constexpr std::size_t kBytes = 64 * 1024;

  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() {
    for (Block* block : blocks_) {
      if (block != nullptr) block->release();
    }
  }

  /// A block of kBytes without other references.
  Block* block() {
    for (std::size_t tries = 0; tries < kBlocks; ++tries) {
      Block*& block = blocks_[next_];
      if (block == nullptr) block = Block::create(kBytes);
      if (block->references() == 1) return block;
      next_ = (next_ + 1) % kBlocks;
    }
    Block*& oldest = blocks_[next_];
    oldest->release();
    return oldest = Block::create(kBytes);
  }

 private:
  static constexpr std::size_t kBlocks = 4;
  Block* blocks_[kBlocks] = {};
  std::size_t next_ = 0;
};

/// Bytes, and perhaps a part of a file behind them, on their way into one descriptor, which is
/// closed behind the last of them when that is asked for. What is queued while it is not open
/// waits.
class QueuedWriter {
 public:
  enum class State : std::uint8_t {
    Idle,     ///< nothing waited, or it is not open
    Waiting,  ///< for room; the loop tells
    Written,  ///< all of what waited
    Lost,     ///< there is no reader any more: what waited has been dropped, and it is closed
    FileLost  ///< the file could not be read: the same; see file_error()
  };

  explicit QueuedWriter(EventLoop& loop) : loop_(loop) {}
  ~QueuedWriter() { close(); }
  QueuedWriter(const QueuedWriter&) = delete;
  QueuedWriter& operator=(const QueuedWriter&) = delete;

  /// `handler` is told when flush() is to be called: there is room again, or no reader any more.
  /// `here`: a child that this process forks does not keep a copy (forked_copies.h).
  void open(UniqueFd fd, ReadyHandler& handler, bool here = false);
  /// Not open: -1.
  int fd() const { return fd_.get(); }
  OutputQueue& queue() { return queue_; }
  std::uint64_t waiting() const { return queue_.size() + file_left_; }
  /// Behind all bytes, and not by way of spread's memory; `file` must stay open meanwhile.
  void set_file(int file, std::uint64_t offset, std::uint64_t size);
  int file_error() const { return file_error_; }

  State flush();
  /// `ready`: the loop has told. It tells of a writer that waits for nothing only when there is no
  /// reader any more; and again and again, unless it is closed.
  State on_ready() { return waiting() == 0 && fd_ ? lose() : flush(); }
  void close_when_written() { closing_ = true; }
  /// At once; what waits is dropped.
  void close();
  /// As new.
  void reset();

 private:
  bool write_at_once();
  State write_bytes();
  State write_file();
  State lose();

  EventLoop& loop_;
  UniqueFd fd_;
  OutputQueue queue_;
  int file_ = -1;
  std::uint64_t file_offset_ = 0, file_left_ = 0;
  int file_error_ = 0;
  bool closing_ = false;
  bool here_ = false;
};

}  // namespace spread
