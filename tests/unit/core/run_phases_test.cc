// What a run waits for, and that it never waits for ever.
#include "spread/core/run_phases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kGrace = seconds(5);
TimePoint at_ms(int ms) { return TimePoint{} + milliseconds(ms); }

RunPhases::Turn turn(bool finished, bool drained, bool said, int signals = 0, bool logged = true) {
  RunPhases::Turn turn;
  turn.finished = finished;
  turn.drained = drained;
  turn.stalled = !drained;
  turn.said = said;
  turn.logged = logged;
  turn.signals = signals;
  return turn;
}

/// Moves on as far as it goes.
RunPhase settle(RunPhases& phases, const RunPhases::Turn& turn, TimePoint now) {
  while (phases.advance(turn, now)) {
  }
  return phases.phase();
}

TEST(RunPhases, EachEndsByWhatItWaitsFor) {
  RunPhases phases(kGrace);
  EXPECT_EQ(settle(phases, turn(false, true, true), at_ms(0)), RunPhase::Working);
  EXPECT_EQ(settle(phases, turn(true, false, true), at_ms(1)), RunPhase::Draining);
  EXPECT_EQ(settle(phases, turn(true, true, false), at_ms(2)), RunPhase::LastWords);
  EXPECT_EQ(settle(phases, turn(true, true, true), at_ms(3)), RunPhase::Over);
}

TEST(RunPhases, NothingThatIsNotReadHasADeadline) {
  RunPhases phases(kGrace);
  settle(phases, turn(true, false, false), at_ms(0));
  EXPECT_EQ(phases.next_deadline(), kForever);
  EXPECT_EQ(settle(phases, turn(true, false, false), at_ms(1000000000)), RunPhase::Draining);
  settle(phases, turn(true, true, false), at_ms(1000000000));
  EXPECT_EQ(settle(phases, turn(true, true, false), at_ms(2000000000)), RunPhase::LastWords);
  EXPECT_EQ(phases.next_deadline(), kForever);
}

TEST(RunPhases, WhatFollowsTheRunIsWaitedForTwoSeconds) {
  RunPhases phases(kGrace);
  EXPECT_EQ(settle(phases, turn(true, true, true, 0, false), at_ms(0)), RunPhase::LastWords);
  EXPECT_EQ(phases.next_deadline(), at_ms(2000));
  EXPECT_EQ(settle(phases, turn(true, true, true, 0, false), at_ms(1999)), RunPhase::LastWords);
  EXPECT_EQ(settle(phases, turn(true, true, true, 0, false), at_ms(2000)), RunPhase::Over);
}

TEST(RunPhases, ASignalEndsTheWaitForAReader) {
  RunPhases phases(kGrace);
  settle(phases, turn(true, false, false), at_ms(0));
  EXPECT_EQ(settle(phases, turn(true, false, false, 1), at_ms(1)), RunPhase::LastWords);
  EXPECT_EQ(phases.next_deadline(), at_ms(1) + RunPhases::kLastWords);
  EXPECT_EQ(settle(phases, turn(true, false, false, 1), at_ms(2)), RunPhase::LastWords);
  EXPECT_EQ(settle(phases, turn(true, false, false, 2), at_ms(3)), RunPhase::Over);
}

TEST(RunPhases, ASignalBeforeItDoesNotEndIt) {
  RunPhases phases(kGrace);
  EXPECT_EQ(settle(phases, turn(true, false, true, 1), at_ms(0)), RunPhase::Draining);
  EXPECT_EQ(settle(phases, turn(true, false, true, 1), at_ms(9999)), RunPhase::Draining);
  EXPECT_EQ(settle(phases, turn(true, true, true, 1), at_ms(10000)), RunPhase::Over);
}

TEST(RunPhases, TheThirdSignalEndsWhatCannotBeEnded) {
  RunPhases phases(kGrace);
  EXPECT_EQ(settle(phases, turn(false, false, false, 3), at_ms(0)), RunPhase::Working);
  EXPECT_EQ(phases.next_deadline(), TimePoint{} + kGrace);
  EXPECT_EQ(settle(phases, turn(false, false, false, 3), at_ms(4999)), RunPhase::Working);
  EXPECT_EQ(settle(phases, turn(false, false, false, 4), at_ms(5000)), RunPhase::Over);
}

TEST(RunPhases, WithNoGraceWhatIsKilledMayStillEnd) {
  RunPhases phases(Duration::zero());
  EXPECT_EQ(settle(phases, turn(false, true, true, 3), at_ms(0)), RunPhase::Working);
  EXPECT_EQ(phases.next_deadline(), TimePoint{} + RunPhases::kGraceMin);
}

/// A run whose parts end when they like, some of them never, and a user who types Ctrl-C.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    finished_ = moment(), drained_ = moment(), said_ = moment(), logged_ = moment();
    for (int n = pick(6); n > 0; --n) signals_.push_back(at_ms(pick(20000)));
    std::sort(signals_.begin(), signals_.end());
  }

  void run() {
    RunPhases phases(kGrace);
    TimePoint now{};
    while (phases.phase() != RunPhase::Over) {
      while (phases.advance(look(now), now)) {
      }
      if (phases.phase() == RunPhase::Over) break;
      const TimePoint next = next_event(now, phases.next_deadline());
      // Nothing will ever happen: it may wait only for a reader, or for tasks.
      if (next == kForever) return expect_may_wait(phases.phase());
      ASSERT_GT(next, now);
      now = next;
    }
    if (signals_.size() >= 3) {
      EXPECT_LE(now, signals_[2] + kGrace);
    }
    if (signals_.empty()) {
      const TimePoint last_words = std::max(finished_, drained_);
      const TimePoint logged = std::min(logged_, last_words + RunPhases::kLastWords);
      EXPECT_EQ(now, std::max({last_words, said_, logged}));
    }
  }

 private:
  int pick(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  TimePoint moment() { return pick(5) == 0 ? kForever : at_ms(pick(20000)); }
  int signals(TimePoint now) const {
    return static_cast<int>(std::upper_bound(signals_.begin(), signals_.end(), now) -
                            signals_.begin());
  }
  RunPhases::Turn look(TimePoint now) const {
    return turn(now >= finished_, now >= drained_, now >= said_, signals(now), now >= logged_);
  }
  TimePoint next_event(TimePoint now, TimePoint deadline) const {
    TimePoint next = deadline;
    for (const TimePoint each : {finished_, drained_, said_, logged_}) {
      if (each > now) next = std::min(next, each);
    }
    const auto signal = std::upper_bound(signals_.begin(), signals_.end(), now);
    return signal == signals_.end() ? next : std::min(next, *signal);
  }
  void expect_may_wait(RunPhase phase) const {
    EXPECT_LT(signals_.size(), 3u);
    const TimePoint waits_for = phase == RunPhase::Working    ? finished_
                                : phase == RunPhase::Draining ? drained_
                                                              : said_;
    EXPECT_EQ(waits_for, kForever);
  }

  std::mt19937_64 random_;
  TimePoint finished_, drained_, said_, logged_;
  std::vector<TimePoint> signals_;
};

TEST(RunPhases, NeverHangsInTenThousandWorlds) {
  const char* given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (given != nullptr ? 1 : 10000); ++seed) {
    World(seed).run();
    ASSERT_FALSE(HasFailure()) << "again: SPREAD_SEED=" << seed;
  }
}

}  // namespace
}  // namespace spread
