// The end of a run on hosts of different speed, in virtual time: docs/scheduling.md, "The tail".
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../support/simulation.h"

namespace spread::simulation {
namespace {

/// One slot on each of these hosts; `factors` are how many times longer a task takes there.
World hosts_of(const std::vector<double>& factors, std::size_t tasks, double seconds) {
  World world;
  for (std::uint32_t i = 0; i < factors.size(); ++i) {
    world.hosts.push_back({.factor = factors[i]});
    SlotPlan slot;
    slot.host = slot.key = i;
    slot.launch_seconds = 0;
    world.slots.push_back(slot);
  }
  world.tasks.assign(tasks, {.seconds = seconds});
  return world;
}

World with_history(World world, double seconds) {
  for (SlotPlan& slot : world.slots) slot.prior = seconds * world.hosts[slot.host].factor;
  return world;
}

double makespan(const World& world) {
  Simulation simulation(world);
  simulation.run();
  for (const std::string& problem : simulation.problems()) ADD_FAILURE() << problem;
  EXPECT_EQ(simulation.scheduler().counts().ok, world.tasks.size());
  return simulation.last_delivery();
}

/// The least makespan for tasks of equal length: give each to the worker that finishes it first.
double ideal(const std::vector<double>& factors, std::size_t tasks, double seconds) {
  std::vector<double> free_at(factors.size());
  double last = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    std::size_t best = 0;
    for (std::size_t h = 1; h < factors.size(); ++h) {
      if (free_at[h] + seconds * factors[h] < free_at[best] + seconds * factors[best]) best = h;
    }
    free_at[best] += seconds * factors[best];
    last = std::max(last, free_at[best]);
  }
  return last;
}

TEST(Tail, SevenTasksOnTwoKnownHostsOfWhichOneIsFourTimesSlowerTakeTheIdealTime) {
  EXPECT_LE(makespan(with_history(hosts_of({1, 4}, 7, 0.4), 0.4)), 1.03 * ideal({1, 4}, 7, 0.4));
}

TEST(Tail, TwoTasksOnTwoKnownHostsBothGoToTheFastOne) {
  EXPECT_LE(makespan(with_history(hosts_of({1, 4}, 2, 0.4), 0.4)), 1.03 * ideal({1, 4}, 2, 0.4));
}

TEST(Tail, TheOrderInWhichTheHostsAreGivenDoesNotMatter) {
  EXPECT_LE(makespan(with_history(hosts_of({4, 1}, 7, 0.4), 0.4)), 1.03 * ideal({1, 4}, 7, 0.4));
  EXPECT_LE(makespan(with_history(hosts_of({4, 1}, 2, 0.4), 0.4)), 1.03 * ideal({1, 4}, 2, 0.4));
}

TEST(Tail, NineTasksOnTwoKnownHostsTakeTheIdealTime) {
  EXPECT_LE(makespan(with_history(hosts_of({1, 4}, 9, 0.4), 0.4)), 1.03 * ideal({1, 4}, 9, 0.4));
}

TEST(Tail, TwoHundredShortTasksOnTwoKnownHostsTakeTheIdealTime) {
  EXPECT_LE(makespan(with_history(hosts_of({1, 4}, 200, 0.02), 0.02)),
            1.03 * ideal({1, 4}, 200, 0.02));
}

TEST(Tail, EveryNumberOfTasksUpToFortyIsNearIdealOnTwoKnownHosts) {
  for (std::size_t tasks = 1; tasks <= 40; ++tasks) {
    EXPECT_LE(makespan(with_history(hosts_of({1, 4}, tasks, 0.4), 0.4)),
              1.03 * ideal({1, 4}, tasks, 0.4))
        << tasks << " tasks";
  }
}

TEST(Tail, SevenTasksTakeTheIdealTimeWithoutHistoryToo) {
  EXPECT_LE(makespan(hosts_of({1, 4}, 7, 0.4)), 1.03 * ideal({1, 4}, 7, 0.4));
  EXPECT_LE(makespan(hosts_of({4, 1}, 7, 0.4)), 1.03 * ideal({1, 4}, 7, 0.4));
}

TEST(Tail, AFactorAloneIsEnoughWhenTheCommandIsNew) {
  World world = hosts_of({1, 4}, 2, 0.4);
  world.slots[0].factor = 1;
  world.slots[1].factor = 4;
  EXPECT_LE(makespan(world), 1.03 * ideal({1, 4}, 2, 0.4));
}

TEST(Tail, ThreeHostsOfRandomSpeedAreWithinTenPercentOfTheBestListInTheMean) {
  Random random(5);
  double sum = 0;
  constexpr int kWorlds = 300;
  for (int i = 0; i < kWorlds; ++i) {
    const std::vector<double> factors = {1, random.uniform(1, 8), random.uniform(1, 8)};
    const std::size_t tasks = 1 + random.below(60);
    sum += makespan(with_history(hosts_of(factors, tasks, 0.4), 0.4)) / ideal(factors, tasks, 0.4);
  }
  EXPECT_LE(sum / kWorlds, 1.1);
}

TEST(Tail, UnevenTasksOnThreeHostsAreNoWorseThanPlainPullInTheMean) {
  Random random(6);
  double with_rule = 0, without = 0;
  for (int i = 0; i < 200; ++i) {
    World world = with_history(hosts_of({1, 2, 4}, 10 + random.below(40), 0.4), 0.4);
    for (TaskPlan& task : world.tasks) task.seconds = 0.4 * -std::log(1 - random.uniform());
    with_rule += makespan(world);
    // While the input is open the rule does not apply: plain pull.
    world.script.emplace_back(1e5, InputEnded{});
    world.end_with_script = true;
    without += makespan(world);
  }
  EXPECT_LE(with_rule, 1.01 * without);
}

TEST(Tail, WhileTheInputIsOpenAReadySlowSlotIsUsed) {
  World world = with_history(hosts_of({1, 4}, 3, 0.4), 0.4);
  world.task_interval = 0.01;  // the third task comes when the first two are under way
  world.end_with_script = true;
  world.script.emplace_back(100.0, InputEnded{});
  Simulation simulation(world);
  simulation.run();
  EXPECT_TRUE(simulation.problems().empty());
  EXPECT_EQ(simulation.workers()[1].done, 1u);
}

TEST(Tail, ASlotOfEqualSpeedIsNeverLeftIdle) {
  const World world = with_history(hosts_of({1, 1.1}, 2, 0.4), 0.4);
  EXPECT_LE(makespan(world), 0.45);
}

TEST(Tail, AHungFastWorkerDoesNotKeepTheSlowOneIdleForEver) {
  World world = with_history(hosts_of({1, 4}, 3, 0.4), 0.4);
  world.tasks[0].hangs = true;
  world.options.failure.timeout = std::chrono::seconds(1000);
  Simulation simulation(world);
  simulation.run();
  EXPECT_TRUE(simulation.problems().empty());
  EXPECT_EQ(simulation.workers()[1].done, 2u);
  EXPECT_LT(simulation.workers()[1].last_answer, 10);
}

TEST(Tail, WorkersAreStartedFastestFirst) {
  const World world = with_history(hosts_of({3, 1, 4, 2}, 100, 0.4), 0.4);
  Simulation simulation(world);
  simulation.run();
  const std::vector<WorkerId> expected = {WorkerId{1}, WorkerId{3}, WorkerId{0}, WorkerId{2}};
  EXPECT_EQ(simulation.start_order(), expected);
}

TEST(Tail, EqualHostsGetTheirFirstSlotsBeforeAnyGetsItsSecond) {
  World world;
  world.hosts.resize(2);
  for (std::uint32_t i = 0; i < 4; ++i) {
    SlotPlan slot;
    slot.host = slot.key = i / 2;
    world.slots.push_back(slot);
  }
  world.tasks.assign(100, {.seconds = 0.4});
  Simulation simulation(world);
  simulation.run();
  const std::vector<WorkerId> expected = {WorkerId{0}, WorkerId{2}, WorkerId{1}, WorkerId{3}};
  EXPECT_EQ(simulation.start_order(), expected);
}

TEST(Tail, TheTimeToStartCountsAgainstAWorkerThatIsNotRunning) {
  // The second host is as fast, but needs ten tasks' time to start.
  World world = with_history(hosts_of({1, 1}, 6, 0.4), 0.4);
  world.slots[1].launch_seconds = 4;
  world.slots[1].launch_prior = 4;
  EXPECT_LE(makespan(world), 1.03 * 6 * 0.4);
}

}  // namespace
}  // namespace spread::simulation
