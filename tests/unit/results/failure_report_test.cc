#include "spread/results/failure_report.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FailureReport, ShowsAFailureAtOnce) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{17}, Outcome::Failed, "n1", "ValueError", "bad input"),
            "task 17 failed on host n1: ValueError: bad input");
  EXPECT_EQ(report.add(TaskId{18}, Outcome::Lost, "n1", "", "crashed 3 times"),
            "task 18 was lost on host n1: crashed 3 times");
  EXPECT_EQ(report.add(TaskId{19}, Outcome::Failed, "", "", ""), "task 19 failed");
}

TEST(FailureReport, SaysNothingOfWhatSucceeded) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{0}, Outcome::Ok, "n1", "", ""), "");
  EXPECT_THAT(report.summary(), IsEmpty());
}

TEST(FailureReport, ShowsTheFirstLineWithoutControlCharacters) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{1}, Outcome::Failed, "", "E", "\n a\x1b[2Jb\tc \nmore\n"),
            "task 1 failed: E: a\\x1b[2Jb c");
}

TEST(FailureReport, CutsALongMessage) {
  FailureReport report;
  const std::string line = report.add(TaskId{1}, Outcome::Failed, "", "", std::string(100000, 'x'));
  EXPECT_LT(line.size(), 600u);
  EXPECT_THAT(line, testing::EndsWith("x..."));
}

TEST(FailureReport, CountsAfterTheFirstFew) {
  FailureReport report(2);
  EXPECT_NE(report.add(TaskId{1}, Outcome::Failed, "", "", ""), "");
  EXPECT_NE(report.add(TaskId{2}, Outcome::Failed, "", "", ""), "");
  EXPECT_EQ(report.add(TaskId{3}, Outcome::Failed, "", "", ""),
            "further failures are only counted");
  EXPECT_EQ(report.add(TaskId{4}, Outcome::Failed, "", "", ""), "");
  EXPECT_EQ(report.count(Outcome::Failed), 4u);
  EXPECT_THAT(report.summary(),
              ElementsAre("4 of 4 tasks did not succeed: 4 failed", "failed: 1-4 (4 tasks)"));
}

TEST(FailureReport, SumsUpByOutcomeAndNamesWhatWasNotComputed) {
  FailureReport report;
  for (std::uint64_t id = 0; id < 100; ++id) {
    Outcome outcome = Outcome::Ok;
    if (id == 3) outcome = Outcome::Failed;
    if (id == 4) outcome = Outcome::Lost;
    if ((id >= 5 && id < 20) || id == 23 || id == 99) outcome = Outcome::NotComputed;
    report.add(TaskId{id}, outcome, "", "", "");
  }
  EXPECT_EQ(report.unsuccessful(), 19u);
  EXPECT_THAT(report.summary(),
              ElementsAre("19 of 100 tasks did not succeed: 1 failed, 1 lost, 17 not computed",
                          "lost: 4 (1 task)", "not computed: 5-19, 23, 99 (17 tasks)"));
}

TEST(IdRanges, JoinsWhatTouchesInAnyOrder) {
  const std::uint64_t seed = test::seed_from_environment(4);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    IdRanges ranges;
    std::set<std::uint64_t> ids;
    while (ids.size() < 60) {
      const std::uint64_t id = random.below(100);
      if (ids.insert(id).second) ranges.add(TaskId{id});
    }
    std::string wanted;
    for (auto it = ids.begin(); it != ids.end();) {
      const std::uint64_t first = *it;
      std::uint64_t last = first;
      for (++it; it != ids.end() && *it == last + 1; ++it) last = *it;
      if (!wanted.empty()) wanted += ", ";
      wanted += std::to_string(first);
      if (last != first) wanted += "-" + std::to_string(last);
    }
    ASSERT_EQ(ranges.text(100), wanted);
    ASSERT_EQ(ranges.count(), 60u);
  }
}

TEST(IdRanges, ShowsNoMoreThanWanted) {
  IdRanges ranges;
  for (std::uint64_t id = 0; id < 10; id += 2) ranges.add(TaskId{id});
  EXPECT_EQ(ranges.text(3), "0, 2, 4, ...");
  EXPECT_EQ(ranges.text(5), "0, 2, 4, 6, 8");
}

TEST(IdRanges, KeepsTheLowestIdsWhenThereAreTooMany) {
  IdRanges ranges(3);
  for (std::uint64_t id = 20; id > 0; id -= 2) ranges.add(TaskId{id});
  EXPECT_EQ(ranges.text(10), "2, 4, 6, ...");
  EXPECT_EQ(ranges.count(), 10u);
}

}  // namespace
}  // namespace spread
