#include "spread/core/performance.h"

#include <gtest/gtest.h>

#include "spread/core/slot_pool.h"

namespace spread {
namespace {

TimePoint at(double seconds) { return TimePoint{} + from_seconds(seconds); }

/// A slot whose worker has had a task since then.
const Slot& working(SlotPool& pool, TimePoint since) {
  Slot& slot = pool.add(SlotAdded{});
  pool.set_state(slot, SlotState::Live);
  pool.send(slot, {0, since, since}, 1, false);
  return slot;
}

KeyRecord measured(Performance& performance, double seconds) {
  KeyRecord key;
  for (int i = 0; i < 20; ++i) performance.answered(key, seconds, 1, false);
  return key;
}

TEST(Performance, OwnAnswersComeFirst) {
  Performance performance;
  KeyRecord key;
  key.prior_seconds = 7;
  performance.answered(key, 2, 1, false);
  EXPECT_DOUBLE_EQ(performance.expected_seconds(key), 2);
}

TEST(Performance, ThenThePast) {
  KeyRecord key;
  key.prior_seconds = 7;
  EXPECT_DOUBLE_EQ(Performance().expected_seconds(key), 7);
}

TEST(Performance, ThenTheHostsFactorTimesWhatOthersShow) {
  Performance performance;
  KeyRecord unknown;
  unknown.prior_factor = 3;
  performance.compare({measured(performance, 2), unknown});
  EXPECT_DOUBLE_EQ(performance.expected_seconds(unknown), 6);
}

TEST(Performance, ThenTheMeanOfWhatIsKnown) {
  Performance performance;
  KeyRecord prior;
  prior.prior_seconds = 4;
  performance.compare({measured(performance, 2), prior});
  EXPECT_DOUBLE_EQ(performance.expected_seconds(KeyRecord{}), 3);
}

TEST(Performance, FactorsCanBeComparedBeforeAnythingIsKnown) {
  Performance performance;
  KeyRecord fast, slow;
  fast.prior_factor = 1;
  slow.prior_factor = 4;
  performance.compare({fast, slow});
  EXPECT_DOUBLE_EQ(performance.expected_seconds(slow) / performance.expected_seconds(fast), 4);
}

TEST(Performance, TheAgeOfATaskBoundsTheSpeedOfAnUnknownWorker) {
  Performance performance;
  performance.compare({measured(performance, 1)});
  SlotPool pool;
  const Slot& slot = working(pool, at(0));
  EXPECT_DOUBLE_EQ(performance.expected_seconds(slot, KeyRecord{}, at(0.5)), 1);
  EXPECT_DOUBLE_EQ(performance.expected_seconds(slot, KeyRecord{}, at(3)), 3);
}

TEST(Performance, TheAgeOfATaskSaysNothingOfAKnownWorker) {
  Performance performance;
  const KeyRecord key = measured(performance, 1);
  SlotPool pool;
  const Slot& slot = working(pool, at(0));
  EXPECT_DOUBLE_EQ(performance.expected_seconds(slot, key, at(3)), 1);
}

TEST(Performance, TheFirstAnswerOfAProcessIsReplacedByTheNext) {
  Performance performance;
  KeyRecord key;
  performance.answered(key, 5, 1, true);
  EXPECT_DOUBLE_EQ(performance.expected_seconds(key), 5);
  performance.answered(key, 1, 1, false);
  EXPECT_DOUBLE_EQ(performance.expected_seconds(key), 1);
  EXPECT_EQ(key.answers, 1u);
  EXPECT_EQ(key.first_answers, 1u);
}

TEST(Performance, TheStartThatOthersShowIsTakenOffAFirstAnswer) {
  Performance performance;
  KeyRecord known;
  performance.answered(known, 3.5, 1, true);
  for (int i = 0; i < 10; ++i) performance.answered(known, 0.5, 1, false);
  KeyRecord unknown;
  performance.answered(unknown, 4, 1, true);
  performance.compare({known, unknown});
  EXPECT_NEAR(performance.expected_seconds(unknown), 1, 1e-9);
}

TEST(Performance, FollowsAHostThatBecomesSlower) {
  Performance performance;
  KeyRecord key = measured(performance, 1);
  for (int i = 0; i < 40; ++i) performance.answered(key, 3, 1, false);
  EXPECT_GT(performance.expected_seconds(key), 2.9);
}

TEST(Performance, EqualTasksAreNotUneven) {
  Performance performance;
  measured(performance, 1);
  EXPECT_EQ(performance.unevenness(), 0);
}

TEST(Performance, UnevennessIsTheMeanDeviationWhateverTheHost) {
  Performance performance;
  for (const double host : {1.0, 4.0}) {
    KeyRecord key;
    for (int i = 0; i < 400; ++i) performance.answered(key, host * (i % 2 ? 0.7 : 1.3), 1, false);
  }
  EXPECT_NEAR(performance.unevenness(), 0.3, 0.06);
}

}  // namespace
}  // namespace spread
