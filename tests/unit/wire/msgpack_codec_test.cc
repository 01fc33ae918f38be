#include "spread/wire/codec.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

constexpr std::size_t kGiB = std::size_t{1} << 30;

Decoded decode(std::string_view bytes, bool final = false, std::size_t max_frame = kGiB) {
  Decoded decoded;
  make_msgpack_codec(max_frame)->decode(as_bytes(bytes), final, decoded);
  return decoded;
}
Decoded decode_hex(std::string_view hex, bool final = false) {
  return decode(from_hex(hex), final);
}
Value text(std::string_view bytes) { return text_value(Slice::literal(bytes)); }

/// A frame around this body.
std::string framed(std::string_view body_hex) {
  const std::string body = from_hex(body_hex);
  const auto size = static_cast<std::uint32_t>(body.size());
  std::string frame = "\xc6";
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  return frame + body;
}

TEST(MsgpackCodec, ReadsTheShortestAnswer) {
  Decoded decoded;
  const std::string bytes = from_hex("c600000006 93 07 a26f6b 09");
  make_msgpack_codec(kGiB)->decode(as_bytes(bytes), false, decoded);
  ASSERT_EQ(decoded.found, Found::Message);
  EXPECT_EQ(decoded.size, 11u);
  EXPECT_EQ(describe(decoded.message), "ok 7 value=09 text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(MsgpackCodec, CountsTheNewlineBehindAFrameIn) {
  EXPECT_EQ(decode_hex("c600000006 93 07 a26f6b 09 0a").size, 12u);
}

TEST(MsgpackCodec, CountsOneNewlineOnlyBehindAFrame) {
  EXPECT_EQ(decode_hex("c600000006 93 07 a26f6b 09 0a0a").size, 12u);
}

TEST(MsgpackCodec, SkipsARunOfNewlinesAtOnce) {
  const Decoded decoded = decode_hex("0a0a0a c6");
  EXPECT_EQ(decoded.found, Found::Skip);
  EXPECT_EQ(decoded.size, 3u);
}

TEST(MsgpackCodec, ViewsPointIntoTheBytes) {
  const std::string bytes = from_hex("c600000008 93 07 a26f6b a26869");
  Decoded decoded;
  make_msgpack_codec(kGiB)->decode(as_bytes(bytes), false, decoded);
  EXPECT_EQ(decoded.message.value.data(), as_bytes(bytes).data() + 10);
}

TEST(MsgpackCodec, TellsTheSizeOfAnUnfinishedFrame) {
  const Decoded decoded = decode_hex("c620000000 93 07");
  EXPECT_EQ(decoded.found, Found::NeedMore);
  EXPECT_EQ(decoded.size, 0x20000005u);
}

TEST(MsgpackCodec, SaysHowFarAFrameHadComeAtTheEnd) {
  const Decoded decoded = decode_hex("c600000127 93 07 a26f6b d9ff", true);
  EXPECT_EQ(decoded.found, Found::Broken);
  EXPECT_EQ(decoded.error, "ended inside a frame (12 of 300 bytes)");
}

TEST(MsgpackCodec, NamesTheLengthAndTheOptionOfAFrameThatIsTooLong) {
  const Decoded decoded = decode_hex("c6ffffffff 93 07 a26f6b");
  EXPECT_EQ(decoded.found, Found::Broken);
  EXPECT_EQ(decoded.error, "frame of 4294967295 bytes, more than --max-frame 1073741824");
}

TEST(MsgpackCodec, NeverTakesUtf8TextForAFrameThatIsTooLong) {
  // Azeri and Russian: C6 8F 61 62 C9 | 99 (array) D1 80 D0 (int16) B0 (a str of 16).
  EXPECT_EQ(decode("\xc6\x8f"
                   "ab\xc9\x99\xd1\x80\xd0\xb0, ...............")
                .found,
            Found::Stray);
  // Arabic, whose first bytes D9 to DB are headers of longer strs.
  EXPECT_EQ(decode("\xc6\x8f"
                   "ab\xc9\x99 \xd9\x84\xd9\x84 ..............")
                .found,
            Found::Stray);
}

TEST(MsgpackCodec, WaitsForTheKindBeforeItCallsAFrameTooLong) {
  const std::string frame = from_hex("c6ffffffff 93 07 a8") + "progress";
  for (std::size_t size = 1; size < frame.size(); ++size) {
    EXPECT_EQ(decode(frame.substr(0, size)).found, Found::NeedMore) << size;
  }
  EXPECT_EQ(decode(frame).found, Found::Broken);
}

TEST(MsgpackCodec, AFrameLimitNeverReachesWhereTextBegins) {
  const auto codec = make_msgpack_codec(~std::size_t{0});
  Decoded decoded;
  codec->decode(as_bytes("\xc6\x8f"
                         "abc\x99 text"),
                false, decoded);
  EXPECT_EQ(decoded.found, Found::Stray);
}

TEST(MsgpackCodec, ALengthTooShortForItsOwnHeaderIsStray) {
  EXPECT_EQ(decode_hex("c600000003 dd000000 0207").found, Found::Stray);
}

TEST(MsgpackCodec, StrayTextEndsWhereAFrameBegins) {
  const Decoded decoded = decode("text" + framed("93 07 a26f6b 09"));
  EXPECT_EQ(decoded.found, Found::Stray);
  EXPECT_EQ(decoded.size, 4u);
}

TEST(MsgpackCodec, StrayTextEndsWhereAFrameMayBegin) {
  const Decoded decoded = decode_hex("7465 c6000000");
  EXPECT_EQ(decoded.found, Found::Stray);
  EXPECT_EQ(decoded.size, 2u);
}

TEST(MsgpackCodec, AtTheEndNothingMayBeginAnyMore) {
  const Decoded decoded = decode_hex("7465 c6000000", true);
  EXPECT_EQ(decoded.found, Found::Stray);
  EXPECT_EQ(decoded.size, 6u);
}

TEST(MsgpackCodec, AskedWithoutBytesWantsOne) {
  EXPECT_EQ(decode("", true).found, Found::NeedMore);
  EXPECT_EQ(decode("", true).size, 1u);
}

std::string why_broken(std::string_view body_hex) {
  const Decoded decoded = decode(framed(body_hex));
  EXPECT_EQ(decoded.found, Found::Broken);
  return decoded.error;
}

TEST(MsgpackCodec, NamesAnArrayThatEndsEarly) {
  EXPECT_EQ(why_broken("94 07 a26f6b 09"),
            "not a frame: its 6 bytes end before its array of 4 does");
}
TEST(MsgpackCodec, NamesAnArrayThatEndsLate) {
  EXPECT_EQ(why_broken("93 07 a26f6b 09 09 09"),
            "not a frame: 2 bytes are left over behind its array of 3");
}
TEST(MsgpackCodec, NamesANestingBomb) {
  EXPECT_EQ(why_broken("93 07 a26f6b (91*300) 01"), "not a frame: it nests deeper than 256");
}
TEST(MsgpackCodec, TakesAValueAtTheDepthLimit) {
  EXPECT_EQ(decode(framed("93 07 a26f6b (91*255) 90")).found, Found::Message);
}
TEST(MsgpackCodec, NamesTheByteThatBeginsNothing) {
  EXPECT_EQ(why_broken("93 07 a26f6b 92 01 c1"),
            "not a frame: it has the byte c1 at 7, which begins no value");
}
TEST(MsgpackCodec, NamesANegativeId) {
  EXPECT_EQ(why_broken("93 d0ff a26f6b 01"), "not a frame: its id is negative (-1)");
}
TEST(MsgpackCodec, NamesAWrongShape) {
  EXPECT_EQ(why_broken("92 07 a26f6b"), "not a frame: \"ok\" without its third element");
  EXPECT_EQ(why_broken("93 07 a462757379 c0"), "not a frame: \"busy\" without a number");
  EXPECT_EQ(why_broken("94 07 a26f6b 01 02"), "not a frame: \"ok\" with a so that is no text");
}

TEST(MsgpackCodec, IgnoresElementsThatItDoesNotKnow) {
  EXPECT_EQ(decode(framed("97 07 a26f6b 01 a0 a0 9101 8101c3")).found, Found::Message);
}

TEST(MsgpackCodec, TheKindsOfAnIdAndOfNilAreNotMixed) {
  EXPECT_EQ(decode(framed("93 07 a568656c6c6f 80")).message.kind, UpKind::Unknown);
  EXPECT_EQ(decode(framed("93 c0 a26f6b 80")).message.kind, UpKind::Unknown);
  EXPECT_EQ(decode(framed("93 c0 a56572726f72 80")).message.kind, UpKind::PrepError);
  EXPECT_EQ(decode(framed("93 07 a56572726f72 80")).message.kind, UpKind::Error);
}

TEST(MsgpackCodec, AMessageLeavesNothingOfTheLastOne) {
  const auto codec = make_msgpack_codec(kGiB);
  Decoded decoded;
  codec->decode(as_bytes(framed("95 07 a26f6b 01 a173 a174")), false, decoded);
  const std::string plain = framed("93 08 a26f6b 02");
  codec->decode(as_bytes(plain), false, decoded);
  EXPECT_EQ(describe(decoded.message), "ok 8 value=02 text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(MsgpackCodec, EncodesATaskInFrontOfWhatIsThere) {
  ByteBuffer out;
  out.append("x");
  ASSERT_TRUE(make_msgpack_codec(kGiB)->encode_task(TaskId{300}, text("hi"), out));
  EXPECT_EQ(to_hex(out.view()),
            "78"
            "c600000007"
            "92"
            "cd012c"
            "a26869");
}

TEST(MsgpackCodec, EncodesPayloadsOfEverySmallSize) {
  const auto codec = make_msgpack_codec(kGiB);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>('a' + i % 26);
    const Value value = text(payload);
    ByteBuffer out;
    ASSERT_TRUE(codec->encode_task(TaskId{7}, value, out));
    EXPECT_EQ(out.size(), 7 + value.size());
    EXPECT_EQ(as_text(out.view()).substr(7), std::string(as_text(value.head_view())) + payload);
  }
}

TEST(MsgpackCodec, AHeadWithItsBodyIsTheWholeTask) {
  const auto codec = make_msgpack_codec(kGiB);
  const std::string payload(100000, 'x');
  ByteBuffer whole, head;
  ASSERT_TRUE(codec->encode_task(TaskId{1}, text(payload), whole));
  const auto split = codec->encode_task_head(TaskId{1}, text(payload), head);
  ASSERT_TRUE(split.has_value() && *split);
  head.append(payload);
  EXPECT_EQ(to_string(head), to_string(whole));
}

TEST(MsgpackCodec, RefusesAPayloadAboveTheLimitAndLeavesTheBufferAlone) {
  const auto codec = make_msgpack_codec(100);
  const std::string payload(100, 'x');
  ByteBuffer out;
  const auto status = codec->encode_task(TaskId{1}, text(payload), out);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "payload has 102 bytes, more than --max-frame 100 allows");
  EXPECT_TRUE(out.empty());
}

TEST(MsgpackCodec, OverheadCoversTheLargestId) {
  const auto codec = make_msgpack_codec(kGiB);
  ByteBuffer out;
  ASSERT_TRUE(codec->encode_task(TaskId{~std::uint64_t{0}}, text(""), out));
  EXPECT_EQ(out.size() - 1, codec->overhead());
}

}  // namespace
}  // namespace spread::wire
