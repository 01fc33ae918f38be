// Whose turn it is where several runs share the workers (docs/scheduling.md, "Runs that share
// workers").
#pragma once

#include <cstdint>
#include <map>

#include "spread/core/event.h"

namespace spread {

/// Which of several runs a worker is for. A worker has tasks of one of them at a time; one that is
/// free takes the run that has the fewest workers, and among those the one that had its turn
/// longest ago. Counted anew for each decision: begin(), then works_for() and waits() for all that
/// there is, then the questions.
class RunShares {
 public:
  void begin();
  /// A worker has tasks of this run.
  void works_for(RunId run) { ++runs_[run].workers; }
  /// Tasks of this run are queued.
  void waits(RunId run) { runs_[run].waits = true; }

  /// A worker that is free is for this one rather than for the other.
  bool before(RunId run, RunId other) const;
  /// A worker that has tasks of this run may be given more of them: no run that waits has fewer
  /// workers. Else it is to become free.
  bool may_go_on(RunId run) const;
  /// A worker that was free has been given a task of this run.
  void took(RunId run);

 private:
  struct Share {
    std::uint32_t workers = 0;
    bool waits = false;
    std::uint64_t turn = 0;  ///< its last one; 0: it has had none that is remembered
  };
  Share of(RunId run) const;

  std::map<RunId, Share> runs_;
  std::uint64_t turns_ = 0;
};

}  // namespace spread
