// A worker's pipes or descriptors as bytes in, bytes out, an end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/base/posix.h"
#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/io/subprocess.h"

namespace spread {

/// When the other side has ended, what it wrote may still be on its way, or something else may hold
/// its end of a pipe: it is read for so long.
inline constexpr Duration kAfterExit = std::chrono::seconds(1);
/// Reads per turn of the loop, so that one talkative process does not keep the others waiting.
inline constexpr int kReadsPerTurn = 16;

/// How a channel ended.
struct ChannelEnd {
  /// Of its process; unset where it has none, where none could be started, and where it did not
  /// even end after KILL.
  std::optional<ExitStatus> status;
  std::optional<Error> not_started;  ///< why none could be
  bool killed = false;               ///< KILL was sent to it

  /// One that does not end is taken for dead.
  ExitStatus status_or_killed() const { return status.value_or(ExitStatus{0, 9}); }
};

/// What a Channel tells. But for room() and wants_output() the calls come from the event loop, and
/// on_input_lost() perhaps from within flush(). After on_ended() there are no more.
class ChannelSink {
 public:
  virtual ~ChannelSink() = default;

  /// Where the next bytes of its output may be put; good until the next call. Not empty.
  virtual std::span<Byte> room() = 0;
  /// So many bytes were put to the front of room().
  virtual void on_output(std::size_t size) = 0;
  /// Where its output may go without being looked at: a descriptor; -1: it is to come to room().
  virtual int bypass() { return -1; }
  /// So many bytes have gone there.
  virtual void on_bypassed(std::size_t size) { static_cast<void>(size); }
  /// The output did not go there, though it is no fault of the other side: it comes to room().
  virtual void on_bypass_failed() {}
  /// Its output has ended. Not told where something else holds the pipe after its end.
  virtual void on_output_end() {}
  /// What it wrote to its stderr, if it has one. It comes behind what it wrote to its output
  /// before, as far as that can be known.
  virtual void on_errors(Slice text) { static_cast<void>(text); }
  /// Whether to go on reading its output (its errors) now; Channel::reconsider() asks again.
  virtual bool wants_output(bool errors) const { return static_cast<void>(errors), true; }
  /// Some of what it writes is not read for now, or all of it is again. Nothing is unread at its
  /// end.
  virtual void on_unread(bool unread) { static_cast<void>(unread); }

  /// It reads no more, though its input was not closed: what still waited has been dropped.
  virtual void on_input_lost() {}
  /// All that waited has been written. Told if it was asked for (ChildOptions); never from within a
  /// call of the owner.
  virtual void on_input_written() {}
  /// A part of a file could not be read; errno, or 0 if the file has become shorter. Its input has
  /// been closed.
  virtual void on_file_failed(int error) { static_cast<void>(error); }

  /// The one end: nothing more comes. It may be destroyed after this has returned, but not from
  /// within.
  virtual void on_ended(const ChannelEnd& end) = 0;
};

/// Bytes in, bytes out, an end: what a worker is reached by. A process and its pipes (Child), or a
/// pair of descriptors (DescriptorChannel). Nothing here blocks.
///
/// "Input" and "output" are those of the other side: spread writes its input and reads its output.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Whom it tells; before the loop turns for the first time. `sink` must outlive the channel.
  virtual void set_sink(ChannelSink& sink) = 0;

  /// What waits to be written. Append to it, and flush(). Unbounded: its user looks at size().
  virtual OutputQueue& input() = 0;
  /// Writes as much as it takes now; the rest follows when there is room.
  virtual void flush() = 0;
  /// Nothing follows: the input is closed when all that waits has been written.
  virtual void close_input() = 0;
  /// It is worth having larger pipes, for payloads of 64 KiB and more.
  virtual void expect_large() = 0;
  /// The sink may want output again, or no more.
  virtual void reconsider() = 0;

  /// Asks it to end, and makes it end where it does not. Nothing if that was done before.
  virtual void terminate() = 0;
  /// Ends it at once. Output that the sink does not want now is not waited for.
  virtual void kill() = 0;
  /// Stops what works at the other side, or lets it go on, where that can be done.
  virtual void suspend(bool stop) = 0;
  /// Of its process; 0 if it has none. Kept after its end.
  virtual int pid() const = 0;
  /// Nothing works at the other side any more; on_ended() comes when its output has been read.
  virtual bool exited() const = 0;
};

/// A sink that takes bytes as they come, in the memory into which all channels are read in turn.
class SharedSink : public ChannelSink {
 public:
  explicit SharedSink(ReadBuffer& shared) : shared_(shared) {}
  /// A Slice may be kept.
  virtual void on_bytes(bool errors, Slice bytes) = 0;

  std::span<Byte> room() final {
    Block* const block = shared_.block();
    return {block->data(), block->capacity()};
  }
  void on_output(std::size_t size) final {
    Block* const block = shared_.block();  // the same: nothing was read meanwhile
    on_bytes(false, Slice(block, {block->data(), size}));
  }
  void on_errors(Slice text) final { on_bytes(true, std::move(text)); }

 private:
  ReadBuffer& shared_;
};

/// A Channel on two descriptors: two pipes, or a socket and a dup() of it. Both must be
/// non-blocking. There is no process: terminate() and kill() close both, and what the other side
/// has written and spread has not read by then is lost. It ends when its input is closed and its
/// output has been read to the end.
class DescriptorChannel final : public Channel, public ReadyHandler {
 public:
  /// `input` is written, `output` is read.
  DescriptorChannel(EventLoop& loop, UniqueFd input, UniqueFd output);
  ~DescriptorChannel() override;
  DescriptorChannel(const DescriptorChannel&) = delete;
  DescriptorChannel& operator=(const DescriptorChannel&) = delete;

  void set_sink(ChannelSink& sink) override { sink_ = &sink; }
  OutputQueue& input() override { return writer_.queue(); }
  void flush() override;
  void close_input() override;
  void expect_large() override {}
  void reconsider() override;
  void terminate() override;
  void kill() override { terminate(); }
  void suspend(bool) override {}
  int pid() const override { return 0; }
  bool exited() const override { return ended_; }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  void react(QueuedWriter::State state);
  bool read_once();
  void close_output();
  void half_close();
  void tell_end();

  EventLoop& loop_;
  ChannelSink* sink_ = nullptr;
  QueuedWriter writer_;
  UniqueFd output_;
  bool watched_ = true;
  bool ended_ = false;
  Timer over_;  ///< rings at once when both are closed, so that the end is not told from within a
                ///< call
};

}  // namespace spread
