// Events in, actions out: what the Scheduler says is carried out here.
#include <utility>

#include "spread/base/overloaded.h"
#include "spread/run/engine_port.h"
#include "spread/wire/codec.h"

namespace spread {

Engine::Port& Engine::port(WorkerId worker) { return *ports_[number(worker)]; }

void Engine::carry_out(Action& action) {
  if (reporter_->explaining()) explain(action);
  std::visit(
      overloaded{
          [&](const StartWorker& start) { start_worker(start); },
          [&](const SendTask& send) { send_task(send); },
          [&](const DeliverTask& delivery) { deliver(delivery); },
          [&](const CloseInput& close) {
            SessionWorker* worker = port(close.worker).worker_or_null();
            if (worker != nullptr) worker->close_input();
          },
          [&](const KillWorker& kill) {
            SessionWorker* worker = port(kill.worker).worker_or_null();
            if (worker == nullptr) return;
            kill.gentle ? worker->terminate() : worker->kill();
          },
          [&](const RetryTask& retry) {
            if (!reporter_->detailed()) return;
            reporter_->tell(TaskAnswered{retry.task, retry.worker, "retry", {}, retry.message});
          },
          [&](const SlotClosed& closed) {
            // A hundred slots that fail in the same way are told once.
            if (closed.reason == last_closed_) return;
            last_closed_ = closed.reason;
            reporter_->say("worker " + std::to_string(number(closed.worker)) + " on " +
                           port(closed.worker).host() + " is given up: " + closed.reason);
          },
      },
      action);
}

void Engine::start_worker(const StartWorker& action) {
  Port& slot = port(action.worker);
  if (const Status status = slot.start(); !status) {
    ProcessEnded ended;
    ended.worker = action.worker;
    ended.cause = EndCause::NotStarted;
    ended.reason = status.error().message;
    // Told at once, since others may do all the work before this slot has used up its tries; but
    // one line is enough for all slots and tries that fail in the same way.
    if (ended.reason != last_closed_ || options_.command == Command::All) {
      reporter_->say("worker " + std::to_string(number(action.worker)) + " on " + slot.host() +
                     ": " + ended.reason);
    }
    last_closed_ = ended.reason;
    if (options_.command == Command::All) ++failed_workers_;
    handle(std::move(ended));
    return;
  }
  ever_started_ = true;
  handle(ProcessStarted{action.worker});
}

void Engine::send_task(const SendTask& action) {
  Port& to = port(action.worker);
  if (const Status sent = to.worker().session().send_task(action.task, *action.payload); !sent) {
    // This wire cannot carry the payload. To the scheduler that is an answer like any other.
    const Value error = wire::make_error("BadPayload", sent.error().message);
    wire::UpMessage answer;
    ByteBuffer flat;
    flat.append(error);
    answer.kind = wire::UpKind::Error;
    answer.has_id = true;
    answer.id = action.task;
    answer.value = flat.view();
    to.on_answer(answer);
    return;
  }
  if (!to.worker().session().heard()) to.has_task();
  if (!to.dirty) dirty_.push_back(action.worker);
  to.dirty = true;
  if (reporter_->detailed()) {
    reporter_->tell(TaskSent{action.task, action.worker, action.attempt});
  }
}

/// The short way for nearly every answer; false if it has to go the long one.
bool Engine::deliver_success(Port& from, const wire::UpMessage& answer) {
  Scheduler::Success success;
  if (reporter_->detailed() ||
      !scheduler_.take_success(from.id(), answer.id, loop_.now(), success)) {
    return false;
  }
  TaskResult result;
  result.id = answer.id;
  result.worker = from.id();
  result.attempts = success.attempts;
  result.duration = success.duration;
  result.value.body = from.worker().share(answer.value);
  results_->deliver(std::move(result));
  return true;
}

void Engine::deliver(const DeliverTask& action) {
  TaskResult result;
  result.id = action.task;
  result.outcome = action.outcome;
  result.worker = action.worker;
  result.attempts = action.attempts;
  result.duration = action.duration;
  if (action.from_answer) {
    result.value.body = answering_->worker().share(answer_->value);
  } else {
    result.value = wire::make_error(action.error_type, action.message);
  }
  if (result.outcome != Outcome::Ok || reporter_->detailed()) tell_finished(action, result);
  results_->deliver(std::move(result));
}

void Engine::tell_finished(const DeliverTask& action, const TaskResult& result) {
  wire::WorkerError error;
  if (action.from_answer && result.outcome != Outcome::Ok) {
    error = wire::parse_error(answer_->value);
  } else if (!action.from_answer) {
    error.type = action.error_type;
    error.message = action.message;
  }
  TaskFinished finished{};
  finished.result = &result;
  finished.error_type = error.type;
  finished.error_message = error.message;
  if (action.worker != kNoWorker) finished.host = plan_.host_names[number(action.worker)];
  finished.ended = loop_.now();
  finished.started = loop_.now() - action.duration;
  finished.exit_status = result.outcome == Outcome::Ok                            ? 0
                         : result.outcome == Outcome::Failed && !action.timed_out ? 1
                                                                                  : -1;
  finished.signal = action.timed_out ? 15 : 0;
  if (reporter_->detailed()) {
    // A task that was malformed, lost or not computed has no answer, and perhaps no worker.
    if (action.from_answer || action.timed_out) {
      reporter_->tell(TaskAnswered{action.task, action.worker,
                                   action.timed_out                ? "timeout"
                                   : result.outcome == Outcome::Ok ? "ok"
                                                                   : "error",
                                   action.duration, error.message});
    }
    reporter_->tell(finished);
  }
  if (reporter_->keeps_joblog()) reporter_->job(finished, action.payload, result.value.size());
  if (result.outcome != Outcome::Ok) reporter_->failed(finished);
}

void Engine::worker_died(Port& dead, const ProcessEnded& ended, ExitStatus) {
  ++failed_workers_;
  const bool all = options_.command == Command::All;
  const bool after_work = dead.worker().session().state() == SessionState::Shutdown;
  // After `| head` nothing is to be said of those whom we ended for it.
  const bool nobody_reads = stdout_->closed() && !stdout_->failed();
  if (scheduler_.stopping() && (!all || nobody_reads)) return;
  if (!all && !after_work && !reporter_->explaining()) return;  // SlotClosed or the task tells
  reporter_->say("worker " + std::to_string(number(dead.id())) + " on " + dead.host() + ": " +
                 ended.reason);
}

void Engine::explain(const Action& action) {
  std::string text = std::visit(
      overloaded{
          [&](const StartWorker& a) {
            return "start worker " + std::to_string(number(a.worker)) + " on " +
                   port(a.worker).host() + ": " + std::string(a.why);
          },
          [&](const SendTask& a) {
            return "send task " + std::to_string(number(a.task)) + " to worker " +
                   std::to_string(number(a.worker)) + ": " + std::string(a.why);
          },
          [&](const CloseInput& a) {
            return "close the input of worker " + std::to_string(number(a.worker)) + ": " +
                   std::string(a.why);
          },
          [&](const KillWorker& a) {
            return "kill worker " + std::to_string(number(a.worker)) + ": " + std::string(a.why);
          },
          [&](const RetryTask& a) {
            return "task " + std::to_string(number(a.task)) + " again: " + std::string(a.why) +
                   (a.message.empty() ? "" : " (" + a.message + ")");
          },
          [&](const SlotClosed& a) {
            return "give up worker " + std::to_string(number(a.worker)) + ": " + a.reason;
          },
          [&](const DeliverTask&) { return std::string(); },
      },
      action);
  if (!text.empty()) reporter_->tell(Decision{text});
}

void Engine::remove_ended() {
  for (const WorkerId worker : ended_) {
    SessionWorker* gone = port(worker).worker_or_null();
    if (gone != nullptr && gone->ended()) port(worker).remove();
  }
  ended_.clear();
}

}  // namespace spread
