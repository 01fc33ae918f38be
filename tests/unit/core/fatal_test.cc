// Answers that say that the run cannot succeed.
#include <gtest/gtest.h>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using test::Table;
using test::window_of;

TEST(Fatal, ItEndsTheRun) {
  Table table(window_of(1));
  table.slots(1).complete().tasks(2).decide().answer(0, 0, AnswerKind::Fatal).decide();
  EXPECT_TRUE(table.scheduler.stopping());
  EXPECT_EQ(table.sent(), "0:0");
}

TEST(Fatal, ItCanBeThatOfItsTaskAlone) {
  SchedulerOptions options = window_of(1);
  options.fatal_ends = false;
  options.failure.retries = 3;
  Table table(options);
  table.slots(1).complete().tasks(2).decide().answer(0, 0, AnswerKind::Fatal).decide();
  ASSERT_EQ(table.all<DeliverTask>().size(), 1u);
  EXPECT_TRUE(table.all<DeliverTask>()[0].fatal);
  EXPECT_FALSE(table.scheduler.stopping());
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

}  // namespace
}  // namespace spread
