// Workers that leave of their own accord (docs/protocol.md section 7, "Retirement").
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
WorkerRetires retires(std::uint32_t worker) { return WorkerRetires{WorkerId{worker}}; }

TEST(Retirement, GivesBackWhatIsUnansweredAtThatMoment) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(4).decide().answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3");
  table.tell(retires(0));
  EXPECT_EQ(table.scheduler.unanswered(), 0u);
  EXPECT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_TRUE(table.all<RetryTask>().empty());
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
  table.decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u) << "the slot is not free before it has ended";
  table.tell(clean_end(0)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u) << "there is no pause";
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 0:1 0:2 0:3");
  for (const SendTask& again : table.all<SendTask>()) EXPECT_EQ(again.attempt, 1u);
}

TEST(Retirement, WhatItWasAtIsTheFirstTaskOfOneThatWasGivenNothing) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(6).decide().answer(0, 0).answer(1, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
  table.tell(retires(0)).answer(1, 3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:4") << "the other one has had others";
  table.tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:4 0:2");
}

TEST(Retirement, OnlyTheFirstOfTheUnansweredIsHeldForIt) {
  Table table(window_of(3));
  table.slots(2).complete().tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 1:3 1:4 1:5");
  table.answer(0, 0).answer(1, 3).answer(1, 4).answer(1, 5).tell(retires(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 1:3 1:4 1:5 1:2");
}

TEST(Retirement, OfOneThatWorksOnSeveralAllThoseAreHeld) {
  Table table(window_of(4));
  table.slots(2).complete().tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 1:3 1:4 1:5");
  table.tell(WorkerHello{WorkerId{0}, 0, 2}).answer(0, 0).answer(1, 3).answer(1, 4).answer(1, 5);
  table.tell(retires(0)).decide();
  EXPECT_EQ(table.all<SendTask>().size(), 6u);
  // The first of them is a fresh one's first task. For the other no fresh one can come any more.
  table.tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 1:3 1:4 1:5 0:1 1:2");
}

TEST(Retirement, WhereNoOtherCanComeAUsedOneTakesIt) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(4).end().decide().answer(0, 0).answer(1, 1).decide();
  table.tell(SlotsLimited{1}).tell(retires(0)).answer(1, 3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
  table.tell(clean_end(0)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:2");
}

TEST(Retirement, WhoDoesNotEndIsNotWaitedForByWhatItWasAt) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(4).end().decide().answer(0, 0).answer(1, 1).decide();
  table.tell(retires(0)).answer(1, 3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
  EXPECT_LE(table.scheduler.next_deadline(), table.now + seconds(1));
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:2");
}

TEST(Retirement, AfterACrashItIsNotLeftToTheOneWorkerThatMayNotHaveIt) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(4).end().decide().answer(0, 0).answer(1, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
  WorkerGone crash;
  crash.worker = WorkerId{0};
  table.tell(crash).decide();
  table.answer(1, 3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:2") << "tried again elsewhere";
  table.tell(retires(1)).tell(clean_end(1)).wait(seconds(1)).decide();
  EXPECT_EQ(table.all<SendTask>().size(), 6u);
  EXPECT_EQ(table.all<SendTask>().back().task, TaskId{2});
}

TEST(Retirement, ThreeInARowThatAnsweredNothingLoseTheTask) {
  Table table(window_of(2));
  table.slots(1).complete().tasks(1).decide().answer(0, 0).tell(retires(0)).tell(clean_end(0));
  table.tasks(2).end().decide();
  const std::size_t before = table.all<DeliverTask>().size();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(table.all<DeliverTask>().size(), before);
    table.tell(retires(0)).tell(clean_end(0)).wait(seconds(31)).decide();
  }
  ASSERT_EQ(table.all<DeliverTask>().size(), before + 1);
  const DeliverTask lost = table.all<DeliverTask>().back();
  EXPECT_EQ(lost.task, TaskId{1});
  EXPECT_EQ(lost.outcome, Outcome::Lost);
  EXPECT_NE(lost.message.find("3 workers in a row left"), std::string::npos) << lost.message;
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
}

TEST(Retirement, WithoutAnAnswerThereIsAPauseThatGrows) {
  Table table(window_of(1));
  table.slots(1).complete().tasks(1).decide().answer(0, 0).tell(retires(0)).tell(clean_end(0));
  table.tasks(1).end().decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
  table.tell(retires(0)).tell(clean_end(0)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 2u);
  table.wait(std::chrono::milliseconds(100)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 3u);
}

TEST(Retirement, OfOneThatWasOfNoUseIsALaunchFailure) {
  SchedulerOptions options = window_of(1);
  options.failure.start_retries = 2;
  Table table(options);
  SlotAdded slot;
  slot.waits_for_hello = true;
  table.tell(slot).complete().tasks(1).end().decide();
  EXPECT_EQ(table.sent(), "");
  table.tell(retires(0)).tell(clean_end(0)).wait(seconds(31)).decide();
  table.tell(retires(0)).tell(clean_end(0)).decide();
  EXPECT_EQ(table.all<SlotClosed>().size(), 1u);
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(Retirement, WhileTheRunIsStoppedNothingIsTriedAgain) {
  Table table(window_of(2));
  table.slots(1).complete().tasks(3).decide().answer(0, 0);
  table.tell(StopRequested{1}).tell(retires(0));
  ASSERT_EQ(table.all<DeliverTask>().size(), 3u);
  for (const DeliverTask& each : table.all<DeliverTask>()) {
    EXPECT_EQ(each.outcome, each.task == TaskId{0} ? Outcome::Ok : Outcome::NotComputed);
  }
  table.tell(clean_end(0)).decide();
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(Retirement, OfOneThatIsBeingKilledChangesNothing) {
  SchedulerOptions options = window_of(2);
  options.failure.timeout = seconds(1);
  Table table(options);
  table.slots(1).complete().tasks(2).end().decide().wait(seconds(1)).decide();
  ASSERT_EQ(table.all<KillWorker>().size(), 1u);
  table.tell(retires(0)).tell(clean_end(0));
  ASSERT_EQ(table.all<DeliverTask>().size(), 1u);
  EXPECT_TRUE(table.all<DeliverTask>()[0].timed_out);
}

}  // namespace
}  // namespace spread
