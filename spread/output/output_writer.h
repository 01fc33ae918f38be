// spread/output: what a run writes, without ever blocking. Start here, then reporter.h and sinks.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/io/continued_file.h"
#include "spread/io/event_loop.h"
#include "spread/io/system.h"

namespace spread {

/// What has to be done before an OutputWriter writes: the journal is written before the results
/// that it records.
class WriteGate {
 public:
  virtual ~WriteGate() = default;
  /// Once in each flush that has something to write, before its first byte. An Error ends the
  /// output as a write that has failed does.
  virtual Status before_write() = 0;
  /// A regular file has all that goes into it, and is about to be closed. An Error is one of the
  /// output.
  virtual Status before_close() { return {}; }
};

/// Bytes on their way out of the program (stdout, stderr, the joblog, the events, the workers'
/// log), written without ever blocking. Small results are gathered for at most kLinger, so that a
/// million of them cost a few thousand system calls, and a single one is seen at once.
class OutputWriter final : public ReadyHandler {
 public:
  static constexpr Duration kLinger = std::chrono::milliseconds(1);
  /// Gathered to this size, it is written at once; with much more waiting, it is full.
  static constexpr std::size_t kBatch = 64 * 1024;
  static constexpr std::size_t kFull = 1024 * 1024;

  OutputWriter(EventLoop& loop, OutputDescriptor output);
  ~OutputWriter() override;
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  OutputQueue& queue() { return queue_; }
  /// Asked from now on; it must outlive this. Nothing goes past it.
  void set_gate(WriteGate& gate) {
    gate_ = &gate;
    can_bypass_ = false;
  }
  /// Before anything is written, to a regular file that can be read, too: its first `old_bytes` are
  /// of a run before, and are compared with what is written; of them, `needed` must not be cut off
  /// (io/continued_file.h).
  void continue_file(std::uint64_t old_bytes, std::uint64_t needed = 0) {
    continued_.emplace(output_.fd.get(), old_bytes, needed);
  }
  /// What has been written to a regular file is on the disk.
  Status sync();
  /// Bytes that a run before has written and this one has left as they are.
  std::uint64_t kept() const { return continued_ ? continued_->kept() : 0; }
  /// Where bytes may be moved to past the queue, since nothing waits in it; else -1.
  int bypass() const {
    return can_bypass_ && queue_.empty() && !waiting_ && !closed_ ? output_.fd.get() : -1;
  }
  /// So many bytes have gone that way. What the last one was is not known: no newline, say.
  void bypassed(std::size_t size) {
    written_ += size;
    in_line_ = true;
  }
  /// It is nothing that can be moved to.
  void no_bypass() { can_bypass_ = false; }
  bool queue_empty() const { return queue_.empty(); }
  std::size_t waiting() const { return queue_.size(); }  ///< bytes
  /// Writes what is due: enough has gathered, or the oldest byte has lingered long enough.
  void flush_if_due();
  /// Writes as much as goes without blocking.
  void flush();
  TimePoint next_deadline() const { return deadline_; }
  /// Nothing follows what waits: a regular file is closed, which may fail as a write does.
  /// `complete`: what else a continued file has is of no use to a later run, and is cut off.
  void finish(bool complete);

  /// The reader of this output does not read at the moment.
  bool stalled() const { return waiting_; }
  bool full() const { return queue_.size() >= kFull; }
  std::uint64_t written() const { return written_; }  ///< bytes
  /// The last byte that was written is no newline.
  bool in_line() const { return in_line_; }
  /// The same of the last byte that was written or waits.
  bool ends_in_line() const { return queue_.empty() ? in_line_ : queue_.back() != '\n'; }
  /// Nothing more can be written: the reader is gone, or there is an error.
  bool closed() const { return closed_; }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  void drop();
  void close(std::string error);
  void wait_for_room(bool wanted);

  EventLoop& loop_;
  OutputDescriptor output_;
  OutputQueue queue_;
  WriteGate* gate_ = nullptr;
  std::optional<ContinuedFile> continued_;
  TimePoint last_flush_{};
  TimePoint deadline_ = kForever;
  bool waiting_ = false;
  bool in_line_ = false;
  bool can_bypass_;
  std::uint64_t written_ = 0;
  bool closed_ = false;
  std::string error_;
};

}  // namespace spread
