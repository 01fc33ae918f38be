#pragma once

#include <cstdint>
#include <string_view>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/core/event.h"
#include "spread/core/slot.h"
#include "spread/core/task_table.h"

namespace spread {

/// What becomes of a task whose attempt came to nothing (docs/scheduling.md, "Tasks").
enum class Verdict : std::uint8_t {
  Again,  ///< it is queued once more
  Alone,  ///< ... and runs in a worker that has nothing else, so that the next death tells
  Final,
};

/// The attempt is counted in `task` already. Final means Failed.
Verdict after_failure(const Task& task, const FailureOptions& rules, bool stopping);
/// The death is counted in `task` already. Final means Lost.
Verdict after_crash(const Task& task, const FailureOptions& rules, bool stopping);
/// The error's type of a task that is Lost: whatever worked on it has ended without an answer.
inline constexpr std::string_view kNoResponse = "NoResponse";
/// When --max-busy is over for a task that has only been refused: it is NotComputed then.
TimePoint refusals_end(const Task& task, const FailureOptions& rules);

/// Whose fault the end of a worker before its time was (docs/scheduling.md, "Whose fault it was").
enum class Blame : std::uint8_t {
  Stop,      ///< the run's end: what it had is NotComputed
  TimeOut,   ///< of the task that timed out
  Room,      ///< the machine had none for it at that moment
  Launch,    ///< no task's; too many in a row close the slot
  Worker,    ///< it had no task: a pause
  Task,      ///< the oldest one that it had
  Suspects,  ///< one of those that it worked on: each is to run alone
};

/// KeyRecord::trusted_deaths, at first: ten tasks that their workers die of are gone then, and not
/// all tasks where nothing can live any more.
inline constexpr std::uint32_t kTrustedDeaths = 30;

/// Where the machine had no room, it is asked again after so long.
inline constexpr Duration kUntilThereIsRoom = std::chrono::milliseconds(250);

/// What blame() looks at.
struct WorkerEnd {
  KillReason killed_for = KillReason::None;
  EndCause cause = EndCause::Exited;
  bool proven = false;           ///< one of its key has answered a task (KeyRecord::works())
  bool says_hello = false;       ///< one of its key has said hello
  bool waits_for_hello = false;  ///< it is given no task before
  bool heard = false;            ///< it has said something
  std::size_t in_flight = 0;
  std::uint32_t parallel = 1;
};
Blame blame(const WorkerEnd& end);

/// Counts final outcomes and says when --halt is reached. A percentage is of the finished tasks,
/// and waits for three of them, as in GNU parallel.
class Halt {
 public:
  explicit Halt(const HaltOptions& options) : options_(options) {}

  void finished(Outcome outcome) {
    ++finished_;
    if (outcome != Outcome::Ok) ++failed_;
  }
  bool reached() const;
  bool now() const { return options_.when == HaltOptions::When::Now; }
  std::uint64_t finished() const { return finished_; }
  std::uint64_t failed() const { return failed_; }

 private:
  HaltOptions options_;
  std::uint64_t finished_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace spread
