// Workers whose process is replaced: --max-tasks, --max-age, --max-rss.
#include <gtest/gtest.h>

#include "table.h"

namespace spread {
namespace {

using std::chrono::seconds;

using test::Table;
using test::window_of;

WorkerGone clean_end(std::uint32_t worker) {
  WorkerGone ended;
  ended.worker = WorkerId{worker};
  ended.clean = true;
  ended.reason = "exit status 0";
  return ended;
}
SchedulerOptions tasks_of(std::uint64_t tasks, std::uint32_t window) {
  SchedulerOptions options = window_of(window);
  options.limits.max_tasks = tasks;
  return options;
}
SchedulerOptions age_of(Duration age, std::uint32_t window) {
  SchedulerOptions options = window_of(window);
  options.limits.max_age = age;
  return options;
}

TEST(Limits, AProcessIsSentSoManyTasksAndNoMore) {
  Table table(tasks_of(3, 64));
  table.slots(1).complete().tasks(10).end().decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  table.answer(0, 0).answer(0, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  EXPECT_TRUE(table.all<CloseInput>().empty()) << "it owes an answer";
  table.answer(0, 2).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].why, "it was sent --max-tasks tasks");
  EXPECT_EQ(table.all<StartWorker>().size(), 1u) << "the old one has not ended";
}

TEST(Limits, TheNextOneIsStartedWithoutAPauseAndCountsAnew) {
  Table table(tasks_of(2, 64));
  table.slots(1).complete().tasks(5).end().decide();
  table.answer(0, 0).answer(0, 1).decide().tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3");
  table.answer(0, 2).answer(0, 3).decide().tell(clean_end(0)).decide().answer(0, 4).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 3u);
  EXPECT_EQ(table.scheduler.counts().ok, 5u);
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
}

TEST(Limits, NoneIsStartedForNothing) {
  Table table(tasks_of(2, 64));
  table.slots(1).complete().tasks(2).end().decide();
  table.answer(0, 0).answer(0, 1).decide().tell(clean_end(0)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(Limits, NoneIsStartedBeforeATaskComes) {
  Table table(tasks_of(1, 1));
  table.slots(1).complete().tasks(1).decide().answer(0, 0).decide().tell(clean_end(0)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  table.tasks(1).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

TEST(Limits, ATaskThatIsRefusedHasBeenSent) {
  Table table(tasks_of(2, 1));
  table.slots(1).complete().tasks(2).decide().answer(0, 0, AnswerKind::Busy).decide();
  table.wait(seconds(1000)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:0");
  table.answer(0, 0).decide();
  EXPECT_EQ(table.all<CloseInput>().size(), 1u);
}

TEST(Limits, AnEndWithAnErrorAfterTheLastAnswerIsNoFailure) {
  Table table(tasks_of(1, 1));
  table.slots(1).complete().tasks(2).end().decide().answer(0, 0).decide();
  WorkerGone ended = clean_end(0);
  ended.clean = false;
  table.tell(ended).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
}

TEST(Limits, OneThatDiesBeforeItsLastAnswerIsADeath) {
  Table table(tasks_of(2, 2));
  table.slots(1).complete().tasks(2).end().decide().answer(0, 0).decide();
  WorkerGone ended = clean_end(0);
  ended.clean = false;
  table.tell(ended).decide();
  EXPECT_EQ(table.scheduler.counts().crashes, 1u);
}

TEST(Limits, AnOldOneIsSentNothingMore) {
  Table table(age_of(seconds(10), 2));
  table.slots(1).complete().tasks(5).end().decide().answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  EXPECT_EQ(table.scheduler.next_deadline(), TimePoint{} + seconds(10));
  table.wait(seconds(10)).decide().answer(0, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  table.answer(0, 2).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].why, "it is older than --max-age");
  table.tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:4");
}

TEST(Limits, OneThatHasNothingToDoIsReplacedWhenItIsOld) {
  Table table(age_of(seconds(10), 1));
  table.slots(1).complete().tasks(1).decide().answer(0, 0).decide();
  table.wait(seconds(10)).decide();
  EXPECT_EQ(table.all<CloseInput>().size(), 1u);
}

TEST(Limits, OneThatTakesLongerToStartIsSentOneTask) {
  SchedulerOptions options = age_of(seconds(10), 2);
  options.start_all = true;
  Table table(options);
  table.slots(1).complete().decide().wait(seconds(11)).decide();
  EXPECT_TRUE(table.all<CloseInput>().empty());
  table.tasks(3).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.answer(0, 0).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].why, "it is older than --max-age");
}

TEST(Limits, OneThatIsSaidToBeSpentAnswersWhatItHas) {
  Table table(window_of(2));
  table.slots(1).complete().tasks(4).end().decide();
  table.answer(0, 0).tell(WorkerSpent{WorkerId{0}, "it is too large"}).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  table.answer(0, 1).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].why, "it is too large");
  table.tell(WorkerSpent{WorkerId{0}, "again"}).tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3");
}

TEST(Limits, WhatIsToRunAloneDoesNotWaitForOneThatIsSpent) {
  Table table(window_of(2));
  table.slots(2).complete().tasks(20).end().decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 1:2 1:3");
  table.answer(0, 0).answer(1, 2).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 1:2 1:3 0:4 1:5");
  WorkerGone dead = clean_end(0);
  dead.clean = false;
  table.tell(dead).answer(1, 3).decide();
  // Task 1 is to run alone, and worker 1 to become idle for it.
  EXPECT_TRUE(table.scheduler.slot(WorkerId{1}).draining());
  table.tell(WorkerSpent{WorkerId{1}, "it is too large"});
  EXPECT_FALSE(table.scheduler.slot(WorkerId{1}).draining());
}

TEST(Limits, AFilterThatHoldsItsAnswersHasItsInputClosedAtOnce) {
  SchedulerOptions options = tasks_of(3, 8);
  options.holds_answers = true;
  Table table(options);
  table.slots(1).complete().tasks(5).end().decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].why, "it was sent --max-tasks tasks");
  table.answer(0, 0).answer(0, 1).answer(0, 2).tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:4");
}

TEST(Limits, OneThatIsSpentIsTheFirstToLeave) {
  SchedulerOptions options = window_of(1);
  options.close_surplus = true;
  Table table(options);
  table.slots(3).complete().tasks(6).decide();
  table.tell(WorkerSpent{WorkerId{0}, "it is too large"}).tell(SlotsLimited{2}).decide();
  table.answer(0, 0).answer(1, 1).answer(2, 2).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 1:3 2:4");
}

SchedulerOptions overlap(std::uint64_t tasks, std::uint32_t window) {
  SchedulerOptions options = tasks_of(tasks, window);
  options.limits.overlap = true;
  options.idle_grace = seconds(5);
  return options;
}

TEST(Overlap, TheNextOneIsStartedBeforeTheEndOfTheOneBefore) {
  Table table(overlap(2, 2));
  table.slots(1).complete().tasks(4).end().decide().answer(0, 0).decide();
  EXPECT_TRUE(table.all<HandOver>().empty()) << "it owes an answer";
  table.answer(0, 1).decide();
  ASSERT_EQ(table.all<HandOver>().size(), 1u);
  EXPECT_EQ(table.all<HandOver>()[0].why, "it was sent --max-tasks tasks");
  EXPECT_TRUE(table.all<CloseInput>().empty());
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3");
}

TEST(Overlap, ASlotHasOneFormerWorkerAtATime) {
  Table table(overlap(1, 1));
  table.slots(1).complete().tasks(4).end().decide().answer(0, 0).decide().answer(0, 1).decide();
  EXPECT_EQ(table.all<HandOver>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.sent(), "0:0 0:1");
  table.tell(FormerEnded{WorkerId{0}}).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1") << "that was another one";
  table.tell(clean_end(0)).decide().answer(0, 2).decide();
  EXPECT_EQ(table.all<HandOver>().size(), 2u);
}

TEST(Overlap, TheRunIsNotOverBeforeTheFormerOneHasEnded) {
  Table table(overlap(1, 1));
  table.slots(1).complete().tasks(1).end().decide().answer(0, 0).decide();
  EXPECT_EQ(table.all<HandOver>().size() + table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<StartWorker>().size(), 1u) << "there is nothing to start another one for";
  EXPECT_FALSE(table.scheduler.finished());
  table.tell(FormerEnded{WorkerId{0}}).decide();
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(Overlap, TheFormerOneIsKilledWithTheOthers) {
  Table table(overlap(1, 1));
  table.slots(1).complete().tasks(2).decide().answer(0, 0).decide();
  table.tell(Aborted{"stdout is gone"});
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
  EXPECT_EQ(table.all<KillFormer>().size(), 1u);
}

TEST(Overlap, AfterTheFirstSignalTheFormerOneHasTheTimeOfOneThatOwesNothing) {
  Table table(overlap(1, 1));
  table.slots(1).complete().tasks(2).decide().answer(0, 0).decide();
  table.tell(StopRequested{1}).wait(seconds(4)).decide();
  EXPECT_TRUE(table.all<KillFormer>().empty());
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<KillFormer>().size(), 1u);
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<KillFormer>().size(), 1u);
}

TEST(Overlap, OneThatRestsIsWaitedFor) {
  Table table(overlap(2, 2));
  table.slots(1).complete().tasks(3).decide().answer(0, 0).answer(0, 1, AnswerKind::Busy).decide();
  EXPECT_TRUE(table.all<HandOver>().empty());
  EXPECT_EQ(table.all<CloseInput>().size(), 1u);
}

TEST(Limits, WhatCouldNotBeSentDoesNotCount) {
  Table table(tasks_of(2, 1));
  table.slots(1).complete().tasks(3).decide().answer(0, 0).decide();
  table.tell(PayloadRefused{WorkerId{0}, TaskId{1}, "it holds a newline"}).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
  EXPECT_TRUE(table.all<CloseInput>().empty());
}

}  // namespace
}  // namespace spread
