#include "spread/tasks/worker_mode.h"

#include <utility>

#include "spread/base/quote.h"
#include "spread/results/joblog.h"
#include "spread/tasks/worker_slot.h"

namespace spread {

Status WorkerMode::open() {
  const OutputOptions output = is_all() ? OutputOptions() : setup_.tasks->output;
  results_ = std::make_unique<ResultsOut>(output, setup_.spill, engine_.output(),
                                          engine_.plan().host_names);
  if (!setup_.spill.directory.empty()) {
    if (const Status there = TempFile(setup_.spill.directory, 0).check(); !there) {
      return fail("--spill-dir: " + there.error().message);
    }
  }
  tails_ = std::make_unique<TailsOut>(setup_.workers.tails, setup_.spill, engine_.output(),
                                      engine_.reporter(), is_all() && !setup_.once->ordered);
  return tails_->open();
}

Result<std::unique_ptr<TaskInput>> WorkerMode::open_input() {
  if (is_all()) return std::unique_ptr<TaskInput>();
  return TaskInput::open(setup_.tasks->input, setup_.workers.records, setup_.workers.max_frame,
                         engine_.loop(), setup_.streams);
}

std::unique_ptr<RunSlot> WorkerMode::make_slot(WorkerId worker) {
  return std::make_unique<WorkerSlot>(engine_, *this, worker);
}

void WorkerMode::begin_turn() {
  if (std::exchange(answered_, false)) engine_.read_slots_file();
}

Status WorkerMode::advance(bool over) {
  results_->pump();
  if (const bool unread = engine_.reporter().errors_full();
      std::exchange(unread_, unread) != unread) {
    engine_.reconsider_all();
  }
  if (over && results_->empty()) return tails_->finish(engine_.tail_order());
  return tails_->advance(engine_.scheduler().tasks_done() && results_->empty(),
                         is_all() && !engine_.output().full(), engine_.tail_order());
}

std::uint64_t WorkerMode::failures(const Scheduler::Counts& counts) const {
  return is_all() ? failed_workers_ : RunMode::failures(counts);
}

void WorkerMode::on_tail(WorkerSlot& from, std::string_view text) {
  engine_.reporter().tell(WorkerTail{from.id(), text});
  if (const Status kept = tails_->append(from.id(), text); !kept) {
    engine_.abort("cannot keep the tail of " + from.name() + ": " + kept.error().message);
  }
}

bool WorkerMode::tells_first(const std::string& reason) {
  constexpr std::size_t kToldMax = 20;
  return told_reasons_.size() < kToldMax && told_reasons_.insert(reason).second;
}

void WorkerMode::warn_unknown_key(const WorkerSlot& from, std::string_view key) {
  if (std::exchange(warned_unknown_key_, true)) return;
  engine_.reporter().say(from.name() + ": its hello has the key " + show_text(key) +
                         ", which this spread does not know; such keys are ignored");
}

void WorkerMode::warn_non_finite() {
  if (std::exchange(warned_non_finite_, true)) return;
  engine_.reporter().say(
      "a payload or prep item had a NaN or an infinity, which this wire cannot carry; the worker "
      "was given null");
}

// ---------------------------------------------------------------- answers

void WorkerMode::on_answer(WorkerSlot& from, const wire::UpMessage& answer) {
  answered_ = true;
  Slice value = from.worker().share(answer.value);
  if (answer.kind == wire::UpKind::Ok) {
    return engine_.post_success(from.id(), answer.id, std::move(value));
  }
  Answered answered;
  answered.worker = from.id();
  answered.task = answer.id;
  answered.busy_seconds = answer.number;
  answered.answer = std::move(value);
  switch (answer.kind) {
    case wire::UpKind::Busy: answered.kind = AnswerKind::Busy; break;
    case wire::UpKind::Fatal: answered.kind = AnswerKind::Fatal; break;
    default: answered.kind = AnswerKind::Error;
  }
  if (answered.kind == AnswerKind::Busy && engine_.reporter().detailed()) {
    engine_.reporter().tell(TaskAnswered{answer.id, from.id(), "busy", {}, answer.text});
  }
  engine_.post(std::move(answered));
}

void WorkerMode::succeeded(Inbox::Success& answer, Scheduler::Success& success) {
  TaskResult result;
  result.id = answer.task;
  result.worker = answer.worker;
  result.attempts = success.attempts;
  result.duration = success.duration;
  result.value.body = std::move(answer.value);
  if (engine_.reporter().detailed()) tell_success(result, success.payload);
  results_->deliver(std::move(result));
}

void WorkerMode::deliver(DeliverTask& delivery) {
  TaskResult result;
  result.id = delivery.task;
  result.outcome = delivery.outcome;
  result.worker = delivery.worker;
  result.attempts = delivery.attempts;
  result.duration = delivery.duration;
  result.first = delivery.first;
  if (result.outcome == Outcome::Ok) {
    result.value.body = std::move(delivery.answer);
    if (engine_.reporter().detailed()) tell_success(result, delivery.payload);
    return results_->deliver(std::move(result));
  }
  if (delivery.from_answer) {
    result.value.body = delivery.answer;
  } else {
    result.value = wire::make_error(delivery.error_type, delivery.message);
  }
  tell_failure(delivery, result);
  results_->deliver(std::move(result));
}

void WorkerMode::retry(const RetryTask& retry) {
  if (!engine_.reporter().detailed()) return;
  const std::string_view kind = retry.from_answer ? "error" : retry.timed_out ? "timeout" : "crash";
  // The Scheduler does not look into answers.
  const std::string message =
      retry.from_answer ? wire::parse_error(retry.answer.view()).message : retry.message;
  engine_.reporter().tell(
      TaskAnswered{retry.task, retry.worker, kind, retry.duration, message, retry.first});
}

/// How the last attempt ended; empty where there was none, or nothing came of it.
std::string_view WorkerMode::answer_kind(const DeliverTask& delivery) const {
  if (delivery.timed_out) return "timeout";
  if (delivery.outcome == Outcome::Lost) return "crash";
  if (!delivery.from_answer) return {};
  return delivery.fatal ? "fatal" : "error";
}

TaskFinished WorkerMode::finished_event(const TaskResult& result) const {
  TaskFinished finished{};
  finished.result = &result;
  if (result.worker != kNoWorker) {
    finished.host = engine_.plan().host_names[number(result.worker)];
  }
  finished.ended = engine_.now();
  finished.started = finished.ended - result.duration;
  return finished;
}

void WorkerMode::tell_success(const TaskResult& result, const Value& payload) {
  Reporter& reporter = engine_.reporter();
  const TaskFinished finished = finished_event(result);
  reporter.tell(TaskAnswered{result.id, result.worker, "ok", result.duration, {}, result.first});
  reporter.tell(finished);
  log(finished, payload);
}

void WorkerMode::log(const TaskFinished& finished, const Value& payload) {
  if (!engine_.reporter().keeps_joblog()) return;
  engine_.reporter().job(finished, joblog_command(payload), payload.size(),
                         finished.result->value.size());
}

void WorkerMode::tell_failure(const DeliverTask& delivery, const TaskResult& result) {
  Reporter& reporter = engine_.reporter();
  wire::WorkerError error;
  if (delivery.from_answer) {
    error = wire::parse_error(delivery.answer.view());
  } else {
    error.type = delivery.error_type;
    error.message = delivery.message;
  }
  TaskFinished finished = finished_event(result);
  finished.error_type = error.type;
  finished.error_message = error.message;
  finished.exit_status = result.outcome == Outcome::Failed && !delivery.timed_out ? 1 : -1;
  finished.signal = delivery.timed_out ? 15 : 0;
  if (reporter.detailed()) {
    // A task that was malformed or not computed has no answer, and perhaps no worker.
    if (const std::string_view kind = answer_kind(delivery); !kind.empty()) {
      reporter.tell(TaskAnswered{delivery.task, delivery.worker, kind, delivery.duration,
                                 error.message, delivery.first});
    }
    reporter.tell(finished);
  }
  log(finished, delivery.payload);
  FailurePlace place;
  std::string where, input;
  // What is no record says itself where it stands.
  if (delivery.payload.size() > 0) {
    where = engine_.place_of(delivery.task);
    input = joblog_command(delivery.payload);
  }
  place.where = where;
  place.input = input;
  place.trace = error.trace;
  reporter.failed(finished, place);
}

}  // namespace spread
