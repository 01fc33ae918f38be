#include "spread/blocks/block_options.h"

#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string complaint(const BlockOptions& options, bool by_ranges = false) {
  const Status status = check_block_options(options, by_ranges);
  return status ? "" : status.error().message;
}

TEST(BlockOptions, AreFineByDefault) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({}, true), "");
}

TEST(BlockOptions, RefuseLinesWithOtherRecords) {
  BlockOptions options;
  options.lines = 2;
  options.recend = ";";
  EXPECT_EQ(complaint(options),
            "-L counts lines; it cannot be combined with --recstart or --recend (use -N)");
}

TEST(BlockOptions, RefuseABlockBeyondTheLimitUnlessItIsARange) {
  BlockOptions options;
  options.block_bytes = 5;
  options.max_block_bytes = 4;
  EXPECT_EQ(complaint(options), "--block 5: a block has at most 4 bytes");
  EXPECT_EQ(complaint(options, true), "");
}

TEST(BlockOptions, RefuseMoreRecordsThanCanBeCounted) {
  BlockOptions options;
  options.records = SIZE_MAX / 2;
  options.lines = 3;
  EXPECT_EQ(complaint(options), "-N times -L is too large a number");
}

TEST(BlockOptions, RefuseToCountInRanges) {
  BlockOptions options;
  options.records = 1;
  EXPECT_EQ(complaint(options, true),
            "-N with --pipepart: it does not read the whole file and cannot count");
  options.records = 0;
  options.lines = 1;
  EXPECT_EQ(complaint(options, true),
            "-L with --pipepart: it does not read the whole file and cannot count");
}

TEST(BlockOptions, RefuseToRemoveSeparatorsInRanges) {
  BlockOptions options;
  options.remove_separators = true;
  EXPECT_EQ(complaint(options, true),
            "--rrs with --pipepart: the file does not pass through spread");
}

TEST(BlockOptions, RefusePatternsInRangesAndTextsThatAreNone) {
  BlockOptions options;
  options.patterns = true;
  EXPECT_EQ(complaint(options, true), "");
  options.recstart = "(a";
  EXPECT_EQ(complaint(options),
            "--recstart '(a': missing closing parenthesis, at the end of the pattern");
  EXPECT_EQ(complaint(options, true),
            "--regexp with --pipepart: what a pattern finds depends on what is in front of it");
  options.recstart = "a";
  options.recend = "b**";
  EXPECT_EQ(
      complaint(options),
      "--recend 'b**': quantifier does not follow a repeatable item, at byte 3 of the pattern");
  // Fine alone, but what follows it would be a comment.
  options.recend = "(?x)b # c";
  EXPECT_THAT(complaint(options),
              testing::StartsWith("--recend '(?x)b # c' with --recstart 'a': "));
}

TEST(BlockOptions, ReadASizeInBytesOrInBlocksOfASlot) {
  EXPECT_EQ(parse_block_size("64K")->bytes, 65536U);
  EXPECT_EQ(parse_block_size("64K")->blocks_per_slot, 0U);
  EXPECT_EQ(parse_block_size("-10")->blocks_per_slot, 10U);
  EXPECT_EQ(parse_block_size("-10")->bytes, 0U);
}

TEST(BlockOptions, RefuseASizeOfNothing) {
  EXPECT_EQ(parse_block_size("0").error().message, "'0': must be at least 1");
  EXPECT_EQ(parse_block_size("-0").error().message, "'-0': must be at least 1");
  EXPECT_FALSE(parse_block_size("-1M"));
  EXPECT_FALSE(parse_block_size(""));
}

TEST(BlockOptions, ReadTheEscapesOfSeparators) {
  EXPECT_EQ(unescape_separator("a\\n\\r\\t\\\\\\'\\\"b"), "a\n\r\t\\'\"b");
  EXPECT_EQ(unescape_separator("\\0"), std::string(1, '\0'));
}

TEST(BlockOptions, LeaveOtherBackslashesAlone) {
  EXPECT_EQ(unescape_separator("\\section"), "\\section");
  EXPECT_EQ(unescape_separator("a\\"), "a\\");
}

TEST(BlockOptions, ReadTheHeaderAsLines) {
  EXPECT_EQ(parse_header_lines(":"), 1U);
  EXPECT_EQ(parse_header_lines("3"), 3U);
  EXPECT_EQ(parse_header_lines("0").error().message,
            "'0': expected \":\" or a number of lines, at least 1");
  EXPECT_FALSE(parse_header_lines(".*\\n"));
}

}  // namespace
}  // namespace spread
