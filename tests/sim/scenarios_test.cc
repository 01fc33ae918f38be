// What happens when something goes wrong, one scenario for each row of the table in DESIGN section
// 4 and for its promises 2 to 4, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../support/simulation.h"

namespace spread::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `slots` equal slots on one host, `tasks` tasks of 0.1 s.
World plain(std::uint32_t slots, std::size_t tasks) {
  World world;
  world.hosts.resize(1);
  world.slots.resize(slots);
  world.tasks.assign(tasks, {.seconds = 0.1});
  return world;
}

/// Runs it and reports every broken rule.
class Played : public Simulation {
 public:
  explicit Played(const World& world) : Simulation(world) {
    run();
    for (const std::string& problem : problems()) ADD_FAILURE() << problem;
  }
  Outcome outcome(std::size_t task) const { return referee().tasks().at(task).outcome; }
  const std::string& message(std::size_t task) const { return referee().tasks().at(task).message; }
  const Scheduler::Counts& counts() const { return scheduler().counts(); }
};

// ---------------------------------------------------------------- failures

TEST(Scenario, AFailedTaskIsDeliveredAsFailed) {
  World world = plain(2, 10);
  world.tasks[3].errors = 1;
  const Played played(world);
  EXPECT_EQ(played.outcome(3), Outcome::Failed);
  EXPECT_EQ(played.counts().ok, 9u);
}

TEST(Scenario, AFailedTaskIsTriedAgainWhileItHasTriesLeft) {
  World world = plain(2, 10);
  world.options.failure.retries = 3;
  world.tasks[3].errors = 2;
  world.tasks[5].errors = 3;
  const Played played(world);
  EXPECT_EQ(played.outcome(3), Outcome::Ok);
  EXPECT_EQ(played.outcome(5), Outcome::Failed);
  EXPECT_EQ(played.referee().tasks()[5].sends, 3u);
}

TEST(Scenario, ZeroRetriesMeansForEver) {
  World world = plain(1, 3);
  world.options.failure.retries = 0;
  world.tasks[1].errors = 500;
  const Played played(world);
  EXPECT_EQ(played.outcome(1), Outcome::Ok);
}

TEST(Scenario, AFailedTaskGoesElsewhereFirst) {
  World world = plain(2, 2);
  world.options.failure.retries = 2;
  world.tasks[0].errors = 1;
  const Played played(world);
  EXPECT_EQ(played.workers()[0].done, 1u);
  EXPECT_EQ(played.workers()[1].done, 2u);
}

TEST(Scenario, AFailedTaskIsTriedAgainAtTheOnlyWorkerThereIs) {
  World world = plain(1, 100);
  world.options.failure.retries = 2;
  world.tasks[0].errors = 1;
  const Played played(world);
  EXPECT_EQ(played.outcome(0), Outcome::Ok);
}

TEST(Scenario, FatalStopsTheRunButWhatHasBeenSentIsFinished) {
  World world = plain(2, 100);
  world.options.window = 2;
  world.tasks[4].fatal = true;
  const Played played(world);
  EXPECT_TRUE(played.scheduler().fatal());
  EXPECT_EQ(played.outcome(4), Outcome::Failed);
  // 0..3 before it, 5 beside it, 6 and 7 in the pipes.
  EXPECT_EQ(played.counts().ok, 7u);
  EXPECT_EQ(played.counts().not_computed, 92u);
  EXPECT_EQ(played.message(50), "task 4 was fatal");
}

TEST(Scenario, AMalformedRecordFailsAndTheOthersGoOn) {
  World world = plain(2, 10);
  world.tasks[0].malformed = world.tasks[9].malformed = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(0), Outcome::Failed);
  EXPECT_EQ(played.message(0), "not JSON");
  EXPECT_EQ(played.counts().ok, 8u);
}

// ---------------------------------------------------------------- time-outs

TEST(Scenario, AHungTaskFailsAfterTheTimeOutAndTheOthersAreDelivered) {
  World world = plain(2, 20);
  world.options.failure.timeout = seconds(1);
  world.tasks[4].hangs = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(4), Outcome::Failed);
  EXPECT_EQ(played.counts().timeouts, 1u);
  EXPECT_EQ(played.counts().ok, 19u);
  EXPECT_LT(played.now(), 4);
}

TEST(Scenario, TheTimeOutClockStartsWhenNothingIsUnansweredBeforeTheTask) {
  World world = plain(1, 8);
  world.options.window = 8;
  world.options.failure.timeout = milliseconds(250);  // the last one waits for 0.7 s in the pipe
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 8u);
}

TEST(Scenario, TasksBehindATimeOutGoBackUnmarked) {
  World world = plain(1, 8);
  world.options.window = 8;
  world.options.failure.timeout = seconds(1);
  world.tasks[2].hangs = true;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 7u);
  EXPECT_EQ(played.referee().tasks()[3].failures, 0u);
}

TEST(Scenario, ATaskOfAParallelWorkerTimesOutByItsOwnClock) {
  World world = plain(1, 9);
  world.slots[0].worker.hello = true;
  world.slots[0].worker.parallel = 3;
  world.options.failure.timeout = seconds(1);
  world.tasks[4].hangs = true;  // not the oldest one when it hangs
  world.tasks[3].seconds = 0.9;
  const Played played(world);
  EXPECT_EQ(played.outcome(4), Outcome::Failed);
  EXPECT_EQ(played.counts().ok, 8u);
}

TEST(Scenario, ATaskThatIsAnsweredBeforeTheKillWorksIsOk) {
  World world = plain(1, 3);
  world.options.failure.timeout = seconds(1);
  world.tasks[1].seconds = 2;
  world.slots[0].worker.dies_after_term = 4;
  const Played played(world);
  EXPECT_EQ(played.outcome(1), Outcome::Ok);
  EXPECT_EQ(played.counts().ok, 3u);
}

TEST(Scenario, TimeOutsStandStillWhileOurOutputIsBlocked) {
  World world = plain(1, 3);
  world.options.failure.timeout = seconds(1);
  world.tasks[1].seconds = 100.2;  // 0.4 s before the output is blocked, and 0.3 s after it flows
  world.script.emplace_back(0.5, OutputStalled{true});
  world.script.emplace_back(100.0, OutputStalled{false});
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 3u);
}

TEST(Scenario, APercentTimeOutFollowsTheMedianAfterThreeSuccesses) {
  World world = plain(1, 20);
  world.options.failure.timeout_percent = 300;
  for (TaskPlan& task : world.tasks) task.seconds = 2;
  world.tasks[10].hangs = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(10), Outcome::Failed);
  EXPECT_EQ(played.counts().ok, 19u);
  EXPECT_LT(played.now(), 19 * 2 + 7);
}

TEST(Scenario, APercentTimeOutIsNeverBelowOneSecond) {
  World world = plain(1, 20);
  world.options.failure.timeout_percent = 300;
  for (TaskPlan& task : world.tasks) task.seconds = 0.001;
  world.tasks[10].seconds = 0.9;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 20u);
}

// ---------------------------------------------------------------- deaths

TEST(Scenario, APoisonTaskIsLostAfterExactlyCrashRetriesAndAllOthersAreDelivered) {
  for (const std::uint32_t tries : {1u, 2u, 3u, 5u}) {
    World world = plain(3, 100);
    world.options.failure.crash_retries = tries;
    world.tasks[20].poison = true;
    const Played played(world);
    EXPECT_EQ(played.outcome(20), Outcome::Lost);
    EXPECT_EQ(played.referee().tasks()[20].crashes, tries);
    EXPECT_EQ(played.counts().ok, 99u);
  }
}

TEST(Scenario, APoisonTaskAmongTinyOnesTakesNoInnocentOneAlong) {
  World world = plain(2, 2000);
  for (TaskPlan& task : world.tasks) task.seconds = 0.00002;
  for (SlotPlan& slot : world.slots) slot.worker.holds_answers = 0.02;
  world.tasks[700].poison = world.tasks[701].poison = world.tasks[1500].poison = true;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 3u);
  EXPECT_EQ(played.counts().ok, 1997u);
}

TEST(Scenario, APoisonTaskAtTheVeryEndIsLostToo) {
  World world = plain(1, 5);
  world.tasks[4].poison = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(4), Outcome::Lost);
  EXPECT_EQ(played.message(4), "its worker died 3 times, the last time: killed by signal 11");
}

TEST(Scenario, APoisonTaskInAParallelWorkerIsFoundByRunningTheSuspectsAlone) {
  World world = plain(2, 60);
  for (SlotPlan& slot : world.slots) {
    slot.worker.hello = true;
    slot.worker.parallel = 4;
  }
  world.tasks[30].poison = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(30), Outcome::Lost);
  EXPECT_EQ(played.counts().ok, 59u);
  for (std::size_t i = 0; i < 60; ++i) {
    if (i == 30) continue;
    EXPECT_EQ(played.referee().tasks()[i].crashes, 0u) << i;
  }
}

TEST(Scenario, TheDeathOfAnUnprovenWorkerCostsNoTask) {
  World world = plain(1, 5);
  world.options.failure.crash_retries = 1;
  world.tasks[0].poison = true;  // the first process dies of it, the second one gets task 1 first
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 4u);
  EXPECT_EQ(played.outcome(0), Outcome::Lost);
  EXPECT_EQ(played.referee().tasks()[0].crashes, 1u);
  EXPECT_EQ(played.referee().tasks()[0].sends, 2u);
}

TEST(Scenario, AWorkerThatExitsCleanlyNowAndThenIsReplacedAndNothingIsLost) {
  World world = plain(2, 50);
  for (SlotPlan& slot : world.slots) slot.worker.exits_after = 3;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 50u);
}

TEST(Scenario, AHostThatGoesAwayForAWhileLosesNothingWhereItsWorkersSayHello) {
  World world = plain(4, 400);
  world.hosts.resize(2);
  for (std::uint32_t i = 0; i < 4; ++i) {
    world.slots[i].host = world.slots[i].key = i / 2;
    world.slots[i].worker.hello = true;
  }
  world.hosts[1].down_from = 2;
  world.hosts[1].down_until = 10;
  world.options.failure.start_retries = 10;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 400u);
  EXPECT_EQ(played.counts().crashes, 2u);
  EXPECT_GT(played.workers()[2].last_answer, 10);
}

TEST(Scenario, ATaskThatCrashedOnAHostGoesToAnotherHost) {
  World world = plain(4, 200);
  world.hosts.resize(2);
  for (std::uint32_t i = 0; i < 4; ++i) world.slots[i].host = world.slots[i].key = i / 2;
  world.hosts[1].down_from = 2;  // and it never says hello, so tasks are risked on it
  world.hosts[1].down_until = 1000;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 200u);
}

TEST(Scenario, ABrokenProtocolIsACrashOfTheTaskUnderWay) {
  World world = plain(2, 50);
  world.slots[1].worker.misbehave = 0.1;
  world.options.failure.crash_retries = 10;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 50u);
}

// ---------------------------------------------------------------- launch failures

TEST(Scenario, AListThatCannotBeStartedIsOnlyAWarningWhileAnotherOneCan) {
  World world = plain(2, 20);
  world.slots[0].key = 1;
  world.slots[0].worker.exec_failures = UINT32_MAX;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 20u);
  EXPECT_TRUE(played.referee().workers()[0].closed);
  EXPECT_EQ(played.referee().workers()[0].starts, 3u);
}

TEST(Scenario, WhenNoSlotCanOpenTheRunEndsAndSaysWhy) {
  World world = plain(2, 20);
  for (SlotPlan& slot : world.slots) slot.worker.exec_failures = UINT32_MAX;
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 20u);
  EXPECT_EQ(played.scheduler().stop_reason(), "no worker is left: no such file");
  EXPECT_LT(played.now(), 1);
}

TEST(Scenario, WhenAllWorkersDieForGoodTheRunEndsAndListsTheRest) {
  World world = plain(2, 20);
  world.hosts[0].down_from = 0.55;
  world.hosts[0].down_until = 1e9;
  for (SlotPlan& slot : world.slots) slot.worker.hello = true;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 10u);
  EXPECT_EQ(played.counts().not_computed, 10u);
  EXPECT_LT(played.now(), 20);
}

TEST(Scenario, WithoutASlotTheRunEndsAtOnce) {
  World world = plain(0, 3);
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 3u);
  EXPECT_EQ(played.scheduler().stop_reason(), "no worker could be started");
}

TEST(Scenario, SlotsThatAreStillToComeAreWaitedFor) {
  World world = plain(1, 3);
  world.slots[0].added_at = world.slots_complete_at = 7;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 3u);
}

TEST(Scenario, AFailedPreparationIsALaunchFailure) {
  World world = plain(2, 20);
  world.slots[0].worker.prep_failures = 2;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 20u);
  EXPECT_EQ(played.counts().crashes, 0u);
}

TEST(Scenario, ABenchedHostIsProbedOnceAndAllItsSlotsOpenWhenTheProbeAnswers) {
  World world = plain(4, 600);
  world.hosts.resize(2);
  for (std::uint32_t i = 1; i < 4; ++i) {
    world.slots[i].host = world.slots[i].key = 1;
    world.slots[i].worker.exec_failures = 3;
  }
  world.options.failure.bench = seconds(5);
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 600u);
  for (std::uint32_t i = 1; i < 4; ++i) {
    EXPECT_GT(played.workers()[i].done, 0u);
    EXPECT_EQ(played.referee().workers()[i].starts, 4u);
  }
  EXPECT_GT(played.workers()[1].first_task, 5);
}

TEST(Scenario, ABenchedHostIsTriedOncePerBench) {
  World world = plain(5, 400);
  world.hosts.resize(3);
  for (std::uint32_t i = 1; i < 5; ++i) {
    world.slots[i].host = world.slots[i].key = 1 + i / 3;
    world.slots[i].worker.exec_failures = UINT32_MAX;
  }
  world.slots[3].added_at = world.slots[4].added_at = world.slots_complete_at = 2;
  world.options.failure.bench = seconds(5);
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 400u);
  // 40 s: two slots three times, then one of them every 5 s.
  const auto starts = [&](std::size_t i) { return played.referee().workers()[i].starts; };
  EXPECT_EQ(starts(1) + starts(2), 6u + 7);
  EXPECT_EQ(starts(3) + starts(4), 6u + 7);
}

TEST(Scenario, TheRestartPauseDoublesAndNeverDelaysTheEnd) {
  World world = plain(2, 1);
  world.options.start_all = true;
  world.slots[0].worker.exec_failures = UINT32_MAX;
  world.options.failure.start_retries = 100;
  world.slots[1].launch_seconds = 3;
  const Played played(world);
  // 0, 0.1, 0.3, 0.7, 1.5, (3.1)
  EXPECT_EQ(played.referee().workers()[0].starts, 5u);
  EXPECT_NEAR(played.now(), 3.1, 0.01);
}

// ---------------------------------------------------------------- busy

TEST(Scenario, ABusyWorkerCostsNothingButTime) {
  World world = plain(3, 60);
  world.slots[1].worker.busy = 1;
  world.slots[1].worker.busy_seconds = 1;
  world.slots[1].worker.busy_until = 1e9;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 60u);
  EXPECT_GT(played.counts().refused, 0u);
  EXPECT_LT(played.now(), 60 * 0.1 / 2 + 1);
}

TEST(Scenario, WhenEverybodyIsBusyForAWhileTheRunWaits) {
  World world = plain(3, 60);
  for (SlotPlan& slot : world.slots) {
    slot.worker.busy = 1;
    slot.worker.busy_seconds = 0.5;
    slot.worker.busy_until = 20;
  }
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 60u);
  EXPECT_GT(played.now(), 20);
  EXPECT_LT(played.now(), 60);
}

TEST(Scenario, ATaskOnlyRefusedForLongerThanMaxBusyIsNotComputed) {
  World world = plain(2, 4);
  for (SlotPlan& slot : world.slots) {
    slot.worker.busy = 1;
    slot.worker.busy_seconds = 1;
    slot.worker.busy_until = 1e9;
  }
  world.options.failure.max_busy = seconds(30);
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 4u);
  EXPECT_FALSE(played.scheduler().stopping());
  EXPECT_LT(played.now(), 200);
}

// ---------------------------------------------------------------- output, halt, signals

TEST(Scenario, AFullOutputHoldsBackNewTasksButNotRetries) {
  World world = plain(2, 10);
  world.options.failure.retries = 2;
  world.tasks[0].errors = 1;
  world.script.emplace_back(0.05, OutputFull{true});
  world.script.emplace_back(50.0, OutputFull{false});
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 10u);
  EXPECT_EQ(played.referee().tasks()[0].sends, 2u);
  // Task 2 is the oldest unfinished one when 0 and 1 are done: one at a time is let through.
  EXPECT_LT(played.now(), 50.2);
}

TEST(Scenario, HaltNowKillsAndHaltSoonWaits) {
  for (const auto when : {HaltOptions::When::Now, HaltOptions::When::Soon}) {
    World world = plain(2, 20);
    world.options.halt = {.when = when, .why = HaltOptions::Why::Fail, .count = 1};
    world.tasks[3].errors = 1;
    world.tasks[4].seconds = 30;
    const Played played(world);
    EXPECT_TRUE(played.scheduler().halted());
    const Outcome due = when == HaltOptions::When::Now ? Outcome::NotComputed : Outcome::Ok;
    EXPECT_EQ(played.outcome(4), due);
    EXPECT_EQ(played.now() < 5, when == HaltOptions::When::Now);
  }
}

TEST(Scenario, TheFirstSignalLetsRunningTasksFinish) {
  World world = plain(2, 100);
  world.script.emplace_back(0.35, StopRequested{1});
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 8u);
  EXPECT_EQ(played.counts().not_computed, 92u);
  EXPECT_EQ(played.message(99), "the run was interrupted");
}

TEST(Scenario, TheFirstSignalTerminatesAfterTheGraceTime) {
  World world = plain(1, 2);
  world.tasks[0].hangs = true;
  world.options.stop_grace = seconds(3);
  world.script.emplace_back(1.0, StopRequested{1});
  const Played played(world);
  EXPECT_NEAR(played.now(), 4, 0.01);
}

TEST(Scenario, TheThirdSignalKillsWhatDoesNotEnd) {
  World world = plain(1, 2);
  world.tasks[0].hangs = true;
  world.slots[0].worker.dies_after_term = 100;
  for (int level = 1; level <= 3; ++level) world.script.emplace_back(level, StopRequested{level});
  const Played played(world);
  EXPECT_NEAR(played.now(), 3, 0.01);
}

TEST(Scenario, AProcessThatStartsAfterTheKillIsKilledToo) {
  World world = plain(2, 100);
  world.script.emplace_back(0.1, Aborted{"stdout is gone"});
  for (SlotPlan& slot : world.slots) {
    slot.spawn_seconds = 0.3;
    slot.worker.tail_seconds = 50;
  }
  const Played played(world);
  EXPECT_NEAR(played.now(), 0.3, 0.01);
  EXPECT_EQ(played.message(7), "stdout is gone");
}

TEST(Scenario, EmptyInputStartsNobody) {
  const Played played(plain(3, 0));
  EXPECT_TRUE(played.start_order().empty());
}

TEST(Scenario, EmptyInputWithStartAllStartsNobodyEither) {
  World world = plain(3, 0);
  world.options.start_all = true;
  const Played played(world);
  EXPECT_TRUE(played.start_order().empty());
}

TEST(Scenario, NoMoreWorkersAreStartedThanThereAreTasks) {
  const Played played(plain(8, 3));
  EXPECT_EQ(played.start_order().size(), 3u);
}

TEST(Scenario, StartAllStartsEverySlot) {
  World world = plain(8, 3);
  world.options.start_all = true;
  const Played played(world);
  EXPECT_EQ(played.start_order().size(), 8u);
}

TEST(Scenario, SpreadAllStartsEverySlotOnceAndWaitsForItsEnd) {
  World world = plain(30, 0);
  world.options.once = true;
  world.slots[3].worker.exec_failures = UINT32_MAX;
  for (SlotPlan& slot : world.slots) slot.worker.tail_seconds = 5;
  world.slots[29].added_at = world.slots_complete_at = 20;
  const Played played(world);
  EXPECT_EQ(played.start_order().size(), 30u);
  EXPECT_GT(played.now(), 25);
}

TEST(Scenario, LoginsToOneHostAreStaggered) {
  World world = plain(40, 2000);
  world.hosts[0].remote = true;
  for (SlotPlan& slot : world.slots) {
    slot.launch_seconds = 0.5;
    slot.worker.hello = true;
  }
  Played played(world);
  std::vector<double> starts;
  for (const auto& worker : played.workers()) starts.push_back(worker.first_start);
  std::sort(starts.begin(), starts.end());
  EXPECT_LT(starts[7], 0.01);
  EXPECT_GE(starts[8], 0.5);
  EXPECT_GE(starts[16], 1.0);
}

}  // namespace
}  // namespace spread::simulation
