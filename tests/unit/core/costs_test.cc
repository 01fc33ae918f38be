// What a turn costs does not depend on how many slots have nothing to do with it. Counted in slots
// that the Scheduler has come by (SlotPool::steps), so that no clock and no load matters.
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "spread/core/scheduler.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A Scheduler with many slots. Unlike Table it does not recount them after each event.
class Crowd {
 public:
  explicit Crowd(const SchedulerOptions& options = {}) : scheduler_(options, 1) {}

  Crowd& slots(std::uint32_t count, std::uint32_t host = 0, bool remote = false) {
    SlotAdded slot;
    slot.host = HostId{host};
    slot.key = host;
    slot.remote = remote;
    for (; count > 0; --count) tell(slot);
    return *this;
  }
  Crowd& tasks(int count) {
    for (; count > 0; --count) {
      Value payload;
      payload.body = Slice::literal("task");
      tell(TaskArrived{TaskId{arrived_++}, std::move(payload)});
    }
    return *this;
  }
  Crowd& tell(Event event) {
    scheduler_.handle(std::move(event), now_, actions_);
    carry_out();
    return *this;
  }
  /// And once more when a worker was started.
  Crowd& decide() {
    scheduler_.decide(now_, actions_);
    if (carry_out()) decide();
    return *this;
  }
  /// Every slot has a worker.
  Crowd& all_started(std::uint32_t workers) {
    while (scheduler_.live_workers() < workers) decide();
    return *this;
  }
  Crowd& wait(Duration duration) {
    now_ += duration;
    return *this;
  }
  /// The oldest of what was sent and not answered, as {worker, task}.
  std::pair<WorkerId, TaskId> take_sent() {
    EXPECT_FALSE(sent_.empty());
    if (sent_.empty()) return {};
    const auto oldest = sent_.front();
    sent_.erase(sent_.begin());
    return oldest;
  }
  void put_back(WorkerId worker, TaskId task) { sent_.emplace_back(worker, task); }
  Crowd& answer(AnswerKind kind = AnswerKind::Ok) {
    const auto [worker, task] = take_sent();
    return tell(Answered{worker, task, kind});
  }
  std::size_t unanswered() const { return sent_.size(); }
  const Scheduler& scheduler() const { return scheduler_; }

 private:
  /// True if a worker was started.
  bool carry_out() {
    std::vector<WorkerId> starting;
    for (const Action& action : actions_) {
      if (const auto* start = std::get_if<StartWorker>(&action)) starting.push_back(start->worker);
      if (const auto* send = std::get_if<SendTask>(&action)) {
        sent_.emplace_back(send->worker, send->task);
      }
    }
    actions_.clear();
    for (const WorkerId worker : starting) tell(WorkerUp{worker});
    return !starting.empty();
  }

  Scheduler scheduler_;
  TimePoint now_{};
  Actions actions_;
  std::vector<std::pair<WorkerId, TaskId>> sent_;
  std::uint64_t arrived_ = 0;
};

using Build = std::function<void(Crowd&, std::uint32_t)>;

/// How many slots are come by in a turn of a Crowd that has so many slots with nothing to do.
std::uint64_t steps_in_a_turn(std::uint32_t idle, const SchedulerOptions& options,
                              const Build& prepare, const std::function<void(Crowd&)>& turn) {
  Crowd crowd(options);
  prepare(crowd, idle);
  turn(crowd);  // the first one may have to settle something
  const std::uint64_t before = crowd.scheduler().steps();
  turn(crowd);
  const std::uint64_t steps = crowd.scheduler().steps() - before;
  crowd.scheduler().check_invariants();
  return steps;
}

void expect_as_cheap_as_with_ten(const SchedulerOptions& options, const Build& prepare,
                                 const std::function<void(Crowd&)>& turn) {
  const std::uint64_t ten = steps_in_a_turn(10, options, prepare, turn);
  EXPECT_EQ(steps_in_a_turn(10000, options, prepare, turn), ten);
  EXPECT_LE(ten, 100u);
}

SchedulerOptions all_at_once() {
  SchedulerOptions options;
  options.start_all = true;
  return options;
}

void all_idle(Crowd& crowd, std::uint32_t idle) {
  crowd.slots(idle).tell(SlotsComplete{}).all_started(idle);
}

void next_task(Crowd& crowd) { crowd.tasks(1).decide().answer().decide(); }

TEST(Costs, ATaskCostsNoMoreBesideIdleWorkers) {
  expect_as_cheap_as_with_ten(all_at_once(), all_idle, next_task);
}

TEST(Costs, ATaskCostsNoMoreBesideSlotsWithoutAWorker) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    crowd.slots(idle).tell(SlotsComplete{}).tasks(1).decide().answer();
  };
  expect_as_cheap_as_with_ten({}, prepare, next_task);
}

/// Steps of a second of turns, one task each, at two hosts.
std::uint64_t steps_in_a_second(std::uint32_t idle, Duration turn) {
  Crowd crowd(all_at_once());
  crowd.slots(idle, 0).slots(idle, 1).tell(SlotsComplete{}).all_started(2 * idle);
  next_task(crowd);
  crowd.wait(seconds(10));
  next_task(crowd);
  const std::uint64_t before = crowd.scheduler().steps();
  for (Duration passed{}; passed < seconds(1); passed += turn) next_task(crowd.wait(turn));
  return crowd.scheduler().steps() - before;
}

TEST(Costs, TheOrderOfPreferenceIsRenewedForAThousandthOfTheTime) {
  // Sorting 10,000 slots takes about a millisecond. However many turns there are, it is done once
  // a second; what is left of the difference is one such ranking.
  const std::uint64_t few = steps_in_a_second(5, milliseconds(1));
  EXPECT_LE(steps_in_a_second(5000, milliseconds(1)), few + 10000);
  EXPECT_LE(steps_in_a_second(5000, milliseconds(100)), 10000u + 200);
}

TEST(Costs, TheFirstAnswersOfAThousandHostsAreNoThousandRankings) {
  Crowd crowd(all_at_once());
  for (std::uint32_t host = 0; host < 2000; ++host) crowd.slots(1, host);
  crowd.tell(SlotsComplete{}).all_started(2000).tasks(2000).decide();
  const std::uint64_t before = crowd.scheduler().steps();
  for (int i = 0; i < 2000; ++i) crowd.wait(std::chrono::microseconds(100)).answer().decide();
  EXPECT_LE(crowd.scheduler().steps() - before, 2 * 2000u + 20 * 2000u);
}

TEST(Costs, BusyWorkersCostNoMoreWhereIdleOnesAreClosed) {
  SchedulerOptions options = all_at_once();
  options.close_idle = true;
  options.window = 1;
  expect_as_cheap_as_with_ten(
      options,
      [](Crowd& crowd, std::uint32_t busy) {
        all_idle(crowd, busy);
        crowd.tasks(static_cast<int>(busy)).tell(InputEnded{}).decide();
        EXPECT_EQ(crowd.unanswered(), busy);
      },
      [](Crowd& crowd) { crowd.wait(milliseconds(1)).decide(); });
}

TEST(Costs, AFailedTaskIsTriedAgainAtTheSamePrice) {
  SchedulerOptions options = all_at_once();
  options.failure.retries = 2;
  expect_as_cheap_as_with_ten(options, all_idle, [](Crowd& crowd) {
    crowd.tasks(1).decide().answer(AnswerKind::Error).decide().answer().decide();
  });
}

/// Steps of a turn of worker 0 beside so many tasks that failed there and wait for worker 1.
std::uint64_t steps_beside_failed(int failed) {
  SchedulerOptions options = all_at_once();
  options.failure.retries = 2;
  options.window = 1;
  Crowd crowd(options);
  crowd.slots(2).tell(SlotsComplete{}).all_started(2).tasks(failed + 10).decide();
  const auto fail = [&](AnswerKind kind) {
    const auto [worker, task] = crowd.take_sent();
    if (worker == WorkerId{1}) return crowd.put_back(worker, task);
    crowd.tell(Answered{worker, task, kind}).decide();
  };
  while (crowd.scheduler().counts().retried < static_cast<std::uint64_t>(failed)) {
    fail(AnswerKind::Error);
  }
  const std::uint64_t before = crowd.scheduler().steps();
  for (int i = 0; i < 4; ++i) fail(AnswerKind::Ok);
  EXPECT_GE(crowd.scheduler().counts().ok, 1u);
  crowd.scheduler().check_invariants();
  return crowd.scheduler().steps() - before;
}

TEST(Costs, ATaskCostsNoMoreBesideManyThatFailedAtItsWorker) {
  const std::uint64_t few = steps_beside_failed(10);
  EXPECT_EQ(steps_beside_failed(5000), few);
  EXPECT_LE(few, 100u);
}

TEST(Costs, ADeathCostsNoMore) {
  expect_as_cheap_as_with_ten(all_at_once(), all_idle, [](Crowd& crowd) {
    next_task(crowd);
    crowd.tasks(1).decide();
    const WorkerId dead = crowd.take_sent().first;
    crowd.tell(WorkerGone{dead, EndCause::Exited, false, "killed"}).decide().answer().decide();
  });
}

TEST(Costs, ARefusalCostsNoMoreThanOneSumOverAllIn10Milliseconds) {
  expect_as_cheap_as_with_ten(all_at_once(), all_idle, [](Crowd& crowd) {
    crowd.tasks(1).decide().answer(AnswerKind::Busy).decide().answer().decide();
  });
}

// ---------------------------------------------------------------- the end of a run

SchedulerOptions interruptible() {
  SchedulerOptions options = all_at_once();
  options.window = 1;
  options.idle_grace = seconds(5);
  return options;
}

TEST(Costs, WhatIsBusyAfterAFirstSignalCostsNothing) {
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_idle(crowd, busy);
    crowd.tasks(2 * static_cast<int>(busy)).decide();
    for (std::uint32_t i = 0; i < busy; ++i) crowd.answer();  // they have shown that they answer
    crowd.decide().tell(StopRequested{1}).decide();
    EXPECT_EQ(crowd.unanswered(), busy);
  };
  expect_as_cheap_as_with_ten(interruptible(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, WhatClosesAfterAFirstSignalCostsNothing) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    all_idle(crowd, idle);
    crowd.tasks(4).decide().answer().answer().answer().answer().tasks(4).decide();
    crowd.tell(StopRequested{1}).decide();
  };
  expect_as_cheap_as_with_ten(interruptible(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, WhatClosesCostsNothingBesideOthersThatWork) {
  SchedulerOptions options = interruptible();
  options.close_idle = true;
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_idle(crowd, busy);
    crowd.tasks(static_cast<int>(busy) - 4).tell(InputEnded{}).decide();  // four are closed
    EXPECT_EQ(crowd.unanswered(), busy - 4);
  };
  expect_as_cheap_as_with_ten(options, prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, WhatHasBeenClosedAtTheEndCostsNothing) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    all_idle(crowd, idle);
    crowd.tasks(1).tell(InputEnded{}).decide().answer().decide();
  };
  expect_as_cheap_as_with_ten(all_at_once(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).decide(); });
}

// ---------------------------------------------------------------- answers held back

SchedulerOptions holding() {
  SchedulerOptions options = all_at_once();
  options.window = 4;
  options.holds_answers = true;
  return options;
}

void all_full(Crowd& crowd, std::uint32_t busy) {
  all_idle(crowd, busy);
  crowd.tasks(4 * static_cast<int>(busy)).decide();
  EXPECT_EQ(crowd.unanswered(), 4 * busy);
}

TEST(Costs, WhatHoldsAnswersBackCostsNothing) {
  expect_as_cheap_as_with_ten(holding(), all_full, [](Crowd& crowd) {
    crowd.wait(milliseconds(1)).answer().tasks(1).decide();
  });
}

TEST(Costs, WhatHoldsAnswersBackCostsNothingAtTheEndOfTheInput) {
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_full(crowd, busy);
    crowd.tasks(100).tell(InputEnded{}).decide();
  };
  expect_as_cheap_as_with_ten(holding(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, WhatOwesAnswersAndIsClosedCostsNothing) {
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_full(crowd, busy);
    crowd.tell(InputEnded{}).decide();
  };
  expect_as_cheap_as_with_ten(holding(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, WhatHoldsAnswersBackCostsNothingWhileAllWaitForOne) {
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_full(crowd, busy);
    crowd.tell(OutputFull{true}).wait(seconds(2)).decide();
  };
  expect_as_cheap_as_with_ten(holding(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

// ---------------------------------------------------------------- jobs

SchedulerOptions jobs() {
  SchedulerOptions options = all_at_once();
  options.window = 1;
  options.retry_first = true;
  options.failure.retries = 3;
  return options;
}

TEST(Costs, WhatIsInTheWayOfARetryIsFoundWithoutASearch) {
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_idle(crowd, busy);
    crowd.tasks(static_cast<int>(busy)).decide().tell(SlotsLimited{busy - 1});
    crowd.answer(AnswerKind::Error).decide();
  };
  expect_as_cheap_as_with_ten(jobs(), prepare, [](Crowd& crowd) {
    EXPECT_EQ(crowd.scheduler().in_the_way(), TaskId{1});
    crowd.tell(LastTry{TaskId{1}}).wait(milliseconds(1)).decide();
  });
}

TEST(Costs, AHostThatLosesItsOnlyWorkerDoesNotAskTheOthers) {
  const auto prepare = [](Crowd& crowd, std::uint32_t hosts) {
    for (std::uint32_t host = 0; host < hosts; ++host) crowd.slots(1, host);
    crowd.tell(SlotsComplete{}).all_started(hosts).tasks(static_cast<int>(hosts)).decide();
    while (crowd.unanswered() > 0) crowd.answer();
    crowd.decide();
    for (std::uint32_t host = 2; host < hosts; ++host) {
      crowd.tell(WorkerGone{WorkerId{host}, EndCause::Exited, false, "the network is down"});
    }
  };
  std::uint32_t next = 0;  // host 0 in the first turn, host 1 in the second
  expect_as_cheap_as_with_ten(all_at_once(), prepare, [&next](Crowd& crowd) {
    const WorkerId last{next++ % 2};
    crowd.tell(WorkerGone{last, EndCause::Exited, false, "the network is down"});
  });
}

// ---------------------------------------------------------------- fewer slots

TEST(Costs, ASlotLimitIsHeldAtTheSamePrice) {
  for (const bool close : {false, true}) {
    SchedulerOptions options = all_at_once();
    options.close_surplus = close;
    const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
      all_idle(crowd, idle);
      crowd.tell(SlotsLimited{5}).decide();
    };
    expect_as_cheap_as_with_ten(options, prepare, next_task);
  }
}

TEST(Costs, WorkersThatAreToLeaveAndAreBusyCostNoMore) {
  SchedulerOptions options = all_at_once();
  options.close_surplus = true;
  options.window = 1;
  const auto prepare = [](Crowd& crowd, std::uint32_t busy) {
    all_idle(crowd, busy);
    crowd.tasks(static_cast<int>(busy)).decide().tell(SlotsLimited{1}).decide();
    EXPECT_EQ(crowd.unanswered(), busy);
  };
  expect_as_cheap_as_with_ten(options, prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, AnOutputThatIsFullForAllButOneCostsNoMore) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    all_idle(crowd, idle);
    crowd.tell(OutputFull{true, WorkerId{7}});
  };
  expect_as_cheap_as_with_ten(all_at_once(), prepare, [](Crowd& crowd) {
    crowd.tasks(2).decide().answer().decide();  // one waits, and the others may not take it
    ASSERT_EQ(crowd.unanswered(), 1u);
    crowd.answer().decide();
  });
}

TEST(Costs, WorkersThatTheTailRuleLeavesIdleCostNoMore) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    // Host 0 is fast, and all of the slow host 1 has nothing to do.
    crowd.slots(2, 0).slots(idle, 1).tell(SlotsComplete{}).all_started(idle + 2);
    crowd.tasks(3).decide().wait(milliseconds(1)).answer();
    const auto [slow, task] = crowd.take_sent();
    EXPECT_GE(number(slow), 2u);
    crowd.answer().decide().wait(seconds(10)).tell(Answered{slow, task}).decide();
    crowd.tasks(6).tell(InputEnded{}).decide();
    EXPECT_EQ(crowd.unanswered(), 2u);
  };
  expect_as_cheap_as_with_ten(all_at_once(), prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, SlotsThatTheTailRuleStartsNoWorkerInCostNoMore) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    crowd.slots(2, 0).slots(idle, 1).tell(SlotsComplete{}).tasks(2).decide();
    crowd.wait(milliseconds(1)).answer().answer().decide();
    crowd.tasks(6).tell(InputEnded{}).decide();
  };
  SchedulerOptions options;
  options.window = 1;
  expect_as_cheap_as_with_ten(options, prepare,
                              [](Crowd& crowd) { crowd.wait(milliseconds(1)).answer().decide(); });
}

TEST(Costs, SlotsThatWaitForALoginCostNoMore) {
  const auto prepare = [](Crowd& crowd, std::uint32_t idle) {
    crowd.slots(idle + 8, 0, true).tell(SlotsComplete{}).tasks(9999).decide();
    EXPECT_EQ(crowd.scheduler().live_workers(), 8u);
  };
  SchedulerOptions options;
  options.window = 1;
  expect_as_cheap_as_with_ten(options, prepare, [](Crowd& crowd) { crowd.decide(); });
}

}  // namespace
}  // namespace spread
