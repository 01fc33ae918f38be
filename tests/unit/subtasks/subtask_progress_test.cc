#include "spread/subtasks/subtask_progress.h"

#include <gtest/gtest.h>

#include <string>

namespace spread {
namespace {

constexpr TaskId kTask{7};

TaskId part(std::uint64_t index) { return TaskId{kFirstSubtask + index}; }

/// "7:0.25 ": what is told, in order.
std::string text(const SubtaskProgress::Above& above) {
  std::string text;
  for (const auto& [task, fraction] : above) {
    const std::uint64_t id = is_subtask(task) ? number(task) - kFirstSubtask + 100 : number(task);
    text += std::to_string(id) + ":" + std::to_string(fraction).substr(0, 5) + " ";
  }
  return text;
}

class Progress : public testing::Test {
 protected:
  std::string finish(std::uint64_t index) {
    SubtaskProgress::Above above;
    progress_.finished(part(index), above);
    return text(above);
  }
  std::string say(TaskId task, double fraction) {
    SubtaskProgress::Above above;
    const double whole = progress_.said(task, fraction, above);
    return std::to_string(whole).substr(0, 5) + "; " + text(above);
  }
  SubtaskProgress progress_;
};

TEST_F(Progress, OfATaskWithoutSubtasksIsWhatItSays) {
  EXPECT_EQ(say(kTask, 0.25), "0.250; ");
  EXPECT_EQ(say(kTask, 0.5), "0.500; ");
  progress_.ended(kTask);
  EXPECT_TRUE(progress_.empty());
}

TEST_F(Progress, OfItsSubtasksIsThatOfTheTask) {
  progress_.submitted(kTask, part(0), 4);
  EXPECT_EQ(finish(2), "7:0.250 ");
  EXPECT_EQ(say(part(0), 0.5), "0.500; 7:0.375 ");
  EXPECT_EQ(say(part(0), 0.75), "0.750; 7:0.437 ");
  progress_.ended(part(0));
  EXPECT_EQ(finish(0), "7:0.500 ");
  finish(1);
  EXPECT_EQ(finish(3), "7:1.000 ");
}

TEST_F(Progress, IsAddedToWhatTheTaskSays) {
  EXPECT_EQ(say(kTask, 0.2), "0.200; ");
  progress_.submitted(kTask, part(0), 2);
  EXPECT_EQ(finish(0), "7:0.600 ");
  EXPECT_EQ(say(kTask, 0.4), "0.700; ");
  progress_.submitted(kTask, part(2), 2);
  EXPECT_EQ(finish(3), "") << "two of four are as much as one of two";
}

TEST_F(Progress, GoesUpThroughAllThatIsAbove) {
  progress_.submitted(kTask, part(0), 2);
  progress_.submitted(part(0), part(2), 2);
  EXPECT_EQ(say(part(2), 0.5), "0.500; 100:0.250 7:0.125 ");
  progress_.ended(part(2));
  EXPECT_EQ(finish(2), "100:0.500 7:0.250 ");
  EXPECT_EQ(finish(3), "100:1.000 7:0.500 ");
  progress_.ended(part(0));
  EXPECT_EQ(finish(0), "") << "it was there already";
  EXPECT_EQ(finish(1), "7:1.000 ");
}

TEST_F(Progress, FallsWhereSomethingBeginsAgain) {
  progress_.submitted(kTask, part(0), 2);
  say(part(0), 0.8);
  progress_.ended(part(0));
  EXPECT_EQ(say(part(0), 0.1), "0.100; 7:0.050 ");
  progress_.submitted(part(0), part(2), 1);
  EXPECT_EQ(say(part(2), 0.5), "0.500; 100:0.550 7:0.275 ");
  progress_.ended(part(0));
  EXPECT_EQ(finish(2), "") << "nobody wants it any more";
  progress_.ended(kTask);
  EXPECT_TRUE(progress_.empty());
  EXPECT_EQ(finish(0), "");
}

TEST_F(Progress, OfMillionsIsToldAHundredTimes) {
  constexpr std::size_t kMany = 1'000'000;
  progress_.submitted(kTask, part(0), kMany);
  SubtaskProgress::Above above;
  for (std::size_t i = 0; i < kMany; ++i) progress_.finished(part(i), above);
  EXPECT_GE(above.size(), 99u);
  EXPECT_LE(above.size(), 101u);
  EXPECT_EQ(above.back().fraction, 1.0);
}

}  // namespace
}  // namespace spread
