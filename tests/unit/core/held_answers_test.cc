// Workers that hold answers back until their input ends (`--wire lines --window N`): when it is
// closed, and what becomes of the tasks that they have.
#include <gtest/gtest.h>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using std::chrono::seconds;
using test::Table;
using test::window_of;

SchedulerOptions holding(std::uint32_t window) {
  SchedulerOptions options = window_of(window);
  options.holds_answers = options.close_surplus = options.prepared = true;
  return options;
}

std::string closed_of(const Table& table) {
  std::string text;
  for (const CloseInput& close : table.all<CloseInput>()) {
    text += (text.empty() ? "" : " ") + std::to_string(number(close.worker));
  }
  return text;
}

WorkerGone end_of(std::uint32_t worker, bool clean) {
  return {WorkerId{worker}, EndCause::Exited, clean, clean ? "exit status 0" : "died"};
}

std::string outcomes(const Table& table) {
  std::string text;
  for (const DeliverTask& done : table.all<DeliverTask>()) {
    text += (text.empty() ? "" : " ") + std::to_string(number(done.task)) +
            (done.outcome == Outcome::Ok            ? "+"
             : done.outcome == Outcome::Failed      ? "-"
             : done.outcome == Outcome::NotComputed ? "?"
                                                    : "!");
  }
  return text;
}

TEST(HeldAnswers, TheInputIsClosedWithTasksUnansweredWhenNoneWillCome) {
  Table table(holding(4));
  table.slots(1).complete().tasks(3).decide();
  EXPECT_EQ(closed_of(table), "");
  table.end().decide();
  EXPECT_EQ(closed_of(table), "0");
  table.answer(0, 0).answer(0, 1).answer(0, 2).tell(end_of(0, true)).decide();
  EXPECT_EQ(outcomes(table), "0+ 1+ 2+");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, WithoutTheOptionTheyAreWaitedFor) {
  Table table(window_of(4));
  table.slots(1).complete().tasks(3).end().decide();
  EXPECT_EQ(closed_of(table), "");
}

TEST(HeldAnswers, NoTaskIsLeftOverForWantOfAnAnswer) {
  Table table(holding(10));
  table.slots(2).complete().tasks(5).end().decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 1:3 1:4");
  EXPECT_EQ(closed_of(table), "0 1");
}

TEST(HeldAnswers, AFullWindowIsWaitedForAndTheRestGoesToTheNextProcess) {
  Table table(holding(2));
  table.slots(1).complete().tasks(3).end().decide();
  EXPECT_EQ(closed_of(table), "");
  table.answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  EXPECT_EQ(closed_of(table), "0");
}

TEST(HeldAnswers, ADeathWithTheInputClosedIsACrashOfTheFirstTask) {
  Table table(holding(4));
  table.slots(1).complete().tasks(4).end().decide();
  table.answer(0, 0).tell(end_of(0, false));
  EXPECT_EQ(table.all<RetryTask>().size(), 1u);
  // Others show first that the next process works. Then it runs alone, in one of its own.
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:2 0:3");
  EXPECT_EQ(closed_of(table), "0 0");
  table.answer(0, 2).answer(0, 3).tell(end_of(0, true)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:2 0:3 0:1");
  EXPECT_EQ(closed_of(table), "0 0 0");
  table.answer(0, 1).tell(end_of(0, true)).decide();
  EXPECT_EQ(outcomes(table), "0+ 2+ 3+ 1+");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, AnEndWithTooFewAnswersIsNoSuccess) {
  Table table(holding(4));
  table.slots(1).complete().tasks(2).end().decide();
  table.answer(0, 0).tell(end_of(0, true)).decide();
  EXPECT_FALSE(table.scheduler.finished());
  EXPECT_EQ(table.all<RetryTask>().size(), 1u);
}

TEST(HeldAnswers, ATaskThatRunsAloneHasAProcessOfItsOwn) {
  Table table(holding(4));
  table.slots(1).complete().tasks(8).decide();
  table.answer(0, 0).tell(end_of(0, false)).wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:2 0:3 0:4 0:5");
  EXPECT_EQ(closed_of(table), "");
  table.answer(0, 2).decide();  // it works: now it is to have nothing in flight
  EXPECT_EQ(closed_of(table), "0");
  table.answer(0, 3).answer(0, 4).answer(0, 5).tell(end_of(0, true)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:2 0:3 0:4 0:5 0:1");
  EXPECT_EQ(closed_of(table), "0 0");  // behind it, though more tasks wait
}

TEST(HeldAnswers, ATimeOutCountsAfterTheCloseToo) {
  SchedulerOptions options = holding(4);
  options.failure.timeout = seconds(5);
  options.failure.retries = 1;
  Table table(options);
  table.slots(1).complete().tasks(2).end().decide();
  EXPECT_EQ(closed_of(table), "0");
  table.answer(0, 0).decide().wait(seconds(4)).decide();
  EXPECT_TRUE(table.all<KillWorker>().empty());
  EXPECT_LE(table.scheduler.next_deadline(), table.now + seconds(1));
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
  table.tell(end_of(0, false)).decide();
  EXPECT_EQ(outcomes(table), "0+ 1-");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, AHaltThatKillsLeavesThemNotComputed) {
  SchedulerOptions options = holding(4);
  options.halt.when = HaltOptions::When::Now;
  options.halt.why = HaltOptions::Why::Done;
  options.halt.count = 1;
  Table table(options);
  table.slots(1).complete().tasks(3).end().decide().answer(0, 0).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
  table.tell(end_of(0, false)).decide();
  EXPECT_EQ(outcomes(table), "0+ 1? 2?");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, AFirstSignalClosesTheInputAndTheGraceIsTheirs) {
  SchedulerOptions options = holding(4);
  options.stop_grace = seconds(60);
  options.idle_grace = seconds(5);
  Table table(options);
  table.slots(1).complete().tasks(5).decide().answer(0, 0).tell(StopRequested{1}).decide();
  EXPECT_EQ(closed_of(table), "0");
  table.wait(seconds(10)).decide().answer(0, 1).answer(0, 2).answer(0, 3);
  EXPECT_TRUE(table.all<KillWorker>().empty());
  table.tell(end_of(0, true)).decide();
  EXPECT_EQ(outcomes(table), "0+ 4? 1+ 2+ 3+");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, AGraceThatIsOverKillsWhatIsClosing) {
  SchedulerOptions options = holding(4);
  options.stop_grace = seconds(60);
  Table table(options);
  table.slots(1).complete().tasks(2).decide().tell(StopRequested{1}).decide();
  EXPECT_EQ(closed_of(table), "0");
  table.wait(seconds(60)).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
  table.tell(end_of(0, false)).decide();
  EXPECT_EQ(outcomes(table), "0? 1?");
}

TEST(HeldAnswers, WhoIsToLeaveIsClosedAtOnce) {
  Table table(holding(2));
  table.slots(2).complete().tasks(8).decide();
  table.tell(SlotsLimited{1}).decide();
  EXPECT_EQ(closed_of(table), "1");
  table.answer(1, 2).answer(1, 3).tell(end_of(1, true)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
}

TEST(HeldAnswers, WhoHoldsBackTheOldestResultIsClosedWhenTheOutputIsFull) {
  Table table(holding(4));
  table.slots(2).complete().tasks(20).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 1:4 1:5 1:6 1:7");
  table.tell(OutputFull{true}).decide();
  EXPECT_EQ(closed_of(table), "");
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(1));
  table.wait(seconds(1)).decide();
  EXPECT_EQ(closed_of(table), "0");
}

TEST(HeldAnswers, AReaderThatIsSlowClosesNobody) {
  Table table(holding(4));
  table.slots(1).complete().tasks(20).decide();
  table.tell(OutputFull{true}).tell(OutputStalled{true}).decide().wait(seconds(100)).decide();
  EXPECT_EQ(closed_of(table), "");
}

// Its buffer is larger than the window: nothing would ever come.
TEST(HeldAnswers, AFullWindowThatStaysSilentIsClosedAndTheRestGoesToTheNextProcess) {
  Table table(holding(2));
  table.slots(1).complete().tasks(5).decide();
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(10));
  table.wait(seconds(9)).answer(0, 0).decide().wait(seconds(9)).decide();
  EXPECT_EQ(closed_of(table), "");  // an answer begins a new time
  table.wait(seconds(1)).decide();
  EXPECT_EQ(closed_of(table), "0");
  table.answer(0, 1).answer(0, 2).tell(end_of(0, true)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:4");
  table.wait(seconds(10)).decide();
  EXPECT_EQ(closed_of(table), "0 0");
  table.answer(0, 3).answer(0, 4).tell(end_of(0, true)).end().decide();
  EXPECT_EQ(outcomes(table), "0+ 1+ 2+ 3+ 4+");
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(HeldAnswers, AWindowThatHasRoomMayBeSilentForEver) {
  Table table(holding(3));
  table.slots(1).complete().tasks(2).decide().wait(seconds(1000)).decide();
  EXPECT_EQ(closed_of(table), "");
}

TEST(HeldAnswers, BytesCountBehindTheFirstTask) {
  SchedulerOptions options = holding(4);
  options.window_bytes = 10;
  Table table(options);
  table.slots(1).complete().tasks(4, 100).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");  // its first line may end in its buffer
}

}  // namespace
}  // namespace spread
