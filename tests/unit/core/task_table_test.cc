#include "spread/core/task_table.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "spread/base/random.h"

namespace spread {
namespace {

Value payload(std::size_t bytes) {
  Value value;
  value.body = Slice::copy_of(as_bytes(std::string(bytes, 'x')));
  return value;
}

class TaskTableTest : public testing::Test {
 protected:
  /// Tasks 0, 1, ... of so many bytes.
  void push(std::uint64_t count, std::size_t bytes = 10) {
    for (; count > 0; --count) table_.push_new(TaskId{next_++}, payload(bytes));
  }
  std::uint64_t id(TaskIndex i) const { return number(table_[i].id); }

  TaskTable table_;
  std::uint64_t next_ = 0;
};

TEST_F(TaskTableTest, NewTasksAreTakenInOrder) {
  push(3);
  EXPECT_EQ(id(table_.fresh_front()), 0u);
  EXPECT_EQ(id(table_.take_fresh()), 0u);
  EXPECT_EQ(id(table_.take_fresh()), 1u);
}

TEST_F(TaskTableTest, TasksThatComeBackAreOldestFirst) {
  push(4);
  TaskIndex tasks[4];
  for (TaskIndex& task : tasks) task = table_.take_fresh();
  for (const int i : {2, 0, 3, 1}) table_.give_back(tasks[i]);
  const auto waiting = [&] {
    std::vector<std::uint64_t> ids;
    table_.again().each([&](TaskIndex i) { ids.push_back(id(i)); });
    return ids;
  };
  EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{0, 1, 2, 3}));
  table_.take_again(tasks[1]);
  EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{0, 2, 3}));
}

TEST_F(TaskTableTest, BytesAreThoseThatWait) {
  push(2, 100);
  EXPECT_EQ(table_.queued_bytes(), 200u);
  const TaskIndex task = table_.take_fresh();
  EXPECT_EQ(table_.queued_bytes(), 100u);
  table_.give_back(task);
  EXPECT_EQ(table_.queued_bytes(), 200u);
}

TEST_F(TaskTableTest, CountsAgree) {
  push(3);
  const TaskIndex task = table_.take_fresh();
  EXPECT_EQ(table_.queued(), 2u);
  EXPECT_EQ(table_.in_flight(), 1u);
  EXPECT_EQ(table_.live(), 3u);
  table_.erase(task);
  EXPECT_EQ(table_.live(), 2u);
  EXPECT_FALSE(table_.empty());
}

TEST_F(TaskTableTest, ATaskInAUsedPlaceIsAsGoodAsNew) {
  push(1);
  const TaskIndex task = table_.take_fresh();
  table_[task].attempts = 3;
  table_[task].failures = table_[task].crashes = 2;
  table_[task].alone = true;
  table_[task].avoid = WorkerId{1};
  table_.give_back(task);
  table_.take_again(task);
  table_[task].payload = Value{};
  table_.erase(task);
  push(1);
  EXPECT_EQ(table_.fresh_front(), task);
  EXPECT_EQ(table_[task].attempts, 0u);
  EXPECT_EQ(table_[task].failures, 0u);
  EXPECT_EQ(table_[task].crashes, 0u);
  EXPECT_FALSE(table_[task].alone);
  EXPECT_EQ(table_[task].avoid, kNoWorker);
}

TEST_F(TaskTableTest, AFailureLeavesNothingBehindInItsPlace) {
  push(1);
  const TaskIndex task = table_.take_fresh();
  table_[task].failures = 1;  // it never came back
  table_.erase(task);
  push(1);
  EXPECT_EQ(table_[table_.fresh_front()].failures, 0u);
}

TEST(TaskTableByAge, TheOldestInFlightIsFoundWhateverBecomesOfTheOthers) {
  TaskTable table(true);
  std::map<TaskId, TaskIndex> flying;  // the same, by a search
  Random random(5);
  std::uint64_t arrived = 0;
  const auto any = [&] {
    return std::next(flying.begin(), static_cast<std::ptrdiff_t>(random.below(flying.size())));
  };
  for (int step = 0; step < 20000; ++step) {
    switch (random.below(5)) {
      case 0: table.push_new(TaskId{arrived++}, Value{}); break;
      case 1:
        if (table.again_count() > 0) {
          const TaskIndex i = table.again().oldest();
          table.take_again(i);
          flying.emplace(table[i].id, i);
        } else if (table.fresh_count() > 0) {
          const TaskIndex i = table.take_fresh();
          flying.emplace(table[i].id, i);
        }
        break;
      case 2:
        if (table.fresh_count() > 0) {
          const TaskIndex i = table.take_fresh();
          flying.emplace(table[i].id, i);
        }
        break;
      case 3:
      case 4:
        if (flying.empty()) break;
        const auto gone = any();
        if (random.below(2) == 0) {
          table.give_back(gone->second);
        } else if (table[gone->second].is_plain()) {
          table.erase_plain(gone->second);
        } else {
          table.erase(gone->second);
        }
        flying.erase(gone);
    }
    const auto oldest = table.oldest_in_flight();
    ASSERT_EQ(oldest.has_value(), !flying.empty());
    if (oldest) {
      ASSERT_EQ(*oldest, flying.begin()->second);
    }
  }
}

TEST_F(TaskTableTest, TheEndOfARunTakesTheOldestFirst) {
  push(3);
  table_.give_back(table_.take_fresh());
  for (std::uint64_t due = 0; due < 3; ++due) {
    const TaskIndex task = table_.pop_queued();
    EXPECT_EQ(id(task), due);
    table_.erase(task);
  }
  EXPECT_TRUE(table_.empty());
}

TEST_F(TaskTableTest, CountsThoseThatAreToRunAlone) {
  push(2);
  const TaskIndex a = table_.take_fresh();
  const TaskIndex b = table_.take_fresh();
  table_[a].alone = true;
  table_.give_back(a);
  table_.give_back(b);
  EXPECT_EQ(table_.again().alone_count(), 1u);
  table_.take_again(a);
  EXPECT_EQ(table_.again().alone_count(), 0u);
}

TEST_F(TaskTableTest, APayloadIsReleasedWithItsTask) {
  push(1);
  const TaskIndex task = table_.take_fresh();
  const Slice kept = table_[task].payload.body;
  EXPECT_EQ(kept.block()->references(), 2u);
  table_.erase(task);
  EXPECT_EQ(kept.block()->references(), 1u);
}

}  // namespace
}  // namespace spread
