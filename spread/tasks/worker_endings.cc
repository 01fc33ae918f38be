// How a worker of `run` or `all` ends: told to the user, with the other starts that fail so, or to
// the joblog.
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/engine/login_end.h"
#include "spread/io/system.h"
#include "spread/launch/launcher.h"
#include "spread/results/joblog.h"
#include "spread/tasks/worker_channels.h"
#include "spread/tasks/worker_mode.h"
#include "spread/tasks/worker_slot.h"

namespace spread {

/// It has ended as one that is done, and has answered fewer lines than it was given. One that died
/// is as a dead worker on other wires: what it has answered was in order.
bool WorkerSlot::leaves_lines_out(ExitStatus status) const {
  const Session& session = worker_->session();
  if (!counts() || session.state() != SessionState::Shutdown || ended_by_us_) return false;
  const bool died = !status.is_success({});
  return session.outstanding() > 0 && !(died && worker_->ended_by_itself());
}

/// Of its own accord, and nothing is known of its kind: there would be no end of starts.
bool WorkerSlot::left_before_its_first_answer() const {
  return !answered_ && !ended_by_us_ && !mode_.setup().is_all() && worker_->session().left();
}

std::string WorkerSlot::hint_of(ExitStatus status) const {
  if (status.signal != 0) return {};
  const Plan& plan = engine_.plan();
  return exit_hint(plan.roster, plan.command, plan.context, id(), status.code);
}

void WorkerSlot::on_ended(WorkerGone ended, ExitStatus status) {
  const bool heard = worker_->session().heard();
  const bool done = worker_->session().outstanding() == 0;
  const bool over = ended.clean && done && worker_->session().state() == SessionState::Shutdown;
  const bool expected = over && !left_before_its_first_answer();
  if (leaves_lines_out(status)) {
    const std::size_t open = worker_->session().outstanding();
    on_mismatch(fmt::format("it has written {} line{} fewer than it was given", open,
                            open == 1 ? "" : "s"));
  }
  mode_.gangs().gone(*this);
  mode_.subtasks().gone(*this);
  mode_.forget_questions(*this);
  engine_.events().ended(id(), expected, ended.reason);
  log_end(status);
  const bool not_execd = ended.cause == EndCause::NotStarted;
  if (not_execd) engine_.was_not_started(id(), ended.reason);
  if (status.code == 255 && status.signal == 0 && !heard && engine_.plan().by_login(id())) {
    // ssh could not connect: whatever it was to work on has not even been sent there.
    ended.cause = EndCause::NotStarted;
  }
  if (expected) {
    release_errors();
  } else if (WorkerChannels* const channels = mode_.setup().channels; channels != nullptr) {
    release_errors();
    const std::string why = channels->why_over(worker_->session().outstanding());
    if (!why.empty() && !ended_by_us_) engine_.abort(why);
  } else {
    const std::string hint = hint_of(status);
    if (!hint.empty() && !heard) ended.reason += " (" + hint + ")";
    ended.reason += limit_met(mode_.setup().limits(), status.signal, ended.reason);
    const bool failed = !ended_by_us_ && status.signal == 0 && status.code > 0;
    if (failed && had_subtask_ && !answered_ && !mode_.subtasks().one_succeeded()) {
      ended.reason += " (a sub-task has a third element, which it may not know)";
    }
    if (!not_execd && !start_failed(ended, status)) tell_death(ended);
  }
  if (worker_->session().sent_null_for_number() || engine_.plan().prep_has_null_for_number) {
    mode_.warn_non_finite();
  }
  mode_.tail_ended(*this, worker_->session().state() == SessionState::Shutdown);
  if (former_) return engine_.post(FormerEnded{id()});
  engine_.has_ended(id());
  engine_.post(std::move(ended));
}

/// What it was given it has dropped.
void WorkerSlot::on_relay(const wire::Hello& hello) {
  if (ended_by_us_) return;
  --generation_;  // no worker has been started yet
  silence_.set(kForever);
  Slice rest;
  std::unique_ptr<Channel> channel = worker_->take_channel(rest);
  mode_.gangs().gone(*this);
  mode_.subtasks().gone(*this);
  mode_.forget_questions(*this);
  release_errors();
  engine_.events().ended(id(), true, "it is a relay");
  mode_.tail_ended(*this, false);
  engine_.has_ended(id());
  engine_.post(WorkerGone{id(), EndCause::IsRelay, true, "it is a relay", nullptr});
  mode_.relays().found(id(), hello, std::move(channel), rest);
}

void WorkerSlot::connection_lost(const std::string& reason) {
  if (!worker_ || worker_->ended()) return;
  mode_.gangs().gone(*this);
  mode_.subtasks().gone(*this);
  mode_.forget_questions(*this);
  release_errors();
  engine_.events().ended(id(), false, reason);
  mode_.tail_ended(*this, false);
  worker_.reset();
  if (former_) engine_.post(FormerEnded{id()});
}

void WorkerSlot::tell_death(const WorkerGone& ended) {
  mode_.worker_failed();
  const bool all = mode_.setup().is_all();
  const bool after_work =
      worker_->session().state() == SessionState::Shutdown && worker_->session().outstanding() == 0;
  // After `| head`, or an error that has been told, nothing is to be said of workers that spread
  // ended for it.
  const bool nobody_reads = engine_.output().closed() && !engine_.output().failed();
  const bool given_up = ended_by_us_ && engine_.given_up();
  if (engine_.scheduler().stopping() && (!all || nobody_reads || given_up)) return;
  const bool always = all || (after_work && !left_before_its_first_answer());
  // SlotClosed or the task tells, if it comes to that. But what breaks the protocol is to be mended
  // even where another try has helped; and a silent host may need help.
  const bool once = (ended.cause == EndCause::Misbehaved && mode_.tells_first(ended.reason)) ||
                    (lost_ && mode_.tells_first(name() + ended.reason));
  if (always || once) engine_.reporter().say(name() + ": " + ended.reason);
  if (once) engine_.end_told(ended.reason);
}

// ---------------------------------------------------------------- starts that fail

/// ssh did not get to the host.
bool WorkerSlot::is_unreachable(ExitStatus status) const {
  constexpr int kOfSsh = 255;
  return status.signal == 0 && status.code == kOfSsh && engine_.plan().by_login(id()) &&
         is_ssh_failure(held_errors_.text());
}

FailedStart WorkerSlot::failed_start(const WorkerGone& ended, ExitStatus status) {
  const Plan& plan = engine_.plan();
  const SlotSpec& slot = plan.roster.slots[number(id())];
  const bool unreachable = is_unreachable(status);
  std::string said = held_errors_.take();
  if (unreachable) return unreachable_host(plan, slot.host, status.text(), std::move(said));
  constexpr std::size_t kCommandBytes = 200;
  FailedStart start;
  const auto& command = slot.exact.empty() ? plan.command.words : slot.exact;
  start.subject = printable_line(shell_join(command), kCommandBytes);
  const bool here = plan.roster.hosts[number(slot.host)].local;
  if (plan.roster.hosts.size() > 1 || !here) start.subject += " on " + host();
  start.what = "ended before its first answer";
  start.how = lost_                                 ? lost_reason()
              : ended.cause == EndCause::PrepFailed ? worker_->session().problem_text()
              : left_before_its_first_answer()      ? "it left by a bye"
                                                    : status.text();
  start.how += limit_met(mode_.setup().limits(), status.signal, said);
  start.hint = hint_of(status);
  if (start.hint.empty() && said.find("No module named 'spread_worker'") != std::string::npos) {
    start.hint = here ? "PYTHONPATH must name the folder that spread_worker is in"
                      : "PYTHONPATH goes there only with --env PYTHONPATH";
  }
  if (const std::string& option = mode_.setup().workers.option_behind;
      start.hint.empty() && !option.empty() && slot.exact.empty()) {
    start.hint = option + " was given to it: options of spread stand in front of --";
  }
  if (start.hint.empty() && meta_ && ended.cause != EndCause::PrepFailed) {
    start.hint = std::string(mode_.setup().tasks->gang.size > 0 ? "gang" : "--task-meta") +
                 " gives each task a third element, which it may not know";
  }
  start.said = std::move(said);
  return start;
}

/// True if all that there is to be told of its end will be, with the other starts that fail so.
bool WorkerSlot::start_failed(const WorkerGone& ended, ExitStatus status) {
  const bool all = mode_.setup().is_all();
  const bool counts = ended.cause == EndCause::NotStarted || ended.cause == EndCause::PrepFailed ||
                      ended.cause == EndCause::Exited;
  const bool news = is_unreachable(status) || (!all && !engine_.key_proven(id()));
  if (!counts || !news || answered_ || ended_by_us_ || engine_.scheduler().stopping()) {
    release_errors();
    return false;
  }
  engine_.start_failed(id(), failed_start(ended, status));
  if (all) {
    mode_.worker_failed();
    engine_.slot_failed(id());
  }
  return true;
}

// ---------------------------------------------------------------- the joblog of `all`

void WorkerSlot::log_end(ExitStatus status) {
  constexpr int kKilled = 128;
  constexpr int kTerm = 15;
  if (worker_->overdue()) {
    log_command(-1, kTerm);
  } else if (status.signal != 0) {
    log_command(kKilled + status.signal, status.signal);
  } else {
    log_command(status.code, 0);
  }
}

void WorkerSlot::log_command(int exit_status, int signal) {
  if (!mode_.setup().is_all() || !engine_.reporter().keeps_joblog()) return;
  const LaunchPlan plan = engine_.plan().launch(id());
  const std::string command = shell_join(plan.arguments);
  JoblogLine line;
  line.task = TaskId{number(id())};
  line.host = host();
  line.duration = engine_.now() - started_;
  if (worker_) {
    for (const Value& item : engine_.plan().prep) line.sent_bytes += item.size();
  }
  line.received_bytes = received_bytes_;
  line.exit_status = exit_status;
  line.signal = signal;
  line.command = command;
  engine_.reporter().job(line, started_);
}

}  // namespace spread
