#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/io/channel.h"
#include "spread/io/child.h"
#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/io/subprocess.h"
#include "spread/relay/frames_out.h"

namespace spread {

/// One of the workers of a relay: a process with its pipes, and after its end another one. What it
/// writes becomes frames; what the master has for it is written to it, and counted.
///
/// What the master says to one that is not up was under way when it ended, and is dropped.
class RelayWorker final : private SharedSink {
 public:
  /// Fewer bytes of `in` are not told as taken, so that small tasks cost no frames upwards. The
  /// master may have four times as many under way.
  static constexpr std::size_t kTookBytes = wire::kRelayUnderwayMax / 4;

  RelayWorker(std::uint32_t k, EventLoop& loop, ReadBuffer& shared, FramesOut& out,
              ChildOptions options);

  /// It has been started, and its end has not been told.
  bool up() const { return child_.active(); }
  /// `first` goes to its stdin in front of all else, then `prep`. Where it cannot be started, that
  /// is told as its end. Only while it is not up.
  void start(Spawner& spawner, const SpawnOptions& options, std::string_view host,
             std::string_view first, std::span<const Slice> prep);
  /// An Error: the master has more under way than it may.
  Status take(ByteView bytes);
  void close_input();
  void terminate() { child_.terminate(); }
  void kill() { child_.kill(); }
  void suspend(bool stop) {
    if (up()) child_.suspend(stop);
  }
  /// Whether what it writes is to be read, as far as the master is concerned.
  void read(bool output, bool errors);

  /// Once a turn: what has come for it is written, and what it has taken is told.
  void flush();
  /// FramesOut has room again.
  void reconsider() { child_.reconsider(); }

 private:
  void say(wire::RelayKind kind);
  void on_bytes(bool errors, Slice bytes) override;
  void on_output_end() override { say(wire::RelayKind::End); }
  bool wants_output(bool errors) const override;
  void on_input_lost() override;
  void on_ended(const ChannelEnd& end) override;

  const std::uint32_t k_;
  FramesOut& out_;
  Child child_;
  std::uint64_t in_front_ = 0;  ///< bytes that come before those of `in`
  std::uint64_t given_ = 0;     ///< bytes of `in`
  std::uint64_t told_ = 0;      ///< of these, those told to have been taken
  bool takes_ = false;          ///< its stdin is open, and read
  bool unflushed_ = false;
  bool reads_output_ = true, reads_errors_ = true;
};

}  // namespace spread
