// Single rules of the Scheduler, event by event. What follows from many of them together is in
// tests/sim.
#include "spread/core/scheduler.h"

#include <gtest/gtest.h>

#include "table.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using test::Table;
using test::window_of;

TEST(Scheduler, GivesTheOldestTaskToTheFirstWorker) {
  Table table;
  table.slots(2).complete().tasks(3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
}

TEST(Scheduler, FillsAFixedWindowAndNoMore) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(9).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2");
}

TEST(Scheduler, ASendCarriesThePayloadAndTheAttempt) {
  Table table;
  table.slots(1).complete().tasks(1, 5).decide();
  const SendTask send = table.all<SendTask>().at(0);
  EXPECT_EQ(send.payload.size(), 5u);
  EXPECT_EQ(send.attempt, 1u);
}

TEST(Scheduler, NothingIsSentBeyondTheByteLimitButAlwaysOneTask) {
  SchedulerOptions options = window_of(10);
  options.window_bytes = 100;
  Table table(options);
  table.slots(1).complete().tasks(3, 60).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  Table big(options);
  big.slots(1).complete().tasks(3, 5000).decide();
  EXPECT_EQ(big.sent(), "0:0");
}

TEST(Scheduler, NearTheEndEverybodyGetsAPartOfTheQueue) {
  Table table(window_of(10));
  table.slots(2).complete().tasks(2).decide();
  table.tasks(4).end().decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2 0:3 1:4 1:5");
}

TEST(Scheduler, TheFirstWorkersLeaveSomethingForThoseThatAreNotStartedYet) {
  SchedulerOptions options = window_of(64);
  options.read_ahead = 100;
  Table table(options);
  table.slots(50).complete().tasks(100).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 50u);
}

TEST(Scheduler, WantsTasksUntilTheReadAheadIsFull) {
  SchedulerOptions options;
  options.read_ahead = 5;
  Table table(options);
  EXPECT_EQ(table.scheduler.tasks_wanted(), 5u);
  table.slots(1).complete().tasks(5);
  EXPECT_EQ(table.scheduler.tasks_wanted(), 0u);
  table.decide();
  EXPECT_EQ(table.scheduler.tasks_wanted(), 1u);
}

TEST(Scheduler, WantsNoTasksWhileTheQueueIsHeavy) {
  Table table;
  table.tasks(3, 2 * 1024 * 1024);
  EXPECT_EQ(table.scheduler.tasks_wanted(), 0u);
}

TEST(Scheduler, WantsNoTasksWhileTheOutputIsFullOrAfterTheEnd) {
  Table table;
  table.tell(OutputFull{true});
  EXPECT_EQ(table.scheduler.tasks_wanted(), 0u);
  table.tell(OutputFull{false}).end();
  EXPECT_EQ(table.scheduler.tasks_wanted(), 0u);
}

TEST(Scheduler, AFullOutputLetsOnlyTheOldestUnfinishedTaskThrough) {
  Table table;
  table.slots(3).complete().tell(OutputFull{true}).tasks(5).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.answer(0, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

TEST(Scheduler, AnOutputThatIsFullForItsReaderLetsNotEvenTheOldestTaskThrough) {
  // Its result would wait, too, and then the next one would be the oldest.
  Table table;
  table.slots(3).complete().tell(OutputFull{true, kNoWorker, true}).tasks(5).decide();
  EXPECT_EQ(table.sent(), "");
  table.tell(OutputFull{true}).decide();
  EXPECT_EQ(table.sent(), "0:0");
}

TEST(Scheduler, AFullOutputLeavesAllTasksToTheWorkerThatItIsOpenFor) {
  Table table;
  table.slots(3).complete().tasks(3).decide();
  table.tell(OutputFull{true, WorkerId{1}}).tasks(3);
  EXPECT_GT(table.scheduler.tasks_wanted(), 0u);
  table.answer(0, 0).answer(1, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 1:3");
  table.answer(1, 3).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 1:3 1:4");
  table.tell(OutputFull{}).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 1:3 1:4 0:5");
}

TEST(Scheduler, ASlotLimitDoesNotKeepTasksFromTheBusyWorkerWhoseOutputGoesOut) {
  // Only its results go out, so none of the others can end and come below the limit.
  Table table(window_of(3));
  table.slots(3).complete().tasks(3).decide();
  table.tell(SlotsLimited{2}).tell(OutputFull{true, WorkerId{1}}).tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 1:3 1:4");
}

TEST(Scheduler, ASlotLimitKeepsTasksFromAnIdleWorkerWhoseOutputGoesOut) {
  Table table(window_of(3));
  table.slots(3).complete().tasks(3).decide().answer(1, 1).decide();
  table.tell(SlotsLimited{2}).tell(OutputFull{true, WorkerId{1}}).tasks(6).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2");
}

TEST(Scheduler, WhereSlotsAreAllAlikeARetryTakesTheFirstFreeSlot) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  options.retry_first = true;
  Table table(options);
  table.slots(2).complete().tasks(4).decide();
  table.answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:0");
}

TEST(Scheduler, AWorkerOfItsOwnLeavesARetryToAnother) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Table table(options);
  table.slots(2).complete().tasks(4).decide();
  table.answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 0:2");
}

TEST(Scheduler, ASlotThatLeavesARetryToAnotherDoesNotUseUpTheLimit) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Table table(options);
  table.slots(2).complete().tasks(2).end().decide();
  table.tell(SlotsLimited{1}).answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
  table.answer(1, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 1:0");
}

TEST(Scheduler, ARetryIsNotLeftToASlotThatTheLimitForbidsToStart) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Table table(options);
  table.tell(SlotsLimited{1}).slots(3).complete().tasks(1).end().decide();
  table.answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 0:0");
}

TEST(Scheduler, AStallDoesNotChargeTheTimeBeforeItToAWorkerThatIsNotRead) {
  SchedulerOptions options = window_of(1);
  options.failure.timeout = seconds(20);
  Table table(options);
  table.slots(1).complete().tasks(1).decide();
  table.tell(OutputUnread{WorkerId{0}, true}).wait(seconds(15));
  table.tell(OutputStalled{true}).wait(seconds(1)).tell(OutputStalled{false}).wait(seconds(15));
  table.tell(OutputUnread{WorkerId{0}, false}).decide().wait(seconds(19)).decide();
  EXPECT_TRUE(table.all<KillWorker>().empty());
  table.wait(seconds(2)).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
}

TEST(Scheduler, NamesWhatIsInTheWayOfARetryWithoutASlot) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  options.retry_first = true;
  Table table(options);
  table.slots(2).complete().tasks(2).decide();
  EXPECT_EQ(table.scheduler.in_the_way(), std::nullopt);
  table.tell(SlotsLimited{1}).answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1");
  EXPECT_EQ(table.scheduler.in_the_way(), TaskId{1});
  table.answer(1, 1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 1:0");
  EXPECT_EQ(table.scheduler.in_the_way(), std::nullopt);
}

TEST(Scheduler, SlotsBeyondTheLimitHaveNoPartOfTheTasks) {
  Table table(window_of(4));
  table.slots(100).complete().tell(SlotsLimited{2}).tasks(50).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:2 0:3 1:4 1:5 1:6 1:7");
}

TEST(Scheduler, NothingIsInTheWayOfARetryWhileAnOlderTaskRuns) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  options.retry_first = true;
  Table table(options);
  table.slots(2).complete().tasks(2).decide();
  table.tell(SlotsLimited{1}).answer(1, 1, AnswerKind::Error).decide();
  EXPECT_EQ(table.scheduler.in_the_way(), std::nullopt);
}

TEST(Scheduler, TheLastWorkerOfAListThatHasAnsweredPausesForASecondAtMost) {
  SchedulerOptions options = window_of(1);
  options.start_all = true;
  Table table(options);
  table.slots(2).complete().tasks(1).decide().answer(0, 0).decide();
  const auto dies = [&](std::uint32_t worker) {
    table.tell(WorkerGone{WorkerId{worker}, EndCause::Exited, false, "killed"}).decide();
  };
  for (int i = 0; i < 6; ++i) {
    dies(0);
    table.wait(seconds(30)).decide();
  }
  dies(0);  // for the seventh time in a row: 6.4 s, since the other one lives
  const std::size_t before = table.all<StartWorker>().size();
  table.wait(seconds(2)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), before);
  dies(1);
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), before + 2);
}

TEST(Scheduler, ALongPauseIsTold) {
  SchedulerOptions options = window_of(1);
  options.failure.start_retries = 20;
  Table table(options);
  table.slots(1).complete().tasks(1).decide();
  for (int i = 0; i < 8; ++i) {
    table.tell(WorkerGone{WorkerId{0}, EndCause::Exited, false, "killed"});
    table.wait(seconds(30)).decide();
  }
  ASSERT_EQ(table.all<SlotPaused>().size(), 2u) << "6.4 s and 12.8 s";
  EXPECT_EQ(table.all<SlotPaused>()[0].pause, milliseconds(6400));
  EXPECT_EQ(table.all<SlotPaused>()[0].reason, "killed");
}

TEST(Scheduler, AfterASignalIdleWorkersAreClosedAndEndedAfterTheirGrace) {
  SchedulerOptions options = window_of(1);
  options.idle_grace = seconds(5);
  Table table(options);
  table.slots(3).complete().tasks(3).decide();
  table.answer(0, 0).answer(1, 1).tasks(1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 2:2 0:3");
  // Slot 0 has answered and works, 1 is idle, 2 has never answered.
  table.tell(StopRequested{1}).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].worker, WorkerId{1});
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(5));
  table.wait(seconds(5)).decide();
  ASSERT_EQ(table.all<KillWorker>().size(), 2u);
  EXPECT_EQ(table.all<KillWorker>()[0].worker, WorkerId{1});
  EXPECT_EQ(table.all<KillWorker>()[1].worker, WorkerId{2});
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(55));
  table.answer(0, 3).decide();
  EXPECT_EQ(table.all<CloseInput>().back().worker, WorkerId{0});
}

TEST(Scheduler, TheTailRuleKeepsNoTaskFromTheWorkerThatAFullOutputIsOpenFor) {
  Table table;
  table.slots(1, 0, 0).slots(1, 1, 1).complete().tasks(2).decide();
  table.wait(milliseconds(10)).answer(0, 0).decide();
  table.wait(seconds(100)).answer(1, 1).decide();
  table.tasks(1).tell(OutputFull{true, WorkerId{1}}).end().decide();
  EXPECT_EQ(table.sent(), "0:0 1:1 1:2");
}

TEST(Scheduler, AnIdleWorkerIsClosedBeforeTheOthersAreDoneIfAsked) {
  SchedulerOptions options;
  for (const bool asked : {false, true}) {
    options.close_idle = asked;
    Table table(options);
    table.slots(2).complete().tasks(2).decide();
    table.answer(0, 0).decide();
    EXPECT_TRUE(table.all<CloseInput>().empty());  // more may come
    table.end().decide();
    ASSERT_EQ(table.all<CloseInput>().size(), asked ? 1u : 0u);
    if (!asked) continue;
    EXPECT_EQ(table.all<CloseInput>()[0].worker, WorkerId{0});
    table.tell(WorkerGone{WorkerId{0}, EndCause::Exited, true, ""}).decide();
    table.answer(1, 1).decide();
    EXPECT_EQ(table.all<CloseInput>().back().worker, WorkerId{1});
    table.tell(WorkerGone{WorkerId{1}, EndCause::Exited, true, ""}).decide();
    EXPECT_TRUE(table.scheduler.finished());
    EXPECT_EQ(table.all<StartWorker>().size(), 2u);
    EXPECT_EQ(table.scheduler.counts().crashes, 0u);
  }
}

TEST(Scheduler, AnIdleWorkerIsClosedOnceTheRunStopsIfAsked) {
  SchedulerOptions options;
  options.close_idle = true;
  Table table(options);
  table.slots(2).complete().tasks(2).decide();
  table.answer(0, 0).tell(StopRequested{1}).decide();
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].worker, WorkerId{0});
}

TEST(Scheduler, ARetryIsNotHeldBackByAFullOutput) {
  SchedulerOptions options;
  options.failure.retries = 2;
  Table table(options);
  table.slots(1).complete().tasks(2).decide();
  table.tell(OutputFull{true}).answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 0:0");
}

TEST(Scheduler, StartsNoMoreThanSixteenWorkersAtATime) {
  Table table;
  table.slots(40).complete().tasks(100);
  table.scheduler.decide(table.now, table.seen);
  EXPECT_EQ(table.all<StartWorker>().size(), 16u);
  EXPECT_EQ(table.scheduler.next_deadline(), table.now);
}

TEST(Scheduler, StartsNoMoreThanEightLoginsToAHost) {
  Table table;
  SlotAdded slot;
  slot.remote = true;
  for (int i = 0; i < 12; ++i) table.tell(slot);
  table.complete().tasks(100).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 8u);
  table.tell(WorkerHello{WorkerId{0}}).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 9u);
  // The others say nothing; after a second they count as logged in.
  table.wait(milliseconds(1100)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 12u);
}

// A login may take long, and what it needs before its first task longer.
TEST(Scheduler, WaitsForTheHelloOfASlotThatAlwaysSaysOne) {
  Table table;
  SlotAdded slot;
  slot.remote = slot.waits_for_hello = true;
  table.tell(slot).complete().tasks(1).decide();
  table.wait(seconds(100)).decide();
  EXPECT_EQ(table.sent(), "");
  table.tell(WorkerHello{WorkerId{0}}).decide();
  EXPECT_EQ(table.sent(), "0:0");
}

TEST(Scheduler, ARetryIsNotLeftToALoginThatHangs) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Table table(options);
  SlotAdded slot;
  slot.host = HostId{1};
  slot.remote = slot.waits_for_hello = true;
  table.slots(1).tell(slot).complete().tasks(2).end().decide();
  table.answer(0, 0, AnswerKind::Error).decide().answer(0, 1).decide();
  table.wait(seconds(9)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
  table.wait(seconds(2)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1 0:0");
}

TEST(Scheduler, AWorkerThatSaidHelloAndDiesOfItsFirstTaskWasStartedWell) {
  // The holder of what the task has printed must be told that it is tried again.
  Table table;
  SlotAdded slot;
  slot.remote = slot.waits_for_hello = true;
  table.tell(slot).complete().tasks(1).end().decide();
  for (int death = 1; death <= 3; ++death) {
    table.tell(WorkerHello{WorkerId{0}}).decide();
    table.tell(WorkerGone{WorkerId{0}, EndCause::Exited, false, "gone"});
    EXPECT_EQ(table.all<RetryTask>().size(), std::min<std::size_t>(death, 2));
    table.wait(seconds(100)).decide();
  }
  ASSERT_EQ(table.all<DeliverTask>().size(), 1u);
  EXPECT_EQ(table.all<DeliverTask>()[0].outcome, Outcome::Lost);
}

TEST(Scheduler, ClosesTheInputsOnlyWhenAllTasksAreFinal) {
  Table table;
  table.slots(2).complete().tasks(2).end().decide();
  table.answer(0, 0).decide();
  EXPECT_TRUE(table.all<CloseInput>().empty());
  table.answer(1, 1).decide();
  EXPECT_EQ(table.all<CloseInput>().size(), 2u);
  EXPECT_FALSE(table.scheduler.finished());
  table.tell(WorkerGone{WorkerId{0}, EndCause::Exited, true, ""});
  table.tell(WorkerGone{WorkerId{1}, EndCause::Exited, true, ""});
  EXPECT_TRUE(table.scheduler.finished());
}

TEST(Scheduler, ABusyWorkerRestsAndThenHasAWindowOfOne) {
  Table table(window_of(0));
  table.slots(1).complete().tasks(3).decide();
  table.answer(0, 0, AnswerKind::Busy).decide();
  EXPECT_EQ(table.sent(), "0:0");
  EXPECT_GE(table.scheduler.next_deadline(), table.now + milliseconds(800));
  table.now = table.scheduler.next_deadline();
  table.decide();
  EXPECT_EQ(table.sent(), "0:0 0:0");
}

TEST(Scheduler, ARefusalIsNoAttempt) {
  Table table;
  table.slots(1).complete().tasks(1).decide();
  table.answer(0, 0, AnswerKind::Busy);
  table.now = TimePoint{} + seconds(100);
  table.decide().answer(0, 0);
  EXPECT_EQ(table.all<DeliverTask>().at(0).attempts, 1u);
}

TEST(Scheduler, RefusalsWithinOneRestCountOnce) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(9).decide();
  table.answer(0, 0, AnswerKind::Busy).decide();
  const TimePoint due = table.scheduler.next_deadline();
  table.wait(milliseconds(5)).answer(0, 1, AnswerKind::Busy).answer(0, 2, AnswerKind::Busy);
  table.decide();
  EXPECT_EQ(table.scheduler.next_deadline(), due);
  EXPECT_EQ(table.scheduler.keys()[0].refusals, 1u);
  EXPECT_EQ(table.scheduler.counts().refused, 3u);
}

/// Ten workers with a task each and no more to come; nine answer, and the last one refuses.
Table& nine_and_a_refusal(Table& table) {
  table.slots(10).complete().tasks(10).end().decide();
  for (std::uint32_t i = 0; i < 9; ++i) table.answer(i, i);
  return table.answer(9, 9, AnswerKind::Busy);
}

TEST(Scheduler, AWorkerThatRefusesIsRetiredWhenThereAreManyMoreThanTasks) {
  Table table;
  nine_and_a_refusal(table);
  ASSERT_EQ(table.all<CloseInput>().size(), 1u);
  EXPECT_EQ(table.all<CloseInput>()[0].worker, WorkerId{9});
  table.tell(WorkerGone{WorkerId{9}, EndCause::Exited, true, ""}).wait(seconds(100)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 10u);
  EXPECT_EQ(table.all<SendTask>().back().worker, WorkerId{0});
}

TEST(Scheduler, ARetiredWorkerIsCalledBackAfterItsRestWhenNobodyElseIsLeft) {
  SchedulerOptions options;
  options.failure.start_retries = 1;
  Table table(options);
  nine_and_a_refusal(table);
  table.tell(WorkerGone{WorkerId{9}, EndCause::Exited, true, ""});
  for (std::uint32_t i = 0; i < 9; ++i) {
    table.tell(WorkerGone{WorkerId{i}, EndCause::PrepFailed, false, "no model"});
  }
  table.decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 10u);
  table.wait(seconds(100)).decide();
  ASSERT_EQ(table.all<StartWorker>().size(), 11u);
  EXPECT_EQ(table.all<StartWorker>().back().worker, WorkerId{9});
  EXPECT_EQ(table.all<SendTask>().back().worker, WorkerId{9});
}

TEST(Scheduler, NothingIsSentToAWorkerThatIsUnusable) {
  Table table;
  table.slots(1).complete().tasks(2).decide();
  table.answer(0, 0).tell(WorkerUnusable{WorkerId{0}}).decide();
  EXPECT_EQ(table.sent(), "0:0");
  table.tell(WorkerGone{WorkerId{0}, EndCause::Misbehaved, false, "not a frame"});
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 0:1");
}

TEST(Scheduler, TheTimeOutRunsFromWhenNothingIsUnansweredBeforeTheTask) {
  SchedulerOptions options = window_of(2);
  options.failure.timeout = seconds(10);
  Table table(options);
  table.slots(1).complete().tasks(2).decide();
  EXPECT_EQ(table.scheduler.next_deadline(), table.now + seconds(10));
  table.wait(seconds(9)).answer(0, 0).decide();
  table.wait(seconds(9)).decide();
  EXPECT_TRUE(table.all<KillWorker>().empty());
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
}

TEST(Scheduler, ATaskGetsTheTimeThatItTookWithoutWaitingInThePipe) {
  Table table(window_of(2));
  table.slots(1).complete().tasks(2).decide();
  table.wait(seconds(3)).answer(0, 0).decide();
  table.wait(seconds(2)).answer(0, 1);
  EXPECT_EQ(table.all<DeliverTask>().at(0).duration, seconds(3));
  EXPECT_EQ(table.all<DeliverTask>().at(1).duration, seconds(2));
}

TEST(Scheduler, ATaskIsNotChargedForThePreparationOfItsWorker) {
  Table table(window_of(2));
  table.slots(1).complete().tasks(2).decide();
  table.wait(seconds(5)).tell(WorkerHello{WorkerId{0}, 0, 1});
  table.wait(seconds(20)).tell(WorkerPrepared{WorkerId{0}});
  table.wait(seconds(3)).answer(0, 0).decide();
  table.wait(seconds(2)).answer(0, 1);
  EXPECT_EQ(table.all<DeliverTask>().at(0).duration, seconds(3));
  EXPECT_FALSE(table.all<DeliverTask>().at(0).first);
  EXPECT_EQ(table.all<DeliverTask>().at(1).duration, seconds(2));
}

TEST(Scheduler, TheTimeOutIncludesThePreparation) {
  SchedulerOptions options = window_of(1);
  options.failure.timeout = seconds(10);
  Table table(options);
  table.slots(1).complete().tasks(1).decide();
  table.wait(seconds(9)).tell(WorkerPrepared{WorkerId{0}});
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.all<KillWorker>().size(), 1u);
}

TEST(Scheduler, TheFirstTaskIsMarkedWhereAPreparationMayBeInItsTime) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(3).decide();
  table.wait(seconds(3)).answer(0, 0, AnswerKind::Error).decide();
  table.wait(seconds(2)).answer(0, 1).answer(0, 2);
  EXPECT_TRUE(table.all<DeliverTask>().at(0).first);
  EXPECT_FALSE(table.all<DeliverTask>().at(1).first);
  EXPECT_FALSE(table.all<DeliverTask>().at(2).first);
}

TEST(Scheduler, AllThatAParallelWorkerBeganBeforeItsFirstAnswerAreMarked) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(3).decide();
  table.tell(WorkerHello{WorkerId{0}, 0, 2});
  table.wait(seconds(3)).answer(0, 1).decide();
  table.wait(seconds(2)).answer(0, 0).answer(0, 2);
  EXPECT_TRUE(table.all<DeliverTask>().at(0).first);
  EXPECT_TRUE(table.all<DeliverTask>().at(1).first);
  EXPECT_FALSE(table.all<DeliverTask>().at(2).first);
}

TEST(Scheduler, AQuietTurnAsksForNothing) {
  Table table;
  table.slots(2).complete().tasks(50).decide();
  const std::size_t before = table.seen.size();
  table.wait(milliseconds(1)).decide();
  EXPECT_EQ(table.seen.size(), before);
  EXPECT_EQ(table.scheduler.next_deadline(), kForever);
}

TEST(Scheduler, ASlotThatClosesSaysWhy) {
  SchedulerOptions options;
  options.failure.start_retries = 1;
  Table table(options);
  table.slots(1).complete().tasks(1);
  table.scheduler.decide(table.now, table.seen);
  table.tell(WorkerGone{WorkerId{0}, EndCause::NotStarted, false, "no such file"});
  EXPECT_EQ(table.all<SlotClosed>().at(0).reason, "no such file");
  table.decide();
  EXPECT_EQ(table.all<DeliverTask>().at(0).message, "no worker is left: no such file");
}

TEST(Scheduler, AShortageIsNoFailureOfTheSlot) {
  SchedulerOptions options;
  options.failure.start_retries = 1;
  Table table(options);
  table.slots(1).complete().tasks(1);
  for (int i = 0; i < 5; ++i) {
    table.scheduler.decide(table.now, table.seen);
    ASSERT_EQ(table.all<StartWorker>().size(), static_cast<std::size_t>(i + 1));
    table.tell(WorkerGone{WorkerId{0}, EndCause::NoRoom, false, "no processes"});
    EXPECT_TRUE(table.all<SlotClosed>().empty());
    table.scheduler.decide(table.now, table.seen);
    EXPECT_EQ(table.all<StartWorker>().size(), static_cast<std::size_t>(i + 1));
    table.wait(seconds(1));
  }
}

TEST(Scheduler, WhatItKnowsOfAKeyIsThereForTheHistory) {
  Table table;
  table.slots(1).complete().tasks(3).decide();
  table.wait(seconds(9)).answer(0, 0).decide();
  table.wait(seconds(2)).answer(0, 1).decide();
  table.wait(seconds(2)).answer(0, 2).decide();
  const KeyRecord& key = table.scheduler.keys().at(0);
  EXPECT_EQ(key.first_answers, 1u);
  EXPECT_DOUBLE_EQ(key.first_seconds, 9);
  EXPECT_EQ(key.answers, 2u);
  EXPECT_DOUBLE_EQ(key.total_seconds, 4);
  EXPECT_DOUBLE_EQ(key.expected_launch(), 7);
}

}  // namespace
}  // namespace spread
