// spread/engine: the joint. The pure machines (core/, workers/session.h, results/, sources/) meet
// the edge (io/) here and nowhere else. Start with Engine: one turn of its loop is wait, freeze the
// time, feed what happened to the Scheduler, carry out what it says. What differs between the
// subcommands is a RunMode, and what works in a slot is a RunSlot (run_mode.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/core/driver.h"
#include "spread/core/run_phases.h"
#include "spread/core/scheduler.h"
#include "spread/engine/host_probe.h"
#include "spread/engine/kept_tasks.h"
#include "spread/engine/plan.h"
#include "spread/engine/run_events.h"
#include "spread/engine/run_history.h"
#include "spread/engine/run_mode.h"
#include "spread/engine/start_gate.h"
#include "spread/input/task_input.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/signals.h"
#include "spread/io/subprocess.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/output/run_journal.h"
#include "spread/report/start_failures.h"
#include "spread/report/summary.h"

namespace spread {

/// What the Engine itself has to know of a run; run/ makes it of a subcommand's options.
struct EngineConfig {
  SchedulerOptions scheduler;
  StartOptions starts;    ///< what starts wait for; their delay is in `scheduler`
  HistoryFile history;    ///< not enabled where nothing is to be learned of hosts
  Duration kill_grace{};  ///< after it, what was to end is killed
  std::string output_name = "standard output";  ///< where results go, for messages
  std::string stop_request{};  ///< a file that asks to stop; empty: none is looked for
  /// It is itself a worker, and the first signal ends what it runs: nothing is waited for.
  bool is_worker = false;
};

/// What a run has of the world around it: made before the Engine, and kept for longer.
struct EngineParts {
  Plan& plan;
  Guard& guard;
  EventLoop& loop;
  SignalSet* signals;  ///< null: the process is another's, and its signals are no matter of the run
  OutputWriter& output;  ///< where results go
  Reporter& reporter;
  Environment environment;
  Streams streams;
  RunJournal* journal = nullptr;  ///< null: none is kept
};

/// One run, from the plan to the exit status.
class Engine final : private ReadyHandler {
 public:
  Engine(EngineConfig config, const EngineParts& parts);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// `mode` is what is the subcommand's. Everything that can be wrong beforehand is told here, and
  /// nothing has been started yet.
  Status open(std::unique_ptr<RunMode> mode);

  /// Runs to the end; the exit status.
  int execute();
  /// After execute(): it came to its end by itself, whatever became of its tasks.
  bool complete() const { return complete_; }
  /// Instead: reads all of the input, and says what of it a resume would keep, and what it would
  /// run. Nothing is started, and nothing is written.
  Result<std::string> explain_resume();

  // For the mode and the slots. They live as long as the Engine.
  Plan& plan() { return plan_; }
  /// All hosts that are asked how many CPUs they have, have answered.
  bool knows_slots() const { return !probe_; }
  EventLoop& loop() { return loop_; }
  TimePoint now() const { return loop_.now(); }
  Spawner& spawner() { return spawner_; }
  Reporter& reporter() { return *reporter_; }
  RunEvents& events() { return events_; }
  OutputWriter& output() { return *stdout_; }
  /// Null: none is kept.
  RunJournal* journal() { return journal_; }
  const Scheduler& scheduler() const { return scheduler_; }
  RunSlot& run_slot(WorkerId worker) { return *run_slots_[number(worker)]; }
  /// By host in the order given; grows with the slots.
  const std::vector<WorkerId>& tail_order() const { return tail_order_; }

  /// Something has happened: the Scheduler is told in this turn, before it decides anything.
  template <typename E>
  void post(E event) {
    undecided_ = true;
    driver_.inbox().post(std::move(event));
  }
  void post_success(WorkerId worker, TaskId task, Slice&& value, JobEndPtr job = nullptr) {
    driver_.inbox().post_success(worker, task, std::move(value), std::move(job));
  }
  /// The slot has bytes to be written at the end of this turn.
  void needs_flush(RunSlot& slot) {
    if (!slot.dirty) dirty_.push_back(slot.id());
    slot.dirty = true;
  }
  /// What works in the slot is left unread for now, and is asked each turn whether it may be read.
  void set_unread(WorkerId worker, bool unread) {
    unread ? void(unread_.insert(worker)) : void(unread_.erase(worker));
  }
  void reconsider_all() {
    for (const std::unique_ptr<RunSlot>& each : run_slots_) each->reconsider();
    for (const auto& [worker, each] : formers_) each->reconsider();
  }
  /// A process has begun to work in a slot: whether it is stopped is looked at now and then.
  void watch_work() {
    if (watch_.at() == kForever) watch_.set(after(now(), StoppedWatch::kPeriod));
  }
  /// What worked in the slot has ended, and is to be freed at the end of this turn.
  void has_ended(WorkerId worker) { ended_.push_back(worker); }
  /// So many slots are to be used from now on: more are made, on this machine, or as many rest as
  /// are too many.
  void set_slots(std::uint32_t slots);
  /// What was started in this slot is a relay, with so many more slots behind it.
  void add_slots_behind(WorkerId relay, std::uint32_t count);
  /// What was started in this slot is no relay, or never will be.
  void has_as_many_slots(WorkerId worker);
  /// One slot more, which is on this machine unless one rests, or one less. Of a host that has not
  /// answered yet the slots come on top.
  void change_slots(int by);
  /// Whether what could not be started may be later, since processes, memory or descriptors have
  /// run out for the moment: always while others run, whose end makes room, else for a few seconds.
  bool may_start_later(const Error& error);
  void start_has_worked() { out_of_room_since_.reset(); }
  /// A worker in the slot has ended before it was of any use: is told when the slot is given up, or
  /// works after all, or at the end of the run. Before the Scheduler hears of it.
  void start_failed(WorkerId worker, FailedStart start);
  /// What was taken for a start was none: where it was tried, a relay, it could not even be exec'd.
  void was_not_started(WorkerId worker, const std::string& reason);
  /// As start_failed() in `all`, where nothing is tried again: told at once.
  void slot_failed(WorkerId worker);
  /// A worker of the slot's host and argument list has answered in this run.
  bool key_proven(WorkerId worker) { return scheduler_.keys()[plan_.key(worker)].proven; }
  /// Why a worker ended has been said: not again if its slot is given up for it.
  void end_told(const std::string& reason) { last_closed_ = reason; }
  /// A worker in the slot is of use.
  void start_worked(WorkerId worker);
  /// Why tasks were not computed, as far as that is still news.
  std::string_view untold_stop_reason() const;
  /// What has been written to stdout and stderr, or is about to be.
  std::uint64_t bytes_shown() {
    return stdout_->written() + stdout_->queue().size() + reporter_->errors_shown();
  }
  /// Where in the input the task is; may be empty.
  std::string place_of(TaskId task) const {
    return input_ ? input_->place_of(number(task)) : std::string();
  }
  /// -j FILE, in which another number may stand by now.
  void read_slots_file();
  /// Says it, but once: a disk that is full is so at every try.
  void warn(const std::string& warning);
  /// What a signal asks for that ends a process: the first time no task is begun any more, the
  /// second time those that run are ended, the third time they are killed.
  void ask_to_end(int signal);
  /// Ends the run with an error of spread itself.
  void abort(std::string reason);
  /// It ends with one, which has been told.
  bool given_up() const { return own_error_; }

 private:
  void on_ready(int fd, bool readable, bool writable) override;

  // The turn (engine.cc)
  void turn();
  void work();
  void hand_on();
  void hold_starts();
  static constexpr int kRecordsPerTurn = 10000;
  void pull_tasks();
  void take_record(Record& record);
  void decide();
  void watch_output();
  static constexpr Duration kStopPeriod = std::chrono::seconds(1);
  void look_for_stop();
  OutputFull output_now() const;
  std::string output_failure() const;
  TimePoint next_deadline();
  bool input_at_hand() const;
  ProgressCounts progress_counts() const;

  // The journal (engine_journal.cc)
  Status compare_input();
  Result<bool> compare_some();
  Error input_is_short() const;
  bool ended_early() const;
  Result<ResumePlan::Decision> decide(TaskId task, const Record& record);
  Error resume_error(TaskId task, const Error& error);
  bool is_done_already(TaskId task, const Record& record);
  void hand_on_kept();
  void give_up_kept(const std::string& why);
  void keep_journal();
  void conclude_journal(RunEnd& end);

  // The end (engine_end.cc)
  /// Every task is final, and every worker has ended.
  bool all_over() const {
    return scheduler_.finished() && mode_->has_ended() && (!kept_ || kept_->done());
  }
  RunPhases::Turn phase_turn() const;
  bool drained() const;
  bool waits_for_reader() const;
  void conclude();
  void close_output(RunEnd& end);
  RunEnd describe_end() const;
  bool nothing_could_be_started(const RunEnd& end) const;
  bool only_repeats() const;

  void follow_signals();
  void suspend();
  void suspend_workers(bool stop);
  void tell_stop();
  void look_at_work();

  // Slots (engine_slots.cc)
  void add_slots_from(std::uint32_t first, WorkerId joins = kNoWorker);
  void add_local_slots(std::uint32_t count);
  void ask_hosts();
  void take_host_answers();
  void look_whether_complete();
  Status fit_descriptors();
  void fit_descriptors_again();
  void limit_slots();

  // Actions out (engine_actions.cc)
  friend class Driver<Engine>;
  void carry_out(Action& action);
  static constexpr bool takes_successes() { return true; }
  void succeeded(Inbox::Success& answer, Scheduler::Success& success);
  void deliver(DeliverTask& delivery);
  TaskReport* report_of_task();
  void retry(const RetryTask& retry);
  template <typename E>
  void before(const E&) {}
  void before(const Event& event) {
    if (const auto* ended = std::get_if<FormerEnded>(&event)) formers_.erase(ended->worker);
  }
  void start_worker(const StartWorker& action);
  void tell_not_started(WorkerId worker, const std::string& reason);
  void tell_smaller_gangs(const GangShrinks& smaller);
  void hand_over(const HandOver& action);
  void end_former(const KillFormer& action);
  static void end_slot(RunSlot& slot, bool gentle, Why why);
  void tell_pause(const SlotPaused& paused);
  void give_up(const SlotClosed& closed);
  bool others_can_work(WorkerId closed) const;
  void tell_rest();

  EngineConfig config_;
  Plan& plan_;
  EventLoop& loop_;
  SignalSet* signals_;
  Streams streams_;
  Spawner spawner_;
  Driver<Engine> driver_;
  const Scheduler& scheduler_;  ///< the driver's, for questions
  RunPhases phases_;
  RunHistory history_;
  StartGate gate_;
  TimePoint started_;
  OutputWriter* stdout_;
  Reporter* reporter_;
  RunEvents events_;
  RunJournal* journal_;
  std::unique_ptr<KeptTasks> kept_;  ///< of a run that is resumed
  std::string compare_error_;        ///< why it cannot be
  std::unique_ptr<RunMode> mode_;
  std::unique_ptr<TaskInput> input_;
  std::unique_ptr<HostProbe> probe_;  ///< while hosts are being asked for their CPUs
  std::vector<HostProbe::Answer> host_answers_;

  std::set<WorkerId> may_be_relays_;  ///< that have not said hello
  bool complete_told_ = false;
  std::uint32_t slots_at_rest_ = 0;       ///< USR2, -j FILE
  std::uint32_t slots_fit_ = UINT32_MAX;  ///< for so many there are descriptors
  SlotsLimited slots_limited_;            ///< as the Scheduler was told
  std::size_t questions_fit_ = 1;         ///< hosts that can be asked at the same time

  std::vector<std::unique_ptr<RunSlot>> run_slots_;       ///< by WorkerId
  std::map<WorkerId, std::unique_ptr<RunSlot>> formers_;  ///< handed over, and not ended
  std::vector<WorkerId> tail_order_;
  std::vector<WorkerId> dirty_;
  std::vector<WorkerId> ended_;
  std::set<WorkerId> unread_;
  StoppedWatch stopped_;
  Timer watch_{loop_, [this] { look_at_work(); }};
  Timer stop_watch_{loop_, [this] { look_for_stop(); }};
  /// Something has happened since the last decide(), perhaps because of what it decided.
  bool undecided_ = false;
  bool started_worker_ = false;  ///< since then
  std::uint64_t next_task_ = 0;

  int signals_received_ = 0;
  int first_signal_ = 0;
  int exit_status_ = 0;  ///< from LastWords on
  bool complete_ = false;
  bool results_lost_ = false;  ///< they cannot be handed on
  bool suspend_asked_ = false;
  bool stop_told_ = false;
  OutputFull output_told_;
  bool output_stalled_ = false;
  bool input_told_ = false;
  bool own_error_ = false;
  std::uint64_t starts_ = 0;  ///< of workers; a relay is none
  bool pause_told_ = false;
  std::string end_message_;
  std::set<std::string> warnings_told_;
  std::optional<TimePoint> out_of_room_since_;
  bool out_of_room_told_ = false;
  std::string last_closed_;  ///< why a slot was given up last
  StartFailures start_failures_;
  std::set<WorkerId> closed_;
  /// How many are not, of hosts that have one.
  std::map<HostId, std::uint32_t> open_slots_;
  bool closings_told_ = false;  ///< why each of them was
  /// Hosts that ssh did not get to when they were asked for their CPUs, and what it said. Told with
  /// the failure of the one start that is tried even so.
  std::map<HostId, std::string> unreached_;
};

}  // namespace spread
