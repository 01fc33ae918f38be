#include "spread/core/alarms.h"

#include <gtest/gtest.h>

#include <vector>

namespace spread {
namespace {

TimePoint at(int seconds) { return TimePoint{} + std::chrono::seconds(seconds); }

std::vector<WorkerId> ring(Alarms& alarms, TimePoint now) {
  std::vector<WorkerId> woken;
  while (const auto worker = alarms.take_due(now)) woken.push_back(*worker);
  return woken;
}

TEST(Alarms, NothingIsDueWithoutAnAlarm) {
  Alarms alarms;
  EXPECT_EQ(alarms.next(), kForever);
  EXPECT_TRUE(ring(alarms, at(1)).empty());
}

TEST(Alarms, RingInTheOrderOfTheirTimes) {
  Alarms alarms;
  alarms.set(WorkerId{0}, at(3));
  alarms.set(WorkerId{1}, at(1));
  alarms.set(WorkerId{2}, at(2));
  EXPECT_EQ(alarms.next(), at(1));
  EXPECT_EQ(ring(alarms, at(2)), (std::vector<WorkerId>{WorkerId{1}, WorkerId{2}}));
  EXPECT_EQ(alarms.next(), at(3));
}

TEST(Alarms, AnEarlierTimeReplacesALaterOne) {
  Alarms alarms;
  alarms.set(WorkerId{0}, at(9));
  alarms.set(WorkerId{0}, at(2));
  EXPECT_EQ(ring(alarms, at(5)).size(), 1u);
  EXPECT_TRUE(ring(alarms, at(9)).empty());
}

TEST(Alarms, ALaterTimeIsIgnored) {
  Alarms alarms;
  alarms.set(WorkerId{0}, at(2));
  alarms.set(WorkerId{0}, at(9));
  EXPECT_EQ(alarms.next(), at(2));
}

TEST(Alarms, ForEverSetsNone) {
  Alarms alarms;
  alarms.set(WorkerId{0}, kForever);
  EXPECT_EQ(alarms.next(), kForever);
}

TEST(Alarms, AStaleAlarmWakesNobody) {
  Alarms alarms;
  alarms.set(WorkerId{0}, at(5));
  alarms.set(WorkerId{0}, at(1));
  EXPECT_EQ(ring(alarms, at(1)).size(), 1u);
  EXPECT_EQ(alarms.next(), kForever);
}

TEST(Alarms, CanBeSetAgainAfterItRang) {
  Alarms alarms;
  alarms.set(WorkerId{0}, at(1));
  ring(alarms, at(1));
  alarms.set(WorkerId{0}, at(1));
  EXPECT_EQ(ring(alarms, at(1)).size(), 1u);
}

// 100 refusals a second under --timeout 1d.
TEST(Alarms, StaleOnesDoNotAddUp) {
  Alarms alarms;
  constexpr std::uint32_t kWorkers = 10;
  for (int second = 1; second < 100'000; ++second) {
    const WorkerId worker{static_cast<std::uint32_t>(second) % kWorkers};
    alarms.set(worker, at(1'000'000 + second / 2));
    alarms.set(worker, at(second));
    ASSERT_EQ(ring(alarms, at(second)), std::vector<WorkerId>{worker});
    ASSERT_LE(alarms.size(), 2 * kWorkers + Alarms::kStaleMax);
  }
}

TEST(Alarms, NoneIsLostWithTheStaleOnes) {
  Alarms alarms;
  for (std::uint32_t worker = 1; worker < 10; ++worker) {
    alarms.set(WorkerId{worker}, at(static_cast<int>(500 - worker)));
  }
  for (int time = 10'000; time > 1000; --time) alarms.set(WorkerId{0}, at(time));
  EXPECT_EQ(alarms.next(), at(491));
  EXPECT_EQ(ring(alarms, at(1000)).size(), 9u);
  EXPECT_EQ(alarms.next(), at(1001));
}

}  // namespace
}  // namespace spread
