#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/task.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/io/local_socket.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/down_message.h"
#include "spread/wire/pool_frames.h"
#include "spread/wire/reply.h"
#include "spread/wire/up_writer.h"
#include "spread/workers/session_worker.h"

namespace spread {

class PoolRun;

/// What a PoolRun needs of the pool.
class PoolRunOwner {
 public:
  virtual ~PoolRunOwner() = default;
  /// What it wants is known: it may be told something, refused, or let in.
  virtual void called(PoolRun& run, wire::PoolCall call) = 0;
  virtual void new_task(PoolRun& run, std::uint64_t id, Record record) = 0;
  virtual void cancelled(PoolRun& run, std::uint64_t id) = 0;
  virtual void replied(wire::Reply reply) = 0;
  /// It is broken, and is closed: a line for the log.
  virtual void complain(const PoolRun& run, const std::string& why) = 0;
  /// It is there no more, or wants nothing more: what it still waits for is for nobody. Told once,
  /// and behind it nothing.
  virtual void left(PoolRun& run) = 0;
};

/// One that has connected to a pool: a run, which to the pool is a master, or one that asks how the
/// pool is, or to end it. docs/pool.md.
class PoolRun final : private ChannelSink {
 public:
  /// How much of what it does not read may wait for it, and how much of what it has sent may be
  /// unanswered, until no more is read of it.
  static constexpr std::size_t kUnreadMax = std::size_t{8} << 20;
  static constexpr std::size_t kUnansweredBytesMax = std::size_t{16} << 20;

  /// `max_frame`: bytes of a task's frame.
  PoolRun(RunId id, UniqueFd socket, UniqueFd copy, std::size_t max_frame, EventLoop& loop,
          ReadBuffer& shared, PoolRunOwner& owner);
  ~PoolRun() override;
  PoolRun(const PoolRun&) = delete;
  PoolRun& operator=(const PoolRun&) = delete;

  RunId id() const { return id_; }
  /// It has been let in, as a run, and has not left.
  bool works() const { return state_ == State::Working; }
  bool ended() const { return ended_; }
  /// A copy of its socket, for what is said when the loop turns no more.
  UniqueFd copy_socket() const { return duplicate(socket_); }
  /// Tasks that it waits for.
  std::size_t unanswered() const { return open_.size(); }

  void tell(const wire::PoolFacts& facts);
  /// Behind the facts: from here on it is sent what a worker says.
  void let_in(std::uint32_t slots, std::uint32_t window);
  /// Nothing more is said: closed when all has been written.
  void close();

  // To one that has been let in:
  void answer(std::uint64_t id, wire::UpKind kind, const Value& value, std::string_view so,
              std::string_view se);
  void withdrawn(std::uint64_t id);
  wire::UpWriter& writer() { return writer_; }
  void errors(std::string_view text) { wire::append_pool_errors(text, channel_->input()); }

  /// Once a turn: what waits is written, and more is read or not.
  void flush();

 private:
  enum class State : std::uint8_t { Calling, Called, Working, Left };

  std::span<Byte> room() override { return received_.room(); }
  void on_output(std::size_t size) override;
  bool wants_output(bool errors) const override;
  void on_output_end() override;
  void on_input_lost() override { leave(); }
  void on_ended(const ChannelEnd& end) override;

  std::size_t take(ByteView bytes);
  bool take_message(ByteView value);
  bool take_task(const wire::DownMessage& message);
  bool broken(const std::string& why);
  void forget(std::uint64_t id);
  void end_when_done();
  void leave();

  RunId id_;
  int socket_;  ///< the channel has it
  PoolRunOwner& owner_;
  std::unique_ptr<DescriptorChannel> channel_;
  ReceiveBuffer received_;
  wire::DownReader reader_;
  wire::UpWriter writer_;
  State state_ = State::Calling;
  std::uint32_t window_ = 0;
  std::map<std::uint64_t, std::size_t> open_;  ///< tasks that it waits for, and their bytes
  std::size_t open_bytes_ = 0;
  std::size_t wanted_ = 0;  ///< of bytes that are not done with
  bool sent_all_ = false;   ///< nothing more comes from it
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace spread
