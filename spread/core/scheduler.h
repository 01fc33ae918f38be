#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/core/alarms.h"
#include "spread/core/event.h"
#include "spread/core/families.h"
#include "spread/core/gangs.h"
#include "spread/core/performance.h"
#include "spread/core/placement.h"
#include "spread/core/run_shares.h"
#include "spread/core/scheduler_options.h"
#include "spread/core/slot_pool.h"
#include "spread/core/task_table.h"
#include "spread/core/verdict.h"

namespace spread {

/// Who runs what. Pure: it is told what happened and says what is to be done; docs/scheduling.md
/// has the states, the reasons and the list of its parts: it composes TaskTable, SlotPool,
/// Placement and the verdicts, and holds what concerns more than one of them.
///
/// Contract: events are handed in as they happen, each with the frozen `now` of this turn of the
/// loop; then decide() once. The actions of a call must be carried out in order, all of them before
/// the next call: see Driver. `now` never goes back.
class Scheduler {
 public:
  Scheduler(const SchedulerOptions& options, std::uint64_t seed);
  Scheduler(const Scheduler&) = delete;  // its parts know each other
  Scheduler& operator=(const Scheduler&) = delete;

  void handle(Event event, TimePoint now, Actions& actions);
  /// The two events of every task, without the variant.
  void handle(TaskArrived&& event, TimePoint now, Actions& actions);
  void handle(Answered&& event, TimePoint now, Actions& actions);
  /// The fast path for a success, which nearly every answer is: takes it and returns true, and no
  /// action follows. False where anything is not as usual: then nothing has happened, and handle()
  /// is to be called.
  struct Success {
    std::uint32_t attempts = 1;
    Duration duration{};
    Value payload;  ///< for the joblog
  };
  bool take_success(WorkerId worker, TaskId task, TimePoint now, Success& success) {
    return pool_[worker].plain && take_plain_success(worker, task, now, success);
  }
  void decide(TimePoint now, Actions& actions);
  /// When decide() is wanted even if nothing happens; kForever if never.
  TimePoint next_deadline() const { return deadline_; }

  /// How many more tasks may be handed in: 0 while the queue is long enough, or after the end.
  std::size_t tasks_wanted() const;
  /// By what its worker is reached.
  ConnectionId connection_of(WorkerId worker) const { return pool_[worker].connection; }
  /// A task waits to be sent.
  bool has_waiting() const { return tasks_.queued() > 0; }
  /// Every task has its outcome, and every worker has ended.
  bool finished() const;
  /// No task will be started any more.
  bool stopping() const { return stopping_; }
  /// All of the input has been handed in.
  bool input_ended() const { return input_ended_; }
  /// Tasks that were sent and have no answer yet, without sub-tasks.
  std::size_t unanswered() const { return tasks_.in_flight() - tasks_.subtasks_in_flight(); }
  /// For how long these are waited for after a first signal.
  Duration grace_for_unanswered() const;
  /// Every task that arrived has its outcome and none will come.
  bool tasks_done() const { return tasks_.empty() && (input_ended_ || stopping_); }

  struct Counts {
    std::uint64_t arrived = 0, ok = 0, failed = 0, lost = 0, not_computed = 0, skipped = 0;
    std::uint64_t retried = 0, refused = 0, crashes = 0, timeouts = 0;
    /// Of those above: what an earlier run has come to; and of these, Ok and Failed ones.
    std::uint64_t kept = 0, kept_computed = 0;
  };
  const Counts& counts() const { return counts_; }
  /// How many workers live, and the sum of their usefulness.
  struct Active {
    std::uint32_t workers = 0;
    double usefulness = 0;
  };
  Active active() const;
  /// A sub-task that a task at this worker has submitted has been sent, and has no final outcome.
  bool is_under_way(WorkerId worker, TaskId parent, TaskId subtask) const;
  /// How many workers have a process.
  std::size_t live_workers() const { return pool_.count(Group::Occupied); }
  const std::vector<KeyRecord>& keys() const { return pool_.keys(); }
  const Slot& slot(WorkerId worker) const { return pool_[worker]; }
  bool halted() const { return halt_reached_; }
  const Halt& halt() const { return halt_; }
  /// Every slot has been given up.
  bool is_hopeless() const { return none_can_open(); }
  /// A `fatal` answer stopped the run.
  bool fatal() const { return fatal_; }
  /// With `retry_first`, while the oldest unfinished task waits to be tried again and no slot is
  /// free for it: the oldest one that runs. If its output has to wait for that of the former,
  /// neither goes on.
  std::optional<TaskId> in_the_way() const;
  /// Why the tasks that are not computed are not; empty while nothing stopped the run.
  const std::string& stop_reason() const { return stop_reason_; }

  /// Asserts what must hold after every event (tests/sim calls it each time).
  void check_invariants() const;
  /// How many slots, and tasks to be tried again, have been looked at in search of one, ever: see
  /// SlotPool. Tests hold it against what there is.
  std::uint64_t steps() const { return pool_.steps() + steps_; }

 private:
  void check_age_and_apart() const;

  // Events (scheduler.cc)
  void on(SlotAdded& event, TimePoint now, Actions& actions);
  void on(SlotsComplete& event, TimePoint now, Actions& actions);
  void on(TaskArrived& event, TimePoint now, Actions& actions);
  void on(TaskMalformed& event, TimePoint now, Actions& actions);
  void on(TaskSkipped& event, TimePoint now, Actions& actions);
  void on(TaskWithdrawn& event, TimePoint now, Actions& actions);
  void on(InputEnded& event, TimePoint now, Actions& actions);
  void on(WorkerUp& event, TimePoint now, Actions& actions);
  void on(WorkerHello& event, TimePoint now, Actions& actions);
  void on(WorkerPrepared& event, TimePoint now, Actions& actions);
  void on(WorkerUnusable& event, TimePoint now, Actions& actions);
  void on(WorkerRetires& event, TimePoint now, Actions& actions);
  void on(WorkerSpent& event, TimePoint now, Actions& actions);
  void on(Answered& event, TimePoint now, Actions& actions);
  void on(PayloadRefused& event, TimePoint now, Actions& actions);
  void on(LastTry& event, TimePoint now, Actions& actions);
  void on(SubtasksArrived& event, TimePoint now, Actions& actions);
  void on(TaskWaits& event, TimePoint now, Actions& actions);
  void on(SubpoolSet& event, TimePoint now, Actions& actions);
  void on(WorkerGone& event, TimePoint now, Actions& actions);
  void on(FormerEnded& event, TimePoint now, Actions& actions);
  void on(ConnectionLost& event, TimePoint now, Actions& actions);
  void on(OutputFull& event, TimePoint now, Actions& actions);
  void on(OutputStalled& event, TimePoint now, Actions& actions);
  void on(OutputUnread& event, TimePoint now, Actions& actions);
  void on(StartsHeld& event, TimePoint now, Actions& actions);
  void on(SlotsLimited& event, TimePoint now, Actions& actions);
  void on(StopRequested& event, TimePoint now, Actions& actions);
  void on(StartNoMore& event, TimePoint now, Actions& actions);
  void on(Aborted& event, TimePoint now, Actions& actions);
  template <typename E>
  void take(E&& event, TimePoint now, Actions& actions);
  std::size_t place_of_task(const Slot& slot, TaskId task) const;
  InFlight take_answered(Slot& worker, std::size_t place, TimePoint now);
  void begin_batch(Slot& worker, const InFlight& entry);
  InFlight take_in_flight(Slot& slot, std::size_t place, TimePoint now);
  void heard_of(Slot& slot);

  bool take_plain_success(WorkerId worker, TaskId task, TimePoint now, Success& success);

  // Outcomes of attempts (scheduler_failure.cc)
  struct FailedTask {
    TaskIndex task = 0;
    GangId gang = kNoGang;
    std::uint32_t rank = kNoRank;  ///< of the member by which a gang failed
  };
  /// One more task has this outcome.
  void count_outcome(Outcome outcome);
  void count_final(Outcome outcome, Actions& actions);
  void deliver(TaskIndex i, DeliverTask how, Actions& actions);
  void erase(TaskIndex i, Outcome outcome, Actions& actions);
  void requeue(TaskIndex i, Actions& actions);
  void deliver_value(TaskIndex i, Answered& answered, Duration duration, bool first,
                     Actions& actions);
  bool is_cut_off() const;
  void attempt_failed(TaskIndex i, DeliverTask how, Actions& actions);
  void attempt_refused(Slot& slot, TaskIndex i, const Answered& event, Duration duration,
                       TimePoint now, Actions& actions);
  void give_up_refused(TimePoint now, Actions& actions);
  BusyState busy_state(const Slot& refuser, TimePoint now);
  void give_back(Slot& slot, std::size_t place, TimePoint now, Actions& actions);
  void give_back_all(Slot& slot, TimePoint now, Actions& actions);
  void queue_again(TaskIndex i, Actions& actions);
  TimePoint settle_end(Slot& slot, const WorkerGone& event, KillReason killed, TimePoint now,
                       Actions& actions);
  void end_of_halted(Slot& slot, TimePoint now, Actions& actions);
  void end_of_timed_out(Slot& slot, const WorkerGone& event, TimePoint now, Actions& actions);
  TimePoint settle_death(Slot& slot, const WorkerGone& event, Blame blamed, TimePoint now,
                         Actions& actions);
  void blame_task(FailedTask failed, WorkerId worker, Duration duration, bool first,
                  const WorkerGone& event, Actions& actions);
  TimePoint launch_failed(Slot& slot, TimePoint now, Actions& actions);

  // Lists of tasks (scheduler_chunks.cc)
  std::size_t flight_bytes(TaskIndex head) const;
  std::size_t tasks_at(const Slot& worker) const;
  std::size_t fill_list(TaskIndex head, std::size_t most);
  void send_list(TaskIndex head, SendTask& send);
  std::vector<TaskIndex> take_apart(TaskIndex head);
  void list_failed(TaskIndex head, const DeliverTask& how, Why why, bool alone, Actions& actions);
  void list_succeeded(TaskIndex head, Answered& answered, Duration duration, bool first,
                      Actions& actions);
  bool is_list(TaskIndex i) const { return tasks_[i].behind > 0; }

  // Gangs (scheduler_gang.cc)
  std::uint32_t slots_left() const;
  std::uint32_t gang_size() const;
  bool is_too_large(std::uint32_t gang) const;
  void refuse_large_gangs(Actions& actions);
  void assign_own_gangs(TimePoint now, Actions& actions);
  bool may_begin_gang() const;
  std::size_t gang_demand() const;
  void assign_gangs(TimePoint now, Actions& actions);
  std::vector<WorkerId> in_good_order(std::vector<WorkerId> members, const Task& task) const;
  void send_gang(TaskIndex i, const std::vector<WorkerId>& members, TimePoint now, Why why,
                 Actions& actions);
  std::optional<FailedTask> task_of_failed(TaskIndex i, std::string_view reason, Actions& actions);
  void break_gang(GangId id, std::uint32_t rank, std::string reason, Actions& actions);
  void gang_timed_out(Slot& slot, TimePoint now, Actions& actions);
  void member_succeeded(TaskIndex i, Answered& answered, bool first, TimePoint now,
                        Actions& actions);

  // Sub-tasks (scheduler_subtasks.cc)
  std::optional<std::size_t> find_task(const Slot& worker, TaskId task) const;
  std::optional<std::size_t> suspended_level(const Slot& worker, TaskId task) const;
  std::optional<TaskIndex> task_at(const Slot& worker, TaskId task) const;
  void assign_nested(TimePoint now, Actions& actions);
  void send_subtask(Slot& to, TaskIndex i, TimePoint now, Why why, Actions& actions);
  bool may_end_worker(const Task& subtask) const;
  bool one_does_not_wait() const;
  bool rest_is_for_subtasks() const;
  void end_family(TaskIndex parent, Actions& actions);
  std::vector<TaskIndex> tasks_above(TaskIndex innermost) const;
  void take_along(TaskIndex i, WorkerId worker, std::string_view reason, Actions& actions);
  void give_back_above(Slot& ended, const std::vector<TaskIndex>& above, std::string_view reason,
                       TimePoint now, Actions& actions);

  // What is not wanted any more (scheduler_dropped.cc)
  void drop(TaskIndex i);
  void look_for_dropped(Slot& slot, TimePoint now, Actions& actions);
  void settle_dropped(Slot& slot, TimePoint now, Actions& actions);

  // Workers that leave (scheduler_retirement.cc)
  void note_retirement(Slot& retiring, bool alone, TimePoint now, Actions& actions);

  // Workers whose process is replaced (scheduler_limits.cc)
  void begin_life(Slot& slot);
  void look_for_age(Slot& slot, TimePoint now);
  void spend(Slot& slot, Why why);
  void was_not_sent(Slot& slot, TimePoint now);
  void close_released(TimePoint now, Actions& actions);
  bool may_hand_over(const Slot& slot) const;
  void let_formers_end(TimePoint now);
  void look_for_former_end(Slot& slot, TimePoint now, Actions& actions);

  // The loss of a connection (scheduler_connections.cc)
  using Workers = std::vector<WorkerId>;
  Workers end_workers(const ConnectionLost& event, TimePoint now, Actions& actions);
  TimePoint settle_loss(const ConnectionLost& event, const Workers& struck, TimePoint now,
                        Actions& actions);
  TimePoint settle_loss_at_work(const ConnectionLost& event, const Workers& busy, TimePoint now,
                                Actions& actions);
  void pause_connection(ConnectionLost& event, TimePoint not_before, TimePoint now,
                        Actions& actions);
  TimePoint pause_end(const Slot& slot, std::uint32_t in_a_row, TimePoint now) const;
  void shorten_pauses(const Slot& gone, TimePoint now);
  void stop(std::string reason, Actions& actions);
  void kill(Slot& slot, KillReason reason, bool gentle, Why why, Actions& actions);
  void kill_all(bool gentle, Why why, Actions& actions);
  void check_halt(Actions& actions);
  void cancel_queue(Actions& actions);

  // The states of slots (scheduler_slots.cc)
  void empty_slot(Slot& slot, TimePoint not_before);
  void close_slot(Slot& slot, std::string reason, TimePoint now, Actions& actions);
  void ring_alarms(TimePoint now, Actions& actions);
  void look_after(Slot& slot, TimePoint now, Actions& actions);
  void look_after_live(Slot& slot, TimePoint now, Actions& actions);
  void look_for_timeout(Slot& slot, TimePoint now, Actions& actions);
  void arm_timeout(const Slot& slot);
  void arm_timeouts();
  Duration timeout() const;
  void probe_worked(Slot& slot, TimePoint now);
  void end_benches(TimePoint now);
  void recall_retired(TimePoint now);
  void start_workers(TimePoint now, Actions& actions);
  bool may_log_in(const Slot& slot) const;
  bool starts_all() const { return options_.once || (options_.start_all && !tasks_done()); }
  bool none_to_give() const { return tasks_.queued() == 0 && (input_ended_ || stopping_); }
  /// What is queued is for other workers than those that have room: they would have it by now.
  bool rest_is_for_others(TimePoint now) const {
    return input_ended_ && !held(now) && !output_.full;
  }
  /// By a first signal: see idle_grace.
  bool interrupted() const { return stop_level_ == 1 && options_.idle_grace.has_value(); }
  bool none_can_open() const {
    return slots_complete_ && pool_.count(Group::Closed) == pool_.size();
  }

  // Decisions (scheduler_decide.cc)
  void settle_answers(TimePoint now);
  void assign(TimePoint now, Actions& actions);
  bool fill(Slot& to, std::size_t fair, TimePoint now, Actions& actions);
  bool fill_with_fresh(Slot& to, std::size_t room, std::size_t share, TimePoint now,
                       Actions& actions);
  std::optional<WorkerId> the_only_one() const;
  bool held(TimePoint now) const { return now < held_until_; }
  void send(Slot& to, TaskIndex i, TimePoint now, Why why, Actions& actions);
  void put(Slot& to, TaskIndex i, std::size_t bytes, TimePoint now);
  void put_place(Slot& to, TaskIndex i, TimePoint now);
  void compute_deadline(TimePoint now);

  // Which task (scheduler_choose.cc)
  struct Choice {
    enum class Kind : std::uint8_t { Nothing, Wait, Fresh, Again } kind = Kind::Nothing;
    TaskIndex task = 0;
    Why why;
  };
  Choice choose(Slot& to);
  void count_shares();
  bool is_its_turn(const Slot& to, RunId run, const Choice& chosen) const;
  bool may_take_fresh(WorkerId worker) const;
  std::size_t startable() const;
  bool may_drain(Slot& slot);
  bool avoids(const Slot& here, const Task& task) const;
  bool another_is_free(const Slot& here, const Task& task) const;
  bool may_start_one() const;
  bool unused_one_comes() const;
  bool left_idle(const Slot& slot, TimePoint now);
  bool rest_is_left_idle(const Slot& slot, TimePoint now) const;

  // Whose input is closed (scheduler_inputs.cc)
  void close_inputs(TimePoint now, Actions& actions);
  void let_end(Slot& slot, TimePoint now);
  void look_for_end(Slot& slot, TimePoint now, Actions& actions);
  void choose_surplus();
  void choose_leavers(std::size_t count);
  Why why_close_holder(const Slot& holder, TimePoint now) const;
  void close_holders(TimePoint now, Actions& actions);
  void look_at_holder(Slot& holder, TimePoint now, Actions& actions);
  void holder_changed(const Slot& holder) {
    if (options_.holds_answers) changed_holders_.push_back(holder.id);
  }
  TimePoint full_for_long() const;
  TimePoint full_window_until(const Slot& holder) const;

  SchedulerOptions options_;
  Random random_;
  TaskTable tasks_;
  SlotPool pool_;
  Placement placement_;
  Median median_;
  Halt halt_;
  Counts counts_;
  Gangs gangs_;
  Families families_;
  RunShares shares_;
  bool sharing_ = false;             ///< tasks have come that are those of one of several runs
  std::set<TaskIndex> taken_along_;  ///< see Task
  bool told_smaller_gangs_ = false;  ///< or that they wait

  std::vector<WorkerId> answered_;  ///< workers with answers since the last decide()
  Alarms alarms_;

  TimePoint held_until_ = TimePoint::min();
  TimePoint next_start_ = TimePoint::min();  ///< by start_delay
  std::uint32_t slots_limit_ = UINT32_MAX, slots_most_ = UINT32_MAX;
  std::vector<HostId> benched_;
  TimePoint next_bench_end_ = kForever;
  Duration armed_timeout_ = kNoLimit;  ///< the shortest that an alarm was set for
  TimePoint next_refusal_end_ = kForever;
  TimePoint makes_room_by_ =
      TimePoint::min();    ///< the last worker that left; see unused_one_comes()
  double usefulness_ = 0;  ///< sum over live workers, of `usefulness_at_`
  std::size_t useful_ = 0;
  TimePoint usefulness_at_ = TimePoint::min();

  // Of one decide()
  std::uint64_t decisions_ = 0;
  bool rest_is_left_ = false;  ///< see rest_is_left_idle()
  bool more_to_start_ = false;

  // Of holds_answers; see close_holders()
  std::vector<WorkerId> changed_holders_;  ///< something has happened to them
  SlotSet roomy_holders_;                  ///< could be given more when they were looked at last
  bool none_was_left_ = false;             ///< none_to_give(), at the last decision
  bool rest_was_for_others_ = false;

  bool slots_complete_ = false;
  bool input_ended_ = false;
  OutputFull output_;
  TimePoint full_since_ = kForever;  ///< and the reader of stdout reads
  std::optional<TimePoint> stalled_since_;
  bool stopping_ = false;
  bool fatal_ = false;
  bool halt_reached_ = false;
  bool kept_since_decision_ = false;  ///< tasks that count for --halt, and were not looked at
  enum class Killing : std::uint8_t { No, Gently, AtOnce } killing_ = Killing::No;
  int stop_level_ = 0;
  std::optional<TimePoint> stop_deadline_;
  std::string stop_reason_;
  std::string last_death_;  ///< why workers died, for the tasks that are not computed
  TimePoint deadline_ = kForever;
  TimePoint now_{};
  std::uint64_t steps_ = 0;  ///< tasks looked at by choose()
};

}  // namespace spread
