// Who gets the next task (docs/scheduling.md, "Who gets a task" and "The tail").
#include <algorithm>
#include <cmath>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {
namespace {

constexpr Duration kRankingPeriod = std::chrono::milliseconds(100);
// How soon a slot that the tail rule left idle is looked at again.
constexpr Duration kTailPeriod = std::chrono::milliseconds(10);
// "The queue is long": each live worker could be given so many tasks.
constexpr std::size_t kLongQueue = 8;

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
  if (now >= next_refusal_end_) give_up_refused(now, actions);
  end_benches(now);
  if (rank_stale_ || (pool_.keys().size() > 1 && now >= next_ranking_)) rank_slots(now);
  tail_known_ = someone_left_idle_ = rest_is_left_ = more_to_start_ = false;
  if (!stopping_) {
    recall_retired(now);
    if (options_.close_surplus) close_surplus(actions);
    assign(now, actions);
    start_workers(now, actions);
    if (tasks_.queued() > 0 && none_can_open()) {
      stop(last_death_.empty() ? "no worker could be started" : "no worker is left: " + last_death_,
           actions);
    }
  }
  if (options_.holds_answers) close_holders(now, actions);
  if (tasks_done() || (options_.close_idle && none_to_give())) close_inputs(actions);
  next_idle_end_ = kForever;
  if (stop_level_ == 1 && options_.idle_grace) end_idle(now, actions);
  compute_deadline(now);
}

void Scheduler::settle_answers(TimePoint now) {
  const bool percent = options_.failure.timeout_percent.has_value();
  if (percent && !answered_.empty() && timeout() < armed_timeout_) arm_timeouts();
  for (const WorkerId id : answered_) {
    Slot& worker = pool_[id];
    worker.has_answered_now = false;
    Batch& batch = worker.batch;
    if (batch.count == 0) continue;  // only refusals
    worker.usefulness.answered(batch.count);
    batch.since_sent = now - worker.batch_sent;
    batch.since_answer = now - worker.batch_since;
    KeyRecord& key = pool_.key_of(worker);
    if (options_.window == 0) worker.window.answered(batch);
    const bool first_of_key = key.seconds == 0;
    // A round trip is no work; but where every task waits for it, it is part of the speed.
    const Duration elapsed = std::min(batch.since_sent, batch.since_answer);
    performance_.answered(key, to_seconds(elapsed) / batch.count, batch.count,
                          batch.first_of_process);
    if (first_of_key) rank_stale_ = true;
    if (worker.probe) probe_worked(worker, now);
  }
  answered_.clear();
}

void Scheduler::rank_slots(TimePoint now) {
  performance_.compare(pool_.keys());
  std::vector<WorkerId> order = pool_.order();
  std::vector<double> seconds(order.size());
  double slowest = 0;
  for (const WorkerId worker : order) {
    const Slot& each = pool_[worker];
    const KeyRecord& key = pool_.key_of(each);
    const double expected = performance_.expected_seconds(each, key, now);
    seconds[number(worker)] = expected;
    const bool running = each.state() == SlotState::Live;
    slowest = std::max(slowest, expected + (running ? 0 : key.expected_launch()));
  }
  // Equal hosts share the work evenly: all their first slots, then all their second ones, ...
  std::stable_sort(order.begin(), order.end(), [&](WorkerId a, WorkerId b) {
    const double sa = seconds[number(a)];
    const double sb = seconds[number(b)];
    if (sa != sb) return sa < sb;
    if (pool_[a].ordinal != pool_[b].ordinal) return pool_[a].ordinal < pool_[b].ordinal;
    return a < b;
  });
  ranked_seconds_.clear();
  for (const KeyRecord& key : pool_.keys()) {
    ranked_seconds_.push_back(performance_.expected_seconds(key));
  }
  slowest_ratio_ = order.empty() ? 1 : slowest / seconds[number(order.front())];
  pool_.set_order(std::move(order));
  rank_stale_ = false;
  next_ranking_ = after(now, kRankingPeriod);
}

// ---------------------------------------------------------------- which task

bool Scheduler::may_take_fresh(WorkerId worker) const {
  if (tasks_.fresh_count() == 0) return false;
  if (!output_.full) return true;
  if (output_.but_for != kNoWorker) return worker == output_.but_for;
  // The oldest unfinished task is let through a full output: it may be the one that everything
  // waits for. It is at the front of the fresh queue only if nothing older is under way.
  return tasks_.in_flight() == 0 && tasks_.again_count() == 0;
}

std::size_t Scheduler::startable() const {
  const bool one = output_.full && output_.but_for == kNoWorker;
  const std::size_t fresh = one ? (may_take_fresh(kNoWorker) ? 1 : 0) : tasks_.fresh_count();
  return fresh + tasks_.again_count();
}

/// Whether `task` should rather go to another worker than this one: it went wrong here, or it
/// crashed on this host; and another worker can be expected to take it.
bool Scheduler::avoids(const Slot& here, const Task& task) const {
  if (task.avoid == kNoWorker) return false;
  const bool itself = task.avoid == here.id;
  const bool same_host = task.crashes > 0 && pool_[task.avoid].host == here.host;
  if (!itself && !same_host) return false;
  // Its next process is to show with another task that it works at all.
  if (itself && !here.answered && here.deaths + here.launch_failures > 0) return true;
  const std::uint32_t usable = pool_.count(Group::Usable);
  if (same_host && usable > pool_.count_on(here.host, Group::Usable)) return true;
  // No other host; then at least another slot.
  return itself && usable > (pool_.in(here, Group::Usable) ? 1u : 0u);
}

/// Whether another one that does not avoid `task` is about to take it.
bool Scheduler::another_is_free(const Slot& here, const Task& task) const {
  const Slot* const there =
      task.avoid == kNoWorker || task.avoid == here.id ? nullptr : &pool_[task.avoid];
  const auto others = [&](Group group) {
    return pool_.count(group) - (pool_.in(here, group) ? 1 : 0) -
           (there != nullptr && pool_.in(*there, group) ? 1 : 0);
  };
  if (others(Group::Starting) + others(Group::AwaitsHello) > 0) return true;
  std::uint32_t free = others(Group::Idle) + others(Group::Ready);
  if (task.avoid == kNoWorker || task.crashes == 0) return free > 0;
  // All of that host avoid it, as long as another host has a worker.
  const HostId crashed = pool_[task.avoid].host;
  const auto on_crashed = [&](const Slot* slot, Group group) {
    return slot != nullptr && slot->host == crashed && pool_.in(*slot, group) ? 1u : 0u;
  };
  if (pool_.count(Group::Usable) == pool_.count_on(crashed, Group::Usable)) return free > 0;
  for (const Group group : {Group::Idle, Group::Ready}) {
    free -= pool_.count_on(crashed, group) - on_crashed(&here, group) - on_crashed(there, group);
  }
  return free > 0;
}

/// A task that is to run alone waits until a worker has nothing in flight: as many workers as there
/// are such tasks are sent nothing more.
bool Scheduler::may_drain(Slot& worker) {
  if (!worker.draining()) {
    pool_.set_draining(worker, pool_.count(Group::Draining) < tasks_.again().alone_count());
  }
  return worker.draining();
}

Scheduler::Choice Scheduler::choose(Slot& to) {
  using Kind = Choice::Kind;
  std::optional<TaskIndex> avoided;
  bool alone_waits = false;
  Choice chosen;
  tasks_.again().each_kind([&](TaskIndex i) {
    ++steps_;
    if (avoids(to, tasks_[i])) {
      if (!avoided) avoided = i;
      return true;
    }
    if (tasks_[i].alone && !to.in_flight().empty()) {
      alone_waits = true;
      if (may_drain(to)) chosen.kind = Kind::Wait;
      return chosen.kind != Kind::Wait;
    }
    chosen = {Kind::Again, i, "to be tried again, oldest first"};
    return false;
  });
  if (chosen.kind != Kind::Nothing) return chosen;
  if (!alone_waits) pool_.set_draining(to, false);
  // A task that has crashed its login must not crash the next one.
  const bool here_too = options_.retry_first && avoided && tasks_[*avoided].crashes == 0 &&
                        to.in_flight().empty() && !another_is_free(to, tasks_[*avoided]);
  if (!here_too && may_take_fresh(to.id)) {
    return {Kind::Fresh, tasks_.fresh_front(), "next in line, fastest worker first"};
  }
  if (!avoided || !to.in_flight().empty() || another_is_free(to, tasks_[*avoided])) return {};
  return {Kind::Again, *avoided, "to be tried again, and no other worker is free"};
}

std::optional<TaskId> Scheduler::in_the_way() const {
  if (tasks_.again_count() == 0) return std::nullopt;
  const std::uint32_t open = pool_.count(Group::Open);
  if (pool_.busy() < std::min(open, slots_limit_)) return std::nullopt;
  const TaskId waiting = tasks_[tasks_.again().oldest()].id;
  std::optional<TaskId> oldest;
  std::uint32_t busy = 0;
  pool_.each_busy([&](const Slot& each) {
    if (!pool_.in(each, Group::Open)) return;
    ++busy;
    for (std::size_t i = 0; i < each.in_flight().size(); ++i) {
      const TaskId id = tasks_[each.in_flight()[i].task].id;
      if (!oldest || id < *oldest) oldest = id;
    }
  });
  if (busy < std::min(open, slots_limit_) || (oldest && *oldest < waiting)) return std::nullopt;
  return oldest;
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
  std::size_t open = std::max<std::size_t>(1, pool_.size() - useless);
  std::size_t left = tasks_.queued() + tasks_.in_flight();
  if (options_.holds_answers) {
    // Nothing may be left over: no answer comes that would make room for it.
    open = std::min<std::size_t>(open, slots_limit_);
    left += open - 1;
  }
  const std::size_t fair = std::max<std::size_t>(1, left / open);
  const bool limited = slots_limit_ < pool_.size() && !options_.close_surplus;
  const auto full_house = [&](const Slot& to) {
    return limited && to.in_flight().empty() && pool_.busy() >= slots_limit_;
  };
  if (const auto only = the_only_one()) {
    Slot& to = pool_[*only];
    if (startable() > 0 && !held(now) && !full_house(to)) fill(to, fair, now, actions);
    return;
  }
  for (SlotPool::Place place = pool_.next_sendable(0); place != SlotPool::kNoPlace;
       place = pool_.next_sendable(place + 1)) {
    if (startable() == 0 || held(now)) return;
    Slot& to = pool_.at(place);
    if (full_house(to)) return;
    if (!fill(to, fair, now, actions)) pool_.set_full(to);
    if (rest_is_left_) return;
  }
}

std::size_t Scheduler::room_of(const Slot& worker) const {
  // After a launch that failed with tasks in the pipe one task alone is to show that it works; but
  // of one that holds its answers back one task shows nothing.
  if (worker.launch_failures > 0 && !options_.holds_answers) return 1;
  const std::size_t live = std::max<std::size_t>(1, pool_.count(Group::Process));
  return worker.window.size(tasks_.queued() > kLongQueue * live, worker.parallel);
}

bool Scheduler::bytes_are_full(const Slot& worker) const {
  if (worker.in_flight().empty()) return false;
  std::size_t bytes = worker.in_flight_bytes();
  // The end of a long line may be in its buffer, and come out only when others follow.
  if (options_.holds_answers) bytes -= tasks_[worker.in_flight().front().task].payload.size();
  return bytes >= options_.window_bytes;
}

/// Sends as many tasks as the worker has room for. False if it can take no more until something
/// happens to it.
bool Scheduler::fill(Slot& to, std::size_t fair, TimePoint now, Actions& actions) {
  if (!to.takes_tasks()) return false;
  std::size_t share = fair - std::min(fair, to.in_flight().size());
  const std::size_t room = room_of(to);
  if (tasks_.again_count() == 0 && !output_.full && !input_ended_) {
    return fill_with_fresh(to, room, share, now, actions);
  }
  while (to.in_flight().size() < room) {
    if (bytes_are_full(to)) return false;
    if (share-- == 0 || held(now)) return true;
    if (tasks_.again_count() == 0) {
      if (!may_take_fresh(to.id)) return true;
      if (left_idle(to, now)) {
        rest_is_left_ = rest_is_left_idle(to, now);
        return true;
      }
      pool_.set_draining(to, false);
      send(to, tasks_.take_fresh(), now, "next in line, fastest worker first", actions);
      continue;
    }
    const Choice choice = choose(to);
    if (choice.kind == Choice::Kind::Wait) return false;
    if (choice.kind == Choice::Kind::Nothing) return true;
    if (tasks_[choice.task].avoid == kNoWorker && left_idle(to, now)) return true;
    if (choice.kind == Choice::Kind::Fresh) {
      tasks_.take_fresh();
    } else {
      tasks_.take_again(choice.task);
    }
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
    if (bytes_are_full(to)) return false;
    if (share-- == 0 || held(now)) return true;
    send(to, tasks_.take_fresh(), now, "next in line, fastest worker first", actions);
  }
  return false;
}

Capacity Scheduler::capacity(const Slot& each, TimePoint now) const {
  const KeyRecord& key = pool_.key_of(each);
  Capacity capacity;
  capacity.worker = each.id;
  capacity.seconds = performance_.expected_seconds(each, key, now);
  // Whatever takes longer than expected is expected to take as long again as it is late: so one
  // that hangs is not waited for.
  const auto remaining = [&](double expected, TimePoint since) {
    return std::abs(expected - to_seconds(now - since));
  };
  if (each.state() == SlotState::Empty) {
    capacity.free_at = key.expected_launch();
  } else if (each.state() == SlotState::Starting || each.awaits_hello()) {
    capacity.free_at = remaining(key.expected_launch(), each.started);
  } else if (each.resting()) {
    capacity.free_at = to_seconds(each.not_before - now);
  }
  const Ring<InFlight>& in_flight = each.in_flight();
  if (!in_flight.empty()) {
    capacity.free_at += remaining(capacity.seconds, in_flight.front().since) +
                        capacity.seconds * static_cast<double>(in_flight.size() - 1);
  }
  return capacity;
}

/// What the tail rule compares with: all that run. Those that have nothing to do are all alike if
/// their key is the same, and it does not matter how many they are.
void Scheduler::look_at_capacities(TimePoint now) {
  tail_known_ = true;
  tail_.clear();
  for (std::uint32_t key = 0; key < pool_.keys().size(); ++key) {
    const std::uint32_t idle = pool_.count_of(key, Group::Idle);
    if (idle == 0) continue;
    tail_.add({kNoWorker, 0, performance_.expected_seconds(pool_.keys()[key]), idle, key});
  }
  const auto add = [&](const Slot& each) {
    if (!each.leaving()) tail_.add(capacity(each, now));
  };
  pool_.each(Group::Starting, add);
  pool_.each_busy([&](const Slot& each) {
    if (each.state() == SlotState::Live) add(each);
  });
  const auto waits = [&](const Slot& each) {
    return each.state() == SlotState::Live && each.in_flight().empty();
  };
  pool_.each(Group::AwaitsHello, [&](const Slot& each) {
    if (waits(each)) add(each);
  });
  pool_.each(Group::Resting, [&](const Slot& each) {
    if (waits(each) && !each.awaits_hello()) add(each);
  });
}

/// Whether the tail rule leaves the slots that come behind `slot` in the order of preference idle,
/// too, now that it does so with `slot`: the slower one is, and the later it is free, the more the
/// others do until it is done. So it is enough to look at the fastest of them, as if it were free
/// as early as any. Their order is as old as the last ranking.
bool Scheduler::rest_is_left_idle(const Slot& slot, TimePoint now) const {
  if (tasks_.again_count() > 0 || (output_.full && output_.but_for != kNoWorker)) return false;
  const bool live = slot.state() == SlotState::Live;
  const Group group = live ? Group::Live : Group::Ready;
  const double place = ranked_seconds_[slot.key];
  Capacity fastest = capacity(slot, now);
  for (std::uint32_t key = 0; key < pool_.keys().size(); ++key) {
    if (pool_.count_of(key, group) == 0 || ranked_seconds_[key] < place) continue;
    const KeyRecord& record = pool_.keys()[key];
    fastest.seconds = std::min(fastest.seconds, performance_.expected_seconds(record));
    fastest.free_at = live ? 0 : std::min(fastest.free_at, record.expected_launch());
  }
  fastest.worker = kNoWorker;
  return tail_.better_left_idle(fastest, tasks_.queued(), performance_.unevenness());
}

/// The tail rule. Waiting helps only at the end of the queue, and while the input is open the
/// scheduler does not know whether it is the end.
bool Scheduler::left_idle(const Slot& slot, TimePoint now) {
  if (!input_ended_) return false;
  // No other worker may take it.
  if (output_.full && output_.but_for == slot.id) return false;
  // Workers of one key are equally fast, so it is only a question for one that is not running.
  if (pool_.keys().size() < 2 && slot.state() == SlotState::Live) return false;
  // In the middle of a run this is all that is looked at: even the fastest could not do so many.
  const std::size_t coming = pool_.count(Group::Process) + pool_.count(Group::Starting);
  if (static_cast<double>(tasks_.queued()) > 2 * slowest_ratio_ * static_cast<double>(coming)) {
    return false;
  }
  if (!tail_known_) look_at_capacities(now);
  const bool left =
      tail_.better_left_idle(capacity(slot, now), tasks_.queued(), performance_.unevenness());
  if (left) someone_left_idle_ = true;
  return left;
}

void Scheduler::send(Slot& to, TaskIndex i, TimePoint now, Why why, Actions& actions) {
  Task& task = tasks_[i];
  ++task.attempts;
  if (options_.delay > Duration::zero()) held_until_ = after(now, options_.delay);
  const bool first = to.in_flight().empty();
  if (first) {
    to.was_idle = true;
    to.last_answer = now;
  }
  pool_.send(to, {i, now, now}, task.payload.size(), task.alone);
  if (first) arm_timeout(to);
  if (task.alone) pool_.set_draining(to, false);
  if (tail_known_) tail_.took(to.id, to.key);
  actions.emplace_back(std::in_place_type<SendTask>, to.id, task.id, task.payload, task.attempts,
                       why);
}

// ---------------------------------------------------------------- the end, and time

void Scheduler::close_inputs(Actions& actions) {
  const Why why = tasks_done() ? "all tasks are final" : "no task is left for it";
  if (options_.once) return;
  pool_.each(Group::Live, [&](Slot& each) {
    if (!each.in_flight().empty()) return;
    pool_.set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{each.id, why});
  });
}

/// After the first signal: those that have something unanswered, and have shown that they answer,
/// may finish it. The others are not waited for as long.
void Scheduler::end_idle(TimePoint now, Actions& actions) {
  pool_.each(Group::Process, [&](Slot& each) {
    if (each.state() == SlotState::Dying) return;
    if (each.answered && !each.in_flight().empty()) {
      each.end_by.reset();
      return;
    }
    if (each.state() == SlotState::Live && each.in_flight().empty()) {
      pool_.set_state(each, SlotState::Closing);
      actions.push_back(CloseInput{each.id, "the run was interrupted"});
    }
    if (!each.end_by) each.end_by = after(now, *options_.idle_grace);
    if (now >= *each.end_by) {
      each.end_by = kForever;
      kill(each, KillReason::Halted, true, "the run was interrupted", actions);
    }
    next_idle_end_ = std::min(next_idle_end_, *each.end_by);
  });
}

void Scheduler::compute_deadline(TimePoint now) {
  deadline_ = std::min({stop_deadline_.value_or(kForever), next_idle_end_, alarms_.next()});
  if (stopping_) return;
  if (more_to_start_) deadline_ = now;
  if (options_.holds_answers) deadline_ = std::min(deadline_, next_close_of_holders(now));
  if (someone_left_idle_) deadline_ = std::min(deadline_, after(now, kTailPeriod));
  if (tasks_.queued() > 0) deadline_ = std::min({deadline_, next_bench_end_, next_refusal_end_});
  if (now >= std::max(held_until_, next_start_)) return;
  if (tasks_.queued() == 0 && (!starts_all() || pool_.count(Group::Ready) == 0)) return;
  for (const TimePoint next : {held_until_, next_start_}) {
    if (next > now) deadline_ = std::min(deadline_, next);
  }
}

}  // namespace spread
