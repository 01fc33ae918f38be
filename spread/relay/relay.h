// spread/relay: a worker that has workers of its own (docs/relay.md, "As a bundle of pipes"). It
// starts and ends what its master names, and passes bytes on; it knows nothing of tasks. Start
// here, then relay_worker.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
#include "spread/io/signals.h"
#include "spread/output/output_writer.h"
#include "spread/relay/frames_out.h"
#include "spread/relay/relay_worker.h"
#include "spread/wire/relay_opening.h"

namespace spread {

/// What a relay is told by its master, in its environment (docs/protocol.md section 9).
struct RelayMaster {
  Wire wire = Wire::Msgpack;
  std::uint64_t prep_items = 0;
  std::optional<Duration> beat;
  bool knows_relays = false;
};
/// An Error names the variable.
Result<RelayMaster> relay_master(Environment environment);

/// What a Relay works with; all of it outlives the relay.
struct RelayParts {
  const Plan& plan;
  const RelayMaster& master;
  const EndOptions& ends;
  std::size_t max_frame;
  EventLoop& loop;
  Spawner& spawner;
  SignalSet& signals;
  int input;  ///< its standard input
  OutputWriter& output;
};

/// The relay itself, from its hello to its end.
///
///   Opening  prep items are kept, what else comes is dropped, up to the frame that begins it
///   Working  frames are carried out
///   Ending   its standard input has ended (workers' stdin is closed, and all they write is passed
///            on), it was asked to end by a signal or sent nonsense (TERM), or what it writes has
///            no reader any more (KILL). Nothing is read any more. It is over with the last worker.
class Relay final : private ReadyHandler {
 public:
  /// While so much waits to be written, the master is not read: it does nothing but ask.
  static constexpr std::size_t kAnswersMax = 2 * OutputWriter::kFull;

  explicit Relay(const RelayParts& parts);
  ~Relay() override;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// To the end; the exit status. An Error: the master has sent nonsense, or cannot be written to.
  Result<int> execute();

 private:
  enum class Phase : std::uint8_t { Opening, Working, Ending };

  void on_ready(int fd, bool readable, bool writable) override;
  void read_master();
  void take_input();
  bool take_opening();
  bool take_frame();
  void carry_out(const wire::RelayFrame& frame);
  void start(RelayWorker& worker, const wire::RelayFrame& frame);
  void look_at_signals();
  void look_at_output();
  void turn();

  void say(wire::RelayKind kind);
  void beat();
  void refuse(std::string what);
  void input_ended();
  /// `gently`: TERM first. Not the first time: KILL.
  void end_workers(bool gently);
  void begin_end();
  void stop_reading();
  void grace_is_over();
  bool all_down() const;
  /// It has not been made to end; and if it ends, its master hears all of it.
  bool orderly() const { return status_ == 0 && !error_; }
  bool over() const;

  const RelayParts parts_;
  ReadBuffer read_buffer_;
  FramesOut out_;
  std::vector<std::unique_ptr<RelayWorker>> workers_;
  Phase phase_ = Phase::Opening;
  wire::RelayOpening opening_;
  ByteBuffer input_;
  std::vector<Slice> prep_;  ///< the bytes of all items, in order, in pieces of any size
  Arena arena_;              ///< of the small ones among these
  bool reads_master_ = true, master_paused_ = false;
  bool terminated_ = false, killed_ = false;
  bool said_bye_ = false;
  int status_ = 0;
  std::optional<Error> error_;
  std::uint64_t beaten_at_ = 0;  ///< bytes that had been written by then
  Timer beat_, grace_;
};

}  // namespace spread
