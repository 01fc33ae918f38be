// Workers that leave of their own accord (docs/protocol.md section 7, "Retirement";
// docs/scheduling.md, "Whose fault it was").
#include <algorithm>

#include <fmt/format.h>

#include "spread/core/scheduler.h"
#include "spread/core/verdict.h"

namespace spread {
namespace {

constexpr std::uint32_t kRetirementsMax = 3;
constexpr std::string_view kLeft = "it left (bye, or exit status 0)";
/// What it was at waits so long for its slot; then a worker that has nothing to do may have it.
constexpr Duration kToMakeRoom = std::chrono::seconds(1);

}  // namespace

void Scheduler::on(WorkerRetires& event, TimePoint now, Actions& actions) {
  Slot& retiring = pool_[event.worker];
  // Of one that spread ends, it is known why.
  if (!retiring.has_worker() || retiring.killed_for != KillReason::None) return;
  pool_.unwind(retiring, now);
  const bool useless = retiring.in_flight().empty() || !pool_.key_of(retiring).proven;
  if (!retiring.answered && useless) {
    // It was of no use, or none of its kind has been. That is a launch failure, or else there would
    // be no end of starts.
    if (retiring.state() == SlotState::Live) pool_.set_state(retiring, SlotState::Dying);
    return;
  }
  const std::size_t at_work = std::min<std::size_t>(retiring.parallel, retiring.in_flight().size());
  const auto above =
      at_work == 0 ? std::vector<TaskIndex>() : tasks_above(retiring.in_flight().front().task);
  for (std::size_t left = at_work; left > 0; --left) {
    note_retirement(retiring, at_work == 1, now, actions);
  }
  give_back_above(retiring, above, kLeft, now, actions);
  makes_room_by_ = after(now, kToMakeRoom);
  alarms_.set(retiring.id, makes_room_by_);
  // Without an answer there is a pause, which grows, before the next one.
  if (!retiring.answered) ++retiring.deaths;
  if (retiring.state() == SlotState::Closing) return;
  pool_.set_state(retiring, SlotState::Closing);
  actions.push_back(CloseInput{event.worker, "it leaves of its own accord"});
  let_end(retiring, now);
}

/// What the worker was at may be why it left: the next one is to show, and has nothing else before.
void Scheduler::note_retirement(Slot& retiring, bool alone, TimePoint now, Actions& actions) {
  const TaskIndex held = take_in_flight(retiring, 0, now).task;
  const auto failed = task_of_failed(held, "its worker has left", actions);
  if (!failed) return;
  if (is_list(failed->task)) {
    for (TaskIndex i = failed->task; i != kNoTask; i = tasks_[i].next) tasks_[i].singly = true;
    return queue_again(failed->task, actions);
  }
  const TaskIndex i = failed->task;
  Task& task = tasks_[i];
  task.for_unused = failed->gang == kNoGang;  // else it needs several, used or not
  // Where it went wrong before does not matter to a fresh one: two rules that each leave it to the
  // other's worker would leave it for ever.
  task.avoid = kNoWorker;
  // Of several that it was at, one alone may be why: each is to run by itself.
  if (!retiring.answered && !alone) task.alone = true;
  // What the worker has answered before may be the sub-tasks of this one: its next attempt submits
  // them again, and the next worker leaves again.
  if (families_.has(i)) return take_along(i, retiring.id, kLeft, actions);
  if (!retiring.answered && alone) ++task.retirements;
  if (task.retirements < kRetirementsMax) return queue_again(i, actions);
  DeliverTask how;
  how.outcome = Outcome::Lost;
  how.worker = retiring.id;
  how.gang = failed->gang;
  how.rank = failed->rank;
  how.error_type = kNoResponse;
  how.message = fmt::format(
      "{} workers in a row left (bye, or exit status 0) with it as their first task, and answered "
      "nothing",
      kRetirementsMax);
  deliver(i, std::move(how), actions);
}

}  // namespace spread
