#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/ring.h"
#include "spread/core/backoff.h"
#include "spread/core/task_table.h"
#include "spread/core/window.h"

namespace spread {

enum class SlotState : std::uint8_t {
  Empty,     ///< no worker; one may be started from `not_before` on
  Starting,  ///< StartWorker was asked for
  Live,      ///< its worker takes tasks
  Closing,   ///< its input is closed; it writes its tail (and what it still owes) and ends
  Dying,     ///< it is being killed
  Closed,    ///< will not be used again (but perhaps as a probe of its host)
};

/// Why a Dying worker is being killed, and so what happens to its tasks.
enum class KillReason : std::uint8_t { None, TimedOut, Halted };

/// Of what is not wanted any more: a worker that is killed for it has no task that has timed out.
inline constexpr TaskId kNoTimedOut{UINT64_MAX};

struct InFlight {
  TaskIndex task = 0;
  TimePoint sent{};
  /// Since when it has been one of the first `parallel` ones, which the worker works on; before
  /// that without meaning.
  TimePoint since{};
};

/// What a worker had in flight when one of these began to wait for its sub-tasks: that one is in
/// front. It works on none of them.
struct Suspended {
  Ring<InFlight> entries;
  TimePoint since{};
  bool ends = false;  ///< what it waits for has come: it goes on when nothing runs inside of it
};

/// What counters and sets are made of. SlotPool alone writes it.
class SlotStatus {
 public:
  SlotState state() const { return state_; }
  /// Its pause is over (Empty), so that a worker may be started in it.
  bool ready() const { return ready_; }
  /// It gets no task before it has been heard.
  bool awaits_hello() const { return awaits_hello_; }
  /// ... and its hello is late: it may hang, and no task is left to it.
  bool overdue() const { return overdue_; }
  /// It counts among its host's logins.
  bool logging_in() const { return logging_in_; }
  /// Nothing is sent behind what it has in flight.
  bool has_alone_task() const { return has_alone_task_; }
  /// It is to become idle, for a task that runs alone.
  bool draining() const { return draining_; }
  /// There is one too many: its input is closed when it is idle.
  bool leaving() const { return leaving_; }
  /// Its process has had all that it may have (--max-tasks, --max-age, --max-rss): it is sent
  /// nothing more, and its input is closed when it is idle.
  bool spent() const { return spent_; }
  /// The process that was in it before has not ended (--overlap).
  bool has_former() const { return has_former_; }
  /// So many tasks may still be sent to its process.
  std::uint64_t left() const { return left_; }
  /// It was busy, and is left alone until `not_before`.
  bool resting() const { return resting_; }
  /// It was refused too often: only if no other worker is left.
  bool retired() const { return retired_; }
  /// What is sent to it, or to the worker that is to be started here, is its first task.
  bool unused() const { return !has_worker() || !given_; }
  /// In the order sent; the front is what the worker works on.
  const Ring<InFlight>& in_flight() const { return in_flight_; }
  std::size_t in_flight_bytes() const { return in_flight_bytes_; }
  /// The innermost last. What is in flight beside these runs inside of them.
  const std::vector<Suspended>& suspended() const { return suspended_; }
  /// What it works on, or else what waits and has nothing inside of it that runs.
  std::optional<TaskIndex> innermost() const {
    if (!in_flight_.empty()) return in_flight_.front().task;
    if (suspended_.empty()) return std::nullopt;
    return suspended_.back().entries.front().task;
  }
  bool has_tasks() const { return !in_flight_.empty() || !suspended_.empty(); }
  /// Since when spread does not read what it writes.
  std::optional<TimePoint> unread_since() const { return unread_since_; }

  bool has_worker() const {
    return state_ == SlotState::Live || state_ == SlotState::Closing || state_ == SlotState::Dying;
  }
  /// It may be given a task, if its window has room.
  bool takes_tasks() const { return takes_tasks_; }
  bool idle() const { return takes_tasks() && in_flight_.empty(); }
  /// One of its tasks waits for sub-tasks, and nothing runs meanwhile.
  bool waiting() const {
    return state_ == SlotState::Live && !suspended_.empty() && in_flight_.empty();
  }

 protected:
  Ring<InFlight> in_flight_;

 private:
  friend class SlotPool;
  bool can_take_tasks() const {
    return state_ == SlotState::Live && !resting_ && !awaits_hello_ && !has_alone_task_ &&
           !leaving_ && !spent_ && suspended_.empty();
  }

  SlotState state_ = SlotState::Empty;
  bool awaits_hello_ = false;
  bool overdue_ = false;
  bool has_alone_task_ = false;
  bool leaving_ = false;
  bool spent_ = false;
  bool has_former_ = false;
  bool resting_ = false;
  bool ready_ = false;
  bool logging_in_ = false;
  bool draining_ = false;
  bool retired_ = false;
  bool given_ = false;        ///< a task, of which another one may have come
  bool takes_tasks_ = false;  ///< can_take_tasks(), which is asked six times for each task
  std::size_t in_flight_bytes_ = 0;
  std::vector<Suspended> suspended_;
  std::uint64_t left_ = WorkerLimits::kNoTaskLimit;
  std::optional<TimePoint> unread_since_;
};

/// One slot, and the worker in it.
struct Slot : SlotStatus {
  WorkerId id{};
  HostId host{};
  ConnectionId connection{};
  std::uint32_t key = 0;
  std::uint32_t ordinal = 0;  ///< how many slots its host had before it
  bool remote = false;
  bool waits_for_hello = false;  ///< always; see SlotAdded
  KillReason killed_for = KillReason::None;

  // Its worker
  bool heard = false;     ///< it has said something
  bool answered = false;  ///< it has answered a task
  TimePoint started{}, heard_at{};
  std::optional<TimePoint> prepared;       ///< said so; before that it may still be loading
  std::optional<TimePoint> first_answer;   ///< of any kind
  std::uint32_t parallel = 1;              ///< a hello's `slots`
  RunId run = kNoRun;                      ///< whose tasks it has, while it has some
  std::uint64_t run_since = 0;             ///< ... and in which decision that began
  std::optional<TimePoint> end_by;         ///< after a first signal; see idle_grace
  std::optional<TimePoint> former_end_by;  ///< as end_by, of the former one
  TimePoint drop_by = kForever;            ///< by when a task that is dropped is to have ended
  TaskId timed_out{};                      ///< valid while killed_for is TimedOut
  std::string_view spent_why;              ///< a literal; valid while it is spent
  /// It works on so many tasks at the same time, and has since the later ones were sent.
  void set_parallel(std::uint32_t tasks) {
    parallel = tasks;
    for (std::size_t i = 1; i < std::min<std::size_t>(parallel, in_flight_.size()); ++i) {
      in_flight_[i].since = in_flight_[i].sent;
    }
  }
  /// Time between the two is not that of the tasks that it works on.
  void do_not_charge(TimePoint from, TimePoint to) {
    for (std::size_t i = 0; i < in_flight_.size() && i < parallel; ++i) {
      TimePoint& since = in_flight_[i].since;
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
  bool plain = false;             ///< successes can take the fast path: see take_plain_success()
  Batch batch;                    ///< answers since the last decide(), from ...
  TimePoint batch_sent{}, batch_since{};
  std::uint32_t batch_further = 0;  ///< the tasks of its lists behind the first

  // Pauses
  TimePoint not_before{};             ///< a pause after a death, or a rest after busy
  std::uint32_t launch_failures = 0;  ///< in a row
  std::uint32_t deaths = 0;           ///< in a row, without an answer between
  bool probe = false;                 ///< the one slot of a benched host that is tried
};

}  // namespace spread
