// Connections that carry many workers, in virtual time;
// docs/decisions/0017-connections-and-workers.md.
#include <gtest/gtest.h>

#include "../support/played.h"

namespace spread::simulation {
namespace {

/// One host, connections of 64 workers, tasks of 0.1 s.
World relayed(std::uint32_t connections, std::size_t tasks) {
  World world = plain(64 * connections, tasks);
  for (std::size_t i = 0; i < world.slots.size(); ++i) {
    world.slots[i].shares_connection = i % 64 != 0;
  }
  world.options.window = 4;
  return world;
}

TEST(Connection, AWorkerThatDiesOfEachTaskLeavesThe63OthersTheirWindows) {
  World world = relayed(1, 6400);
  world.slots[5].worker.crash = 1;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 6400u);
  // 100 rounds of 0.1 s if there were no deaths at all.
  EXPECT_LT(played.now(), 12);
  for (std::size_t i = 0; i < world.slots.size(); ++i) {
    const Referee::WorkerBook& worker = played.referee().workers()[i];
    EXPECT_EQ(worker.starts > 1, i == 5) << i;
    EXPECT_TRUE(worker.most_in_flight == 4 || i == 5) << i;
  }
}

TEST(Connection, ARelayThatIsFoundCostsNoTaskAndNoTime) {
  World world = relayed(1, 6400);
  world.slots[0].is_relay = true;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 6400u);
  EXPECT_EQ(played.counts().crashes, 0u);
  EXPECT_LT(played.now(), 11);
  for (std::size_t i = 0; i < world.slots.size(); ++i) {
    EXPECT_EQ(played.referee().workers()[i].starts, i == 0 ? 2u : 1u) << i;
  }
}

TEST(Connection, ThatIsLostAgainAndAgainLosesNoTask) {
  World world = relayed(2, 3000);
  for (TaskPlan& task : world.tasks) task.seconds = 0.5;
  world.slots[0].connection_dies = 0.2;
  world.slots[64].connection_dies = 0.2;
  const Played played(world);
  EXPECT_EQ(played.counts().ok, 3000u);
  EXPECT_GT(played.counts().crashes, 2u);
}

TEST(Connection, ATaskThatKillsItsConnectionIsLostAndItsNeighboursAreNot) {
  World world = relayed(1, 1000);
  world.tasks[300].cuts = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(300), Outcome::Lost);
  EXPECT_EQ(played.counts().ok, 999u);
  // Two losses in which it was one of 64, and three in which it was apart.
  EXPECT_EQ(played.counts().crashes, 5u);
}

TEST(Connection, ATaskThatKillsItsConnectionAtTheVeryEndIsLostToo) {
  World world = relayed(1, 70);
  world.tasks[69].cuts = true;
  const Played played(world);
  EXPECT_EQ(played.outcome(69), Outcome::Lost);
  EXPECT_EQ(played.counts().ok, 69u);
}

TEST(Connection, ThatCannotBeMadeClosesAllItsSlotsAfterAsManyTriesAsOneSlot) {
  World world = relayed(1, 100);
  world.slots[0].connection_failures = UINT32_MAX;
  const Played played(world);
  EXPECT_EQ(played.counts().not_computed, 100u);
  for (const auto& each : played.referee().workers()) {
    EXPECT_LE(each.starts, world.options.failure.start_retries);
    EXPECT_TRUE(each.closed);
  }
}

}  // namespace
}  // namespace spread::simulation
