// Tasks that are for a gang each, among others that are not.
#include <gtest/gtest.h>

#include <string>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using test::Table;
using test::window_of;

class OwnGangs : public testing::Test {
 protected:
  /// 0: it is for one worker.
  void task(std::uint32_t gang = 0) {
    Value payload;
    payload.body = Slice::copy_of(as_bytes("x"));
    table_.tell(TaskArrived{TaskId{arrived_++}, std::move(payload), gang});
  }

  Table table_{window_of(4)};

 private:
  std::uint64_t arrived_ = 0;
};

TEST_F(OwnGangs, OneIsSentToAsManyAsItIsFor) {
  table_.slots(3).complete();
  task(2);
  task();
  table_.decide();
  EXPECT_EQ(table_.sent(), "0:0 1:0 2:1");
  EXPECT_EQ(table_.all<SendTask>()[1].place.rank, 1u);
  EXPECT_EQ(table_.all<SendTask>()[1].place.size, 2u);
  EXPECT_EQ(table_.all<SendTask>()[2].place.gang, kNoGang);
}

TEST_F(OwnGangs, ItIsOneTaskWithAnAnswerOfEach) {
  table_.slots(2).complete();
  task(2);
  table_.decide().answer(1, 0).answer(0, 0);
  const auto delivered = table_.all<DeliverTask>();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].outcome, Outcome::Ok);
  EXPECT_EQ(delivered[0].members.size(), 2u);
}

TEST_F(OwnGangs, WhatComesBehindOneWaitsUntilItHasItsMembers) {
  table_.slots(2).complete();
  task();
  table_.decide();
  task(2);
  task();
  table_.decide();
  EXPECT_EQ(table_.sent(), "0:0");
  table_.answer(0, 0).decide();
  EXPECT_EQ(table_.sent(), "0:0 0:1 1:1");
  table_.answer(0, 1).decide();
  EXPECT_EQ(table_.sent(), "0:0 0:1 1:1 0:2");
}

TEST_F(OwnGangs, NothingIsSentBehindAPlace) {
  table_.slots(2).complete();
  task(2);
  for (int i = 0; i < 4; ++i) task();
  table_.decide();
  EXPECT_EQ(table_.sent(), "0:0 1:0");
}

TEST_F(OwnGangs, OneThatIsTooLargeIsNotComputed) {
  table_.slots(2).complete();
  task(3);
  task(1);
  table_.decide();
  const auto delivered = table_.all<DeliverTask>();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].outcome, Outcome::NotComputed);
  EXPECT_EQ(delivered[0].message, "it is for 3 workers at the same time, and there are 2 slots");
  EXPECT_EQ(table_.sent(), "0:1");
}

TEST_F(OwnGangs, OneThatWaitsCanBeWithdrawn) {
  table_.slots(2).complete();
  task();
  table_.decide();
  task(2);
  task();
  table_.tell(TaskWithdrawn{TaskId{1}}).decide();
  ASSERT_EQ(table_.all<DeliverTask>().size(), 1u);
  EXPECT_TRUE(table_.all<DeliverTask>()[0].withdrawn);
  EXPECT_EQ(table_.sent(), "0:0 1:2");
}

TEST_F(OwnGangs, WorkersAreStartedForAllItsMembers) {
  table_.slots(5).complete();
  task(4);
  table_.decide();
  EXPECT_EQ(table_.all<StartWorker>().size(), 4u);
}

}  // namespace
}  // namespace spread
