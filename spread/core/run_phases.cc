#include "spread/core/run_phases.h"

#include <algorithm>

namespace spread {

bool RunPhases::is_done(const Turn& turn, TimePoint now) const {
  if (now >= killed_at_) return true;
  const bool signalled = turn.signals > signals_before_;
  switch (phase_) {
    case RunPhase::Working: return turn.finished;
    case RunPhase::Draining:
      return turn.drained || signalled || (turn.signals >= kKilling && turn.stalled);
    case RunPhase::LastWords:
      if (patient_) return signalled || (turn.said && turn.logged);
      return turn.said || turn.signals > 0;
    case RunPhase::Over: return false;
  }
  return false;
}

bool RunPhases::advance(const Turn& turn, TimePoint now) {
  if (turn.signals >= kKilling && killed_at_ == kForever) killed_at_ = after(now, kill_grace_);
  if (now >= patience_end_) {
    patience_end_ = kForever;
    patient_ = false;
  }
  if (phase_ == RunPhase::Over || !is_done(turn, now)) return false;
  signals_before_ = turn.signals;
  phase_ = static_cast<RunPhase>(static_cast<int>(phase_) + 1);
  if (phase_ == RunPhase::LastWords) patience_end_ = after(now, kLastWords);
  return true;
}

TimePoint RunPhases::next_deadline() const { return std::min(killed_at_, patience_end_); }

}  // namespace spread
