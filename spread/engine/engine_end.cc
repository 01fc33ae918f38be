// The end of a run: what is still to be written, what is remembered, and the exit status.
#include <string>
#include <utility>

#include "spread/engine/engine.h"
#include "spread/engine/login_end.h"
#include "spread/io/system.h"

namespace spread {

RunPhases::Turn Engine::phase_turn() const {
  RunPhases::Turn turn;
  turn.finished = all_over();
  turn.drained = drained();
  turn.stalled = waits_for_reader();
  // Where the reader of the results is gone, nothing more is said.
  const bool unheard = stdout_->closed() && !stdout_->failed();
  turn.said = unheard || reporter_->said();
  turn.logged = unheard || reporter_->logged();
  turn.signals = signals_received_;
  return turn;
}

bool Engine::drained() const {
  if (stdout_->closed() || results_lost_) return true;
  if (config_.is_worker && first_signal_ != 0) return true;
  const bool errors = mode_->errors_are_output() && !reporter_->errors_written();
  const OutcomeMarks marks = mode_->marks();
  return marks.durable == marks.accepted && stdout_->queue_empty() && mode_->drained() && !errors;
}

/// What is left cannot be written until a reader reads, which then wakes the loop.
bool Engine::waits_for_reader() const {
  const bool errors = mode_->errors_are_output() && !reporter_->errors_written();
  return stdout_->stalled() || mode_->stalled() || reporter_->errors_full() || errors;
}

RunEnd Engine::describe_end() const {
  const Scheduler::Counts& counts = scheduler_.counts();
  RunEnd end;
  end.failed = mode_->failures(counts);
  end.finished = counts.arrived;
  end.own_error = own_error_ || stdout_->failed();
  end.output_closed = stdout_->closed() && !stdout_->failed();
  end.signal = first_signal_;
  end.halted = scheduler_.halted();
  if (input_) {
    const bool cut_short = scheduler_.stopping() && !input_->complete();
    end.incomplete = cut_short || !input_->error().empty();
  }
  return end;
}

/// Starts that failed and did not matter in the end, since others did the work.
void Engine::tell_rest() {
  for (const std::string& text : start_failures_.take_rest()) reporter_->say(text);
  for (const auto& [host, said] : unreached_) {
    StartFailures one;
    one.failed(WorkerId{0}, unreachable_host(plan_, host, "", said));
    for (const std::string& text : one.take_rest()) reporter_->say(text);
  }
}

/// What has been written is safe only now: a file system may tell when a file is closed that there
/// was no room for it.
void Engine::close_output(RunEnd& end) {
  // Messages are still to come where they go to the same file.
  if (drained() && !reporter_->one_place()) {
    stdout_->finish(!end.own_error && end.signal == 0);
  }
  const Status closed = drained() ? mode_->close_output() : Status();
  if (closed && !stdout_->failed()) return;
  end.own_error = true;
  if (end_message_.empty()) reporter_->say(closed ? output_failure() : closed.error().message);
}

/// There was something to be run, and no worker for it. What has been kept of parts before is no
/// matter of this one.
bool Engine::nothing_could_be_started(const RunEnd& end) const {
  const Scheduler::Counts& counts = scheduler_.counts();
  const bool computed = counts.ok + counts.failed > counts.kept_computed;
  // Of a sweep, successes may be missing though no task was ever made.
  const bool wanted = config_.scheduler.once || counts.arrived > counts.kept;
  return wanted && starts_ == 0 && !computed && end.failed > 0 && end.signal == 0 && !end.halted;
}

/// The run had come to its end in a part before, and nothing is asked for beyond that. When --halt
/// was reached then cannot be told from what tasks came to.
bool Engine::only_repeats() const {
  return journal_ != nullptr && journal_->resumes() && journal_->before().complete() &&
         !journal_->plan().goes_beyond() && scheduler_.counts().arrived == scheduler_.counts().kept;
}

/// The exit status, what is remembered, and the last words.
void Engine::conclude() {
  history_.keep(scheduler_.keys(), loop_.now() - started_,
                static_cast<std::int64_t>(wall_clock_seconds()));
  if (const std::string warning = history_.take_warning(); !warning.empty()) {
    reporter_->say(warning);
  }
  RunEnd end = describe_end();
  if (nothing_could_be_started(end)) end.own_error = true;
  close_output(end);
  if (!end.output_closed) tell_rest();
  const bool unread = end.incomplete && mode_->tells_unread_input();
  if (!end.output_closed && unread && !scheduler_.stop_reason().empty()) {
    // Why may just have been said.
    const std::string reason(untold_stop_reason());
    reporter_->say("the rest of the input was not read" +
                   (reason == end_message_ ? "" : ": " + reason));
  }
  if (!reporter_->close_files()) end.own_error = true;
  exit_status_ = mode_->exit_status(end, config_.scheduler.halt);
  complete_ = !end.own_error && !end.output_closed && end.signal == 0;
  if (complete_ && only_repeats()) exit_status_ = journal_->before().end()->status;
  if (journal_ != nullptr) conclude_journal(end);
  if (!reporter_->run_ended(exit_status_)) {
    end.own_error = true;
    exit_status_ = mode_->exit_status(end, config_.scheduler.halt);
  }
  reporter_->sample(progress_counts());
  if (end.output_closed) {
    reporter_->leave_line();
  } else {
    const bool told = stdout_->failed() || mode_->tell_failures();
    const bool known =
        (closings_told_ && std::string_view(scheduler_.stop_reason()).starts_with("no worker ")) ||
        (!end_message_.empty() && scheduler_.stop_reason() == end_message_);
    reporter_->finish(scheduler_.counts().ok, scheduler_.stop_reason(), !told, known);
  }
}

}  // namespace spread
