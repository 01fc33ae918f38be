#include "spread/core/verdict.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

Halt halt(HaltOptions::Why why, double count, bool percent = false) {
  return Halt({.when = HaltOptions::When::Soon, .why = why, .count = count, .percent = percent});
}
void finish(Halt& halt, int ok, int failed) {
  for (int i = 0; i < ok; ++i) halt.finished(Outcome::Ok);
  for (int i = 0; i < failed; ++i) halt.finished(Outcome::Failed);
}

TEST(Halt, NeverIsNeverReached) {
  Halt never{HaltOptions{}};
  finish(never, 0, 100);
  EXPECT_FALSE(never.reached());
}

TEST(Halt, FailCountsFailures) {
  Halt fail = halt(HaltOptions::Why::Fail, 2);
  finish(fail, 10, 1);
  EXPECT_FALSE(fail.reached());
  finish(fail, 0, 1);
  EXPECT_TRUE(fail.reached());
}

TEST(Halt, LostAndNotComputedTasksAreFailures) {
  Halt fail = halt(HaltOptions::Why::Fail, 2);
  fail.finished(Outcome::Lost);
  fail.finished(Outcome::NotComputed);
  EXPECT_TRUE(fail.reached());
}

TEST(Halt, SuccessCountsSuccesses) {
  Halt success = halt(HaltOptions::Why::Success, 2);
  finish(success, 1, 10);
  EXPECT_FALSE(success.reached());
  finish(success, 1, 0);
  EXPECT_TRUE(success.reached());
}

TEST(Halt, DoneCountsBoth) {
  Halt done = halt(HaltOptions::Why::Done, 3);
  finish(done, 1, 1);
  EXPECT_FALSE(done.reached());
  finish(done, 1, 0);
  EXPECT_TRUE(done.reached());
}

TEST(Halt, APercentageWaitsForThreeTasks) {
  Halt fail = halt(HaltOptions::Why::Fail, 50, true);
  finish(fail, 0, 2);
  EXPECT_FALSE(fail.reached());
  finish(fail, 1, 0);
  EXPECT_TRUE(fail.reached());
}

TEST(Halt, APercentageIsOfTheFinishedTasks) {
  Halt fail = halt(HaltOptions::Why::Fail, 50, true);
  finish(fail, 6, 5);
  EXPECT_FALSE(fail.reached());
  finish(fail, 0, 1);
  EXPECT_TRUE(fail.reached());
}

}  // namespace
}  // namespace spread
