#include "spread/arguments/text_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

using testing::ElementsAre;

ArgumentSourceOptions csv() {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  options.csv = true;
  return options;
}

TEST(CsvItems, AreRowsOfFields) {
  EXPECT_THAT(test::tasks_of(csv(), {"\"1 big, 2 small\",\"2\"\"x4\"\" plank\",12.34\r\n,\n"}),
              ElementsAre("[1 big, 2 small][2\"x4\" plank][12.34]", "[][]"));
}

TEST(CsvItems, MayHoldNewlinesInQuotes) {
  EXPECT_THAT(test::tasks_of(csv(), {"\"a\nb\",c\nd,e"}), ElementsAre("[a\nb][c]", "[d][e]"));
}

TEST(CsvItems, AreNotTrimmedUnlessAsked) {
  ArgumentSourceOptions options = csv();
  EXPECT_THAT(test::tasks_of(options, {" a , b\n"}), ElementsAre("[ a ][ b]"));
  options.trim = Trim::Both;
  EXPECT_THAT(test::tasks_of(options, {" a , b\n"}), ElementsAre("[a][b]"));
}

TEST(CsvItems, TakeAnotherSeparator) {
  ArgumentSourceOptions options = csv();
  options.colsep = "\\t";
  EXPECT_THAT(test::tasks_of(options, {"a,b\t\"c\td\"\n"}), ElementsAre("[a,b][c\td]"));
  options.colsep = " +";
  EXPECT_THAT(test::tasks_of(options),
              ElementsAre("error: --colsep ' +': with --csv the separator is a single byte"));
}

TEST(CsvItems, AreNamedByTheHeader) {
  ArgumentSourceOptions options = csv();
  options.header = true;
  std::vector<std::string> names;
  EXPECT_THAT(test::read_tasks(options, {"\xef\xbb\xbf\"a b\",c\n1,2\n3\n"}, 100, &names),
              ElementsAre("[1][2]", "bad: in line 3: 1 column, but the header has 2"));
  EXPECT_THAT(names, ElementsAre("a b", "c"));
}

TEST(CsvItems, WithFaultsAreNamedByTheLineWhereTheyBegin) {
  EXPECT_THAT(test::tasks_of(csv(), {std::string_view("\"x\ny\"z,1\na\0b\nc\n", 15)}),
              ElementsAre("bad: in line 1: text after a closing quote",
                          "bad: in line 3: holds a NUL byte, which no argument can", "[c]"));
}

TEST(CsvItems, EndAtAQuoteThatIsNeverClosed) {
  EXPECT_THAT(
      test::tasks_of(csv(), {"a\n\"b\nc\n"}),
      ElementsAre("[a]", "broken: in line 2: the quote that is opened here is never closed"));
}

TEST(CsvItems, OfWordsEndWithTheWord) {
  ArgumentSourceOptions options = csv();
  options.sources = {test::list({"a,\"b\nc\"", "\"x", "", "d"})};
  EXPECT_THAT(
      test::tasks_of(options),
      ElementsAre("[a][b\nc]", "bad: ::: argument 2: a quote that is never closed", "[]", "[d]"));
}

}  // namespace
}  // namespace spread
