#include "spread/engine/stopped_watch.h"

namespace spread {

bool StoppedWatch::look(WorkerId worker, const LocalWork& work, bool is_stopped, TimePoint now) {
  if (!is_stopped || !work.has_task) {
    stopped_.erase(worker);
    return false;
  }
  Stopped& known = stopped_[worker];
  if (known.pid != work.pid) known = {work.pid, now};
  if (known.told || after(known.since, kPatience) > now) return false;
  return known.told = true;
}

}  // namespace spread
