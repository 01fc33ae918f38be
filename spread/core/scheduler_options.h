#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/core/verdict.h"

namespace spread {

struct SchedulerOptions {
  FailureOptions failure;
  HaltOptions halt;
  std::uint32_t window = 0;
  std::size_t window_bytes = 64 * 1024;
  std::size_t read_ahead = 10000;
  /// The bytes that may wait in the queue: enough for 64 workers' windows at their byte limit. A
  /// multiple of what all windows hold would grow with the number of workers.
  std::size_t queued_bytes = 4 * 1024 * 1024;
  bool start_all = false;
  /// Between the starts of two tasks, over all workers.
  Duration delay{};
  /// Between the starts of two workers.
  Duration start_delay{};
  /// A slot is nothing but room for one more process (`map`): where a task has failed says little
  /// about the slot, so that a task to be tried again takes the first one that is free.
  bool retry_first = false;
  /// `spread all`: every slot is started once, its input closed at once, and no task comes.
  bool once = false;
  /// The input of a worker that has nothing to do is closed as soon as no task waits or will come,
  /// though others still work; for tasks that are never tried again.
  bool close_idle = false;
  /// Commands have answered in a part of the run that went before, by its journal. (Of other
  /// machines nothing follows: the way to them may be gone.)
  bool worked_before = false;
  /// A `fatal` answer ends the run; else it is that of its task alone.
  bool fatal_ends = true;
  /// Workers have nothing to load: the first task of one is a task like all others.
  bool prepared = false;
  /// Where SlotsLimited leaves fewer slots than workers live, the input of those too many is closed
  /// when they have answered what they have. Without this they stay, and wait.
  bool close_surplus = false;
  /// Each task is one of a gang of so many workers; 0 = of one worker. The window is 1 then.
  std::uint32_t gang = 0;
  /// Where there are fewer slots than that, no task is computed; else gangs have fewer members.
  bool exact_gangs = false;
  /// How long workers have to answer what is not wanted any more (members of a gang that has
  /// failed, sub-tasks of an attempt that is over); they are killed then.
  Duration drop_grace = std::chrono::seconds(5);
  /// Up to so many tasks are sent as one list, with payloads of `chunk_bytes` at most; 1 = each by
  /// itself.
  std::uint32_t chunk = 1;
  std::size_t chunk_bytes = SIZE_MAX;
  /// A worker is to prepare itself again when a task of it has failed: the window is 1.
  bool reprep = false;
  /// So many slots are kept for sub-tasks.
  std::uint32_t subpool = 0;
  /// When a worker's process is to be replaced; of its memory the scheduler is told (WorkerSpent).
  WorkerLimits limits;
  /// Workers may hold answers back until their input ends (`--wire lines --window N`): that of one
  /// which is given nothing more is closed at once, with its tasks unanswered.
  bool holds_answers = false;
  /// After the first signal, running tasks may finish for so long.
  Duration stop_grace = std::chrono::seconds(60);
  /// And workers that have nothing unanswered, or have never answered, may go on for so long;
  /// unset: as long as the others.
  std::optional<Duration> idle_grace;
};

}  // namespace spread
