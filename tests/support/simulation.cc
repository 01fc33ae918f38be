#include "simulation.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "simulated_process.h"
#include "trace.h"

namespace spread::simulation {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
TimePoint at_time(double seconds) { return TimePoint{} + from_seconds(seconds); }

}  // namespace

Simulation::Simulation(World world)
    : world_(std::move(world)),
      random_(world_.seed),
      driver_(world_.options, world_.seed, *this),
      scheduler_(driver_.scheduler()),
      referee_(world_.options),
      drains_each_(world_.seed % 3 == 0),
      trace_(std::getenv("SPREAD_SIM_TRACE") != nullptr) {
  payload_.body = Slice::copy_of(as_bytes(std::string(70000, 'x')));
  processes_.resize(world_.slots.size());
  formers_.resize(world_.slots.size());
  starts_.resize(world_.slots.size());
  reports_.resize(world_.slots.size());
  for (const SlotPlan& slot : world_.slots) {
    const auto id = static_cast<std::uint32_t>(connection_of_.size());
    if (!slot.shares_connection) first_slot_.push_back(id);
    connection_of_.push_back(static_cast<std::uint32_t>(first_slot_.size() - 1));
    const bool behind_relay = slot.shares_connection && world_.slots[first_slot_.back()].is_relay;
    if (!behind_relay) add_slot(WorkerId{id}, slot.added_at);
  }
  lines_.resize(first_slot_.size());
  line_starts_.resize(first_slot_.size());
  to_master(world_.slots_complete_at, SlotsComplete{});
  for (auto& [at, event] : world_.script) to_master(at, event);
  for (std::uint32_t host = 0; host < world_.hosts.size(); ++host) {
    if (world_.hosts[host].down_from < 0) continue;
    Happening down;
    down.kind = Happening::Kind::HostDown;
    down.task = TaskId{host};
    schedule(world_.hosts[host].down_from, std::move(down));
  }
}

Simulation::~Simulation() = default;

void Simulation::add_slot(WorkerId worker, double at) {
  const SlotPlan& slot = slot_plan(worker);
  SlotAdded added;
  if (slot.shares_connection) added.joins = WorkerId{first_slot_[connection_of_[number(worker)]]};
  added.host = HostId{slot.host};
  added.key = slot.key;
  added.remote = world_.hosts[slot.host].remote;
  added.waits_for_hello = slot.is_relay;
  added.service_seconds = slot.prior;
  added.host_factor = slot.factor;
  added.launch_seconds = slot.launch_prior;
  to_master(at, added);
}

/// What was started in the slot is no worker: its connection leads to several.
void Simulation::find_relay(const std::shared_ptr<Process>& process) {
  process->alive = false;
  const double half = world_.hosts[slot_plan(process->worker).host].round_trip / 2;
  to_master(now() + half, WorkerGone{process->worker, EndCause::IsRelay, true, "it is a relay"},
            process);
  if (std::exchange(relay_found_, true)) return;
  for (std::uint32_t i = number(process->worker) + 1; i < world_.slots.size(); ++i) {
    add_slot(WorkerId{i}, now() + half);
  }
}

void Simulation::schedule(double at, Happening happening) {
  happening.at = std::max(at, now());
  happening.order = order_++;
  happenings_.push(std::move(happening));
}

void Simulation::to_master(double at, Event event, std::shared_ptr<Process> from) {
  Happening happening;
  happening.kind = Happening::Kind::ToMaster;
  happening.process = std::move(from);
  happening.event = std::move(event);
  schedule(at, std::move(happening));
}

// ---------------------------------------------------------------- the master's loop

void Simulation::run() {
  constexpr std::uint64_t kTurnsMax = 3'000'000;
  turn_to(0);
  while (!scheduler_.finished() && problems().empty()) {
    const double at = next_time();
    if (at == kNever) {
      referee_.problem("nothing will ever happen, and the run is not finished");
      return;
    }
    if (at > world_.time_limit || decisions_ > kTurnsMax) {
      referee_.problem("not finished at " + std::to_string(now()) + " s, after " +
                       std::to_string(decisions_) + " turns");
      return;
    }
    turn_to(at);
    look_for_death();
    check_progress();
  }
  if (problems().empty()) referee_.at_end(scheduler_);
}

double Simulation::next_time() const {
  if (undecided_) return now();
  double at = happenings_.empty() ? kNever : happenings_.top().at;
  if (scheduler_.next_deadline() != kForever) {
    at = std::min(at, to_seconds(scheduler_.next_deadline() - TimePoint{}));
  }
  const bool more_input = !world_.end_with_script || arrived_ < world_.tasks.size();
  if (!input_ended_ && more_input && !world_.options.once && scheduler_.tasks_wanted() > 0) {
    at = std::min(at, std::max(now(), world_.task_interval * static_cast<double>(arrived_)));
  }
  return at == kNever ? kNever : std::max(at, now());
}

/// decide() may ask to be called again at once, but not for ever.
void Simulation::check_progress() {
  constexpr std::uint32_t kIdleTurnsMax = 1000;
  const bool again_at_once = scheduler_.next_deadline() <= now_;
  idle_turns_ = again_at_once ? idle_turns_ + 1 : 0;
  if (idle_turns_ > kIdleTurnsMax) referee_.problem("decide() wants to be called again for ever");
}

void Simulation::look_for_death() {
  if (!world_.death || events_ < world_.death->after_events) return;
  const auto& process = processes_[world_.death->slot];
  world_.death.reset();
  if (process == nullptr || !process->alive) return;
  process->why = "killed by signal 9";
  Happening dies;
  dies.kind = Happening::Kind::Dies;
  dies.process = process;
  schedule(now(), std::move(dies));
}

void Simulation::check_invariants() {
  if ((events_ + decisions_) % world_.check_every == 0) scheduler_.check_invariants();
}

void Simulation::turn_to(double at) {
  if (world_.lateness > 0 && random_.uniform() < 0.5) {
    at += world_.lateness * random_.uniform();
  }
  // Rounding to nanoseconds must not make the turn come before what it is for.
  turn_ = std::max(turn_, at_time(at) + Duration(1));
  // What happens inside the workers, and on the way, happens at its own time.
  while (!happenings_.empty() && at_time(happenings_.top().at) <= turn_ && problems().empty()) {
    Happening next = happenings_.top();
    happenings_.pop();
    now_ = std::max(now_, at_time(next.at));
    happen(next);
  }
  now_ = turn_;
  drain();
  feed_input();
  decide();
}

/// To the inbox. Told at once, or with all others of this turn: both are permitted.
void Simulation::hand_in(Event event) {
  if (!problems().empty()) return;
  const auto* waits = std::get_if<TaskWaits>(&event);
  if (waits != nullptr && waits->waits && !begins_to_wait(*waits)) return;
  Answered* answered = std::get_if<Answered>(&event);
  if (answered != nullptr && answered->kind == AnswerKind::Ok) {
    driver_.inbox().post_success(answered->worker, answered->task, std::move(answered->answer));
  } else {
    driver_.inbox().post(std::move(event));
  }
  undecided_ = true;
  if (drains_each_ && !carrying_out_) drain();
}

/// Of a process whose slot has been handed over only its end is news.
void Simulation::hand_in(const std::shared_ptr<Process>& from, Event event) {
  if (from == nullptr || !from->former) return hand_in(std::move(event));
  if (!std::holds_alternative<WorkerGone>(event)) return;
  formers_[number(from->worker)].reset();
  hand_in(FormerEnded{from->worker});
}

void Simulation::drain() {
  const TimePoint world_time = std::exchange(now_, turn_);
  driver_.drain(turn_);
  check_invariants();
  now_ = world_time;
}

/// The scheduler is about to be told of it.
void Simulation::before(const Event& event) {
  ++events_;
  if (const auto* ended = std::get_if<WorkerGone>(&event)) {
    processes_[number(ended->worker)].reset();
    left_line(ended->worker);
  }
  if (const auto* lost = std::get_if<ConnectionLost>(&event)) {
    lines_[number(lost->connection)].reset();
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (connection_of_[i] == number(lost->connection)) processes_[i].reset();
    }
  }
  referee_.before(event, scheduler_);
  if (trace_) std::fprintf(stderr, "%.6f %s\n", now(), describe(event).c_str());
}

/// As the real loop does it; the referee is to see the same as from handle().
void Simulation::succeeded(Inbox::Success& answer, Scheduler::Success& success) {
  Answered answered;
  answered.worker = answer.worker;
  answered.task = answer.task;
  DeliverTask delivery;
  delivery.task = answer.task;
  delivery.worker = answer.worker;
  delivery.attempts = success.attempts;
  delivery.duration = success.duration;
  delivery.from_answer = true;
  delivery.answer = std::move(answer.value);
  before(answered);
  carry_out(std::move(delivery));
}

void Simulation::decide() {
  ++decisions_;
  undecided_ = false;
  driver_.drain(now_);
  referee_.before(InputEnded{}, scheduler_);  // no answer is at hand
  driver_.decide(now_);
  check_invariants();
}

void Simulation::carry_out(const Action& action) {
  if (trace_) std::fprintf(stderr, "%.6f   %s\n", now(), describe(action).c_str());
  referee_.see(action, scheduler_);
  carrying_out_ = true;
  std::visit([&](const auto& a) { act(a); }, action);
  carrying_out_ = false;
}

void Simulation::feed_input() {
  if (input_ended_ || world_.options.once) return;
  std::size_t wanted = scheduler_.tasks_wanted();
  const auto all_arrived = [&] {
    return world_.endless_until ? now() >= *world_.endless_until : arrived_ >= world_.tasks.size();
  };
  while (wanted-- > 0 && !all_arrived()) {
    if (world_.task_interval * static_cast<double>(arrived_) > now()) return;
    const TaskId id{arrived_++};
    attempts_.push_back(0);
    if (plan(id).malformed) {
      driver_.feed(TaskMalformed{id, "not JSON"}, turn_);
    } else {
      Value payload;
      payload.body = Slice(payload_.body.block(), payload_.body.view().first(plan(id).bytes));
      driver_.feed(TaskArrived{id, std::move(payload), plan(id).gang, world_.run_of(id)}, turn_);
    }
    if (scheduler_.stopping()) return;
    if (!world_.end_with_last && all_arrived()) return;
  }
  if (all_arrived() && !world_.end_with_script) {
    input_ended_ = true;
    hand_in(InputEnded{});
  }
}

// ---------------------------------------------------------------- what happens

void Simulation::happen(Happening& happening) {
  const std::shared_ptr<Process>& process = happening.process;
  switch (happening.kind) {
    case Happening::Kind::ToMaster: {
      if (std::holds_alternative<InputEnded>(happening.event)) input_ended_ = true;
      if (process != nullptr && process->line != nullptr && process->line->news_came) return;
      if (happening.line != nullptr) {
        // Its last worker has ended meanwhile, and the connection with it.
        if (lines_[happening.line->id] != happening.line) return;
        happening.line->news_came = true;
      }
      if (const auto* stall = std::get_if<OutputStalled>(&happening.event)) {
        stalled_ = stall->stalled;
        hand_in(*stall);
        for (auto& [from, held] : std::exchange(held_by_stall_, {})) {
          hand_in(from, std::move(held));
        }
        return;
      }
      // A worker's output is not read while that of the master is blocked.
      if (stalled_ && (process != nullptr || happening.line != nullptr)) {
        held_by_stall_.emplace_back(process, std::move(happening.event));
      } else {
        hand_in(process, std::move(happening.event));
      }
      return;
    }
    case Happening::Kind::Ready:
      if (!process->alive) return;
      if (is_unfound_relay(process->worker)) return find_relay(process);
      process->ready = true;
      say_hello(process);
      work(process);
      return;
    case Happening::Kind::Arrives:
      if (!process->alive) return;
      process->inbox.push_back(happening.task);
      work(process);
      return;
    case Happening::Kind::Closes:
      process->input_closed = true;
      work(process);
      return;
    case Happening::Kind::Done:
      if (process->alive && process->ready) done(process, happening.task);
      return;
    case Happening::Kind::Flush:
      if (process->alive) flush(process);
      return;
    case Happening::Kind::Dies:
      if (process->alive) die(process, process->cause_when_dying, process->clean, process->why);
      return;
    case Happening::Kind::Submits:
      if (process->alive && process->ready) submit(process, happening.task);
      return;
    case Happening::Kind::Resumes:
      if (process->alive && process->ready) resume(process, happening.task);
      return;
    case Happening::Kind::Cut:
      cut(happening.line, EndCause::Exited, now(), "the connection was lost");
      return;
    case Happening::Kind::HostDown:
      for (const std::shared_ptr<Line>& line : lines_) {
        if (line == nullptr || world_.slots[first_slot_[line->id]].host != number(happening.task))
          continue;
        cut(line, EndCause::Exited, now(), "its machine went away");
      }
      for (const auto* each : {&processes_, &formers_}) {
        for (const std::shared_ptr<Process>& victim : *each) {
          if (victim != nullptr && victim->alive && victim->line == nullptr &&
              slot_plan(victim->worker).host == number(happening.task)) {
            die(victim, EndCause::Exited, false, "its machine went away");
          }
        }
      }
      return;
  }
}

bool Simulation::host_is_down(std::uint32_t host, double at) const {
  return at >= world_.hosts[host].down_from && at < world_.hosts[host].down_until;
}

}  // namespace spread::simulation
