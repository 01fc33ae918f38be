#include "spread/wire/relay_opening.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "spread/wire/relay_frames.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using OpeningPart = RelayOpening::Part::What;

std::string frame(std::string_view value) {
  std::string bytes = "\xc6";
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value.size() >> shift & 0xff);
  }
  return bytes.append(value);
}

std::string begin() {
  ByteBuffer out;
  append_relay_frame({}, out);
  return std::string(as_text(out.view()));
}

struct SeenOpening {
  std::string prep, dropped, rest, error;
  bool begun = false;
};

/// What comes in pieces of so many bytes.
SeenOpening read(RelayOpening& opening, std::string_view bytes, std::size_t piece) {
  SeenOpening seen;
  std::string waiting;
  while (!bytes.empty()) {
    waiting += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      const auto part = opening.next(as_bytes(waiting));
      if (part.what == OpeningPart::NeedMore) {
        EXPECT_GT(part.size, waiting.size());
        break;
      }
      if (part.what == OpeningPart::Broken) return seen.error = part.error, seen;
      if (part.what == OpeningPart::Prep) seen.prep += waiting.substr(0, part.size);
      if (part.what == OpeningPart::Dropped) seen.dropped += waiting.substr(0, part.size);
      waiting.erase(0, part.size);
      if (part.what != OpeningPart::Begin) continue;
      seen.begun = true;
      seen.rest = waiting + std::string(bytes);
      return seen;
    }
  }
  seen.rest = waiting;
  return seen;
}

TEST(RelayOpening, KeepsItemsAndDropsTasksWhereverTheyAreCut) {
  const std::string items = frame("\xa1x") + frame(std::string(300, '\x01')) + frame(begin());
  const std::string tasks = frame("\x92\x07\xa5relay") + frame("\x92\x08" + std::string(1000, 'a'));
  for (std::size_t piece = 1; piece < 40; ++piece) {
    RelayOpening opening(Wire::Msgpack, 3, 10000);
    const SeenOpening seen = read(opening, items + tasks + begin() + "then", piece);
    EXPECT_TRUE(seen.begun) << piece << ": " << seen.error;
    EXPECT_EQ(seen.prep, items);
    EXPECT_EQ(seen.dropped, tasks);
    EXPECT_EQ(seen.rest, "then");
  }
}

TEST(RelayOpening, AnItemThatLooksLikeTheBeginningIsAnItem) {
  RelayOpening opening(Wire::Msgpack, 1, 10000);
  const SeenOpening seen = read(opening, begin() + begin(), 1000);
  EXPECT_EQ(seen.prep, begin());
  EXPECT_TRUE(seen.begun);
}

TEST(RelayOpening, LinesOfJsonAreKeptAndDroppedLikewise) {
  const std::string items = "\"a\"\n{\"b\": [1]}\n", tasks = "[0, 1]\n[1, \"\xc6\x86\"]\n";
  for (std::size_t piece = 1; piece < 20; ++piece) {
    RelayOpening opening(Wire::Json, 2, 10000);
    const SeenOpening seen = read(opening, items + tasks + begin() + "then", piece);
    EXPECT_TRUE(seen.begun) << piece << ": " << seen.error;
    EXPECT_EQ(seen.prep, items);
    EXPECT_EQ(seen.dropped, tasks);
    EXPECT_EQ(seen.rest, "then");
  }
}

TEST(RelayOpening, KnowsWhetherSomethingIsCutOff) {
  RelayOpening opening(Wire::Msgpack, 1, 10000);
  EXPECT_TRUE(opening.between());
  read(opening, frame("abc").substr(0, 7), 100);
  EXPECT_FALSE(opening.between());
  EXPECT_FALSE(opening.prepared());
  RelayOpening lines(Wire::Json, 1, 10000);
  read(lines, "\"ab", 100);
  EXPECT_FALSE(lines.between());
  read(lines, "c\"\n", 100);
  EXPECT_TRUE(lines.between());
  EXPECT_TRUE(lines.prepared());
}

TEST(RelayOpening, RefusesWhatIsNoFrameAndWhatIsTooLong) {
  RelayOpening text(Wire::Msgpack, 0, 100);
  EXPECT_EQ(read(text, "hello", 100).error, "the byte 68 begins no frame");
  RelayOpening frames(Wire::Msgpack, 1, 100);
  EXPECT_EQ(read(frames, frame(std::string(101, 'a')).substr(0, 5), 100).error,
            "a frame of 101 bytes is too long");
  RelayOpening lines(Wire::Json, 1, 100);
  EXPECT_EQ(read(lines, std::string(101, ' '), 10).error, "a line has more than 100 bytes");
  RelayOpening mixed(Wire::Json, 0, 100);
  EXPECT_EQ(read(mixed, frame("\x92\x07\x07"), 100).error,
            "a frame stands where a line of JSON is due");
}

TEST(RelayHello, SaysHowManyWorkersThereAreInEitherWire) {
  RelayHello hello;
  hello.workers = 16;
  hello.prep_items = 2;
  ByteBuffer json;
  append_relay_hello(hello, Wire::Json, json);
  EXPECT_EQ(as_text(json.view()), "[null,\"hello\",{\"wire\":1,\"workers\":16,\"prep\":2}]\n");
  hello.beats = true;
  ByteBuffer bytes;
  append_relay_hello(hello, Wire::Msgpack, bytes);
  const auto codec = make_codec(Wire::Msgpack, 1000);
  Decoded decoded;
  codec->decode(bytes.view(), false, decoded);
  ASSERT_EQ(decoded.found, Found::Message);
  EXPECT_EQ(decoded.size, bytes.size());
  const auto read_back = parse_hello(decoded.message.value);
  ASSERT_TRUE(read_back.has_value());
  EXPECT_EQ(read_back->workers, 16);
  EXPECT_EQ(read_back->prep, 2);
  EXPECT_TRUE(read_back->beats);
}

}  // namespace
}  // namespace spread::wire
