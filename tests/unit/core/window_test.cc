#include "spread/core/window.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

Batch from_idle(Duration elapsed, std::uint32_t count = 1) {
  Batch batch;
  batch.count = count;
  batch.since_sent = batch.since_answer = elapsed;
  batch.from_idle = true;
  return batch;
}
/// The task had been sent long before the last answer.
Batch queued(Duration gap, std::uint32_t count = 1) {
  Batch batch;
  batch.count = count;
  batch.since_sent = gap + seconds(1000);
  batch.since_answer = gap;
  return batch;
}

Window adaptive(Duration queued_work_max = kNoLimit) { return Window(0, queued_work_max); }

/// A worker with this round trip and service time, kept as full as the window allows.
void feed(Window& window, Duration round_trip, Duration service, int answers) {
  window.answered(from_idle(round_trip + service));
  window.answered(from_idle(round_trip + service));
  for (; answers > 0; --answers) window.answered(queued(service));
}

TEST(Window, IsOneBeforeTheFirstAnswer) { EXPECT_EQ(adaptive().size(true), 1u); }

TEST(Window, ProbesWithTwoWhileTheQueueIsLong) {
  Window window = adaptive();
  window.answered(from_idle(milliseconds(50)));
  EXPECT_EQ(window.size(true), 2u);
  EXPECT_EQ(window.size(false), 1u);
}

TEST(Window, DoesNotProbeWhenAnswersTakeLong) {
  Window window = adaptive();
  window.answered(from_idle(seconds(2)));
  EXPECT_EQ(window.size(true), 1u);
}

TEST(Window, CoversTheRoundTripAndTwoMillisecondsOfWork) {
  Window window = adaptive();
  feed(window, milliseconds(50), microseconds(100), 3000);
  EXPECT_NEAR(window.size(true), 1 + 500 + 20, 3);
}

TEST(Window, IsOneForLongLocalTasks) {
  Window window = adaptive();
  feed(window, microseconds(30), milliseconds(10), 50);
  EXPECT_EQ(window.size(true), 1u);
}

TEST(Window, IsTwoForLongTasksFarAway) {
  Window window = adaptive();
  feed(window, milliseconds(50), milliseconds(400), 50);
  EXPECT_EQ(window.size(true), 2u);
}

TEST(Window, GrowsByDoublingOnly) {
  Window window = adaptive();
  feed(window, milliseconds(50), microseconds(10), 1);
  std::uint32_t before = window.size(true);
  EXPECT_LE(before, 8u);
  for (int i = 0; i < 2000; ++i) {
    window.answered(queued(microseconds(10)));
    const std::uint32_t now = window.size(true);
    ASSERT_LE(now, 2 * before);
    before = now;
  }
  EXPECT_EQ(before, Window::kMax);
}

TEST(Window, NeverExceedsWhatTheWorkerAllows) {
  Window window = adaptive();
  window.limit(7);
  feed(window, milliseconds(50), microseconds(10), 3000);
  EXPECT_EQ(window.size(true), 7u);
}

TEST(Window, HoldsAtMostAQuarterOfTheTimeOutInTheQueueAndUnderWay) {
  Window window = adaptive(milliseconds(5));
  feed(window, milliseconds(50), milliseconds(1), 3000);
  EXPECT_LE(window.size(true), 1u + 2 + 5);
}

TEST(Window, IsOneAfterARefusalAndThenGrowsAgainFasterThanAtFirst) {
  Window window = adaptive();
  feed(window, milliseconds(50), microseconds(100), 3000);
  window.restart();
  EXPECT_EQ(window.size(true), 1u);
  window.answered(queued(microseconds(100)));
  EXPECT_EQ(window.size(true), 2u);
}

TEST(Window, OneSlowTaskDoesNotMakeItCollapse) {
  Window window = adaptive();
  feed(window, milliseconds(50), microseconds(100), 3000);
  const std::uint32_t before = window.size(true);
  window.answered(queued(seconds(2)));
  EXPECT_GE(window.size(true), before / 2);
}

TEST(Window, ShrinksWhenTasksBecomeLong) {
  Window window = adaptive();
  feed(window, microseconds(30), microseconds(10), 3000);
  EXPECT_GT(window.size(true), 100u);
  for (int i = 0; i < 20; ++i) window.answered(queued(milliseconds(50)));
  EXPECT_EQ(window.size(true), 1u);
}

TEST(Window, GrowsWhenTasksBecomeShortThoughNothingEverWaits) {
  Window window = adaptive();
  feed(window, microseconds(30), milliseconds(50), 20);
  EXPECT_EQ(window.size(true), 1u);
  for (int i = 0; i < 30; ++i) window.answered(from_idle(microseconds(130)));
  EXPECT_GE(window.size(true), 8u);
}

TEST(Window, TheStartOfAProcessIsForgottenAtTheNextAnswer) {
  Window window = adaptive();
  Batch first = from_idle(seconds(3));
  first.first_of_process = true;
  window.answered(first);
  window.answered(from_idle(microseconds(100)));
  EXPECT_LE(window.service_seconds(), 0.0001);
}

TEST(Window, ALaterProcessesStartChangesNothing) {
  Window window = adaptive();
  feed(window, microseconds(30), microseconds(100), 100);
  const double before = window.service_seconds();
  Batch first = from_idle(seconds(3));
  first.first_of_process = true;
  window.answered(first);
  EXPECT_EQ(window.service_seconds(), before);
}

TEST(Window, AnswersThatAlwaysComeTogetherStillTellTheServiceTime) {
  Window window = adaptive();
  Batch first = from_idle(milliseconds(51));
  first.first_of_process = true;
  window.answered(first);
  for (int i = 0; i < 12; ++i) {
    const std::uint32_t count = window.size(true);
    window.answered(from_idle(milliseconds(50) + count * microseconds(100), count));
  }
  EXPECT_GE(window.size(true), 400u);
  EXPECT_LE(window.size(true), 700u);
}

TEST(Window, FixedIsFixed) {
  Window window(5, kNoLimit);
  EXPECT_EQ(window.size(false), 5u);
  feed(window, milliseconds(50), microseconds(100), 100);
  EXPECT_EQ(window.size(true), 5u);
  window.limit(3);
  EXPECT_EQ(window.size(true), 3u);
}

TEST(Window, IsNeverBelowWhatAParallelWorkerWorksOnAtTheSameTime) {
  Window window = adaptive();
  EXPECT_EQ(window.size(true, 8), 8u);
  Window one(1, kNoLimit);
  EXPECT_EQ(one.size(true, 8), 8u);
}

TEST(Window, SurvivesTimesOfZero) {
  Window window = adaptive();
  for (int i = 0; i < 100; ++i) {
    window.answered(from_idle(Duration::zero()));
    window.answered(queued(Duration::zero(), 3));
  }
  EXPECT_LE(window.size(true), Window::kMax);
  EXPECT_GE(window.size(true), 1u);
}

}  // namespace
}  // namespace spread
