// Tasks that are not wanted any more before they are sent.
#include <gtest/gtest.h>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using test::Table;
using test::window_of;

SchedulerOptions one_by_one() {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  return options;
}

class Withdrawal : public testing::Test {
 protected:
  Withdrawal() { table_.slots(1).complete().tasks(4); }
  void withdraw(std::uint64_t task) { table_.tell(TaskWithdrawn{TaskId{task}}); }

  Table table_{one_by_one()};
};

TEST_F(Withdrawal, ATaskThatWaitsIsDeliveredAsWithdrawn) {
  table_.decide();
  withdraw(2);
  const auto delivered = table_.all<DeliverTask>();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].task, TaskId{2});
  EXPECT_TRUE(delivered[0].withdrawn);
  EXPECT_EQ(delivered[0].outcome, Outcome::NotComputed);
  EXPECT_EQ(delivered[0].attempts, 0u);
}

TEST_F(Withdrawal, TheOthersGoOnInTheirOrder) {
  table_.decide();
  withdraw(2);
  withdraw(1);
  table_.end().answer(0, 0).decide();
  table_.answer(0, 3).decide();
  EXPECT_EQ(table_.sent(), "0:0 0:3");
  EXPECT_TRUE(table_.scheduler.tasks_done());
  EXPECT_EQ(table_.scheduler.counts().not_computed, 2u);
}

TEST_F(Withdrawal, OneThatHasBeenSentIsLeftAlone) {
  table_.decide();
  withdraw(0);
  EXPECT_TRUE(table_.all<DeliverTask>().empty());
  table_.answer(0, 0);
  ASSERT_EQ(table_.all<DeliverTask>().size(), 1u);
  EXPECT_EQ(table_.all<DeliverTask>()[0].outcome, Outcome::Ok);
}

TEST_F(Withdrawal, SoIsOneThatWaitsToBeSentAgain) {
  table_.decide();
  table_.answer(0, 0, AnswerKind::Error);
  ASSERT_EQ(table_.all<RetryTask>().size(), 1u);
  withdraw(0);
  EXPECT_TRUE(table_.all<DeliverTask>().empty());
}

TEST_F(Withdrawal, OneThatIsFinalOrWasWithdrawnBeforeMakesNoDifference) {
  table_.decide();
  withdraw(1);
  withdraw(1);
  EXPECT_EQ(table_.all<DeliverTask>().size(), 1u);
  table_.answer(0, 0);
  withdraw(0);
  EXPECT_EQ(table_.all<DeliverTask>().size(), 2u);
}

TEST_F(Withdrawal, ItMakesRoomForMoreTasks) {
  SchedulerOptions options;
  options.read_ahead = 2;
  Table table(options);
  table.slots(1).complete().tasks(2);
  EXPECT_EQ(table.scheduler.tasks_wanted(), 0u);
  table.tell(TaskWithdrawn{TaskId{0}});
  EXPECT_EQ(table.scheduler.tasks_wanted(), 1u);
}

TEST(TaskWithdrawn, TheLastOneEndsTheRun) {
  Table table;
  table.slots(1).tasks(1).end().tell(TaskWithdrawn{TaskId{0}}).decide();
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(TaskWithdrawn, WhereAgeIsKeptTheOldestInFlightStaysKnown) {
  SchedulerOptions options = window_of(1);
  options.retry_first = true;
  Table table(options);
  table.slots(2).complete().tasks(4).decide();
  table.tell(TaskWithdrawn{TaskId{3}}).answer(0, 0).decide();
  table.tell(LastTry{TaskId{1}}).answer(1, 1, AnswerKind::Error).answer(0, 2).end().decide();
  EXPECT_EQ(table.all<DeliverTask>().size(), 4u);
}

}  // namespace
}  // namespace spread
