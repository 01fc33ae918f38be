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
            "task 18 failed on n1: ValueError: bad input");
  EXPECT_EQ(report.add(TaskId{18}, Outcome::Lost, "n1", "Lost", "crashed 3 times"),
            "task 19 was lost on n1: crashed 3 times");
  EXPECT_EQ(report.add(TaskId{19}, Outcome::Failed, "", "", ""), "task 20 failed");
}

TEST(FailureReport, SaysNothingOfWhatSucceeded) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{0}, Outcome::Ok, "n1", "", ""), "");
  EXPECT_THAT(report.summary(), IsEmpty());
}

TEST(FailureReport, ShowsTheFirstLineWithoutControlCharacters) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{1}, Outcome::Failed, "", "E", "\n a\x1b[2Jb\tc \nmore\n"),
            "task 2 failed: E: a\\x1b[2Jb c");
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
              ElementsAre("4 of 4 tasks did not succeed: 4 failed", "failed: 2-5 (4 tasks)"));
}

TEST(FailureReport, SaysWhereTheTaskIsAndWhereTheFault) {
  FailureReport report;
  FailurePlace place;
  place.where = "line 3 of rows.csv";
  place.input = R"({"id":"3",
"name":"plum"})";
  place.trace = "Traceback (most recent call last):\n  File \"/w/csvw.py\", line 3, in f\n    x\n";
  EXPECT_EQ(report.add(TaskId{2}, Outcome::Failed, "n1", "E", "m", place),
            R"(task 3 (line 3 of rows.csv: {"id":"3", "name":"plum"}) failed on n1: E: m )"
            "(csvw.py:3, in f)");
  const std::string large(100000, 'x');
  place.input = large;
  EXPECT_LT(report.add(TaskId{3}, Outcome::Failed, "", "", "other", place).size(), 200u);
}

TEST(FailureReport, TellsTheSameFaultOnce) {
  FailureReport report;
  EXPECT_EQ(report.add(TaskId{0}, Outcome::Failed, "n1", "E", "m"), "task 1 failed on n1: E: m");
  EXPECT_EQ(report.add(TaskId{1}, Outcome::Failed, "n2", "E", "m"),
            "tasks that fail in the same way are only counted");
  EXPECT_EQ(report.add(TaskId{2}, Outcome::Failed, "n1", "E", "m"), "");
  EXPECT_EQ(report.add(TaskId{3}, Outcome::Failed, "n1", "E", "n"), "task 4 failed on n1: E: n");
  EXPECT_THAT(report.summary(),
              ElementsAre("4 of 4 tasks did not succeed: 4 failed", "failed: 1-4 (4 tasks)"));
}

TEST(FailureReport, NothingComputedIsOneLine) {
  FailureReport report;
  report.add(TaskId{0}, Outcome::NotComputed, "", "", "");
  EXPECT_THAT(report.summary(), ElementsAre("the only task was not computed"));
  report.add(TaskId{1}, Outcome::NotComputed, "", "", "");
  EXPECT_THAT(report.summary(), ElementsAre("none of 2 tasks was computed"));
}

TEST(PlaceInTrace, IsTheInnermostThatIsTheUsers) {
  EXPECT_EQ(place_in_trace("Traceback (most recent call last):\n"
                           "  File \"/sdk/spread_worker/serve.py\", line 40, in run\n"
                           "  File \"/home/u/w.py\", line 7, in outer\n    g(x)\n"
                           "  File \"/home/u/lib.py\", line 9, in g\n    loads(x)\n"
                           "  File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n"
                           "  File \"<string>\", line 1, in <module>\n"
                           "ValueError: bad\n"),
            "lib.py:9, in g");
}

TEST(PlaceInTrace, OfForeignCodeAloneIsTheInnermost) {
  EXPECT_EQ(place_in_trace("  File \"/usr/lib/python3.11/a.py\", line 1, in f\n"), "a.py:1, in f");
  EXPECT_EQ(place_in_trace("at main.rs:3\n"), "");
  EXPECT_EQ(place_in_trace(""), "");
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
                          "lost: 5 (1 task)", "not computed: 6-20, 24, 100 (17 tasks)"));
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
      wanted += std::to_string(first + 1);
      if (last != first) wanted += "-" + std::to_string(last + 1);
    }
    ASSERT_EQ(ranges.text(100), wanted);
    ASSERT_EQ(ranges.count(), 60u);
  }
}

TEST(IdRanges, ShowsNoMoreThanWanted) {
  IdRanges ranges;
  for (std::uint64_t id = 0; id < 10; id += 2) ranges.add(TaskId{id});
  EXPECT_EQ(ranges.text(3), "1, 3, 5, ...");
  EXPECT_EQ(ranges.text(5), "1, 3, 5, 7, 9");
}

TEST(IdRanges, KeepsTheLowestIdsWhenThereAreTooMany) {
  IdRanges ranges(3);
  for (std::uint64_t id = 20; id > 0; id -= 2) ranges.add(TaskId{id});
  EXPECT_EQ(ranges.text(10), "3, 5, 7, ...");
  EXPECT_EQ(ranges.count(), 10u);
}

}  // namespace
}  // namespace spread
