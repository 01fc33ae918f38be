// What becomes of a task of `run`: its result goes to the chain of outcomes, its failure is told;
// and the same of what was done in a run before.
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/gang/gathering.h"
#include "spread/output/outcome_chain.h"
#include "spread/results/delivered.h"
#include "spread/results/joblog.h"
#include "spread/results/result_pair.h"
#include "spread/sweep/sweep_rounds.h"
#include "spread/tasks/worker_mode.h"

namespace spread {
namespace {

/// "rank 2: ...", and not "rank deficient matrix".
bool names_rank(std::string_view message) {
  constexpr std::string_view kRank = "rank ";
  return message.starts_with(kRank) && message.size() > kRank.size() &&
         is_digit(message[kRank.size()]);
}

/// Of a gang's failure: the rank in front of what its member says, unless that names one.
template <typename Ended>
std::string by_rank(const Ended& ended, std::string message) {
  const bool told = ended.rank == kNoRank || names_rank(message);
  return told ? message : fmt::format("rank {}: {}", ended.rank, message);
}

}  // namespace

wire::WorkerError WorkerMode::error_of(const DeliverTask& delivery) const {
  wire::WorkerError error;
  if (delivery.from_answer) {
    error = wire::parse_error(delivery.answer.view());
  } else {
    error.type = delivery.error_type;
    error.message = delivery.message;
  }
  if (delivery.timed_out && delivery.gang != kNoGang) error.message = gangs_.failure(delivery.gang);
  error.message = by_rank(delivery, std::move(error.message));
  return error;
}

void WorkerMode::succeeded(Inbox::Success& answer, Scheduler::Success& success,
                           TaskReport* report) {
  TaskResult result;
  result.id = answer.task;
  result.worker = answer.worker;
  result.attempts = success.attempts;
  result.duration = success.duration;
  result.value.body = std::move(answer.value);
  if (report != nullptr) fill(*report, result, success.payload);
  if (adds_to_results_) [[unlikely]] {
    if (setup_.tasks->shows_one) show_result_begin();
    return pass_on(std::move(result), success.payload);
  }
  take(std::move(result));
}

/// To the chain of outcomes.
void WorkerMode::pass_on(TaskResult&& result, const Value& payload) {
  if (rounds_ != nullptr) rounds_->ended(result.outcome == Outcome::Ok);
  if (range_ && result.outcome == Outcome::Ok) {
    engine_.events().part_done(result.id, result.worker);
  } else if (range_) {
    range_->dropped(result.id);
  }
  if (needs_payloads_) result.value = pair_of(payload, result.value);
  take(std::move(result));
}

// ---------------------------------------------------------------- what was done in a run before

void WorkerMode::keep(TaskId task, Outcome outcome) {
  const bool ok = outcome == Outcome::Ok;
  if (rounds_ != nullptr) rounds_->ended(ok);
  if (range_ && ok) engine_.events().part_done(task, kNoWorker);
}

/// As when it failed, but for its input, which has been read long ago.
void WorkerMode::tell_kept(const JournalAnswer& answer) {
  TaskResult result;
  result.value.body = Slice::copy_of(answer.value);
  if (needs_payloads_) result = take_pair(result).result;
  const wire::WorkerError error = wire::parse_error(result.value.body.view());
  FailurePlace place;
  const std::string where = engine_.place_of(answer.task);
  place.where = where;
  place.trace = error.trace;
  engine_.reporter().failed({answer.task, answer.outcome, {}, error.type, error.message}, place);
}

Status WorkerMode::hand_on_kept(const JournalAnswer& answer) {
  SPREAD_TRY(check_value(answer, needs_payloads_));
  TaskResult result = result_of(answer);
  // Hosts may have changed since: which one it was is in the journal alone.
  if (setup_.tasks->output.format == OutputFormat::Records) result.worker = kNoWorker;
  result.value.body = Slice::copy_of(answer.value);
  if (answer.value.empty()) result.value = wire::make_error("NotComputed", "in a run before");
  if (answer.outcome == Outcome::Failed || answer.outcome == Outcome::Lost) tell_kept(answer);
  results_->take(std::move(result));
  return {};
}

void WorkerMode::deliver(DeliverTask& delivery, TaskReport* report) {
  if (delivery.withdrawn) return setup_.upstream->withdrawn(delivery.task);
  TaskResult result = result_of(delivery);
  if (!delivery.members.empty()) {
    result.value = gather(setup_.tasks->gang.gather, delivery.payload, delivery.members);
  } else if (result.outcome == Outcome::Ok) {
    result.value.body = std::move(delivery.answer);
  } else if (delivery.from_answer && delivery.rank == kNoRank) {
    result.value.body = delivery.answer;
  } else {
    const wire::WorkerError error = error_of(delivery);
    result.value = wire::make_error(error.type, error.message, error.trace);
  }
  if (report != nullptr) fill(*report, result, delivery.payload);
  if (result.outcome != Outcome::Ok) tell_failure(delivery, result, report);
  if (setup_.tasks->shows_one) {
    // What became of it has just been told on stderr.
    if (result.outcome != Outcome::Ok) return;
    show_result_begin();
  }
  pass_on(std::move(result), delivery.payload);
}

/// As gmisclib's one_shot_test has it.
void WorkerMode::show_printed(std::string_view so, std::string_view se) {
  ByteBuffer& out = engine_.output().queue().tail();
  for (const auto& [heading, text] : {std::pair("STDOUT:\n", so), {"STDERR:\n", se}}) {
    out.append(heading);
    out.append(text);
    if (!text.empty() && text.back() != '\n') out.append("\n");
  }
}

void WorkerMode::show_result_begin() { engine_.output().queue().tail().append("d="); }

void WorkerMode::retry(const RetryTask& retry, TaskReport* report) {
  if (range_) range_->dropped(retry.task);
  if (report == nullptr) return;
  // The Scheduler does not look into answers.
  report->message = by_rank(
      retry, retry.from_answer ? wire::parse_error(retry.answer.view()).message : retry.message);
}

void WorkerMode::fill(TaskReport& report, const TaskResult& result, const Value& payload) const {
  report.sent = payload.size();
  report.received = result.value.size();
  report.logged = engine_.events().logs_commands();
  if (report.logged) append_joblog_command(payload, report.command);
}

void WorkerMode::tell_failure(const DeliverTask& delivery, const TaskResult& result,
                              TaskReport* report) {
  const wire::WorkerError error = error_of(delivery);
  if (report != nullptr) {
    report->error_type = error.type;
    report->message = error.message;
    report->exit_status = result.outcome == Outcome::Failed && !delivery.timed_out ? 1 : -1;
    report->signal = delivery.timed_out ? 15 : 0;
  }
  if (setup_.upstream != nullptr) {
    if (delivery.fatal) setup_.upstream->fatal(delivery.task);
    return;
  }
  FailedTask failed{result.id, result.outcome, {}, error.type, error.message};
  if (result.worker != kNoWorker) {
    failed.host = engine_.plan().host_names[number(result.worker)];
  }
  FailurePlace place;
  std::string where;
  ByteBuffer input;
  // What is no record says itself where it stands.
  if (delivery.payload.size() > 0) {
    where = engine_.place_of(delivery.task);
    append_joblog_command(delivery.payload, input);
  }
  place.where = where;
  place.input = as_text(input.view());
  place.trace = error.trace;
  engine_.reporter().failed(failed, place);
}

}  // namespace spread
