#include "spread/sources/record_reader.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(std::string_view text, std::size_t max = 1 << 20,
                               char delimiter = '\n') {
  return test::read_text(InputFormat::Lines, text, max, delimiter);
}

TEST(LineReader, MakesEveryLineARecord) {
  EXPECT_THAT(lines("a\nbc\n"), ElementsAre("\"a\"", "\"bc\""));
}

TEST(LineReader, CountsEmptyLines) {
  EXPECT_THAT(lines("\n\na\n\n"), ElementsAre("\"\"", "\"\"", "\"a\"", "\"\""));
}

TEST(LineReader, CountsALastLineWithoutNewline) {
  EXPECT_THAT(lines("a\nb"), ElementsAre("\"a\"", "\"b\""));
}

TEST(LineReader, GivesNothingForEmptyInput) { EXPECT_THAT(lines(""), IsEmpty()); }

TEST(LineReader, KeepsCarriageReturnsAndNulBytes) {
  EXPECT_THAT(lines(std::string_view("a\r\nb\0c\n", 7)), ElementsAre("\"a\\r\"", "\"b\\u0000c\""));
}

TEST(LineReader, CutsAtNulOrAnyByte) {
  EXPECT_THAT(lines(std::string_view("a\nb\0c\0", 6), 100, '\0'),
              ElementsAre("\"a\\nb\"", "\"c\""));
  EXPECT_THAT(lines("a\xff"
                    "b",
                    100, '\xff'),
              ElementsAre("\"a\"", "\"b\""));
}

TEST(LineReader, MakesBinOfWhatIsNotUtf8) {
  EXPECT_THAT(lines("\xff\n"), ElementsAre("{\"$bin\":\"/w==\"}"));
}

TEST(LineReader, MakesALineThatIsTooLongBadAndGoesOn) {
  EXPECT_THAT(lines("abcd\nabcde\nab\n", 4),
              ElementsAre("\"abcd\"", "bad: in line 2: longer than 4 bytes", "\"ab\""));
  EXPECT_THAT(lines("abcdefgh", 4), ElementsAre("bad: in line 1: longer than 4 bytes"));
  EXPECT_THAT(lines("abcdefgh:a", 4, ':'),
              ElementsAre("bad: in record 1: longer than 4 bytes", "\"a\""));
}

TEST(LineReader, SharesTheBytesOfAPiece) {
  LineReader reader('\n', "in", 100);
  const Slice piece = Slice::copy_of(as_bytes("first\nsecond\n"));
  reader.feed(piece);
  Record record;
  ASSERT_EQ(reader.next(record), Pull::Record);
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(record.payload.body.view().data(), piece.view().data() + 6);
}

TEST(LineReader, LetsGoOfAPieceThatIsUsedUp) {
  LineReader reader('\n', "in", 100);
  const Slice piece = Slice::copy_of(as_bytes("first\nsec"));
  reader.feed(piece);
  Record record;
  ASSERT_EQ(reader.next(record), Pull::Record);
  ASSERT_EQ(reader.next(record), Pull::NeedMore);
  record = {};
  EXPECT_EQ(piece.block()->references(), 1u);
}

TEST(LineReader, DoesNotGatherWhatIsTooLong) {
  LineReader reader('\n', "in", 1000);
  Record record;
  for (int i = 0; i < 100; ++i) {
    const Slice piece = Slice::copy_of(as_bytes(std::string(500, 'x')));
    reader.feed(piece);
    ASSERT_EQ(reader.next(record), Pull::NeedMore);
    EXPECT_EQ(piece.block()->references(), 1u);
  }
  reader.feed(Slice::copy_of(as_bytes("\nab\n")));
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(record.bad, "in line 1: longer than 1000 bytes");
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(record.bad, "");
  EXPECT_EQ(test::json_of(record.payload), "\"ab\"");
}

TEST(LineReader, GathersARecordOfManyPieces) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + ",";
  EXPECT_THAT(lines(text + "\nend"), ElementsAre("\"" + text + "\"", "\"end\""));
}

}  // namespace
}  // namespace spread
