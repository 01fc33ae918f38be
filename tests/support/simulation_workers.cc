// What the master's actions do to the simulated workers, and what happens inside them.
#include <algorithm>
#include <cmath>

#include "simulated_process.h"
#include "simulation.h"

namespace spread::simulation {
namespace {

// KILL comes so long after a TERM that did not help.
constexpr double kKillGrace = 5;

}  // namespace

// ---------------------------------------------------------------- actions

void Simulation::act(const StartWorker& action) {
  const SlotPlan& slot = slot_plan(action.worker);
  const std::uint32_t start = starts_[number(action.worker)]++;
  WorkerReport& report = reports_[number(action.worker)];
  if (report.first_start < 0) report.first_start = now();
  start_order_.push_back(action.worker);
  auto process = std::make_shared<Process>();
  process->worker = action.worker;
  process->random = Random(random_.next());
  if (!is_unfound_relay(action.worker) && !start_line(action.worker, *process)) return;
  if (start < slot.worker.exec_failures) {
    process->alive = false;
    to_master(now(), WorkerGone{action.worker, EndCause::NotStarted, false, "no such file"},
              process);
    return;
  }
  processes_[number(action.worker)] = process;
  process->spawned_at = now() + slot.spawn_seconds;
  to_master(process->spawned_at, WorkerUp{action.worker}, process);
  const double ready = process->spawned_at + slot.launch_seconds;
  if (process->line == nullptr && host_is_down(slot.host, now())) {
    process->why = "host unreachable";
    schedule(process->spawned_at + 1, {0, 0, Happening::Kind::Dies, process, {}, {}});
    return;
  }
  if (start < slot.worker.exec_failures + slot.worker.prep_failures) {
    process->why = "no model";
    process->cause_when_dying = EndCause::PrepFailed;
    schedule(ready, {0, 0, Happening::Kind::Dies, process, {}, {}});
    return;
  }
  if (report.ready < 0) report.ready = ready;
  schedule(ready, {0, 0, Happening::Kind::Ready, process, {}, {}});
  if (slot.worker.crash_while_idle > 0) {
    process->why = "killed by signal 9";
    const double life = -std::log(1 - random_.uniform()) / slot.worker.crash_while_idle;
    schedule(ready + life, {0, 0, Happening::Kind::Dies, process, {}, {}});
  }
}

void Simulation::act(const SendTask& action) {
  const std::shared_ptr<Process>& process = processes_[number(action.worker)];
  if (process == nullptr) {
    return referee_.problem("task " + std::to_string(number(action.task)) + " is sent to worker " +
                            std::to_string(number(action.worker)) + ", which has no process");
  }
  const bool its_own =
      !action.payload.body.empty() && action.payload.size() == plan(action.task).bytes;
  if (!its_own) {
    return referee_.problem("task " + std::to_string(number(action.task)) +
                            " is sent with a payload that is not its own");
  }
  if (plan(action.task).unsendable) {
    return hand_in(PayloadRefused{action.worker, action.task, "it cannot be sent"});
  }
  WorkerReport& report = reports_[number(action.worker)];
  if (report.first_task < 0) report.first_task = now();
  const double half = world_.hosts[slot_plan(action.worker).host].round_trip / 2;
  schedule(now() + half, {0, 0, Happening::Kind::Arrives, process, action.task, {}});
}

void Simulation::act(const CloseInput& action) {
  const std::shared_ptr<Process>& process = processes_[number(action.worker)];
  if (process == nullptr || !process->alive) return;
  if (world_.options.holds_answers) {
    // Tasks may be on their way: it is seen behind them.
    const double half = world_.hosts[slot_plan(action.worker).host].round_trip / 2;
    schedule(now() + half, {0, 0, Happening::Kind::Closes, process, {}, {}});
    return;
  }
  process->input_closed = true;
  work(process);
}

void Simulation::act(const HandOver& action) {
  const std::shared_ptr<Process> process =
      std::exchange(processes_[number(action.worker)], nullptr);
  formers_[number(action.worker)] = process;
  process->former = process->input_closed = true;
  if (process->alive) work(process);
}

void Simulation::act(const KillFormer& action) {
  const std::shared_ptr<Process>& process = formers_[number(action.worker)];
  if (process == nullptr || !process->alive) return;
  process->why = "killed by signal";
  process->clean = false;
  const double patience = slot_plan(action.worker).worker.dies_after_term;
  const double dies = action.gentle ? std::min(patience, kKillGrace) : 0;
  schedule(now() + dies, {0, 0, Happening::Kind::Dies, process, {}, {}});
}

void Simulation::act(const KillWorker& action) {
  const std::shared_ptr<Process>& process = processes_[number(action.worker)];
  if (process == nullptr || !process->alive) return;
  process->why = "killed by signal";
  process->clean = false;
  process->cause_when_dying = EndCause::Exited;
  const Referee::WorkerBook& book = referee_.workers()[number(action.worker)];
  if (slot_plan(action.worker).worker.ends_at_once && book.in_flight.empty() &&
      book.waiting.empty()) {
    process->alive = false;
    return hand_in(WorkerGone{action.worker, EndCause::Exited, false, process->why});
  }
  const double patience = slot_plan(action.worker).worker.dies_after_term;
  const double dies = action.gentle ? std::min(patience, kKillGrace) : 0;
  schedule(now() + dies, {0, 0, Happening::Kind::Dies, process, {}, {}});
}

void Simulation::act(const DeliverTask& action) {
  if (is_subtask(action.task)) return sub_finished(action.task);
  waits_.erase(action.task);
  last_delivery_ = now();
}

// ---------------------------------------------------------------- sub-tasks

/// What the master's edge keeps of them.
void Simulation::sub_finished(TaskId id) {
  const TaskId parent = subtasks_[number(id) - kFirstSubtask].parent;
  const auto wait = waits_.find(parent);
  if (wait == waits_.end()) return;
  std::erase(wait->second.open, id);
  if (wait->second.open.size() > wait->second.unwanted || !wait->second.begun) return;
  hand_in(TaskWaits{wait->second.process->worker, parent, false});
  end_wait(parent);
}

/// The question has its answer, which is on its way.
void Simulation::end_wait(TaskId parent) {
  const std::shared_ptr<Process> process = waits_.at(parent).process;
  waits_.erase(parent);
  const double half = world_.hosts[slot_plan(process->worker).host].round_trip / 2;
  schedule(now() + half, {0, 0, Happening::Kind::Resumes, process, parent, {}});
}

/// False: it need not wait, or is asked for what is over.
bool Simulation::begins_to_wait(const TaskWaits& event) {
  const auto wait = waits_.find(event.task);
  if (wait == waits_.end()) return false;
  wait->second.begun = true;
  if (wait->second.open.size() > wait->second.unwanted) return true;
  end_wait(event.task);
  return false;
}

void Simulation::act(const FamilyEnded& action) {
  const auto wait = waits_.find(action.parent);
  if (wait == waits_.end()) return;
  // One that is dropped is refused what it waits for.
  if (is_subtask(action.parent) && wait->second.begun) return end_wait(action.parent);
  waits_.erase(wait);
}

/// A worker's task submits some, and waits for them.
void Simulation::submit(const std::shared_ptr<Process>& process, TaskId task) {
  const TaskPlan how = plan(task);
  SubtasksArrived arrived{process->worker, task, {}};
  Wait wait;
  wait.process = process;
  wait.unwanted = how.unwanted;
  for (std::uint32_t i = 0; i < how.subtasks; ++i) {
    const TaskId id{kFirstSubtask + subtasks_.size()};
    Random& random = process->random;
    TaskPlan sub;
    sub.seconds = how.seconds * random.uniform(0.1, 0.6);
    sub.bytes = how.bytes;
    sub.poison = random.uniform() < world_.sub_poison;
    sub.hangs = random.uniform() < world_.sub_hangs;
    if (world_.sub_leaves > 0) sub.leaves = random.uniform() < world_.sub_leaves;
    if (random.uniform() < world_.sub_errors)
      sub.errors = static_cast<std::uint32_t>(1 + random.below(4));
    sub.levels = how.levels == 0 ? 0 : how.levels - 1;
    if (how.unwanted > 0) sub.unwanted = static_cast<std::uint32_t>(random.below(2));
    if (sub.levels > 0 && random.uniform() < 0.5) {
      sub.subtasks = static_cast<std::uint32_t>(1 + random.below(3));
    }
    subtasks_.push_back({sub, task, 0});
    Value payload;
    payload.body = Slice(payload_.body.block(), payload_.body.view().first(sub.bytes));
    arrived.subtasks.push_back({id, std::move(payload)});
    wait.open.push_back(id);
  }
  std::erase(process->working, task);
  process->waiting.push_back(task);
  waits_[task] = std::move(wait);
  const double half = world_.hosts[slot_plan(process->worker).host].round_trip / 2;
  to_master(now() + half, std::move(arrived), process);
  to_master(now() + half, TaskWaits{process->worker, task, true}, process);
  work(process);
}

void Simulation::resume(const std::shared_ptr<Process>& process, TaskId task) {
  process->resumed.push_back(task);
  work(process);
}

bool Simulation::is_below(TaskId id, TaskId parent) const {
  while (is_subtask(id)) {
    id = subtasks_[number(id) - kFirstSubtask].parent;
    if (id == parent) return true;
  }
  return false;
}

// ---------------------------------------------------------------- connections that are shared

/// False: the connection cannot be made, or has been lost already, and the news of it, which is on
/// its way, says so of this worker, too.
bool Simulation::start_line(WorkerId worker, Process& process) {
  const std::uint32_t id = connection_of_[number(worker)];
  const std::uint32_t first = first_slot_[id];
  const bool shared = first + 1 < world_.slots.size() && world_.slots[first + 1].shares_connection;
  if (!shared) return true;
  std::shared_ptr<Line>& line = lines_[id];
  if (line == nullptr) {
    line = std::make_shared<Line>();
    line->id = id;
    const SlotPlan& plan = world_.slots[first];
    const bool down = host_is_down(plan.host, now());
    if (line_starts_[id]++ < plan.connection_failures || down) {
      cut(line, EndCause::NotStarted, now() + (down ? 1 : 0), "it cannot be made");
    } else if (plan.connection_dies > 0) {
      Happening dies;
      dies.kind = Happening::Kind::Cut;
      dies.line = line;
      schedule(now() - std::log(1 - random_.uniform()) / plan.connection_dies, std::move(dies));
    }
  }
  ++line->users;
  process.line = line;
  return line->alive;
}

void Simulation::cut(const std::shared_ptr<Line>& line, EndCause cause, double news_at,
                     std::string why) {
  if (!std::exchange(line->alive, false)) return;
  for (const std::shared_ptr<Process>& process : processes_) {
    if (process != nullptr && process->line == line) process->alive = false;
  }
  const double half = world_.hosts[world_.slots[first_slot_[line->id]].host].round_trip / 2;
  Happening news;
  news.line = line;
  news.event = ConnectionLost{ConnectionId{line->id}, cause, false, std::move(why)};
  schedule(news_at + half, std::move(news));
}

/// With its last worker a connection ends by itself.
void Simulation::left_line(WorkerId worker) {
  std::shared_ptr<Line>& line = lines_[connection_of_[number(worker)]];
  if (line == nullptr || --line->users > 0) return;
  line->alive = false;
  line.reset();
}

// ---------------------------------------------------------------- inside a worker

void Simulation::say_hello(const std::shared_ptr<Process>& process) {
  const SlotPlan& slot = slot_plan(process->worker);
  if (!slot.worker.hello) return;
  to_master(now() + world_.hosts[slot.host].round_trip / 2,
            WorkerHello{process->worker, slot.worker.window_max, slot.worker.parallel}, process);
}

void Simulation::work(const std::shared_ptr<Process>& process) {
  if (!process->ready) return;
  const SlotPlan& slot = slot_plan(process->worker);
  if (process->working.empty() && !process->waiting.empty()) {
    const TaskId innermost = process->waiting.back();
    if (std::erase(process->resumed, innermost) > 0) {
      process->waiting.pop_back();
      process->working.push_back(innermost);
      const double rest = plan(innermost).seconds * world_.hosts[slot.host].factor / 2;
      schedule(now() + rest, {0, 0, Happening::Kind::Done, process, innermost, {}});
    }
  }
  while (process->alive && process->working.size() < slot.worker.parallel &&
         !process->inbox.empty()) {
    // One that waits takes what it waits for, and leaves the rest for later.
    const auto next = std::find_if(process->inbox.begin(), process->inbox.end(), [&](TaskId each) {
      return process->waiting.empty() || is_below(each, process->waiting.back());
    });
    if (next == process->inbox.end()) break;
    const TaskId task = *next;
    process->inbox.erase(next);
    process->working.push_back(task);
    begin(process, task);
  }
  const bool holds = slot.worker.buffer > 0 && !process->input_closed;
  if (process->alive && process->working.empty() && process->inbox.empty() && !holds) {
    flush(process);
  }
  if (process->alive && process->input_closed && process->working.empty() &&
      process->waiting.empty() && process->inbox.empty()) {
    process->clean = true;
    process->why = "exit status 0";
    schedule(now() + slot.worker.tail_seconds, {0, 0, Happening::Kind::Dies, process, {}, {}});
  }
}

void Simulation::begin(const std::shared_ptr<Process>& process, TaskId task) {
  const SlotPlan& slot = slot_plan(process->worker);
  const TaskPlan& how = plan(task);
  const double seconds = how.seconds * world_.hosts[slot.host].factor;
  if (now() < slot.worker.busy_until && process->random.uniform() < slot.worker.busy) {
    answer(process, task, AnswerKind::Busy);
    std::erase(process->working, task);
    return;
  }
  if (how.hangs) return;
  if (how.cuts && process->line != nullptr) {
    Happening cut;
    cut.kind = Happening::Kind::Cut;
    cut.line = process->line;
    schedule(now() + seconds * process->random.uniform(), std::move(cut));
    return;
  }
  if (process->random.uniform() < slot.worker.leaves || how.leaves) return retire(process);
  if (how.poison || how.cuts || process->random.uniform() < slot.worker.crash) {
    process->why = "killed by signal 11";
    schedule(now() + seconds * process->random.uniform(),
             {0, 0, Happening::Kind::Dies, process, {}, {}});
    return;
  }
  if (process->random.uniform() < slot.worker.misbehave) {
    process->why = "not a frame";
    process->cause_when_dying = EndCause::Misbehaved;
    schedule(now() + seconds * process->random.uniform(),
             {0, 0, Happening::Kind::Dies, process, {}, {}});
    return;
  }
  reports_[number(process->worker)].busy_seconds += seconds;
  if (how.subtasks > 0) {
    return schedule(now() + seconds / 2, {0, 0, Happening::Kind::Submits, process, task, {}});
  }
  schedule(now() + seconds, {0, 0, Happening::Kind::Done, process, task, {}});
}

void Simulation::done(const std::shared_ptr<Process>& process, TaskId task) {
  std::erase(process->working, task);
  const SlotPlan& slot = slot_plan(process->worker);
  const TaskPlan& how = plan(task);
  const std::uint32_t attempt = attempts(task)++;
  const AnswerKind kind = how.fatal              ? AnswerKind::Fatal
                          : attempt < how.errors ? AnswerKind::Error
                                                 : AnswerKind::Ok;
  ++reports_[number(process->worker)].done;
  if (slot.worker.buffer > 0) {
    process->held.emplace_back(task, kind);
    if (process->held.size() >= slot.worker.buffer) flush(process);
  } else if (slot.worker.holds_answers > 0 && !process->inbox.empty()) {
    if (process->held.empty()) {
      schedule(now() + slot.worker.holds_answers, {0, 0, Happening::Kind::Flush, process, {}, {}});
    }
    process->held.emplace_back(task, kind);
  } else {
    flush(process);
    answer(process, task, kind);
  }
  ++process->answers;
  if (slot.worker.exits_after != 0 && process->answers >= slot.worker.exits_after) {
    if (slot.worker.retires) return retire(process);
    flush(process);
    die(process, EndCause::Exited, true, "exit status 0");
    return;
  }
  work(process);
}

void Simulation::answer(const std::shared_ptr<Process>& process, TaskId task, AnswerKind kind) {
  const SlotPlan& slot = slot_plan(process->worker);
  const double arrives = now() + world_.hosts[slot.host].round_trip / 2;
  reports_[number(process->worker)].last_answer = arrives;
  Answered answered{process->worker, task, kind, slot.worker.busy_seconds, answer_to(task)};
  to_master(arrives, std::move(answered), process);
}

void Simulation::flush(const std::shared_ptr<Process>& process) {
  for (const auto& [task, kind] : std::exchange(process->held, {})) answer(process, task, kind);
}

/// It says so, and ends when it has written its tail.
void Simulation::retire(const std::shared_ptr<Process>& process) {
  flush(process);
  const SlotPlan& slot = slot_plan(process->worker);
  to_master(now() + world_.hosts[slot.host].round_trip / 2, WorkerRetires{process->worker},
            process);
  process->ready = false;
  process->clean = true;
  process->why = "exit status 0";
  schedule(now() + slot.worker.tail_seconds, {0, 0, Happening::Kind::Dies, process, {}, {}});
}

void Simulation::die(const std::shared_ptr<Process>& process, EndCause cause, bool clean,
                     std::string why) {
  process->alive = false;
  if (cause == EndCause::Misbehaved) to_master(now(), WorkerUnusable{process->worker}, process);
  const double half = world_.hosts[slot_plan(process->worker).host].round_trip / 2;
  const double killed = cause == EndCause::Misbehaved ? 0.01 : 0;  // the master has to kill it
  to_master(std::max(now() + half + killed, process->spawned_at),
            WorkerGone{process->worker, cause, clean, std::move(why)}, process);
}

}  // namespace spread::simulation
