// How jobs of `map` end: told to the joblog, the events, the summary and the exit status.
#include <utility>

#include <fmt/format.h>

#include "spread/arguments/argument_source.h"
#include "spread/command/placeholder.h"
#include "spread/engine/login_end.h"
#include "spread/io/files.h"
#include "spread/jobs/job_mode.h"
#include "spread/report/summary.h"
#include "spread/results/delivered.h"

namespace spread {
namespace {

constexpr std::size_t kLastLines = 3;
constexpr int kTerminated = 15;
constexpr int kNotExecutable = 126;  // as a shell has it
constexpr int kSignalled = 128;

/// What a run exits with that such a job has ended (--halt now,fail=1).
int status_of_failure(const DeliverTask& delivery, int exit_status) {
  if (exit_status > 0) return exit_status;
  if (delivery.timed_out) return kSignalled + kTerminated;
  if (delivery.outcome == Outcome::Lost) return kLoginLost;
  // It was never started, for its command line is too long.
  return kNotExecutable;
}

}  // namespace

/// What is known of a job's end, as the joblog and the records have it.
struct JobMode::Ending {
  int exit_status = -1;  ///< Exitval: 128+n for signal n; -1 where there is none
  int signal = 0;
  std::string how;  ///< "exit status 3", for people
};

JobMode::Ending JobMode::ending_of(const DeliverTask& delivery) const {
  Ending ending;
  if (delivery.timed_out) {
    ending.signal = kTerminated;
    ending.how = "timed out";
  } else if (const JobEnd* end = delivery.job.get(); delivery.from_answer && end != nullptr) {
    const ExitStatus& status = end->status;
    ending.signal = status.signal;
    ending.exit_status = status.signal != 0 ? kSignalled + status.signal : status.code;
    ending.how = end->problem.empty() ? status.text() + end->hint : end->problem;
  } else {
    ending.how = delivery.message;
  }
  return ending;
}

void JobMode::succeeded(Inbox::Success& answer, Scheduler::Success& success, TaskReport* report) {
  DeliverTask delivery;
  delivery.task = answer.task;
  delivery.worker = answer.worker;
  delivery.attempts = success.attempts;
  delivery.duration = success.duration;
  delivery.from_answer = true;
  delivery.job = std::move(answer.job);
  delivery.payload = std::move(success.payload);
  deliver(delivery, report);
}

/// The task has its outcome: nothing more is printed for it.
void JobMode::end_output(TaskId task, ByteView note) {
  output_ ? output_->finished(task, note) : void(++done_);
}

void JobMode::deliver(DeliverTask& delivery, TaskReport* report) {
  const bool success = delivery.outcome == Outcome::Ok;
  if (success && !tells_successes()) {
    end_output(delivery.task, {});
    return engine_.read_slots_file();
  }
  Ending ending = ending_of(delivery);
  std::string last;
  const std::string command =
      commands_->text(values_of(delivery.payload), context_of(delivery.task, delivery.worker));
  if (delivery.outcome == Outcome::NotComputed) {
    failures_.not_computed(delivery.attempts > 0);
  } else if (!success) {
    last = last_lines(delivery);
    if (delivery.from_answer) ending.how += limit_met(options().limits, ending.signal, last);
    // Where spread reads the job's stderr, it has been or is about to be on spread's own.
    const bool shown = output_ && !options().records;
    failures_.failed(delivery.task, ending.how, command, last,
                     shown ? std::optional(engine_.bytes_shown()) : std::nullopt);
    if (first_failure_ == 0) first_failure_ = status_of_failure(delivery, ending.exit_status);
    count_for_xargs(delivery, ending);
  }
  const std::string note = table_ != nullptr   ? table_note_of(delivery, ending, command)
                           : options().records ? note_of(delivery, ending, command)
                                               : "";
  if (engine_.journal() != nullptr) to_journal(delivery, ending, command, last, note);
  end_output(delivery.task, as_bytes(note));
  if (report != nullptr) fill(*report, delivery, ending, command);
  engine_.read_slots_file();
}

void JobMode::to_journal(const DeliverTask& delivery, const Ending& ending,
                         std::string_view command, std::string_view last, std::string_view note) {
  const TaskResult result = result_of(delivery);
  const std::string tag = output_ ? commands_->tag(values_of(delivery.payload),
                                                   context_of(delivery.task, delivery.worker))
                                  : "";
  // To be told again, where that is to be told.
  if (delivery.outcome == Outcome::Ok) command = {};
  engine_.journal()->job_ended(
      result, {ending.exit_status, ending.signal, ending.how, command, last, tag, note});
}

std::string JobMode::last_lines(const DeliverTask& delivery) const {
  if (output_) return output_->last_lines(delivery.task, kLastLines);
  if (options().results_directory.empty() || delivery.worker == kNoWorker) return {};
  return file_tail(commands_->results_folder(values_of(delivery.payload),
                                             context_of(delivery.task, delivery.worker)) +
                       "/stderr",
                   kLastLines);
}

void JobMode::retry(const RetryTask& retry, TaskReport* report) {
  if (output_) output_->discard(retry.task);
  if (engine_.journal() != nullptr) engine_.journal()->forget(retry.task);
  if (table_ != nullptr) table_->forget(retry.task);
  if (report == nullptr) return;
  const JobEnd* end = retry.job.get();
  report->message = retry.timed_out         ? "timed out"
                    : end == nullptr        ? retry.message
                    : !end->problem.empty() ? end->problem
                                            : end->status.text();
}

void JobMode::fill(TaskReport& report, const DeliverTask& delivery, const Ending& ending,
                   std::string_view command) const {
  report.error_type = outcome_name(delivery.outcome);
  report.message = ending.how;
  report.exit_status = ending.exit_status;
  report.signal = ending.signal;
  report.sent =
      pipe_ ? pipe_->sent_bytes(delivery.task, delivery.payload) : delivery.payload.size();
  if (const JobEnd* end = delivery.job.get()) report.received = end->received;
  report.command.append(command);
  // A job that was not run has no line: --resume is to run it.
  report.logged = engine_.events().logs_commands() && delivery.outcome != Outcome::NotComputed;
}

std::string JobMode::note_of(const DeliverTask& delivery, const Ending& ending,
                             std::string_view command) const {
  JobRecord record{delivery.outcome,  ending.exit_status, ending.signal, ending.how, command, {},
                   delivery.attempts, delivery.duration};
  if (delivery.worker != kNoWorker) {
    record.host = engine_.plan().host_names[number(delivery.worker)];
  }
  return record_note(record);
}

/// Nothing for a job that was not run; one that was ended has what it had printed.
std::string JobMode::table_note_of(const DeliverTask& delivery, const Ending& ending,
                                   std::string_view command) {
  if (delivery.outcome == Outcome::NotComputed && !table_->has_seen(delivery.task)) return {};
  TableRow row;
  row.sequence = number(delivery.task) + 1;
  // As GNU parallel calls this machine.
  const bool here = delivery.worker == kNoWorker || engine_.plan().is_local(delivery.worker);
  row.host = ":";
  if (!here) row.host = engine_.plan().host_names[number(delivery.worker)];
  row.started = engine_.reporter().wall_seconds(engine_.now() - delivery.duration);
  row.duration = delivery.duration;
  if (pipe_) row.sent_bytes = pipe_->sent_bytes(delivery.task, delivery.payload);
  // There, too, a job that was killed has no exit status; one that has timed out has -1.
  row.exit_status = ending.signal != 0 && !delivery.timed_out ? 0 : ending.exit_status;
  row.signal = ending.signal;
  row.command = command;
  split_values(values_of(delivery.payload), row.values);
  if (source_ != nullptr) table_->set_names(source_->names());
  return table_->note_of(delivery.task, row);
}

// ---------------------------------------------------------------- the end

bool JobMode::tell_failures() {
  tell_input_error();
  if (xargs_) xargs_->finish();
  // What stops xargs has been told, and the rest is in the exit status.
  if (xargs_) return true;
  for (const std::string& line :
       failures_.summary(engine_.scheduler().counts().arrived, engine_.untold_stop_reason(),
                         engine_.bytes_shown())) {
    engine_.reporter().say(line);
  }
  return true;
}

/// findutils: 123 if a command failed. One that exits with 255 (124), is killed by a signal (125),
/// cannot be run (126) or is not found (127) ends the run at once: nothing more is started.
void JobMode::count_for_xargs(const DeliverTask& delivery, const Ending& ending) {
  constexpr int kFailed = 123, k255 = 124, kKilled = 125, kStops = 255;
  const JobEnd* end = delivery.job.get();
  const bool started = end == nullptr || end->problem.empty();
  int status = kFailed;
  if (ending.signal != 0 || delivery.outcome != Outcome::Failed) {
    status = kKilled;
  } else if (ending.exit_status == kStops) {
    status = k255;
  } else if (!started) {
    status = ending.exit_status;
  }
  if (xargs_ && !delivery.from_answer && delivery.outcome == Outcome::Failed) {
    // It was too long to be started, say.
    status = kNotExecutable;
    engine_.reporter().say(ending.how);
  }
  if (xargs_status_ <= kFailed) xargs_status_ = std::max(xargs_status_, status);
  // --timeout is spread's; xargs has no status for it.
  if (status == kFailed || !options().xargs_status || delivery.timed_out || !delivery.from_answer) {
    return;
  }
  if (xargs_) {
    engine_.reporter().say(
        xargs_->last_words(ending.exit_status, ending.signal, end == nullptr ? 0 : end->error));
    return engine_.post(StartNoMore{});
  }
  engine_.post(StartNoMore{fmt::format("job {}: {}, where xargs stops (--exit-status xargs)",
                                       number(delivery.task) + 1, ending.how)});
}

int JobMode::exit_status(const RunEnd& end, const HaltOptions& halt) const {
  const bool ours = end.output_closed || end.own_error || end.signal != 0;
  if (!ours && end.halted && halt.why == HaltOptions::Why::Fail && !halt.percent &&
      halt.count == 1 && first_failure_ != 0) {
    return first_failure_;
  }
  if (!ours && source_ != nullptr && source_->stopped_at_long()) return kOwnError;
  const int code = RunMode::exit_status(end, halt);
  if (xargs_ && !end.output_closed && end.signal == 0 && xargs_status_ == 0) {
    // GNU xargs: 1 for an error of its own, which includes an input that is broken.
    constexpr int kXargsOwnError = 1;
    return code == 0 ? 0 : kXargsOwnError;
  }
  if (ours || !options().xargs_status || code == 0) return code;
  constexpr int kSomeFailed = 123;
  return xargs_status_ != 0 ? xargs_status_ : kSomeFailed;
}

}  // namespace spread
