// The end of a run: what is still to be written, what is remembered, and the exit status.
#include <string>
#include <utility>

#include "spread/io/system.h"
#include "spread/run/engine.h"

namespace spread {

/// Everything is over but for the writing. Whoever reads us may be slow; a signal ends the wait,
/// and after the one that kills nobody waits.
bool Engine::drain_outputs() {
  constexpr int kKilling = 3;
  const int before = signals_received_;
  while (!stdout_->closed() && !(stdout_->queue_empty() && face_->drained())) {
    if (const Status status = face_->drain(); !status) {
      abort(status.error().message);
      break;
    }
    stdout_->flush();
    if (stdout_->stalled()) {
      if (before >= kKilling) return false;
      loop_.wait(kForever);
    }
    if (signals_received_ > before) return false;
  }
  return true;
}

RunEnd Engine::describe_end() const {
  const Scheduler::Counts& counts = scheduler_.counts();
  RunEnd end;
  end.failed = face_->failures(counts);
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

int Engine::finish() {
  drain_outputs();
  history_.keep(scheduler_.keys(), loop_.now() - started_,
                static_cast<std::int64_t>(wall_clock_seconds()));
  if (const std::string warning = history_.take_warning(); !warning.empty()) {
    reporter_->say(warning);
  }
  if (stdout_->failed() && end_message_.empty()) {
    reporter_->say("cannot write to standard output: " + stdout_->error());
  }
  RunEnd end = describe_end();
  const bool computed = scheduler_.counts().ok > 0 || scheduler_.counts().failed > 0;
  if (!ever_started_ && end.failed > 0 && !computed && end.signal == 0) end.own_error = true;
  if (!end.output_closed && end.incomplete && !scheduler_.stop_reason().empty()) {
    // Why may just have been said.
    const std::string& reason = scheduler_.stop_reason();
    reporter_->say("the rest of the input was not read" +
                   (reason == end_message_ ? "" : ": " + reason));
  }
  if (!reporter_->files_written()) end.own_error = true;
  const int code = face_->exit_status(end, options_.halt);
  reporter_->run_ended(code);
  if (end.output_closed) {
    reporter_->leave_line();
  } else {
    const bool told = stdout_->failed() || face_->tell_failures();
    reporter_->finish(scheduler_.counts().ok, scheduler_.stop_reason(), !told);
    // A stderr that nobody reads is given a moment, and no more.
    constexpr Duration kLastWords = std::chrono::seconds(2);
    const TimePoint until = after(loop_.now(), kLastWords);
    while (!reporter_->idle() && loop_.now() < until) {
      loop_.wait(until);
      reporter_->turn(*stdout_);
    }
  }
  return code;
}

}  // namespace spread
