// What one task costs in the scheduler: TaskArrived + SendTask + Answered(Ok), with decide() once
// per turn, as the loop does it. Run under callgrind for instructions; the time is for comparison.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "spread/core/scheduler.h"

namespace spread {
namespace {

/// A master's loop around a Scheduler, with workers that answer everything in the next turn.
class Loop {
 public:
  Loop(std::uint32_t workers, std::uint32_t window) : scheduler_(options(window), 1) {
    for (std::uint32_t i = 0; i < workers; ++i) hand_in(SlotAdded{HostId{0}, 0, false, {}, {}, {}});
    hand_in(SlotsComplete{});
    payload_.body = Slice::literal("sixteen bytes ..");
    sent_.resize(workers);
    // Every worker is started, and answers once.
    while (scheduler_.live_workers() < workers) turn(workers);
    for (int i = 0; i < 3; ++i) turn(workers);
  }

  /// One turn: every one of the next `answering` workers answers all it has.
  void turn(std::size_t answering) {
    now_ += std::chrono::microseconds(100);
    for (; answering > 0; --answering) {
      std::vector<TaskId>& tasks = sent_[next_];
      const WorkerId worker{static_cast<std::uint32_t>(next_)};
      for (const TaskId task : tasks) {
        ++answered_;
        if (scheduler_.take_success(worker, task, now_, success_)) continue;
        scheduler_.handle(Answered{worker, task}, now_, actions_);
        actions_.clear();
      }
      tasks.clear();
      next_ = next_ + 1 == sent_.size() ? 0 : next_ + 1;
    }
    for (std::size_t wanted = scheduler_.tasks_wanted(); wanted > 0; --wanted) {
      scheduler_.handle(TaskArrived{TaskId{arrived_++}, payload_}, now_, actions_);
    }
    scheduler_.decide(now_, actions_);
    carry_out();
  }

  std::uint64_t answered() const { return answered_; }

 private:
  static SchedulerOptions options(std::uint32_t window) {
    SchedulerOptions options;
    options.window = window;
    options.read_ahead = 4096;
    return options;
  }
  void hand_in(Event event) {
    scheduler_.handle(std::move(event), now_, actions_);
    carry_out();
  }
  void carry_out() {
    for (const Action& action : actions_) {
      if (const auto* send = std::get_if<SendTask>(&action)) {
        sent_[number(send->worker)].push_back(send->task);
      } else if (const auto* start = std::get_if<StartWorker>(&action)) {
        started_.push_back(start->worker);
      }
    }
    actions_.clear();
    for (const WorkerId worker : std::exchange(started_, {})) hand_in(WorkerUp{worker});
  }

  Scheduler scheduler_;
  Value payload_;
  TimePoint now_{};
  Actions actions_;
  Scheduler::Success success_;
  std::vector<std::vector<TaskId>> sent_;
  std::vector<WorkerId> started_;
  std::size_t next_ = 0;
  std::uint64_t arrived_ = 0, answered_ = 0;
};

/// Arguments: workers, window, workers that answer in one turn.
void BM_Task(benchmark::State& state) {
  Loop loop(static_cast<std::uint32_t>(state.range(0)), static_cast<std::uint32_t>(state.range(1)));
  const std::uint64_t before = loop.answered();
  for (auto _ : state) loop.turn(static_cast<std::size_t>(state.range(2)));
  state.SetItemsProcessed(static_cast<std::int64_t>(loop.answered() - before));
}
BENCHMARK(BM_Task)
    ->ArgNames({"workers", "window", "answering"})
    ->Args({2, 64, 1})
    ->Args({2, 1024, 1})
    ->Args({1000, 1, 1})
    ->Args({1000, 1, 100})
    ->Args({1000, 16, 1});

/// A turn with one task, beside so many workers that have nothing to do, and beside as many slots
/// of another host that have no worker yet. Argument: how many.
class Crowd {
 public:
  explicit Crowd(std::uint32_t idle) : scheduler_(options(), 1) {
    for (std::uint32_t i = 0; i < idle; ++i) tell(SlotAdded{HostId{0}, 0, false, {}, {}, {}});
    tell(SlotsComplete{});
    payload_.body = Slice::literal("sixteen bytes ..");
    // No task is needed to start them: tasks would go to the first ones, and the rest never start.
    while (scheduler_.live_workers() < idle) decide();
    for (std::uint32_t i = 0; i < idle; ++i) tell(SlotAdded{HostId{1}, 0, false, {}, {}, {}});
    tell(SlotsLimited{idle});
    for (int i = 0; i < 3; ++i) turn();
  }

  void turn() {
    now_ += std::chrono::microseconds(100);
    if (sent_ && !scheduler_.take_success(sent_->worker, sent_->task, now_, success_)) {
      tell(Answered{sent_->worker, sent_->task});
    }
    sent_.reset();
    scheduler_.handle(TaskArrived{TaskId{arrived_++}, payload_}, now_, actions_);
    decide();
  }

 private:
  static SchedulerOptions options() {
    SchedulerOptions options;
    options.start_all = true;
    return options;
  }
  void tell(Event event) {
    scheduler_.handle(std::move(event), now_, actions_);
    actions_.clear();
  }
  void decide() {
    scheduler_.decide(now_, actions_);
    std::vector<WorkerId> started;
    for (const Action& action : actions_) {
      if (const auto* send = std::get_if<SendTask>(&action)) sent_ = {send->worker, send->task};
      if (const auto* start = std::get_if<StartWorker>(&action)) started.push_back(start->worker);
    }
    actions_.clear();
    for (const WorkerId worker : started) tell(WorkerUp{worker});
  }

  struct Sent {
    WorkerId worker{};
    TaskId task{};
  };
  Scheduler scheduler_;
  Value payload_;
  TimePoint now_{};
  Actions actions_;
  Scheduler::Success success_;
  std::optional<Sent> sent_;
  std::uint64_t arrived_ = 0;
};

void BM_TaskBesideIdle(benchmark::State& state) {
  Crowd crowd(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) crowd.turn();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TaskBesideIdle)->ArgName("idle")->Arg(10)->Arg(1000)->Arg(10000);

/// A turn in which nothing has happened, with 1000 workers that all have work.
void BM_QuietTurn(benchmark::State& state) {
  Loop loop(1000, 1);
  for (auto _ : state) loop.turn(0);
}
BENCHMARK(BM_QuietTurn);

}  // namespace
}  // namespace spread

BENCHMARK_MAIN();
