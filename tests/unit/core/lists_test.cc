// Tasks that are sent as one list (docs/scheduling.md, "Lists of tasks").
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "spread/core/verdict.h"
#include "table.h"

namespace spread {
namespace {

using std::chrono::seconds;

using test::Table;

SchedulerOptions lists_of(std::uint32_t tasks) {
  SchedulerOptions options;
  options.chunk = tasks;
  options.window = 1;
  return options;
}

/// "0:0,1,2 1:3,4": worker and tasks of each send.
std::string lists(const Table& table) {
  std::string text;
  for (const SendTask& send : table.all<SendTask>()) {
    text += (text.empty() ? "" : " ") + std::to_string(number(send.worker)) + ":" +
            std::to_string(number(send.task));
    for (const SendTask::Further& each : send.rest) text += "," + std::to_string(number(each.task));
  }
  return text;
}

Answered values(std::uint32_t worker, std::uint64_t first, std::size_t count) {
  Answered answer{WorkerId{worker}, TaskId{first}};
  for (std::size_t i = 0; i < count; ++i) {
    answer.values.push_back(Slice::copy_of(as_bytes(std::to_string(first + i))));
  }
  return answer;
}

WorkerGone died(std::uint32_t worker) {
  WorkerGone gone;
  gone.worker = WorkerId{worker};
  gone.reason = "signal 11";
  return gone;
}

TEST(Lists, HaveUpToSoManyTasks) {
  Table table(lists_of(3));
  table.slots(1).complete().tasks(5).end().decide();
  EXPECT_EQ(lists(table), "0:0,1,2");
  table.tell(values(0, 0, 3)).decide();
  EXPECT_EQ(lists(table), "0:0,1,2 0:3,4");
}

TEST(Lists, AreSharedOutWhereThereIsLittle) {
  Table table(lists_of(100));
  table.slots(2).complete().tasks(10).end().decide();
  EXPECT_EQ(lists(table), "0:0,1,2,3,4 1:5,6,7,8,9");
}

TEST(Lists, AreNotLongerThanAFrame) {
  SchedulerOptions options = lists_of(100);
  options.chunk_bytes = 400;
  Table table(options);
  table.slots(1).complete().tasks(10, 100).end().decide();
  EXPECT_EQ(lists(table), "0:0,1,2");
}

TEST(Lists, DeliverEachTaskWithItsShareOfTheTime) {
  Table table(lists_of(4));
  table.slots(1).complete().tasks(4).end().decide();
  table.wait(seconds(8)).tell(values(0, 0, 4));
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 4u);
  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(number(done[i].task), i);
    EXPECT_EQ(as_text(done[i].answer.view()), std::to_string(i));
    EXPECT_EQ(done[i].duration, seconds(2));
    EXPECT_EQ(done[i].attempts, 1u);
  }
  EXPECT_EQ(table.scheduler.counts().ok, 4u);
}

TEST(Lists, ThatFailAreTriedOneByOneThoughThereIsOneTry) {
  Table table(lists_of(3));
  table.slots(1).complete().tasks(3).end().decide();
  table.answer(0, 0, AnswerKind::Error).decide();
  EXPECT_EQ(lists(table), "0:0,1,2 0:0");
  EXPECT_EQ(table.all<RetryTask>().size(), 3u);
  table.answer(0, 0).decide().answer(0, 1, AnswerKind::Error).decide().answer(0, 2).decide();
  EXPECT_EQ(lists(table), "0:0,1,2 0:0 0:1 0:2");
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done[1].outcome, Outcome::Failed);
  EXPECT_EQ(done[1].attempts, 2u);
  EXPECT_EQ(table.scheduler.counts().ok, 2u);
}

TEST(Lists, ThatEndTheirWorkerAreTriedOneByOneAndAlone) {
  SchedulerOptions options = lists_of(2);
  options.failure.crash_retries = 2;
  Table table(options);
  table.slots(1).complete().tasks(4).end().decide();
  table.tell(values(0, 0, 2)).decide().tell(died(0)).wait(seconds(1)).decide();
  EXPECT_EQ(lists(table), "0:0,1 0:2,3 0:2");
  table.tell(died(0)).wait(seconds(1)).decide();
  EXPECT_EQ(table.all<DeliverTask>().size(), 2u) << "the death with the list is not counted";
  table.wait(seconds(30)).decide().tell(died(0)).wait(seconds(30)).decide();
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done[2].outcome, Outcome::Lost);
  EXPECT_EQ(done[2].error_type, kNoResponse);
  EXPECT_EQ(lists(table).substr(lists(table).size() - 3), "0:3");
}

TEST(Lists, ThatRunIntoTheTimeOutAreTriedOneByOne) {
  SchedulerOptions options = lists_of(2);
  options.failure.timeout = seconds(1);
  Table table(options);
  table.slots(1).complete().tasks(2).end().decide().wait(seconds(2)).decide();
  table.tell(died(0)).wait(seconds(1)).decide();
  EXPECT_EQ(lists(table), "0:0,1 0:0");
  EXPECT_TRUE(table.all<DeliverTask>().empty());
}

TEST(Lists, ThatAreRefusedAreTriedOneByOne) {
  Table table(lists_of(3));
  table.slots(1).complete().tasks(6).end().decide();
  table.answer(0, 0, AnswerKind::Busy).wait(seconds(1000)).decide();
  EXPECT_EQ(lists(table), "0:0,1,2 0:0");
  EXPECT_EQ(table.all<SendTask>()[1].attempt, 1u) << "a refusal is no attempt";
}

/// The task 1 is always refused: its neighbours are not, and --max-busy fails it alone.
TEST(Lists, OneThatIsAlwaysRefusedFailsAlone) {
  SchedulerOptions options = lists_of(3);
  options.failure.max_busy = seconds(1500);
  Table table(options);
  table.slots(1).complete().tasks(3).end().decide();
  table.answer(0, 0, AnswerKind::Busy).wait(seconds(1000)).decide().answer(0, 0).decide();
  table.answer(0, 1, AnswerKind::Busy).wait(seconds(1000)).decide();
  table.answer(0, 1, AnswerKind::Busy).wait(seconds(1000)).decide().answer(0, 2).decide();
  EXPECT_EQ(lists(table), "0:0,1,2 0:0 0:1 0:1 0:2");
  std::map<std::uint64_t, Outcome> outcomes;
  for (const DeliverTask& each : table.all<DeliverTask>()) {
    outcomes[number(each.task)] = each.outcome;
  }
  EXPECT_EQ(outcomes, (std::map<std::uint64_t, Outcome>{
                          {0, Outcome::Ok}, {1, Outcome::NotComputed}, {2, Outcome::Ok}}));
}

TEST(Lists, WhoseWorkerLeavesAreTriedOneByOne) {
  Table table(lists_of(2));
  table.slots(1).complete().tasks(4).end().decide().tell(values(0, 0, 2)).decide();
  WorkerGone left;
  left.worker = WorkerId{0};
  left.clean = true;
  table.tell(WorkerRetires{WorkerId{0}}).tell(left).wait(seconds(1)).decide();
  EXPECT_EQ(lists(table), "0:0,1 0:2,3 0:2");
}

TEST(Lists, ThatCannotBeSentAreTriedOneByOne) {
  Table table(lists_of(2));
  table.slots(1).complete().tasks(2).end().decide();
  table.tell(PayloadRefused{WorkerId{0}, TaskId{0}, "too long"}).decide();
  EXPECT_EQ(lists(table), "0:0,1 0:0");
  table.tell(PayloadRefused{WorkerId{0}, TaskId{0}, "too long"}).decide().answer(0, 1);
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].outcome, Outcome::Failed);
  EXPECT_EQ(done[1].outcome, Outcome::Ok);
}

TEST(Lists, ThatAreFatalFailAsAWhole) {
  Table table(lists_of(2));
  table.slots(1).complete().tasks(3).decide().answer(0, 0, AnswerKind::Fatal);
  const auto done = table.all<DeliverTask>();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done[0].outcome, Outcome::Failed);
  EXPECT_EQ(done[1].outcome, Outcome::Failed);
  EXPECT_EQ(done[2].outcome, Outcome::NotComputed);
}

TEST(Lists, ThatFailWhenTheRunHasEndedHaveFailed) {
  Table table(lists_of(2));
  table.slots(1).complete().tasks(2).end().decide().tell(StopRequested{1});
  table.answer(0, 0, AnswerKind::Error);
  EXPECT_EQ(table.scheduler.counts().failed, 2u);
}

// ---------------------------------------------------------------- anything, in any order

/// Plays workers that do what a seed says, on lists of random length.
class RandomLists {
 public:
  explicit RandomLists(std::uint64_t seed) : random_(seed), table_(options()) {}

  void run() {
    constexpr int kTasks = 60;
    constexpr int kStepsMax = 20000;
    table_.slots(1 + below(4)).complete();
    int fed = 0;
    for (int step = 0; step < kStepsMax && !table_.scheduler.tasks_done(); ++step) {
      if (fed < kTasks && below(2) == 0) {
        table_.tasks(1);
        if (++fed == kTasks) table_.end();
      }
      table_.decide();
      take_sends();
      happen();
      table_.wait(std::chrono::milliseconds(below(2000)));
    }
    ASSERT_TRUE(table_.scheduler.tasks_done());
    std::map<std::uint64_t, Outcome> outcomes;
    for (const DeliverTask& done : table_.all<DeliverTask>()) {
      ASSERT_TRUE(outcomes.emplace(number(done.task), done.outcome).second) << number(done.task);
      if (done.outcome != Outcome::Ok) continue;
      ASSERT_EQ(as_text(done.answer.view()), std::to_string(number(done.task)));
    }
    ASSERT_EQ(outcomes.size(), static_cast<std::size_t>(kTasks));
    for (const auto& [task, outcome] : outcomes) {
      const Outcome due = is_poison(task) ? Outcome::Lost
                          : fails(task)   ? Outcome::Failed
                                          : Outcome::Ok;
      ASSERT_EQ(outcome, due) << task;
    }
  }

 private:
  using List = std::vector<std::uint64_t>;

  SchedulerOptions options() {
    SchedulerOptions options = lists_of(2 + below(9));
    options.window = 1 + below(3);
    options.failure.retries = 1 + below(2);
    options.failure.crash_retries = 2 + below(2);
    options.failure.start_retries = 1000;
    return options;
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  static bool is_poison(std::uint64_t task) { return task % 17 == 5; }
  static bool fails(std::uint64_t task) { return task % 13 == 7; }

  void take_sends() {
    for (; seen_ < table_.seen.size(); ++seen_) {
      if (const auto* send = std::get_if<SendTask>(&table_.seen[seen_])) {
        List list{number(send->task)};
        for (const auto& each : send->rest) list.push_back(number(each.task));
        for (const std::uint64_t task : list) ASSERT_LE(list.size(), size_max(task)) << task;
        queues_[send->worker].push_back(list);
      } else if (const auto* closed = std::get_if<CloseInput>(&table_.seen[seen_])) {
        closed_.push_back(closed->worker);
      }
    }
  }
  /// Once a list with it has failed, a task is by itself for ever.
  bool is_singly(std::uint64_t task) const {
    const auto found = singly_.find(task);
    return found != singly_.end() && found->second;
  }
  std::size_t size_max(std::uint64_t task) const { return is_singly(task) ? 1 : 1000; }

  void happen() {
    for (auto& [worker, queue] : queues_) {
      if (queue.empty() || below(2) == 0) continue;
      const List list = queue.front();
      const bool poisoned = std::any_of(list.begin(), list.end(), is_poison);
      const bool failing = std::any_of(list.begin(), list.end(), fails);
      if (poisoned) {
        // Of one whose kind has never answered, it is no task's fault.
        for (const std::uint64_t task : list) singly_[task] |= proven_;
        queue.clear();
        table_.tell(died(number(worker)));
      } else if (below(10) == 0) {
        queue.pop_front();
        table_.answer(number(worker), list.front(), AnswerKind::Busy);
      } else if (failing) {
        proven_ = true;
        for (const std::uint64_t task : list) singly_[task] = true;
        queue.pop_front();
        table_.answer(number(worker), list.front(), AnswerKind::Error);
      } else {
        queue.pop_front();
        proven_ = true;
        Answered answer{worker, TaskId{list.front()}};
        for (const std::uint64_t task : list) {
          answer.values.push_back(Slice::copy_of(as_bytes(std::to_string(task))));
        }
        if (list.size() == 1) answer.answer = std::move(answer.values.front());
        table_.tell(std::move(answer));
      }
    }
    for (const WorkerId worker : std::exchange(closed_, {})) {
      WorkerGone gone;
      gone.worker = worker;
      gone.clean = true;
      if (queues_[worker].empty()) table_.tell(std::move(gone));
    }
  }

  std::mt19937_64 random_;
  Table table_;
  std::size_t seen_ = 0;
  std::map<WorkerId, std::deque<List>> queues_;
  std::map<std::uint64_t, bool> singly_;
  std::vector<WorkerId> closed_;
  bool proven_ = false;
};

TEST(Lists, OfAnySortEndInTheRightOutcomes) {
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + (given == nullptr ? 300 : 1); ++seed) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
    RandomLists(seed).run();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace spread
