// Events in, actions out: what the Scheduler says is carried out here.
#include <fmt/format.h>

#include <utility>

#include "spread/base/assert.h"
#include "spread/base/overloaded.h"
#include "spread/engine/engine.h"

namespace spread {

void Engine::carry_out(Action& action) {
  events_.explain(action);
  std::visit(
      overloaded{
          [&](const StartWorker& start) { start_worker(start); },
          [&](const SendTask& send) { run_slot(send.worker).send_task(send); },
          [&](DeliverTask& delivery) { deliver(delivery); },
          [&](const CloseInput& close) { run_slot(close.worker).close_input(); },
          [&](const HandOver& over) { hand_over(over); },
          [&](const KillWorker& kill) { end_slot(run_slot(kill.worker), kill.gentle, kill.why); },
          [&](const KillFormer& kill) { end_former(kill); },
          [&](const RetryTask& again) { retry(again); },
          [&](const GangBroken& broken) { mode_->gang_broken(broken); },
          [&](const FamilyEnded& ended) { mode_->family_ended(ended.parent); },
          [&](const GangShrinks& smaller) { tell_smaller_gangs(smaller); },
          [&](const WorkerRests&) {},
          [&](const SlotPaused& paused) { tell_pause(paused); },
          [&](const SlotClosed& closed) { give_up(closed); },
      },
      action);
}

TaskReport* Engine::report_of_task() {
  TaskReport* const report = events_.report();
  return report != nullptr && mode_->reports_tasks() ? report : nullptr;
}

void Engine::succeeded(Inbox::Success& answer, Scheduler::Success& success) {
  reporter_->took(success.duration);
  TaskReport* const report = report_of_task();
  if (kept_) kept_->finished(answer.task);
  mode_->succeeded(answer, success, report);
  if (report != nullptr) events_.succeeded(answer, success);
}

void Engine::deliver(DeliverTask& delivery) {
  if (is_subtask(delivery.task)) {
    mode_->subtask_done(delivery);
    return events_.subtask_done(delivery);
  }
  if (delivery.outcome == Outcome::Ok) reporter_->took(delivery.duration);
  TaskReport* const report = report_of_task();
  if (kept_) kept_->finished(delivery.task);
  mode_->deliver(delivery, report);
  if (report != nullptr) events_.delivered(delivery);
}

void Engine::retry(const RetryTask& retry) {
  TaskReport* const report = report_of_task();
  TaskReport journaled;
  TaskReport* const filled = report == nullptr && journal_ != nullptr ? &journaled : report;
  mode_->retry(retry, filled);
  if (journal_ != nullptr) {
    journal_->attempt_failed(retry.task, retry.worker, retry.attempt, filled->message);
  }
  if (report != nullptr) events_.retried(retry);
}

void Engine::tell_smaller_gangs(const GangShrinks& smaller) {
  const std::uint32_t size = config_.scheduler.gang;
  const auto count = [](std::uint32_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  const std::string now =
      fmt::format("only {} may be used now; USR1 permits one more", count(smaller.size, "slot"));
  if (smaller.waits) {
    return reporter_->say(
        fmt::format("gangs have {} (--exact) and wait: {}", count(size, "member"), now));
  }
  reporter_->say(fmt::format("gangs have {}, not {}: {}", count(smaller.size, "member"), size,
                             smaller.for_now ? now : "there are no more slots"));
}

/// One line is enough for all slots.
void Engine::tell_pause(const SlotPaused& paused) {
  if (std::exchange(pause_told_, true)) return;
  reporter_->say(
      fmt::format("{} is started again in {:.0f} s, since it has ended again and again "
                  "without an answer: {}",
                  run_slot(paused.worker).name(), to_seconds(paused.pause), paused.reason));
}

void Engine::start_worker(const StartWorker& action) {
  started_worker_ = true;
  RunSlot& slot = run_slot(action.worker);
  if (const Status status = slot.start(); !status) {
    WorkerGone ended;
    ended.worker = action.worker;
    ended.reason = status.error().message;
    if (!config_.scheduler.once && may_start_later(status.error())) {
      ended.cause = EndCause::NoRoom;
      return post(std::move(ended));
    }
    ended.cause = EndCause::NotStarted;
    tell_not_started(action.worker, ended.reason);
    post(std::move(ended));
    return;
  }
  ++starts_;
  post(WorkerUp{action.worker});
}

/// At once, since others may do all the work before this slot has used up its tries; but one line
/// is enough for all slots and tries that fail in the same way.
void Engine::tell_not_started(WorkerId worker, const std::string& reason) {
  if (reason != last_closed_ || config_.scheduler.once) {
    reporter_->say("worker " + std::to_string(number(worker)) + " on " + run_slot(worker).host() +
                   ": " + reason);
  }
  last_closed_ = reason;
}

void Engine::was_not_started(WorkerId worker, const std::string& reason) {
  --starts_;
  tell_not_started(worker, reason);
}

void Engine::hand_over(const HandOver& action) {
  std::unique_ptr<RunSlot>& place = run_slots_[number(action.worker)];
  std::unique_ptr<RunSlot> next = place->hand_over();
  SPREAD_ASSERT(next != nullptr);
  formers_[action.worker] = std::exchange(place, std::move(next));
}

void Engine::end_former(const KillFormer& kill) {
  const auto former = formers_.find(kill.worker);
  if (former != formers_.end()) end_slot(*former->second, kill.gentle, kill.why);
}

void Engine::end_slot(RunSlot& slot, bool gentle, Why why) {
  slot.ending_why = why;
  gentle ? slot.terminate() : slot.kill();
}

void Engine::start_failed(WorkerId worker, FailedStart start) {
  if (start.host) unreached_.erase(plan_.roster.slots[number(worker)].host);
  start_failures_.failed(worker, std::move(start));
}

void Engine::slot_failed(WorkerId worker) {
  const auto host = open_slots_.find(plan_.roster.slots[number(worker)].host);
  if (closed_.insert(worker).second && --host->second == 0) open_slots_.erase(host);
  const std::string text = start_failures_.closed(worker, others_can_work(worker));
  if (!text.empty()) reporter_->say(text);
}

void Engine::start_worked(WorkerId worker) {
  if (const std::string text = start_failures_.answered(worker); !text.empty()) {
    reporter_->say(text);
  }
  const auto unreached = unreached_.find(plan_.roster.slots[number(worker)].host);
  if (unreached == unreached_.end()) return;
  reporter_->say("cannot ask " + run_slot(worker).host() +
                 " how many CPUs it has: " + unreached->second + "; one is assumed");
  unreached_.erase(unreached);
}

bool Engine::others_can_work(WorkerId closed) const {
  const HostId host = plan_.roster.slots[number(closed)].host;
  return probe_ || open_slots_.size() > open_slots_.count(host);
}

std::string_view Engine::untold_stop_reason() const {
  const std::string_view reason = scheduler_.stop_reason();
  const std::string_view no_worker = "no worker is left";
  return closings_told_ && reason.starts_with(no_worker) ? no_worker : reason;
}

void Engine::give_up(const SlotClosed& closed) {
  has_as_many_slots(closed.worker);
  closings_told_ = true;
  slot_failed(closed.worker);
  if (start_failures_.failing(closed.worker)) return;
  // A hundred slots that fail in the same way are told once.
  if (closed.reason == last_closed_) return;
  last_closed_ = closed.reason;
  reporter_->say(run_slot(closed.worker).name() + " is given up: " + closed.reason);
}

}  // namespace spread
