#include "spread/sources/value_readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader_support.h"
#include "spread/base/random.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> msgpack(std::string_view text, std::size_t max = 1 << 20) {
  return test::read_text(InputFormat::Msgpack, text, max);
}
template <std::size_t n>
std::string_view bytes(const char (&text)[n]) {
  return {text, n - 1};
}

TEST(MsgpackReader, MakesEveryObjectARecord) {
  EXPECT_THAT(msgpack(bytes("\x01\x93\x01\x02\xa1x\x81\xa1k\xc0\xcd\x01\x00")),
              ElementsAre("1", "[1,2,\"x\"]", "{\"k\":null}", "256"));
}

TEST(MsgpackReader, GivesNothingForEmptyInput) { EXPECT_THAT(msgpack(""), IsEmpty()); }

TEST(MsgpackReader, NamesTheOffsetOfAnObjectThatIsCutOff) {
  EXPECT_THAT(msgpack(bytes("\x01\x02\x93\x01\x02")),
              ElementsAre("1", "2",
                          "broken: in offset 2: the msgpack object that begins here is cut off "
                          "after 3 bytes"));
  EXPECT_THAT(msgpack(bytes("\x01\xda\x00")),
              ElementsAre("1",
                          "broken: in offset 1: the msgpack object that begins here is cut off "
                          "after 2 bytes"));
}

TEST(MsgpackReader, NamesTheOffsetOfWhatIsNoMsgpack) {
  EXPECT_THAT(msgpack(bytes("\x01\x92\x01\xc1\x02")),
              ElementsAre("1", "broken: in offset 3: c1 is no msgpack"));
}

TEST(MsgpackReader, EndsAtAnObjectThatIsTooLong) {
  EXPECT_THAT(msgpack(bytes("\xa4"
                            "abcd\x01"),
                      5),
              ElementsAre("\"abcd\"", "1"));
  EXPECT_THAT(msgpack(bytes("\x01\xa5"
                            "abcde\x01"),
                      5),
              ElementsAre("1",
                          "broken: in offset 1: the msgpack object that begins here is longer "
                          "than 5 bytes"));
}

TEST(MsgpackReader, HasTheRestOfALargeObjectReadToItsPlace) {
  constexpr std::size_t kSize = 300'000;
  const std::string text = std::string(bytes("\xc6\x00\x04\x93\xe0")) + std::string(kSize, 'x');
  MsgpackReader reader("in", 1 << 20);
  Record record;
  EXPECT_EQ(reader.next(record), Pull::NeedMore);
  EXPECT_TRUE(reader.spare().empty()) << "nothing is known of what comes";
  reader.feed(Slice::copy_of(as_bytes(std::string_view(text).substr(0, 1000))));
  EXPECT_EQ(reader.next(record), Pull::NeedMore);
  const std::span<Byte> spare = reader.spare();
  ASSERT_EQ(spare.size(), text.size() - 1000);
  std::copy_n(as_bytes(text).data() + 1000, spare.size(), spare.data());
  reader.filled(spare.size());
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), text);
  EXPECT_EQ(record.payload.body.view().data() + 1000, spare.data()) << "it was copied";
}

// Counted, not clocked: how often what is there already goes to another place, byte by byte.
TEST(MsgpackReader, MovesNoByteOfALargeObjectMoreThanTwice) {
  constexpr std::size_t kSize = std::size_t{48} << 20;
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  const std::string text = std::string(bytes("\xc6\x03\x00\x00\x00")) + std::string(kSize, 'x');
  MsgpackReader reader("in", std::size_t{1} << 30);
  Record record;
  std::size_t there = 0, moved = 0, reads = 0;
  const Byte* front = nullptr;
  while (reader.next(record) == Pull::NeedMore) {
    const std::span<Byte> spare = reader.spare();
    const std::size_t n =
        std::min({kPiece, text.size() - there, spare.empty() ? kPiece : spare.size()});
    ASSERT_NE(n, 0u);
    ++reads;
    if (spare.empty()) {
      reader.feed(Slice::copy_of(as_bytes(std::string_view(text).substr(there, n))));
      moved += n;
    } else {
      if (spare.data() - there != front) moved += there;
      front = spare.data() - there;
      std::copy_n(as_bytes(text).data() + there, n, spare.data());
      reader.filled(n);
    }
    there += n;
  }
  EXPECT_EQ(record.payload.body.size(), text.size());
  EXPECT_LE(moved, 2 * text.size());
  EXPECT_LE(reads, text.size() / kPiece + 8);
}

TEST(MsgpackReader, TakesNoMemoryForWhatAHeaderClaims) {
  EXPECT_THAT(msgpack(bytes("\xdd\xff\xff\xff\xff\x01"), std::size_t{1} << 40),
              ElementsAre("broken: in offset 0: the msgpack object that begins here is cut off "
                          "after 6 bytes"));
  EXPECT_THAT(msgpack(bytes("\xc6\xff\xff\xff\xff\x01"), std::size_t{1} << 40),
              ElementsAre("broken: in offset 0: the msgpack object that begins here is cut off "
                          "after 6 bytes"));
}

TEST(MsgpackReader, RefusesABombOfNestedArrays) {
  EXPECT_THAT(msgpack(std::string(1000, '\x91') + '\x01'),
              ElementsAre("broken: in offset 0: the msgpack object that begins here nests deeper "
                          "than 256"));
}

TEST(MsgpackReader, SharesTheBytesOfAPiece) {
  MsgpackReader reader("in", 100);
  const Slice piece = Slice::copy_of(as_bytes("\xa1x\xa1y"));
  reader.feed(piece);
  Record record;
  ASSERT_EQ(reader.next(record), Pull::Record);
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(record.payload.body.view().data(), piece.view().data() + 2);
}

// What is complete must come out at once: the writer of the stream may be waiting for results.
TEST(MsgpackReader, GivesAnObjectAsSoonAsItsLastByteIsThere) {
  MsgpackReader reader("in", 100000);
  const std::string object = "\xdb" + std::string("\0\0\x27\x10", 4) + std::string(10000, 'x');
  Record record;
  for (std::size_t i = 0; i < object.size(); ++i) {
    ASSERT_EQ(reader.next(record), Pull::NeedMore) << i;
    reader.feed(Slice::copy_of(as_bytes(object.substr(i, 1))));
  }
  ASSERT_EQ(reader.next(record), Pull::Record);
  EXPECT_EQ(as_text(record.payload.body.view()), object);
}

TEST(MsgpackReader, ReadsRandomBytesWithoutHarm) {
  const std::uint64_t seed = test::seed_from_environment(5);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random.below(60), '\0');
    for (char& c : text) c = static_cast<char>(random.next());
    msgpack(text, 1 + random.below(100));
  }
}

}  // namespace
}  // namespace spread
