// The events: what happened, and what follows from it at once. See scheduler_failure.cc for what
// follows from a failure, scheduler_slots.cc for the life of a slot, scheduler_inputs.cc for its
// end, and scheduler_decide.cc for what is done next.
#include "spread/core/scheduler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "spread/base/assert.h"

namespace spread {
namespace {

/// As users number it: "task 3", "a sub-task of task 3".
std::string name_of(TaskIndex i, const TaskTable& tasks) {
  const char* const what = is_subtask(tasks[i].id) ? "a sub-task of task " : "task ";
  while (is_subtask(tasks[i].id)) i = tasks[i].parent;
  return what + std::to_string(number(tasks[i].id) + 1);
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options, std::uint64_t seed)
    : options_(options),
      random_(seed),
      tasks_(options.holds_answers || options.retry_first),
      placement_(options_, pool_, tasks_),
      halt_(options.halt),
      armed_timeout_(options.failure.timeout.value_or(kNoLimit)),
      input_ended_(options.once) {
  // A death is blamed on the first unanswered task, and a worker may hold answers back while more
  // tasks wait in its pipe: with a single try, only a window of one blames the right task.
  if (options_.failure.crash_retries == 1 || options_.gang > 0) options_.window = 1;
  // What is sent ahead would come before the preparation.
  if (options_.reprep) options_.window = 1;
  if (options_.subpool > 0) placement_.set_one_at_a_time();
}

template <typename E>
void Scheduler::take(E&& event, TimePoint now, Actions& actions) {
  SPREAD_ASSERT(now >= now_);
  now_ = now;
  on(event, now, actions);
  if (stopping_) cancel_queue(actions);
}

void Scheduler::handle(Event event, TimePoint now, Actions& actions) {
  std::visit([&](auto& e) { take(e, now, actions); }, event);
}
void Scheduler::handle(TaskArrived&& event, TimePoint now, Actions& actions) {
  take(event, now, actions);
}
void Scheduler::handle(Answered&& event, TimePoint now, Actions& actions) {
  take(event, now, actions);
}

void Scheduler::on(SlotAdded& event, TimePoint now, Actions&) {
  const std::size_t keys = pool_.keys().size();
  Slot& added = pool_.add(event);
  if (options_.worked_before && !event.remote) {
    for (std::size_t key = keys; key < pool_.keys().size(); ++key) {
      pool_.keys()[key].trusted_deaths = kTrustedDeaths;
    }
  }
  added.window =
      Window(options_.window, options_.failure.timeout ? *options_.failure.timeout / 4 : kNoLimit);
  placement_.slots_added();
  if (options_.holds_answers) roomy_holders_.resize(pool_.size());
  empty_slot(added, now);
}

void Scheduler::on(SlotsComplete&, TimePoint, Actions&) { slots_complete_ = true; }

void Scheduler::on(TaskArrived& event, TimePoint, Actions&) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  if (event.run != kNoRun) [[unlikely]]
    sharing_ = true;
  if (event.gang > 0) {
    return tasks_.push_gang(event.id, std::move(event.payload), event.gang, event.run);
  }
  if (event.run != kNoRun) {
    return tasks_.push_shared(event.id, std::move(event.payload), event.run);
  }
  tasks_.push_new(event.id, std::move(event.payload));
}

void Scheduler::on(TaskMalformed& event, TimePoint, Actions& actions) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  DeliverTask delivery;
  delivery.task = event.id;
  delivery.outcome = Outcome::Failed;
  delivery.error_type = "BadInput";
  delivery.message = std::move(event.message);
  actions.emplace_back(std::move(delivery));
  count_final(Outcome::Failed, actions);
}

void Scheduler::on(TaskSkipped& event, TimePoint, Actions&) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  if (!event.kept) {
    ++counts_.skipped;
    return;
  }
  ++counts_.kept;
  if (*event.kept == Outcome::Ok || *event.kept == Outcome::Failed) ++counts_.kept_computed;
  // --halt N% is of all that was done before, and not of the first of them.
  count_outcome(*event.kept);
  kept_since_decision_ = true;
}

void Scheduler::on(TaskWithdrawn& event, TimePoint, Actions& actions) {
  const std::optional<TaskIndex> task = tasks_.take_fresh(event.id);
  if (!task) return;
  DeliverTask how;
  how.outcome = Outcome::NotComputed;
  how.withdrawn = true;
  how.error_type = "Withdrawn";
  how.message = "it was withdrawn before it was sent";
  deliver(*task, std::move(how), actions);
}

void Scheduler::on(InputEnded&, TimePoint, Actions&) { input_ended_ = true; }

void Scheduler::on(WorkerUp& event, TimePoint now, Actions& actions) {
  Slot& worker = pool_[event.worker];
  SPREAD_ASSERT(worker.state() == SlotState::Starting);
  worker.started = now;
  worker.heard = worker.answered = worker.plain = false;
  worker.end_by.reset();
  worker.first_answer.reset();
  worker.prepared.reset();
  if (options_.prepared) worker.prepared = now;
  worker.parallel = 1;
  worker.window.limit(0);
  worker.window.restart();
  if (killing_ != Killing::No) {
    pool_.set_state(worker, SlotState::Live);
    kill(worker, KillReason::Halted, killing_ == Killing::Gently, "the run has ended meanwhile",
         actions);
    return;
  }
  if (options_.once) {
    pool_.set_state(worker, SlotState::Closing);
    actions.push_back(CloseInput{event.worker, "it has no tasks to wait for"});
    let_end(worker, now);
    return;
  }
  // A host may have gone away: what is known to say hello shows with it that it is there again,
  // before a task is risked.
  pool_.set_awaits_hello(worker, worker.waits_for_hello || (pool_.key_of(worker).says_hello &&
                                                            pool_.failures_in_a_row(worker) > 0));
  begin_life(worker);
  pool_.set_state(worker, SlotState::Live);
  look_after(worker, now, actions);
}

/// It lives, and is logged in.
void Scheduler::heard_of(Slot& worker) {
  if (worker.heard) return;
  worker.heard = true;
  pool_.set_logging_in(worker, false);
  pool_.set_awaits_hello(worker, false);
  pool_.unset_full(worker);
}

void Scheduler::on(WorkerHello& event, TimePoint now, Actions&) {
  Slot& worker = pool_[event.worker];
  if (!worker.heard) {
    heard_of(worker);
    KeyRecord& key = pool_.key_of(worker);
    key.says_hello = true;
    key.launch_seconds += to_seconds(now - worker.started);
    ++key.launches;
    // What a first task took is to be counted from here.
    worker.last_answer = worker.heard_at = now;
  }
  worker.window.limit(event.window_max);
  worker.set_parallel(std::max(1u, event.slots));
  pool_.unset_full(worker);
  worker.plain = false;
}

void Scheduler::on(WorkerPrepared& event, TimePoint now, Actions&) {
  Slot& worker = pool_[event.worker];
  if (worker.prepared || worker.first_answer) return;
  worker.prepared = now;
  // Of one that has said hello, the way to it is known already.
  if (worker.heard) pool_.key_of(worker).launch_seconds += to_seconds(now - worker.heard_at);
  worker.last_answer = now;
}

void Scheduler::on(WorkerUnusable& event, TimePoint, Actions&) {
  Slot& worker = pool_[event.worker];
  if (worker.state() == SlotState::Live) pool_.set_state(worker, SlotState::Dying);
}

/// What is in flight there at `place` is no more.
InFlight Scheduler::take_in_flight(Slot& worker, std::size_t place, TimePoint now) {
  const TaskIndex i = worker.in_flight()[place].task;
  if (tasks_[i].apart) --pool_.connection_of(worker).apart;
  return pool_.take(worker, place, flight_bytes(i), now);
}

std::size_t Scheduler::place_of_task(const Slot& worker, TaskId task) const {
  const std::optional<std::size_t> place = find_task(worker, task);
  SPREAD_ASSERT(place.has_value());  // the Session lets no other answer through
  return *place;
}

/// The first answer of a worker since the last decision: what Window and Performance will look at.
void Scheduler::begin_batch(Slot& worker, const InFlight& entry) {
  worker.has_answered_now = true;
  worker.batch.count = worker.batch_further = 0;
  worker.batch.from_idle = worker.was_idle;
  worker.batch.together = entry.sent == worker.last_sent;
  worker.batch.first_of_process = !worker.answered;
  worker.batch_sent = std::max(entry.sent, worker.prepared.value_or(entry.sent));
  worker.batch_since = worker.last_answer;
  worker.was_idle = false;
  answered_.push_back(worker.id);
}

/// The books of an answer that are the same for every kind.
InFlight Scheduler::take_answered(Slot& worker, std::size_t place, TimePoint now) {
  InFlight entry = take_in_flight(worker, place, now);
  if (place >= worker.parallel) entry.since = entry.sent;
  if (!worker.has_answered_now) begin_batch(worker, entry);
  worker.last_answer = now;
  worker.last_sent = entry.sent;
  return entry;
}

/// What nearly every task is: a success, in order, of a process that has answered before. Then
/// on(Answered) would do no more than this: what it would find out about the worker is known.
bool Scheduler::take_plain_success(WorkerId id, TaskId task_id, TimePoint now, Success& success) {
  Slot& worker = pool_[id];
  if (worker.in_flight().empty()) return false;
  const InFlight entry = worker.in_flight().front();
  Task& task = tasks_[entry.task];
  if (task.id != task_id || !task.is_plain()) return false;
  pool_.pop(worker, task.payload.size(), now);
  if (!worker.has_answered_now) {
    SPREAD_ASSERT(now >= now_);
    now_ = now;
    begin_batch(worker, entry);
    worker.last_answer = now;
    pool_.unset_full(worker);
  }
  worker.last_sent = entry.sent;
  ++worker.batch.count;
  success.attempts = task.attempts;
  success.duration = now - entry.since;
  success.payload = std::move(task.payload);
  ++counts_.ok;
  tasks_.erase_plain(entry.task);
  halt_.finished(Outcome::Ok);
  return true;
}

void Scheduler::on(Answered& event, TimePoint now, Actions& actions) {
  Slot& worker = pool_[event.worker];
  // One that waits for its sub-tasks has answered without them.
  while (!worker.suspended().empty() && !find_task(worker, event.task)) {
    pool_.unwind_last(worker, now);
  }
  const std::size_t place = place_of_task(worker, event.task);
  const InFlight entry = take_answered(worker, place, now);
  const Duration duration = worker.worked(entry, now);
  const bool first = worker.loads_in(entry);
  if (!worker.first_answer) worker.first_answer = now;
  heard_of(worker);
  if (event.kind == AnswerKind::Busy) {
    attempt_refused(worker, entry.task, event, duration, now, actions);
    return;
  }
  ++worker.batch.count;
  worker.batch_further += tasks_[entry.task].behind;
  worker.answered = true;
  worker.end_by.reset();  // it may finish what it has
  worker.launch_failures = worker.deaths = 0;
  Connection& connection = pool_.connection_of(worker);
  connection.launch_failures = connection.losses = 0;
  pool_.key_of(worker).proven = true;

  // Out of order, the one in front of it has been worked on since before the first answer.
  worker.plain = place == 0 && worker.parallel == 1 && !options_.failure.timeout_percent &&
                 options_.halt.when == HaltOptions::When::Never;
  if (event.kind == AnswerKind::Ok && tasks_[entry.task].dropped) {
    return tasks_.erase_place(entry.task);
  }
  if (event.kind == AnswerKind::Ok && tasks_[entry.task].gang != kNoGang) {
    return member_succeeded(entry.task, event, first, now, actions);
  }
  if (event.kind == AnswerKind::Ok) {
    const bool typical = !first && !is_subtask(event.task);
    if (options_.failure.timeout_percent && typical) median_.add(duration);
    if (is_list(entry.task)) return list_succeeded(entry.task, event, duration, first, actions);
    return deliver_value(entry.task, event, duration, first, actions);
  }
  const auto failed = task_of_failed(entry.task, "its task failed", actions);
  if (!failed) return;
  DeliverTask how;
  how.gang = failed->gang;
  how.rank = failed->rank;
  how.worker = event.worker;
  how.duration = duration;
  how.first = first;
  how.from_answer = true;
  how.fatal = event.kind == AnswerKind::Fatal;
  how.answer = std::move(event.answer);
  how.job = std::move(event.job);
  how.outcome = Outcome::Failed;
  if (!how.fatal) {
    ++pool_.key_of(worker).failures;
    attempt_failed(failed->task, std::move(how), actions);
    return;
  }
  std::string reason = name_of(failed->task, tasks_) + " was fatal";
  const std::vector<TaskIndex> all = take_apart(failed->task);
  how.duration /= static_cast<Duration::rep>(all.size());
  for (const TaskIndex i : all) deliver(i, how, actions);
  if (!options_.fatal_ends) return;
  fatal_ = true;
  stop(std::move(reason), actions);
}

void Scheduler::on(PayloadRefused& event, TimePoint now, Actions& actions) {
  Slot& worker = pool_[event.worker];
  const std::size_t place = place_of_task(worker, event.task);
  const TaskIndex held = take_in_flight(worker, place, now).task;
  if (!is_subtask(event.task)) was_not_sent(worker, now);
  holder_changed(worker);
  let_end(worker, now);
  const auto failed = task_of_failed(held, "it could not be sent to it", actions);
  if (!failed) return;
  DeliverTask how;
  how.gang = failed->gang;
  how.rank = failed->rank;
  how.outcome = Outcome::Failed;
  how.error_type = "BadPayload";
  how.message = std::move(event.message);
  if (is_list(failed->task)) {
    return list_failed(failed->task, how, "its list could not be sent", false, actions);
  }
  deliver(failed->task, std::move(how), actions);
}

void Scheduler::on(LastTry& event, TimePoint, Actions&) {
  // Nearly always all others wait for its output.
  const std::optional<TaskIndex> oldest = tasks_.oldest_in_flight();
  if (oldest && tasks_[*oldest].id == event.task) {
    tasks_[*oldest].last_try = true;
    return;
  }
  pool_.each_busy([&](const Slot& worker) {
    for (std::size_t i = 0; i < worker.in_flight().size(); ++i) {
      Task& task = tasks_[worker.in_flight()[i].task];
      if (task.id == event.task) task.last_try = true;
    }
  });
}

void Scheduler::on(OutputFull& event, TimePoint now, Actions&) {
  output_ = event;
  full_since_ = output_.full && !stalled_since_ ? std::min(full_since_, now) : kForever;
}

void Scheduler::on(OutputStalled& event, TimePoint now, Actions&) {
  if (event.stalled == stalled_since_.has_value()) return;
  full_since_ = output_.full && !event.stalled ? now : kForever;
  if (event.stalled) {
    stalled_since_ = now;
    return;
  }
  pool_.each_busy([&](Slot& worker) {
    // One that was not read before has not had that time either.
    const TimePoint unread = worker.unread_since().value_or(*stalled_since_);
    worker.do_not_charge(std::min(unread, *stalled_since_), now);
    holder_changed(worker);
  });
  // Up to here they have been seen to.
  pool_.each(Group::Unread, [&](Slot& worker) { pool_.set_unread(worker, now); });
  stalled_since_.reset();
  arm_timeouts();
}

void Scheduler::on(OutputUnread& event, TimePoint now, Actions&) {
  Slot& worker = pool_[event.worker];
  if (event.unread == worker.unread_since().has_value()) return;
  if (event.unread) {
    pool_.set_unread(worker, now);
    return;
  }
  worker.do_not_charge(*worker.unread_since(), stalled_since_.value_or(now));
  pool_.set_unread(worker, std::nullopt);
  holder_changed(worker);
  if (!worker.in_flight().empty()) arm_timeout(worker);
}

void Scheduler::on(StartsHeld& event, TimePoint, Actions&) {
  held_until_ = std::max(held_until_, event.until);
}

void Scheduler::on(SlotsLimited& event, TimePoint, Actions&) {
  SPREAD_ASSERT(event.slots > 0);
  slots_limit_ = event.slots;
  slots_most_ = event.most;
}

void Scheduler::on(StopRequested& event, TimePoint now, Actions& actions) {
  if (event.level <= stop_level_) return;
  stop_level_ = event.level;
  stop("the run was interrupted", actions);
  if (event.level == 1) {
    stop_deadline_ = after(now, options_.stop_grace);
    pool_.each(Group::Occupied, [&](Slot& each) { let_end(each, now); });
    let_formers_end(now);
    return;
  }
  stop_deadline_.reset();
  kill_all(event.level == 2, "the run was interrupted again", actions);
}

void Scheduler::on(StartNoMore& event, TimePoint, Actions& actions) {
  stop(std::move(event.reason), actions);
}

void Scheduler::on(Aborted& event, TimePoint, Actions& actions) {
  stop(std::move(event.reason), actions);
  kill_all(true, "the run was given up", actions);
}

Duration Scheduler::grace_for_unanswered() const {
  if (!options_.idle_grace) return options_.stop_grace;
  bool one_has_answered = false;
  pool_.each_busy([&](const Slot& worker) { one_has_answered |= worker.answered; });
  return one_has_answered ? options_.stop_grace
                          : std::min(*options_.idle_grace, options_.stop_grace);
}

std::size_t Scheduler::tasks_wanted() const {
  if (input_ended_ || stopping_) return 0;
  if (output_.full && output_.but_for == kNoWorker) return 0;
  if (tasks_.queued_bytes() >= options_.queued_bytes && tasks_.queued() > 0) return 0;
  const std::size_t queued = tasks_.queued();
  return queued >= options_.read_ahead ? 0 : options_.read_ahead - queued;
}

bool Scheduler::finished() const {
  if (!tasks_done()) return false;
  for (const Group group : {Group::Starting, Group::Occupied, Group::Former}) {
    if (pool_.count(group) > 0) return false;
  }
  return !options_.once || stopping_ || none_can_open();
}

}  // namespace spread
