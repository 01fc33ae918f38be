#include "job_table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using spread::State;
using spread::TaskResult;
using spread::Value;
using spread::pool_detail::JobTable;
using spread::pool_detail::LiveJob;

std::vector<Value> tasks(std::size_t count) { return std::vector<Value>(count); }

TaskResult ok() {
  TaskResult result;
  result.state = State::ok;
  return result;
}

TEST(JobTable, KnowsWhichTaskIsWhose) {
  JobTable table;
  table.begin(table.make(tasks(2), {}), 0);
  table.begin(table.make(tasks(1), {}), 2);
  table.begin(table.make(tasks(3), {}), 7);
  EXPECT_EQ(table.find(0).job->number, 0u);
  EXPECT_EQ(table.find(1).index, 1u);
  EXPECT_EQ(table.find(2).job->number, 1u);
  EXPECT_EQ(table.find(3).job, nullptr);
  EXPECT_EQ(table.find(9).index, 2u);
  EXPECT_EQ(table.find(10).job, nullptr);
  EXPECT_EQ(JobTable().find(0).job, nullptr);
}

TEST(JobTable, GivesAJobWhenItsLastTaskIsFinal) {
  JobTable table;
  table.begin(table.make(tasks(2), {}), 5);
  EXPECT_FALSE(table.finish(table.find(6), ok()).has_value());
  const auto job = table.finish(table.find(5), ok());
  ASSERT_TRUE(job.has_value());
  EXPECT_FALSE(job->failed);
  EXPECT_FALSE(table.any_live());
  EXPECT_EQ(table.find(5).job, nullptr);
}

TEST(JobTable, KnowsWhatHasFailed) {
  JobTable table;
  table.begin(table.make(tasks(1), {}), 0);
  const auto job = table.finish(table.find(0), spread::pool_detail::not_computed("T", "why"));
  EXPECT_TRUE(job->failed);
  EXPECT_EQ(job->results[0].failure->type, "T");
  EXPECT_EQ(job->results[0].failure->message, "why");
}

TEST(JobTable, AddsUpTheProgressOfAJob) {
  JobTable table;
  table.begin(table.make(tasks(4), {}), 0);
  table.finish(table.find(0), ok());
  EXPECT_DOUBLE_EQ(table.progress(table.find(1), 0.5), 1.5 / 4);
  EXPECT_DOUBLE_EQ(table.progress(table.find(2), 1), 2.5 / 4);
  EXPECT_DOUBLE_EQ(table.progress(table.find(1), 0.25), 2.25 / 4);
  table.finish(table.find(2), ok());
  EXPECT_DOUBLE_EQ(table.progress(table.find(1), 7), 3.0 / 4);
}

TEST(JobTable, DropsThoseThatWait) {
  JobTable table;
  table.begin(table.make(tasks(1), {}), 0);
  table.wait(table.make(tasks(2), {}));
  table.wait(table.make(tasks(1), {}));
  const JobTable::Ended dropped = table.drop_waiting("Flushed", "why");
  ASSERT_EQ(dropped.size(), 2u);
  EXPECT_EQ(dropped[0].number, 1u);
  EXPECT_EQ(dropped[0].results[1].failure->type, "Flushed");
  EXPECT_FALSE(table.any_waiting());
  EXPECT_TRUE(table.any_live());
}

TEST(JobTable, GivesThoseThatWaitInTheirOrder) {
  JobTable table;
  table.wait(table.make(tasks(1), {}));
  table.wait(table.make(tasks(1), {}));
  EXPECT_EQ(table.take_waiting().number, 0u);
  EXPECT_EQ(table.take_waiting().number, 1u);
}

}  // namespace
