// When a task may start at all: --delay, --load and --memfree, and slots that are taken away.
#include <gtest/gtest.h>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Table;
using test::window_of;

SchedulerOptions delay_of(Duration delay) {
  SchedulerOptions options = window_of(1);
  options.delay = delay;
  return options;
}

TEST(Starts, ADelayLiesBetweenTwoStartsOverAllWorkers) {
  Table table(delay_of(seconds(2)));
  table.slots(3).complete().tasks(3).decide();
  EXPECT_EQ(table.sent(), "0:0");
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(2));
  table.wait(milliseconds(1999)).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.wait(milliseconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
}

TEST(Starts, ADelayHoldsForTheNextTaskOfTheSameWorker) {
  Table table(delay_of(seconds(2)));
  table.slots(1).complete().tasks(2).decide().wait(seconds(1)).answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

TEST(Starts, AStartDelayLiesBetweenWorkersAndNotBetweenTasks) {
  SchedulerOptions options = window_of(1);
  options.start_delay = seconds(2);
  Table table(options);
  table.slots(3).complete().tasks(5).decide();
  EXPECT_EQ(table.sent(), "0:0");
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(2));
  table.answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  table.wait(milliseconds(1999)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  table.wait(milliseconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 1:2");
}

TEST(Starts, AStartDelayWakesForSlotsThatStartWithoutTasks) {
  SchedulerOptions options = window_of(1);
  options.start_delay = seconds(2);
  options.start_all = true;
  Table table(options);
  table.slots(2).complete().decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(2));
  table.wait(seconds(2)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
  EXPECT_EQ(table.scheduler.next_deadline(), kForever);
}

TEST(Starts, NothingStartsWhileStartsAreHeld) {
  Table table(window_of(1));
  table.tell(StartsHeld{table.now + seconds(5)}).slots(2).complete().tasks(2).decide();
  EXPECT_EQ(table.sent(), "");
  EXPECT_TRUE(table.all<StartWorker>().empty());
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(5));
  table.wait(seconds(5)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
}

TEST(Starts, AHoldWithNothingToStartWakesNobody) {
  Table table(window_of(1));
  table.slots(1).complete().tell(StartsHeld{table.now + seconds(5)}).decide();
  EXPECT_EQ(table.scheduler.next_deadline(), kForever);
}

TEST(Starts, ASlotBeyondTheLimitFinishesItsTaskAndGetsNoOther) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
  table.tell(SlotsLimited{1}).answer(1, 1).answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2");
}

TEST(Starts, ALimitThatIsRaisedLetsTheSlotsWorkAgain) {
  Table table(window_of(1));
  table.tell(SlotsLimited{1}).slots(3).complete().tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.tell(SlotsLimited{3}).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2");
}

TEST(Starts, ALoginThatHangsDoesNotUseUpTheLimit) {
  Table table(window_of(1));
  SlotAdded slot;
  slot.host = HostId{1};
  slot.remote = slot.waits_for_hello = true;
  table.slots(1).tell(slot).complete().tasks(2).end().decide();
  table.tell(SlotsLimited{1}).tell(WorkerGone{WorkerId{0}, EndCause::Exited, false, "died"});
  table.wait(seconds(9)).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.wait(seconds(2)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  // Not where there can never be one more, since descriptors do not suffice.
  table.tell(SlotsLimited{1, 1}).tell(WorkerGone{WorkerId{0}, EndCause::Exited, false, "died"});
  table.wait(seconds(11)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

/// "worker ..." whose input was closed.
std::string closed(const Table& table) {
  std::string text;
  for (const CloseInput& close : table.all<CloseInput>()) {
    text += (text.empty() ? "" : " ") + std::to_string(number(close.worker));
  }
  return text;
}

SchedulerOptions closing_surplus(std::uint32_t window) {
  SchedulerOptions options = window_of(window);
  options.close_surplus = true;
  return options;
}

TEST(Surplus, WorkerTooManyIsClosedWhenItHasAnswered) {
  Table table(closing_surplus(2));
  table.slots(2).complete().tasks(8).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 1:2 1:3");
  table.tell(SlotsLimited{1}).decide();
  EXPECT_EQ(closed(table), "");
  table.answer(1, 2).decide();
  EXPECT_EQ(closed(table), "");
  table.answer(1, 3).decide();
  EXPECT_EQ(closed(table), "1");
  table.answer(0, 0).answer(0, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 1:2 1:3 0:4 0:5");
}

TEST(Surplus, IdleWorkerIsClosedFirstAndAtOnce) {
  Table table(closing_surplus(1));
  table.slots(3).complete().tasks(3).decide().answer(0, 0).decide();
  table.tell(SlotsLimited{2}).decide();
  EXPECT_EQ(closed(table), "0");
}

TEST(Surplus, WhoIsToLeaveStaysIfTheLimitIsRaisedBefore) {
  Table table(closing_surplus(1));
  table.slots(2).complete().tasks(6).decide();
  table.tell(SlotsLimited{1}).decide().tell(SlotsLimited{2}).decide();
  table.answer(1, 1).answer(0, 0).decide();
  EXPECT_EQ(closed(table), "");
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
}

TEST(Surplus, SlotThatWasClosedIsUsedAgain) {
  Table table(closing_surplus(1));
  table.slots(2).complete().tasks(6).decide();
  table.tell(SlotsLimited{1}).answer(1, 1).decide();
  EXPECT_EQ(closed(table), "1");
  table.tell(WorkerGone{WorkerId{1}, EndCause::Exited, true, ""}).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
  table.tell(SlotsLimited{2}).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 3u);
  EXPECT_EQ(table.sent(), "0:0 1:1 1:2");
}

TEST(Surplus, DeathOfOneWhoIsToLeaveGivesItsTaskBack) {
  Table table(closing_surplus(1));
  table.slots(2).complete().tasks(2).decide();
  table.tell(SlotsLimited{1}).decide();
  table.tell(WorkerGone{WorkerId{1}, EndCause::Exited, false, "died"}).decide();
  table.answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:1");
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
}

TEST(Starts, ASkippedTaskTakesItsIdAndIsNeverSent) {
  Table table(window_of(1));
  table.slots(1).complete().tell(TaskSkipped{TaskId{0}});
  table.tell(TaskArrived{TaskId{1}, Value{}}).tell(TaskSkipped{TaskId{2}}).end().decide();
  EXPECT_EQ(table.sent(), "0:1");
  table.answer(0, 1).decide();
  EXPECT_TRUE(table.scheduler.tasks_done());
  EXPECT_EQ(table.scheduler.counts().skipped, 2u);
}

}  // namespace
}  // namespace spread
