#include "spread/results/failure_report.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JobFailures, SaysNothingWhereAllWentWell) {
  EXPECT_THAT(JobFailures().summary(3, "--halt was reached", 0), IsEmpty());
}

TEST(JobFailures, JobsThatWereNeverStartedWereNotRun) {
  JobFailures failures;
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, "why", 0), ElementsAre("1 job was not run: why"));
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, "", 0), ElementsAre("2 jobs were not run"));
}

TEST(JobFailures, JobsThatWereStartedWereNotFinished) {
  JobFailures failures;
  failures.not_computed(true);
  EXPECT_THAT(failures.summary(3, "why", 0), ElementsAre("1 job was not finished: why"));
}

TEST(JobFailures, BothKindsAreToldInOneLine) {
  JobFailures failures;
  failures.not_computed(true);
  failures.not_computed(false);
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, "why", 0),
              ElementsAre("1 job was not finished, and 2 jobs were not run: why"));
}

TEST(JobFailures, OneWayIsOneLine) {
  JobFailures failures;
  failures.failed(TaskId{0}, "exit status 1", "grep x", "", 0);
  EXPECT_THAT(failures.summary(1, "", 0), ElementsAre("1 of 1 job failed: exit status 1: grep x"));
  EXPECT_THAT(failures.summary(3, "", 0),
              ElementsAre("1 of 3 jobs failed (job 1): exit status 1: grep x"));
  failures.failed(TaskId{2}, "exit status 1", "grep x", "", 0);
  EXPECT_THAT(failures.summary(2, "", 0), ElementsAre("2 of 2 jobs failed: exit status 1: grep x"));
  EXPECT_THAT(failures.summary(3, "", 0),
              ElementsAre("2 of 3 jobs failed (jobs 1, 3): exit status 1: grep x"));
}

TEST(JobFailures, WaysStandInTheOrderOfTheirJobsAndTheTotalLast) {
  JobFailures failures;
  failures.failed(TaskId{4}, "exit status 2", "b 5", "", 0);
  failures.failed(TaskId{3}, "exit status 1", "a 4", "", 0);
  failures.failed(TaskId{1}, "exit status 1", "a 2", "", 0);
  EXPECT_THAT(failures.summary(9, "", 0),
              ElementsAre("jobs 2, 4: exit status 1: a 2", "job 5: exit status 2: b 5",
                          "3 of 9 jobs failed"));
}

TEST(JobFailures, OtherLastWordsAreAnotherWay) {
  JobFailures failures;
  failures.failed(TaskId{0}, "exit status 1", "a", "this", 0);
  failures.failed(TaskId{1}, "exit status 1", "a", "that", 0);
  EXPECT_THAT(
      failures.summary(2, "", 0),
      ElementsAre("job 1: exit status 1: a", "job 2: exit status 1: a", "2 of 2 jobs failed"));
}

TEST(JobFailures, LastWordsAreToldWhereTheyAreNotOnTheScreen) {
  JobFailures hidden, shown;
  hidden.failed(TaskId{0}, "exit status 1", "a", "one\ntwo", std::nullopt);
  EXPECT_THAT(hidden.summary(1, "", 0),
              ElementsAre("1 of 1 job failed: exit status 1: a\n    | one\n    | two"));
  shown.failed(TaskId{0}, "exit status 1", "a", "one", 100);
  EXPECT_THAT(shown.summary(1, "", 100 + JobFailures::kScreenBytes),
              ElementsAre("1 of 1 job failed: exit status 1: a"));
  EXPECT_THAT(shown.summary(1, "", 101 + JobFailures::kScreenBytes),
              ElementsAre("1 of 1 job failed: exit status 1: a\n    | one"));
}

TEST(JobFailures, ShowsFiveWaysUnlessAskedForAll) {
  JobFailures five, all(true);
  for (std::uint64_t job = 0; job < 7; ++job) {
    const std::string how = "exit status " + std::to_string(job + 1);
    five.failed(TaskId{job}, how, "a", "", 0);
    all.failed(TaskId{job}, how, "a", "", 0);
  }
  const auto lines = five.summary(7, "", 0);
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[5], "2 more jobs failed, each in another way (-v shows all)");
  EXPECT_EQ(lines[6], "7 of 7 jobs failed");
  EXPECT_EQ(all.summary(7, "", 0).size(), 8u);
}

TEST(JobFailures, KeepsNoMoreThanItsLimit) {
  JobFailures failures(true);
  for (std::uint64_t job = 0; job < JobFailures::kWaysMax + 3; ++job) {
    failures.failed(TaskId{job}, "exit status 1", "a", std::to_string(job), 0);
  }
  const auto lines = failures.summary(JobFailures::kWaysMax + 3, "", 0);
  ASSERT_EQ(lines.size(), JobFailures::kWaysMax + 2);
  EXPECT_EQ(lines[JobFailures::kWaysMax], "3 more jobs failed, each in another way");
}

}  // namespace
}  // namespace spread
