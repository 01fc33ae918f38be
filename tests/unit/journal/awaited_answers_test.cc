#include "spread/journal/awaited_answers.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

constexpr TimePoint kStart{};

TaskResult of_bytes(std::uint64_t id, std::size_t bytes) {
  TaskResult made;
  made.id = TaskId{id};
  made.value.body = Slice::copy_of(as_bytes(std::string(bytes, 'x')));
  return made;
}

TEST(AwaitedAnswers, IsTakenOnceByItsPlace) {
  AwaitedAnswers awaited;
  EXPECT_EQ(awaited.deadline(), kForever);
  awaited.add(of_bytes(3, 5000), kStart);
  EXPECT_FALSE(awaited.take(TaskId{2}));
  EXPECT_TRUE(awaited.take(TaskId{3}));
  EXPECT_FALSE(awaited.take(TaskId{3}));
  EXPECT_EQ(awaited.deadline(), kForever);
  EXPECT_FALSE(awaited.overdue(kForever));
}

TEST(AwaitedAnswers, WaitsForSoLong) {
  AwaitedAnswers awaited;
  const TimePoint later = after(kStart, std::chrono::milliseconds(10));
  awaited.add(of_bytes(3, 5000), kStart);
  awaited.add(of_bytes(4, 5000), kStart);
  awaited.add(of_bytes(2, 5000), later);
  awaited.take(TaskId{3});
  const TimePoint due = after(kStart, AwaitedAnswers::kPatience);
  EXPECT_EQ(awaited.deadline(), due);
  EXPECT_FALSE(awaited.overdue(due - Duration(1)));
  EXPECT_EQ(number(awaited.overdue(due)->id), 4u);
  EXPECT_FALSE(awaited.overdue(due));
  EXPECT_EQ(awaited.deadline(), after(later, AwaitedAnswers::kPatience));
  EXPECT_EQ(number(awaited.first()->id), 2u);
  EXPECT_FALSE(awaited.first());
}

TEST(AwaitedAnswers, HoldsSoManyBytes) {
  AwaitedAnswers awaited;
  constexpr std::size_t kHalf = AwaitedAnswers::kBytesMax / 2;
  awaited.add(of_bytes(0, kHalf), kStart);
  awaited.add(of_bytes(1, kHalf), kStart);
  EXPECT_FALSE(awaited.overdue(kStart));
  awaited.add(of_bytes(2, 5000), kStart);
  EXPECT_EQ(number(awaited.overdue(kStart)->id), 0u);
  EXPECT_FALSE(awaited.overdue(kStart));
  // What its place has taken counts no more.
  awaited.add(of_bytes(3, kHalf), kStart);
  awaited.take(TaskId{1});
  EXPECT_FALSE(awaited.overdue(kStart));
}

}  // namespace
}  // namespace spread
