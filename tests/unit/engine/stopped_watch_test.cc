#include "spread/engine/stopped_watch.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

using std::chrono::seconds;

constexpr WorkerId kOne{1}, kTwo{2};
constexpr LocalWork kWork{100, true};

TimePoint at(int second) { return TimePoint{} + seconds(second); }

TEST(StoppedWatch, TellsOnceWhenItHasBeenStoppedForLong) {
  StoppedWatch watch;
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(3)));
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(12)));
  EXPECT_TRUE(watch.look(kOne, kWork, true, at(13)));
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(18)));
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(1000)));
}

TEST(StoppedWatch, TellsAgainOfOneThatWentOnMeanwhile) {
  StoppedWatch watch;
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(0)));
  EXPECT_TRUE(watch.look(kOne, kWork, true, at(10)));
  EXPECT_FALSE(watch.look(kOne, kWork, false, at(15)));
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(20)));
  EXPECT_FALSE(watch.look(kOne, kWork, true, at(29)));
  EXPECT_TRUE(watch.look(kOne, kWork, true, at(30)));
}

TEST(StoppedWatch, AnotherProcessInTheSlotIsAnother) {
  StoppedWatch watch;
  EXPECT_FALSE(watch.look(kOne, {100, true}, true, at(0)));
  EXPECT_FALSE(watch.look(kOne, {101, true}, true, at(10)));
  EXPECT_TRUE(watch.look(kOne, {101, true}, true, at(20)));
}

TEST(StoppedWatch, OneThatNothingWaitsForIsNotToldOf) {
  StoppedWatch watch;
  EXPECT_FALSE(watch.look(kOne, {100, false}, true, at(0)));
  EXPECT_FALSE(watch.look(kOne, {100, false}, true, at(20)));
  EXPECT_FALSE(watch.look(kOne, {100, true}, true, at(25)));
  EXPECT_TRUE(watch.look(kOne, {100, true}, true, at(35)));
}

TEST(StoppedWatch, SlotsAreToldOfOneByOne) {
  StoppedWatch watch;
  EXPECT_FALSE(watch.look(kOne, {100, true}, true, at(0)));
  EXPECT_FALSE(watch.look(kTwo, {200, true}, true, at(5)));
  EXPECT_TRUE(watch.look(kOne, {100, true}, true, at(10)));
  EXPECT_FALSE(watch.look(kTwo, {200, true}, true, at(10)));
  EXPECT_TRUE(watch.look(kTwo, {200, true}, true, at(15)));
}

}  // namespace
}  // namespace spread
