#include "referee.h"

#include <algorithm>
#include <utility>

namespace spread::simulation {

std::string name(TaskId id) { return "task " + std::to_string(number(id)); }
std::string name(WorkerId id) { return "worker " + std::to_string(number(id)); }

Slice answer_to(TaskId id) { return Slice::copy_of(as_bytes("answer to " + name(id))); }

void Referee::expect(bool holds, const std::string& what) {
  if (!holds) problem(what);
}

void Referee::before(const Event& event, const Scheduler& scheduler) {
  scheduler_ = &scheduler;
  check_neighbours();
  check_gangs();
  event_ = event;
  answer_ = std::get_if<Answered>(&event_);
  ended_by_us_ = false;
  blamed_.clear();
  dropped_now_.clear();
  std::visit([&](const auto& e) { before(e); }, event_);
}

void Referee::see(const Action& action, const Scheduler& scheduler) {
  scheduler_ = &scheduler;
  std::visit([&](const auto& a) { see(a); }, action);
}

void Referee::before(const SlotAdded& event) {
  const std::uint32_t connection =
      event.joins == kNoWorker ? connections_++ : worker(event.joins).connection;
  workers_.emplace_back();
  workers_.back().key = event.key;
  workers_.back().remote = event.remote;
  workers_.back().connection = connection;
}

void Referee::before(const TaskArrived& event) {
  tasks_.emplace_back();
  tasks_.back().gang = event.gang;
  tasks_.back().run = event.run;
}

void Referee::before(const TaskMalformed&) {
  tasks_.emplace_back();
  tasks_.back().malformed = true;
}

void Referee::before(const TaskWithdrawn& event) {
  if (number(event.id) >= tasks_.size()) return;
  TaskBook& of = task(event.id);
  of.withdrawn = of.deliveries == 0 && !of.was_sent && !of.malformed;
}

void Referee::before(const WorkerUp& event) {
  if (worker(event.worker).phase == WorkerBook::Phase::Starting) {
    worker(event.worker).phase = WorkerBook::Phase::Live;
    worker(event.worker).heard = false;
  }
}

void Referee::before(const WorkerHello& event) {
  worker(event.worker).heard = true;
  worker(event.worker).parallel = std::max(1u, event.slots);
  worker(event.worker).window_max = event.window_max;
}

void Referee::before(const WorkerUnusable& event) {
  WorkerBook& broken = worker(event.worker);
  if (broken.phase == WorkerBook::Phase::Live) broken.phase = WorkerBook::Phase::Unusable;
}

void Referee::before(const WorkerSpent& event) {
  worker(event.worker).spent = worker(event.worker).phase == WorkerBook::Phase::Live;
}

/// All that it has goes back unblamed; what it was at is noted.
void Referee::before(const WorkerRetires& event) {
  WorkerBook& from = worker(event.worker);
  if (from.phase == WorkerBook::Phase::Killed) return;
  const bool useless = from.answered == 0;
  if (useless && ((from.in_flight.empty() && from.waiting.empty()) || !proven(from.key))) {
    from.phase = WorkerBook::Phase::Unusable;
    return;
  }
  from.phase = WorkerBook::Phase::Retiring;
  unwind(from);
  for (const TaskId id : from.in_flight) {
    const bool parent = id == from.in_flight.front() && !task(id).children.empty();
    if (parent || is_below(from.in_flight.front(), id)) ++task(id).taken_along;
    end_family(id);
  }
  if (from.gang != kNoGang) {
    if (breaks_gang(from) && useless) ++task(from.in_flight.front()).retirements;
    leave_gang(from);
    return;
  }
  const std::size_t at_work = std::min<std::size_t>(from.parallel, from.in_flight.size());
  for (std::size_t i = 0; i < from.in_flight.size(); ++i) {
    TaskBook& back = task(from.in_flight[i]);
    back.holder = kNoWorker;
    if (i >= from.parallel) continue;
    back.for_unused = true;
    if (useless && at_work == 1) ++back.retirements;
    if (useless && at_work > 1) back.alone = true;
  }
  from.in_flight.clear();
}

void Referee::before(const Answered& event) {
  WorkerBook& from = worker(event.worker);
  TaskBook& about = task(event.task);
  const bool in_gang = from.gang != kNoGang;
  const bool counts = !about.dropped && (!in_gang || !gangs_.at(from.gang).broken);
  end_family(event.task);
  const auto has_it = [&] {
    return std::find(from.in_flight.begin(), from.in_flight.end(), event.task) !=
           from.in_flight.end();
  };
  while (!from.waiting.empty() && !has_it()) unwind_last(from);
  if (in_gang && event.kind == AnswerKind::Ok) {
    ++gangs_.at(from.gang).succeeded;
  } else if (in_gang) {
    breaks_gang(from);
  }
  if (in_gang) leave_gang(from);
  std::erase(from.in_flight, event.task);
  go_on(from);
  about.holder = kNoWorker;
  if (event.kind == AnswerKind::Busy) {
    if (counts) ++about.refusals;
    return;
  }
  ++from.answers;
  ++from.answered;
  proven_[from.key] = true;
  if (event.kind != AnswerKind::Ok && counts) ++about.failures;
}

void Referee::before(const PayloadRefused& event) {
  if (worker(event.worker).gang != kNoGang) {
    breaks_gang(worker(event.worker));
    leave_gang(worker(event.worker));
  }
  std::erase(worker(event.worker).in_flight, event.task);
  task(event.task).holder = kNoWorker;
  task(event.task).refused_payload = true;
  --worker(event.worker).given;
  if (!is_subtask(event.task)) --worker(event.worker).outermost;
  go_on(worker(event.worker));
}

/// It died of something that it was working on.
void Referee::charge(WorkerBook& dead) {
  if (dead.parallel > 1 && dead.in_flight.size() > 1) {
    const std::size_t suspects = std::min<std::size_t>(dead.parallel, dead.in_flight.size());
    for (std::size_t i = 0; i < suspects; ++i) task(dead.in_flight[i]).alone = true;
    return;
  }
  if (dead.gang != kNoGang && !breaks_gang(dead)) return;
  if (task(dead.in_flight.front()).dropped) return;
  blamed_.push_back(dead.in_flight.front());
  ++task(blamed_.back()).crashes;
  if (dead.gang == kNoGang) task(blamed_.back()).alone = true;
}

void Referee::has_gone(WorkerBook& dead) {
  if (dead.gang != kNoGang) {
    breaks_gang(dead);
    leave_gang(dead);
  }
  unwind(dead);
  for (const TaskId id : dead.in_flight) {
    task(id).holder = kNoWorker;
    if (is_below(dead.in_flight.front(), id)) ++task(id).taken_along;
    end_family(id);
  }
  dead.in_flight.clear();
  dead.phase = WorkerBook::Phase::None;
  dead.parallel = 1;
  dead.window_max = 0;
  dead.stop_kill = false;
  dead.given = dead.answered = dead.outermost = 0;
  dead.spent = false;
}

Referee::Neighbour Referee::neighbour(WorkerId id, const Slot& slot) {
  return {id,
          slot.state() == SlotState::Live,
          slot.window.size(false, slot.parallel),
          slot.deaths,
          slot.launch_failures,
          slot.not_before};
}

void Referee::look_at_neighbours(WorkerId gone) {
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i].connection != worker(gone).connection || WorkerId{i} == gone) continue;
    neighbours_.push_back(neighbour(WorkerId{i}, scheduler_->slot(WorkerId{i})));
  }
}

/// That one worker of a connection has ended is no news about the others: they keep their windows
/// and their records, and what pauses does not pause for longer.
void Referee::check_neighbours() {
  for (const Neighbour& before : std::exchange(neighbours_, {})) {
    if (scheduler_->stopping()) return;
    const Neighbour now = neighbour(before.worker, scheduler_->slot(before.worker));
    const std::string what = " of " + name(before.worker) + " changes since another one died";
    expect(now.live == before.live, "the state" + what);
    expect(now.window == before.window, "the window" + what);
    expect(now.deaths == before.deaths, "the deaths" + what);
    expect(now.launch_failures == before.launch_failures, "the failed starts" + what);
    expect(now.not_before <= before.not_before, "the pause" + what);
  }
}

void Referee::before(const FormerEnded& event) {
  expect(std::exchange(worker(event.worker).former, false),
         name(event.worker) + " has no former process to end");
}

void Referee::before(const WorkerGone& event) {
  look_at_neighbours(event.worker);
  WorkerBook& dead = worker(event.worker);
  unwind(dead);
  const bool ours = dead.phase == WorkerBook::Phase::Killed;
  ended_by_us_ = ours;
  // A part of the run that went before has shown that it works.
  std::uint32_t& silent = silent_deaths_[dead.key];
  const bool trusted = options_.worked_before && !dead.remote && silent < kTrustedDeaths;
  const bool launch = (!proven(dead.key) && !trusted) || event.cause == EndCause::NotStarted ||
                      event.cause == EndCause::PrepFailed || event.cause == EndCause::IsRelay;
  if (!ours && !launch && !dead.in_flight.empty()) {
    if (!dead.heard) ++silent;
    charge(dead);
  }
  has_gone(dead);
}

/// One verdict for all: a task is blamed only where nothing else was under way, or where it was
/// apart from all others that had been under way in two losses.
void Referee::before(const ConnectionLost& event) {
  std::vector<WorkerBook*> gone, busy;
  for (WorkerBook& each : workers_) {
    if (each.connection != number(event.connection) || each.phase == WorkerBook::Phase::None) {
      continue;
    }
    gone.push_back(&each);
    unwind(each);
    const bool broken = (each.gang != kNoGang && gangs_.at(each.gang).broken) ||
                        (!each.in_flight.empty() && task(each.in_flight.front()).dropped);
    if (each.phase != WorkerBook::Phase::Killed && !each.in_flight.empty() && !broken) {
      busy.push_back(&each);
    }
  }
  const bool launch = event.cause == EndCause::NotStarted || busy.empty() || !proven(busy[0]->key);
  if (!launch && busy.size() == 1) charge(*busy[0]);
  bool one_apart = false;  // beside gangs, which are charged each
  for (WorkerBook* each : busy) {
    if (launch || busy.size() == 1) break;
    if (each->gang != kNoGang) {
      charge(*each);
      continue;
    }
    const std::size_t working = std::min<std::size_t>(each->parallel, each->in_flight.size());
    for (std::size_t i = 0; i < working; ++i) {
      TaskBook& under_way = task(each->in_flight[i]);
      if (under_way.apart && !std::exchange(one_apart, true)) {
        blamed_.push_back(each->in_flight[i]);
        ++under_way.crashes;
      } else if (std::exchange(under_way.lost_before, true)) {
        under_way.apart = under_way.alone = true;
      }
    }
  }
  for (WorkerBook* each : gone) has_gone(*each);
}

/// The end of one worker is no reason to end the others of its connection.
bool Referee::ends_another(WorkerId id) const {
  const auto* ended = std::get_if<WorkerGone>(&event_);
  return ended != nullptr && ended->worker != id && !scheduler_->stopping() &&
         workers_.at(number(ended->worker)).connection == workers_.at(number(id)).connection;
}

void Referee::see(const StartWorker& action) {
  WorkerBook& started = worker(action.worker);
  expect(started.phase == WorkerBook::Phase::None,
         name(action.worker) + " is started while it has a process");
  expect(!options_.once || started.starts == 0, name(action.worker) + " is started twice in `all`");
  expect(!scheduler_->stopping(), name(action.worker) + " is started after the stop");
  started.phase = WorkerBook::Phase::Starting;
  started.closed = false;
  ++started.starts;
}

void Referee::see(const SendTask& action) {
  const bool nested = !worker(action.worker).waiting.empty();
  if (is_subtask(action.task)) see_subtask(action);
  if (!is_subtask(action.task)) {
    expect(!nested, name(action.task) + " is sent to one that waits for sub-tasks");
  }
  if (action.place.gang != kNoGang) see_place(action);
  WorkerBook& to = worker(action.worker);
  TaskBook& sent = task(action.task);
  const std::string what = name(action.task) + " to " + name(action.worker) + ": ";
  expect(to.phase == WorkerBook::Phase::Live, what + "that is not live");
  expect(sent.deliveries == 0, what + "sent after its final outcome");
  const bool in_gang = action.place.gang != kNoGang;
  expect(sent.holder == kNoWorker, what + "in flight twice");
  expect(in_gang == (options_.gang > 0 || sent.gang > 0),
         what + "its gang is missing, or it needs none");
  expect(nested || !scheduler_->stopping(), what + "sent after the stop");
  expect(!sent.alone || to.in_flight.empty(), what + "should be alone, but others are in flight");
  expect(to.in_flight.empty() || !task(to.in_flight.front()).alone,
         what + "sent behind one that should be alone");
  expect(nested || to.in_flight.empty() || task(to.in_flight.front()).gang == 0,
         what + "sent behind one that is a gang's");
  const bool nothing_behind = sent.alone || sent.gang > 0;
  expect(nested || scheduler_->slot(action.worker).has_alone_task() == nothing_behind,
         what + (sent.alone ? "others may follow it" : "it runs alone and need not"));
  expect(action.payload.size() > 0, what + "no payload");
  for (const TaskId other : to.in_flight) {
    expect(run_of(other) == run_of(action.task), what + "that has tasks of another run");
  }
  for (const WorkerBook& other : workers_) {
    if (!sent.apart || nested || other.connection != to.connection || other.in_flight.empty())
      continue;
    expect(!task(other.in_flight.front()).apart,
           what + "should be apart from one that is under way in the same connection");
  }
  for (const WorkerBook& other : workers_) {
    if (!sent.for_unused || to.given == 0 || nested) break;
    expect(other.phase != WorkerBook::Phase::Starting,
           what + "that has had others, while one is started that has not");
  }
  expect(!sent.withdrawn, what + "that was withdrawn");
  sent.was_sent = true;
  sent.for_unused = false;
  ++to.given;
  if (!is_subtask(action.task)) ++to.outermost;
  expect(to.outermost <= options_.limits.max_tasks, what + "beyond --max-tasks");
  expect(nested || !to.spent, what + "that is spent");
  if (!in_gang) sent.holder = action.worker;
  if (!in_gang) ++sent.sends;
  to.in_flight.push_back(action.task);
  to.most_in_flight = std::max(to.most_in_flight, static_cast<std::uint32_t>(to.in_flight.size()));
  std::uint32_t most = options_.window != 0 ? options_.window : 1024;
  if (to.window_max != 0) most = std::min(most, to.window_max);
  most = std::max(most, to.parallel);
  expect(to.in_flight.size() <= most, what + "beyond the window");
}

void Referee::see(const CloseInput& action) {
  WorkerBook& closed = worker(action.worker);
  expect(closed.phase == WorkerBook::Phase::Live || closed.phase == WorkerBook::Phase::Retiring,
         name(action.worker) + " closed but not live");
  expect(closed.in_flight.empty() || options_.holds_answers,
         name(action.worker) + " closed with tasks in flight");
  expect(!ends_another(action.worker), name(action.worker) + " is closed since another one died");
  closed.phase = WorkerBook::Phase::Closing;
}

void Referee::see(const HandOver& action) {
  WorkerBook& from = worker(action.worker);
  expect(options_.limits.overlap, name(action.worker) + " is handed over without --overlap");
  expect(from.phase == WorkerBook::Phase::Live, name(action.worker) + " handed over but not live");
  expect(from.in_flight.empty(), name(action.worker) + " handed over with tasks in flight");
  expect(from.answered > 0, name(action.worker) + " handed over and has done nothing");
  expect(!std::exchange(from.former, true), name(action.worker) + " has two former processes");
  has_gone(from);
}

void Referee::see(const KillFormer& action) {
  expect(worker(action.worker).former, name(action.worker) + " has no former process to kill");
}

void Referee::see(const KillWorker& action) {
  WorkerBook& killed = worker(action.worker);
  expect(killed.phase != WorkerBook::Phase::None && killed.phase != WorkerBook::Phase::Starting,
         name(action.worker) + " killed but has no process");
  expect(!ends_another(action.worker), name(action.worker) + " is killed since another one died");
  const bool owes = killed.phase == WorkerBook::Phase::Closing && !killed.in_flight.empty();
  if (killed.phase == WorkerBook::Phase::Live || owes) killed.phase = WorkerBook::Phase::Killed;
  if (scheduler_->stopping()) killed.stop_kill = true;
}

void Referee::see(const RetryTask& action) {
  expect(task(action.task).deliveries == 0, name(action.task) + " retried after its outcome");
  const bool just_now =
      std::find(dropped_now_.begin(), dropped_now_.end(), action.task) != dropped_now_.end();
  expect(!scheduler_->stopping() || just_now,
         name(action.task) + " is to be retried after the stop");
  // A time-out: the scheduler says so only by killing the worker.
  const bool lost = std::holds_alternative<ConnectionLost>(event_);
  if (ended_by_us_ || (lost && action.timed_out) || (action.gang != kNoGang && action.timed_out)) {
    ++task(action.task).failures;
  } else if (lost || std::holds_alternative<WorkerGone>(event_)) {
    expect(std::find(blamed_.begin(), blamed_.end(), action.task) != blamed_.end(),
           name(action.task) + " is blamed for the end of another's worker");
  }
}

void Referee::see(const WorkerRests& action) {
  expect(action.rest >= std::chrono::milliseconds(10) && action.rest <= std::chrono::seconds(1000),
         name(action.worker) + " rests for less than 0.01 s, or more than 1000 s");
}

void Referee::see(const SlotPaused& action) {
  const WorkerBook& paused = worker(action.worker);
  expect(paused.phase == WorkerBook::Phase::None, name(action.worker) + " pauses with a process");
  expect(action.pause > std::chrono::seconds(5), name(action.worker) + "'s pause is not long");
}

void Referee::see(const SlotClosed& action) {
  expect(worker(action.worker).phase == WorkerBook::Phase::None,
         name(action.worker) + "'s slot closed with a process in it");
  worker(action.worker).closed = true;
}

void Referee::see(const DeliverTask& action) {
  TaskBook& done = task(action.task);
  ++done.deliveries;
  expect(done.deliveries == 1, name(action.task) + " delivered twice");
  expect(done.holder == kNoWorker, name(action.task) + " delivered while in flight");
  // What ends its worker is settled first, and then what it ran inside of.
  const bool just_now =
      std::find(dropped_now_.begin(), dropped_now_.end(), action.task) != dropped_now_.end();
  expect(!done.dropped || just_now,
         name(action.task) + " delivered although it is not wanted any more");
  done.outcome = action.outcome;
  done.message = action.message;
  expect(!action.from_answer || (answer_ != nullptr && answer_->task == action.task),
         name(action.task) + " is delivered from an answer that is not at hand");
  const auto is_its_own = [&](const Slice& answer) {
    return as_text(answer.view()) == as_text(answer_to(action.task).view());
  };
  const bool of_gang = (options_.gang > 0 || done.gang > 0) && action.outcome == Outcome::Ok;
  expect(!action.from_answer || of_gang || is_its_own(action.answer),
         name(action.task) + " is delivered with an answer that is not its own");
  for (const Slice& answer : action.members) {
    expect(is_its_own(answer), name(action.task) + " is delivered with another's answers");
  }
  for (const auto& [id, gang] : gangs_) {
    if (gang.task != action.task || gang.broken) continue;
    expect(of_gang && gang.succeeded == gang.size && gang.owing.empty() &&
               action.members.size() == gang.size,
           name(action.task) + " is delivered before all of its gang have answered");
  }
  expect(action.withdrawn == std::exchange(done.withdrawn, false),
         name(action.task) + " is delivered, and not as it was withdrawn");
  // Its failure is only known to the referee from the delivery.
  if (action.timed_out) ++done.failures;
  check_outcome(action, done);
}

/// Its gang has more members than there are slots.
bool Referee::is_too_large(const TaskBook& of) const {
  const auto open = std::count_if(workers_.begin(), workers_.end(),
                                  [](const WorkerBook& each) { return !each.closed; });
  return of.gang > static_cast<std::size_t>(open);
}

void Referee::check_outcome(const DeliverTask& action, const TaskBook& done) {
  const std::string what = name(action.task) + " ";
  const FailureOptions& rules = options_.failure;
  switch (action.outcome) {
    case Outcome::Ok:
      expect(answer_ != nullptr && answer_->task == action.task && answer_->kind == AnswerKind::Ok,
             what + "is ok without an answer");
      return;
    case Outcome::Failed:
      expect(done.malformed || done.refused_payload || done.failures > 0,
             what + "failed without a failure");
      expect(done.malformed || done.refused_payload || scheduler_->stopping() ||
                 (rules.retries != 0 && done.failures >= rules.retries) ||
                 (answer_ != nullptr && answer_->kind == AnswerKind::Fatal),
             what + "failed with tries left");
      return;
    case Outcome::Lost:
      expect(done.crashes == rules.crash_retries || done.retirements == 3 ||
                 done.taken_along >= rules.crash_retries || scheduler_->stopping(),
             what + "lost after " + std::to_string(done.crashes) + " crashes");
      expect(done.crashes + done.retirements + done.taken_along > 0, what + "lost without a crash");
      return;
    case Outcome::NotComputed:
      expect(action.withdrawn || scheduler_->stopping() || (rules.max_busy && done.refusals > 0) ||
                 is_too_large(done),
             what + "not computed for no reason");
      expect(!action.message.empty(), what + "not computed and does not say why");
      return;
  }
}

void Referee::at_end(const Scheduler& scheduler) {
  std::uint64_t ok = 0, failed = 0, lost = 0, not_computed = 0;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    expect(tasks_[i].deliveries == 1,
           name(TaskId{i}) + " has " + std::to_string(tasks_[i].deliveries) + " outcomes");
    switch (tasks_[i].outcome) {
      case Outcome::Ok: ++ok; break;
      case Outcome::Failed: ++failed; break;
      case Outcome::Lost: ++lost; break;
      case Outcome::NotComputed: ++not_computed; break;
    }
  }
  for (std::size_t i = 0; i < subtasks_.size(); ++i) {
    expect(subtasks_[i].deliveries == 1 || subtasks_[i].dropped,
           "sub-task " + std::to_string(i) + " has no outcome");
  }
  const Scheduler::Counts& counts = scheduler.counts();
  expect(counts.arrived == tasks_.size(), "arrived is miscounted");
  expect(counts.ok == ok && counts.failed == failed && counts.lost == lost &&
             counts.not_computed == not_computed,
         "the outcomes are miscounted");
  expect(scheduler.live_workers() == 0, "workers are left at the end");
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    expect(!workers_[i].former, "a former process is left at the end");
    expect(workers_[i].phase == WorkerBook::Phase::None,
           name(WorkerId{static_cast<std::uint32_t>(i)}) + " has a process at the end");
    if (options_.once && !scheduler.stopping()) {
      expect(workers_[i].starts == 1, "`all` did not start every slot once");
    }
  }
}

}  // namespace spread::simulation
