#include "spread/pool/pool_runs.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "spread/engine/engine.h"
#include "spread/io/files.h"
#include "spread/io/local_socket.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"

namespace spread {
namespace {

/// So many tasks a run may send ahead of their answers: for each slot, and at least.
constexpr std::uint32_t kWindowPerSlot = 16, kWindowMin = 1024;

std::uint32_t window_of(std::uint32_t slots) {
  return std::max(kWindowMin, kWindowPerSlot * std::min(slots, 65536u));
}

}  // namespace

// ---------------------------------------------------------------- its two ends in the run

PoolRuns::PoolRuns(UniqueFd listener, PoolSetup setup)
    : listener_(std::move(listener)), setup_(std::move(setup)) {}

PoolRuns::~PoolRuns() = default;

Status PoolRuns::open(UpstreamRun& run) {
  run_ = &run;
  EventLoop& loop = run.engine().loop();
  began_ = loop.now();
  idle_ = std::make_unique<Timer>(loop, [this] { close_door(); });
  loop.add(listener_.get(), true, false, this);
  look_whether_idle();
  return {};
}

Pull PoolRuns::next(Record& record) {
  if (waiting_.empty()) return over_ ? Pull::End : Pull::Wait;
  Waiting& next = waiting_.front();
  record = std::move(next.record);
  sent_.emplace(TaskId{next_task_++}, Sent{next.run, next.id, {}, {}, false});
  waiting_.pop_front();
  return Pull::Record;
}

PoolRuns::Sent* PoolRuns::sent(TaskId task) {
  const auto found = sent_.find(task);
  return found == sent_.end() || found->second.run == nullptr ? nullptr : &found->second;
}

void PoolRuns::finished(TaskResult&& result) {
  ++done_;
  if (Sent* const to = sent(result.id)) {
    const bool ok = result.outcome == Outcome::Ok;
    const wire::UpKind kind = ok          ? wire::UpKind::Ok
                              : to->fatal ? wire::UpKind::Fatal
                                          : wire::UpKind::Error;
    to->run->answer(to->id, kind, result.value, to->so, to->se);
  }
  sent_.erase(result.id);
}

void PoolRuns::withdrawn(TaskId task) {
  if (Sent* const of = sent(task)) of->run->withdrawn(of->id);
  sent_.erase(task);
}

void PoolRuns::fatal(TaskId task) {
  if (Sent* const of = sent(task)) of->fatal = true;
}

void PoolRuns::printed(TaskId task, std::string_view so, std::string_view se) {
  Sent* const of = sent(task);
  if (of == nullptr) return;
  of->so = so;
  of->se = se;
}

void PoolRuns::progressed(TaskId task, double fraction, std::string_view text) {
  if (Sent* const of = sent(task)) of->run->writer().progress(TaskId{of->id}, fraction, text);
}

void PoolRuns::logged(TaskId task, LogLevel level, std::string_view text) {
  if (Sent* const of = sent(task)) of->run->writer().log(TaskId{of->id}, text, level);
}

bool PoolRuns::errors(RunId run, std::string_view text) {
  for (const auto& each : runs_) {
    if (each->id() != run || !each->works()) continue;
    each->errors(text);
    return true;
  }
  return false;
}

void PoolRuns::ask(const Question& question) {
  Sent* const of = question.task ? sent(*question.task) : nullptr;
  if (of == nullptr) {
    wire::Reply refusal;
    refusal.seq = question.seq;
    refusal.type = "NoMaster";
    refusal.message = "there is no run that could answer";
    return run_->reply(std::move(refusal));
  }
  of->run->writer().ask(question.seq, question.op, TaskId{of->id}, question.arguments,
                        question.values);
}

// ---------------------------------------------------------------- who comes and goes

void PoolRuns::on_ready(int, bool, bool) {
  EventLoop& loop = run_->engine().loop();
  while (UniqueFd socket = accept_own(listener_.get())) {
    UniqueFd copy = duplicate(socket.get());
    if (!copy) return;  // no descriptors: it is closed, and is told so
    runs_.push_back(std::make_unique<PoolRun>(RunId{++last_run_}, std::move(socket),
                                              std::move(copy), setup_.max_frame, loop, read_buffer_,
                                              static_cast<PoolRunOwner&>(*this)));
  }
}

void PoolRuns::called(PoolRun& run, wire::PoolCall call) {
  wire::PoolFacts told = facts();
  switch (call) {
    case wire::PoolCall::Run:
      if (stops_ > 0 || over_) told.refused = "it is ending (spread pool stop)";
      run.tell(told);
      if (!told.refused.empty()) return run.close();
      run.let_in(run_->engine().plan().workers(), window_of(run_->engine().plan().workers()));
      idle_->set(kForever);
      return;
    case wire::PoolCall::State: run.tell(told); return run.close();
    case wire::PoolCall::Stop: return stop(run);
  }
}

void PoolRuns::new_task(PoolRun& run, std::uint64_t id, Record record) {
  waiting_.push_back({&run, id, std::move(record)});
}

void PoolRuns::cancelled(PoolRun& run, std::uint64_t id) {
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) {
    return each.run == &run && each.id == id;
  });
  if (waits != waiting_.end()) {
    waiting_.erase(waits);
    return run.withdrawn(id);
  }
  for (const auto& [task, sent] : sent_) {
    if (sent.run == &run && sent.id == id) return run_->withdraw(task);
  }
}

void PoolRuns::complain(const PoolRun&, const std::string& why) {
  run_->engine().reporter().say("one that has connected is sent away: " + why);
}

/// What it has sent and is not under way yet is for nobody.
void PoolRuns::left(PoolRun& run) {
  std::erase_if(waiting_, [&](const Waiting& each) { return each.run == &run; });
  for (auto& [task, sent] : sent_) {
    if (sent.run != &run) continue;
    sent.run = nullptr;
    run_->withdraw(task);
  }
}

std::size_t PoolRuns::works() const {
  return static_cast<std::size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& each) { return each->works(); }));
}

void PoolRuns::turn() {
  for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i]->flush();
  const std::size_t before = runs_.size();
  std::erase_if(runs_, [](const auto& each) { return each->ended(); });
  if (runs_.size() != before) look_whether_idle();
  look_at_start();
}

/// The one who has started it waits until there is a worker, or hears why there is none.
void PoolRuns::look_at_start() {
  if (start_told_) return;
  const Scheduler& scheduler = run_->engine().scheduler();
  if (scheduler.live_workers() > 0) {
    start_told_ = true;
    Streams streams;
    streams.begun = setup_.begun;
    tell_begun(streams);
  } else if (scheduler.is_hopeless()) {
    start_told_ = true;
    run_->engine().abort("no worker could be started");
  }
}

void PoolRuns::close() {
  close_door();
  runs_.clear();
  idle_.reset();
}

void PoolRuns::look_whether_idle() {
  if (works() > 0) return;
  if (stops_ > 0) return close_door();
  if (setup_.idle) idle_->set(after(run_->engine().now(), *setup_.idle));
}

/// No run will come: the workers' inputs are closed, and the pool ends when they have.
void PoolRuns::close_door() {
  if (std::exchange(over_, true)) return;
  static_cast<void>(remove_file(setup_.socket_name));
  run_->engine().loop().remove(listener_.get());
  listener_.reset();
}

/// The first time those that are connected go on to their end; then what follows is what a signal
/// asks for, each time more of it.
void PoolRuns::stop(PoolRun& asker) {
  ++stops_;
  asker.tell(facts());
  stoppers_.push_back(asker.copy_socket());
  if (stops_ > 1) {
    constexpr int kKill = 3;
    const int level = std::min(static_cast<int>(stops_) - 1, kKill);
    run_->engine().reporter().say("asked again to stop (spread pool stop)");
    run_->engine().post(StopRequested{level});
  }
  look_whether_idle();
}

void PoolRuns::conclude(int tails, int log) {
  const auto give = [&](const std::function<Status(ByteView)>& take) {
    if (skip_to(tails, 0)) static_cast<void>(read_to_end(tails, "tails", take));
  };
  if (stoppers_.empty()) {
    return give([&](ByteView bytes) { return write_whole(log, bytes); });
  }
  for (const UniqueFd& stopper : stoppers_) {
    const auto say = [&](const ByteBuffer& frame) {
      return print(stopper.get(), as_text(frame.view()));
    };
    give([&](ByteView bytes) {
      ByteBuffer frame;
      wire::append_pool_tail(as_text(bytes), frame);
      return say(frame);
    });
    ByteBuffer bye;
    wire::append_pool_bye(bye);
    static_cast<void>(say(bye));
  }
  stoppers_.clear();
}

wire::PoolFacts PoolRuns::facts() const {
  Engine& engine = run_->engine();
  wire::PoolFacts facts;
  facts.version = SPREAD_VERSION;
  facts.command = setup_.command;
  facts.pid = own_pid();
  facts.slots = engine.plan().workers();
  facts.workers = engine.scheduler().live_workers();
  facts.runs = works();
  for (const auto& each : runs_) facts.tasks += each->unanswered();
  facts.done = done_;
  facts.seconds = static_cast<std::uint64_t>(to_seconds(engine.now() - began_));
  if (setup_.idle) {
    facts.idle_max = static_cast<std::uint64_t>(to_seconds(*setup_.idle) * 1000);
  }
  facts.stopping = stops_ > 0 || over_;
  facts.down = engine.scheduler().is_hopeless();
  return facts;
}

}  // namespace spread
