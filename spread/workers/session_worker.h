// A Session on a Channel, and what it has read and not done with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/core/event.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/workers/job_marks.h"
#include "spread/workers/session.h"

namespace spread {

/// What one worker has written and its Session has not done with, between two reads. The beginning
/// of a message that fits lies in a copy of its own, and is put in front of the next read into the
/// buffer that all workers share; a larger one is gathered in a block of its own. Each byte of it
/// is moved a bounded number of times, however many reads it takes, also where its length is known
/// only when it ends (a line). One round is room(), filled() if something was read, keep().
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(ReadBuffer& shared) : shared_(shared) {}
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;
  ~ReceiveBuffer();

  /// Where the next bytes are to be read to; good until the next call.
  std::span<Byte> room();
  /// So many bytes were read to the front of room(), none at the end of the output. All bytes that
  /// are not done with; good until keep().
  ByteView filled(std::size_t size);
  /// `rest`, the end of what filled() gave, is not done with. It is not worth looking at before
  /// there are `wanted` bytes of it, if the caller knows.
  void keep(ByteView rest, std::size_t wanted);

  /// Between filled() and keep().
  bool in_use() const { return block_ != nullptr; }
  /// A large message is gathered, of which more than this is wanted.
  bool gathers() const { return large_ != nullptr; }
  bool empty() const { return unfinished_.empty() && large_ == nullptr; }
  /// What was kept.
  Slice rest() const;
  /// The value as a Slice: between filled() and keep() it shares the memory that it was read into,
  /// if it lies there.
  Slice share(ByteView value) const {
    if (block_ != nullptr && value.data() >= block_->data() &&
        value.data() < block_->data() + block_->capacity()) {
      return Slice(block_, value);
    }
    return Slice::copy_of(value);
  }

 private:
  ReadBuffer& shared_;
  ByteBuffer unfinished_;  ///< the beginning of a message
  Block* large_ = nullptr;
  std::size_t large_size_ = 0;
  Block* block_ = nullptr;  ///< in use: where filled()'s bytes are
};

struct SessionWorkerOptions {
  std::optional<Duration> shutdown_timeout;                          ///< after close_input()
  std::string overdue = "still running after the end of its input";  ///< what is said of it then
  /// How long one that has closed its stdin or its stdout may go on.
  Duration kill_grace = std::chrono::seconds(5);
  std::vector<std::uint8_t> ok_statuses = {};  ///< see ExitStatus::is_success()
  /// One that has answered and then ends with status 0, or closes its stdout, retires. Not of one
  /// behind a launcher, where the connection may have been cut.
  bool may_leave_silently = false;
  /// Another process of its kind has answered: so it need not have, to retire by status 0.
  bool kind_has_answered = false;
};

/// What a SessionWorker tells, beside what its Session finds.
class WorkerSink : public SessionSink {
 public:
  /// What it wrote to its fd 2, too.
  void on_stderr(std::string_view text) override = 0;
  /// The run cannot work with such a worker at all: it wants another number of prep items, or wrote
  /// another number of lines than it was given.
  virtual void on_mismatch(std::string_view text) = 0;
  /// It has said that it is a relay (SessionOptions::relays): now, and not later, its channel may
  /// be taken.
  virtual void on_relay(const wire::Hello& hello) { static_cast<void>(hello); }
  /// No more tasks may be sent to it: it broke the protocol, or closed its input or its output.
  virtual void on_unusable() = 0;
  /// It is gone, and everything that it wrote has been read. The last call; the worker may be
  /// destroyed after it has returned, but not from within it. `status` is 0 of a worker that is not
  /// a process.
  virtual void on_ended(WorkerGone ended, ExitStatus status) = 0;
};

/// A Session on a Channel: gives it the bytes, and decides when a worker that has closed something,
/// or has nothing more to do, has taken too long to end.
class SessionWorker final : private ChannelSink {
 public:
  SessionWorker(WorkerId id, const SessionOptions& session, std::unique_ptr<Channel> channel,
                EventLoop& loop, ReadBuffer& shared, WorkerSink& sink,
                const SessionWorkerOptions& options);
  SessionWorker(const SessionWorker&) = delete;
  SessionWorker& operator=(const SessionWorker&) = delete;

  Session& session() { return session_; }
  const Session& session() const { return session_; }
  /// 0 if it is not a process.
  int pid() const { return channel_->pid(); }
  /// Writes as much as the channel takes; the rest follows when there is room.
  void flush() { channel_->flush(); }
  /// Session::reply() and answer(), at any time: a worker that cannot be sent it, or reads none, is
  /// ended.
  void reply(std::uint64_t seq, const Value& message);
  void tell(const Value& message);
  void answer(std::uint64_t seq, std::span<const Slice> value, bool awaited = false);
  /// No task will follow: its input is closed when all has been written, and the shutdown time-out
  /// begins, or does with the last answer that it still owes.
  void close_input();
  /// See Channel. `why` is part of the message about its end; the first reason stands.
  void terminate(std::string_view why);
  void kill(std::string_view why);
  void suspend(bool stop) { channel_->suspend(stop); }

  /// Its stderr is not read, until told otherwise, since the reader of spread's own does not; nor
  /// are its answers, with which messages come (what is raw has none). Meanwhile it has no
  /// deadlines but those of terminate() and kill().
  void leave_unread(bool unread);

  /// The value as a Slice; shares the memory it was read into. Only during a call of the sink.
  Slice share(ByteView value) const { return received_.share(value); }

  /// It ends here, and tells nothing more: what it was reached by is for other use. `rest`: what it
  /// has said behind its hello.
  std::unique_ptr<Channel> take_channel(Slice& rest);

  /// Bytes of its output have come since the last call.
  bool take_heard() { return std::exchange(heard_, false); }

  bool ended() const { return ended_; }
  /// It was ended because of the shutdown time-out.
  bool overdue() const { return ended_why_ == options_.overdue; }
  /// It has ended, or is taken for ended, without being told to.
  bool ended_by_itself() const { return ended_why_.empty(); }

 private:
  std::span<Byte> room() override { return received_.room(); }
  void on_output(std::size_t size) override {
    heard_ = true;
    take(received_.filled(size), false);
  }
  void on_output_end() override;
  void on_errors(Slice text) override;
  bool wants_output(bool errors) const override;
  void on_input_lost() override;
  void on_ended(const ChannelEnd& end) override;

  void take(ByteView bytes, bool final);
  void react_to_problem(bool at_the_end);
  void begin_shutdown();
  void end_unless_over(Duration from_now, std::string why);
  void too_late();
  void is_confused();
  bool may_leave_silently(bool works = false) const;
  void because(std::string_view why);
  bool told_to_end() const { return !ended_why_.empty(); }
  WorkerGone describe_end(const ChannelEnd& end) const;
  bool is_process(const ChannelEnd& end) const;
  std::string told_status(const ChannelEnd& end) const;
  std::string open_tasks() const;

  WorkerId id_;
  std::unique_ptr<Channel> channel_;
  Session session_;
  EventLoop& loop_;
  WorkerSink& sink_;
  SessionWorkerOptions options_;
  bool only_tail_;  ///< all that it writes to stdout

  ReceiveBuffer received_;
  LastWords last_words_;
  bool heard_ = false;  ///< see take_heard()
  bool output_over_ = false;
  bool closing_ = false;
  bool shutdown_begun_ = false;
  bool problem_told_ = false;
  bool relay_told_ = false;
  bool ended_ = false;
  bool unread_ = false;       ///< see leave_unread()
  bool late_ = false;         ///< the deadline has passed meanwhile
  Timer deadline_;            ///< by which it is to have ended by itself
  std::string deadline_why_;  ///< what is said of it then
  Timer confused_;            ///< see Session::may_think_it_is_done()
  std::string ended_why_;     ///< why spread ends it; empty = it ended by itself
};

}  // namespace spread
