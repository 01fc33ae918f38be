#include "spread/results/job_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JobFailures, SaysNothingWhereAllWentWell) {
  EXPECT_THAT(JobFailures().summary(3, "--halt was reached"), IsEmpty());
}

TEST(JobFailures, JobsThatWereNeverStartedWereNotRun) {
  JobFailures failures;
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, "why"), ElementsAre("1 job was not run: why"));
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, ""), ElementsAre("2 jobs were not run"));
}

TEST(JobFailures, JobsThatWereStartedWereNotFinished) {
  JobFailures failures;
  failures.not_computed(true);
  EXPECT_THAT(failures.summary(3, "why"), ElementsAre("1 job was not finished: why"));
}

TEST(JobFailures, BothKindsAreToldInOneLine) {
  JobFailures failures;
  failures.not_computed(true);
  failures.not_computed(false);
  failures.not_computed(false);
  EXPECT_THAT(failures.summary(3, "why"),
              ElementsAre("1 job was not finished, and 2 jobs were not run: why"));
}

}  // namespace
}  // namespace spread
