// What `spread pipe` makes of its words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "map_support.h"
#include "spread/cli/flags.h"

namespace spread::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<ParsedCommandLine> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "spread");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

Options pipe(std::vector<const char*> words) {
  words.insert(words.begin(), "pipe");
  const auto parsed = parse(std::move(words));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->options : Options();
}

std::string refused(std::vector<const char*> words) {
  words.insert(words.begin(), "pipe");
  const auto parsed = parse(std::move(words));
  return parsed ? "" : parsed.error().message;
}

TEST(CutOptions, TakesACommandWithItsOwnOptions) {
  const Options options = pipe({"--block", "10M", "wc", "-w"});
  EXPECT_EQ(options.subcommand, Subcommand::Pipe);
  EXPECT_EQ(options.cut.block_bytes, 10u << 20);
  EXPECT_THAT(options.job.command.words, ElementsAre("wc", "-w"));
}

TEST(CutOptions, SeparatorsHaveTheEscapesOfC) {
  const Options options = pipe({"--recend", "\\n\\n", "--recstart", "\\t>", "cat"});
  EXPECT_EQ(options.cut.record_end, "\n\n");
  EXPECT_EQ(options.cut.record_start, "\t>");
}

TEST(CutOptions, PatternsHaveTheirOwnEscapes) {
  const Options options = pipe({"--recend", "\\n+", "--recstart", "\\t", "--regexp", "cat"});
  EXPECT_EQ(options.cut.record_end, "\\n+");
  EXPECT_EQ(options.cut.record_start, "\\t");
  EXPECT_TRUE(options.cut.record_patterns);
  EXPECT_THAT(refused({"--pipepart", "-a", "f", "--regexp", "--recend", "x", "cat"}),
              HasSubstr("--pipepart and --regexp exclude each other"));
}

TEST(CutOptions, CountsOfRecordsAndLines) {
  const Options options = pipe({"-N", "7", "-L", "2", "--header", ":", "cat"});
  EXPECT_EQ(options.cut.records, 7u);
  EXPECT_EQ(options.cut.lines, 2u);
  EXPECT_EQ(options.cut.header_lines, 1u);
  EXPECT_EQ(pipe({"--header", "3", "cat"}).cut.header_lines, 3u);
  EXPECT_THAT(refused({"-N", "0", "cat"}), HasSubstr("-N: expected a whole number of at least 1"));
}

TEST(CutOptions, PipepartNeedsAFileAndMakesTenBlocksForEverySlot) {
  EXPECT_EQ(pipe({"--pipepart", "-a", "f", "cat"}).cut.blocks_per_slot, 10u);
  EXPECT_EQ(pipe({"--pipepart", "-a", "f", "--block", "-2", "cat"}).cut.blocks_per_slot, 2u);
  const Options by_size = pipe({"--pipepart", "-a", "f", "--block", "5M", "cat"});
  EXPECT_EQ(by_size.cut.blocks_per_slot, 0u);
  EXPECT_EQ(by_size.cut.block_bytes, 5u << 20);
  EXPECT_THAT(refused({"--pipepart", "cat"}), HasSubstr("--pipepart needs a file: -a FILE"));
  EXPECT_THAT(refused({"--block", "-2", "cat"}), HasSubstr("is for --pipepart"));
}

TEST(CutOptions, WhatExcludesEachOtherIsToldByName) {
  EXPECT_THAT(refused({"--round-robin", "--pipepart", "-a", "f", "cat"}),
              HasSubstr("--pipepart and --round-robin exclude each other"));
  EXPECT_THAT(refused({"--round-robin", "--joblog", "f", "cat"}), HasSubstr("exclude each other"));
  EXPECT_THAT(refused({"-u", "-k", "cat"}), HasSubstr("-u and -k exclude each other"));
  for (const char* option : {"-u", "--lb", "--results=d"}) {
    EXPECT_THAT(refused({option, "--out", "records", "cat"}),
                HasSubstr("and --out records exclude each other"));
  }
  EXPECT_THAT(refused({"-a", "-", "-a", "-", "cat"}), HasSubstr("named twice"));
  EXPECT_THAT(refused({"--pipepart", "-a", "f", "-a", "-", "cat"}), HasSubstr("needs a file"));
}

TEST(CutOptions, NeedsACommand) { EXPECT_THAT(refused({}), HasSubstr("no command is named")); }

TEST(CutOptions, HasNoItems) {
  EXPECT_THAT(refused({"cat", ":::", "a"}),
              HasSubstr("::: and :::: give items, and pipe (map --pipe"));
}

TEST(CutOptions, MapWithPipeIsPipe) {
  const auto parsed = parse({"map", "--pipe", "--block", "2M", "cat"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->options.subcommand, Subcommand::Pipe);
  EXPECT_EQ(parsed->options.cut.block_bytes, 2u << 20);
  const auto part = parse({"map", "-j", "3", "--pipepart", "-a", "f", "cat"});
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_TRUE(part->options.cut.by_ranges);
}

TEST(CutOptions, PipeBehindTheCommandIsTheCommands) {
  const auto parsed = parse({"map", "--", "prog", "--pipe"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->options.subcommand, Subcommand::Map);
}

}  // namespace
}  // namespace spread::cli
