#include "spread/engine/engine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/io/private_folder.h"
#include "spread/io/system.h"

namespace spread {
namespace {

// Jitter only: two runs that both start must not knock at the same moments.
std::uint64_t seed() { return static_cast<std::uint64_t>(wall_clock_seconds() * 1e6); }

}  // namespace

Engine::Engine(EngineConfig config, const EngineParts& parts)
    : config_(std::move(config)),
      plan_(parts.plan),
      loop_(parts.loop),
      signals_(parts.signals),
      streams_(parts.streams),
      spawner_(parts.environment, parts.streams, &parts.guard, &loop_),
      driver_(config_.scheduler, seed(), *this),
      scheduler_(driver_.scheduler()),
      phases_(config_.kill_grace),
      history_(config_.history, parts.environment, plan_, parts.streams.guest),
      gate_(config_.starts, plan_.context.local_cpus),
      started_(loop_.now()),
      stdout_(&parts.output),
      reporter_(&parts.reporter),
      events_(plan_, loop_, *reporter_),
      journal_(parts.journal) {
  if (signals_ != nullptr) loop_.add(signals_->fd(), true, false, this);
}

Engine::~Engine() {
  // They hold descriptors that the loop knows.
  run_slots_.clear();
  formers_.clear();
  if (signals_ != nullptr) loop_.remove(signals_->fd());
}

Status Engine::open(std::unique_ptr<RunMode> mode) {
  mode_ = std::move(mode);
  SPREAD_TRY(mode_->open());
  auto input = mode_->open_input();
  if (!input) return tl::unexpected(input.error());
  input_ = std::move(*input);
  // Mostly a ::: was forgotten, or a < FILE, and nothing would ever happen.
  if (input_ && input_->from_terminal()) {  // `all` has none
    reporter_->say("the input is read from the terminal" + std::string(mode_->terminal_note()));
  }
  SPREAD_TRY(fit_descriptors());
  return signals_ != nullptr ? signals_->block() : Status();
}

int Engine::execute() {
  for (const std::string& warning : plan_.roster.warnings) reporter_->say(warning);
  // Before the input is compared, which may take long.
  if (!config_.stop_request.empty()) look_for_stop();
  if (journal_ != nullptr) {
    if (const Status compared = compare_input(); !compared) {
      reporter_->say(compared.error().message);
      reporter_->flush_messages();
      return kOwnError;
    }
  }
  reporter_->begin_at(now(), progress_counts().finished);
  // One that was ended while it compared its input has not.
  if (!results_lost_) tell_begun(streams_);
  add_slots_from(0);
  ask_hosts();
  if (config_.scheduler.once) reporter_->set_total(plan_.workers(), probe_ == nullptr);
  for (turn(); phases_.phase() != RunPhase::Over; turn()) loop_.wait(next_deadline());
  return exit_status_;
}

/// What has happened since the last turn has been posted by the callbacks of wait(); now decide,
/// act, and write.
void Engine::turn() {
  if (phases_.phase() == RunPhase::Working) {
    work();
  } else {
    driver_.drain(now());
    follow_signals();
    watch_output();
    driver_.drain(now());
  }
  hand_on();
  // What nearly every turn is: nothing is over yet.
  const bool working = phases_.phase() == RunPhase::Working && !all_over();
  if (working && signals_received_ < RunPhases::kKilling) return;
  while (phases_.advance(phase_turn(), now())) {
    if (phases_.phase() == RunPhase::LastWords) conclude();
    // A signal has ended the wait for the reader of stderr: something was not said.
    if (phases_.phase() == RunPhase::Over && first_signal_ != 0 && !phase_turn().said) {
      exit_status_ =
          std::max(exit_status_, mode_->exit_status(describe_end(), config_.scheduler.halt));
    }
  }
}

void Engine::work() {
  take_host_answers();
  mode_->begin_turn();
  driver_.drain(now());
  follow_signals();
  if (gate_.watches()) hold_starts();
  watch_output();
  driver_.drain(now());
  pull_tasks();
  decide();
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    RunSlot& writer = run_slot(dirty_[i]);
    writer.dirty = false;
    writer.flush();
  }
  dirty_.clear();
  mode_->end_turn();
  for (const WorkerId worker : ended_) run_slot(worker).remove_ended();
  ended_.clear();
}

/// What is due goes to the readers of stdout and stderr.
void Engine::hand_on() {
  if (kept_) hand_on_kept();
  if (!results_lost_) {
    if (const Status status = mode_->advance(all_over()); !status) {
      give_up_kept(status.error().message);
    }
  }
  if (!unread_.empty()) {
    const std::vector<WorkerId> unread(unread_.begin(), unread_.end());  // they may leave the set
    for (const WorkerId worker : unread) run_slot(worker).reconsider();
  }
  if (journal_ != nullptr) keep_journal();
  reporter_->make_room_for_results();
  const bool was_full = stdout_->full() || reporter_->errors_full();
  if (phases_.phase() == RunPhase::Working) {
    stdout_->flush_if_due();
  } else if (!stdout_->stalled()) {
    stdout_->flush();
  }
  if (stdout_->closed() && !scheduler_.stopping()) {
    // Nothing else may happen for a long time: what follows from this cannot wait.
    watch_output();
    decide();
  }
  if (reporter_->progress_due()) reporter_->sample(progress_counts());
  reporter_->turn(*stdout_);
  if (!reporter_->file_error().empty() && !scheduler_.stopping()) undecided_ = true;
  // What was held back because the output was full may go on, and nothing else would say so.
  if (was_full && !stdout_->full() && !reporter_->errors_full()) undecided_ = true;
  if (output_now() != output_told_) undecided_ = true;
}

ProgressCounts Engine::progress_counts() const {
  const Scheduler::Counts& counts = scheduler_.counts();
  ProgressCounts shown;
  shown.failed = counts.failed + counts.lost;
  // What a run that is ending does not do is no progress, and no failure.
  shown.finished = counts.ok + shown.failed;
  shown.retried = counts.retried;
  shown.running = scheduler_.unanswered();
  if (const auto done = mode_->numbers_done()) shown.finished = *done;
  return shown;
}

/// --load and --memfree.
void Engine::hold_starts() {
  const bool held = !gate_.why().empty();
  if (const auto until = gate_.held_until(now(), scheduler_.has_waiting())) {
    post(StartsHeld{*until});
    if (!held && reporter_->explaining()) {
      events_.decided("start nothing for a second or more: " + gate_.why());
    }
  }
  if (const std::string notice = gate_.take_notice(now()); !notice.empty()) reporter_->say(notice);
}

void Engine::pull_tasks() {
  if (!input_ || input_told_) return;
  if (scheduler_.stopping()) input_->stop();
  if (scheduler_.tasks_wanted() > 0) {
    // Not more in one turn: bad records never fill the queue, but their outcomes must be written.
    Record record;
    // Asked again for each: a few large ones are as good as many small ones.
    for (int n = 0; n < kRecordsPerTurn && compare_error_.empty() &&
                    scheduler_.tasks_wanted() > 0 && input_->next(record);
         ++n) {
      take_record(record);
    }
    if (!compare_error_.empty()) give_up_kept(std::exchange(compare_error_, {}));
    if (const std::uint64_t numbers = mode_->numbers_in_all(); numbers > 0) {
      reporter_->set_total(numbers, true);
    } else {
      reporter_->set_total(next_task_, input_->ended(), input_->share_read());
    }
  }
  if (!input_->ended()) return;
  input_told_ = true;
  if (journal_ != nullptr && input_->complete()) journal_->input_ended();
  if (const std::string& error = input_->error();
      !error.empty() && !mode_->takes_input_error(error)) {
    reporter_->say(error + "; no more input is read");
  }
  if (!scheduler_.stopping()) post(InputEnded{});
}

void Engine::take_record(Record& record) {
  const TaskId id{next_task_++};
  if (!mode_->accept(id, record)) {
    driver_.feed(TaskSkipped{id}, now());
  } else if (journal_ != nullptr && is_done_already(id, record)) {
    return;
  } else if (record.bad.empty()) {
    driver_.feed(TaskArrived{id, std::move(record.payload), record.gang, record.run}, now());
  } else {
    driver_.feed(TaskMalformed{id, std::exchange(record.bad, {})}, now());
  }
}

void Engine::decide() {
  // Starting a worker is done at once, and what it leads to is decided in the same turn.
  do {
    undecided_ = started_worker_ = false;
    driver_.decide(loop_.now());
  } while (started_worker_ && scheduler_.next_deadline() > loop_.now());
}

void Engine::watch_output() {
  // Once: what is still to end may take its time.
  if (journal_ != nullptr && !journal_->is_ours() && !own_error_) abort(journal_->error());
  if (stdout_->closed() && !scheduler_.stopping()) {
    if (stdout_->failed()) {
      own_error_ = true;
      abort(output_failure());
    } else {
      post(Aborted{"nobody reads the output any more"});
    }
  }
  // What is not in the joblog would be done again (--resume): nothing more is begun.
  if (const std::string& error = reporter_->file_error(); !error.empty() && end_message_.empty()) {
    own_error_ = true;
    end_message_ = error;
    post(StartNoMore{error});
  }
  if (const OutputFull now = output_now(); now != output_told_) {
    output_told_ = now;
    post(now);
  }
  if (const bool stalled = stdout_->stalled() || reporter_->errors_full();
      stalled != output_stalled_) {
    output_stalled_ = stalled;
    post(OutputStalled{stalled});
  }
}

std::string Engine::output_failure() const {
  return "cannot write to " + config_.output_name + ": " + stdout_->error();
}

OutputFull Engine::output_now() const {
  if (reporter_->errors_full()) return {true, mode_->full_but_for()};
  if (!mode_->full()) return {};
  return {true, mode_->full_but_for(), stdout_->full()};
}

TimePoint Engine::next_deadline() {
  const TimePoint journal = journal_ != nullptr ? journal_->next_deadline() : kForever;
  const TimePoint outputs = std::min(
      {stdout_->next_deadline(), reporter_->next_deadline(), phases_.next_deadline(), journal});
  if (phases_.phase() != RunPhase::Working) {
    return drained() || waits_for_reader() ? outputs : loop_.now();
  }
  if (kept_ && kept_->ready() && kept_->has_room(*mode_, *stdout_)) return loop_.now();
  // Not in a loop within the turn: what happens again and again must not keep signals waiting.
  if (undecided_ || !driver_.inbox().empty() || input_at_hand()) return loop_.now();
  const TimePoint next = std::min(scheduler_.next_deadline(), outputs);
  return probe_ ? std::min(next, probe_->next_deadline()) : next;
}

/// More tasks are wanted and can be read without waiting.
bool Engine::input_at_hand() const {
  return input_ && !input_told_ && !input_->waiting() && scheduler_.tasks_wanted() > 0;
}

void Engine::warn(const std::string& warning) {
  if (warnings_told_.insert(warning).second) reporter_->say(warning);
}

void Engine::abort(std::string reason) {
  own_error_ = true;
  if (end_message_.empty()) {
    end_message_ = reason;
    reporter_->say(reason);
  }
  post(Aborted{std::move(reason)});
}

/// Ctrl-Z. Workers are in process groups of their own, which the terminal does not reach. What runs
/// on other machines goes on; its connection is kept alive.
void Engine::suspend() {
  suspend_workers(true);
  // What a thread is just starting would run on while spread is stopped.
  spawner_.settle();
  // The time until spread is continued is charged to no task.
  if (!output_stalled_) post(OutputStalled{true});
  driver_.drain(now());
  reporter_->leave_line();
  signals_->stop_here();
  loop_.advance();
  if (!output_stalled_) post(OutputStalled{false});
  driver_.drain(now());
  suspend_workers(false);
}

/// Once none works any more, nothing is waited for here: a run that waits for what can never happen
/// is found by the worlds of tests/world.
void Engine::look_at_work() {
  bool works = false;
  for (const std::unique_ptr<RunSlot>& slot : run_slots_) {
    const LocalWork work = slot->local_work();
    works = works || work.pid != 0 || work.has_task;
    if (work.pid == 0 || !stopped_.look(slot->id(), work, is_stopped(work.pid), now())) {
      continue;
    }
    reporter_->say(fmt::format(
        "{} (pid {}) has been stopped (SIGSTOP) for {} s: spread waits; kill -CONT {} goes on",
        slot->work_name(), work.pid, StoppedWatch::kPatience / std::chrono::seconds(1), work.pid));
  }
  if (works) watch_.set(after(now(), StoppedWatch::kPeriod));
}

void Engine::suspend_workers(bool stop) {
  for (const std::unique_ptr<RunSlot>& each : run_slots_) each->suspend(stop);
  for (const auto& [worker, each] : formers_) each->suspend(stop);
}

void Engine::on_ready(int, bool, bool) {
  while (const auto signal = signals_->next()) {
    if (signal->asks_to_stop) {
      suspend_asked_ = true;
      continue;
    }
    if (!signal->asks_to_end) {
      if (signal->slots != 0) mode_->change_slots(signal->slots);
      continue;
    }
    ask_to_end(signal->number);
  }
}

void Engine::ask_to_end(int signal) {
  if (first_signal_ == 0) first_signal_ = signal;
  if (config_.is_worker && signals_received_ == 0) ++signals_received_;
  post(StopRequested{std::min(++signals_received_, 3)});
}

/// `spread stop DIR` is a signal that comes by a file, from wherever that can be seen.
void Engine::look_for_stop() {
  // It is another run's if that has taken over, or if the directory was moved.
  const bool ours = journal_ == nullptr || journal_->is_ours();
  if (ours && take_file(config_.stop_request)) {
    reporter_->say("asked to stop (spread stop)");
    ask_to_end(SIGTERM);
  }
  stop_watch_.set(after(now(), kStopPeriod));
}

/// What is to be done about signals once the Scheduler knows of them.
void Engine::follow_signals() {
  const bool waits = signals_received_ > 0 && !config_.is_worker;
  if (waits && !std::exchange(stop_told_, true)) tell_stop();
  if (std::exchange(suspend_asked_, false)) suspend();
}

/// After the first signal: what is waited for.
void Engine::tell_stop() {
  const bool all_or_filters = mode_->waits_for_workers();
  const std::size_t count = all_or_filters ? scheduler_.live_workers() : scheduler_.unanswered();
  if (count == 0 || config_.scheduler.stop_grace == Duration::zero()) return;
  const std::string_view what = all_or_filters ? "worker" : mode_->task_noun();
  const Duration grace = scheduler_.grace_for_unanswered();
  reporter_->say_at_once(
      fmt::format("waiting{} for {} {}{} (again: end {} now)",
                  grace == kNoLimit ? "" : fmt::format(" up to {:.6g} s", to_seconds(grace)), count,
                  what, count == 1 ? "" : "s", count == 1 ? "it" : "them"));
}

}  // namespace spread
