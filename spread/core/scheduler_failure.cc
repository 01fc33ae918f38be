// What follows from a failure: is the task tried again, is the slot used again, whose fault was it
// (docs/scheduling.md, "Whose fault it was").
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"
#include "spread/core/verdict.h"

namespace spread {
namespace {

// The longest pause of a worker whose argument list has answered, while no other one of it lives.
constexpr Duration kPauseOfTheLast = std::chrono::seconds(1);

}  // namespace

void Scheduler::deliver(TaskIndex i, DeliverTask how, Actions& actions) {
  how.task = tasks_[i].id;
  how.attempts = tasks_[i].attempts;
  how.payload = std::move(tasks_[i].payload);
  const Outcome outcome = how.outcome;
  actions.emplace_back(std::move(how));
  erase(i, outcome, actions);
}

/// It has its outcome. A sub-task's is its parent's business alone.
void Scheduler::erase(TaskIndex i, Outcome outcome, Actions& actions) {
  end_family(i, actions);
  const TaskId id = tasks_[i].id;
  const TaskIndex parent = tasks_[i].parent;
  taken_along_.erase(i);
  tasks_.erase(i);
  if (is_subtask(id)) return families_.remove(parent, i, id);
  count_final(outcome, actions);
}

void Scheduler::count_outcome(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: ++counts_.ok; break;
    case Outcome::Failed: ++counts_.failed; break;
    case Outcome::Lost: ++counts_.lost; break;
    case Outcome::NotComputed: ++counts_.not_computed; break;
  }
  halt_.finished(outcome);
}

void Scheduler::count_final(Outcome outcome, Actions& actions) {
  count_outcome(outcome);
  if (options_.halt.when != HaltOptions::When::Never) check_halt(actions);
}

/// It goes back to the queue, and with its attempt its sub-tasks are over.
void Scheduler::requeue(TaskIndex i, Actions& actions) {
  end_family(i, actions);
  tasks_.give_back(i);
}

/// deliver() of a success: made in its place, since nearly every task comes this way.
void Scheduler::deliver_value(TaskIndex i, Answered& answered, Duration duration, bool first,
                              Actions& actions) {
  DeliverTask& how = std::get<DeliverTask>(actions.emplace_back(std::in_place_type<DeliverTask>));
  how.task = tasks_[i].id;
  how.worker = answered.worker;
  how.attempts = tasks_[i].attempts;
  how.duration = duration;
  how.first = first;
  how.from_answer = true;
  how.answer = std::move(answered.answer);
  how.job = std::move(answered.job);
  how.payload = std::move(tasks_[i].payload);
  erase(i, Outcome::Ok, actions);
}

void Scheduler::check_halt(Actions& actions) {
  if (halt_reached_ || stopping_ || !halt_.reached()) return;
  halt_reached_ = true;
  stop("--halt was reached", actions);
  if (halt_.now()) kill_all(true, "--halt now was reached", actions);
}

/// By a signal or an error, and not by --halt, which is an end as good as any.
bool Scheduler::is_cut_off() const { return stopping_ && !halt_reached_; }

void Scheduler::attempt_failed(TaskIndex i, DeliverTask how, Actions& actions) {
  Task& task = tasks_[i];
  if (is_list(i)) {
    how.outcome = Outcome::Failed;
    return list_failed(i, how, "its list failed; it is tried by itself", false, actions);
  }
  ++task.failures;
  task.refused_since.reset();
  if (after_failure(task, options_.failure, stopping_) == Verdict::Final) {
    how.outcome = Outcome::Failed;
    how.cut_short = is_cut_off() && after_failure(task, options_.failure, false) != Verdict::Final;
    deliver(i, std::move(how), actions);
    return;
  }
  ++counts_.retried;
  task.singly = options_.chunk > 1;
  task.avoid = how.worker;
  actions.emplace_back(RetryTask{task.id, how.worker, task.attempts, how.timed_out,
                                 std::move(how.message), "it failed and has tries left",
                                 how.duration, how.first, how.from_answer, std::move(how.answer),
                                 std::move(how.job), how.gang, how.rank});
  requeue(i, actions);
}

// ---------------------------------------------------------------- busy

Scheduler::Active Scheduler::active() const {
  Active active;
  pool_.each(Group::Live, [&](const Slot& each) {
    active.usefulness += each.usefulness.value();
    ++active.workers;
  });
  return active;
}

BusyState Scheduler::busy_state(const Slot& refuser, TimePoint now) {
  // In a storm of refusals a sum over all slots for each would be quadratic.
  constexpr Duration kGoodFor = std::chrono::milliseconds(10);
  if (usefulness_at_ == TimePoint::min() || now - usefulness_at_ > kGoodFor) {
    usefulness_ = 0;
    useful_ = 0;
    pool_.each(Group::Live, [&](const Slot& each) {
      usefulness_ += each.usefulness.value();
      ++useful_;
    });
    usefulness_at_ = now;
  }
  BusyState state;
  state.usefulness = refuser.usefulness.value();
  state.total_usefulness = usefulness_;
  state.queued = tasks_.queued();
  return state;
}

void Scheduler::attempt_refused(Slot& refuser, TaskIndex i, const Answered& event,
                                Duration duration, TimePoint now, Actions& actions) {
  if (const auto refused = task_of_failed(i, "it is busy", actions)) {
    const bool list = is_list(refused->task);
    for (const TaskIndex each : take_apart(refused->task)) {
      Task& task = tasks_[each];
      ++counts_.refused;
      --task.attempts;
      task.avoid = refuser.id;
      // One of a list may be why, and is found alone: it must not make --max-busy fail the others.
      task.singly |= list;
      if (!list && !task.refused_since) {
        task.refused_since = now;
        next_refusal_end_ = std::min(next_refusal_end_, refusals_end(task, options_.failure));
      }
      requeue(each, actions);
    }
  }
  // Counted once within a rest.
  if (refuser.state() != SlotState::Live || refuser.resting()) return;

  refuser.usefulness.refused();
  ++pool_.key_of(refuser).refusals;
  refuser.window.restart();
  BusyState state = busy_state(refuser, now);
  state.asked_seconds = event.busy_seconds;
  state.refusal = duration;
  const Duration rest = busy_rest(state, random_);
  refuser.not_before = after(now, rest);
  // A gang may need as many as there are.
  const bool can_do_without = input_ended_ && options_.gang == 0 && tasks_.gangs_queued() == 0;
  if (!refuser.has_tasks() && can_do_without && should_retire(state, useful_)) {
    pool_.set_retired(refuser, true);
    usefulness_at_ = TimePoint::min();
    pool_.set_state(refuser, SlotState::Closing);
    actions.push_back(CloseInput{refuser.id, "it is busy, and there are more workers than tasks"});
    return;
  }
  pool_.set_resting(refuser, true);
  alarms_.set(refuser.id, refuser.not_before);
  actions.push_back(WorkerRests{refuser.id, event.task, event.busy_seconds, rest, event.answer});
}

/// --max-busy.
void Scheduler::give_up_refused(TimePoint now, Actions& actions) {
  next_refusal_end_ = kForever;
  std::vector<TaskIndex> given_up;
  const auto look = [&](TaskIndex i) {
    const TimePoint end = refusals_end(tasks_[i], options_.failure);
    if (now >= end) {
      given_up.push_back(i);
    } else {
      next_refusal_end_ = std::min(next_refusal_end_, end);
    }
  };
  tasks_.again().each(look);
  tasks_.each_gang(look);
  for (const TaskIndex i : given_up) {
    if (stopping_) return;  // --halt: the rest of the queue has got its outcome
    tasks_[i].size > 0 ? tasks_.take_gang(i) : tasks_.take_again(i);
    DeliverTask how;
    how.outcome = Outcome::NotComputed;
    how.error_type = "Busy";
    how.message = "every worker that it was given to was busy, for longer than --max-busy";
    deliver(i, std::move(how), actions);
  }
}

// ---------------------------------------------------------------- the end of a worker

/// The task at `place` of the worker's queue goes back unblamed.
void Scheduler::give_back(Slot& from, std::size_t place, TimePoint now, Actions& actions) {
  const TaskIndex held = take_in_flight(from, place, now).task;
  if (const auto back = task_of_failed(held, "its worker ended", actions)) {
    queue_again(back->task, actions);
  }
}

/// As if it had not been sent this time; of a list, each of its tasks.
void Scheduler::queue_again(TaskIndex head, Actions& actions) {
  for (const TaskIndex i : take_apart(head)) {
    SPREAD_ASSERT(tasks_[i].attempts > 0);
    --tasks_[i].attempts;
    requeue(i, actions);
  }
}

void Scheduler::give_back_all(Slot& from, TimePoint now, Actions& actions) {
  while (!from.in_flight().empty()) give_back(from, from.in_flight().size() - 1, now, actions);
}

void Scheduler::on(WorkerGone& event, TimePoint now, Actions& actions) {
  Slot& ended = pool_[event.worker];
  const SlotState state = ended.state();
  SPREAD_ASSERT(ended.has_worker() || state == SlotState::Starting);
  const KillReason killed_for = std::exchange(ended.killed_for, KillReason::None);
  if (event.cause != EndCause::Exited || !event.clean) last_death_ = event.reason;
  const bool rests = ended.resting();
  pool_.unwind(ended, now);
  pool_.vacate(ended);

  if (options_.once) {
    pool_.set_state(ended, SlotState::Closed);
    halt_.finished(event.clean ? Outcome::Ok : Outcome::Failed);
    check_halt(actions);
    return;
  }
  TimePoint not_before = now;
  if (state == SlotState::Closing && ended.in_flight().empty()) {
    // Its work is done; or it was too busy, and then it has a rest to keep.
    if (ended.retired() || rests) not_before = std::max(now, ended.not_before);
    if (ended.deaths > 0) not_before = std::max(not_before, pause_end(ended, ended.deaths, now));
  } else {
    not_before = settle_end(ended, event, killed_for, now, actions);
  }
  if (not_before == kForever) {
    close_slot(ended, std::move(event.reason), now, actions);
    shorten_pauses(ended, now);
    return;
  }
  empty_slot(ended, not_before);
  shorten_pauses(ended, now);
  constexpr Duration kLong = std::chrono::seconds(5);
  const bool waited_for = tasks_.queued() > 0 && !ended.retired();
  if (waited_for && ended.not_before > after(now, kLong)) {
    actions.push_back(SlotPaused{event.worker, ended.not_before - now, std::move(event.reason)});
  }
}

// ---------------------------------------------------------------- pauses

/// When a slot may be started again after so many ends in a row without an answer.
TimePoint Scheduler::pause_end(const Slot& slot, std::uint32_t in_a_row, TimePoint now) const {
  const Duration pause = restart_pause(in_a_row);
  // What has worked will again, and no other worker does its work meanwhile.
  const bool alone = pool_.key_of(slot).proven && pool_.count_of(slot.key, Group::Running) == 0;
  return after(now, alone ? std::min(pause, kPauseOfTheLast) : pause);
}

/// The last worker of a proven key has gone: those that were left to pause, since it was there, are
/// not to do so for long any more.
void Scheduler::shorten_pauses(const Slot& gone, TimePoint now) {
  if (!pool_.key_of(gone).proven || pool_.count_of(gone.key, Group::Running) > 0) return;
  const TimePoint latest = after(now, kPauseOfTheLast);
  const auto shorten = [&](Slot& each) {
    if (each.key != gone.key || each.not_before <= latest) return;
    each.not_before = latest;
    alarms_.set(each.id, latest);
  };
  // Of many hosts with one slot each, the others are not asked.
  const bool only = pool_.count_of(gone.key, Group::Pausing) == 1;
  if (only && pool_.in(gone, Group::Pausing)) return shorten(pool_[gone.id]);
  pool_.each(Group::Pausing, shorten);
}

/// What becomes of the tasks of a worker that has ended before its time. Returns when the next one
/// may be started in the slot; kForever = never.
TimePoint Scheduler::settle_end(Slot& ended, const WorkerGone& event, KillReason killed_for,
                                TimePoint now, Actions& actions) {
  settle_dropped(ended, now, actions);
  KeyRecord& key = pool_.key_of(ended);
  WorkerEnd end;
  end.killed_for = killed_for;
  end.cause = event.cause;
  end.proven = key.works();
  end.says_hello = key.says_hello;
  end.waits_for_hello = ended.waits_for_hello;
  end.heard = ended.heard;
  end.in_flight = ended.in_flight().size();
  end.parallel = ended.parallel;
  const Blame blamed = blame(end);
  if (event.cause == EndCause::IsRelay && blamed != Blame::Stop) {
    // A relay says hello, but the workers behind it need not.
    ended.waits_for_hello = false;
    give_back_all(ended, now, actions);
    return now;
  }
  switch (blamed) {
    case Blame::Stop: end_of_halted(ended, now, actions); return now;
    // spread's own doing: no pause before the next start
    case Blame::TimeOut: end_of_timed_out(ended, event, now, actions); return now;
    case Blame::Room: return after(now, kUntilThereIsRoom);
    case Blame::Launch: return launch_failed(ended, now, actions);
    case Blame::Worker:
    case Blame::Task:
    case Blame::Suspects:
      if (!ended.heard && key.trusted_deaths > 0) --key.trusted_deaths;
      return settle_death(ended, event, blamed, now, actions);
  }
  return now;
}

void Scheduler::end_of_halted(Slot& ended, TimePoint now, Actions& actions) {
  while (!ended.in_flight().empty()) {
    const TaskIndex held = take_in_flight(ended, 0, now).task;
    const auto failed = task_of_failed(held, "the run has ended", actions);
    if (!failed) continue;
    DeliverTask how;
    how.outcome = Outcome::NotComputed;
    how.worker = ended.id;
    how.error_type = "NotComputed";
    how.message = stop_reason_;
    for (const TaskIndex i : take_apart(failed->task)) deliver(i, how, actions);
  }
}

void Scheduler::end_of_timed_out(Slot& ended, const WorkerGone& event, TimePoint now,
                                 Actions& actions) {
  const Duration limit = timeout();
  for (std::size_t place = 0; place < ended.in_flight().size(); ++place) {
    const TaskIndex i = ended.in_flight()[place].task;
    if (tasks_[i].id != ended.timed_out) continue;
    const std::vector<TaskIndex> above = tasks_above(i);
    const InFlight entry = take_in_flight(ended, place, now);
    ++counts_.timeouts;
    ++pool_.key_of(ended).failures;
    DeliverTask how;
    how.worker = event.worker;
    how.duration = ended.worked(entry, now);
    how.first = ended.loads_in(entry);
    how.timed_out = true;
    how.job = event.job;
    how.error_type = "Timeout";
    how.message =
        fmt::format("no answer within {:.6g} s; its worker was killed", to_seconds(limit));
    attempt_failed(i, std::move(how), actions);
    give_back_above(ended, above, "a time-out", now, actions);
    return;
  }
  give_back_all(ended, now, actions);  // it has answered before it died
}

TimePoint Scheduler::settle_death(Slot& dead, const WorkerGone& event, Blame blamed, TimePoint now,
                                  Actions& actions) {
  ++dead.deaths;
  const TimePoint not_before = pause_end(dead, dead.deaths, now);
  if (blamed == Blame::Worker) return not_before;
  ++counts_.crashes;
  ++pool_.key_of(dead).failures;
  if (blamed == Blame::Suspects) {
    const std::size_t suspects = std::min<std::size_t>(dead.parallel, dead.in_flight().size());
    for (std::size_t i = 0; i < suspects; ++i) {
      for (TaskIndex each = dead.in_flight()[i].task; each != kNoTask; each = tasks_[each].next) {
        tasks_[each].alone = tasks_[each].singly = true;
      }
    }
    give_back_all(dead, now, actions);
    return not_before;
  }
  const std::vector<TaskIndex> above = tasks_above(dead.in_flight().front().task);
  const InFlight entry = take_in_flight(dead, 0, now);
  const bool first = dead.loads_in(entry);
  if (const auto failed = task_of_failed(entry.task, event.reason, actions)) {
    blame_task(*failed, dead.id, dead.worked(entry, now), first, event, actions);
  }
  give_back_above(dead, above, event.reason, now, actions);
  // It is the task that is to blame, and not what works here.
  return pool_.key_of(dead).works() ? after(now, restart_pause(1)) : not_before;
}

void Scheduler::blame_task(FailedTask failed, WorkerId worker, Duration duration, bool first,
                           const WorkerGone& event, Actions& actions) {
  if (is_list(failed.task)) {
    DeliverTask how;
    how.outcome = Outcome::Lost;
    how.worker = worker;
    how.duration = duration;
    how.first = first;
    how.job = event.job;
    how.error_type = kNoResponse;
    how.message = "its worker died with a list of tasks: " + event.reason;
    return list_failed(failed.task, how, "its worker died; it may be its fault", true, actions);
  }
  Task& task = tasks_[failed.task];
  ++task.crashes;
  task.alone = true;
  task.avoid = worker;
  task.refused_since.reset();
  if (after_crash(task, options_.failure, stopping_) == Verdict::Alone) {
    ++counts_.retried;
    actions.emplace_back(RetryTask{task.id, worker, task.attempts, false, event.reason,
                                   "its worker died; it may be its fault", duration, first, false,
                                   Slice(), event.job, failed.gang, failed.rank});
    requeue(failed.task, actions);
    return;
  }
  DeliverTask how;
  how.outcome = Outcome::Lost;
  how.cut_short = is_cut_off() && after_crash(task, options_.failure, false) != Verdict::Final;
  how.worker = worker;
  how.duration = duration;
  how.first = first;
  how.job = event.job;
  how.gang = failed.gang;
  how.rank = failed.rank;
  how.error_type = kNoResponse;
  how.message = "its worker died " + std::to_string(task.crashes) +
                (task.crashes == 1 ? " time: " : " times, the last time: ") + event.reason;
  deliver(failed.task, std::move(how), actions);
}

TimePoint Scheduler::launch_failed(Slot& failed, TimePoint now, Actions& actions) {
  // The task that it would have worked on is not to blame, but the next process here gets another
  // one first: if every start dies of the same task, others must come through to tell.
  if (!failed.in_flight().empty()) {
    for (TaskIndex i = failed.in_flight().front().task; i != kNoTask; i = tasks_[i].next) {
      tasks_[i].avoid = failed.id;
    }
  }
  give_back_all(failed, now, actions);
  ++failed.launch_failures;
  ++pool_.key_of(failed).failures;
  if (pool_.failed_starts(failed) >= options_.failure.start_retries) return kForever;
  return pause_end(failed, pool_.failed_starts(failed), now);
}

// ---------------------------------------------------------------- the end of the run

void Scheduler::stop(std::string reason, Actions& actions) {
  if (!stopping_) stop_reason_ = std::move(reason);
  stopping_ = true;
  cancel_queue(actions);
}

void Scheduler::cancel_queue(Actions& actions) {
  // Those of running tasks are a part of what may finish.
  const bool all = killing_ != Killing::No;
  while (tasks_.queued() > (all ? 0 : tasks_.subtasks_queued())) {
    DeliverTask how;
    how.outcome = Outcome::NotComputed;
    how.error_type = "NotComputed";
    how.message = stop_reason_;
    deliver(tasks_.pop_queued(), std::move(how), actions);
  }
}

void Scheduler::kill(Slot& victim, KillReason reason, bool gentle, Why why, Actions& actions) {
  // A worker that is closing and has answered everything keeps its state: it ends as it would have,
  // only sooner. One that is being killed for a time-out keeps that reason.
  const bool owes = victim.state() == SlotState::Closing && victim.has_tasks();
  if (victim.state() == SlotState::Live || owes) {
    pool_.set_state(victim, SlotState::Dying);
    victim.killed_for = reason;
  }
  actions.push_back(KillWorker{victim.id, gentle, why});
}

void Scheduler::kill_all(bool gentle, Why why, Actions& actions) {
  if (killing_ != Killing::AtOnce) killing_ = gentle ? Killing::Gently : Killing::AtOnce;
  pool_.each(Group::Occupied,
             [&](Slot& each) { kill(each, KillReason::Halted, gentle, why, actions); });
  pool_.each(Group::Former, [&](Slot& each) {
    actions.push_back(KillFormer{each.id, gentle, why});
  });
}

}  // namespace spread
