// Gangs in virtual time: tasks that several workers have at the same time (docs/scheduling.md,
// "Gangs").
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../support/played.h"

namespace spread::simulation {
namespace {

using std::chrono::seconds;

World gangs_of(std::uint32_t size, std::uint32_t slots, std::size_t tasks) {
  World world = plain(slots, tasks);
  world.options.gang = size;
  return world;
}

TEST(Gangs, RunSideBySideAsFarAsThereAreSlots) {
  // Seven slots: two gangs of three at a time, and one slot that is no use to them.
  const Played played(gangs_of(3, 7, 10));
  EXPECT_EQ(played.counts().ok, 10u);
  EXPECT_NEAR(played.last_delivery(), 0.01 + 5 * 0.1, 0.01);
  std::uint32_t answers = 0;
  for (const auto& worker : played.referee().workers()) answers += worker.answers;
  EXPECT_EQ(answers, 30u);
}

TEST(Gangs, HaveFewerMembersWhereThereAreFewerSlots) {
  const Played played(gangs_of(4, 3, 5));
  EXPECT_EQ(played.counts().ok, 5u);
  for (const auto& worker : played.referee().workers()) EXPECT_EQ(worker.answers, 5u);
}

TEST(Gangs, ThatAreToBeExactAreNotComputedThen) {
  World world = gangs_of(4, 3, 5);
  world.options.exact_gangs = true;
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 5u);
  EXPECT_EQ(played.message(0), "a gang has 4 members (--exact), and only 3 slots are left");
}

TEST(Gangs, WaitForASlotThatCanComeBackAndGoOnWithoutOneThatCannot) {
  World world = gangs_of(3, 3, 4);
  world.slots[1].worker.prep_failures = 1;  // it is tried again
  const Played waits(world);
  EXPECT_EQ(waits.counts().ok, 4u);
  for (const auto& worker : waits.referee().workers()) EXPECT_GE(worker.answers, 4u);
  world.slots[1].worker.prep_failures = 1000;
  const Played without(world);
  EXPECT_EQ(without.counts().ok, 4u);
  EXPECT_GE(without.referee().workers()[0].answers, 4u);
  EXPECT_EQ(without.referee().workers()[1].answers, 0u);
}

TEST(Gangs, AMembersDeathIsOneCrashOfTheGangAndTheOthersLiveOn) {
  World world = gangs_of(4, 4, 30);
  world.tasks[20].poison = true;  // it kills all four
  const Played poison(world);
  EXPECT_EQ(poison.outcome(20), Outcome::Lost);
  EXPECT_EQ(poison.referee().tasks()[20].crashes, world.options.failure.crash_retries);
  EXPECT_EQ(poison.counts().ok, 29u);

  world.tasks[20].poison = false;
  world.slots[3].worker.exits_after =
      5;  // with status 0 and no word, behind a launcher: it is dead
  const Played dies(world);
  EXPECT_EQ(dies.counts().ok, 30u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(dies.referee().workers()[i].starts, 1u);
  EXPECT_GT(dies.referee().workers()[3].starts, 1u);
}

TEST(Gangs, AreTriedAgainAfterAnErrorOfOneMember) {
  World world = gangs_of(2, 4, 10);
  world.options.failure.retries = 3;
  world.tasks[4].errors = 2;
  world.tasks[5].errors = 9;
  const Played played(world);
  EXPECT_EQ(played.outcome(4), Outcome::Ok);
  EXPECT_EQ(played.outcome(5), Outcome::Failed);
  EXPECT_EQ(played.referee().tasks()[5].failures, 3u);
}

// None of its members is guilty for sure: those that answer when the others are refused live on.
TEST(Gangs, ATimeOutIsOneFailureAndWhoeverDoesNotAnswerThenIsEnded) {
  World world = gangs_of(3, 3, 6);
  world.options.failure.timeout = seconds(1);
  world.options.drop_grace = seconds(2);
  world.tasks[2].hangs = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(2), Outcome::Failed);
  EXPECT_EQ(played.counts().timeouts, 1u);
  EXPECT_EQ(played.counts().ok, 5u);
  EXPECT_LT(played.last_delivery(), 0.01 + 5 * 0.1 + 1 + 2 + 0.2);
  for (const auto& worker : played.referee().workers()) EXPECT_EQ(worker.starts, 2u);
}

TEST(Gangs, OneBusyMemberPutsTheGangBackUnblamed) {
  World world = gangs_of(3, 4, 10);
  world.options.failure.retries = 1;
  world.options.failure.crash_retries = 1;
  world.slots[1].worker.busy = 0.9;
  world.slots[1].worker.busy_seconds = 0.05;
  world.slots[1].worker.busy_until = 2;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 10u);
  EXPECT_GT(played.counts().refused, 0u);
  EXPECT_EQ(played.counts().retried, 0u);
}

TEST(Gangs, OneMemberDiesAtAnyEvent) {
  with_every_death(gangs_of(3, 7, 5), [](const Played& played) {
    EXPECT_EQ(played.counts().ok, 5u);
    EXPECT_LE(played.counts().retried, 1u);
  });
}

TEST(Gangs, EndWhenTheRunIsInterruptedAtAnyMoment) {
  for (double at = 0.001; at < 0.7; at += 0.013) {
    for (int level = 1; level <= 3; ++level) {
      World world = gangs_of(3, 7, 10);
      world.tasks[1].hangs = true;
      world.options.stop_grace = seconds(2);
      world.script = {{at, Event(StopRequested{level})}};
      const Played played(world);
      EXPECT_LT(played.now(), at + 10) << "signal " << level << " at " << at;
    }
  }
}

}  // namespace
}  // namespace spread::simulation
