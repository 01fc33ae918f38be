#include "spread/cli/take_apart.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"

namespace spread::cli {
namespace {

using testing::ElementsAre;

template <typename T>
T parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "spread");
  auto line = parse_command_line(static_cast<int>(words.size()), words.data());
  EXPECT_TRUE(line.has_value()) << line.error().message;
  SubcommandOptions options = take_apart(std::move(line->options));
  EXPECT_TRUE(std::holds_alternative<T>(options));
  return std::get<T>(std::move(options));
}

TEST(TakeApart, RunHasItsWorkersAndItsTasks) {
  const auto run = parsed<RunOptions>(
      {"run",          "-j3", "--wire",    "lines", "--window", "7", "--in",           "json",
       "-a",           "f",   "--retries", "4",     "--wd",     "d", "--limit-memory", "1G",
       "--kill-grace", "2",   "--",        "w",     "x"});
  EXPECT_THAT(run.workers.command.words, ElementsAre("w", "x"));
  EXPECT_EQ(run.workers.command.directory, "d");
  EXPECT_EQ(run.workers.wire, Wire::Lines);
  EXPECT_EQ(run.workers.records.format, InputFormat::Json);
  EXPECT_THAT(run.tasks.input.files, ElementsAre("f"));
  EXPECT_EQ(run.tasks.output.format, OutputFormat::Json);
  EXPECT_EQ(run.tasks.window.tasks, 7u);
  EXPECT_EQ(run.tasks.limits.memory, std::uint64_t{1} << 30);
  EXPECT_EQ(run.failure.retries, 4u);
  EXPECT_EQ(run.common.hosts.slots, 3);
  EXPECT_EQ(run.common.ends.kill_grace, Duration(std::chrono::seconds(2)));
}

TEST(TakeApart, ResultsGoToAFileUnlessNothingRuns) {
  EXPECT_EQ(parsed<RunOptions>({"run", "-o", "f", "--", "w"}).common.report.output_file, "f");
  EXPECT_EQ(parsed<RunOptions>({"gang", "-n2", "-of", "--", "w"}).common.report.output_file, "f");
  EXPECT_EQ(parsed<PipeOptions>({"pipe", "-o", "f", "w"}).common.report.output_file, "f");
  EXPECT_EQ(parsed<MapOptions>({"map", "-o", "f", "w"}).common.report.output_file, "f");
  EXPECT_EQ(parsed<MapOptions>({"map", "-o", "f", "--dry-run", "w"}).common.report.output_file, "");
}

TEST(TakeApart, AllHasCommandsThatRunOnce) {
  const auto all =
      parsed<AllOptions>({"all", "-S", "a", "--tag", "--unordered", "--ok", "0,3", "--", "w"});
  EXPECT_THAT(all.workers.command.words, ElementsAre("w"));
  EXPECT_TRUE(all.once.tag);
  EXPECT_FALSE(all.once.ordered);
  EXPECT_THAT(all.once.ok_statuses, ElementsAre(0, 3));
  EXPECT_THAT(all.common.hosts.sshlogins, ElementsAre("a"));
  EXPECT_FALSE(all.common.ends.shutdown_timeout.has_value());
}

TEST(TakeApart, MapHasItsCommandAndItsItems) {
  const auto map = parsed<MapOptions>(
      {"map", "--lb", "-0", "--timeout", "3", "--delay", "1", "-n2", "cmd", "{}", ":::", "a", "b"});
  EXPECT_THAT(map.job.command.words, ElementsAre("cmd", "{}"));
  EXPECT_FALSE(map.job.ordered);
  EXPECT_EQ(map.items.delimiter, '\0');
  EXPECT_EQ(map.items.arguments.items_max, 2u);
  ASSERT_EQ(map.items.input.groups.size(), 1u);
  EXPECT_THAT(map.items.input.groups[0].words, ElementsAre("a", "b"));
  EXPECT_EQ(map.attempts.timeout, Duration(std::chrono::seconds(3)));
  EXPECT_EQ(map.starts.delay, Duration(std::chrono::seconds(1)));
}

TEST(TakeApart, PipeHasItsCommandAndHowTheInputIsCut) {
  const auto pipe = parsed<PipeOptions>(
      {"pipe", "--round-robin", "--block", "2M", "-a", "f", "--unordered", "wc"});
  EXPECT_THAT(pipe.job.command.words, ElementsAre("wc"));
  EXPECT_FALSE(pipe.job.ordered);
  EXPECT_TRUE(pipe.round_robin);
  EXPECT_THAT(pipe.cut.files, ElementsAre("f"));
  EXPECT_EQ(pipe.cut.block_bytes, std::size_t{2} << 20);
}

TEST(TakeApart, HostsAndHistoryHaveTheirs) {
  EXPECT_TRUE(parsed<HostsOptions>({"hosts", "--check", "-S", "a"}).check);
  EXPECT_THAT(parsed<HostsOptions>({"hosts", "-S", "a"}).hosts.sshlogins, ElementsAre("a"));
  const auto history = parsed<HistoryOptions>({"history", "reset", "h", "--history", "f"});
  EXPECT_TRUE(history.reset);
  EXPECT_EQ(history.file.name, "f");
  EXPECT_THAT(history.words, ElementsAre("h"));
}

TEST(TakeApart, XargsIsAMap) {
  const auto map = parsed<MapOptions>({"xargs", "-P0", "rm"});
  ASSERT_TRUE(map.items.xargs.has_value());
  EXPECT_THAT(map.items.xargs->command, ElementsAre("rm"));
  EXPECT_TRUE(map.common.hosts.slots_unlimited);
}

}  // namespace
}  // namespace spread::cli
