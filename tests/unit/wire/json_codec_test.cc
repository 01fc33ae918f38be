#include "spread/wire/codec.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

constexpr std::size_t kLimit = 1 << 20;

Decoded decode_json(std::string_view bytes, bool final = false, std::size_t max_frame = kLimit) {
  Decoded decoded;
  make_json_codec(max_frame)->decode(as_bytes(bytes), final, decoded);
  return decoded;
}
std::string broken(std::string_view line) {
  const Decoded decoded = decode_json(line);
  EXPECT_EQ(decoded.found, Found::Broken) << line;
  return decoded.error;
}
Value value_of_hex(std::string_view hex) {
  Value value;
  value.body = Slice::copy_of(as_bytes(from_hex(hex)));
  return value;
}

TEST(JsonCodec, ReadsOneMessageALine) {
  const auto codec = make_json_codec(kLimit);
  const auto seen = decode_all(*codec, "[1,\"ok\",2]\n[2,\"busy\",0.5,\"load\"]\n");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].text, "ok 1 value=02 text=\"\" number=0 so=\"\" se=\"\"");
  EXPECT_EQ(seen[1].text, "busy 2 value= text=\"load\" number=0.5 so=\"\" se=\"\"");
}

// A plain success is decoded in a way of its own; a blank in front leads around it.
TEST(JsonCodec, ReadsAPlainSuccessAsAnyOther) {
  for (const char* line : {"[1,\"ok\",2]",
                           "[0,\"ok\",\"\"]",
                           "[12, \"ok\", \"a\\nb\" ]",
                           "[7,\"ok\",[1,[2]]]",
                           "[7,\"ok\",{\"$bin\":\"aGk=\"}]",
                           "[7,\"ok\",1,\"so\"]",
                           "[7,\"ok\",[],\"so\",\"se\"]",
                           "[7,\"ok\",1],[2]",
                           "[7,\"ok\",\"a]",
                           "[7,\"ok\",]",
                           "[7,\"ok\"]",
                           "[7,\"ok\",1]]",
                           "[07,\"ok\",1]",
                           "[-7,\"ok\",1]",
                           "[7,\"okay\",1]",
                           "[7,\"ok\",\"\xff\"]",
                           "[999999999999999999,\"ok\",1]",
                           "[9223372036854775807,\"ok\",1]",
                           "[99999999999999999999,\"ok\",1]",
                           "[7,\"ok\",1]\r"}) {
    const auto codec = make_json_codec(kLimit), other = make_json_codec(kLimit);
    const auto seen = decode_all(*codec, std::string(line) + "\n");
    const auto expected = decode_all(*other, " " + std::string(line) + "\n");
    ASSERT_EQ(seen.size(), expected.size()) << line;
    ASSERT_EQ(seen.size(), 1u) << line;
    EXPECT_EQ(seen[0].found, expected[0].found) << line;
    // A place in the line, which is one byte further to the right there, is not compared.
    if (seen[0].found != Found::Message) continue;
    EXPECT_EQ(seen[0].text, expected[0].text) << line;
  }
}

TEST(JsonCodec, SkipsBlankLines) {
  const Decoded decoded = decode_json(" \t\r\n[");
  EXPECT_EQ(decoded.found, Found::Skip);
  EXPECT_EQ(decoded.size, 4u);
}

TEST(JsonCodec, StrayLinesGoWithTheirNewline) {
  for (const char* line : {"hello\n", "[1] 2\n", "[1]\n", "[\n", "[12\n", "[null\n", "[nul,1]\n",
                           "[1.5,\"ok\",1]\n", "[\"a\",1]\n", "{\"a\":1}\n", "[-\n", "[1e3,2]\n"}) {
    const Decoded decoded = decode_json(line);
    EXPECT_EQ(decoded.found, Found::Stray) << line;
    EXPECT_EQ(decoded.size, std::string_view(line).size());
  }
}

TEST(JsonCodec, ALineThatBeginsAsAMessageIsHeldToIt) {
  EXPECT_EQ(broken("[1,\"busy\",\n"), "not a frame: expected a value at byte 11");
  EXPECT_EQ(broken("[1,\"busy\",1] 2\n"), "not a frame: text behind the value at byte 14");
  EXPECT_EQ(broken("[1,\"busy\",\"x\"]\n"), "not a frame: \"busy\" without a number");
  EXPECT_EQ(broken("[-1,\"ok\",1]\n"), "not a frame: its id is negative (-1)");
}

TEST(JsonCodec, AResultThatIsTooLargeANumberIsTheTasksFailure) {
  const auto codec = make_json_codec(kLimit);
  Decoded decoded;
  const std::string line = " [ 7 , \"ok\" ,18446744073709551616]\n";
  codec->decode(as_bytes(line), false, decoded);
  ASSERT_EQ(decoded.found, Found::Message);
  EXPECT_EQ(decoded.message.kind, UpKind::Error);
  EXPECT_EQ(decoded.message.id, TaskId{7});
  EXPECT_EQ(decoded.size, line.size());
  const WorkerError error = parse_error(decoded.message.value);
  EXPECT_EQ(error.type, "BadResult");
  EXPECT_EQ(error.message, "the integer 18446744073709551616 is outside [-2^63, 2^64) at byte 14");
}

TEST(JsonCodec, AResultThatIsNoJsonIsTheTasksFailure) {
  const auto said = [](const std::string& line) {
    const auto codec = make_json_codec(kLimit);
    Decoded decoded;
    codec->decode(as_bytes(line), false, decoded);
    if (decoded.found != Found::Message || decoded.message.kind != UpKind::Error)
      return decoded.error;
    EXPECT_EQ(decoded.size, line.size());
    EXPECT_EQ(decoded.message.id, TaskId{7});
    const WorkerError error = parse_error(decoded.message.value);
    return error.type + ": " + error.message;
  };
  const std::string start = "BadResult: the answer is not JSON: ";
  EXPECT_EQ(said("[7,\"ok\",abc]\n"), start + "abc");
  EXPECT_EQ(said(" [ 7, \"ok\" , [1,2 \r\n"), start + "[1,2");
  EXPECT_EQ(said("[7,\"ok\",]\n"), start);
  EXPECT_EQ(said("[7,\"ok\",\x1b\xff]\n"), start + "\\x1b\\xff");
  EXPECT_EQ(said("[7,\"ok\"," + std::string(100, 'x') + "]\n"),
            start + std::string(60, 'x') + "...");
  EXPECT_EQ(said("[7,\"ok\"," + std::string(300, '[') + "]\n"),
            "not a frame: nested deeper than 256 at byte 265");
}

TEST(JsonCodec, ANumberThatIsTooLargeElsewhereBreaksTheMessage) {
  EXPECT_EQ(broken("[1,\"busy\",1e999]\n"),
            "not a frame: the number 1e999 is too large for a double at byte 11");
  EXPECT_EQ(broken("[18446744073709551616,\"ok\",1]\n"),
            "not a frame: the integer 18446744073709551616 is outside [-2^63, 2^64) at byte 2");
}

TEST(JsonCodec, ALineWithoutItsNewlineWasCutOff) {
  const Decoded decoded = decode_json("[1,\"ok\",12", true);
  EXPECT_EQ(decoded.found, Found::Broken);
  EXPECT_EQ(decoded.error, "ended inside a frame (10 bytes without a newline)");
}

TEST(JsonCodec, StrayTextWithoutNewlineIsToldAtTheEnd) {
  EXPECT_EQ(decode_json("hello").found, Found::NeedMore);
  EXPECT_EQ(decode_json("hello", true).found, Found::Stray);
}

TEST(JsonCodec, NamesALineAboveTheLimit) {
  const std::string message = "[1,\"ok\",\"" + std::string(100, 'x') + "\"]\n";
  EXPECT_EQ(decode_json(message, false, 50).error, "line of 111 bytes, more than --max-frame 50");
  EXPECT_EQ(decode_json(message.substr(0, 60), false, 50).error,
            "line of more than --max-frame 50 bytes");
}

TEST(JsonCodec, AProgressMeterWithoutNewlinesIsHandedOnInPieces) {
  const auto codec = make_json_codec(kLimit);
  const std::string meter(300'000, '.');
  const auto seen = decode_all(*codec, meter + "[1,\"ok\",2]\n[1,\"ok\",2]\n", {100'000, 250'000});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].text, meter + "[1,\"ok\",2]\n");
  EXPECT_EQ(seen[1].found, Found::Message);
}

TEST(JsonCodec, DoesNotSearchAnUnfinishedLineTwice) {
  // One line of 64 MiB in 64 KiB pieces: a search from the front each time would read 32 GiB.
  const auto codec = make_json_codec(std::size_t{1} << 30);
  const std::string line = "[1,\"ok\",\"" + std::string(64 << 20, 'x') + "\"]\n";
  Decoded decoded;
  for (std::size_t size = 0; size < line.size(); size += 65536) {
    codec->decode(as_bytes(std::string_view(line).substr(0, size)), false, decoded);
    ASSERT_EQ(decoded.found, Found::NeedMore);
  }
  codec->decode(as_bytes(line), false, decoded);
  EXPECT_EQ(decoded.message.value.size(), (64u << 20) + 5);
}

TEST(JsonCodec, WritesATaskAsOneLine) {
  ByteBuffer out;
  ASSERT_TRUE(make_json_codec(kLimit)->encode_task(TaskId{7}, value_of_hex("92 01 a3610a62"), out));
  EXPECT_EQ(to_string(out), "[7,[1,\"a\\nb\"]]\n");
}

TEST(JsonCodec, WritesAPrepItemAsOneLine) {
  ByteBuffer out;
  const auto codec = make_json_codec(kLimit);
  ASSERT_TRUE(codec->encode_prep(text_value(Slice::literal("model")), out));
  EXPECT_EQ(to_string(out), "\"model\"\n");
}

TEST(JsonCodec, RefusesAPayloadThatIsTooLongAsJson) {
  ByteBuffer out;
  const auto codec = make_json_codec(20);
  const auto status =
      codec->encode_task(TaskId{7}, text_value(Slice::literal("\n\n\n\n\n\n\n\n")), out);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "payload has 23 bytes as JSON, more than --max-frame 20 allows");
  EXPECT_TRUE(out.empty());
}

TEST(JsonCodec, RemembersThatANanBecameNull) {
  const auto codec = make_json_codec(kLimit);
  ByteBuffer out;
  ASSERT_TRUE(codec->encode_task(TaskId{1}, value_of_hex("01"), out));
  EXPECT_FALSE(codec->saw_non_finite());
  ASSERT_TRUE(codec->encode_task(TaskId{1}, value_of_hex("cb7ff8000000000000"), out));
  EXPECT_TRUE(codec->saw_non_finite());
}

}  // namespace
}  // namespace spread::wire
