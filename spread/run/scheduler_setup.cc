#include "spread/run/scheduler_setup.h"

#include <algorithm>

namespace spread {
namespace {

SchedulerOptions common_options(const CommonOptions& common) {
  SchedulerOptions scheduler;
  scheduler.halt = common.halt;
  scheduler.stop_grace = common.ends.shutdown_timeout.value_or(common.ends.kill_grace);
  return scheduler;
}

/// A process for each task, in a slot that has nothing to load.
SchedulerOptions job_options(const CommonOptions& common, const AttemptOptions& attempts,
                             const StartOptions& starts, std::size_t read_ahead) {
  SchedulerOptions scheduler = common_options(common);
  static_cast<AttemptOptions&>(scheduler.failure) = attempts;
  scheduler.window = 1;
  scheduler.read_ahead = read_ahead;
  scheduler.delay = starts.delay;
  scheduler.retry_first = true;
  scheduler.prepared = true;
  return scheduler;
}

}  // namespace

SchedulerOptions scheduler_options(const RunOptions& run) {
  SchedulerOptions scheduler = common_options(run.common);
  const WindowOptions& window = run.tasks.window;
  scheduler.failure = run.failure;
  scheduler.window = window.tasks;
  // Answers without ids are right only if the filter never leaves a line out: the user must say so.
  if (run.workers.wire == Wire::Lines) scheduler.window = std::max(1u, window.tasks);
  scheduler.holds_answers = counts_answers(run.workers.wire, window.tasks);
  scheduler.window_bytes = window.bytes;
  scheduler.read_ahead = run.read_ahead;
  scheduler.start_delay = run.starts.delay;
  scheduler.start_all = run.start_all;
  scheduler.close_surplus = true;
  // A job is not waited for because of what others of its slot have done; a worker is.
  scheduler.idle_grace = run.common.ends.kill_grace;
  return scheduler;
}

SchedulerOptions scheduler_options(const AllOptions& all) {
  SchedulerOptions scheduler = common_options(all.common);
  scheduler.once = true;
  return scheduler;
}

SchedulerOptions scheduler_options(const MapOptions& map) {
  SchedulerOptions scheduler = job_options(map.common, map.attempts, map.starts, map.read_ahead);
  // A command line is started in half a millisecond: nothing is gained by reading far ahead.
  scheduler.queued_bytes = 512 * 1024;
  return scheduler;
}

SchedulerOptions scheduler_options(const PipeOptions& pipe) {
  SchedulerOptions scheduler =
      job_options(pipe.common, pipe.attempts, pipe.starts, pipe.read_ahead);
  scheduler.close_idle = pipe.round_robin;
  return scheduler;
}

}  // namespace spread
