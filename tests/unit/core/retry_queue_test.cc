#include "spread/core/task_table.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"

namespace spread {
namespace {

Task task_of(std::uint64_t id, WorkerId avoid = kNoWorker, bool crashed = false) {
  Task task;
  task.id = TaskId{id};
  task.avoid = avoid;
  task.crashes = crashed ? 1 : 0;
  task.alone = crashed;
  return task;
}

std::vector<TaskIndex> fronts(const RetryQueue& queue) {
  std::vector<TaskIndex> found;
  queue.each_kind([&](TaskIndex i) {
    found.push_back(i);
    return true;
  });
  return found;
}

TEST(RetryQueue, ShowsOneTaskOfThoseThatMayGoToTheSameWorkers) {
  RetryQueue queue;
  for (TaskIndex i = 0; i < 100; ++i) queue.insert(i, task_of(i, WorkerId{0}));
  queue.insert(100, task_of(100, WorkerId{1}));
  queue.insert(101, task_of(101, WorkerId{1}, true));
  queue.insert(102, task_of(102));
  EXPECT_EQ(fronts(queue), (std::vector<TaskIndex>{0, 100, 101, 102}));
  EXPECT_EQ(queue.alone_count(), 1u);
}

TEST(RetryQueue, StopsWhereItIsTold) {
  RetryQueue queue;
  queue.insert(0, task_of(0));
  queue.insert(1, task_of(1, WorkerId{1}));
  int shown = 0;
  queue.each_kind([&](TaskIndex) {
    ++shown;
    return false;
  });
  EXPECT_EQ(shown, 1);
}

TEST(RetryQueue, AgreesWithASearchOfAll) {
  Random random(5);
  RetryQueue queue;
  std::vector<Task> tasks;
  std::vector<TaskIndex> in;  // what is in the queue
  for (std::uint64_t id = 0; id < 200; ++id) {
    const WorkerId avoid =
        random.below(4) == 0 ? kNoWorker : WorkerId{std::uint32_t(random.below(5))};
    tasks.push_back(task_of(id, avoid, random.below(3) == 0));
  }
  for (int round = 0; round < 5000; ++round) {
    const auto i = static_cast<TaskIndex>(random.below(tasks.size()));
    const auto there = std::find(in.begin(), in.end(), i);
    if (there == in.end()) {
      queue.insert(i, tasks[i]);
      in.push_back(i);
    } else {
      queue.erase(i, tasks[i]);
      in.erase(there);
    }
    std::sort(in.begin(), in.end());  // by id, which is the index here
    ASSERT_EQ(queue.size(), in.size());
    std::vector<TaskIndex> due;
    std::vector<std::tuple<WorkerId, bool, bool>> kinds;
    std::size_t alone = 0;
    for (const TaskIndex each : in) {
      const std::tuple kind{tasks[each].avoid, tasks[each].crashes > 0, tasks[each].alone};
      alone += tasks[each].alone ? 1 : 0;
      if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
      kinds.push_back(kind);
      due.push_back(each);
    }
    ASSERT_EQ(fronts(queue), due);
    ASSERT_EQ(queue.alone_count(), alone);
    ASSERT_TRUE(in.empty() || queue.oldest() == in.front());
  }
}

}  // namespace
}  // namespace spread
