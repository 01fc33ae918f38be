#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spread/api/task.h"

namespace spread {

/// A start that came to nothing: a worker that ended before its first answer, a login that failed.
struct FailedStart {
  std::string subject;  ///< "python3 p1.py", "python3 p1.py on n2", "host n2"
  std::string what;     ///< "ended before its first answer", "cannot be reached"
  std::string how;      ///< "exit status 1"
  std::string hint;     ///< what to do about it; may be empty
  std::string said;     ///< its stderr
  bool host = false;    ///< it is the host that is of no use, not what was started there
};

/// Told once, however many slots and tries fail in that way: FailedStarts are the same if all but
/// their digits are (of `said`: process ids, times, addresses). Bounded: of very many different
/// ones the first kKept are told.
class StartFailures {
 public:
  static constexpr std::size_t kKept = 50;

  void failed(WorkerId slot, FailedStart start);
  /// The last start in the slot failed.
  bool failing(WorkerId slot) const { return slots_.count(slot) > 0; }
  /// The slot gets no more tries. What is to be said now: nothing if it was said of another one.
  /// `others`: some other slot goes on.
  std::string closed(WorkerId slot, bool others);
  /// A later try has worked. What is to be said of those before.
  std::string answered(WorkerId slot);
  /// What has not been said so far, at the end of the run.
  std::vector<std::string> take_rest();

 private:
  struct Entry {
    FailedStart start;
    bool told = false;
  };
  struct Slot {
    std::string key;
    std::uint32_t tries = 0;
  };
  std::string tell(const Slot& slot, const std::string& more);

  std::map<std::string, Entry> entries_;
  std::map<WorkerId, Slot> slots_;  ///< those whose last start failed
};

}  // namespace spread
