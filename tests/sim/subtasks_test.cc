// Sub-tasks in virtual time (docs/scheduling.md, "Sub-tasks").
#include <gtest/gtest.h>

#include <string>

#include "../support/played.h"

namespace spread::simulation {
namespace {

using std::chrono::seconds;

/// Each task submits `count` sub-tasks half way through, and these as much down to `levels`.
World with_subtasks(std::uint32_t slots, std::size_t tasks, std::uint32_t count,
                    std::uint32_t levels = 1) {
  World world = plain(slots, tasks);
  for (TaskPlan& task : world.tasks) {
    task.subtasks = count;
    task.levels = levels;
  }
  return world;
}

TEST(Subtasks, OneWorkerIsEnoughHoweverDeepTheyGo) {
  for (std::uint32_t levels = 1; levels <= 6; ++levels) {
    const Played played(with_subtasks(1, 5, 3, levels));
    EXPECT_EQ(played.counts().ok, 5u) << levels;
    EXPECT_EQ(played.referee().workers()[0].starts, 1u);
  }
}

TEST(Subtasks, AreNoTasksOfTheRun) {
  const Played played(with_subtasks(2, 4, 8));
  EXPECT_EQ(played.counts().arrived, 4u);
  EXPECT_EQ(played.counts().ok, 4u);
}

TEST(Subtasks, RunOnOtherWorkersToo) {
  const Played played(with_subtasks(4, 1, 40));
  EXPECT_EQ(played.counts().ok, 1u);
  for (const auto& worker : played.referee().workers()) EXPECT_GT(worker.answers, 5u);
}

TEST(Subtasks, ThatFailAreTheirParentsBusiness) {
  World world = with_subtasks(2, 6, 3);
  world.options.failure.retries = 1;
  world.options.halt.when = HaltOptions::When::Now;
  world.options.halt.why = HaltOptions::Why::Fail;
  world.options.halt.count = 1;
  world.sub_errors = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 6u) << "nor do they count for --halt";
  EXPECT_EQ(played.counts().failed, 0u);
}

// Each attempt of the parent would submit the same again.
TEST(Subtasks, OneThatKillsItsWorkerAgainAndAgainEndsItsParent) {
  World world = with_subtasks(1, 3, 1);
  world.sub_poison = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 3u);
  EXPECT_EQ(played.message(0),
            "its sub-tasks have ended its worker 3 times, the last time: killed by signal 11");
}

// Where there is another slot, it is that one's, and charged by itself.
TEST(Subtasks, OneThatKillsItsWorkerFailsAndItsParentDoesNot) {
  for (const std::uint32_t slots : {2u, 3u, 5u}) {
    World world = with_subtasks(slots, 4, 2);
    world.sub_poison = 1;
    const Played played(world);
    EXPECT_EQ(played.counts().ok, 4u) << slots;
  }
}

// To the tail rule a worker that waits is none that is soon free, however fast it is: the slower
// one has to take what is not to run inside of the fast one.
TEST(Subtasks, AreNotLeftToAFasterWorkerThatWaitsForThem) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    World world = with_subtasks(3, 8, 3);
    world.seed = seed;
    world.hosts.push_back({.factor = 4});
    world.slots[1].host = world.slots[1].key = 1;
    world.slots[2].host = world.slots[2].key = 1;
    world.options.failure.retries = 3;
    for (SlotPlan& slot : world.slots) slot.worker.exits_after = 7;
    world.sub_poison = 0.1;
    world.sub_errors = 0.3;
    world.time_limit = 1000;
    const Played played(world);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Subtasks, OneThatTakesTooLongFailsAndItsParentDoesNot) {
  World world = with_subtasks(2, 2, 1);
  world.options.failure.timeout = seconds(1);
  world.options.failure.retries = 1;
  world.sub_hangs = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 2u);
}

// A worker that leaves has answered some of them: that is progress for tasks, and none for these.
TEST(Subtasks, WorkersThatLeaveBeforeAllAreDoneEndTheirParent) {
  for (const std::uint32_t answers : {1u, 2u, 3u}) {
    World world = with_subtasks(1, 2, 3);
    world.slots[0].worker.exits_after = answers;
    world.slots[0].worker.retires = true;
    const Played played(world);
    EXPECT_EQ(played.counts().lost, 2u) << answers;
    EXPECT_EQ(played.message(0),
              "its sub-tasks have ended its worker 3 times, the last time: it left (bye, or exit "
              "status 0)");
  }
}

TEST(Subtasks, OneThatMakesItsWorkerLeaveToo) {
  World world = with_subtasks(1, 1, 4, 2);
  world.sub_leaves = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().lost, 1u);
}

TEST(Subtasks, AndOneThatTakesTooLongToo) {
  World world = with_subtasks(1, 2, 1);
  world.options.failure.timeout = seconds(1);
  world.sub_hangs = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().lost + played.counts().failed, 2u);
}

// The parent's time is its own: it waits for much longer than its time-out.
TEST(Subtasks, TheClockOfWhatWaitsStands) {
  World world = with_subtasks(1, 1, 8);
  world.tasks[0].seconds = 1;
  world.options.failure.timeout = seconds(2);
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 1u);
  EXPECT_GT(played.last_delivery(), 2.2);
}

TEST(Subtasks, HaveSlotsThatAreKeptForThem) {
  World world = with_subtasks(4, 40, 2);
  world.options.subpool = 3;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 40u);
}

TEST(Subtasks, OneWorkerDiesAtAnyEvent) {
  for (const std::uint32_t slots : {1u, 3u}) {
    World world = with_subtasks(slots, 3, 3, 3);
    with_every_death(world, [](const Played& played) { EXPECT_EQ(played.counts().ok, 3u); });
  }
}

TEST(Subtasks, EndWhenTheRunIsInterruptedAtAnyMoment) {
  for (double at = 0.001; at < 0.9; at += 0.017) {
    for (int level = 1; level <= 3; ++level) {
      World world = with_subtasks(2, 10, 3, 3);
      world.options.stop_grace = seconds(2);
      world.script = {{at, Event(StopRequested{level})}};
      const Played played(world);
      EXPECT_LT(played.now(), at + 10) << "signal " << level << " at " << at;
    }
  }
}

}  // namespace
}  // namespace spread::simulation
