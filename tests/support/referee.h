#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spread/core/event.h"
#include "spread/core/scheduler.h"

namespace spread::simulation {

/// As problems call them.
std::string name(TaskId id);
std::string name(WorkerId id);

/// What a worker answers to this task, and to no other.
Slice answer_to(TaskId id);

/// Watches what goes into a Scheduler and what comes out, and knows the rules of docs/scheduling.md
/// by itself: it keeps its own books of who has which task and who is to blame, without looking
/// into the Scheduler. Every rule that is broken becomes one line in problems().
class Referee {
 public:
  explicit Referee(const SchedulerOptions& options) : options_(options) {}

  /// In the order of the simulated world: before handle() gets the event ...
  void before(const Event& event, const Scheduler& scheduler);
  /// ... and for each of the actions, in order.
  void see(const Action& action, const Scheduler& scheduler);
  /// What can only be said when all is over.
  void at_end(const Scheduler& scheduler);

  struct TaskBook {
    int deliveries = 0;
    Outcome outcome = Outcome::Ok;
    WorkerId holder = kNoWorker;  ///< in flight there
    std::uint32_t sends = 0;
    std::uint32_t crashes = 0;   ///< deaths it was blamed for
    std::uint32_t failures = 0;  ///< errors and time-outs
    std::uint32_t refusals = 0;
    RunId run = kNoRun;
    bool alone = false;
    bool lost_before = false;  ///< it was under way in a connection of several when that was lost
    bool apart = false;        ///< ... twice
    bool for_unused = false;   ///< what a worker that retired was at
    std::uint32_t retirements = 0;  ///< of workers that had it first and answered nothing
    bool malformed = false;
    std::uint32_t gang = 0;  ///< of its own: so many members
    bool was_sent = false;   ///< also as a place of a gang
    bool withdrawn = false;  ///< before that
    bool refused_payload = false;
    // Of a sub-task:
    TaskId parent{};
    std::uint32_t depth = 0;
    bool dropped = false;  ///< the attempt that submitted it is over
    // Of any:
    std::vector<TaskId> children;   ///< submitted by the attempt under way
    std::uint32_t taken_along = 0;  ///< what ran inside of it has ended its worker
    std::string message;
  };
  struct WorkerBook {
    enum class Phase : std::uint8_t { None, Starting, Live, Closing, Unusable, Retiring, Killed };
    Phase phase = Phase::None;
    std::uint32_t key = 0;
    std::uint32_t connection = 0;
    std::uint32_t starts = 0;
    std::uint32_t parallel = 1;
    std::uint32_t window_max = 0;
    bool remote = false;
    bool heard = false;  ///< this process has said hello
    bool closed = false;
    bool stop_kill = false;  ///< killed because the run is to end
    std::deque<TaskId> in_flight;
    /// What waits for its sub-tasks, in front, and what is behind it; the innermost last.
    struct Waiting {
      std::deque<TaskId> tasks;
      bool ends = false;
    };
    std::vector<Waiting> waiting;
    std::uint32_t answers = 0;
    std::uint32_t outermost = 0;            ///< tasks given to this process that are no sub-tasks
    std::uint32_t given = 0, answered = 0;  ///< of this process
    bool former = false;                    ///< the process before this one has not ended
    bool spent = false;                     ///< this process, as WorkerSpent said
    std::uint32_t most_in_flight = 0;
    GangId gang = kNoGang;  ///< whose place it has
    std::uint32_t rank = 0;
  };
  /// One attempt of a gang.
  struct GangBook {
    TaskId task{};
    std::uint32_t size = 0, places = 0, succeeded = 0;
    bool broken = false;  ///< by what a member did, or by the clock
    bool told = false;    ///< and the scheduler has said so
    std::vector<WorkerId> owing;
  };
  const std::vector<TaskBook>& tasks() const { return tasks_; }
  const std::vector<WorkerBook>& workers() const { return workers_; }
  bool proven(std::uint32_t key) const {
    const auto found = proven_.find(key);
    return found != proven_.end() && found->second;
  }
  const std::vector<std::string>& problems() const { return problems_; }
  void problem(std::string text) { problems_.push_back(std::move(text)); }

 private:
  void before(const SlotAdded& event);
  void before(const TaskArrived& event);
  void before(const TaskMalformed& event);
  void before(const TaskWithdrawn& event);
  void before(const WorkerUp& event);
  void before(const WorkerHello& event);
  void before(const WorkerUnusable& event);
  void before(const WorkerRetires& event);
  void before(const WorkerSpent& event);
  void before(const Answered& event);
  void before(const PayloadRefused& event);
  void before(const SubtasksArrived& event);
  void before(const TaskWaits& event);
  void before(const WorkerGone& event);
  void before(const FormerEnded& event);
  void before(const ConnectionLost& event);
  template <typename Other>
  void before(const Other&) {}

  void see(const StartWorker& action);
  void see(const SendTask& action);
  void see(const CloseInput& action);
  void see(const HandOver& action);
  void see(const KillWorker& action);
  void see(const KillFormer& action);
  void see(const DeliverTask& action);
  void see(const RetryTask& action);
  void see(const GangBroken& action);
  void see(const GangShrinks& action);
  void see(const FamilyEnded& action);
  void see(const WorkerRests& action);
  void see(const SlotPaused& action);
  void see(const SlotClosed& action);

  bool is_too_large(const TaskBook& of) const;
  void charge(WorkerBook& dead);
  void see_place(const SendTask& action);
  void see_subtask(const SendTask& action);
  void end_family(TaskId parent);
  void go_on(WorkerBook& worker);
  void unwind(WorkerBook& worker);
  void unwind_last(WorkerBook& worker);
  bool is_below(TaskId id, TaskId parent);
  bool breaks_gang(WorkerBook& member);
  void leave_gang(WorkerBook& member);
  void check_gangs();
  void has_gone(WorkerBook& dead);
  bool ends_another(WorkerId id) const;
  void look_at_neighbours(WorkerId gone);
  void check_neighbours();
  void check_outcome(const DeliverTask& action, const TaskBook& task);
  void expect(bool holds, const std::string& what);
  TaskBook& task(TaskId id) {
    return is_subtask(id) ? subtasks_.at(number(id) - kFirstSubtask) : tasks_.at(number(id));
  }
  RunId run_of(TaskId id) {
    while (is_subtask(id)) id = task(id).parent;
    return task(id).run;
  }
  WorkerBook& worker(WorkerId id) { return workers_.at(number(id)); }

  SchedulerOptions options_;
  const Scheduler* scheduler_ = nullptr;
  const Answered* answer_ = nullptr;  ///< the event at hand
  bool ended_by_us_ = false;    ///< the event at hand is the end of a worker that spread killed
  std::vector<TaskId> blamed_;  ///< by the event at hand
  std::map<GangId, GangBook> gangs_;
  std::vector<TaskId> dropped_now_;  ///< sub-tasks, by the event at hand
  /// The other workers of a connection, as they were before one of them ended.
  struct Neighbour {
    WorkerId worker{};
    bool live = false;
    std::uint32_t window = 0, deaths = 0, launch_failures = 0;
    TimePoint not_before{};
  };
  static Neighbour neighbour(WorkerId id, const Slot& slot);
  std::vector<Neighbour> neighbours_;
  std::vector<TaskBook> tasks_, subtasks_;
  std::vector<WorkerBook> workers_;
  std::uint32_t connections_ = 0;
  std::map<std::uint32_t, bool> proven_;
  std::map<std::uint32_t, std::uint32_t> silent_deaths_;  ///< by key: that tasks were charged with
  std::vector<std::string> problems_;
  Event event_;
};

}  // namespace spread::simulation
