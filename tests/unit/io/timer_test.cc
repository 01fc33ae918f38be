#include "spread/io/event_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace spread {
namespace {

using std::chrono::milliseconds;

EventLoop make_loop() {
  auto loop = EventLoop::create();
  EXPECT_TRUE(loop);
  return std::move(*loop);
}

TEST(Timer, RingsOnceAndNotBeforeItsTime) {
  EventLoop loop = make_loop();
  int rings = 0;
  Timer timer(loop, [&] { ++rings; });
  const TimePoint at = loop.now() + milliseconds(2);
  timer.set(at);
  while (rings == 0) loop.wait(kForever);
  EXPECT_GE(loop.now(), at);
  EXPECT_EQ(timer.at(), kForever);
  loop.wait(loop.now());
  EXPECT_EQ(rings, 1);
}

TEST(Timer, OneThatIsGoneOrUnsetDoesNotRing) {
  EventLoop loop = make_loop();
  int rings = 0;
  Timer unset(loop, [&] { ++rings; });
  unset.set(loop.now());
  unset.set(kForever);
  {
    Timer gone(loop, [&] { ++rings; });
    gone.set(loop.now());
  }
  loop.wait(loop.now());
  EXPECT_EQ(rings, 0);
}

TEST(Timer, MaySetItselfAndOthersWhenItRings) {
  EventLoop loop = make_loop();
  std::vector<int> rings;
  std::unique_ptr<Timer> other;
  Timer again(loop, [&] {
    rings.push_back(1);
    other.reset();
    again.set(loop.now());  // for the next wait: not in this one, for ever
  });
  other = std::make_unique<Timer>(loop, [&] { rings.push_back(2); });
  again.set(loop.now());
  other->set(loop.now() + Duration(1));
  loop.wait(loop.now());
  EXPECT_EQ(rings, std::vector<int>{1});
  loop.wait(kForever);
  EXPECT_EQ(rings, (std::vector<int>{1, 1}));
  again.set(kForever);
}

// All of them are due when they ring, so that the order is seen and no time passes.
TEST(Timer, ManyRingInTheOrderOfTheirTimes) {
  EventLoop loop = make_loop();
  std::mt19937 random(20261129);
  std::vector<TimePoint> rung;
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<TimePoint> expected;
  const TimePoint past = loop.now() - milliseconds(100);
  for (std::size_t i = 0; i < 500; ++i) {
    timers.push_back(nullptr);
    auto at = std::make_shared<TimePoint>();
    timers[i] = std::make_unique<Timer>(loop, [&rung, at] { rung.push_back(*at); });
    for (int changes = 0; changes < 3; ++changes) {
      *at = past + Duration(random() % 1000);
      timers[i]->set(*at);
    }
    if (random() % 4 == 0) {
      timers[i].reset();
    } else {
      expected.push_back(*at);
    }
  }
  std::sort(expected.begin(), expected.end());
  loop.wait(loop.now());
  EXPECT_EQ(rung, expected);
}

}  // namespace
}  // namespace spread
