#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

std::string write(std::string_view hex, JsonStyle* style = nullptr) {
  ByteBuffer out;
  JsonStyle own;
  const std::string bytes = from_hex(hex);
  const auto status = msgpack_to_json(as_bytes(bytes), out, style != nullptr ? *style : own);
  return status ? to_string(out) : "error: " + status.error().message;
}

std::string text_of(const Value& value) {
  ByteBuffer out;
  JsonStyle style;
  const auto status = msgpack_to_text(value, out, style);
  return status ? to_string(out) : "error: " + status.error().message;
}
Value contiguous(std::string_view hex) {
  Value value;
  value.body = Slice::copy_of(as_bytes(from_hex(hex)));
  return value;
}

// Strings are looked through eight bytes at a time, and their end once more.
TEST(JsonWriter, FindsWhatHasToBeEscapedAtEveryPlace) {
  for (std::size_t size = 1; size <= 34; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char c : {'"', '\\', '\x01', '\x1f', ' ', '\x7f'}) {
        std::string text(size, 'a');
        text[place] = c;
        Value value = text_value(Slice::copy_of(as_bytes(text)));
        ByteBuffer whole, json, again, back;
        whole.append(value);
        JsonStyle style;
        ASSERT_TRUE(msgpack_to_json(whole.view(), json, style));
        ASSERT_TRUE(json_to_msgpack(as_text(json.view()), back));
        EXPECT_EQ(to_hex(back.view()), to_hex(whole.view())) << to_string(json);
        ASSERT_TRUE(msgpack_to_json(value, again, style));
        EXPECT_EQ(to_string(again), to_string(json));
        const bool plain = c == ' ' || c == '\x7f';
        EXPECT_EQ(json.size() == size + 2, plain) << to_string(json);
      }
    }
  }
}

TEST(JsonWriter, WritesLiteralsAndIntegers) {
  EXPECT_EQ(write("c0"), "null");
  EXPECT_EQ(write("c2"), "false");
  EXPECT_EQ(write("c3"), "true");
  EXPECT_EQ(write("7f"), "127");
  EXPECT_EQ(write("e0"), "-32");
  EXPECT_EQ(write("cfffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(write("d38000000000000000"), "-9223372036854775808");
  EXPECT_EQ(write("d3000000000000000a"), "10");
}

TEST(JsonWriter, WritesIntegralDoublesAsIntegers) {
  EXPECT_EQ(write("cb4000000000000000"), "2");
  EXPECT_EQ(write("cbc08f400000000000"), "-1000");
  EXPECT_EQ(write("cb412e848000000000"), "1000000");
  EXPECT_EQ(write("cb4340000000000000"), "9007199254740992");
}

TEST(JsonWriter, WritesOtherDoublesInTheShortestForm) {
  EXPECT_EQ(write("cb3fb999999999999a"), "0.1");
  EXPECT_EQ(write("cb7fefffffffffffff"), "1.7976931348623157e+308");
  EXPECT_EQ(write("cb0000000000000001"), "5e-324");
  EXPECT_EQ(write("cb4415af1d78b58c40"), "1e+20");
}

// to_chars would write 27670116179283804160, which is shorter.
TEST(JsonWriter, NeverWritesADoubleAsAnIntegerThatCannotBeReadBack) {
  EXPECT_EQ(write("cb43f8000001000000"), "2.7670116179283804e+19");
  EXPECT_EQ(write("cb4340000000000001"), "9.007199254740994e+15");
}

TEST(JsonWriter, WritesAFloat32WithItsOwnDigits) {
  EXPECT_EQ(write("ca3dcccccd"), "0.1");
  EXPECT_EQ(write("ca4b800000"), "16777216");
  EXPECT_EQ(write("ca7f7fffff"), "3.4028235e+38");
}

TEST(JsonWriter, KeepsTheSignOfZero) {
  EXPECT_EQ(write("cb8000000000000000"), "-0");
  EXPECT_EQ(write("ca80000000"), "-0");
  EXPECT_EQ(write("cb0000000000000000"), "0");
}

TEST(JsonWriter, WritesNonFiniteNumbersAsNullAndSaysSo) {
  for (const char* hex : {"cb7ff8000000000000", "cbfff0000000000000", "ca7f800000"}) {
    JsonStyle style;
    EXPECT_EQ(write(hex, &style), "null");
    EXPECT_TRUE(style.saw_non_finite);
  }
  JsonStyle style;
  write("cb4000000000000000", &style);
  EXPECT_FALSE(style.saw_non_finite);
}

TEST(JsonWriter, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(write("a8225c2f080c0a0d09"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(write("a3001f7f"), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(write("a5c3a9e280a8"), "\"\xc3\xa9\xe2\x80\xa8\"");
  EXPECT_EQ(write("b2(61*16)220a"), "\"aaaaaaaaaaaaaaaa\\\"\\n\"");
}

TEST(JsonWriter, WritesBytesAndExtensionsMarked) {
  EXPECT_EQ(write("c400"), R"({"$bin":""})");
  EXPECT_EQ(write("c40200ff"), R"({"$bin":"AP8="})");
  EXPECT_EQ(write("d6ff00000001"), R"({"$ext":[-1,"AAAAAQ=="]})");
  EXPECT_EQ(write("c70305616263"), R"({"$ext":[5,"YWJj"]})");
}

TEST(JsonWriter, AStrThatIsNotUtf8IsWrittenAsBytes) {
  EXPECT_EQ(write("a2ff00"), R"({"$bin":"/wA="})");
}

TEST(JsonWriter, WritesContainersCompactly) {
  EXPECT_EQ(write("90"), "[]");
  EXPECT_EQ(write("80"), "{}");
  EXPECT_EQ(write("93 01 9102 8190c0").substr(0, 7), "[1,[2],");
  EXPECT_EQ(write("82 a161 9290 80 a162 81a16301"), R"({"a":[[],{}],"b":{"c":1}})");
  EXPECT_EQ(write("dd00000001c0"), "[null]");
}

TEST(JsonWriter, KeysThatAreNotTextBecomeTheirJsonText) {
  EXPECT_EQ(write("84 0501 c002 ca3f00000003 920102a178"),
            R"({"5":1,"null":2,"0.5":3,"[1,2]":"x"})");
  EXPECT_EQ(write("81 a1ff 01"), R"({"{\"$bin\":\"/w==\"}":1})");
  EXPECT_EQ(write("81 c40100 01"), R"({"{\"$bin\":\"AA==\"}":1})");
}

TEST(JsonWriter, KeysWithinKeysStayBounded) {
  // A map whose key is a map whose key is ...: escaping alone would double the text 200 times.
  const std::string text = write("(81*200) c0 (c0*200)");
  EXPECT_LT(text.size(), 20'000u);
  ByteBuffer back;
  EXPECT_TRUE(json_to_msgpack(text, back));
}

TEST(JsonWriter, TakesExactlyOneValue) {
  EXPECT_EQ(write(""), "error: value is cut off");
  EXPECT_EQ(write("92 01"), "error: value is cut off");
  EXPECT_EQ(write("01 02"), "error: value with bytes left over behind it");
  EXPECT_EQ(write("c1"), "error: value has the byte c1 at 0, which begins no value");
  EXPECT_EQ(write("(91*257) 01"), "error: value nests deeper than 256");
  EXPECT_EQ(write("(91*256) 01").size(), 513u);
}

TEST(TextOfValue, TextAndBytesAreRaw) {
  EXPECT_EQ(text_of(text_value(Slice::literal("a\n\"b"))), "a\n\"b");
  EXPECT_EQ(text_of(contiguous("a3610a62")), "a\nb");
  EXPECT_EQ(text_of(contiguous("c402ff00")), std::string("\xff\0", 2));
  EXPECT_EQ(text_of(contiguous("da000161")), "a");
}

TEST(TextOfValue, AnythingElseIsJson) {
  EXPECT_EQ(text_of(contiguous("91a161")), "[\"a\"]");
  EXPECT_EQ(text_of(contiguous("cb4000000000000000")), "2");
}

TEST(TextOfValue, AHeadThatIsNoTextHeaderIsPutInFront) {
  Value value = contiguous("a162");
  value.head = {0x92, 0xa1, 0x61};
  value.head_size = 3;
  EXPECT_EQ(text_of(value), "[\"a\",\"b\"]");
}

TEST(TextOfValue, WhatIsNoValueIsAnError) {
  EXPECT_EQ(text_of(contiguous("a3")), "error: value is cut off");
}

TEST(TextValue, IsStrWhereUtf8AndBinElsewhere) {
  EXPECT_EQ(to_hex(text_value(Slice::literal("")).head_view()), "a0");
  EXPECT_EQ(to_hex(text_value(Slice::literal("0123456789abcdef")).head_view()), "b0");
  EXPECT_EQ(to_hex(text_value(Slice::literal("0123456\xff")).head_view()), "c408");
  EXPECT_EQ(to_hex(text_value(Slice::literal("\xff")).head_view()), "c401");
  EXPECT_EQ(to_hex(text_value(Slice::literal("\xc3\xa9")).head_view()), "a2");
}

TEST(TextValue, HasTheShortestHeader) {
  const auto head = [](std::size_t size, char c) {
    const std::string text(size, c);
    return to_hex(text_value(Slice::copy_of(as_bytes(text))).head_view());
  };
  EXPECT_EQ(head(31, 'a'), "bf");
  EXPECT_EQ(head(32, 'a'), "d920");
  EXPECT_EQ(head(256, 'a'), "da0100");
  EXPECT_EQ(head(65536, 'a'), "db00010000");
  EXPECT_EQ(head(256, '\xff'), "c50100");
  EXPECT_EQ(head(65536, '\xff'), "c600010000");
}

TEST(TextValue, SharesTheBytes) {
  const Slice text = Slice::copy_of(as_bytes("some text"));
  EXPECT_EQ(text_value(text).body.view().data(), text.view().data());
}

}  // namespace
}  // namespace spread::wire
