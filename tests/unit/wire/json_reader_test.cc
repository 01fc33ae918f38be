#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

std::string read(std::string_view json) {
  ByteBuffer out;
  const auto status = json_to_msgpack(json, out);
  return status ? to_hex(out.view()) : "error: " + status.error().message;
}

TEST(JsonReader, ReadsLiterals) {
  EXPECT_EQ(read("null"), "c0");
  EXPECT_EQ(read("false"), "c2");
  EXPECT_EQ(read(" \t\r\n true \n"), "c3");
}

TEST(JsonReader, ReadsIntegersExactlyAndInTheShortestForm) {
  EXPECT_EQ(read("0"), "00");
  EXPECT_EQ(read("127"), "7f");
  EXPECT_EQ(read("128"), "cc80");
  EXPECT_EQ(read("65536"), "ce00010000");
  EXPECT_EQ(read("18446744073709551615"), "cfffffffffffffffff");
  EXPECT_EQ(read("9999999999999999999"), "cf8ac7230489e7ffff");
  EXPECT_EQ(read("-1"), "ff");
  EXPECT_EQ(read("-33"), "d0df");
  EXPECT_EQ(read("-129"), "d1ff7f");
  EXPECT_EQ(read("-32769"), "d2ffff7fff");
  EXPECT_EQ(read("-9223372036854775808"), "d38000000000000000");
}

TEST(JsonReader, AnIntegerThatDoesNotFitIsAnError) {
  EXPECT_EQ(read("[1, 18446744073709551616]"),
            "error: the integer 18446744073709551616 is outside [-2^63, 2^64) at byte 5");
  EXPECT_EQ(read("-9223372036854775809"),
            "error: the integer -9223372036854775809 is outside [-2^63, 2^64) at byte 1");
  EXPECT_EQ(read("99999999999999999999").substr(0, 19), "error: the integer ");
}

TEST(JsonReader, AnythingWithAPointAnExponentOrMinusZeroIsAFloat) {
  EXPECT_EQ(read("1.0"), "cb3ff0000000000000");
  EXPECT_EQ(read("1e2"), "cb4059000000000000");
  EXPECT_EQ(read("1E+2"), "cb4059000000000000");
  EXPECT_EQ(read("-0"), "cb8000000000000000");
  EXPECT_EQ(read("-0.0"), "cb8000000000000000");
}

TEST(JsonReader, AFloatThatIsTooSmallIsZeroAndOneTooLargeAnError) {
  EXPECT_EQ(read("1e-999"), "cb0000000000000000");
  EXPECT_EQ(read("-1e-999"), "cb8000000000000000");
  EXPECT_EQ(read("-1e999"), "error: the number -1e999 is too large for a double at byte 1");
}

TEST(JsonReader, ReadsTheTokensOfNonFiniteNumbers) {
  EXPECT_EQ(read("NaN"), "cb7ff8000000000000");
  EXPECT_EQ(read("Infinity"), "cb7ff0000000000000");
  EXPECT_EQ(read("-Infinity"), "cbfff0000000000000");
  EXPECT_EQ(read("-NaN"), "error: expected a value at byte 1");
  EXPECT_EQ(read("Infinit"), "error: expected a value at byte 1");
  EXPECT_EQ(read("\"NaN\""), "a34e614e");
}

TEST(JsonReader, IsStrictAboutNumbers) {
  EXPECT_EQ(read("01"), "error: a number with a leading zero at byte 1");
  EXPECT_EQ(read("1."), "error: a number without digits behind its point at byte 1");
  EXPECT_EQ(read("1e"), "error: a number without digits in its exponent at byte 1");
  EXPECT_EQ(read("-"), "error: expected a value at byte 1");
  EXPECT_EQ(read("+1"), "error: expected a value at byte 1");
  EXPECT_EQ(read(".5"), "error: expected a value at byte 1");
  EXPECT_EQ(read("0x10"), "error: text behind the value at byte 2");
}

TEST(JsonReader, ReadsStrings) {
  EXPECT_EQ(read("\"\""), "a0");
  EXPECT_EQ(read("\"a\xc3\xa9\""), "a361c3a9");
  EXPECT_EQ(read(R"("\"\\\/\b\f\n\r\t")"), "a8225c2f080c0a0d09");
  EXPECT_EQ(read("\"a string of more than 31 bytes ..\\n\"").substr(0, 6), "d92261");
}

TEST(JsonReader, ReadsUnicodeEscapes) {
  EXPECT_EQ(read(R"("\u0041\u00e9\u20AC")"), "a641c3a9e282ac");
  EXPECT_EQ(read(R"("\ud83d\ude00")"), "a4f09f9880");
  EXPECT_EQ(read(R"("a\u0000b")"), "a3610062");
}

TEST(JsonReader, HalfASurrogatePairIsTheReplacementCharacter) {
  EXPECT_EQ(read(R"("\ud83d")"), "a3efbfbd");
  EXPECT_EQ(read(R"("\ude00x")"), "a4efbfbd78");
  EXPECT_EQ(read(R"("\ud83d\u0041")"), "a4efbfbd41");
  EXPECT_EQ(read(R"("\ud83d\n")"), "a4efbfbd0a");
}

TEST(JsonReader, NamesWhatIsWrongInAString) {
  EXPECT_EQ(read("\"abc"), "error: a string without its closing quote at byte 1");
  EXPECT_EQ(read("\"a\nb\""), "error: a control character in a string at byte 3");
  EXPECT_EQ(read("\"a\\x\""), "error: an unknown escape at byte 3");
  EXPECT_EQ(read("\"\\u12g4\""), "error: an escape without its four hex digits at byte 2");
  EXPECT_EQ(read("\"ab\xff\""), "error: a string that is not UTF-8 at byte 4");
  EXPECT_EQ(read("\"\xed\xa0\x80\""), "error: a string that is not UTF-8 at byte 2");
  EXPECT_EQ(read("\"\\"), "error: an escape that is cut off at byte 2");
}

TEST(JsonReader, ReadsArraysAndObjects) {
  EXPECT_EQ(read("[]"), "90");
  EXPECT_EQ(read("{ }"), "80");
  EXPECT_EQ(read("[1,[2,\"],\"],{}]"),
            "9301"
            "9202a25d2c"
            "80");
  EXPECT_EQ(read(R"({"a":1,"b":{"c":[]}})"), "82a16101a16281a16390");
}

TEST(JsonReader, CountsLongContainers) {
  std::string array = "[0", object = "{\"k\":0";
  for (int i = 1; i < 70000; ++i) array += ",0";
  for (int i = 1; i < 16; ++i) object += ",\"k\":0";
  EXPECT_EQ(read(array + "]").substr(0, 12), "dd0001117000");
  EXPECT_EQ(read(object + "}").substr(0, 6), "de0010");
}

TEST(JsonReader, KeepsDuplicateKeysInOrder) {
  EXPECT_EQ(read(R"({"a":1,"a":2})"), "82a16101a16102");
}

TEST(JsonReader, NamesWhatIsWrongBetweenValues) {
  EXPECT_EQ(read(""), "error: expected a value at byte 1");
  EXPECT_EQ(read("[1,]"), "error: expected a value at byte 4");
  EXPECT_EQ(read("[1 2]"), "error: expected ',' or ']' at byte 4");
  EXPECT_EQ(read("[1}"), "error: expected ',' or ']' at byte 3");
  EXPECT_EQ(read("[1"), "error: expected ',' or ']' at byte 3");
  EXPECT_EQ(read("{\"a\" 1}"), "error: expected ':' at byte 6");
  EXPECT_EQ(read("{\"a\":1,}"), "error: expected a key in quotes at byte 8");
  EXPECT_EQ(read("{a:1}"), "error: expected a key in quotes at byte 2");
  EXPECT_EQ(read("{\"a\":1]"), "error: expected ',' or '}' at byte 7");
  EXPECT_EQ(read("1 2"), "error: text behind the value at byte 3");
  EXPECT_EQ(read("[]]"), "error: text behind the value at byte 3");
  EXPECT_EQ(read("nul"), "error: expected a value at byte 1");
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "1"),
            "error: expected a value at byte 1");
}

TEST(JsonReader, LimitsTheDepth) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(read(nested(256)).size(), 512u);
  EXPECT_EQ(read(nested(257)), "error: nested deeper than 256 at byte 257");
  EXPECT_EQ(read(std::string(1'000'000, '[')), "error: nested deeper than 256 at byte 257");
  // Bytes are written with brackets of their own, and may be as deep as a number.
  const auto around = [](std::size_t n, const std::string& value) {
    return std::string(n, '[') + value + std::string(n, ']');
  };
  for (const std::string bytes : {R"({"$bin":"/w=="})", R"({"$ext":[1,"/w=="]})"}) {
    EXPECT_EQ(read(around(256, bytes)), read(around(255, "[" + bytes + "]")));
    EXPECT_EQ(read(around(256, bytes)).size(), 512 + read(bytes).size());
    EXPECT_EQ(read(around(257, bytes)), "error: nested deeper than 256 at byte 257");
  }
  EXPECT_EQ(read(around(256, "{\"$bin\":1}")), "error: nested deeper than 256 at byte 257");
}

TEST(JsonReader, ReadsTheMarkedFormsOfBytes) {
  EXPECT_EQ(read(R"({"$bin":""})"), "c400");
  EXPECT_EQ(read(R"( { "$bin" : "AP8=" } )"), "c40200ff");
  EXPECT_EQ(read(R"({"$ext":[-1,"AAAAAQ=="]})"), "d6ff00000001");
  EXPECT_EQ(read(R"([{"$ext" : [ 5 , "YWJj" ] },{"$bin":"AA=="},[[]]])"),
            "93c70305616263c401009190");
}

TEST(JsonReader, TakesTheEscapedSlashesOfPhp) {
  EXPECT_EQ(read(R"({"$bin":"\/\/8="})"), "c402ffff");
}

TEST(JsonReader, AnObjectThatIsNotExactlyTheMarkStaysAnObject) {
  EXPECT_EQ(read(R"({"$bin":"AP8"})"), "81a42462696ea3415038");
  EXPECT_EQ(read(R"({"$bin":"AP8=","a":1})"), "82a42462696ea44150383da16101");
  EXPECT_EQ(read(R"({"$bin":1})"), "81a42462696e01");
  EXPECT_EQ(read(R"({"$ext":[128,"AA=="]})"),
            "81a424657874"
            "92cc80a441413d3d");
  EXPECT_EQ(read(R"({"$ext":["AA=="]})"),
            "81a424657874"
            "91a441413d3d");
  EXPECT_EQ(read(R"({"$ext":[1,"AA==",2]})"),
            "81a424657874"
            "9301a441413d3d02");
}

TEST(JsonReader, AMarkedFormDoesNotHideAnError) {
  EXPECT_EQ(read(R"({"$ext":[01,"AA=="]})"), "error: a number with a leading zero at byte 10");
  EXPECT_EQ(read(R"({"$bin":"AP8=")"), "error: expected ',' or '}' at byte 15");
}

TEST(JsonReader, LeavesTheBufferAloneOnError) {
  ByteBuffer out;
  out.append("x");
  EXPECT_FALSE(json_to_msgpack("[1,2,", out));
  EXPECT_EQ(to_string(out), "x");
}

}  // namespace
}  // namespace spread::wire
