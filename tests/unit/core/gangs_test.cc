// Tasks that several workers have at the same time (docs/scheduling.md, "Gangs").
#include <gtest/gtest.h>

#include "table.h"

namespace spread {
namespace {

using std::chrono::seconds;

using test::Table;

SchedulerOptions gangs_of(std::uint32_t size) {
  SchedulerOptions options;
  options.gang = size;
  options.failure.retries = 3;
  return options;
}

Answered said(std::uint32_t worker, std::uint64_t task, std::string_view what) {
  Answered answer{WorkerId{worker}, TaskId{task}};
  answer.answer = Slice::copy_of(as_bytes(what));
  return answer;
}

TEST(Gangs, HaveTheWorkerThatWentWrongLastAtTheHighestRank) {
  Table table(gangs_of(3));
  table.slots(3).complete().tasks(1).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0");
  table.answer(1, 0, AnswerKind::Error).answer(0, 0).answer(2, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0 0:0 2:0 1:0");
  table.answer(0, 0, AnswerKind::Error).answer(1, 0).answer(2, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0 0:0 2:0 1:0 1:0 2:0 0:0");
  const auto sends = table.all<SendTask>();
  for (std::uint32_t i = 0; i < sends.size(); ++i) {
    EXPECT_EQ(sends[i].place.rank, i % 3);
    EXPECT_EQ(sends[i].place.size, 3u);
    EXPECT_EQ(sends[i].attempt, i / 3 + 1);
  }
}

TEST(Gangs, AreDeliveredByRankHoweverTheyAnswer) {
  Table table(gangs_of(3));
  table.slots(3).complete().tasks(1).decide();
  table.wait(seconds(2)).tell(said(2, 0, "c")).tell(said(0, 0, "a"));
  EXPECT_TRUE(table.all<DeliverTask>().empty());
  table.wait(seconds(1)).tell(said(1, 0, "b"));
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].worker, WorkerId{0}) << "rank 0's";
  EXPECT_EQ(done[0].duration, seconds(3)) << "until the last";
  EXPECT_TRUE(done[0].first) << "none of them had answered before";
  ASSERT_EQ(done[0].members.size(), 3u);
  for (std::size_t rank = 0; rank < 3; ++rank)
    EXPECT_EQ(as_text(done[0].members[rank].view()), std::string(1, "abc"[rank]));
}

TEST(Gangs, AreTheFirstTaskOfOneMemberIfNotOfAll) {
  Table table(gangs_of(2));
  table.slots(2).complete().tasks(1).decide().answer(0, 0).answer(1, 0);
  WorkerGone left;
  left.worker = WorkerId{0};
  left.clean = true;
  table.tell(WorkerRetires{WorkerId{0}}).tell(left).tasks(2).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 0:1 1:1");
  table.answer(0, 1).answer(1, 1).decide().answer(0, 2).answer(1, 2);
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_TRUE(done[1].first) << "another process has the place of worker 0";
  EXPECT_FALSE(done[2].first);
}

TEST(Gangs, LateAnswersOfABrokenOneAreNoneOfTheNext) {
  Table table(gangs_of(2));
  table.slots(3).complete().tasks(1).decide();
  table.answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0 0:0") << "worker 1 still has the first attempt";
  table.tell(said(2, 0, "a")).tell(said(1, 0, "late"));
  EXPECT_TRUE(table.all<DeliverTask>().empty());
  table.tell(said(0, 0, "b"));
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 1u);
  ASSERT_EQ(done[0].members.size(), 2u);
  EXPECT_EQ(as_text(done[0].members[0].view()), "a");
  EXPECT_EQ(as_text(done[0].members[1].view()), "b");
}

TEST(Gangs, ABrokenOneNamesTheMemberThatHasFailed) {
  Table table(gangs_of(3));
  table.slots(3).complete().tasks(1).decide();
  table.answer(1, 0, AnswerKind::Error);
  const auto broken = table.all<GangBroken>();
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].rank, 1u);
  const auto again = table.all<RetryTask>();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].rank, 1u);
  EXPECT_EQ(again[0].gang, broken[0].gang);
}

TEST(Gangs, AreTriedAgainBeforeOthersAreBegun) {
  Table table(gangs_of(2));
  table.slots(2).complete().tasks(3).decide();
  table.answer(0, 0, AnswerKind::Error).answer(1, 0).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 1:0 0:0");
}

TEST(Gangs, HaveFewerMembersWhileFewerSlotsAreLeftToThem) {
  Table table(gangs_of(4));
  table.slots(4).complete().tell(SlotsLimited{2}).tasks(4).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0");
  ASSERT_EQ(table.all<GangShrinks>().size(), 1u);
  EXPECT_EQ(table.all<GangShrinks>()[0].size, 2u);
  EXPECT_TRUE(table.all<GangShrinks>()[0].for_now);
  table.answer(0, 0).answer(1, 0).decide();
  EXPECT_EQ(table.all<GangShrinks>().size(), 1u) << "told once";
}

TEST(Gangs, TimeOutByTheMedianOfThoseBefore) {
  SchedulerOptions options = gangs_of(2);
  options.failure.timeout_percent = 200;
  Table table(options);
  table.slots(2).complete().tasks(5).decide();
  for (std::uint64_t task = 0; task < 4; ++task)
    table.wait(seconds(2)).answer(0, task).answer(1, task).decide();
  table.wait(seconds(3)).decide();
  EXPECT_TRUE(table.all<GangBroken>().empty());
  table.wait(seconds(2)).decide();
  ASSERT_EQ(table.all<GangBroken>().size(), 1u);
  EXPECT_EQ(table.all<GangBroken>()[0].rank, kNoRank) << "none of them is guilty for sure";
}

TEST(Gangs, KeepTheDelayBetweenTwoThatAreBegun) {
  SchedulerOptions options = gangs_of(2);
  options.delay = seconds(1);
  Table table(options);
  table.slots(4).complete().tasks(2).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0") << "its members have no delay between them";
  table.wait(seconds(1)).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:1 3:1");
}

TEST(Gangs, TheDeathOfAMemberWhoseGangHasFailedIsNoCrash) {
  Table table(gangs_of(2));
  table.slots(2).complete().tasks(2).decide().answer(0, 0).answer(1, 0).decide();
  table.answer(0, 1, AnswerKind::Error);
  WorkerGone dead;
  dead.worker = WorkerId{1};
  dead.reason = "killed by signal 9";
  table.tell(dead).wait(seconds(1)).decide();
  EXPECT_EQ(table.scheduler.counts().crashes, 0u);
  EXPECT_EQ(table.scheduler.counts().retried, 1u) << "for the error";
  EXPECT_EQ(table.sent(), "0:0 1:0 0:1 1:1 1:1 0:1");
}

// Elsewhere, one that is always busy is done without where there are enough of the others.
TEST(Gangs, KeepAWorkerThatIsBusyForAllOfThemAreNeeded) {
  Table table(gangs_of(12));
  table.slots(12).complete().tasks(2).end().decide();
  for (std::uint32_t worker = 0; worker < 12; ++worker) table.answer(worker, 0);
  table.decide();
  for (int round = 0; round < 20; ++round) {
    for (std::uint32_t worker = 0; worker < 12; ++worker)
      table.answer(worker, 1, worker == 3 ? AnswerKind::Busy : AnswerKind::Ok);
    table.wait(seconds(30)).decide();
  }
  EXPECT_TRUE(table.all<CloseInput>().empty());
  EXPECT_EQ(table.all<SendTask>().size(), 22u * 12u);
}

TEST(Gangs, HaveNoMoreWorkersStartedThanTheyNeed) {
  Table table(gangs_of(2));
  table.slots(6).complete().tasks(1).decide().answer(0, 0).answer(1, 0);
  WorkerGone left;
  left.worker = WorkerId{0};
  left.clean = true;
  table.tell(WorkerRetires{WorkerId{0}}).tell(left).tasks(1).decide();
  EXPECT_EQ(table.all<StartWorker>().size(), 3u) << "worker 1 is there";
  EXPECT_EQ(table.all<SendTask>().size(), 4u);
}

TEST(Gangs, AreForgottenWhenTheyEndAndTheirNumberIsNotGivenAgain) {
  Gangs gangs;
  const std::vector<WorkerId> members = {WorkerId{0}, WorkerId{1}};
  const GangId ended = gangs.begin(0, members, {}), left = gangs.begin(1, members, {});
  gangs.end(ended);
  EXPECT_EQ(gangs.size(), 1u);
  EXPECT_EQ(gangs[left].task, 1u);
  const GangId next = gangs.begin(2, members, {});
  EXPECT_NE(next, ended) << "an outcome of the old one may still be on its way";
  gangs.end(left);
  gangs.end(next);
  EXPECT_EQ(gangs.size(), 0u);
}

TEST(Gangs, WaitForSlotsThatAreStillToCome) {
  Table table(gangs_of(3));
  table.slots(2).tasks(1).decide();
  EXPECT_EQ(table.sent(), "");
  table.slots(1).complete().decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0");
}

TEST(Gangs, ThatAreToBeExactWaitWhileFewerSlotsAreLeftToThem) {
  SchedulerOptions exact = gangs_of(3);
  exact.exact_gangs = true;
  Table table(exact);
  table.slots(3).complete().tell(SlotsLimited{2}).tasks(1).end().decide();
  EXPECT_EQ(table.sent(), "");
  EXPECT_FALSE(table.scheduler.stopping());
  ASSERT_EQ(table.all<GangShrinks>().size(), 1u);
  EXPECT_TRUE(table.all<GangShrinks>()[0].waits);
  table.decide();
  EXPECT_EQ(table.all<GangShrinks>().size(), 1u) << "told once";
  table.tell(SlotsLimited{3}).decide();
  EXPECT_EQ(table.sent(), "0:0 1:0 2:0");
}

TEST(Gangs, ThatAreToBeExactAreNotComputedWhereThereWillNeverBeEnough) {
  SchedulerOptions exact = gangs_of(3);
  exact.exact_gangs = true;
  Table table(exact);
  table.slots(3).complete().tell(SlotsLimited{2, 2}).tasks(1).end().decide();
  EXPECT_EQ(table.sent(), "");
  EXPECT_TRUE(table.scheduler.stopping());
}

}  // namespace
}  // namespace spread
