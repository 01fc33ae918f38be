// Deaths, failed launches and refusals, one scenario for each row of the tables in
// docs/scheduling.md, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/played.h"

namespace spread::simulation {
namespace {

using std::chrono::seconds;

// ---------------------------------------------------------------- deaths

TEST(Death, APoisonTaskIsLostAfterExactlyCrashRetriesAndAllOthersAreDelivered) {
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

TEST(Death, APoisonTaskAmongTinyOnesTakesNoInnocentOneAlong) {
  World world = plain(2, 2000);
  for (TaskPlan& task : world.tasks) task.seconds = 0.00002;
  for (SlotPlan& slot : world.slots) slot.worker.holds_answers = 0.02;
  world.tasks[700].poison = world.tasks[701].poison = world.tasks[1500].poison = true;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 3u);
  EXPECT_EQ(played.counts().ok, 1997u);
}

TEST(Death, APoisonTaskAtTheVeryEndIsLostToo) {
  World world = plain(1, 5);
  world.tasks[4].poison = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(4), Outcome::Lost);
  EXPECT_EQ(played.message(4), "its worker died 3 times, the last time: killed by signal 11");
}

TEST(Death, PoisonTasksAtTheEndDoNotMakeTheirWorkerPauseForLong) {
  World world = plain(1, 5);
  for (std::size_t i = 2; i < 5; ++i) world.tasks[i].poison = true;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 3u);
  EXPECT_LT(played.now(), 3);
}

TEST(Death, APoisonTaskInAParallelWorkerIsFoundByRunningTheSuspectsAlone) {
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

TEST(Death, TheDeathOfAnUnprovenWorkerCostsNoTask) {
  World world = plain(1, 5);
  world.options.failure.crash_retries = 1;
  world.tasks[0].poison = true;  // the first process dies of it, the second one gets task 1 first
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 4u);
  EXPECT_EQ(played.outcome(0), Outcome::Lost);
  EXPECT_EQ(played.referee().tasks()[0].crashes, 1u);
  EXPECT_EQ(played.referee().tasks()[0].sends, 2u);
}

// What a run that was cut off has left may be what its workers die of.
TEST(Death, OfWhatHasWorkedBeforeAPoisonTaskIsLostThoughNothingWasAnsweredYet) {
  World world = plain(1, 20);
  world.options.worked_before = true;
  for (std::size_t i = 0; i < 9; ++i) world.tasks[i].poison = true;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 9u);
  EXPECT_EQ(played.counts().ok, 11u);
}

TEST(Death, WhereNothingLivesAnyMoreWhatHasWorkedBeforeIsTrustedForAWhile) {
  for (const bool hello : {false, true}) {
    World world = plain(2, 200);
    world.options.worked_before = true;
    for (SlotPlan& slot : world.slots) slot.worker.hello = hello;
    for (TaskPlan& task : world.tasks) task.poison = true;
    const Played played(world);
    EXPECT_EQ(played.counts().lost, hello ? 200u : kTrustedDeaths / 3);
    EXPECT_EQ(played.counts().not_computed, hello ? 0u : 200u - kTrustedDeaths / 3);
  }
}

TEST(Death, AWorkerThatExitsCleanlyNowAndThenIsReplacedAndNothingIsLost) {
  World world = plain(2, 50);
  for (SlotPlan& slot : world.slots) slot.worker.exits_after = 3;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 50u);
}

TEST(Death, AHostThatGoesAwayForAWhileLosesNothingWhereItsWorkersSayHello) {
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

TEST(Death, ATaskThatCrashedOnAHostGoesToAnotherHost) {
  World world = plain(4, 200);
  world.hosts.resize(2);
  for (std::uint32_t i = 0; i < 4; ++i) world.slots[i].host = world.slots[i].key = i / 2;
  world.hosts[1].down_from = 2;  // and it never says hello, so tasks are risked on it
  world.hosts[1].down_until = 1000;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 200u);
}

TEST(Death, ABrokenProtocolIsACrashOfTheTaskUnderWay) {
  World world = plain(2, 50);
  world.slots[1].worker.misbehave = 0.1;
  world.options.failure.crash_retries = 10;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 50u);
}

// ---------------------------------------------------------------- launch failures

TEST(Death, AListThatCannotBeStartedIsOnlyAWarningWhileAnotherOneCan) {
  World world = plain(2, 20);
  world.slots[0].key = 1;
  world.slots[0].worker.exec_failures = UINT32_MAX;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 20u);
  EXPECT_TRUE(played.referee().workers()[0].closed);
  EXPECT_EQ(played.referee().workers()[0].starts, 3u);
}

TEST(Death, WhenNoSlotCanOpenTheRunEndsAndSaysWhy) {
  World world = plain(2, 20);
  for (SlotPlan& slot : world.slots) slot.worker.exec_failures = UINT32_MAX;
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 20u);
  EXPECT_EQ(played.scheduler().stop_reason(), "no worker is left: no such file");
  EXPECT_LT(played.now(), 1);
}

TEST(Death, WhenAllWorkersDieForGoodTheRunEndsAndListsTheRest) {
  World world = plain(2, 20);
  world.hosts[0].down_from = 0.55;
  world.hosts[0].down_until = 1e9;
  for (SlotPlan& slot : world.slots) slot.worker.hello = true;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 10u);
  EXPECT_EQ(played.counts().not_computed, 10u);
  EXPECT_LT(played.now(), 20);
}

TEST(Death, WithoutASlotTheRunEndsAtOnce) {
  World world = plain(0, 3);
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 3u);
  EXPECT_EQ(played.scheduler().stop_reason(), "no worker could be started");
}

TEST(Death, SlotsThatAreStillToComeAreWaitedFor) {
  World world = plain(1, 3);
  world.slots[0].added_at = world.slots_complete_at = 7;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 3u);
}

TEST(Death, AFailedPreparationIsALaunchFailure) {
  World world = plain(2, 20);
  world.slots[0].worker.prep_failures = 2;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 20u);
  EXPECT_EQ(played.counts().crashes, 0u);
}

TEST(Death, ABenchedHostIsProbedOnceAndAllItsSlotsOpenWhenTheProbeAnswers) {
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

TEST(Death, ABenchedHostIsTriedOncePerBench) {
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

TEST(Death, TheRestartPauseDoublesAndNeverDelaysTheEnd) {
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

TEST(Death, ABusyWorkerCostsNothingButTime) {
  World world = plain(3, 60);
  world.slots[1].worker.busy = 1;
  world.slots[1].worker.busy_seconds = 1;
  world.slots[1].worker.busy_until = 1e9;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 60u);
  EXPECT_GT(played.counts().refused, 0u);
  EXPECT_LT(played.now(), 60 * 0.1 / 2 + 1);
}

TEST(Death, WhenEverybodyIsBusyForAWhileTheRunWaits) {
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

TEST(Death, ATaskOnlyRefusedForLongerThanMaxBusyIsNotComputed) {
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

}  // namespace
}  // namespace spread::simulation
