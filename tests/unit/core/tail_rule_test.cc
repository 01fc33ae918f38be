#include "spread/core/placement.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

Capacity worker(std::uint32_t id, double free_at, double seconds) {
  return {WorkerId{id}, free_at, seconds};
}
Tail others(std::initializer_list<Capacity> capacities) {
  Tail tail;
  for (const Capacity& each : capacities) tail.add(each);
  return tail;
}

TEST(TailRule, ASlowWorkerIsLeftIdleIfTheFastOneWouldHaveDoneEverythingMeanwhile) {
  const Tail tail = others({worker(0, 1, 1)});
  EXPECT_TRUE(tail.better_left_idle(worker(1, 0, 4), 3, 0));
  EXPECT_FALSE(tail.better_left_idle(worker(1, 0, 4), 4, 0));
}

TEST(TailRule, ATieIsForLeavingIt) {
  EXPECT_TRUE(others({worker(0, 1.6, 0.4)}).better_left_idle(worker(1, 0, 4), 6, 0));
}

TEST(TailRule, AWorkerIsNotComparedWithItself) {
  EXPECT_FALSE(others({worker(1, 0, 0.1)}).better_left_idle(worker(1, 0, 4), 1, 0));
}

TEST(TailRule, OneThatIsAboutAsFastIsNoReason) {
  EXPECT_FALSE(others({worker(0, 0, 0.9)}).better_left_idle(worker(1, 0, 1), 1, 0));
}

TEST(TailRule, SeveralFastWorkersShareTheQueue) {
  const Tail tail = others({worker(0, 0, 1), worker(1, 0, 2)});
  EXPECT_TRUE(tail.better_left_idle(worker(2, 0, 4), 6, 0));
  EXPECT_FALSE(tail.better_left_idle(worker(2, 0, 4), 7, 0));
}

TEST(TailRule, UnevenTasksNeedASpareOfTheirSpread) {
  const Tail tail = others({worker(0, 0, 1)});
  EXPECT_TRUE(tail.better_left_idle(worker(1, 0, 4), 3, 0.25));
  EXPECT_FALSE(tail.better_left_idle(worker(1, 0, 4), 4, 0.25));
  EXPECT_FALSE(tail.better_left_idle(worker(1, 0, 4), 1, 1));
}

TEST(TailRule, AWorkerThatIsNotReadyYetIsJudgedByWhenItWouldBeDone) {
  EXPECT_TRUE(others({worker(0, 0, 1)}).better_left_idle(worker(1, 9, 1), 10, 0));
}

TEST(TailRule, WhatIsGivenToAWorkerMakesItBusyForLonger) {
  Tail tail = others({worker(0, 1, 1)});
  tail.took(WorkerId{0});
  EXPECT_FALSE(tail.better_left_idle(worker(1, 0, 4), 3, 0));
}

}  // namespace
}  // namespace spread
