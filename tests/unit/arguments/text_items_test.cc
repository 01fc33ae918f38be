#include "spread/arguments/text_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

ArgumentSourceOptions one_file() {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  return options;
}

TEST(TextItems, MakeEveryLineAnItemAlsoAnEmptyOne) {
  EXPECT_THAT(test::tasks_of(one_file(), {"a b\n\n c\nlast"}),
              ElementsAre("[a b]", "[]", "[ c]", "[last]"));
}

TEST(TextItems, OfNoInputAreNone) { EXPECT_THAT(test::tasks_of(one_file(), {""}), IsEmpty()); }

TEST(TextItems, KeepTheCarriageReturn) {
  EXPECT_THAT(test::tasks_of(one_file(), {"a\r\nb\r\n"}), ElementsAre("[a\r]", "[b\r]"));
}

TEST(TextItems, HoldNewlinesIfNulSeparatesThem) {
  ArgumentSourceOptions options = one_file();
  options.delimiter = '\0';
  EXPECT_THAT(test::tasks_of(options, {std::string_view("a\nb\0\0c\n", 7)}),
              ElementsAre("[a\nb]", "[]", "[c\n]"));
}

TEST(TextItems, AreCutAtAnyByte) {
  ArgumentSourceOptions options = one_file();
  options.delimiter = ',';
  EXPECT_THAT(test::tasks_of(options, {"a,b\n,c"}), ElementsAre("[a]", "[b\n]", "[c]"));
}

TEST(TextItems, WithANulInsideAreBadAndTheRestGoesOn) {
  EXPECT_THAT(test::tasks_of(one_file(), {std::string_view("a\nb\0c\nd\n", 8)}),
              ElementsAre("[a]",
                          "bad: in line 2: holds a NUL byte, which no argument can "
                          "(NUL-separated items: -0)",
                          "[d]"));
}

TEST(TextItems, ThatAreTooLongAreBadAndTheRestGoesOn) {
  ArgumentSourceOptions options = one_file();
  options.max_record_bytes = 4;
  EXPECT_THAT(test::tasks_of(options, {"abcd\nabcde\nab\n"}),
              ElementsAre("[abcd]", "bad: in line 2: longer than 4 bytes", "[ab]"));
}

TEST(TextItems, OfWordsMayHoldNewlines) {
  ArgumentSourceOptions options;
  options.sources = {test::list({"a\nb", "", "c d"})};
  EXPECT_THAT(test::tasks_of(options), ElementsAre("[a\nb]", "[]", "[c d]"));
}

TEST(TextItems, OfNoWordsAreNone) {
  ArgumentSourceOptions options;
  options.sources = {test::list({})};
  EXPECT_THAT(test::tasks_of(options), IsEmpty());
}

TEST(TextItems, AreTrimmedOnTheSideThatIsNamed) {
  ArgumentSourceOptions options = one_file();
  const auto trimmed = [&](Trim trim) {
    options.trim = trim;
    return test::tasks_of(options, {" \ta b\r \n"}).at(0);
  };
  EXPECT_EQ(trimmed(Trim::None), "[ \ta b\r ]");
  EXPECT_EQ(trimmed(Trim::Left), "[a b\r ]");
  EXPECT_EQ(trimmed(Trim::Right), "[ \ta b]");
  EXPECT_EQ(trimmed(Trim::Both), "[a b]");
}

TEST(TextItems, AreCutIntoColumnsAndTheseTrimmed) {
  ArgumentSourceOptions options = one_file();
  options.colsep = ",";
  EXPECT_THAT(test::tasks_of(options, {" a , b c\n\n,x,\n"}),
              ElementsAre("[a][b c]", "[]", "[][x][]"));
}

TEST(TextItems, KeepTheirBlanksIfColumnsAreNotToBeTrimmed) {
  ArgumentSourceOptions options = one_file();
  options.colsep = ",";
  options.trim = Trim::None;
  EXPECT_THAT(test::tasks_of(options, {" a , b\n"}), ElementsAre("[ a ][ b]"));
}

TEST(TextItems, OfWordsAreCutIntoColumnsToo) {
  ArgumentSourceOptions options;
  options.sources = {test::list({"1,2", "3,4"})};
  options.colsep = ",";
  EXPECT_THAT(test::tasks_of(options), ElementsAre("[1][2]", "[3][4]"));
}

TEST(TextItems, OfWhichThePatternFindsNoEndAreBadAndTheRestGoesOn) {
  ArgumentSourceOptions options = one_file();
  options.colsep = "^(a+)+$";
  const std::string endless = std::string(60, 'a') + "b";
  EXPECT_THAT(
      test::tasks_of(options, {"x\n" + endless + "\ny\n"}),
      ElementsAre("[x]", StartsWith("bad: in line 2: --colsep '^(a+)+$': no answer after 1"),
                  "[y]"));
  options.header = true;
  EXPECT_THAT(test::tasks_of(options, {endless + "\ny\n"}),
              ElementsAre(StartsWith("broken: in line 1: --colsep '^(a+)+$': no answer after 1")));
}

TEST(TextItems, GoOnAfterALineThatEndsInABlank) {
  ArgumentSourceOptions options = one_file();
  options.continue_lines = true;
  EXPECT_THAT(test::tasks_of(options, {"a\nb \nc\t\nd\ne\nf "}),
              ElementsAre("[a]", "[b c\td]", "[e]", "[f ]"));
}

TEST(TextItems, OfSeveralLinesAreNamedByTheFirstOfThem) {
  ArgumentSourceOptions options = one_file();
  options.continue_lines = true;
  options.max_record_bytes = 5;
  EXPECT_THAT(test::tasks_of(options, {"x\nabc \nabc\ny\n"}),
              ElementsAre("[x]", "bad: in line 2: longer than 5 bytes", "[y]"));
}

TEST(TextItems, AreNamedByTheHeader) {
  ArgumentSourceOptions options = one_file();
  options.colsep = ",";
  options.header = true;
  std::vector<std::string> names;
  EXPECT_THAT(test::read_tasks(options, {"A, B\n1,2\n"}, 100, &names), ElementsAre("[1][2]"));
  EXPECT_THAT(names, ElementsAre("A", "B"));
}

TEST(TextItems, WithOtherColumnsThanTheHeaderAreBad) {
  ArgumentSourceOptions options = one_file();
  options.colsep = ",";
  options.header = true;
  EXPECT_THAT(test::tasks_of(options, {"A,B\n1\n1,2\n1,2,3\n"}),
              ElementsAre("bad: in line 2: 1 column, but the header has 2", "[1][2]",
                          "bad: in line 4: 3 columns, but the header has 2"));
}

TEST(TextItems, CannotHaveTwoColumnsOfOneName) {
  ArgumentSourceOptions options = one_file();
  options.colsep = ",";
  options.header = true;
  EXPECT_THAT(test::tasks_of(options, {"A,A\n1,2\n"}),
              ElementsAre("broken: in line 1: the header: two columns are called \"A\""));
}

TEST(TextItems, OfAHeaderAloneAreNone) {
  ArgumentSourceOptions options = one_file();
  options.header = true;
  EXPECT_THAT(test::tasks_of(options, {"A\n"}), IsEmpty());
}

TEST(TextItems, DoNotHoldThePieceTheyCameIn) {
  auto source = *ArgumentSource::make(one_file());
  Record record;
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  const Slice piece = Slice::copy_of(as_bytes("a\nb\n"));
  source->feed(piece);
  ASSERT_EQ(source->next(record), Pull::Record);
  Record second;
  ASSERT_EQ(source->next(second), Pull::Record);
  ASSERT_EQ(source->next(second), Pull::NeedMore);
  EXPECT_EQ(piece.block()->references(), 1u);
}

}  // namespace
}  // namespace spread
