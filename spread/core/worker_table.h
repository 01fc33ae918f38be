#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/ring.h"
#include "spread/core/backoff.h"
#include "spread/core/task_table.h"
#include "spread/core/window.h"

namespace spread {

enum class SlotState : std::uint8_t {
  Empty,     ///< no process; one may be started from `not_before` on
  Starting,  ///< StartWorker was asked for
  Live,      ///< its process runs and takes tasks
  Closing,   ///< its input is closed; it writes its tail (and what it still owes) and ends
  Dying,     ///< it is being killed
  Closed,    ///< will not be used again (but perhaps as a probe of its host)
};

/// Why a Dying worker is being killed, and so what happens to its tasks.
enum class KillReason : std::uint8_t { None, TimedOut, Halted };

struct InFlight {
  TaskIndex task = 0;
  TimePoint sent{};
  /// Since when it has been one of the first `parallel` ones, which the worker works on; before
  /// that without meaning.
  TimePoint since{};
};

/// One slot, and the worker in it.
struct Slot {
  HostId host{};
  std::uint32_t key = 0;
  std::uint32_t ordinal = 0;  ///< how many slots its host had before it
  bool remote = false;
  bool waits_for_hello = false;  ///< always; see SlotAdded
  SlotState state = SlotState::Empty;
  KillReason killed_for = KillReason::None;

  // Its process
  bool heard = false;           ///< it has said something
  bool answered = false;        ///< it has answered a task
  bool awaits_hello = false;    ///< it gets no task before it has been heard
  bool logging_in = false;      ///< it counts among its host's logins
  bool has_alone_task = false;  ///< nothing is sent behind it
  bool draining = false;        ///< it is to become idle, for a task that runs alone
  bool leaving = false;         ///< there is one too many: its input is closed when it is idle
  TimePoint started{}, heard_at{};
  std::optional<TimePoint> prepared;      ///< said so; before that it may still be loading
  std::optional<TimePoint> first_answer;  ///< of any kind
  std::uint32_t parallel = 1;             ///< a hello's `slots`
  Ring<InFlight> in_flight;  ///< in the order sent; the front is what the worker works on
  std::size_t in_flight_bytes = 0;
  std::optional<TimePoint> end_by;        ///< after a first signal; see idle_grace
  TaskId timed_out{};                     ///< valid while killed_for is TimedOut
  std::optional<TimePoint> unread_since;  ///< nobody reads what it writes
  /// Time between the two is not that of the tasks that it works on.
  void do_not_charge(TimePoint from, TimePoint to) {
    for (std::size_t i = 0; i < in_flight.size() && i < parallel; ++i) {
      TimePoint& since = in_flight[i].since;
      since += std::max(Duration::zero(), to - std::max(from, since));
    }
  }
  /// How long it has worked on the task.
  Duration worked(const InFlight& task, TimePoint now) const {
    return now - std::max(task.since, prepared.value_or(task.since));
  }
  /// Its start and its preparation may be in that.
  bool loads_in(const InFlight& task) const {
    return !prepared && (!first_answer || task.since < *first_answer);
  }

  // What it has done
  Window window{0, kNoLimit};
  Usefulness usefulness;
  TimePoint last_answer{};        ///< or since when it has something to do, if that is later
  TimePoint last_sent{};          ///< when the task answered last had been sent
  bool was_idle = true;           ///< nothing was answered since it had nothing to do
  bool has_answered_now = false;  ///< it is in the list of those with a batch
  bool plain_batch = false;       ///< further answers of this turn can be taken the short way
  Batch batch;                    ///< answers since the last decide(), from ...
  TimePoint batch_sent{}, batch_since{};

  // Pauses
  TimePoint not_before{};             ///< a pause after a death, or a rest after busy
  bool resting = false;               ///< ... and it is a rest
  bool retired = false;               ///< it was refused too often: only if nobody else is left
  std::uint32_t launch_failures = 0;  ///< in a row
  std::uint32_t deaths = 0;           ///< in a row, without an answer between
  bool probe = false;                 ///< the one slot of a benched host that is tried

  bool has_process() const {
    return state == SlotState::Live || state == SlotState::Closing || state == SlotState::Dying;
  }
  /// It may be given a task, if its window has room.
  bool takes_tasks() const {
    return state == SlotState::Live && !resting && !awaits_hello && !has_alone_task && !leaving;
  }
  bool idle() const { return takes_tasks() && in_flight.empty(); }
};

/// What is known of the slots of one host and argument list.
struct KeyRecord {
  bool proven = false;      ///< one of them has answered in this run
  bool says_hello = false;  ///< one of them has
  std::optional<double> prior_seconds;
  std::optional<double> prior_factor;
  std::optional<double> prior_launch;
  double seconds = 0;  ///< moving average of the seconds per task; 0 = no answer yet
  bool clean = false;  ///< `seconds` holds no start of a process

  // For the history
  double total_seconds = 0;  ///< of `answers` tasks, without the first one of each process
  std::uint64_t answers = 0;
  double first_seconds = 0;  ///< the same of the first ones: starting and preparing may be in it
  std::uint64_t first_answers = 0;
  std::uint64_t failures = 0;
  std::uint64_t refusals = 0;
  double launch_seconds = 0;  ///< from the start to the first sign of life, summed
  std::uint64_t launches = 0;

  /// Expected seconds from a start until it works, 0 = unknown: until its hello, or, for those
  /// that say none, what the first answer took longer than others.
  double expected_launch() const {
    if (launches > 0) return launch_seconds / static_cast<double>(launches);
    if (first_answers > 0 && answers > 0) {
      const double longer = first_seconds / static_cast<double>(first_answers) -
                            total_seconds / static_cast<double>(answers);
      return longer > 0 ? longer : 0;
    }
    return prior_launch.value_or(0);
  }
};

struct HostRecord {
  std::uint32_t slots = 0;
  std::uint32_t open_slots = 0;
  std::uint32_t logins = 0;  ///< processes that are logging in
  std::optional<TimePoint> bench_until;
};

}  // namespace spread
