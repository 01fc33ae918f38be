#include "spread/arguments/xargs_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

XargsSourceOptions echo() {
  XargsSourceOptions options;
  options.command = {"echo"};
  options.bytes_max = 1 << 17;
  options.kernel_bytes_max = 1 << 21;
  return options;
}

std::vector<std::string> read(const XargsSourceOptions& options, std::string_view text,
                              std::size_t piece_bytes) {
  auto source = XargsSource::make(options);
  if (!source) return {"error: " + source.error().message};
  std::vector<std::string> lines;
  Record record;
  while (true) {
    switch ((*source)->next(record)) {
      case Pull::Record: lines.push_back(test::text_of(record.payload.body.view())); break;
      case Pull::NeedMore: {
        const std::size_t n = std::min(piece_bytes, text.size());
        if (n == 0) {
          (*source)->finish();
        } else {
          (*source)->feed(Slice::copy_of(as_bytes(text.substr(0, n))));
          text.remove_prefix(n);
        }
        break;
      }
      case Pull::Broken: lines.push_back("broken: " + (*source)->error()); return lines;
      case Pull::Wait:
      case Pull::Later:
      case Pull::End: return lines;
    }
  }
}

/// Whatever the pieces.
std::vector<std::string> lines_of(const XargsSourceOptions& options, std::string_view text) {
  std::vector<std::string> whole = read(options, text, text.size() + 1);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    EXPECT_EQ(read(options, text, size), whole) << "in pieces of " << size;
  }
  return whole;
}

TEST(XargsSource, CutsItemsAtBlanksAndNewlines) {
  EXPECT_THAT(lines_of(echo(), " a\tb\n\n c \n"), ElementsAre("[echo][a][b][c]"));
}

TEST(XargsSource, TakesFormFeedsForBlanksOnlyInFrontOfAnItem) {
  EXPECT_THAT(lines_of(echo(), "\fa\fb\v\n"), ElementsAre("[echo][a\fb\v]"));
}

TEST(XargsSource, KeepsWhatIsQuoted) {
  EXPECT_THAT(lines_of(echo(), "'a b' \"c'd\"e\\ f \\\n '' g"),
              ElementsAre("[echo][a b][c'de f][\n][][g]"));
}

TEST(XargsSource, RunsWhatItHasBeforeAnUnmatchedQuote) {
  EXPECT_THAT(lines_of(echo(), "a 'b\nc"),
              ElementsAre("[echo][a]",
                          "broken: unmatched single quote; by default quotes are special to xargs "
                          "unless you use the -0 option"));
}

TEST(XargsSource, RunsTheCommandOnceWithoutItemsUnlessItMustNot) {
  EXPECT_THAT(lines_of(echo(), " \n"), ElementsAre("[echo]"));
  XargsSourceOptions options = echo();
  options.run_if_empty = false;
  EXPECT_THAT(lines_of(options, " \n"), IsEmpty());
}

TEST(XargsSource, EndsItemsAtTheDelimiterAlone) {
  XargsSourceOptions options = echo();
  options.delimiter = '\0';
  EXPECT_THAT(lines_of(options, std::string_view("a 'b\0\0 c\n", 9)),
              ElementsAre("[echo][a 'b][][ c\n]"));
}

TEST(XargsSource, GivesSoManyItemsToALine) {
  XargsSourceOptions options = echo();
  options.items_max = 2;
  EXPECT_THAT(lines_of(options, "a b c"), ElementsAre("[echo][a][b]", "[echo][c]"));
}

TEST(XargsSource, CountsLinesThatAreNotBlankAndLetsABlankContinueOne) {
  XargsSourceOptions options = echo();
  options.lines_max = 2;
  EXPECT_THAT(lines_of(options, "a b\n\nc \nd\ne\nf\n"),
              ElementsAre("[echo][a][b][c][d]", "[echo][e][f]"));
}

TEST(XargsSource, PutsALineWhereTheReplacementStands) {
  XargsSourceOptions options = echo();
  options.command = {"R", "R", "xRyR", "z"};
  options.replacement = "R";
  EXPECT_THAT(lines_of(options, "  a 'b  c' \n\nR\n"),
              ElementsAre("[R][a b  c ][xa b  c ya b  c ][z]", "[R][R][xRyR][z]"));
}

TEST(XargsSource, StopsAtTheEndMarkAndSaysWhatItHasNotRead) {
  XargsSourceOptions options = echo();
  options.end_mark = "_";
  EXPECT_THAT(lines_of(options, "a _b\n_\nc"), ElementsAre("[echo][a][_b]"));
  EXPECT_THAT(lines_of(options, "a _ b"), ElementsAre("[echo][a]"));
  auto source = *XargsSource::make(options);
  source->feed(Slice::copy_of(as_bytes("a\n_\nrest")));
  Record record;
  EXPECT_EQ(source->next(record), Pull::Record);
  EXPECT_EQ(source->next(record), Pull::End);
  EXPECT_EQ(source->unread_bytes(), 4u);
}

TEST(XargsSource, FillsALineToItsSizeAndNoFurther) {
  XargsSourceOptions options = echo();
  options.bytes_max = 5 + 4;  // "echo" and two items of one letter, each with its NUL
  EXPECT_THAT(lines_of(options, "a b c"), ElementsAre("[echo][a][b]", "[echo][c]"));
  EXPECT_THAT(lines_of(options, "abcd"), ElementsAre("broken: argument line too long"));
  EXPECT_THAT(lines_of(options, "a abcdefgh"),
              ElementsAre("[echo][a]", "broken: argument line too long"));
}

TEST(XargsSource, ExitsIfTheNumberThatWasAskedForDoesNotFit) {
  XargsSourceOptions options = echo();
  options.bytes_max = 5 + 4;
  options.items_max = 3;
  EXPECT_THAT(lines_of(options, "a b c"), ElementsAre("[echo][a][b]", "[echo][c]"));
  options.exit_if_long = true;
  EXPECT_THAT(lines_of(options, "a b c"), ElementsAre("broken: argument list too long"));
}

TEST(XargsSource, LeavesRoomForThePointersThatTheKernelCounts) {
  XargsSourceOptions options = echo();
  options.kernel_bytes_max = 5 + 2 + 2 + 3 * sizeof(char*);
  EXPECT_THAT(lines_of(options, "a b c"), ElementsAre("[echo][a][b]", "[echo][c]"));
}

TEST(XargsSource, EndsAnItemAtANulAndSaysSoOnce) {
  EXPECT_THAT(lines_of(echo(), std::string_view("a\0b c\n", 6)), ElementsAre("[echo][a][c]"));
  auto source = *XargsSource::make(echo());
  EXPECT_EQ(source->take_warning(), "");
  source->feed(Slice::copy_of(as_bytes(std::string_view("a\0b\n", 4))));
  source->finish();
  Record record;
  ASSERT_EQ(source->next(record), Pull::Record);
  EXPECT_THAT(source->take_warning(), testing::HasSubstr("NUL"));
  EXPECT_EQ(source->take_warning(), "");
}

}  // namespace
}  // namespace spread
