// The events: what happened, and what follows from it at once. See scheduler_failure.cc for what
// follows from a failure, scheduler_slots.cc for the life of a slot and scheduler_decide.cc for who
// gets the next task.
#include "spread/core/scheduler.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

Scheduler::Scheduler(const SchedulerOptions& options, std::uint64_t seed)
    : options_(options),
      random_(seed),
      halt_(options.halt),
      armed_timeout_(options.failure.timeout.value_or(kNoLimit)),
      input_ended_(options.once) {
  // A death is blamed on the first unanswered task, and a worker may hold answers back while more
  // tasks wait in its pipe: with a single try, only a window of one blames the right task.
  if (options_.failure.crash_retries == 1) options_.window = 1;
}

template <typename E>
void Scheduler::take(E&& event, TimePoint now, Actions& actions) {
  SPREAD_ASSERT(now >= now_);
  now_ = now;
  on(event, now, actions);
  if (stopping_ && tasks_.queued() > 0) cancel_queue(actions);
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
  const WorkerId worker = id_of(slots_.size());
  if (number(event.host) >= hosts_.size()) hosts_.resize(number(event.host) + 1);
  if (event.key >= keys_.size()) keys_.resize(event.key + 1);
  keys_[event.key].prior_seconds = event.service_seconds;
  keys_[event.key].prior_factor = event.host_factor;
  keys_[event.key].prior_launch = event.launch_seconds;
  Slot& added = slots_.emplace_back();
  added.host = event.host;
  added.key = event.key;
  added.remote = event.remote;
  added.waits_for_hello = event.waits_for_hello;
  added.launch_failures = event.failed_starts;
  added.ordinal = host_of(added).slots++;
  ++host_of(added).open_slots;
  added.window =
      Window(options_.window, options_.failure.timeout ? *options_.failure.timeout / 4 : kNoLimit);
  place_of_.push_back(number(worker));
  ranked_.push_back(worker);
  hungry_.resize(slots_.size());
  ready_.resize(slots_.size());
  rank_stale_ = true;
  empty_slot(worker, now);
}

void Scheduler::on(SlotsComplete&, TimePoint, Actions&) { slots_complete_ = true; }

void Scheduler::on(TaskArrived& event, TimePoint, Actions&) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  tasks_.push_new(event.id, std::move(event.payload));
}

void Scheduler::on(TaskMalformed& event, TimePoint, Actions& actions) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  ++counts_.failed;
  DeliverTask delivery;
  delivery.task = event.id;
  delivery.outcome = Outcome::Failed;
  delivery.error_type = "BadInput";
  delivery.message = std::move(event.message);
  actions.emplace_back(std::move(delivery));
  halt_.finished(Outcome::Failed);
  check_halt(actions);
}

void Scheduler::on(TaskSkipped& event, TimePoint, Actions&) {
  SPREAD_ASSERT(number(event.id) == counts_.arrived && !input_ended_);
  ++counts_.arrived;
  ++counts_.skipped;
}

void Scheduler::on(InputEnded&, TimePoint, Actions&) { input_ended_ = true; }

void Scheduler::on(ProcessStarted& event, TimePoint now, Actions& actions) {
  Slot& worker = slot(event.worker);
  SPREAD_ASSERT(worker.state == SlotState::Starting);
  worker.started = now;
  worker.heard = worker.answered = false;
  worker.end_by.reset();
  worker.first_answer.reset();
  worker.prepared.reset();
  if (options_.prepared) worker.prepared = now;
  worker.parallel = 1;
  worker.window.limit(0);
  worker.window.restart();
  if (killing_ != Killing::No) {
    set_state(worker, SlotState::Live);
    kill(worker, event.worker, KillReason::Halted, killing_ == Killing::Gently,
         "the run has ended meanwhile", actions);
    return;
  }
  if (options_.once) {
    set_state(worker, SlotState::Closing);
    actions.push_back(CloseInput{event.worker, "it has no tasks to wait for"});
    return;
  }
  set_state(worker, SlotState::Live);
  // A host may have gone away: what is known to say hello shows with it that it is there again,
  // before a task is risked.
  worker.awaits_hello = worker.waits_for_hello ||
                        (key_of(worker).says_hello && worker.deaths + worker.launch_failures > 0);
  if (worker.awaits_hello) ++awaiting_hello_;
  mark_hungry(event.worker);
  look_after(event.worker, now, actions);
}

/// It lives, and is logged in.
void Scheduler::heard_of(Slot& worker, WorkerId id) {
  if (worker.heard) return;
  worker.heard = true;
  end_login(worker);
  if (worker.awaits_hello) --awaiting_hello_;
  worker.awaits_hello = false;
  if (worker.state == SlotState::Live) mark_hungry(id);
}

void Scheduler::on(WorkerHello& event, TimePoint now, Actions&) {
  Slot& worker = slot(event.worker);
  if (!worker.heard) {
    heard_of(worker, event.worker);
    KeyRecord& key = key_of(worker);
    key.says_hello = true;
    key.launch_seconds += to_seconds(now - worker.started);
    ++key.launches;
    // What a first task took is to be counted from here.
    worker.last_answer = worker.heard_at = now;
  }
  worker.window.limit(event.window_max);
  worker.parallel = std::max(1u, event.slots);
  for (std::size_t i = 1; i < std::min<std::size_t>(worker.parallel, worker.in_flight.size());
       ++i) {
    worker.in_flight[i].since = worker.in_flight[i].sent;
  }
  if (worker.state == SlotState::Live) mark_hungry(event.worker);
  worker.plain_batch = false;
}

void Scheduler::on(WorkerPrepared& event, TimePoint now, Actions&) {
  Slot& worker = slot(event.worker);
  if (worker.prepared || worker.first_answer) return;
  worker.prepared = now;
  // Of one that has said hello, the way to it is known already.
  if (worker.heard) key_of(worker).launch_seconds += to_seconds(now - worker.heard_at);
  worker.last_answer = now;
}

void Scheduler::on(WorkerUnusable& event, TimePoint, Actions&) {
  if (slot(event.worker).state != SlotState::Live) return;
  set_state(slot(event.worker), SlotState::Dying);
  hungry_.erase(place_of(event.worker));
}

/// Takes the task at `place` from the worker's queue; another one may become one of those that it
/// works on.
InFlight Scheduler::take_in_flight(Slot& worker, std::size_t place, std::size_t bytes,
                                   TimePoint now) {
  const InFlight taken = worker.in_flight[place];
  worker.in_flight_bytes -= bytes;
  if (place == 0) {
    worker.in_flight.pop_front();
  } else {
    worker.in_flight.erase(place);
  }
  if (place < worker.parallel && worker.in_flight.size() >= worker.parallel) {
    worker.in_flight[worker.parallel - 1].since = now;
  }
  return taken;
}

std::size_t Scheduler::place_of_task(const Slot& worker, TaskId task) const {
  std::size_t place = 0;
  while (place < worker.in_flight.size() && tasks_[worker.in_flight[place].task].id != task) {
    ++place;
  }
  SPREAD_ASSERT(place < worker.in_flight.size());  // the Session lets no other answer through
  return place;
}

/// The books of an answer that are the same for every kind.
InFlight Scheduler::take_answered(Slot& worker, const Answered& event, TimePoint now) {
  const std::size_t place = place_of_task(worker, event.task);
  const Task& task = tasks_[worker.in_flight[place].task];
  InFlight entry = take_in_flight(worker, place, task.payload.size(), now);
  if (place >= worker.parallel) entry.since = entry.sent;
  if (task.alone) worker.has_alone_task = false;
  if (!worker.has_answered_now) {
    worker.has_answered_now = true;
    worker.batch.count = 0;
    worker.batch.from_idle = worker.was_idle;
    worker.batch.together = entry.sent == worker.last_sent;
    worker.batch.first_of_process = !worker.answered;
    worker.batch_sent = std::max(entry.sent, worker.prepared.value_or(entry.sent));
    worker.batch_since = worker.last_answer;
    answered_.push_back(event.worker);
  }
  worker.last_answer = now;
  worker.last_sent = entry.sent;
  worker.was_idle = false;
  return entry;
}

/// What nearly every task is: a success, in order, of a worker that has answered another one in
/// this turn. Then the books of the worker are in order, and on(Answered) would do no more than
/// this.
bool Scheduler::take_success(WorkerId id, TaskId task_id, TimePoint now, Success& success) {
  Slot& worker = slot(id);
  if (!worker.plain_batch || worker.in_flight.empty()) return false;
  const InFlight entry = worker.in_flight.front();
  Task& task = tasks_[entry.task];
  if (task.id != task_id || task.came_back) return false;
  SPREAD_ASSERT(now == now_);
  worker.in_flight_bytes -= task.payload.size();
  worker.in_flight.pop_front();
  if (!worker.in_flight.empty()) worker.in_flight.front().since = now;
  worker.last_sent = entry.sent;
  ++worker.batch.count;
  success.attempts = task.attempts;
  success.duration = now - entry.since;
  task.payload.body = Slice();
  ++counts_.ok;
  tasks_.erase_success(entry.task);
  halt_.finished(Outcome::Ok);
  return true;
}

void Scheduler::on(Answered& event, TimePoint now, Actions& actions) {
  Slot& worker = slot(event.worker);
  const InFlight entry = take_answered(worker, event, now);
  const Duration duration = worker.worked(entry, now);
  const bool first = worker.loads_in(entry);
  if (!worker.first_answer) worker.first_answer = now;
  if (worker.state == SlotState::Live) mark_hungry(event.worker);
  heard_of(worker, event.worker);
  if (event.kind == AnswerKind::Busy) {
    attempt_refused(worker, event.worker, entry.task, event, duration, now, actions);
    return;
  }
  ++worker.batch.count;
  worker.answered = true;
  worker.launch_failures = worker.deaths = 0;
  key_of(worker).proven = true;

  worker.plain_batch = worker.parallel == 1 && !options_.failure.timeout_percent &&
                       options_.halt.when == HaltOptions::When::Never;
  if (event.kind == AnswerKind::Ok) {
    if (options_.failure.timeout_percent && !first) median_.add(duration);
    return deliver_value(entry.task, event, duration, first, actions);
  }
  DeliverTask how;
  how.worker = event.worker;
  how.duration = duration;
  how.first = first;
  how.from_answer = true;
  how.fatal = event.kind == AnswerKind::Fatal;
  how.answer = std::move(event.answer);
  how.job = std::move(event.job);
  how.outcome = Outcome::Failed;
  if (!how.fatal) {
    ++key_of(worker).failures;
    attempt_failed(entry.task, std::move(how), actions);
    return;
  }
  deliver(entry.task, std::move(how), actions);
  fatal_ = true;
  stop("task " + std::to_string(number(event.task) + 1) + " was fatal", actions);
}

void Scheduler::on(PayloadRefused& event, TimePoint now, Actions& actions) {
  Slot& worker = slot(event.worker);
  const std::size_t place = place_of_task(worker, event.task);
  const TaskIndex i = worker.in_flight[place].task;
  take_in_flight(worker, place, tasks_[i].payload.size(), now);
  if (tasks_[i].alone) worker.has_alone_task = false;
  if (worker.state == SlotState::Live) mark_hungry(event.worker);
  DeliverTask how;
  how.outcome = Outcome::Failed;
  how.error_type = "BadPayload";
  how.message = std::move(event.message);
  deliver(i, std::move(how), actions);
}

void Scheduler::on(LastTry& event, TimePoint, Actions&) {
  for (Slot& worker : slots_) {
    for (std::size_t i = 0; i < worker.in_flight.size(); ++i) {
      Task& task = tasks_[worker.in_flight[i].task];
      if (task.id != event.task) continue;
      task.last_try = true;
      task.came_back = true;  // so that erase_success() leaves nothing behind
    }
  }
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
  for (Slot& worker : slots_) {
    worker.do_not_charge(*stalled_since_, now);
    if (worker.unread_since) worker.unread_since = now;  // up to here it has been seen to
  }
  stalled_since_.reset();
  arm_timeouts();
}

void Scheduler::on(OutputUnread& event, TimePoint now, Actions&) {
  Slot& worker = slot(event.worker);
  if (event.unread == worker.unread_since.has_value()) return;
  if (event.unread) {
    worker.unread_since = now;
    return;
  }
  worker.do_not_charge(*worker.unread_since, stalled_since_.value_or(now));
  worker.unread_since.reset();
  if (!worker.in_flight.empty()) arm_timeout(event.worker, worker.in_flight.front().since);
}

void Scheduler::on(StartsHeld& event, TimePoint, Actions&) {
  held_until_ = std::max(held_until_, event.until);
}

void Scheduler::on(SlotsLimited& event, TimePoint, Actions&) {
  SPREAD_ASSERT(event.slots > 0);
  slots_limit_ = event.slots;
}

void Scheduler::on(StopRequested& event, TimePoint now, Actions& actions) {
  if (event.level <= stop_level_) return;
  stop_level_ = event.level;
  stop("the run was interrupted", actions);
  if (event.level == 1) {
    stop_deadline_ = after(now, options_.stop_grace);
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
  const bool one_has_answered = std::any_of(slots_.begin(), slots_.end(), [](const Slot& each) {
    return each.answered && !each.in_flight.empty();
  });
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
  if (!tasks_done() || starting_ > 0 || counts_.live_workers > 0) return false;
  return !options_.once || stopping_ || none_can_open();
}

}  // namespace spread
