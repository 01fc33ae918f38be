#pragma once

#include <cstdint>

#include "spread/base/buffers.h"
#include "spread/base/posix.h"
#include "spread/io/event_loop.h"

namespace spread {

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
  void open(UniqueFd fd, ReadyHandler& handler);
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
};

}  // namespace spread
