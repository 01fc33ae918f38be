// Several runs that share the workers, in virtual time. That no worker has tasks of two of them is
// a rule of the Referee, and holds in the random worlds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../support/played.h"

namespace spread::simulation {
namespace {

/// When the last task of each run was sent for the first time, as a share of all sends.
std::vector<double> sends_of_runs(const Played& played, std::uint32_t runs) {
  std::vector<double> sends(runs);
  for (std::size_t i = 0; i < played.referee().tasks().size(); ++i) {
    sends[i % runs] += played.referee().tasks()[i].sends;
  }
  return sends;
}

TEST(Runs, AllTasksAreComputed) {
  for (const std::uint32_t slots : {1u, 2u, 3u, 7u}) {
    World world = plain(slots, 60);
    world.runs = 3;
    const Played played(world);
    EXPECT_EQ(played.counts().ok, 60u) << slots;
    EXPECT_EQ(sends_of_runs(played, 3), (std::vector<double>{20, 20, 20}));
  }
}

TEST(Runs, WorkIsDoneAtTheSpeedOfAllWorkers) {
  World world = plain(4, 400);
  const double alone = Played(world).now();
  world.runs = 2;
  EXPECT_LT(Played(world).now(), 1.1 * alone);
}

TEST(Runs, AWorkerThatDiesTakesNothingFromTheOthers) {
  World world = plain(3, 30);
  world.runs = 2;
  with_every_death(world, [](const Played& played) { EXPECT_EQ(played.counts().ok, 30u); });
}

TEST(Runs, TinyTasksOfSeveralRunsKeepTheirWindows) {
  World world = plain(2, 20000);
  for (TaskPlan& task : world.tasks) task.seconds = 0.00002;
  world.hosts[0].round_trip = 0.0001;
  const double alone = Played(world).now();
  world.runs = 2;
  EXPECT_LT(Played(world).now(), 2 * alone);
}

}  // namespace
}  // namespace spread::simulation
