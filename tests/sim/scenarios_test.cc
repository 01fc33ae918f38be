// Failures, time-outs, the output, halt and signals, one scenario for each rule of
// docs/scheduling.md, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/played.h"

namespace spread::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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
  EXPECT_EQ(played.message(50), "task 5 was fatal");
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

TEST(Scenario, TheTimeOutOfAWorkerThatIsNotReadStandsStill) {
  World world = plain(2, 4);
  world.options.failure.timeout = seconds(1);
  world.tasks[0].seconds = 100.2;  // on worker 0: 0.4 s before, and 0.3 s after
  world.tasks[1].hangs = true;     // on the other one
  world.script.emplace_back(0.5, OutputUnread{WorkerId{0}, true});
  // Both hold it up: what is blocked twice is not charged twice.
  world.script.emplace_back(60.0, OutputStalled{true});
  world.script.emplace_back(80.0, OutputUnread{WorkerId{0}, false});
  world.script.emplace_back(90.0, OutputUnread{WorkerId{0}, true});
  world.script.emplace_back(95.0, OutputStalled{false});
  world.script.emplace_back(100.0, OutputUnread{WorkerId{0}, false});
  const Played played(world);
  EXPECT_EQ(played.outcome(0), Outcome::Ok);
  EXPECT_EQ(played.outcome(1), Outcome::Failed);
  EXPECT_EQ(played.counts().timeouts, 1u);
}

TEST(Scenario, AWorkerThatHangsIsTimedOutWhenItIsReadAgain) {
  World world = plain(1, 2);
  world.options.failure.timeout = seconds(1);
  world.tasks[0].hangs = true;
  world.script.emplace_back(0.5, OutputUnread{WorkerId{0}, true});
  world.script.emplace_back(100.0, OutputUnread{WorkerId{0}, false});
  const Played played(world);
  EXPECT_EQ(played.outcome(0), Outcome::Failed);
  EXPECT_EQ(played.outcome(1), Outcome::Ok);
  EXPECT_GT(played.now(), 100);
  EXPECT_LT(played.now(), 102);
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

TEST(Scenario, AfterTheFirstSignalAWorkerThatNeverAnsweredIsNotWaitedForAsLong) {
  World world = plain(2, 20);
  world.slots[1].key = 1;
  world.hosts.resize(2);
  world.slots[1].host = 1;
  world.hosts[1].factor = 1000;
  world.options.idle_grace = seconds(2);
  world.options.stop_grace = seconds(30);
  world.script.emplace_back(1.0, StopRequested{1});
  const Played played(world);
  EXPECT_NEAR(played.now(), 3, 0.1);
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

TEST(Scenario, WhatRunsMayFinishWhenNothingMoreIsStarted) {
  World world = plain(1, 3);
  world.tasks[0].seconds = 100;
  world.options.stop_grace = seconds(3);
  world.script.emplace_back(1.0, StartNoMore{"enough"});
  const Played played(world);
  EXPECT_NEAR(played.now(), 100, 0.1);
  EXPECT_EQ(played.message(1), "enough");
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
