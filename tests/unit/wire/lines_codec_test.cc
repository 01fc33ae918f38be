#include "spread/wire/codec.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

Value lines_value(std::string_view hex) {
  Value value;
  value.body = Slice::copy_of(as_bytes(from_hex(hex)));
  return value;
}
std::string encode(const Value& value) {
  ByteBuffer out;
  const auto status = make_lines_codec(1000)->encode_task(TaskId{7}, value, out);
  return status ? to_string(out) : "error: " + status.error().message;
}

TEST(LinesCodec, EveryLineIsAnAnswerWithoutId) {
  const auto codec = make_lines_codec(1000);
  const auto seen = decode_all(*codec, "one\n\r\n");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].text, "ok nil value=a36f6e65 text=\"\" number=0 so=\"\" se=\"\"");
  EXPECT_EQ(seen[1].text, "ok nil value=a10d text=\"\" number=0 so=\"\" se=\"\"");
  EXPECT_FALSE(codec->has_ids());
}

TEST(LinesCodec, AnEmptyLineIsAnAnswer) {
  const auto seen = decode_all(*make_lines_codec(1000), "\n");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "ok nil value=a0 text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(LinesCodec, BytesThatAreNotUtf8AreBin) {
  const auto seen = decode_all(*make_lines_codec(1000), "\xff\n");
  EXPECT_EQ(seen.at(0).text, "ok nil value=c401ff text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(LinesCodec, ALineWithoutItsNewlineIsNoAnswer) {
  const auto seen = decode_all(*make_lines_codec(1000), "12");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "ended inside a line (2 bytes without a newline)");
}

TEST(LinesCodec, NamesALineAboveTheLimit) {
  const auto seen = decode_all(*make_lines_codec(10), "12345678901");
  EXPECT_EQ(seen.at(0).text, "line of more than --max-frame 10 bytes");
}

TEST(LinesCodec, SendsTextAsItIs) {
  EXPECT_EQ(encode(text_value(Slice::literal("a \"b\"\r"))), "a \"b\"\r\n");
  EXPECT_EQ(encode(lines_value("a161")), "a\n");
  EXPECT_EQ(encode(lines_value("c402ff00")), std::string("\xff\0\n", 3));
}

TEST(LinesCodec, SendsAnythingElseAsCompactJson) {
  EXPECT_EQ(encode(lines_value("cb4000000000000000")), "2\n");
  EXPECT_EQ(encode(lines_value("82 a161 92c3c0 a162 a10a")), "{\"a\":[true,null],\"b\":\"\\n\"}\n");
}

TEST(LinesCodec, RefusesATextOfTwoLines) {
  EXPECT_EQ(encode(lines_value("a3610a62")),
            "error: payload contains a newline, which --wire lines cannot send");
}

TEST(LinesCodec, RefusesWhatTheLimitForbids) {
  const std::string text(1001, 'x');
  EXPECT_EQ(encode(text_value(Slice::literal(text))),
            "error: payload has 1001 bytes, more than --max-frame 1000 allows");
}

}  // namespace
}  // namespace spread::wire
