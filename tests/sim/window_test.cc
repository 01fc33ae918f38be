// The adaptive window against simulated workers: docs/scheduling.md, "The window".
#include <gtest/gtest.h>

#include <string>

#include "../support/simulation.h"

namespace spread::simulation {
namespace {

World one_worker(double round_trip, std::size_t tasks, double seconds) {
  World world;
  world.hosts.resize(1);
  world.hosts[0].round_trip = round_trip;
  world.slots.resize(1);
  world.check_every = 1000;
  world.tasks.assign(tasks, {.seconds = seconds});
  return world;
}

/// The part of the time between two points of the run in which the worker had a task under way.
double utilisation_after(World world, double warm_up_seconds) {
  const auto busy_until = [](World& played) {
    Simulation simulation(played);
    simulation.run();
    for (const std::string& problem : simulation.problems()) ADD_FAILURE() << problem;
    return simulation.last_delivery();
  };
  // Twice as long a run of the same world, less the first half: no warm-up is in the difference.
  World twice = world;
  twice.tasks.insert(twice.tasks.end(), world.tasks.begin(), world.tasks.end());
  double work = 0;
  for (const TaskPlan& task : world.tasks) work += task.seconds;
  EXPECT_GT(work, warm_up_seconds);
  const double first = busy_until(world);
  return work / (busy_until(twice) - first);
}

TEST(WindowInARun, FiftyMillisecondsOfRoundTripCostNothingForTinyTasks) {
  EXPECT_GE(utilisation_after(one_worker(0.05, 50000, 0.0001), 3), 0.95);
}

TEST(WindowInARun, TheRoundTripIsHiddenWhenAnswersComeInBatchesToo) {
  World world = one_worker(0.05, 50000, 0.0001);
  world.lateness = 0.002;
  EXPECT_GE(utilisation_after(world, 3), 0.95);
}

TEST(WindowInARun, TheWarmUpTakesNoMoreThanAboutTwelveRoundTrips) {
  Simulation simulation(one_worker(0.05, 20000, 0.0001));
  simulation.run();
  EXPECT_LT(simulation.last_delivery(), 2.0 + 12 * 0.05);
}

TEST(WindowInARun, TheRoundTripIsHiddenForTasksOfItsOwnLength) {
  EXPECT_GE(utilisation_after(one_worker(0.05, 1000, 0.05), 3), 0.95);
}

TEST(WindowInARun, TheRoundTripIsHiddenForUnevenTasksToo) {
  World world = one_worker(0.05, 2000, 0);
  Random random(4);
  for (TaskPlan& task : world.tasks) task.seconds = random.uniform(0.01, 0.2);
  EXPECT_GE(utilisation_after(world, 3), 0.95);
}

TEST(WindowInARun, TheRoundTripIsHiddenWhenAnswersAreHeldBack) {
  World world = one_worker(0.05, 50000, 0.0001);
  world.slots[0].worker.holds_answers = 0.02;
  EXPECT_GE(utilisation_after(world, 3), 0.95);
}

TEST(WindowInARun, LocalTasksOfTenMillisecondsHaveAtMostTwoInFlight) {
  Simulation simulation(one_worker(0.00003, 500, 0.01));
  simulation.run();
  EXPECT_LE(simulation.referee().workers()[0].most_in_flight, 2u);
}

TEST(WindowInARun, UnevenLocalTasksHaveAtMostTwoInFlight) {
  World world = one_worker(0.00003, 2000, 0);
  Random random(4);
  for (TaskPlan& task : world.tasks) task.seconds = random.uniform(0.003, 0.2);
  Simulation simulation(world);
  simulation.run();
  EXPECT_LE(simulation.referee().workers()[0].most_in_flight, 2u);
}

TEST(WindowInARun, HourLongTasksHaveOneInFlight) {
  World world = one_worker(0.05, 20, 3600);
  Simulation simulation(world);
  simulation.run();
  EXPECT_EQ(simulation.referee().workers()[0].most_in_flight, 1u);
}

TEST(WindowInARun, HourLongTasksOfAParallelWorkerWaitForNoOther) {
  World world = one_worker(0.05, 100, 3600);
  world.slots[0].worker.hello = true;
  world.slots[0].worker.parallel = 4;
  Simulation simulation(world);
  simulation.run();
  EXPECT_EQ(simulation.referee().workers()[0].most_in_flight, 4u);
}

TEST(WindowInARun, TinyLocalTasksFillTheWindow) {
  Simulation simulation(one_worker(0.00003, 20000, 0.000001));
  simulation.run();
  EXPECT_EQ(simulation.referee().workers()[0].most_in_flight, Window::kMax);
}

TEST(WindowInARun, OneSlowTaskAmongTinyOnesDoesNotBreakTheWindow) {
  World world = one_worker(0.05, 50000, 0.0001);
  world.tasks[20000].seconds = 2;
  Simulation simulation(world);
  simulation.run();
  Simulation without(one_worker(0.05, 50000, 0.0001));
  without.run();
  // The slow task itself, and at most a few round trips until the window is back.
  EXPECT_LT(simulation.last_delivery(), without.last_delivery() + 2 + 6 * 0.05);
}

TEST(WindowInARun, AWorkerWhoseTasksBecomeLongIsNotGivenMany) {
  World world = one_worker(0.00003, 4000, 0.00001);
  for (std::size_t i = 3000; i < 4000; ++i) world.tasks[i].seconds = 0.05;
  World two = world;
  two.slots.push_back(two.slots[0]);
  two.slots[1].key = 1;
  Simulation simulation(two);
  simulation.run();
  // Both have their half of the long ones, but for what was in the pipe when they began.
  EXPECT_LT(simulation.last_delivery(), 1000 * 0.05 / 2 * 1.1);
}

TEST(WindowInARun, TheBytesInFlightAreLimited) {
  World world = one_worker(0.00003, 2000, 0.000001);
  for (TaskPlan& task : world.tasks) task.bytes = 4096;
  Simulation simulation(world);
  simulation.run();
  EXPECT_LE(simulation.referee().workers()[0].most_in_flight, 65536u / 4096 + 1);
}

TEST(WindowInARun, ATimeOutLimitsWhatWaitsInThePipe) {
  World world = one_worker(0.05, 20000, 0.0001);
  world.options.failure.timeout = std::chrono::milliseconds(20);
  world.hosts[0].round_trip = 0.01;
  Simulation simulation(world);
  simulation.run();
  // A quarter of the time-out, twice: once for the round trip, once for the queue.
  EXPECT_LE(simulation.referee().workers()[0].most_in_flight, 2 * 0.005 / 0.0001 + 1);
}

TEST(WindowInARun, AFixedWindowIsKept) {
  for (const std::uint32_t window : {1u, 2u, 17u}) {
    World world = one_worker(0.05, 500, 0.0001);
    world.options.window = window;
    Simulation simulation(world);
    simulation.run();
    EXPECT_EQ(simulation.referee().workers()[0].most_in_flight, window);
  }
}

}  // namespace
}  // namespace spread::simulation
