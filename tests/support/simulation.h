// A world in virtual time around a Scheduler: hosts of different speed, workers that crash, hang,
// refuse and hold answers back, a source of tasks, an output that fills up, signals. Everything
// follows from the World and its seed, so that a failing run can be replayed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "referee.h"
#include "spread/base/random.h"
#include "spread/core/driver.h"

namespace spread::simulation {

struct TaskPlan {
  double seconds = 0.01;  ///< on a host of factor 1
  std::uint32_t bytes = 16;
  std::uint32_t errors = 0;  ///< so many attempts end in an error
  bool malformed = false;
  /// It cannot be sent, which is found out at once: while what was decided is carried out.
  bool unsendable = false;
  bool poison = false;  ///< kills the worker that works on it
  bool cuts = false;    ///< ... and its whole connection
  bool hangs = false;   ///< is never answered
  bool fatal = false;
  bool leaves = false;     ///< its worker retires in place of working on it
  std::uint32_t gang = 0;  ///< it is for so many workers, whatever the others are
  /// Half way through it submits so many sub-tasks and waits for all but `unwanted` of them; each
  /// of these does as much down to `levels`.
  std::uint32_t subtasks = 0, levels = 0, unwanted = 0;
};

struct HostPlan {
  double factor = 1;  ///< tasks take so many times longer here
  double round_trip = 0;
  bool remote = false;
  double down_from = -1, down_until = -1;  ///< the machine is gone
};

/// How the workers of a slot behave. The probabilities are per task.
struct WorkerPlan {
  bool hello = false;
  std::uint32_t window_max = 0;
  std::uint32_t parallel = 1;
  std::uint32_t exec_failures = 0;  ///< so many starts fail, ...
  std::uint32_t prep_failures = 0;  ///< ... then so many preparations
  double crash = 0;
  double crash_while_idle = 0;  ///< per second
  double busy = 0, busy_seconds = 0.1, busy_until = 0;
  double misbehave = 0;
  std::uint32_t exits_after = 0;  ///< exits with status 0 after so many answers; 0 = never
  bool retires = false;           ///< ... and that is retirement
  double leaves = 0;              ///< retires instead of working on a task
  double holds_answers = 0;       ///< seconds, while more tasks wait
  /// Answers are held until there are so many, or the input is closed; 0 = not so. As a filter
  /// does.
  std::uint32_t buffer = 0;
  double dies_after_term = 0;  ///< seconds; tasks may be answered until then
  /// Ends within the call that asks for it if it has no task, as a slot of `map` does.
  bool ends_at_once = false;
  double tail_seconds = 0;
};

struct SlotPlan {
  std::uint32_t host = 0;
  std::uint32_t key = 0;
  double added_at = 0;
  double spawn_seconds = 0;                           ///< until there is a process
  double launch_seconds = 0.01;                       ///< until it reads its input
  std::optional<double> prior, factor, launch_prior;  ///< from history
  WorkerPlan worker;
  /// The connection of the slot before it, whose host and key it has.
  bool shares_connection = false;
  /// What is started in it first is the relay behind which its workers are, and those of the slots
  /// that share its connection, the last of all: these are added when it is found.
  bool is_relay = false;
  // Of a connection that begins with this slot, if others share it:
  std::uint32_t connection_failures = 0;  ///< so many times it cannot be made
  double connection_dies = 0;             ///< per second
};

struct World {
  std::uint64_t seed = 1;
  SchedulerOptions options;
  std::vector<HostPlan> hosts;
  std::vector<SlotPlan> slots;  ///< in the order in which they are added
  double slots_complete_at = 0;
  std::vector<TaskPlan> tasks;
  /// The tasks repeat until then; unset = the input ends with the last one.
  std::optional<double> endless_until;
  std::uint32_t runs = 0;        ///< task i is one of run 1 + i % runs; 0: there is but one run
  double task_interval = 0;      ///< between arrivals; 0 = as fast as they are wanted
  bool end_with_last = true;     ///< the end of the input is seen together with the last task
  bool end_with_script = false;  ///< the end of the input is one of the script's events
  std::vector<std::pair<double, Event>> script;
  /// The master is late by up to so much, so that it sees several events in one turn.
  double lateness = 0;
  double time_limit = 1e6;
  /// A process that dies by itself, whatever it does: the one that `slot` has when the Scheduler
  /// has been told of so many events.
  struct Death {
    std::uint64_t after_events = 0;
    std::uint32_t slot = 0;
  };
  std::optional<Death> death;
  double sub_poison = 0, sub_errors = 0, sub_hangs = 0, sub_leaves = 0;  ///< of sub-tasks, for each
  /// Scheduler::check_invariants() after so many events; it costs as much as there is in flight.
  std::uint32_t check_every = 1;

  RunId run_of(TaskId id) const { return runs == 0 ? kNoRun : RunId{1 + number(id) % runs}; }
};

class Simulation {
 public:
  explicit Simulation(World world);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Until the Scheduler is finished, or something is wrong.
  void run();

  const std::vector<std::string>& problems() const { return referee_.problems(); }
  const Referee& referee() const { return referee_; }
  const Scheduler& scheduler() const { return driver_.scheduler(); }
  double now() const { return to_seconds(now_ - TimePoint{}); }

  struct WorkerReport {
    double first_start = -1, ready = -1, first_task = -1, last_answer = -1;
    double busy_seconds = 0;  ///< with a task under way
    std::uint32_t done = 0;
  };
  const std::vector<WorkerReport>& workers() const { return reports_; }
  const std::vector<WorkerId>& start_order() const { return start_order_; }
  double last_delivery() const { return last_delivery_; }
  std::uint64_t decisions() const { return decisions_; }
  std::uint64_t events() const { return events_; }

 private:
  struct Process;
  struct Line;
  /// Something that happens at `at`: to the scheduler, or inside a process.
  struct Happening {
    double at = 0;
    std::uint64_t order = 0;
    enum class Kind : std::uint8_t {
      ToMaster,
      Ready,
      Arrives,
      Closes,
      Done,
      Flush,
      Dies,
      HostDown,
      Cut,
      Submits,
      Resumes,
    } kind{};
    std::shared_ptr<Process> process;  ///< null for what the script says
    TaskId task{};
    Event event;
    std::shared_ptr<Line> line = nullptr;  ///< of a Cut, and of the news of it
  };
  struct Later {
    bool operator()(const Happening& a, const Happening& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  void schedule(double at, Happening happening);
  void to_master(double at, Event event, std::shared_ptr<Process> from = nullptr);
  void happen(Happening& happening);
  void hand_in(Event event);
  void hand_in(const std::shared_ptr<Process>& from, Event event);
  void drain();
  friend class Driver<Simulation>;
  bool takes_successes() const { return true; }
  void succeeded(Inbox::Success& answer, Scheduler::Success& success);
  void before(const Event& event);
  void carry_out(const Action& action);
  void feed_input();
  void turn_to(double at);
  void decide();
  double next_time() const;
  void check_progress();
  void look_for_death();
  void check_invariants();

  void act(const StartWorker& action);
  void act(const SendTask& action);
  void act(const CloseInput& action);
  void act(const HandOver& action);
  void act(const KillWorker& action);
  void act(const KillFormer& action);
  void act(const DeliverTask& action);
  void act(const RetryTask&) {}
  void act(const GangBroken&) {}
  void act(const GangShrinks&) {}
  void act(const FamilyEnded& action);
  void act(const WorkerRests&) {}
  void act(const SlotPaused&) {}
  void act(const SlotClosed&) {}

  void add_slot(WorkerId worker, double at);
  bool is_unfound_relay(WorkerId worker) const {
    return slot_plan(worker).is_relay && !relay_found_;
  }
  void find_relay(const std::shared_ptr<Process>& process);
  bool start_line(WorkerId worker, Process& process);
  void cut(const std::shared_ptr<Line>& line, EndCause cause, double news_at, std::string why);
  void left_line(WorkerId worker);
  void say_hello(const std::shared_ptr<Process>& process);
  void work(const std::shared_ptr<Process>& process);
  void begin(const std::shared_ptr<Process>& process, TaskId task);
  void done(const std::shared_ptr<Process>& process, TaskId task);
  void answer(const std::shared_ptr<Process>& process, TaskId task, AnswerKind kind);
  void flush(const std::shared_ptr<Process>& process);
  void retire(const std::shared_ptr<Process>& process);
  void submit(const std::shared_ptr<Process>& process, TaskId task);
  void resume(const std::shared_ptr<Process>& process, TaskId task);
  void sub_finished(TaskId id);
  bool begins_to_wait(const TaskWaits& event);
  void end_wait(TaskId parent);
  bool is_below(TaskId id, TaskId parent) const;
  void die(const std::shared_ptr<Process>& process, EndCause cause, bool clean, std::string why);
  bool host_is_down(std::uint32_t host, double at) const;
  const TaskPlan& plan(TaskId id) const {
    if (is_subtask(id)) return subtasks_[number(id) - kFirstSubtask].plan;
    return world_.tasks[number(id) % world_.tasks.size()];
  }
  std::uint32_t& attempts(TaskId id) {
    return is_subtask(id) ? subtasks_[number(id) - kFirstSubtask].attempts : attempts_[number(id)];
  }
  const SlotPlan& slot_plan(WorkerId id) const { return world_.slots[number(id)]; }

  World world_;
  Random random_;
  Driver<Simulation> driver_;
  const Scheduler& scheduler_;
  Referee referee_;
  TimePoint now_{};   ///< in the world
  TimePoint turn_{};  ///< the master's frozen `now` of this turn
  std::priority_queue<Happening, std::vector<Happening>, Later> happenings_;
  std::uint64_t order_ = 0;
  std::vector<std::shared_ptr<Process>> processes_;  ///< by slot; null without one
  std::vector<std::shared_ptr<Process>> formers_;    ///< by slot; handed over, and not ended
  std::vector<std::uint32_t> attempts_;              ///< by task, as the workers count
  struct Subtask {
    TaskPlan plan;
    TaskId parent{};
    std::uint32_t attempts = 0;
  };
  std::deque<Subtask> subtasks_;  ///< by id
  /// What tasks wait for, as the master's edge knows it.
  struct Wait {
    std::shared_ptr<Process> process;
    std::vector<TaskId> open;
    std::size_t unwanted = 0;  ///< so many may be open still when the wait ends
    bool begun = false;        ///< the master has been asked
  };
  std::map<TaskId, Wait> waits_;
  std::vector<std::uint32_t> starts_;         ///< by slot
  std::vector<std::uint32_t> connection_of_;  ///< by slot
  bool relay_found_ = false;
  std::vector<std::uint32_t> first_slot_;     ///< by connection
  std::vector<std::uint32_t> line_starts_;    ///< by connection
  std::vector<std::shared_ptr<Line>> lines_;  ///< by connection; null while there is none
  std::vector<WorkerReport> reports_;
  std::vector<WorkerId> start_order_;
  std::vector<std::pair<std::shared_ptr<Process>, Event>> held_by_stall_;
  bool stalled_ = false;
  bool drains_each_;  ///< or all events of a turn together
  bool carrying_out_ = false;
  bool undecided_ = false;  ///< something has happened since the last decision
  bool trace_;
  Value payload_;
  std::uint64_t arrived_ = 0;
  bool input_ended_ = false;
  double last_delivery_ = 0;
  std::uint64_t decisions_ = 0, events_ = 0;
  std::uint32_t idle_turns_ = 0;
};

}  // namespace spread::simulation
