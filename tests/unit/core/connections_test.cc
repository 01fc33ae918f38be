// Several workers in one connection: what concerns one of them, and what concerns all.
#include <gtest/gtest.h>

#include <algorithm>

#include "spread/core/scheduler.h"
#include "table.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Table;
using test::window_of;

/// `connections` of `each` workers on one host.
Table& shared_slots(Table& table, std::uint32_t connections, std::uint32_t each,
                    std::uint32_t host = 0, bool remote = false) {
  for (std::uint32_t i = 0; i < connections * each; ++i) {
    SlotAdded slot;
    slot.host = HostId{host};
    slot.key = host;
    slot.remote = remote;
    if (i % each != 0) slot.joins = WorkerId{i - i % each};
    table.tell(slot);
  }
  return table;
}
ConnectionLost loss(std::uint32_t connection, EndCause cause = EndCause::Exited) {
  return {ConnectionId{connection}, cause, false, "it is gone"};
}
WorkerGone death(std::uint32_t worker) {
  return {WorkerId{worker}, EndCause::Exited, false, "signal 9", nullptr};
}

/// `workers` in one connection, each of which has answered a task and has another one: worker i the
/// task `workers` + i.
class Busy : public Table {
 public:
  explicit Busy(std::uint32_t workers, SchedulerOptions options = window_of(1)) : Table(options) {
    shared_slots(*this, 1, workers).complete().tasks(static_cast<int>(workers)).decide();
    for (std::uint32_t i = 0; i < workers; ++i) answer(i, i);
    tasks(static_cast<int>(workers)).decide();
    seen.clear();
  }
};

TEST(Connections, TheDeathOfOneWorkerConcernsNoOther) {
  Busy table(64, window_of(4));
  table.tasks(1000).decide();
  table.seen.clear();
  table.tell(death(7));
  const auto retries = table.all<RetryTask>();
  ASSERT_EQ(retries.size(), 1u);
  EXPECT_EQ(retries[0].worker, WorkerId{7});
  EXPECT_EQ(table.scheduler.live_workers(), 63u);
  EXPECT_TRUE(table.all<KillWorker>().empty());
  // The others are sent more behind what they have, but for one: the task that is blamed is to run
  // alone there.
  table.answer(8, 72).answer(9, 73).answer(10, 74).decide();
  EXPECT_EQ(table.all<SendTask>().size(), 2u);
  // And its slot is used again, though the connection was never gone.
  table.wait(milliseconds(100)).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  EXPECT_EQ(table.scheduler.live_workers(), 64u);
}

TEST(Connections, ALossPutsAllBackAndBlamesNoneOfSeveral) {
  Busy table(64);
  table.tell(loss(0));
  EXPECT_TRUE(table.all<RetryTask>().empty());
  EXPECT_TRUE(table.all<DeliverTask>().empty());
  EXPECT_EQ(table.scheduler.counts().crashes, 1u);
  EXPECT_EQ(table.scheduler.unanswered(), 0u);
  EXPECT_EQ(table.scheduler.live_workers(), 0u);
  table.wait(milliseconds(99)).decide();
  EXPECT_TRUE(table.all<StartWorker>().empty());
  table.wait(milliseconds(1)).decide();
  EXPECT_EQ(table.all<SendTask>().size(), 64u);
  EXPECT_EQ(table.scheduler.unanswered(), 64u);
}

TEST(Connections, ALossWithOneWorkerAtWorkBlamesItsTask) {
  Table table(window_of(1));
  shared_slots(table, 1, 3).complete().tasks(2).decide();
  table.answer(0, 0);
  table.tell(loss(0));
  ASSERT_EQ(table.all<RetryTask>().size(), 1u);
  EXPECT_EQ(table.all<RetryTask>()[0].task, TaskId{1});
}

TEST(Connections, WhatIsUnderWayInASecondLossIsKeptApart) {
  Busy table(3);
  for (int loss_no = 0; loss_no < 2; ++loss_no) {
    table.tell(loss(0)).wait(seconds(1)).decide();
  }
  // One of the three only; nothing else is there to be sent.
  EXPECT_EQ(table.scheduler.unanswered(), 1u);
  const TaskId apart = table.all<SendTask>().back().task;
  table.tasks(2).decide();
  EXPECT_EQ(table.scheduler.unanswered(), 3u);
  // It is blamed now, and what was beside it is not.
  table.seen.clear();
  table.tell(loss(0));
  ASSERT_EQ(table.all<RetryTask>().size(), 1u);
  EXPECT_EQ(table.all<RetryTask>()[0].task, apart);
}

TEST(Connections, ThoseThatAreApartRunInDifferentConnections) {
  Table table(window_of(1));
  shared_slots(table, 2, 2).complete().tasks(4).decide();
  for (const SendTask& send : table.all<SendTask>()) {
    table.answer(number(send.worker), number(send.task));
  }
  table.tasks(4).decide();
  table.tell(loss(0)).wait(seconds(1)).decide();
  table.seen.clear();
  table.tell(loss(0)).wait(seconds(1)).decide();
  const auto sends = table.all<SendTask>();
  ASSERT_EQ(sends.size(), 1u);
  EXPECT_LT(number(sends[0].worker), 2u);
  // The second connection has room again, and takes the other one.
  table.seen.clear();
  table.answer(2, 6).decide();
  ASSERT_EQ(table.all<SendTask>().size(), 1u);
  EXPECT_EQ(table.all<SendTask>()[0].worker, WorkerId{2});
}

TEST(Connections, AStartThatFailsCountsOnceForAll) {
  SchedulerOptions options = window_of(1);
  options.failure.start_retries = 3;
  Table table(options);
  shared_slots(table, 1, 64).complete().tasks(200);
  for (int failure = 1; failure <= 3; ++failure) {
    table.seen.clear();
    table.scheduler.decide(table.now, table.seen);
    const auto starts = table.all<StartWorker>();
    ASSERT_EQ(starts.size(), 64u) << failure;
    table.seen.clear();
    table.tell(loss(0, EndCause::NotStarted));
    // Slots that were not even asked for wait with them.
    table.decide();
    EXPECT_TRUE(table.all<StartWorker>().empty());
    EXPECT_EQ(table.all<SlotClosed>().size(), failure == 3 ? 64u : 0u);
    EXPECT_EQ(table.scheduler.keys()[0].failures, static_cast<std::uint64_t>(failure));
    table.wait(seconds(1));
  }
  EXPECT_TRUE(table.scheduler.stopping());
}

TEST(Connections, OneThatIsNotNeededWaitsWithThoseThatFailed) {
  Table table(window_of(1));
  shared_slots(table, 1, 64).complete().tasks(1);
  table.scheduler.decide(table.now, table.seen);
  EXPECT_EQ(table.all<StartWorker>().size(), 1u);
  table.tell(loss(0, EndCause::NotStarted));
  table.seen.clear();
  table.tasks(10).wait(milliseconds(99)).decide();
  EXPECT_TRUE(table.all<StartWorker>().empty());
}

TEST(Connections, AnAnswerOfOneWorkerShowsThatTheConnectionWorks) {
  SchedulerOptions options = window_of(1);
  options.failure.start_retries = 2;
  Table table(options);
  shared_slots(table, 1, 2).complete().tasks(10);
  for (int round = 0; round < 3; ++round) {
    table.scheduler.decide(table.now, table.seen);
    table.tell(loss(0, EndCause::NotStarted)).wait(seconds(1)).decide();
    const SendTask last = table.all<SendTask>().back();
    table.answer(number(last.worker), number(last.task)).decide();
    EXPECT_TRUE(table.all<SlotClosed>().empty());
    table.tell(loss(0)).wait(seconds(60));
  }
}

TEST(Connections, ALoginIsOneHoweverManyWorkersItCarries) {
  Table table(window_of(1));
  shared_slots(table, 10, 4, 0, true).complete().tasks(100);
  table.scheduler.decide(table.now, table.seen);
  // Eight logins of a host at a time, with all their workers.
  EXPECT_EQ(table.all<StartWorker>().size(), 32u);
}

TEST(Connections, ALossAfterAllInputsWereClosedIsNoFailure) {
  Busy table(2);
  table.end().answer(0, 2).answer(1, 3).decide();
  EXPECT_EQ(table.all<CloseInput>().size(), 2u);
  table.tell(loss(0));
  EXPECT_TRUE(table.scheduler.finished());
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
}

TEST(Connections, ALossWhileOneTimedOutChargesThatOneAndNoOther) {
  SchedulerOptions options = window_of(1);
  options.failure.timeout = seconds(10);
  options.failure.retries = 1;
  Busy table(3, options);
  table.wait(seconds(5)).answer(0, 3).tasks(1).decide().wait(seconds(5)).decide();
  ASSERT_EQ(table.all<KillWorker>().size(), 2u);
  table.tell(loss(0));
  for (const DeliverTask& failed : table.all<DeliverTask>()) {
    EXPECT_TRUE(failed.timed_out || failed.outcome == Outcome::Ok);
  }
  EXPECT_EQ(table.scheduler.counts().failed, 2u);
  EXPECT_EQ(table.scheduler.counts().lost, 0u);
}

}  // namespace
}  // namespace spread
