#include "spread/core/verdict.h"

namespace spread {

Verdict after_failure(const Task& task, const FailureOptions& rules, bool stopping) {
  const bool tries_left = rules.retries == 0 || task.failures < rules.retries;
  return tries_left && !task.last_try && !stopping ? Verdict::Again : Verdict::Final;
}

Verdict after_crash(const Task& task, const FailureOptions& rules, bool stopping) {
  const bool tries_left = task.crashes < rules.crash_retries;
  return tries_left && !task.last_try && !stopping ? Verdict::Alone : Verdict::Final;
}

TimePoint refusals_end(const Task& task, const FailureOptions& rules) {
  if (!task.refused_since || !rules.max_busy) return kForever;
  return after(*task.refused_since, *rules.max_busy);
}

Blame blame(const WorkerEnd& end) {
  if (end.killed_for == KillReason::Halted) return Blame::Stop;
  if (end.killed_for == KillReason::TimedOut) return Blame::TimeOut;
  if (end.cause == EndCause::NoRoom) return Blame::Room;
  if (end.cause == EndCause::NotStarted || end.cause == EndCause::PrepFailed) return Blame::Launch;
  const bool had_tasks = end.in_flight > 0;
  // One that was to say hello first, and died without, is as good as never started.
  if (end.says_hello && !end.heard && !had_tasks) return Blame::Launch;
  // One that always says hello before its first task was started well if it has one.
  const bool started_well = end.waits_for_hello && end.heard && had_tasks;
  if (!end.proven && !started_well) return Blame::Launch;
  if (!had_tasks) return Blame::Worker;
  return end.parallel > 1 && end.in_flight > 1 ? Blame::Suspects : Blame::Task;
}

bool Halt::reached() const {
  if (options_.when == HaltOptions::When::Never || finished_ == 0) return false;
  std::uint64_t counted = finished_;
  switch (options_.why) {
    case HaltOptions::Why::Fail: counted = failed_; break;
    case HaltOptions::Why::Success: counted = finished_ - failed_; break;
    case HaltOptions::Why::Done: break;
  }
  if (!options_.percent) return static_cast<double>(counted) >= options_.count;
  constexpr std::uint64_t kLeastFinished = 3;
  return finished_ >= kLeastFinished &&
         100.0 * static_cast<double>(counted) >= options_.count * static_cast<double>(finished_);
}

}  // namespace spread
