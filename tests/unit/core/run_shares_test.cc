// Several runs that share the workers (docs/scheduling.md, "Runs that share workers").
#include "spread/core/run_shares.h"

#include <gtest/gtest.h>

#include <string>

#include "table.h"

namespace spread {
namespace {

using test::Table;
using test::window_of;

constexpr RunId kA{1}, kB{2}, kC{3};

TEST(RunShares, ThoseWithFewerWorkersComeFirst) {
  RunShares shares;
  shares.begin();
  shares.works_for(kA);
  shares.waits(kA);
  shares.waits(kB);
  EXPECT_TRUE(shares.before(kB, kA));
  EXPECT_FALSE(shares.before(kA, kB));
}

TEST(RunShares, AmongEqualsItIsTheOneWhoseTurnWasLongestAgo) {
  RunShares shares;
  for (const RunId next : {kA, kB, kC, kA, kB}) {
    shares.begin();
    for (const RunId each : {kA, kB, kC}) shares.waits(each);
    for (const RunId other : {kA, kB, kC}) {
      EXPECT_TRUE(other == next || shares.before(next, other)) << number(next) << number(other);
    }
    shares.took(next);
  }
}

TEST(RunShares, ARunGoesOnUnlessAnotherWaitsAndHasFewer) {
  RunShares shares;
  shares.begin();
  shares.works_for(kA);
  EXPECT_TRUE(shares.may_go_on(kA));
  shares.waits(kB);
  EXPECT_FALSE(shares.may_go_on(kA));
  shares.works_for(kB);
  EXPECT_TRUE(shares.may_go_on(kA));
  EXPECT_TRUE(shares.may_go_on(kB));
}

TEST(RunShares, WhatHasGoneIsForgotten) {
  RunShares shares;
  shares.begin();
  shares.works_for(kA);
  shares.took(kA);
  shares.begin();
  shares.begin();
  shares.waits(kA);
  shares.waits(kB);
  shares.took(kB);
  shares.begin();
  shares.waits(kA);
  shares.waits(kB);
  EXPECT_TRUE(shares.before(kA, kB));
}

// ---------------------------------------------------------------- what follows from it

/// A Table whose tasks are those of runs, as the letters of `order` say.
class Shared : public Table {
 public:
  explicit Shared(std::uint32_t slots, std::uint32_t window) : Table(window_of(window)) {
    this->slots(slots).complete();
  }
  explicit Shared(const SchedulerOptions& options) : Table(options) { slots(1).complete(); }
  Shared& arrive(const std::string& order) {
    for (const char letter : order) {
      Value payload;
      payload.body = Slice::copy_of(as_bytes(std::string_view("x")));
      tell(TaskArrived{TaskId{runs_.size()}, std::move(payload), 0,
                       RunId{std::uint64_t(letter - 'a' + 1)}});
      runs_ += letter;
    }
    return *this;
  }
  /// "0a 1b": worker and run of each send.
  std::string to_runs() const {
    std::string text;
    for (const SendTask& send : all<SendTask>()) {
      text += (text.empty() ? "" : " ") + std::to_string(number(send.worker)) +
              runs_[number(send.task)];
    }
    return text;
  }

 private:
  std::string runs_;
};

TEST(SharedWorkers, AreGivenToBothRuns) {
  Shared table(4, 1);
  table.arrive("aaaaaaaabb").decide();
  EXPECT_EQ(table.to_runs(), "0a 1b 2a 3b");
}

TEST(SharedWorkers, AWindowHoldsTasksOfOneRun) {
  Shared table(2, 3);
  table.arrive("abababababab").decide();
  EXPECT_EQ(table.to_runs(), "0a 0a 0a 1b 1b 1b");
}

TEST(SharedWorkers, AnOnlyWorkerIsFirstFreedAndThenTakesTheOther) {
  Shared table(1, 2);
  table.arrive("aaaaaa").decide();
  EXPECT_EQ(table.to_runs(), "0a 0a");
  table.arrive("bb").decide();
  table.answer(0, 0).decide();
  EXPECT_EQ(table.to_runs(), "0a 0a");
  table.answer(0, 1).decide();
  EXPECT_EQ(table.to_runs(), "0a 0a 0b 0b");
  table.answer(0, 6).answer(0, 7).decide();
  EXPECT_EQ(table.to_runs(), "0a 0a 0b 0b 0a 0a");
}

TEST(SharedWorkers, OneRunAloneIsNeverHeldBack) {
  Shared table(1, 2);
  table.arrive("aaaa").decide();
  table.answer(0, 0).decide();
  EXPECT_EQ(table.to_runs(), "0a 0a 0a");
}

TEST(SharedWorkers, ATaskThatFailedStaysThatOfItsRun) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Shared table(options);
  table.arrive("aab").decide().answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(table.sent(), "0:0 0:2");
  table.answer(0, 2).decide();
  EXPECT_EQ(table.sent(), "0:0 0:2 0:0");
}

TEST(SharedWorkers, ATaskOfARunCanBeWithdrawnUntilItIsSent) {
  SchedulerOptions options = window_of(1);
  options.failure.retries = 2;
  Shared table(options);
  table.arrive("ab").decide();
  table.tell(TaskWithdrawn{TaskId{1}}).tell(TaskWithdrawn{TaskId{0}});
  ASSERT_EQ(table.all<DeliverTask>().size(), 1u);
  EXPECT_EQ(table.all<DeliverTask>()[0].task, TaskId{1});
  EXPECT_TRUE(table.all<DeliverTask>()[0].withdrawn);
  table.answer(0, 0, AnswerKind::Error).tell(TaskWithdrawn{TaskId{0}}).decide();
  EXPECT_EQ(table.to_runs(), "0a 0a");
}

}  // namespace
}  // namespace spread
