#include "spread/run/engine.h"

#include <algorithm>
#include <utility>

#include "spread/io/system.h"
#include "spread/run/filter_face.h"
#include "spread/run/job_face.h"
#include "spread/run/worker_face.h"

namespace spread {
namespace {

SchedulerOptions scheduler_options(const Options& options) {
  SchedulerOptions scheduler;
  scheduler.failure = options.failure;
  scheduler.halt = options.halt;
  scheduler.window = options.wire == Wire::Lines ? 1 : options.limits.window;
  scheduler.window_bytes = options.limits.window_bytes;
  scheduler.read_ahead = options.limits.read_ahead;
  // A command line is started in half a millisecond: nothing is gained by reading far ahead.
  if (options.command == Command::Map) scheduler.queued_bytes = 512 * 1024;
  scheduler.delay = options.map.delay;
  scheduler.start_all = options.start_all;
  scheduler.once = options.command == Command::All;
  scheduler.close_idle = options.command == Command::Pipe && options.pipe.round_robin;
  scheduler.stop_grace = options.limits.shutdown_timeout.value_or(options.limits.kill_grace);
  return scheduler;
}

// Jitter only: two runs that both start must not knock at the same moments.
std::uint64_t seed() { return static_cast<std::uint64_t>(wall_clock_seconds() * 1e6); }

}  // namespace

Engine::Engine(const Options& options, Plan plan, Guard guard, EventLoop loop, SignalSet signals)
    : options_(options),
      plan_(std::move(plan)),
      guard_(std::move(guard)),
      loop_(std::move(loop)),
      signals_(std::move(signals)),
      spawner_(&guard_, &loop_),
      scheduler_(scheduler_options(options), seed()),
      history_(options_, plan_),
      started_(loop_.now()) {
  loop_.add(signals_.fd(), true, false, this);
}

std::unique_ptr<Face> Engine::make_face(Engine& engine) {
  const Options& options = engine.options();
  if (options.command == Command::Pipe && options.pipe.round_robin) {
    return std::make_unique<FilterFace>(engine);
  }
  if (is_jobs(options.command)) return std::make_unique<JobFace>(engine);
  return std::make_unique<WorkerFace>(engine);
}

Engine::~Engine() {
  // They hold descriptors that the loop knows.
  ports_.clear();
  loop_.remove(signals_.fd());
}

Result<std::unique_ptr<Engine>> Engine::create(const Options& options, Plan plan, Guard guard) {
  auto signals = SignalSet::create();
  if (!signals) return tl::unexpected(signals.error());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  std::unique_ptr<Engine> engine(new Engine(options, std::move(plan), std::move(guard),
                                            std::move(*loop), std::move(*signals)));
  SPREAD_TRY(engine->open());
  SPREAD_TRY(engine->signals_.block());
  return engine;
}

Status Engine::open() {
  auto output = open_output(1);
  if (!output) return tl::unexpected(output.error());
  stdout_ = std::make_unique<OutputWriter>(loop_, std::move(*output));
  auto reporter = Reporter::create(options_, loop_, plan_.host_names, *stdout_);
  if (!reporter) return tl::unexpected(reporter.error());
  reporter_ = std::move(*reporter);
  face_ = make_face(*this);
  SPREAD_TRY(face_->open());
  auto input = face_->open_input();
  if (!input) return tl::unexpected(input.error());
  input_ = std::move(*input);
  return fit_descriptors();
}

Status Engine::fit_descriptors() {
  // For each worker three pipes and a pidfd, for each job one pipe less; and what we have open
  // ourselves, the other ends of the pipes while a process starts among it.
  const std::uint64_t per_worker = is_jobs(options_.command) ? 3 : 4;
  constexpr std::uint64_t kOwn = 16;
  const std::uint64_t own =
      kOwn + (options_.report.joblog.empty() ? 0 : 1) + (options_.report.events.empty() ? 0 : 1);
  const std::uint64_t wanted = plan_.workers() * per_worker + own;
  const std::uint64_t limit = raise_descriptor_limit(wanted + Spawner::kBackgroundDescriptors);
  if (limit < wanted) {
    const std::uint64_t most = limit < own ? 0 : (limit - own) / per_worker;
    const std::string told = std::to_string(plan_.workers()) + " at a time need " +
                             std::to_string(wanted) + " file descriptors, and the limit is " +
                             std::to_string(limit) + " (see ulimit -Hn)";
    // Jobs are all alike, so fewer at a time do the same work. `run` may have been given workers of
    // several kinds, and `all` needs every one.
    if (!is_jobs(options_.command) || most == 0) return fail(told + "; or use a smaller -j");
    reporter_->say(told + ": " + std::to_string(most) + " at a time it is");
    handle(SlotsLimited{static_cast<std::uint32_t>(most)});
  }
  // On fewer, a CPU would have to be woken for the thread: map -u -j2 on 2 CPUs took 1.2 instead of
  // 1.06 of the limit's time.
  spawner_.limit_background(limit - std::min(limit, wanted), usable_cpus());
  return {};
}

int Engine::execute() {
  for (const std::string& warning : plan_.roster.warnings) reporter_->say(warning);
  add_slots_from(0);
  if (options_.command == Command::All) reporter_->set_total(plan_.workers(), probe_ == nullptr);
  if (plan_.roster.ask_cpus.empty()) {
    handle(SlotsComplete{});
  } else {
    probe_ = std::make_unique<HostProbe>(plan_, spawner_, loop_);
  }
  turn();
  while (!done()) {
    loop_.wait(next_deadline());
    turn();
  }
  return finish();
}

void Engine::add_slots_from(std::uint32_t first) {
  std::vector<SlotAdded> added_slots;
  for (std::uint32_t i = first; i < plan_.workers(); ++i) {
    const WorkerId worker{i};
    ports_.push_back(face_->make_port(worker));
    const SlotSpec& slot = plan_.roster.slots[i];
    SlotAdded added;
    added.host = slot.host;
    added.key = plan_.key(worker);
    added.remote = !plan_.is_local(worker);
    added.waits_for_hello = added.remote && is_jobs(options_.command);
    added_slots.push_back(added);
  }
  // By host in the order given: hosts that are asked how many slots they have answer in any order.
  for (std::uint32_t i = first; i < plan_.workers(); ++i) tail_order_.push_back(WorkerId{i});
  std::stable_sort(tail_order_.begin(), tail_order_.end(), [this](WorkerId a, WorkerId b) {
    return plan_.roster.slots[number(a)].host < plan_.roster.slots[number(b)].host;
  });
  history_.advise(added_slots);
  for (const SlotAdded& added : added_slots) handle(added);
}

void Engine::take_host_answers() {
  if (!probe_) return;
  probe_->tick();
  if (scheduler_.stopping()) probe_->stop();
  for (HostProbe::Answer& answer : probe_->take_answers()) {
    host_answers_.push_back(std::move(answer));
  }
  // `all` hands its outputs back by worker number, so the numbers must be those of the hosts'
  // order; `run` starts to work wherever it can.
  if (options_.command == Command::All) {
    if (!probe_->done()) return;
    std::sort(host_answers_.begin(), host_answers_.end(),
              [](const auto& a, const auto& b) { return a.host < b.host; });
  }
  for (const HostProbe::Answer& answer : host_answers_) {
    if (!answer.problem.empty()) {
      reporter_->say("cannot ask " + host_label(plan_.roster.hosts[number(answer.host)]) +
                     " how many CPUs it has: " + answer.problem + "; one is assumed");
    }
    const std::uint32_t before = plan_.workers();
    add_slots(plan_.roster, options_.hosts, answer.host, answer.cpus);
    plan_.name_hosts();
    add_slots_from(before);
  }
  host_answers_.clear();
  if (!probe_->done()) return;
  probe_.reset();
  handle(SlotsComplete{});
}

/// What has happened since the last turn has been handled by the callbacks of wait(); now decide,
/// act, and write.
void Engine::turn() {
  take_host_answers();
  tick_workers();
  face_->begin_turn();
  watch_output();
  pull_tasks();
  decide();
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Port& writer = port(dirty_[i]);
    writer.dirty = false;
    writer.flush();
  }
  dirty_.clear();
  for (const WorkerId worker : ended_) port(worker).remove_ended();
  ended_.clear();
  if (const Status status = face_->advance(scheduler_.tasks_done()); !status) {
    abort(status.error().message);
  }
  reporter_->make_room_for_results();
  const bool was_full = stdout_->full() || reporter_->errors_full();
  stdout_->flush_if_due();
  if (stdout_->closed() && !scheduler_.stopping()) {
    // Nothing else may happen for a long time: what follows from this cannot wait.
    watch_output();
    decide();
  }
  reporter_->turn(*stdout_);
  // What was held back because the output was full may go on, and nothing else would say so.
  if (was_full && !stdout_->full() && !reporter_->errors_full()) undecided_ = true;
  if (output_now() != output_told_) undecided_ = true;
}

void Engine::pull_tasks() {
  if (!input_ || input_told_) return;
  if (scheduler_.stopping()) input_->stop();
  if (scheduler_.tasks_wanted() > 0) {
    // Not more in one turn: bad records never fill the queue, but their outcomes must be written.
    constexpr int kRecordsPerTurn = 10000;
    Record record;
    // Asked again for each: a few large ones are as good as many small ones.
    for (int n = 0; n < kRecordsPerTurn && scheduler_.tasks_wanted() > 0 && input_->next(record);
         ++n) {
      const TaskId id{next_task_++};
      if (!face_->accept(id, record)) {
        handle(TaskSkipped{id});
      } else if (record.bad.empty()) {
        handle(TaskArrived{id, std::move(record.payload)});
      } else {
        handle(TaskMalformed{id, std::exchange(record.bad, {})});
      }
    }
    reporter_->set_total(next_task_, input_->ended());
  }
  if (!input_->ended()) return;
  input_told_ = true;
  if (!input_->error().empty()) reporter_->say(input_->error() + "; no more input is read");
  if (!scheduler_.stopping()) handle(InputEnded{});
}

void Engine::decide() {
  // Starting a worker is done at once, and what it leads to is decided in the same turn.
  do {
    undecided_ = false;
    decisions_.clear();
    scheduler_.decide(loop_.now(), decisions_);
    for (Action& action : decisions_) carry_out(action);
  } while (!decisions_.empty() && scheduler_.next_deadline() > loop_.now() &&
           std::any_of(decisions_.begin(), decisions_.end(), [](const Action& action) {
             return std::holds_alternative<StartWorker>(action);
           }));
}

void Engine::watch_output() {
  if (stdout_->closed() && !scheduler_.stopping()) {
    if (stdout_->failed()) {
      own_error_ = true;
      abort("cannot write to standard output: " + stdout_->error());
    } else {
      handle(Aborted{"nobody reads the output any more"});
    }
  }
  if (!face_->error().empty()) {
    own_error_ = true;
    abort(face_->error());
  }
  // A disk that is full is so at every try.
  if (std::string warning = face_->take_warning();
      !warning.empty() && warnings_told_.insert(warning).second) {
    reporter_->say(warning);
  }
  if (const OutputFull now = output_now(); now != output_told_) {
    output_told_ = now;
    handle(now);
  }
  if (const bool stalled = stdout_->stalled(); stalled != output_stalled_) {
    output_stalled_ = stalled;
    handle(OutputStalled{stalled});
  }
}

OutputFull Engine::output_now() const {
  if (!face_->full()) return {};
  return {true, face_->full_but_for()};
}

void Engine::tick_workers() {
  for (const std::unique_ptr<Port>& each : ports_) {
    if (each->next_deadline() <= loop_.now()) each->tick();
  }
}

TimePoint Engine::next_deadline() const {
  // Not in a loop within the turn: what happens again and again must not keep signals waiting.
  if (undecided_ || input_at_hand()) return loop_.now();
  TimePoint next =
      std::min({scheduler_.next_deadline(), stdout_->next_deadline(), reporter_->next_deadline()});
  if (probe_) next = std::min(next, probe_->next_deadline());
  for (const std::unique_ptr<Port>& each : ports_) next = std::min(next, each->next_deadline());
  return next;
}

/// More tasks are wanted and can be read without waiting.
bool Engine::input_at_hand() const {
  return input_ && !input_told_ && !input_->waiting() && scheduler_.tasks_wanted() > 0;
}

void Engine::set_slots(std::uint32_t slots) {
  const std::uint32_t before = plan_.workers();
  for (std::uint32_t i = before; i < slots; ++i) {
    SlotSpec more = plan_.roster.slots.back();
    ++more.number;
    plan_.roster.slots.push_back(std::move(more));
  }
  if (plan_.workers() > before) {
    plan_.name_hosts();
    add_slots_from(before);
  }
  handle(SlotsLimited{slots});
}

bool Engine::done() const { return scheduler_.finished(); }

void Engine::abort(std::string reason) {
  own_error_ = true;
  if (end_message_.empty()) {
    end_message_ = reason;
    reporter_->say(reason);
  }
  handle(Aborted{std::move(reason)});
}

/// Ctrl-Z. Workers are in process groups of their own, which the terminal does not reach. What runs
/// on other machines goes on; its connection is kept alive.
void Engine::suspend() {
  for (const std::unique_ptr<Port>& each : ports_) each->suspend(true);
  // The time until we are continued is nobody's.
  if (!output_stalled_) handle(OutputStalled{true});
  reporter_->leave_line();
  signals_.stop_here();
  loop_.advance();
  if (!output_stalled_) handle(OutputStalled{false});
  for (const std::unique_ptr<Port>& each : ports_) each->suspend(false);
}

void Engine::on_ready(int, bool, bool) {
  while (const auto signal = signals_.next()) {
    if (signal->asks_to_stop) {
      suspend();
      continue;
    }
    if (!signal->asks_to_end) {
      if (signal->slots != 0) face_->change_slots(signal->slots);
      continue;
    }
    if (first_signal_ == 0) first_signal_ = signal->number;
    handle(StopRequested{std::min(++signals_received_, 3)});
    if (signals_received_ == 1 && scheduler_.counts().live_workers > 0) {
      reporter_->say_at_once("interrupted: running tasks may finish; once more to terminate them");
    }
  }
}

}  // namespace spread
