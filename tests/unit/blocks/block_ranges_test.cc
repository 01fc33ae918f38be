#include "spread/blocks/block_ranges.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_support.h"

namespace spread {
namespace {

using test::cut_ranges;
using testing::ElementsAre;
using testing::IsEmpty;

BlockOptions range_options(std::size_t bytes) {
  BlockOptions options;
  options.block_bytes = bytes;
  return options;
}

TEST(RangeFinder, FillsARangeWithAllTheRecordsThatFit) {
  EXPECT_THAT(cut_ranges(range_options(5), "aa\nbb\ncc\nd").blocks,
              ElementsAre("aa\n", "bb\n", "cc\nd"));
}

TEST(RangeFinder, MakesTheRangeOfALargeRecordJustAsLarge) {
  EXPECT_THAT(cut_ranges(range_options(2), "aaaaaa\nb\n").blocks, ElementsAre("aaaaaa\n", "b\n"));
}

TEST(RangeFinder, CutsIntoAsManyRangesAsAsked) {
  EXPECT_THAT(cut_ranges({}, "aa\nbb\ncc\ndd\n", 2).blocks, ElementsAre("aa\nbb\n", "cc\ndd\n"));
  EXPECT_THAT(cut_ranges({}, "aa\nbb\ncc\ndd\n", 4).blocks,
              ElementsAre("aa\n", "bb\n", "cc\n", "dd\n"));
}

TEST(RangeFinder, MakesFewerRangesWhereARecordIsLongerThanAPart) {
  EXPECT_THAT(cut_ranges({}, "aaaaaaaaa\nb\n", 6).blocks, ElementsAre("aaaaaaaaa\n", "b\n"));
  EXPECT_THAT(cut_ranges({}, "abc", 3).blocks, ElementsAre("abc"));
}

TEST(RangeFinder, MakesNoRangeOfNothing) {
  EXPECT_THAT(cut_ranges({}, "").blocks, IsEmpty());
  EXPECT_THAT(cut_ranges({}, "", 3).blocks, IsEmpty());
}

TEST(RangeFinder, MakesNoRangeOfAFileThatIsAllHeader) {
  BlockOptions options;
  options.header_lines = 2;
  EXPECT_EQ(cut_ranges(options, "a\nb").header, "a\nb");
  EXPECT_THAT(cut_ranges(options, "a\nb").blocks, IsEmpty());
}

TEST(RangeFinder, DividesWhatStandsBehindTheHeader) {
  BlockOptions options;
  options.header_lines = 1;
  const test::Blocks cut = cut_ranges(options, "a long header\n1\n2\n", 2);
  EXPECT_EQ(cut.header, "a long header\n");
  EXPECT_THAT(cut.blocks, ElementsAre("1\n", "2\n"));
}

TEST(RangeFinder, FindsAHeaderOfManyWindows) {
  BlockOptions options;
  options.header_lines = 3;
  const std::string header = std::string(5000, 'a') + "\n\n" + std::string(90000, 'b') + "\n";
  const test::Blocks cut = cut_ranges(options, header + "1\n");
  EXPECT_EQ(cut.header, header);
  EXPECT_THAT(cut.blocks, ElementsAre("1\n"));
}

TEST(RangeFinder, RefusesAHeaderBeyondTheLimit) {
  BlockOptions options;
  options.header_lines = 1;
  options.max_block_bytes = 4;
  options.block_bytes = 4;
  EXPECT_EQ(cut_ranges(options, "12345\n").error, "in: the header is longer than 4 bytes");
}

// Windows of 4 KiB, then 16 and 64 KiB ...: a boundary may lie across the edge of any of them.
TEST(RangeFinder, FindsBoundariesAtTheEdgesOfItsWindows) {
  for (const std::size_t distance : {4093, 4094, 4095, 4096, 4097, 20475, 20478, 20480, 100000}) {
    for (const char* ends : {"--\n>", "->>>"}) {
      std::string text(400000, '-');
      text.replace(200000 - distance, 4, ends);
      text.replace(200000 + distance, 4, ends);
      BlockOptions options = range_options(200000);
      options.recstart = ">";
      if (ends[1] == '-') options.recend = "\n";
      EXPECT_EQ(cut_ranges(options, text), test::cut(options, text, 400001, test::Way::Feed))
          << distance << ends;
      options.block_bytes = 200000 - distance;
      EXPECT_EQ(cut_ranges(options, text), test::cut(options, text, 400001, test::Way::Feed))
          << distance << ends;
    }
  }
}

TEST(RangeFinder, ReadsOnlyTheNeighbourhoodOfTheCuts) {
  const std::uint64_t size = std::uint64_t{1} << 40;
  std::uint64_t bytes_read = 0;
  const auto lines_of_100 = [&](std::uint64_t offset, std::span<Byte> to) -> Result<std::size_t> {
    bytes_read += to.size();
    for (Byte& byte : to) byte = offset++ % 100 == 99 ? '\n' : 'x';
    return to.size();
  };
  RangeFinder finder({}, "in", size, 1000, lines_of_100);
  ByteRange range;
  int count = 0;
  while (true) {
    const Result<bool> more = finder.next(range);
    ASSERT_TRUE(more);
    if (!*more) break;
    ++count;
    ASSERT_TRUE(range.end % 100 == 0 || range.end == size);
  }
  EXPECT_EQ(count, 1000);
  EXPECT_LE(bytes_read, 1000U * 4096);
}

TEST(RangeFinder, ReportsAFileThatBecameShorter) {
  const auto half = [](std::uint64_t offset, std::span<Byte> to) -> Result<std::size_t> {
    std::fill(to.begin(), to.end(), Byte{'x'});
    return offset >= 5000 ? 0 : std::min<std::size_t>(to.size(), 5000 - offset);
  };
  RangeFinder finder(range_options(9000), "in", 10000, 0, half);
  ByteRange range;
  const Result<bool> more = finder.next(range);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message, "in: became shorter while it was read: 5000 bytes, not 10000");
  EXPECT_FALSE(*finder.next(range));
}

TEST(RangeFinder, PassesOnWhyAFileCannotBeRead) {
  const auto broken = [](std::uint64_t, std::span<Byte>) -> Result<std::size_t> {
    return fail("read in: Input/output error");
  };
  RangeFinder finder(range_options(10), "in", 100, 0, broken);
  ByteRange range;
  EXPECT_EQ(finder.next(range).error().message, "read in: Input/output error");
}

}  // namespace
}  // namespace spread
