#include "spread/sources/pickle_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader_support.h"
#include "spread/wire/pickle_machine.h"

namespace spread {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// In pieces of each size, which must not show.
std::vector<std::string> pickles(const std::string& text, bool verbatim = false,
                                 std::size_t max = 1000) {
  PickleReader whole(verbatim, "in", max);
  const std::vector<std::string> records = test::read_all(whole, text, text.size() + 1);
  for (const std::size_t piece : {1, 2, 3, 7}) {
    PickleReader reader(verbatim, "in", max);
    EXPECT_EQ(test::read_all(reader, text, piece), records);
  }
  return records;
}

TEST(PickleReader, MakesEveryPickleARecord) {
  EXPECT_THAT(pickles("I1\n.\x80\x02U\x03"
                      "abc.(I1\nNt."),
              ElementsAre("1", "\"abc\"", "[1,null]"));
  EXPECT_THAT(pickles(""), IsEmpty());
}

TEST(PickleReader, CarriesWhatIsForeignAndAnythingThatIsToStayAsItIs) {
  EXPECT_THAT(pickles("cm\nX\n.N."), ElementsAre("{\"$ext\":[80,\"Y20KWAou\"]}", "null"));
  EXPECT_THAT(pickles("(t.N.", true),
              ElementsAre("{\"$ext\":[80,\"KHQu\"]}", "{\"$ext\":[80,\"Ti4=\"]}"));
}

TEST(PickleReader, NamesTheOffsetWhereItCannotGoOn) {
  EXPECT_THAT(
      pickles("N.N.I1"),
      ElementsAre("null", "null",
                  "broken: in offset 4: the pickle that begins here is cut off after 2 bytes"));
  EXPECT_THAT(pickles("N.oops"),
              ElementsAre("null",
                          "broken: in offset 2: the pickle that begins here is none: byte 1 (OBJ) "
                          "needs a MARK that is not there"));
  EXPECT_THAT(pickles("N.U\x10.", false, 10),
              ElementsAre("null",
                          "broken: in offset 2: the pickle that begins here is none: byte 1 "
                          "(SHORT_BINSTRING) goes beyond --max-frame 10"));
}

TEST(PickleReader, WhatStandsForTooMuchIsBadAndTheRestIsRead) {
  EXPECT_THAT(pickles(std::string(300, ']') + std::string(299, 'a') + ".N."),
              ElementsAre("bad: in offset 0: the pickle that begins here is nested deeper than 256",
                          "null"));
  std::string shared = "(U\x64" + std::string(100, 'x') + "q\x01";
  for (int i = 0; i < 20; ++i) shared += "h\x01";
  EXPECT_THAT(pickles(shared + "t.N."),
              ElementsAre("bad: in offset 0: the pickle that begins here has more than 1000 bytes, "
                          "with what it shares written out",
                          "null"));
}

}  // namespace
}  // namespace spread
