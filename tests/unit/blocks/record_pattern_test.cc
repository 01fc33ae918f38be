#include "spread/blocks/block_boundary.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_support.h"

namespace spread {
namespace {

using testing::ElementsAre;

BlockOptions patterns(std::optional<std::string> recend,
                      std::optional<std::string> recstart = std::nullopt) {
  BlockOptions options;
  options.patterns = true;
  options.recend = std::move(recend);
  options.recstart = std::move(recstart);
  return options;
}

/// One by one.
std::vector<std::string> records_of(BlockOptions options, std::string_view text) {
  options.records = 1;
  const test::Blocks cut = test::cut(options, text);
  if (!cut.error.empty()) return {cut.error};
  return cut.blocks;
}

TEST(RecordPattern, EndsARecordBehindTheMatchOfRecend) {
  EXPECT_THAT(records_of(patterns("\\d+"), "a1b22c333d"), ElementsAre("a1", "b22", "c333", "d"));
  EXPECT_THAT(records_of(patterns("\\n\\n+"), "a\n\nb\nc\n\n\n\nd\n"),
              ElementsAre("a\n\n", "b\nc\n\n\n\n", "d\n"));
  EXPECT_THAT(records_of(patterns("(?i)end"), "1END2end3"), ElementsAre("1END", "2end", "3"));
  EXPECT_THAT(records_of(patterns("a|b"), "1a2b3"), ElementsAre("1a", "2b", "3"));
  EXPECT_THAT(records_of(patterns("\\xe9|\\0"), std::string_view("1\xe9\xc3\0b", 5)),
              ElementsAre("1\xe9", std::string_view("\xc3\0", 2), "b"));
}

TEST(RecordPattern, EndsARecordInFrontOfTheMatchOfRecstart) {
  const BlockOptions signs = patterns(std::nullopt, ">+");
  EXPECT_THAT(records_of(signs, "x>1y>>2"), ElementsAre("x", ">1y", ">>2"));
  EXPECT_THAT(records_of(signs, ">>1>>>2"), ElementsAre(">>1", ">>>2"));
  // Not at each digit: what a record begins with is one recstart.
  EXPECT_THAT(records_of(patterns(std::nullopt, "\\d+"), "12a34b"), ElementsAre("12a", "34b"));
  EXPECT_THAT(records_of(patterns(std::nullopt, "(?<=\\n)>"), ">1\n2>3\n>4\n>5"),
              ElementsAre(">1\n2>3\n", ">4\n", ">5"));
}

TEST(RecordPattern, EndsARecordBetweenRecendAndRecstart) {
  EXPECT_THAT(records_of(patterns("\\n", "[A-Z]"), "A1\nb\nC\nD2\n"),
              ElementsAre("A1\nb\n", "C\n", "D2\n"));
  EXPECT_THAT(records_of(patterns("a|b", "c|d"), "1ac2bd3ae"), ElementsAre("1a", "c2b", "d3ae"));
  // recend gives back what recstart needs.
  EXPECT_THAT(records_of(patterns("\\n+", "\\nx"), "1\n\n\nx2"), ElementsAre("1\n\n", "\nx2"));
  EXPECT_THAT(records_of(patterns("\\Q)", "b"), "a)b"), ElementsAre("a)", "b"));
}

TEST(RecordPattern, TakesLinesForLines) {
  EXPECT_THAT(records_of(patterns(std::nullopt, "^>"), ">1\n2>3\n>4"),
              ElementsAre(">1\n2>3\n", ">4"));
  EXPECT_THAT(records_of(patterns("^--\\n"), "a--\n--\nb\n"), ElementsAre("a--\n--\n", "b\n"));
  EXPECT_THAT(records_of(patterns(";$"), "a;b;\nc"), ElementsAre("a;b;", "\nc"));
}

TEST(RecordPattern, NeverMakesARecordOfNothing) {
  EXPECT_THAT(records_of(patterns("x*"), "axxb"), ElementsAre("axx", "b"));
  EXPECT_THAT(records_of(patterns("$"), "a\nb"), ElementsAre("a", "\nb"));
  EXPECT_THAT(records_of(patterns(std::nullopt, "(?=a)"), "aab"), ElementsAre("a", "ab"));
}

TEST(RecordPattern, OfNothingIsEverywhereAndUnsaidANewline) {
  BlockOptions options = patterns("");
  EXPECT_THAT(records_of(options, "abc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(records_of(patterns(std::nullopt), "a\nb"), ElementsAre("a\n", "b"));
}

TEST(RecordPattern, FillsABlockWithAllTheRecordsThatFit) {
  BlockOptions options = patterns("\\n+");
  options.block_bytes = 6;
  EXPECT_THAT(test::cut(options, "aa\nbb\ncc\n\ndd\neeeeeeee\nf").blocks,
              ElementsAre("aa\nbb\n", "cc\n\n", "dd\n", "eeeeeeee\n", "f"));
}

TEST(RecordPattern, LeavesOutWhatItMatched) {
  BlockOptions options = patterns("\\n+");
  options.remove_separators = true;
  EXPECT_THAT(test::cut(options, "a\n\nb\nc\n").blocks, ElementsAre("abc"));
  options.recstart = "\\d+";
  EXPECT_THAT(test::cut(options, "1a\n\n22b\nc\n").blocks, ElementsAre("ab\nc"));
  options.recend.reset();
  EXPECT_THAT(test::cut(options, "1a\n\n22b\nc\n").blocks, ElementsAre("a\n\nb\nc\n"));
}

TEST(RecordPattern, EndsTheInputAtARecordWithoutAnAnswer) {
  BlockOptions options = patterns("^x\\n|(a+)+$");
  options.records = 1;
  const test::Blocks cut =
      test::cut(options, "x\n" + std::string(60, 'a') + "b\nc\n", 100, test::Way::Feed);
  EXPECT_THAT(cut.blocks, ElementsAre("x\n"));
  EXPECT_THAT(cut.error, testing::StartsWith("in: the record that begins at byte 2: --recend "
                                             "'^x\\n|(a+)+$': no answer after 1"));
}

TEST(RecordPattern, NamesAPatternThatFindsNoRecords) {
  BlockOptions options = patterns("[;,]");
  options.max_block_bytes = 6;
  options.block_bytes = 2;
  EXPECT_EQ(
      test::cut(options, "1;23456789").error,
      "in: the record that begins at byte 2 is longer than 6 bytes; is --recend '[;,]' right");
}

/// How often each byte of the input is searched in vain.
double searches_of_a_byte(const BlockOptions& options, std::size_t bytes, std::size_t piece) {
  BlockCutter cutter(options, "in");
  Record record;
  const std::string text = "<a>" + std::string(piece - 3, 'x');
  for (std::size_t fed = 0; fed < bytes; fed += piece) {
    EXPECT_EQ(cutter.next(record), Pull::NeedMore);
    cutter.feed(Slice::copy_of(as_bytes(text)));
  }
  EXPECT_EQ(cutter.next(record), Pull::NeedMore);
  return static_cast<double>(cutter.searched_bytes()) / static_cast<double>(bytes);
}

TEST(RecordPattern, LooksAtNoByteAgainAndAgain) {
  // The first is decided everywhere; of the second it is open from the first byte on.
  for (const char* pattern : {"</a>", "(?s)<a>.*</a>"}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}}) {
      BlockOptions options = patterns(pattern);
      options.block_bytes = 1000;
      options.records = count;
      EXPECT_LT(searches_of_a_byte(options, 16 << 20, 4096), 5) << pattern << " -N " << count;
    }
  }
}

// \K moves where a match begins, not where it was found.
TEST(RecordPattern, FindsAMatchOfNothingBehindTheLastByteThatCame) {
  BlockOptions options = patterns(",\\K");
  options.records = 1;
  BlockCutter cutter(options, "in");
  Record record;
  cutter.feed(Slice::copy_of(as_bytes("a,")));
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), "a,");
}

TEST(RecordPattern, GivesARecordAsSoonAsItIsDecided) {
  BlockOptions options = patterns("(?s)<a>.*?</a>");
  options.records = 1;
  BlockCutter cutter(options, "in");
  Record record;
  for (int round = 0; round < 3; ++round) {
    for (const char* piece : {"<a>", "1", "2", "</a"}) {
      ASSERT_EQ(cutter.next(record), Pull::NeedMore);
      cutter.feed(Slice::copy_of(as_bytes(piece)));
    }
    ASSERT_EQ(cutter.next(record), Pull::NeedMore);
    cutter.feed(Slice::copy_of(as_bytes(">")));
    ASSERT_EQ(cutter.next(record), Pull::Record);
    EXPECT_EQ(as_text(record.payload.body.view()), "<a>12</a>");
  }
}

}  // namespace
}  // namespace spread
