// Workers behind a relay (docs/relay.md, "As a bundle of pipes"): a Channel for each of them, all
// on the one that leads to the relay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/wire/codec.h"
#include "spread/wire/relay_frames.h"
#include "spread/workers/session_worker.h"

namespace spread {

class RelayConnection;

/// One worker behind a relay. To its sink it is as a Child, but for its pid, which is another
/// machine's.
class RelayedChannel final : public Channel {
 public:
  /// Made by RelayConnection::open().
  RelayedChannel(RelayConnection& connection, std::uint32_t k) : connection_(&connection), k_(k) {}
  /// A worker that has not ended is killed.
  ~RelayedChannel() override;

  void set_sink(ChannelSink& sink) override { sink_ = &sink; }
  OutputQueue& input() override { return queue_; }
  void flush() override;
  void close_input() override;
  void expect_large() override {}
  void reconsider() override;
  void terminate() override;
  void kill() override;
  void suspend(bool stop) override;
  int pid() const override { return 0; }
  bool exited() const override { return exited_; }

 private:
  friend class RelayConnection;
  using Kind = wire::RelayKind;
  /// What has come and is not wanted yet, and what came behind it.
  struct Held {
    Kind kind;
    Slice bytes;
    ChannelEnd end;
  };

  void has_started();
  void take(const wire::RelayFrame& frame);
  void hold(const wire::RelayFrame& frame);
  ChannelEnd end_of(const wire::RelayFrame& frame) const;
  bool wants(Kind kind) const;
  void give(Kind kind, ByteView bytes, const ChannelEnd& end);
  void give_held();
  void tell(Kind kind);
  void drop_input();

  RelayConnection* connection_;  ///< null: it is gone
  std::uint32_t k_;
  ChannelSink* sink_ = nullptr;
  OutputQueue queue_;
  std::size_t underway_ = 0;  ///< bytes that the relay has not said to have written
  std::deque<Held> held_;
  bool started_ = false;  ///< the relay was told to start it
  bool closing_ = false, closed_ = false, deaf_ = false;
  bool exited_ = false, ended_ = false;
  bool terminated_ = false, killed_ = false, stopped_ = false;
  bool reads_out_ = true, reads_err_ = true;  ///< as the relay was told
};

/// Told by a RelayConnection, from the event loop.
class RelayOwner {
 public:
  virtual ~RelayOwner() = default;
  /// What the relay itself wrote to its stderr, or in front of its hello.
  virtual void on_relay_errors(RelayConnection& from, std::string_view text) = 0;
  /// Worker k has been started, on a machine that the relay calls so.
  virtual void on_relay_worker(RelayConnection& from, std::uint32_t k, std::string_view host) = 0;
  /// It is gone, with all its workers: their channels tell nothing more. It may be destroyed after
  /// this has returned, but not from within. `problem`: what it did that no relay does, if
  /// anything; a `clean` end is one of a relay that was told to close.
  virtual void on_relay_ended(RelayConnection& which, const ChannelEnd& end, bool clean,
                              std::string problem) = 0;
};

/// A relay, from where it is known to be one to its end.
class RelayConnection final : private ChannelSink {
 public:
  /// On what leads to a relay that has said hello; `rest` is what has been read behind that.
  static std::unique_ptr<RelayConnection> adopt(std::unique_ptr<Channel> channel,
                                                std::uint32_t workers, const Slice& rest,
                                                EventLoop& loop, ReadBuffer& shared,
                                                RelayOwner& owner);
  /// On what leads to one that is being started, with what it is to be sent before all else in its
  /// input: it will say hello, in this wire.
  static std::unique_ptr<RelayConnection> await(std::unique_ptr<Channel> channel, Wire wire,
                                                EventLoop& loop, ReadBuffer& shared,
                                                RelayOwner& owner);
  ~RelayConnection() override;
  RelayConnection(const RelayConnection&) = delete;
  RelayConnection& operator=(const RelayConnection&) = delete;

  /// Worker k is started, or will be when the one that has its place has ended. The channel must
  /// not outlive this, but where this has told its end.
  std::unique_ptr<Channel> open(std::uint32_t k, const wire::RelayEnvironment& environment);
  /// It promised beats: when it is silent for so long, it is lost.
  void expect_beats(Duration lost_after);
  /// No worker will be started any more: it is to end.
  void close();
  void terminate() { channel_->terminate(); }
  void kill() { channel_->kill(); }
  /// Sends what has gathered. Called at the end of a turn.
  void flush();
  int pid() const { return channel_->pid(); }
  /// It has said hello.
  bool is_up() const { return workers_.has_value(); }

 private:
  friend class RelayedChannel;
  struct Place {
    RelayedChannel* channel = nullptr;
    bool taken = false;      ///< the relay has a worker there, or will
    ByteBuffer environment;  ///< of the one that waits until the place is free
    bool waits = false;
  };

  RelayConnection(std::unique_ptr<Channel> channel, EventLoop& loop, ReadBuffer& shared,
                  RelayOwner& owner);
  void begin();
  void send(const wire::RelayFrame& frame);
  void needs_flush();
  void send_input(std::uint32_t k, ByteView bytes);
  void start(Place& place, std::uint32_t k);
  void leave(RelayedChannel& channel);
  void take(ByteView bytes);
  std::size_t take_hello(ByteView bytes);
  void take_frame(const wire::RelayFrame& frame);
  void broken(std::string why);
  void listen();

  std::span<Byte> room() override { return received_.room(); }
  void on_output(std::size_t size) override;
  void on_output_end() override;
  void on_errors(Slice text) override;
  void on_input_lost() override {}
  void on_ended(const ChannelEnd& end) override;

  std::unique_ptr<Channel> channel_;
  EventLoop& loop_;
  RelayOwner& owner_;
  ReceiveBuffer received_;
  std::unique_ptr<wire::Codec> codec_;    ///< until its hello
  std::optional<std::uint32_t> workers_;  ///< as its hello says
  std::vector<Place> places_;
  std::string problem_;
  bool closing_ = false, said_bye_ = false;
  bool flushes_ = false;  ///< something has gathered
  Timer flush_;           ///< rings at once, where nothing else flushes
  Timer silent_;
  Timer mute_;  ///< its output has ended, and it has not
  Duration lost_after_{};
  int silent_rings_ = 0;
};

}  // namespace spread
