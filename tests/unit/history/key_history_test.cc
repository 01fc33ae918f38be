#include "spread/history/key_history.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spread {
namespace {

HistoryKey part_key(const std::string& host, std::vector<std::string> command = {"work"}) {
  return {host, std::move(command), ""};
}

Observation observed(const HistoryKey& of, double seconds, double tasks = 10) {
  Observation seen;
  seen.key = of;
  seen.seconds = seconds;
  seen.tasks = tasks;
  seen.answers = static_cast<std::uint64_t>(tasks);
  return seen;
}

/// What is known after these runs.
std::map<std::string, PartHistory> after_runs(const std::vector<std::vector<Observation>>& runs) {
  std::map<std::string, PartHistory> known;
  const auto factor_of = [&](const HistoryKey& of) {
    std::vector<PartHistory> parts;
    for (const std::string& part : parts_of(of)) {
      if (known.count(part) != 0) parts.push_back(known[part]);
    }
    return combine(parts);
  };
  for (const std::vector<Observation>& run : runs) {
    std::vector<Factor> before;
    for (const Observation& seen : run) before.push_back(factor_of(seen.key));
    for (const auto& [part, score] : score_parts(run, log_factors(run, before))) {
      merge(known[part], score);
    }
  }
  return known;
}

double factor(const std::map<std::string, PartHistory>& known, const HistoryKey& of) {
  std::vector<PartHistory> parts;
  for (const std::string& part : parts_of(of)) {
    if (const auto found = known.find(part); found != known.end()) parts.push_back(found->second);
  }
  return std::exp(combine(parts).log);
}

TEST(KeyHistory, TheFirstAnswersOfProcessesCountOnlyWhereThereAreNoOthers) {
  KeyRecord record;
  record.first_answers = 2;
  record.first_seconds = 8;
  EXPECT_DOUBLE_EQ(observe(part_key("a"), record).seconds, 4);
  record.answers = 10;
  record.total_seconds = 5;
  EXPECT_DOUBLE_EQ(observe(part_key("a"), record).seconds, 0.5);
  EXPECT_EQ(observe(part_key("a"), record).answers, 12u);
}

TEST(KeyHistory, ARecordWithoutAnAnswerHasNoSpeed) {
  EXPECT_EQ(observe(part_key("a"), KeyRecord{}).seconds, 0);
}

TEST(KeyHistory, ANewRunCountsTwiceAsMuchAsAnOldOneOfAsManyTasks) {
  KeyHistory known;
  merge(known, observed(part_key("a"), 1, 100), 5);
  EXPECT_DOUBLE_EQ(known.seconds, 1);
  merge(known, observed(part_key("a"), 4, 100), 6);
  EXPECT_DOUBLE_EQ(known.seconds, 3);
  EXPECT_EQ(known.tasks, 200u);
  EXPECT_EQ(known.last_used, 6);
}

TEST(KeyHistory, AMillionTasksOfOldDoNotWeighForEver) {
  KeyHistory known;
  merge(known, observed(part_key("a"), 1, 1e6), 5);
  merge(known, observed(part_key("a"), 2, 1000), 6);
  EXPECT_GT(known.seconds, 1.6);
}

TEST(KeyHistory, ARunThatOnlyFailedKeepsTheSpeed) {
  KeyHistory known;
  merge(known, observed(part_key("a"), 1), 5);
  Observation failed = observed(part_key("a"), 0, 0);
  failed.failures = 10;
  merge(known, failed, 6);
  EXPECT_DOUBLE_EQ(known.seconds, 1);
  EXPECT_DOUBLE_EQ(known.failure_rate, 0.5);
}

TEST(KeyHistory, RatesAreOfTheDispatches) {
  KeyHistory known;
  Observation seen = observed(part_key("a"), 1, 6);
  seen.failures = 2;
  seen.refusals = 2;
  merge(known, seen, 1);
  EXPECT_DOUBLE_EQ(known.failure_rate, 0.2);
  EXPECT_DOUBLE_EQ(known.busy_rate, 0.2);
}

TEST(KeyHistory, AnArgumentIsNeverTakenForAHost) {
  const auto parts = parts_of(part_key("a", {"@a", "x", "x"}));
  EXPECT_EQ(parts, (std::vector<std::string>{"@a", "=@a", "=x"}));
}

TEST(HostFactor, OneKeyAloneShowsNothing) {
  EXPECT_TRUE(after_runs({{observed(part_key("a"), 1)}}).empty());
}

TEST(HostFactor, CarriesOverToACommandNeverSeen) {
  const auto known = after_runs({{observed(part_key("a"), 1), observed(part_key("b"), 4)}});
  const double a = factor(known, part_key("a", {"other"}));
  const double b = factor(known, part_key("b", {"other"}));
  EXPECT_NEAR(b / a, 4, 0.6);
}

TEST(HostFactor, OfRunsWithDifferentHostsCanBeCompared) {
  std::vector<std::vector<Observation>> runs;
  for (int i = 0; i < 6; ++i) {
    runs.push_back({observed(part_key("a"), 1), observed(part_key("b"), 4)});
    // Another command, a hundred times as long, and only one host in common.
    runs.push_back(
        {observed(part_key("b", {"long"}), 400), observed(part_key("c", {"long"}), 1600)});
  }
  const auto known = after_runs(runs);
  const double a = factor(known, part_key("a", {"new"}));
  const double c = factor(known, part_key("c", {"new"}));
  EXPECT_NEAR(std::log(c / a), std::log(16), 0.5);
}

TEST(HostFactor, AListNeverSeenIsJudgedByItsPartThatMatters) {
  // As --worker lists: the host is one argument among others.
  const HistoryKey fast = part_key("localhost", {"ssh", "fast", "work"});
  const HistoryKey slow = part_key("localhost", {"ssh", "slow", "work"});
  std::vector<std::vector<Observation>> runs(4, {observed(fast, 1), observed(slow, 4)});
  const auto known = after_runs(runs);
  const double a = factor(known, part_key("localhost", {"ssh", "fast", "other"}));
  const double b = factor(known, part_key("localhost", {"ssh", "slow", "other"}));
  EXPECT_NEAR(b / a, 4, 0.8);
  EXPECT_NEAR(factor(known, part_key("localhost", {"ssh", "unknown", "work"})), 1, 0.1);
}

TEST(HostFactor, FollowsAHostThatHasBecomeFaster) {
  std::vector<std::vector<Observation>> runs(
      5, {observed(part_key("a"), 1), observed(part_key("b"), 4)});
  runs.resize(15, {observed(part_key("a"), 1), observed(part_key("b"), 1)});
  const auto known = after_runs(runs);
  EXPECT_NEAR(factor(known, part_key("b")) / factor(known, part_key("a")), 1, 0.3);
}

}  // namespace
}  // namespace spread
