// One decision: what has been answered is learned from, workers with room are filled, others
// started, and when to decide again. Which task a worker gets is in scheduler_choose.cc.
#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {
namespace {

// How soon a slot that the tail rule left idle is looked at again.
constexpr Duration kTailPeriod = std::chrono::milliseconds(10);

}  // namespace

void Scheduler::decide(TimePoint now, Actions& actions) {
  SPREAD_ASSERT(now >= now_);
  now_ = now;
  ++decisions_;
  settle_answers(now);
  if (alarms_.next() <= now) ring_alarms(now, actions);
  if (stop_deadline_ && now >= *stop_deadline_) {
    StopRequested harder{2};
    on(harder, now, actions);
  }
  if (std::exchange(kept_since_decision_, false)) check_halt(actions);
  if (now >= next_refusal_end_) give_up_refused(now, actions);
  end_benches(now);
  placement_.begin_decision(now);
  if (sharing_ && tasks_.queued() > 0) count_shares();
  rest_is_left_ = more_to_start_ = false;
  if (!stopping_ && tasks_.gangs_queued() > 0) refuse_large_gangs(actions);
  if (!stopping_) {
    recall_retired(now);
    if (options_.close_surplus) choose_surplus();
    close_released(now, actions);
    assign_nested(now, actions);
    if (tasks_.gangs_queued() > 0) assign_own_gangs(now, actions);
    options_.gang > 0 ? assign_gangs(now, actions) : assign(now, actions);
    // Those before it have just been given out.
    if (tasks_.gang_is_next()) assign_own_gangs(now, actions);
    if (!stopping_) start_workers(now, actions);
    if (tasks_.queued() > 0 && none_can_open()) {
      stop(last_death_.empty() ? "no worker could be started" : "no worker is left: " + last_death_,
           actions);
    }
  }
  if (stopping_) assign_nested(now, actions);
  if (options_.holds_answers) close_holders(now, actions);
  if (tasks_done() || interrupted() || (options_.close_idle && none_to_give())) {
    close_inputs(now, actions);
  }
  compute_deadline(now);
}

void Scheduler::settle_answers(TimePoint now) {
  const bool percent = options_.failure.timeout_percent.has_value();
  if (percent && !answered_.empty() && timeout() < armed_timeout_) arm_timeouts();
  for (const WorkerId id : answered_) {
    Slot& worker = pool_[id];
    worker.has_answered_now = false;
    holder_changed(worker);
    if (interrupted()) let_end(worker, now);
    Batch& batch = worker.batch;
    if (batch.count == 0) continue;  // only refusals
    worker.usefulness.answered(batch.count);
    batch.since_sent = now - worker.batch_sent;
    batch.since_answer = now - worker.batch_since;
    KeyRecord& key = pool_.key_of(worker);
    if (options_.window == 0) worker.window.answered(batch);
    // A round trip is no work; but where every task waits for it, it is part of the speed.
    const Duration elapsed = std::min(batch.since_sent, batch.since_answer);
    const std::uint32_t tasks = batch.count + worker.batch_further;
    placement_.answered(key, to_seconds(elapsed) / tasks, tasks, batch.first_of_process);
    if (worker.probe) probe_worked(worker, now);
  }
  answered_.clear();
}

// ---------------------------------------------------------------- to whom

/// The only worker that may be given a task, if there is such a one.
std::optional<WorkerId> Scheduler::the_only_one() const {
  const bool one = output_.full && output_.but_for != kNoWorker && tasks_.again_count() == 0;
  if (!one || number(output_.but_for) >= pool_.size()) return std::nullopt;
  return output_.but_for;
}

void Scheduler::assign(TimePoint now, Actions& actions) {
  // Each worker gets a part of what there is, those not started yet, too: else the first that asks
  // would get all.
  const std::size_t useless = pool_.count(Group::Closed) + pool_.count(Group::Retired);
  const std::size_t open =
      std::clamp<std::size_t>(pool_.size() - useless, 1, std::max(1u, slots_limit_));
  std::size_t left = tasks_.queued() + tasks_.in_flight();
  // Nothing may be left over where no answer comes that would make room for it.
  if (options_.holds_answers) left += open - 1;
  const std::size_t fair = std::max<std::size_t>(1, left / open);
  const bool limited = slots_limit_ < pool_.size() && !options_.close_surplus;
  const auto full_house = [&](const Slot& to) {
    return limited && to.in_flight().empty() && pool_.busy() >= slots_limit_;
  };
  if (const auto only = the_only_one()) {
    Slot& to = pool_[*only];
    if (startable() > 0 && !held(now) && !full_house(to)) fill(to, fair, now, actions);
    holder_changed(to);
    return;
  }
  for (SlotPool::Place place = pool_.next_sendable(0); place != SlotPool::kNoPlace;
       place = pool_.next_sendable(place + 1)) {
    if (startable() == 0 || held(now)) return;
    Slot& to = pool_.at(place);
    if (full_house(to)) return;
    if (!fill(to, fair, now, actions)) pool_.set_full(to);
    holder_changed(to);
    if (rest_is_left_) return;
  }
}

/// Sends as many tasks as the worker has room for. False if it can take no more until something
/// happens to it.
bool Scheduler::fill(Slot& to, std::size_t fair, TimePoint now, Actions& actions) {
  if (!to.takes_tasks()) return false;
  std::size_t share = fair - std::min(fair, tasks_at(to));
  const std::size_t room = placement_.room_of(to);
  const bool plain = options_.subpool == 0 && tasks_.gangs_queued() == 0;
  if (tasks_.again_count() == 0 && !output_.full && !input_ended_ && plain) {
    return fill_with_fresh(to, room, share, now, actions);
  }
  while (to.in_flight().size() < room) {
    if (placement_.bytes_are_full(to)) return false;
    if (share-- == 0 || held(now)) return true;
    if (tasks_.again_count() == 0) {
      if (!may_take_fresh(to.id)) return true;
      if (left_idle(to, now)) {
        rest_is_left_ = rest_is_left_idle(to, now);
        return true;
      }
      pool_.set_draining(to, false);
      const TaskIndex next = tasks_.take_fresh();
      if (options_.chunk > 1) share -= fill_list(next, share);
      send(to, next, now, "next in line, fastest worker first", actions);
      continue;
    }
    const Choice choice = choose(to);
    if (choice.kind == Choice::Kind::Wait) return false;
    if (choice.kind == Choice::Kind::Nothing) return true;
    if (tasks_[choice.task].any_worker() && left_idle(to, now)) return true;
    if (choice.kind == Choice::Kind::Fresh) {
      tasks_.take_fresh();
    } else {
      tasks_.take_again(choice.task);
    }
    if (options_.chunk > 1) share -= fill_list(choice.task, share);
    send(to, choice.task, now, choice.why, actions);
    if (to.has_alone_task()) return false;
  }
  return false;
}

/// fill() where nothing but new tasks can come: the middle of a run.
bool Scheduler::fill_with_fresh(Slot& to, std::size_t room, std::size_t share, TimePoint now,
                                Actions& actions) {
  pool_.set_draining(to, false);
  share = std::min(share, tasks_.fresh_count());
  while (to.in_flight().size() < room) {
    if (placement_.bytes_are_full(to)) return false;
    if (share-- == 0 || held(now)) return true;
    const TaskIndex next = tasks_.take_fresh();
    if (options_.chunk > 1) share -= fill_list(next, share);
    send(to, next, now, "next in line, fastest worker first", actions);
  }
  return false;
}

/// It is in flight there. Inline, since it is a part of every send.
[[gnu::always_inline]] inline void Scheduler::put(Slot& to, TaskIndex i, std::size_t bytes,
                                                  TimePoint now) {
  Task& task = tasks_[i];
  task.holder = to.id;
  const bool first = to.in_flight().empty();
  if (first) {
    to.was_idle = true;
    to.last_answer = now;
    to.run = task.run;
    to.run_since = decisions_;
    if (task.run != kNoRun) shares_.took(task.run);
  }
  pool_.send(to, {i, now, now}, bytes, task.alone);
  if (first) arm_timeout(to);
  if (task.alone) {
    pool_.set_draining(to, false);
    if (task.apart) ++pool_.connection_of(to).apart;
  }
  placement_.took(to);
}

void Scheduler::put_place(Slot& to, TaskIndex i, TimePoint now) {
  put(to, i, tasks_[i].payload.size(), now);
}

void Scheduler::send(Slot& to, TaskIndex i, TimePoint now, Why why, Actions& actions) {
  Task& task = tasks_[i];
  ++task.attempts;
  if (options_.delay > Duration::zero()) held_until_ = after(now, options_.delay);
  if (is_subtask(task.id)) return send_subtask(to, i, now, why, actions);
  put(to, i, is_list(i) ? flight_bytes(i) : task.payload.size(), now);
  // Made where it stays. clang 14 has no parentheses for what is no constructor.
  SendTask& send = std::get<SendTask>(actions.emplace_back(std::in_place_type<SendTask>));
  send.worker = to.id;
  send.task = task.id;
  send.payload = task.payload;
  send.attempt = task.attempts;
  send.why = why;
  if (is_list(i)) send_list(i, send);
}

// ---------------------------------------------------------------- time

void Scheduler::compute_deadline(TimePoint now) {
  deadline_ = std::min(stop_deadline_.value_or(kForever), alarms_.next());
  if (stopping_) return;
  if (more_to_start_) deadline_ = now;
  if (options_.holds_answers && now < full_for_long()) {
    deadline_ = std::min(deadline_, full_for_long());
  }
  if (placement_.someone_left_idle()) deadline_ = std::min(deadline_, after(now, kTailPeriod));
  if (tasks_.queued() > 0) deadline_ = std::min({deadline_, next_bench_end_, next_refusal_end_});
  if (now >= std::max(held_until_, next_start_)) return;
  if (tasks_.queued() == 0 && (!starts_all() || pool_.count(Group::Ready) == 0)) return;
  for (const TimePoint next : {held_until_, next_start_}) {
    if (next > now) deadline_ = std::min(deadline_, next);
  }
}

}  // namespace spread
