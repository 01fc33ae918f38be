// The life of a slot: when a worker is started in it, what ends a pause, a rest or a bench, and
// when a task has timed out (docs/scheduling.md, "Slots").
#include <algorithm>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {
namespace {

// A spawn takes about half a millisecond: between so many of them the answers of others are read.
constexpr std::size_t kStartsPerDecision = 16;
// sshd drops logins at random when more than ten are half open (MaxStartups 10:30:100).
constexpr std::uint32_t kLoginsPerHost = 8;
// A worker that says nothing until its first answer has logged in by then, most likely.
constexpr Duration kLoginTime = std::chrono::seconds(1);
// A hello that is awaited since others of its kind have said one may take so many times longer than
// theirs.
constexpr double kHelloPatience = 4;

}  // namespace

void Scheduler::set_state(Slot& slot, SlotState state) {
  const bool had_process = slot.has_process();
  starting_ -= slot.state == SlotState::Starting ? 1 : 0;
  closed_ -= slot.state == SlotState::Closed ? 1 : 0;
  slot.state = state;
  starting_ += state == SlotState::Starting ? 1 : 0;
  closed_ += state == SlotState::Closed ? 1 : 0;
  counts_.live_workers += (slot.has_process() ? 1 : 0);
  counts_.live_workers -= (had_process ? 1 : 0);
}

/// No process; the next one may be started from `not_before` on.
void Scheduler::empty_slot(WorkerId worker, TimePoint not_before) {
  Slot& emptied = slot(worker);
  set_state(emptied, SlotState::Empty);
  emptied.not_before = not_before;
  if (emptied.retired) return;
  if (not_before <= now_) {
    ready_.insert(place_of(worker));
  } else {
    alarms_.set(worker, not_before);
  }
}

void Scheduler::close_slot(Slot& closed, WorkerId worker, std::string reason, TimePoint now,
                           Actions& actions) {
  set_state(closed, SlotState::Closed);
  closed.probe = false;
  HostRecord& host = host_of(closed);
  SPREAD_ASSERT(host.open_slots > 0);
  if (--host.open_slots == 0) {
    host.bench_until = after(now, options_.failure.bench);
    next_bench_end_ = std::min(next_bench_end_, *host.bench_until);
  }
  actions.push_back(SlotClosed{worker, std::move(reason)});
}

void Scheduler::end_login(Slot& slot) {
  if (!slot.logging_in) return;
  slot.logging_in = false;
  --host_of(slot).logins;
}

// ---------------------------------------------------------------- time

void Scheduler::ring_alarms(TimePoint now, Actions& actions) {
  while (const auto worker = alarms_.take_due(now)) look_after(*worker, now, actions);
}

void Scheduler::look_after(WorkerId worker, TimePoint now, Actions& actions) {
  Slot& woken = slot(worker);
  switch (woken.state) {
    case SlotState::Empty:
      if (woken.retired) return;
      if (now >= woken.not_before) {
        ready_.insert(place_of(worker));
      } else {
        alarms_.set(worker, woken.not_before);
      }
      return;
    case SlotState::Live: look_after_live(worker, now, actions); return;
    case SlotState::Closing: look_for_timeout(worker, now, actions); return;
    case SlotState::Starting:
    case SlotState::Dying:
    case SlotState::Closed: return;
  }
}

void Scheduler::look_after_live(WorkerId worker, TimePoint now, Actions& actions) {
  Slot& woken = slot(worker);
  if (woken.resting) {
    if (now >= woken.not_before) {
      woken.resting = false;
      mark_hungry(worker);
    } else {
      alarms_.set(worker, woken.not_before);
    }
  }
  if (woken.logging_in) {
    const TimePoint logged_in = after(woken.started, kLoginTime);
    if (now >= logged_in) {
      end_login(woken);
    } else {
      alarms_.set(worker, logged_in);
    }
  }
  // Of a slot that always says hello, one that is late is not there yet.
  if (woken.awaits_hello && !woken.waits_for_hello) {
    const double usual = key_of(woken).expected_launch();
    const TimePoint overdue =
        after(woken.started, std::max(kLoginTime, from_seconds(kHelloPatience * usual)));
    if (now >= overdue) {
      woken.awaits_hello = false;
      --awaiting_hello_;
      mark_hungry(worker);
    } else {
      alarms_.set(worker, overdue);
    }
  }
  look_for_timeout(worker, now, actions);
}

Duration Scheduler::timeout() const {
  if (options_.failure.timeout) return *options_.failure.timeout;
  constexpr std::uint64_t kLeastSuccesses = 3;
  constexpr Duration kLeast = std::chrono::seconds(1);
  if (!options_.failure.timeout_percent || median_.count() < kLeastSuccesses) return kNoLimit;
  return std::max(
      kLeast, from_seconds(to_seconds(median_.value()) * *options_.failure.timeout_percent / 100));
}

void Scheduler::look_for_timeout(WorkerId worker, TimePoint now, Actions& actions) {
  if (stalled_since_) return;  // arm_timeouts() comes at its end
  Slot& watched = slot(worker);
  if (watched.unread_since) return;  // armed anew at its end, too
  const Duration limit = timeout();
  if (limit == kNoLimit || watched.in_flight.empty()) return;
  // Of those that a parallel worker works on, the front has been worked on for longest.
  const InFlight& front = watched.in_flight.front();
  if (now < after(front.since, limit)) {
    alarms_.set(worker, after(front.since, limit));
    return;
  }
  watched.timed_out = tasks_[front.task].id;
  kill(watched, worker, KillReason::TimedOut, true, "its task timed out", actions);
}

void Scheduler::arm_timeout(WorkerId worker, TimePoint since) {
  if (armed_timeout_ != kNoLimit) alarms_.set(worker, after(since, armed_timeout_));
}

/// The time-out has become shorter, or has been suspended: alarms may be set too late.
void Scheduler::arm_timeouts() {
  const Duration limit = timeout();
  if (limit == kNoLimit) return;
  armed_timeout_ = std::min(armed_timeout_, limit);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& each = slots_[i];
    const bool works = each.state == SlotState::Live || each.state == SlotState::Closing;
    if (!works || each.in_flight.empty()) continue;
    arm_timeout(id_of(i), each.in_flight.front().since);
  }
}

// ---------------------------------------------------------------- benches and the retired

/// The host of a probe that has answered is as good as new.
void Scheduler::probe_worked(Slot& probe, TimePoint now) {
  probe.probe = false;
  HostRecord& host = host_of(probe);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].host != probe.host || slots_[i].state != SlotState::Closed) continue;
    slots_[i].launch_failures = 0;
    ++host.open_slots;
    empty_slot(id_of(i), now);
  }
}

void Scheduler::end_benches(TimePoint now) {
  if (now < next_bench_end_) return;
  next_bench_end_ = kForever;
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    HostRecord& host = hosts_[h];
    if (!host.bench_until) continue;
    if (now < *host.bench_until) {
      next_bench_end_ = std::min(next_bench_end_, *host.bench_until);
      continue;
    }
    host.bench_until.reset();
    const auto probe = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) {
      return number(s.host) == h && s.state == SlotState::Closed;
    });
    if (probe == slots_.end()) continue;
    probe->probe = true;
    probe->launch_failures = options_.failure.start_retries - 1;  // one more closes it again
    ++host.open_slots;
    empty_slot(id_of(static_cast<std::size_t>(probe - slots_.begin())), now);
  }
}

/// Whoever was sent away for being busy is called back when nobody else is left.
void Scheduler::recall_retired(TimePoint now) {
  if (retired_ == 0 || tasks_.queued() == 0) return;
  if (starting_ > 0 || !ready_.empty()) return;
  for (const Slot& each : slots_) {
    if (each.state == SlotState::Live || (each.state == SlotState::Empty && !each.retired)) return;
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].retired || slots_[i].state != SlotState::Empty) continue;
    slots_[i].retired = false;
    --retired_;
    empty_slot(id_of(i), std::max(now, slots_[i].not_before));
  }
}

// ---------------------------------------------------------------- fewer slots

void Scheduler::close_surplus(Actions& actions) {
  if (slots_limit_ >= slots_.size() && !any_leaving_) return;
  std::size_t live = starting_;
  for (const Slot& each : slots_) live += each.state == SlotState::Live ? 1 : 0;
  if (live <= slots_limit_ && !any_leaving_) return;
  choose_leavers(live - std::min<std::size_t>(live, slots_limit_));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& each = slots_[i];
    if (!each.leaving || each.state != SlotState::Live || !each.in_flight.empty()) continue;
    hungry_.erase(place_of(id_of(i)));
    set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{id_of(i), "fewer slots are to be used"});
  }
}

/// So many live workers are to leave: those that do already, then idle ones, then the slowest.
void Scheduler::choose_leavers(std::size_t count) {
  any_leaving_ = count > 0;
  enum Turn : std::uint8_t { kLeaving, kIdle, kAny };
  std::vector<bool> chosen(slots_.size());
  for (const Turn turn : {kLeaving, kIdle, kAny}) {
    for (std::size_t place = ranked_.size(); place > 0 && count > 0; --place) {
      const WorkerId worker = ranked_[place - 1];
      const Slot& each = slot(worker);
      if (each.state != SlotState::Live || chosen[number(worker)]) continue;
      if (turn == kLeaving && !each.leaving) continue;
      if (turn == kIdle && !each.in_flight.empty()) continue;
      chosen[number(worker)] = true;
      --count;
    }
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& each = slots_[i];
    const bool stays = each.leaving && !chosen[i];
    each.leaving = chosen[i];
    if (stays && each.state == SlotState::Live) mark_hungry(id_of(i));
  }
}

// ---------------------------------------------------------------- answers held back

/// Whoever has the oldest task that is unfinished.
WorkerId Scheduler::holder_of_oldest() const {
  WorkerId holder = kNoWorker;
  std::optional<TaskId> oldest;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    for (std::size_t k = 0; k < slots_[i].in_flight.size(); ++k) {
      const TaskId id = tasks_[slots_[i].in_flight[k].task].id;
      if (oldest && *oldest < id) continue;
      oldest = id;
      holder = id_of(i);
    }
  }
  return holder;
}

/// When results have waited so long for one that is missing that it may be in a filter's buffer.
TimePoint Scheduler::full_for_long() const {
  constexpr Duration kLong = std::chrono::seconds(1);
  return full_since_ == kForever ? kForever : after(full_since_, kLong);
}

/// When one that has all that its window takes has answered nothing for so long that its buffer may
/// be larger than the window. If it was only slow, a start is lost.
TimePoint Scheduler::full_window_until(const Slot& holder) const {
  constexpr Duration kLong = std::chrono::seconds(10);
  if (has_room(holder) || stalled_since_ || holder.unread_since) return kForever;
  return after(holder.in_flight.front().since, kLong);
}

/// Why nothing more will be given to a worker that owes answers; empty if something may be.
Why Scheduler::why_close_holder(const Slot& holder, TimePoint now) const {
  if (holder.leaving) return "fewer slots are to be used";
  if (holder.has_alone_task) return "nothing is to follow its task";
  if (holder.draining) return "a task is to run alone";
  if (none_to_give()) return "no task is left for it";
  // What waits is for others, or it would have it by now.
  if (input_ended_ && has_room(holder) && !held(now) && !output_.full) {
    return "no task is left for it";
  }
  if (now >= full_window_until(holder))
    return "its window is full and it has answered nothing for 10 s";
  return {};
}

/// When close_holders() has something to do, if nothing happens before.
TimePoint Scheduler::next_close_of_holders(TimePoint now) const {
  TimePoint next = now < full_for_long() ? full_for_long() : kForever;
  for (const Slot& each : slots_) {
    if (each.state != SlotState::Live || each.in_flight.empty()) continue;
    next = std::min(next, full_window_until(each));
  }
  return next;
}

/// Workers that hold answers back until their input ends (a filter that buffers) have it closed as
/// soon as nothing more will be given to them; what they write then counts as before.
void Scheduler::close_holders(TimePoint now, Actions& actions) {
  WorkerId awaited = kNoWorker;
  if (now >= full_for_long()) awaited = holder_of_oldest();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& each = slots_[i];
    if (each.state != SlotState::Live || each.in_flight.empty()) continue;
    Why why = why_close_holder(each, now);
    if (why.empty() && id_of(i) == awaited) why = "all other results wait for its answer";
    if (why.empty()) continue;
    hungry_.erase(place_of(id_of(i)));
    set_state(each, SlotState::Closing);
    actions.push_back(CloseInput{id_of(i), why});
  }
}

// ---------------------------------------------------------------- starts

bool Scheduler::may_log_in(const Slot& candidate) const {
  return !candidate.remote || hosts_[number(candidate.host)].logins < kLoginsPerHost;
}

void Scheduler::start_workers(TimePoint now, Actions& actions) {
  const bool all = starts_all();
  const std::size_t coming = starting_ + awaiting_hello_;
  std::size_t demand = startable();
  demand -= std::min(demand, coming);
  if ((demand == 0 && !all) || held(now) || now < next_start_) return;
  std::size_t started = 0;
  for (std::uint32_t place = ready_.next(0); place != SlotSet::kNone;
       place = ready_.next(place + 1)) {
    if (demand == 0 && !all) return;
    if (started == kStartsPerDecision) {
      more_to_start_ = true;
      return;
    }
    const WorkerId worker = ranked_[place];
    Slot& candidate = slot(worker);
    if (counts_.live_workers + starting_ >= slots_limit_) return;
    if (!may_log_in(candidate)) continue;
    if (!all) {
      const Choice choice = choose(worker, now);
      if (choice.kind == Choice::Kind::Nothing) continue;
      if (tasks_[choice.task].avoid == kNoWorker && left_idle(worker, now)) continue;
    }
    ready_.erase(place);
    set_state(candidate, SlotState::Starting);
    candidate.started = now;
    if (candidate.remote) {
      candidate.logging_in = true;
      ++host_of(candidate).logins;
    }
    ++started;
    next_start_ = after(now, options_.start_delay);
    demand -= std::min<std::size_t>(demand, 1);
    if (tail_known_) tail_.add(capacity(worker, now));
    actions.push_back(StartWorker{worker, candidate.probe ? "to see whether its host works again"
                                          : all           ? "every slot is to be started"
                                                          : "tasks wait, fastest slot first"});
    if (now < next_start_) return;
  }
}

}  // namespace spread
