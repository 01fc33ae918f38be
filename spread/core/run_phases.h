#pragma once

#include <cstdint>

#include "spread/api/time.h"

namespace spread {

/// What a run waits for. One loop carries it through all of them.
enum class RunPhase : std::uint8_t {
  Working,    ///< tasks, or workers that have not ended yet
  Draining,   ///< results that their reader has not taken yet
  LastWords,  ///< messages, and what follows the run: joblog, events, the workers' log
  Over,
};

/// The phases of a run and what ends each of them (docs/scheduling.md, "The end of a run").
///
/// A reader of results or messages that does not read holds the run for as long as it likes:
/// nothing is dropped. A signal ends the wait. What only follows the run has kLastWords. From the
/// third signal on the run is over within `kill_grace`, whatever it waits for: a process that
/// cannot be killed, too.
class RunPhases {
 public:
  /// What follows the run is waited for so long; after a signal messages are, too, since the user
  /// wants to be gone.
  static constexpr Duration kLastWords = std::chrono::seconds(2);
  /// With a shorter --kill-grace, what is killed still has so long to end.
  static constexpr Duration kGraceMin = std::chrono::milliseconds(100);
  static constexpr int kKilling = 3;  ///< so many signals

  explicit RunPhases(Duration kill_grace)
      : kill_grace_(kill_grace < kGraceMin ? kGraceMin : kill_grace) {}

  /// What holds at the end of a turn.
  struct Turn {
    bool finished = false;  ///< the Scheduler has nothing more to do
    bool drained = false;   ///< the reader has got all results
    bool stalled = false;   ///< what is left waits for that reader
    bool said = false;      ///< all messages have been written
    bool logged = false;    ///< the joblog, the events and the workers' log have been
    int signals = 0;        ///< that asked to end the run, since its beginning
  };
  /// Moves on by at most one phase; true if it has.
  bool advance(const Turn& turn, TimePoint now);

  RunPhase phase() const { return phase_; }
  /// When advance() is due even if nothing happens.
  TimePoint next_deadline() const;

 private:
  bool is_done(const Turn& turn, TimePoint now) const;

  Duration kill_grace_;
  RunPhase phase_ = RunPhase::Working;
  TimePoint killed_at_ = kForever;     ///< kill_grace after the third signal
  TimePoint patience_end_ = kForever;  ///< of LastWords; kForever again when it is over
  bool patient_ = true;                ///< it is not
  int signals_before_ = 0;             ///< at the beginning of this phase
};

}  // namespace spread
