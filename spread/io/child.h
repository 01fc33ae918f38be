#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/io/subprocess.h"

namespace spread {

struct ChildOptions {
  /// What terminate() does, one step after the other; KILL follows the last one.
  std::vector<EndStep> end_sequence;
  bool tells_written = false;    ///< see ChannelSink::on_input_written()
  bool ends_group = false;       ///< what it leaves running is killed, also if it ended by itself
  bool ends_dead_group = false;  ///< the same, but not where it ended with status 0
};

/// One process with its pipes, from its start to its end; then there may be another one.
///
///     Idle ==start()==> (Starting) ==> Running ==> Exited ==> Idle
///
///   Starting  in a launcher thread (start_soon()). What is asked for meanwhile is done when it
///             runs. An exec that fails is its end: on_ended() with not_started.
///   Running   its pipes are read where the sink wants that, at most kReadsPerTurn reads a turn.
///             terminate() takes the first step of the end sequence (signal, CONT), a timer the
///             next ones, the last of which is KILL, as kill() is. One that is still there 5 s
///             after KILL (it hangs in the kernel) is left behind: on_ended() without a status.
///   Exited    reaped; if it was told to end (or its options say so), what is left of its group was
///             killed before. It has no input any more. Its pipes are read until they end, or for
///             kAfterExit where another process holds them. Output that the sink does not want is
///             waited for, and that time begins when it is wanted again. terminate() ends the time
///             at once: what is in the pipes by then is still read. After kill() nothing unwanted
///             is waited for.
///
/// A process that closes its pipes and lives on stays Running: whether that is to end it, its owner
/// decides. Destroying a Child that runs kills its group and waits for nothing.
///
/// It writes to pipes: the thread has WriteSignalsBlocked, or PIPE would end the process.
class Child final : public Channel, public ReadyHandler, private StartHandler {
 public:
  Child(EventLoop& loop, ReadBuffer& shared, ChildOptions options);
  ~Child() override;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Only while idle. An Error: it could not be exec'd, and nothing has been started.
  Status start(Spawner& spawner, const SpawnOptions& options);
  /// The same, perhaps in the background: then on_ended() tells of a failed exec. The spawner must
  /// outlive this.
  Status start_soon(Spawner& spawner, const SpawnOptions& options);
  /// It runs, is being started, or has exited and is still read.
  bool active() const { return state_ != State::Idle; }

  /// For its fd 0, if that is a pipe: input().append() and flush().
  void send(Slice bytes);
  /// Behind all bytes; see QueuedWriter.
  void send_file(int file, std::uint64_t offset, std::uint64_t size);
  /// Bytes that have not been written yet.
  std::uint64_t waiting() const { return writer_.waiting(); }

  void set_sink(ChannelSink& sink) override { sink_ = &sink; }
  OutputQueue& input() override { return writer_.queue(); }
  void flush() override;
  void close_input() override;
  void expect_large() override;
  void reconsider() override;
  void terminate() override;
  void kill() override;
  void suspend(bool stop) override;
  int pid() const override { return pid_; }
  bool exited() const override { return state_ == State::Exited; }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  enum class State : std::uint8_t { Idle, Starting, Running, Exited };
  struct Stream {
    UniqueFd fd;
    bool watched = true;
  };

  void begin();
  void adopt(Subprocess process);
  void grow_pipes();
  void on_started(Result<Subprocess> process) override;
  void react(QueuedWriter::State state);
  void tell_written();
  void read(bool errors);
  bool read_output();
  bool read_errors();
  void watch(Stream& stream, bool errors);
  void tell_unread();
  void close(Stream& stream);
  void on_exit();
  bool holds_output() const;
  void next_step();
  void send_kill();
  void too_late();
  void end_if_read();
  void end();

  EventLoop& loop_;
  ReadBuffer& shared_;
  const ChildOptions options_;
  ChannelSink* sink_ = nullptr;

  State state_ = State::Idle;
  Spawner* starting_ = nullptr;  ///< what is starting it in the background
  std::optional<Subprocess> process_;
  int pid_ = 0;
  ChannelEnd end_;
  QueuedWriter writer_;
  Stream output_, errors_;
  bool told_unread_ = false;
  bool large_ = false;      ///< larger pipes are wanted
  bool suspended_ = false;  ///< what runs, or will when it is there
  bool ending_ = false;     ///< it is being told to end
  std::size_t step_ = 0;    ///< of the end sequence, next
  bool forced_ = false;     ///< kill() was asked for
  Timer timer_;             ///< for its end after a signal, or that of its pipes after its end
  Timer written_;           ///< rings at once, to tell that its input has been written
};

}  // namespace spread
