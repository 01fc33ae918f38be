// Scheduler::take_success(): where it is open, and that what follows is what follows from Answered.
#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "table.h"

namespace spread {
namespace {

using std::chrono::seconds;
using test::Table;
using test::window_of;

bool takes(Table& table, std::uint32_t worker, std::uint64_t task) {
  Scheduler::Success success;
  const bool taken =
      table.scheduler.take_success(WorkerId{worker}, TaskId{task}, table.now, success);
  table.scheduler.check_invariants();
  return taken;
}

TEST(FastPath, IsOpenToAProcessThatHasAnswered) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(3).decide();
  EXPECT_FALSE(takes(table, 0, 0));
  table.answer(0, 0);
  EXPECT_TRUE(takes(table, 0, 1));
  table.wait(seconds(1)).decide().wait(seconds(1));
  EXPECT_TRUE(takes(table, 0, 2));
  EXPECT_EQ(table.scheduler.counts().ok, 3u);
}

TEST(FastPath, SaysHowLongTheTaskTook) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(2).decide();
  table.wait(seconds(5)).answer(0, 0).decide().wait(seconds(2));
  Scheduler::Success success;
  ASSERT_TRUE(table.scheduler.take_success(WorkerId{0}, TaskId{1}, table.now, success));
  EXPECT_EQ(success.duration, seconds(2));
  EXPECT_EQ(success.attempts, 1u);
}

TEST(FastPath, IsClosedToTheNextProcessUntilItHasAnswered) {
  Table table(window_of(1));
  table.slots(1).complete().tasks(3).decide().answer(0, 0).decide();
  table.tell(WorkerGone{WorkerId{0}, EndCause::Exited, false, "killed"}).decide();
  table.wait(seconds(60)).decide();
  ASSERT_EQ(table.sent(), "0:0 0:1 0:2");
  EXPECT_FALSE(takes(table, 0, 2));
}

TEST(FastPath, IsClosedToATaskThatCameBack) {
  Table table(window_of(1));
  table.slots(2).complete().tasks(4).decide().answer(0, 0).answer(1, 1).decide();
  ASSERT_EQ(table.sent(), "0:0 1:1 0:2 1:3");
  table.answer(0, 2, AnswerKind::Busy).answer(1, 3).decide();
  ASSERT_EQ(table.sent(), "0:0 1:1 0:2 1:3 1:2");
  EXPECT_FALSE(takes(table, 1, 2));
}

TEST(FastPath, IsClosedWhereAnAnswerMayHaveConsequences) {
  SchedulerOptions options = window_of(3);
  options.halt = {.when = HaltOptions::When::Soon, .why = HaltOptions::Why::Done, .count = 2};
  Table table(options);
  table.slots(1).complete().tasks(3).decide().answer(0, 0);
  EXPECT_FALSE(takes(table, 0, 1));
}

TEST(FastPath, IsClosedToAWorkerOfSeveralTasksAtATime) {
  Table table(window_of(3));
  table.slots(1).complete().tasks(3).decide();
  table.tell(WorkerHello{WorkerId{0}, 0, 2}).answer(0, 0);
  EXPECT_FALSE(takes(table, 0, 1));
}

/// The same run twice: once all successes come as Answered.
void expect_the_same(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  Random random(seed);
  SchedulerOptions options = window_of(random.uniform() < 0.5 ? 0 : 3);
  options.failure.retries = 2;
  if (random.uniform() < 0.3) options.failure.timeout = seconds(4);
  Table fast(options), slow(options);
  std::uint64_t taken = 0;
  const auto both = [&](auto&& f) {
    f(fast);
    f(slow);
  };
  both([](Table& table) { table.slots(2, 0, 0).slots(1, 1, 1).complete().tasks(300); });
  std::size_t seen = 0;
  std::vector<std::vector<std::uint64_t>> unanswered(3);
  for (int turn = 0; turn < 200; ++turn) {
    both([](Table& table) { table.decide(); });
    ASSERT_EQ(fast.scheduler.next_deadline(), slow.scheduler.next_deadline());
    const std::vector<SendTask> sends = fast.all<SendTask>();
    for (; seen < sends.size(); ++seen) {
      unanswered[number(sends[seen].worker)].push_back(number(sends[seen].task));
    }
    const Duration pause = from_seconds(0.01 + random.uniform());
    both([&](Table& table) { table.wait(pause); });
    for (std::uint32_t worker = 0; worker < 3; ++worker) {
      std::vector<std::uint64_t>& tasks = unanswered[worker];
      if (random.uniform() < 0.02 && !tasks.empty()) {
        tasks.clear();
        both([&](Table& table) {
          table.tell(WorkerGone{WorkerId{worker}, EndCause::Exited, false, "killed"});
        });
      }
      while (!tasks.empty() && random.uniform() < 0.7) {
        const std::size_t place = random.uniform() < 0.9 ? 0 : tasks.size() - 1;
        const std::uint64_t task = tasks[place];
        tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(place));
        const AnswerKind kind = random.uniform() < 0.95 ? AnswerKind::Ok : AnswerKind::Error;
        if (kind == AnswerKind::Ok && takes(fast, worker, task)) {
          ++taken;
        } else {
          fast.answer(worker, task, kind);
        }
        slow.answer(worker, task, kind);
      }
    }
  }
  EXPECT_GT(taken, 0u);
  EXPECT_EQ(fast.sent(), slow.sent());
  EXPECT_EQ(fast.scheduler.counts().ok, slow.scheduler.counts().ok);
  for (const std::size_t key : {0u, 1u}) {
    EXPECT_EQ(fast.scheduler.keys()[key].answers, slow.scheduler.keys()[key].answers);
    EXPECT_EQ(fast.scheduler.keys()[key].seconds, slow.scheduler.keys()[key].seconds);
    EXPECT_EQ(fast.scheduler.keys()[key].total_seconds, slow.scheduler.keys()[key].total_seconds);
  }
}

TEST(FastPath, LeadsToTheSameDecisionsAndBooks) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    expect_the_same(seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace spread
