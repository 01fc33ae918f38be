#pragma once

#include <chrono>
#include <map>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// The process on this machine that works in a slot, or a login to another one.
struct LocalWork {
  int pid = 0;  ///< 0: there is none, or it is not known yet
  /// Something waits for it.
  bool has_task = false;
};

/// Which processes with a task are stopped (SIGSTOP, or SIGTTIN for reading from the terminal), and
/// for how long: nothing else tells it, they do not end, and without --timeout they are waited for.
/// Nothing is signalled. Looks are cheap, and rare.
class StoppedWatch {
 public:
  /// Between two looks at all of them.
  static constexpr Duration kPeriod = std::chrono::seconds(5);
  /// After so long it is said, at the next look.
  static constexpr Duration kPatience = std::chrono::seconds(10);

  /// A look at one slot. True, once for each time that its process is stopped: it is to be said.
  bool look(WorkerId worker, const LocalWork& work, bool is_stopped, TimePoint now);

 private:
  struct Stopped {
    int pid = 0;
    TimePoint since{};
    bool told = false;
  };
  std::map<WorkerId, Stopped> stopped_;
};

}  // namespace spread
