// The life of a slot: when a worker is started in it, what ends a pause, a rest or a bench, and
// when a task has timed out (docs/scheduling.md, "Slots").
#include <algorithm>
#include <utility>

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
// One that waits for its hello before its first task, and takes longer, may hang.
constexpr Duration kSlowLogin = std::chrono::seconds(10);
// A hello that is awaited since others of its kind have said one may take so many times longer than
// theirs.
constexpr double kHelloPatience = 4;

}  // namespace

/// No process; the next one may be started from `not_before` on.
void Scheduler::empty_slot(Slot& emptied, TimePoint not_before) {
  pool_.set_state(emptied, SlotState::Empty);
  emptied.not_before = not_before;
  if (emptied.retired()) return;
  if (not_before <= now_) {
    pool_.set_ready(emptied);
  } else {
    alarms_.set(emptied.id, not_before);
  }
}

void Scheduler::close_slot(Slot& closed, std::string reason, TimePoint now, Actions& actions) {
  pool_.set_state(closed, SlotState::Closed);
  closed.probe = false;
  HostRecord& host = pool_.host(closed.host);
  if (pool_.count_on(closed.host, Group::Closed) == host.workers.size()) {
    if (!host.bench_until) benched_.push_back(closed.host);
    host.bench_until = after(now, options_.failure.bench);
    next_bench_end_ = std::min(next_bench_end_, *host.bench_until);
  }
  actions.push_back(SlotClosed{closed.id, std::move(reason)});
}

// ---------------------------------------------------------------- time

void Scheduler::ring_alarms(TimePoint now, Actions& actions) {
  while (const auto worker = alarms_.take_due(now)) look_after(pool_[*worker], now, actions);
}

void Scheduler::look_after(Slot& woken, TimePoint now, Actions& actions) {
  if (woken.former_end_by) look_for_former_end(woken, now, actions);
  switch (woken.state()) {
    case SlotState::Empty:
      if (woken.retired()) return;
      if (now >= woken.not_before) {
        pool_.set_ready(woken);
      } else {
        alarms_.set(woken.id, woken.not_before);
      }
      return;
    case SlotState::Live: look_after_live(woken, now, actions); return;
    case SlotState::Closing:
      look_for_timeout(woken, now, actions);
      look_for_end(woken, now, actions);
      return;
    case SlotState::Starting:
    case SlotState::Dying:
    case SlotState::Closed: return;
  }
}

void Scheduler::look_after_live(Slot& woken, TimePoint now, Actions& actions) {
  if (woken.resting()) {
    if (now >= woken.not_before) {
      pool_.set_resting(woken, false);
    } else {
      alarms_.set(woken.id, woken.not_before);
    }
  }
  if (woken.logging_in()) {
    const TimePoint logged_in = after(woken.started, kLoginTime);
    if (now >= logged_in) {
      pool_.set_logging_in(woken, false);
    } else {
      alarms_.set(woken.id, logged_in);
    }
  }
  if (woken.awaits_hello() && !woken.overdue()) {
    const double usual = pool_.key_of(woken).expected_launch();
    const Duration least = woken.waits_for_hello ? kSlowLogin : kLoginTime;
    const TimePoint overdue =
        after(woken.started, std::max(least, from_seconds(kHelloPatience * usual)));
    if (now < overdue) {
      alarms_.set(woken.id, overdue);
    } else if (woken.waits_for_hello) {
      pool_.set_overdue(woken);  // of a slot that always says hello, it is not there yet
    } else {
      pool_.set_awaits_hello(woken, false);
    }
  }
  look_for_age(woken, now);
  look_for_dropped(woken, now, actions);
  look_for_timeout(woken, now, actions);
  look_for_end(woken, now, actions);
  holder_changed(woken);
}

Duration Scheduler::timeout() const {
  if (options_.failure.timeout) return *options_.failure.timeout;
  constexpr std::uint64_t kLeastSuccesses = 3;
  constexpr Duration kLeast = std::chrono::seconds(1);
  if (!options_.failure.timeout_percent || median_.count() < kLeastSuccesses) return kNoLimit;
  return std::max(
      kLeast, from_seconds(to_seconds(median_.value()) * *options_.failure.timeout_percent / 100));
}

void Scheduler::look_for_timeout(Slot& watched, TimePoint now, Actions& actions) {
  if (stalled_since_) return;          // arm_timeouts() comes at its end
  if (watched.unread_since()) return;  // armed anew at its end, too
  const Duration limit = timeout();
  if (limit == kNoLimit || watched.in_flight().empty()) return;
  // Of those that a parallel worker works on, the front has been worked on for longest.
  const InFlight& front = watched.in_flight().front();
  if (now < after(front.since, limit)) {
    alarms_.set(watched.id, after(front.since, limit));
    return;
  }
  if (tasks_[front.task].dropped) return;  // look_for_dropped()
  if (tasks_[front.task].gang != kNoGang) return gang_timed_out(watched, now, actions);
  watched.timed_out = tasks_[front.task].id;
  kill(watched, KillReason::TimedOut, true, "its task timed out", actions);
}

/// When its front times out, it is to be looked after.
void Scheduler::arm_timeout(const Slot& slot) {
  if (armed_timeout_ == kNoLimit || slot.in_flight().empty()) return;
  alarms_.set(slot.id, after(slot.in_flight().front().since, armed_timeout_));
}

/// The time-out has become shorter, or has been suspended: alarms may be set too late.
void Scheduler::arm_timeouts() {
  const Duration limit = timeout();
  if (limit == kNoLimit) return;
  armed_timeout_ = std::min(armed_timeout_, limit);
  pool_.each_busy([&](const Slot& each) {
    if (each.state() == SlotState::Live || each.state() == SlotState::Closing) arm_timeout(each);
  });
}

// ---------------------------------------------------------------- benches and the retired

/// The host of a probe that has answered is as good as new.
void Scheduler::probe_worked(Slot& probe, TimePoint now) {
  probe.probe = false;
  pool_.each_on(probe.host, Group::Closed, [&](Slot& each) {
    each.launch_failures = pool_.connection_of(each).launch_failures = 0;
    empty_slot(each, now);
  });
}

void Scheduler::end_benches(TimePoint now) {
  if (now < next_bench_end_) return;
  next_bench_end_ = kForever;
  std::erase_if(benched_, [&](HostId id) {
    HostRecord& host = pool_.host(id);
    if (now < *host.bench_until) {
      next_bench_end_ = std::min(next_bench_end_, *host.bench_until);
      return false;
    }
    host.bench_until.reset();
    bool chosen = false;
    pool_.each_on(id, Group::Closed, [&](Slot& each) {
      if (std::exchange(chosen, true)) return;
      each.probe = true;
      each.launch_failures = options_.failure.start_retries - 1;  // one more closes it again
      pool_.connection_of(each).launch_failures = 0;
      empty_slot(each, now);
    });
    return true;
  });
}

/// A slot that was retired for being busy is called back when no other worker is left.
void Scheduler::recall_retired(TimePoint now) {
  if (pool_.count(Group::Retired) == 0 || tasks_.queued() == 0) return;
  for (const Group other : {Group::Running, Group::Ready, Group::Pausing}) {
    if (pool_.count(other) > 0) return;
  }
  pool_.each(Group::Retired, [&](Slot& each) {
    if (each.state() != SlotState::Empty) return;
    pool_.set_retired(each, false);
    empty_slot(each, std::max(now, each.not_before));
  });
}

// ---------------------------------------------------------------- starts

bool Scheduler::may_log_in(const Slot& candidate) const {
  return !candidate.remote || pool_.count_on(candidate.host, Group::LoggingIn) < kLoginsPerHost;
}

void Scheduler::start_workers(TimePoint now, Actions& actions) {
  const bool all = starts_all();
  const std::size_t coming = pool_.count(Group::Starting) + pool_.count(Group::AwaitsHello);
  std::size_t demand = startable();
  if (options_.gang > 0) {
    // Idle ones were too few for a gang, or there is none to begin.
    demand *= gang_size();
    demand -= std::min<std::size_t>(demand, pool_.count(Group::Idle));
  }
  const bool own_gang = tasks_.gang_is_next();
  if (own_gang) demand += gang_demand();
  demand -= std::min(demand, coming);
  if ((demand == 0 && !all) || held(now) || now < next_start_) return;
  if (const auto only = the_only_one(); only && !all && !pool_.in(pool_[*only], Group::Ready))
    return;
  std::size_t started = 0, no_login = 0;
  for (SlotPool::Place place = pool_.next_ready(0); place != SlotPool::kNoPlace;
       place = pool_.next_ready(place + 1)) {
    if (demand == 0 && !all) return;
    if (started == kStartsPerDecision) {
      more_to_start_ = true;
      return;
    }
    Slot& candidate = pool_.at(place);
    if (!may_start_one()) return;
    const bool connects = pool_.connection_of(candidate).in_use() == 0;
    if (connects && !may_log_in(candidate)) {
      // None of its host may, and perhaps none at all.
      HostRecord& host = pool_.host(candidate.host);
      if (std::exchange(host.full_in, decisions_) != decisions_) {
        no_login += pool_.count_on(candidate.host, Group::Ready);
      }
      if (no_login >= pool_.count(Group::Ready)) return;
      continue;
    }
    if (!all && options_.gang == 0 && !own_gang) {
      const Choice choice = choose(candidate);
      if (choice.kind == Choice::Kind::Nothing) continue;
      if (tasks_[choice.task].any_worker() && left_idle(candidate, now)) {
        if (rest_is_left_idle(candidate, now)) return;
        continue;
      }
    }
    pool_.set_state(candidate, SlotState::Starting);
    candidate.started = now;
    if (connects) {
      if (candidate.remote) pool_.set_logging_in(candidate, true);
      ++started;
      next_start_ = after(now, options_.start_delay);
    }
    demand -= std::min<std::size_t>(demand, 1);
    placement_.starts(candidate, now);
    actions.push_back(StartWorker{candidate.id, candidate.probe
                                                    ? "to see whether its host works again"
                                                : all ? "every slot is to be started"
                                                      : "tasks wait, fastest slot first"});
    if (now < next_start_) return;
  }
}

}  // namespace spread
