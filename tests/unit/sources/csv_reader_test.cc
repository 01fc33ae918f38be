#include "spread/sources/csv_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> csv(std::string_view text, std::size_t max = 1 << 20) {
  return test::read_text(InputFormat::Csv, text, max);
}

TEST(CsvReader, MakesEveryRowAMapOfStrings) {
  EXPECT_THAT(csv("a,b\n1,x y\n,\n"), ElementsAre(R"({"a":"1","b":"x y"})", R"({"a":"","b":""})"));
}

TEST(CsvReader, CountsALastRowWithoutNewline) {
  EXPECT_THAT(csv("a,b\n1,2"), ElementsAre(R"({"a":"1","b":"2"})"));
  EXPECT_THAT(csv("a,b\n1,"), ElementsAre(R"({"a":"1","b":""})"));
  EXPECT_THAT(csv("a,b\n1,\"2\""), ElementsAre(R"({"a":"1","b":"2"})"));
}

TEST(CsvReader, GivesNothingForEmptyInputOrAHeaderAlone) {
  EXPECT_THAT(csv(""), IsEmpty());
  EXPECT_THAT(csv("\n"), IsEmpty());
  EXPECT_THAT(csv("a,b"), IsEmpty());
  EXPECT_THAT(csv("a,b\n"), IsEmpty());
}

TEST(CsvReader, ReadsCrLf) {
  EXPECT_THAT(csv("a,b\r\n1,2\r\n3,\"4\"\r\n5,6\r"),
              ElementsAre(R"({"a":"1","b":"2"})", R"({"a":"3","b":"4"})", R"({"a":"5","b":"6"})"));
}

TEST(CsvReader, KeepsACarriageReturnInsideAField) {
  EXPECT_THAT(csv("a\nx\ry\n\"p\r\nq\"\n"), ElementsAre(R"({"a":"x\ry"})", R"({"a":"p\r\nq"})"));
}

TEST(CsvReader, ReadsQuotedFields) {
  EXPECT_THAT(csv("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"1\n2\",\"\"\n"),
              ElementsAre(R"({"a":"x,y","b":"say \"hi\""})", R"({"a":"1\n2","b":""})"));
}

TEST(CsvReader, TakesAQuoteInsideAPlainFieldAsText) {
  EXPECT_THAT(csv("a,b\n5\" disk,x\n"), ElementsAre(R"({"a":"5\" disk","b":"x"})"));
}

TEST(CsvReader, SkipsEmptyLinesButNotQuotedEmptyValues) {
  EXPECT_THAT(csv("\na\n\n1\n\"\"\n\r\n2\n\n"),
              ElementsAre(R"({"a":"1"})", R"({"a":""})", R"({"a":"2"})"));
}

TEST(CsvReader, NamesLineAndCountsOfARowWithOtherColumns) {
  EXPECT_THAT(
      csv("a,b\n\"1\n1\",2\n3\n4,5,6\n7,8\n"),
      ElementsAre(R"({"a":"1\n1","b":"2"})", "bad: in line 4: 1 column, but the header has 2",
                  "bad: in line 5: 3 columns, but the header has 2", R"({"a":"7","b":"8"})"));
}

TEST(CsvReader, NamesTheLineOfTextAfterAClosingQuote) {
  EXPECT_THAT(csv("a,b\n\"1\"x,2\n3,4\n"),
              ElementsAre("bad: in line 2: text after a closing quote", R"({"a":"3","b":"4"})"));
  EXPECT_THAT(csv("a\n\"1\"\rx\n2\n"),
              ElementsAre("bad: in line 2: text after a closing quote", R"({"a":"2"})"));
}

TEST(CsvReader, NamesTheLineWhereAnUnclosedQuoteBegan) {
  EXPECT_THAT(csv("a,b\n1,2\n3,\"4\n5,6\n"),
              ElementsAre(R"({"a":"1","b":"2"})",
                          "broken: in line 3: the quote that is opened here is never closed"));
}

TEST(CsvReader, NamesTheLineOfTheQuoteAndNotOfItsRow) {
  EXPECT_THAT(csv("a,b\n\"1\n1\",\"2\n\n"),
              ElementsAre("broken: in line 3: the quote that is opened here is never closed"));
}

TEST(CsvReader, RefusesTwoColumnsOfOneName) {
  EXPECT_THAT(csv("a,b,a\n1,2,3\n"),
              ElementsAre("broken: in line 1: the header: two columns are called \"a\""));
}

TEST(CsvReader, RefusesAMalformedHeader) {
  EXPECT_THAT(csv("\"a\"b,c\n1,2\n"),
              ElementsAre("broken: in line 1: the header: text after a closing quote"));
  EXPECT_THAT(csv("abcdef\n1\n", 5),
              ElementsAre("broken: in line 1: the header: longer than 5 bytes"));
}

TEST(CsvReader, AcceptsAColumnWithoutAName) {
  EXPECT_THAT(csv(",a\n0,1\n"), ElementsAre(R"({"":"0","a":"1"})"));
}

TEST(CsvReader, SkipsAByteOrderMark) {
  EXPECT_THAT(csv("\xef\xbb\xbf\"a\",b\n1,2\n"), ElementsAre(R"({"a":"1","b":"2"})"));
  EXPECT_THAT(csv("\xef\xbb\xbe,b\n1,2\n"), ElementsAre(R"({"﻾":"1","b":"2"})"));
}

TEST(CsvReader, MakesARowThatIsTooLongBadAndGoesOn) {
  EXPECT_THAT(csv("a,b\n12345,12345\n\"12345\n12345\",1\n1,2\n", 10),
              ElementsAre("bad: in line 2: longer than 10 bytes",
                          "bad: in line 3: longer than 10 bytes", R"({"a":"1","b":"2"})"));
}

TEST(CsvReader, MakesBinOfWhatIsNotUtf8) {
  EXPECT_THAT(csv("a\n\xff\n"), ElementsAre(R"({"a":{"$bin":"/w=="}})"));
}

TEST(CsvReader, ReadsAHeaderOfManyColumns) {
  std::string header, row, wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    header += (i == 0 ? "c" : ",c") + n;
    row += (i == 0 ? "" : ",") + n;
    wanted += (i == 0 ? "\"c" : ",\"c") + n + "\":\"" + n + "\"";
  }
  EXPECT_THAT(csv(header + "\n" + row + "\n"), ElementsAre("{" + wanted + "}"));
}

}  // namespace
}  // namespace spread
