#include "spread/blocks/block_cutter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BlockOptions block(std::size_t bytes) {
  BlockOptions options;
  options.block_bytes = bytes;
  return options;
}

BlockOptions records(std::size_t count) {
  BlockOptions options;
  options.records = count;
  return options;
}

std::vector<std::string> blocks(const BlockOptions& options, std::string_view text) {
  const test::Blocks cut = test::cut(options, text);
  EXPECT_EQ(cut.error, "");
  return cut.blocks;
}

TEST(BlockCutter, FillsABlockWithAllTheRecordsThatFit) {
  EXPECT_THAT(blocks(block(6), "aa\nbb\ncc\ndd\n"), ElementsAre("aa\nbb\n", "cc\ndd\n"));
  EXPECT_THAT(blocks(block(5), "aa\nbb\ncc\n"), ElementsAre("aa\n", "bb\n", "cc\n"));
}

TEST(BlockCutter, GivesASmallerLastBlock) {
  EXPECT_THAT(blocks(block(6), "aa\nbb\ncc\n"), ElementsAre("aa\nbb\n", "cc\n"));
}

TEST(BlockCutter, GivesALastRecordWithoutEndAsItIs) {
  EXPECT_THAT(blocks(block(5), "aa\nb"), ElementsAre("aa\nb"));
  EXPECT_THAT(blocks(block(4), "aa\nb"), ElementsAre("aa\n", "b"));
}

TEST(BlockCutter, GivesNoBlockForEmptyInput) {
  EXPECT_THAT(blocks(block(4), ""), IsEmpty());
  EXPECT_THAT(blocks(records(1), ""), IsEmpty());
}

TEST(BlockCutter, MakesTheBlockOfALargeRecordJustAsLarge) {
  EXPECT_THAT(blocks(block(4), "a\nbbbbbbbbbbbb\nc\nd\n"),
              ElementsAre("a\n", "bbbbbbbbbbbb\n", "c\nd\n"));
}

TEST(BlockCutter, CutsAnywhereWithoutSeparators) {
  BlockOptions options = block(3);
  options.recend = "";
  EXPECT_THAT(blocks(options, "ab\ndefg"), ElementsAre("ab\n", "def", "g"));
  options.recstart = "";
  EXPECT_THAT(blocks(options, "abcd"), ElementsAre("abc", "d"));
}

TEST(BlockCutter, CutsBehindALongRecend) {
  BlockOptions options = block(8);
  options.recend = "\n\n";
  EXPECT_THAT(blocks(options, "a\nb\n\nc\n\nd\n\ne\n"), ElementsAre("a\nb\n\nc\n\n", "d\n\ne\n"));
}

TEST(BlockCutter, CutsInFrontOfRecstart) {
  BlockOptions options = block(8);
  options.recstart = ">";
  EXPECT_THAT(blocks(options, "junk\n>a\n1\n>b\n2\n>"),
              ElementsAre("junk\n", ">a\n1\n", ">b\n2\n>"));
}

TEST(BlockCutter, NeedsRecendAndRecstartBothIfBothAreGiven) {
  BlockOptions options = block(8);
  options.recstart = ">";
  options.recend = "\n";
  EXPECT_THAT(blocks(options, "a>b\nc\n>d\ne\n>f"), ElementsAre("a>b\nc\n", ">d\ne\n>f"));
}

TEST(BlockCutter, LooksForRecstartBehindTheLastByteOfTheBlock) {
  BlockOptions options = block(3);
  options.recstart = "<p>";
  options.recend = "\n";
  EXPECT_THAT(blocks(options, "ab\n<p>c\n<p>"), ElementsAre("ab\n", "<p>c\n", "<p>"));
}

TEST(BlockCutter, PutsNRecordsIntoABlockWhateverItsSize) {
  BlockOptions options = records(2);
  options.block_bytes = 1;
  EXPECT_THAT(blocks(options, "aaaa\nb\nc\n\ne"), ElementsAre("aaaa\nb\n", "c\n\n", "e"));
}

TEST(BlockCutter, CountsEmptyRecords) {
  EXPECT_THAT(blocks(records(1), "\na\n\n"), ElementsAre("\n", "a\n", "\n"));
}

TEST(BlockCutter, CountsRecendsThatDoNotOverlap) {
  BlockOptions options = records(1);
  options.recend = "\n\n";
  EXPECT_THAT(blocks(options, "a\n\n\nb\n\nc"), ElementsAre("a\n\n", "\nb\n\n", "c"));
  options.records = 2;
  EXPECT_THAT(blocks(options, "\n\n\n\n\n"), ElementsAre("\n\n\n\n", "\n"));
}

TEST(BlockCutter, CountsRecstarts) {
  BlockOptions options = records(2);
  options.recstart = ">";
  EXPECT_THAT(blocks(options, ">a>>c>d"), ElementsAre(">a>", ">c>d"));
}

TEST(BlockCutter, CountsBytesWithoutSeparators) {
  BlockOptions options = records(2);
  options.recend = "";
  EXPECT_THAT(blocks(options, "abcde"), ElementsAre("ab", "cd", "e"));
}

TEST(BlockCutter, TakesLinesTogetherToRecords) {
  BlockOptions options = block(9);
  options.lines = 2;
  EXPECT_THAT(blocks(options, "1\n2\n3\n4\n5\n6\n7"), ElementsAre("1\n2\n3\n4\n", "5\n6\n7"));
}

TEST(BlockCutter, MakesABlockOfLLinesLargerThanItsSize) {
  BlockOptions options = block(3);
  options.lines = 3;
  EXPECT_THAT(blocks(options, "1\n2\n3\n4444\n5\n6\n7\n"),
              ElementsAre("1\n2\n3\n", "4444\n5\n6\n", "7\n"));
}

TEST(BlockCutter, PutsNRecordsOfLLinesIntoABlock) {
  BlockOptions options = records(2);
  options.lines = 2;
  EXPECT_THAT(blocks(options, "1\n2\n3\n4\n5\n"), ElementsAre("1\n2\n3\n4\n", "5\n"));
}

TEST(BlockCutter, KeepsTheHeaderOutOfTheBlocks) {
  BlockOptions options = block(2);
  options.header_lines = 2;
  const test::Blocks cut = test::cut(options, "name\n\n1\n2\n");
  EXPECT_EQ(cut.header, "name\n\n");
  EXPECT_THAT(cut.blocks, ElementsAre("1\n", "2\n"));
}

TEST(BlockCutter, EndsTheHeaderAtNewlinesWhateverEndsRecords) {
  BlockOptions options = records(1);
  options.header_lines = 1;
  options.recend = ";";
  const test::Blocks cut = test::cut(options, "a;b\nc;d;");
  EXPECT_EQ(cut.header, "a;b\n");
  EXPECT_THAT(cut.blocks, ElementsAre("c;", "d;"));
}

TEST(BlockCutter, GivesNoBlockForAnInputThatIsAllHeader) {
  BlockOptions options;
  options.header_lines = 2;
  for (const char* text : {"", "a", "a\n", "a\nb", "a\nb\n"}) {
    const test::Blocks cut = test::cut(options, text);
    EXPECT_EQ(cut.header, text);
    EXPECT_THAT(cut.blocks, IsEmpty());
  }
}

TEST(BlockCutter, RemovesSeparatorsIfTold) {
  BlockOptions options = records(2);
  options.remove_separators = true;
  EXPECT_THAT(blocks(options, "a\nb\nc\n"), ElementsAre("ab", "c"));
  options.recstart = ">";
  EXPECT_THAT(blocks(options, ">a>b>c"), ElementsAre("ab", "c"));
  options.recend = ";";
  EXPECT_THAT(blocks(options, ">a;>b;>c;"), ElementsAre("ab", "c"));
}

TEST(BlockCutter, KeepsTheBlockOfAnEmptyRecordWithoutItsSeparator) {
  BlockOptions options = records(1);
  options.remove_separators = true;
  EXPECT_THAT(blocks(options, "\na\n"), ElementsAre("", "a"));
}

TEST(BlockCutter, EndsTheInputAtARecordBeyondTheLimit) {
  BlockOptions options = block(4);
  options.max_block_bytes = 6;
  const test::Blocks cut = test::cut(options, "aa\n12345\n1234567\nb\n");
  EXPECT_THAT(cut.blocks, ElementsAre("aa\n", "12345\n"));
  EXPECT_EQ(
      cut.error,
      "in: the record that begins at byte 9 is longer than 6 bytes; is --recend '\\x0a' right");
}

TEST(BlockCutter, EndsTheInputAtTooManyBytesForNRecords) {
  BlockOptions options = records(2);
  options.block_bytes = 1;
  options.max_block_bytes = 6;
  options.recstart = ">";
  const test::Blocks cut = test::cut(options, ">12>45>2345678>>");
  EXPECT_THAT(cut.blocks, ElementsAre(">12>45"));
  EXPECT_EQ(cut.error,
            "in: the block (-N 2) that begins at byte 6 is longer than 6 bytes; is --recstart '>' "
            "right");
}

TEST(BlockCutter, EndsTheInputAtAHeaderBeyondTheLimit) {
  BlockOptions options = block(4);
  options.header_lines = 1;
  options.max_block_bytes = 4;
  for (const char* text : {"12345", "1234\n", "1234\n\n"}) {
    EXPECT_EQ(test::cut(options, text).error, "in: the header is longer than 4 bytes");
  }
  EXPECT_EQ(test::cut(options, "123\n").error, "");
}

TEST(BlockCutter, TakesARecordOfExactlyTheLimit) {
  BlockOptions options = block(1);
  options.max_block_bytes = 5;
  options.recstart = "<<";
  EXPECT_THAT(blocks(options, "<<123<<123"), ElementsAre("<<123", "<<123"));
}

Slice piece_of(std::string_view text) { return Slice::copy_of(as_bytes(text)); }

bool within(ByteView part, ByteView whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

TEST(BlockCutter, SharesThePieceThatABlockLiesIn) {
  BlockCutter cutter(block(6), "in");
  const Slice first = piece_of("aa\nbb\ncc\ndd\nee\nf"), second = piece_of("f\ngg\nhh\nii\njj\n");
  Record record;
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  cutter.feed(first);
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_TRUE(within(record.payload.body.view(), first.view()));
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_TRUE(within(record.payload.body.view(), first.view()));
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  cutter.feed(second);
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), "ee\nff\n");
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), "gg\nhh\n");
  EXPECT_TRUE(within(record.payload.body.view(), second.view()));
}

TEST(BlockCutter, SharesTheMemoryThatWasReadTo) {
  BlockCutter cutter(block(6), "in");
  Record record;
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  const std::span<Byte> spare = cutter.spare();
  EXPECT_EQ(spare.size(), 6U);
  std::copy_n("aa\nb\nc", 6, spare.data());
  cutter.filled(6);
  ASSERT_EQ(cutter.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), "aa\nb\n");
  EXPECT_EQ(record.payload.body.view().data(), spare.data());
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  EXPECT_EQ(cutter.spare().size(), 5U) << "the remainder is there already";
}

TEST(BlockCutter, GathersATrickleInOnePlace) {
  BlockCutter cutter(block(1000), "in");
  Record record;
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  const Byte* const start = cutter.spare().data();
  for (std::size_t i = 0; i < 999; ++i) {
    ASSERT_EQ(cutter.spare().data(), start + i);
    *cutter.spare().data() = '\n';
    cutter.filled(1);
    ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  }
}

TEST(BlockCutter, GivesACountedBlockAsSoonAsItsLastRecordEnds) {
  BlockCutter cutter(records(1), "in");
  Record record;
  ASSERT_EQ(cutter.next(record), Pull::NeedMore);
  cutter.feed(piece_of("a\n"));
  EXPECT_EQ(cutter.next(record), Pull::Record);
  EXPECT_EQ(cutter.next(record), Pull::NeedMore);
}

TEST(BlockCutter, LeavesGivenBlocksAloneWhenItReadsOn) {
  BlockCutter cutter(records(1), "in");
  std::vector<Record> given;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    Record record;
    ASSERT_EQ(cutter.next(record), Pull::NeedMore);
    const std::span<Byte> spare = cutter.spare();
    spare[0] = static_cast<Byte>(letter);
    spare[1] = '\n';
    cutter.filled(2);
    ASSERT_EQ(cutter.next(record), Pull::Record);
    given.push_back(std::move(record));
  }
  EXPECT_EQ(as_text(given.front().payload.body.view()), "a\n");
  EXPECT_EQ(as_text(given.back().payload.body.view()), "z\n");
}

}  // namespace
}  // namespace spread
