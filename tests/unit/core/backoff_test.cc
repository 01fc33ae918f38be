#include "spread/core/backoff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

namespace spread {
namespace {

TEST(RestartPause, DoublesFromATenthOfASecondToThirtySeconds) {
  EXPECT_EQ(restart_pause(0), Duration::zero());
  EXPECT_EQ(restart_pause(1), std::chrono::milliseconds(100));
  EXPECT_EQ(restart_pause(2), std::chrono::milliseconds(200));
  EXPECT_EQ(restart_pause(9), std::chrono::milliseconds(25600));
  EXPECT_EQ(restart_pause(10), std::chrono::seconds(30));
  EXPECT_EQ(restart_pause(UINT32_MAX), std::chrono::seconds(30));
}

TEST(Usefulness, FallsAsInSpreadJobs) {
  Usefulness usefulness;
  for (const double expected : {0.851485, 0.725248, 0.617946, 0.526739}) {
    usefulness.refused();
    EXPECT_NEAR(usefulness.value(), expected, 2e-6);
  }
}

TEST(Usefulness, NeverReachesZero) {
  Usefulness usefulness;
  for (int i = 0; i < 1000; ++i) usefulness.refused();
  EXPECT_NEAR(usefulness.value(), 0.00990099, 1e-8);
}

TEST(Usefulness, AnswersLeadItBackToOne) {
  Usefulness usefulness;
  usefulness.refused();
  usefulness.answered(200);
  EXPECT_NEAR(usefulness.value(), 1, 1e-9);
}

TEST(Usefulness, ManyAnswersAtOnceAreAsManyOneByOne) {
  Usefulness at_once, one_by_one;
  at_once.refused();
  one_by_one.refused();
  at_once.answered(7);
  for (int i = 0; i < 7; ++i) one_by_one.answered();
  EXPECT_DOUBLE_EQ(at_once.value(), one_by_one.value());
}

BusyState busy(double asked) {
  BusyState state;
  state.asked_seconds = asked;
  state.queued = 100;
  return state;
}

/// spread_jobs' formula with the jitter as an argument, written out from its description.
double reference(const BusyState& state, double jitter) {
  const double asked = std::min(1000.0, std::max(0.01, state.asked_seconds));
  const double delay =
      asked * jitter *
      std::min(std::exp(1 - state.usefulness),
               std::max(0.1, (static_cast<double>(state.queued) + 1) / state.total_usefulness));
  return std::sqrt(10 * to_seconds(state.refusal) * delay) + delay;
}

TEST(BusyRest, LiesBetweenSpreadJobsFormulaWithLeastAndMostJitter) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    BusyState state = busy(random.uniform(0.02, 100));
    state.refusal = from_seconds(random.uniform(0, 2));
    state.usefulness = random.uniform(0.01, 1);
    state.total_usefulness = random.uniform(0.1, 50);
    state.queued = random.below(100);
    const double rest = to_seconds(busy_rest(state, random));
    EXPECT_GE(rest, 0.999999 * std::max(0.01, reference(state, 0.8)));
    EXPECT_LE(rest, 1.000001 * std::min(1000.0, std::max(0.01, reference(state, 1.4))));
  }
}

/// What a Random of this seed draws first, in [0.8, 1.4).
double jitter_of(std::uint64_t seed) { return Random(seed).uniform(0.8, 1.4); }

double rest_of(const BusyState& state, std::uint64_t seed) {
  Random random(seed);
  return to_seconds(busy_rest(state, random));
}

TEST(BusyRest, IsSpreadJobsFormula) {
  BusyState state = busy(2);
  state.queued = 4;
  state.total_usefulness = 2.5;
  state.usefulness = 0.851485;
  state.refusal = std::chrono::milliseconds(400);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    // e^(1-u) = 1.16011 is below 5/2.5; sqrt(10 dt delay) + delay.
    const double delay = 2 * jitter_of(seed) * 1.1601101992969047;
    EXPECT_NEAR(rest_of(state, seed), std::sqrt(4 * delay) + delay, 1e-6);
  }
}

TEST(BusyRest, CountsTheTasksThatWaitAndOneMoreForEachUsefulWorker) {
  BusyState state = busy(10);
  state.total_usefulness = 8;
  for (const auto& [queued, factor] : {std::pair{0u, 0.125}, {1u, 0.25}, {5u, 0.75}, {7u, 1.0}}) {
    state.queued = queued;
    EXPECT_NEAR(rest_of(state, 3), 10 * jitter_of(3) * factor, 1e-6);
  }
  state.total_usefulness = 100;
  state.queued = 0;
  EXPECT_NEAR(rest_of(state, 3), 10 * jitter_of(3) * 0.1, 1e-6) << "a tenth at least";
}

TEST(BusyRest, WhatIsAskedForIsClampedToAHundredthOfASecondAndAThousand) {
  for (const auto& [asked, clamped] :
       {std::pair{-1.0, 0.01}, {0.0, 0.01}, {0.01, 0.01}, {0.5, 0.5}}) {
    EXPECT_NEAR(rest_of(busy(asked), 5), std::max(0.01, clamped * jitter_of(5)), 1e-6) << asked;
  }
  BusyState last = busy(5000);
  last.queued = 0;
  last.total_usefulness = 4;
  EXPECT_NEAR(rest_of(last, 5), 1000 * jitter_of(5) / 4, 1e-6);
}

TEST(BusyRest, IsJittered) {
  Random random(1);
  EXPECT_NE(busy_rest(busy(1), random), busy_rest(busy(1), random));
}

TEST(BusyRest, IsShorterAsTheQueueEmpties) {
  BusyState state = busy(10);
  state.total_usefulness = 20;
  Random one(1), other(1);
  const Duration full = busy_rest(state, one);
  state.queued = 3;
  EXPECT_LT(busy_rest(state, other), full / 3);
}

TEST(BusyRest, IsLongerForAWorkerThatRefusesOften) {
  BusyState state = busy(10);
  Random one(1), other(1);
  const Duration useful = busy_rest(state, one);
  state.usefulness = 0.1;
  EXPECT_GT(busy_rest(state, other), useful * 2);
}

TEST(BusyRest, IsClampedWhateverTheWorkerAsks) {
  Random random(1);
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_LE(busy_rest(busy(infinity), random), std::chrono::seconds(1000));
  EXPECT_LE(busy_rest(busy(1e300), random), std::chrono::seconds(1000));
  for (const double little : {0.0, -5.0, -infinity, nan}) {
    const Duration rest = busy_rest(busy(little), random);
    EXPECT_GE(rest, std::chrono::milliseconds(10));
    EXPECT_LE(rest, std::chrono::milliseconds(40));
  }
}

TEST(BusyRest, AnEmptyPoolDoesNotDivideByZero) {
  Random random(1);
  BusyState state = busy(1);
  state.total_usefulness = 0;
  EXPECT_LT(busy_rest(state, random), std::chrono::seconds(10));
}

TEST(ShouldRetire, OnlyWhenThereAreManyMoreUsefulWorkersThanTasks) {
  BusyState state;
  state.usefulness = 0.1;
  state.total_usefulness = 9;
  state.queued = 3;
  EXPECT_FALSE(should_retire(state, 10));
  state.queued = 1;
  EXPECT_TRUE(should_retire(state, 10));
}

TEST(ShouldRetire, IsSpreadJobsRule) {
  // nw > 3 + 2 (nq + 1), and nlive u < nw; both strictly.
  BusyState state;
  state.queued = 1;
  state.usefulness = 0.5;
  state.total_usefulness = 7;
  EXPECT_FALSE(should_retire(state, 8));
  state.total_usefulness = 7.001;
  EXPECT_TRUE(should_retire(state, 8));
  state.usefulness = 0.875125;
  EXPECT_FALSE(should_retire(state, 8)) << "8 u is 7.001";
  state.usefulness = 0.875;
  EXPECT_TRUE(should_retire(state, 8));
  state.queued = 2;
  EXPECT_FALSE(should_retire(state, 8));
}

TEST(ShouldRetire, NeverOneThatIsMoreUsefulThanMost) {
  BusyState state;
  state.usefulness = 0.95;
  state.total_usefulness = 9;
  state.queued = 1;
  EXPECT_FALSE(should_retire(state, 10));
}

}  // namespace
}  // namespace spread
