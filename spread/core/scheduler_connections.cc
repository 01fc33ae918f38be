// What follows from the loss of a connection with all its workers (docs/scheduling.md, "Whose fault
// it was"; docs/decisions/0017-connections-and-workers.md).
#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"
#include "spread/core/verdict.h"

namespace spread {
namespace {

WorkerGone of_worker(const ConnectionLost& lost, WorkerId worker) {
  return {worker, lost.cause, lost.clean, lost.reason, nullptr};
}

}  // namespace

void Scheduler::on(ConnectionLost& event, TimePoint now, Actions& actions) {
  if (event.cause != EndCause::Exited || !event.clean) last_death_ = event.reason;
  const Workers struck = end_workers(event, now, actions);
  for (const WorkerId id : struck) settle_dropped(pool_[id], now, actions);
  const TimePoint not_before = struck.empty() ? now : settle_loss(event, struck, now, actions);
  pause_connection(event, not_before, now, actions);
  shorten_pauses(pool_[pool_.connection(event.connection).first()], now);
}

/// All its slots become empty. Returns those whose workers were at work or waited for some: not
/// those that had done their work, and not those that spread was ending, which is settled here.
Scheduler::Workers Scheduler::end_workers(const ConnectionLost& event, TimePoint now,
                                          Actions& actions) {
  struct Ended {
    WorkerId worker;
    SlotState state;
    KillReason killed_for;
  };
  std::vector<Ended> ended;
  pool_.each_of(event.connection, [&](Slot& each) {
    if (!each.has_worker() && each.state() != SlotState::Starting) return;
    ended.push_back({each.id, each.state(), std::exchange(each.killed_for, KillReason::None)});
    pool_.unwind(each, now);
    pool_.vacate(each);
  });
  Workers struck;
  for (const Ended& one : ended) {
    Slot& each = pool_[one.worker];
    if (options_.once) {
      pool_.set_state(each, SlotState::Closed);
      halt_.finished(event.clean ? Outcome::Ok : Outcome::Failed);
    } else if (one.killed_for == KillReason::Halted) {
      end_of_halted(each, now, actions);
    } else if (one.killed_for == KillReason::TimedOut) {
      end_of_timed_out(each, of_worker(event, each.id), now, actions);
    } else if (one.state != SlotState::Closing || !each.in_flight().empty()) {
      struck.push_back(each.id);
    }
  }
  if (options_.once) check_halt(actions);
  return struck;
}

/// One verdict for all of them, once. Returns when the connection may be made again; kForever =
/// never.
TimePoint Scheduler::settle_loss(const ConnectionLost& event, const Workers& struck, TimePoint now,
                                 Actions& actions) {
  Connection& lost = pool_.connection(event.connection);
  const Slot& first = pool_[struck.front()];
  KeyRecord& key = pool_.key_of(first);
  WorkerEnd end;
  end.cause = event.cause;
  end.proven = key.proven;
  end.says_hello = key.says_hello;
  Workers busy;
  for (const WorkerId id : struck) {
    const Slot& each = pool_[id];
    end.waits_for_hello |= each.waits_for_hello;
    end.heard |= each.heard;
    end.in_flight += each.in_flight().size();
    if (!each.in_flight().empty()) busy.push_back(id);
  }
  end.parallel = busy.size() == 1
                     ? pool_[busy.front()].parallel
                     : static_cast<std::uint32_t>(std::max<std::size_t>(1, busy.size()));
  switch (blame(end)) {
    case Blame::Room: return after(now, kUntilThereIsRoom);
    case Blame::Launch:
      // As in launch_failed(), but counted once.
      for (const WorkerId id : busy) {
        for (TaskIndex i = pool_[id].in_flight().front().task; i != kNoTask; i = tasks_[i].next) {
          tasks_[i].avoid = id;
        }
        give_back_all(pool_[id], now, actions);
      }
      ++key.failures;
      ++lost.launch_failures;
      if (pool_.failed_starts(first) >= options_.failure.start_retries) return kForever;
      return pause_end(first, pool_.failed_starts(first), now);
    case Blame::Worker: ++lost.losses; return pause_end(first, lost.losses, now);
    case Blame::Task:
    case Blame::Suspects: return settle_loss_at_work(event, busy, now, actions);
    case Blame::Stop:
    case Blame::TimeOut: break;
  }
  SPREAD_ASSERT(false);  // these are the workers' own
  return now;
}

/// Of one at work it is known whose fault it may be, as when a worker dies. Of several: any task,
/// or none. What is under way when that happens for the second time goes apart; what is apart, and
/// there is at most one in a connection, is blamed.
TimePoint Scheduler::settle_loss_at_work(const ConnectionLost& event, const Workers& busy,
                                         TimePoint now, Actions& actions) {
  Connection& lost = pool_.connection(event.connection);
  Slot& first = pool_[busy.front()];
  if (busy.size() == 1) {
    const Blame blamed =
        first.parallel > 1 && first.in_flight().size() > 1 ? Blame::Suspects : Blame::Task;
    return settle_death(first, of_worker(event, first.id), blamed, now, actions);
  }
  ++lost.losses;
  ++counts_.crashes;
  ++pool_.key_of(first).failures;
  struct {
    TaskIndex task = 0;
    WorkerId worker = kNoWorker;
    Duration duration{};
    bool first = false;
  } guilty;
  for (const WorkerId id : busy) {
    Slot& each = pool_[id];
    // What another worker of it had submitted is over by now.
    settle_dropped(each, now, actions);
    if (each.in_flight().empty()) continue;
    const InFlight front = each.in_flight().front();
    if (tasks_[front.task].gang != kNoGang) {
      // A gang has one place in the connection and others elsewhere, or all: each is charged.
      take_in_flight(each, 0, now);
      if (const auto failed = task_of_failed(front.task, event.reason, actions)) {
        blame_task(*failed, id, each.worked(front, now), each.loads_in(front), of_worker(event, id),
                   actions);
      }
      continue;
    }
    // Inside of one that is apart there may be another one: what it waits for cannot wait for it.
    if (tasks_[front.task].apart && guilty.worker == kNoWorker) {
      // Nothing is behind it but what it runs inside of.
      guilty = {front.task, id, each.worked(front, now), each.loads_in(front)};
      const std::vector<TaskIndex> above = tasks_above(front.task);
      take_in_flight(each, 0, now);
      give_back_above(each, above, event.reason, now, actions);
      continue;
    }
    const std::size_t working = std::min<std::size_t>(each.parallel, each.in_flight().size());
    const std::vector<TaskIndex> above = tasks_above(front.task);
    for (std::size_t i = working; i > 0; --i) {
      const TaskIndex under_way = take_in_flight(each, i - 1, now).task;
      for (TaskIndex one = under_way; one != kNoTask; one = tasks_[one].next) {
        Task& task = tasks_[one];
        if (std::exchange(task.lost_before, true)) {
          task.apart = task.alone = true;
          task.avoid = id;
        }
      }
      queue_again(under_way, actions);
    }
    give_back_above(each, above, event.reason, now, actions);
  }
  if (guilty.worker != kNoWorker && tasks_[guilty.task].dropped) {
    tasks_.erase_place(guilty.task);
  } else if (guilty.worker != kNoWorker) {
    blame_task({guilty.task}, guilty.worker, guilty.duration, guilty.first,
               of_worker(event, guilty.worker), actions);
  }
  return pause_end(first, lost.losses, now);
}

/// The connection is made again, by whichever of its slots is started first, when the pause is
/// over.
void Scheduler::pause_connection(ConnectionLost& event, TimePoint not_before, TimePoint now,
                                 Actions& actions) {
  constexpr Duration kLong = std::chrono::seconds(5);
  bool waited_for = tasks_.queued() > 0;
  pool_.each_of(event.connection, [&](Slot& each) {
    if (each.state() == SlotState::Closed) return;
    if (not_before == kForever) return close_slot(each, event.reason, now, actions);
    // One that rests, or has a pause of its own, keeps it.
    empty_slot(each, std::max(not_before, each.not_before));
    if (!waited_for || each.retired() || each.not_before <= after(now, kLong)) return;
    waited_for = false;  // told once
    actions.push_back(SlotPaused{each.id, each.not_before - now, event.reason});
  });
}

}  // namespace spread
