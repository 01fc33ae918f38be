#include "spread/relay/open_tasks.h"

#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

constexpr TaskId kLargest{INT64_MAX};

class OpenTasksTest : public testing::Test {
 protected:
  bool add(TaskId id, std::size_t bytes = 10) {
    Record record;
    record.payload.body = Slice::copy_of(as_bytes(std::string(bytes, 'x')));
    return open_.add(id, std::move(record));
  }
  bool give() {
    Record record;
    return open_.give(record);
  }

  OpenTasks open_;
};

TEST_F(OpenTasksTest, TheyAreGivenInTheirOrder) {
  EXPECT_TRUE(add(kLargest));
  EXPECT_TRUE(add(TaskId{0}));
  EXPECT_TRUE(give());
  EXPECT_TRUE(give());
  EXPECT_FALSE(give());
  EXPECT_EQ(open_.take(TaskId{0}).id, kLargest);
  EXPECT_EQ(open_.take(TaskId{1}).id, TaskId{0});
  EXPECT_EQ(open_.size(), 0u);
}

TEST_F(OpenTasksTest, AnIdComesAgainOnlyWhenItIsAnswered) {
  EXPECT_TRUE(add(TaskId{7}));
  EXPECT_FALSE(add(TaskId{7}));
  give();
  EXPECT_FALSE(add(TaskId{7}));
  open_.take(TaskId{0});
  EXPECT_TRUE(add(TaskId{7}));
  give();
  EXPECT_EQ(open_.take(TaskId{1}).id, TaskId{7});
}

TEST_F(OpenTasksTest, OneThatWaitsIsCancelledAndTheOthersKeepTheirPlace) {
  for (std::uint64_t i = 0; i < 4; ++i) add(TaskId{i});
  EXPECT_TRUE(open_.cancel(TaskId{1}).waited);
  EXPECT_TRUE(open_.cancel(TaskId{0}).waited);
  EXPECT_EQ(open_.size(), 2u);
  give();
  give();
  EXPECT_FALSE(give());
  EXPECT_EQ(open_.take(TaskId{0}).id, TaskId{2});
  EXPECT_EQ(open_.take(TaskId{1}).id, TaskId{3});
}

TEST_F(OpenTasksTest, ACancelledIdIsFree) {
  add(TaskId{5});
  open_.cancel(TaskId{5});
  EXPECT_TRUE(add(TaskId{5}));
  EXPECT_TRUE(open_.waits());
  give();
  EXPECT_FALSE(give());
  EXPECT_EQ(open_.take(TaskId{0}).id, TaskId{5});
}

TEST_F(OpenTasksTest, OneThatWasGivenIsNamed) {
  add(TaskId{5});
  give();
  const OpenTasks::Cancelled cancelled = open_.cancel(TaskId{5});
  EXPECT_FALSE(cancelled.waited);
  EXPECT_EQ(cancelled.given, TaskId{0});
  EXPECT_EQ(open_.size(), 1u);
}

TEST_F(OpenTasksTest, OneThatIsNotThereIsNot) {
  const OpenTasks::Cancelled cancelled = open_.cancel(TaskId{5});
  EXPECT_FALSE(cancelled.waited);
  EXPECT_FALSE(cancelled.given);
  EXPECT_EQ(open_.find(TaskId{0}), nullptr);
}

TEST_F(OpenTasksTest, BytesThatWaitAreCounted) {
  add(TaskId{1}, 100);
  add(TaskId{2}, 20);
  add(TaskId{3}, 3);
  EXPECT_EQ(open_.waiting_bytes(), 123u);
  give();
  EXPECT_EQ(open_.waiting_bytes(), 23u);
  open_.cancel(TaskId{3});
  EXPECT_EQ(open_.waiting_bytes(), 20u);
  EXPECT_EQ(open_.take_waiting(), TaskId{2});
  EXPECT_EQ(open_.waiting_bytes(), 0u);
  EXPECT_FALSE(open_.take_waiting());
  EXPECT_EQ(open_.size(), 1u);
}

TEST_F(OpenTasksTest, OneMayStayOpenWhileAnyNumberComesAndGoes) {
  add(kLargest);
  give();
  open_.find(TaskId{0})->so = "early";
  for (std::uint64_t i = 1; i < 20'000; ++i) {
    add(TaskId{i % 3});
    give();
    EXPECT_EQ(open_.take(TaskId{i}).id, TaskId{i % 3});
    EXPECT_EQ(open_.find(TaskId{i}), nullptr);
  }
  EXPECT_EQ(open_.size(), 1u);
  EXPECT_EQ(open_.cancel(kLargest).given, TaskId{0});
  EXPECT_EQ(open_.take(TaskId{0}).so, "early");
  EXPECT_EQ(open_.find(TaskId{0}), nullptr);
  EXPECT_EQ(open_.size(), 0u);
}

TEST_F(OpenTasksTest, WhatATaskHasPrintedIsKeptWithIt) {
  add(TaskId{1});
  give();
  open_.find(TaskId{0})->so = "out";
  open_.find(TaskId{0})->fatal = true;
  const OpenTasks::Given given = open_.take(TaskId{0});
  EXPECT_EQ(given.so, "out");
  EXPECT_TRUE(given.fatal);
  EXPECT_EQ(open_.find(TaskId{0}), nullptr);
}

}  // namespace
}  // namespace spread
