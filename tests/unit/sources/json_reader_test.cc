#include "spread/sources/value_readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

std::vector<std::string> json(std::string_view text, std::size_t max = 1 << 20) {
  return test::read_text(InputFormat::Json, text, max);
}

TEST(JsonReader, MakesEveryDocumentARecord) {
  EXPECT_THAT(json("1\n{\"a\": [1, null]}\r\n \"x\\n\""),
              ElementsAre("1", "{\"a\":[1,null]}", "\"x\\n\""));
}

TEST(JsonReader, SkipsBlankLines) { EXPECT_THAT(json("\n1\n \t\r\n2\n\n"), ElementsAre("1", "2")); }

TEST(JsonReader, GivesNothingForEmptyInput) { EXPECT_THAT(json(""), IsEmpty()); }

TEST(JsonReader, NamesTheLineOfABadRecordAndGoesOn) {
  EXPECT_THAT(json("1\n\n{\"a\":\n2\n"), ElementsAre("1", MatchesRegex("bad: in line 3: .+"), "2"));
}

TEST(JsonReader, RefusesTwoDocumentsInALine) {
  EXPECT_THAT(json("1 2\n3\n"), ElementsAre(MatchesRegex("bad: in line 1: .+"), "3"));
}

TEST(JsonReader, SkipsAByteOrderMarkAtTheStartOnly) {
  EXPECT_THAT(json("\xef\xbb\xbf"
                   "1\n\xef\xbb\xbf"
                   "2\n"),
              ElementsAre("1", MatchesRegex("bad: in line 2: .+")));
  EXPECT_THAT(json("\xef\xbb\xbf"), IsEmpty());
}

TEST(JsonReader, MakesALineThatIsTooLongBadAndGoesOn) {
  EXPECT_THAT(json("[1,2,3]\n[1]\n", 5), ElementsAre("bad: in line 1: longer than 5 bytes", "[1]"));
}

TEST(JsonReader, KeepsPayloadsApart) {
  JsonReader reader("in", 1000);
  reader.feed(Slice::copy_of(as_bytes("[1]\n[2]\n")));
  Record first, second;
  ASSERT_EQ(reader.next(first), Pull::Record);
  ASSERT_EQ(reader.next(second), Pull::Record);
  EXPECT_EQ(test::json_of(first.payload), "[1]");
  EXPECT_EQ(test::json_of(second.payload), "[2]");
}

}  // namespace
}  // namespace spread
