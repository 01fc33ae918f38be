// Thousands of runs in virtual time, each drawn from its seed, each held against the Referee's
// rules after every event. SPREAD_SIM_RUNS says how many (1000), SPREAD_SEED replays one.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "../support/random_world.h"
#include "../support/simulation.h"

namespace spread::simulation {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

volatile std::uint64_t current_seed = 0;

/// An assertion inside the Scheduler ends the program: the seed must be known all the same.
extern "C" void print_seed(int) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "SPREAD_SEED=%llu replays it\n",
                                 static_cast<unsigned long long>(current_seed));
  std::fwrite(text, 1, static_cast<std::size_t>(size), stderr);
}

void check(const World& world) {
  Simulation simulation(world);
  simulation.run();
  for (const std::string& problem : simulation.problems()) {
    ADD_FAILURE() << "seed " << world.seed << ": " << problem;
  }
  if (!expectation_of(world).everything_computed) return;
  const auto& tasks = simulation.referee().tasks();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const TaskPlan& plan = world.tasks[i % world.tasks.size()];
    if (plan.malformed) continue;
    const Outcome due = plan.unsendable ? Outcome::Failed
                        : plan.poison   ? Outcome::Lost
                                        : Outcome::Ok;
    EXPECT_EQ(static_cast<int>(tasks[i].outcome), static_cast<int>(due))
        << "seed " << world.seed << ": task " << i << " " << tasks[i].message;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Simulation, EveryRandomRunKeepsThePromises) {
  std::signal(SIGABRT, print_seed);
  if (std::getenv("SPREAD_SEED") != nullptr) {
    current_seed = number_from_environment("SPREAD_SEED", 0);
    check(random_world(current_seed));
    return;
  }
  const std::uint64_t runs = number_from_environment("SPREAD_SIM_RUNS", 1000);
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    current_seed = seed;
    check(random_world(seed));
    if (HasFailure()) FAIL() << "SPREAD_SEED=" << seed << " replays it";
  }
}

}  // namespace
}  // namespace spread::simulation
