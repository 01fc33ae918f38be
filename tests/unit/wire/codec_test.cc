#include "spread/wire/codec.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

ByteBuffer msgpack(std::string_view json) {
  ByteBuffer out;
  EXPECT_TRUE(json_to_msgpack(json, out)) << json;
  return out;
}
std::string hello_error(std::string_view json) {
  const auto hello = parse_hello(msgpack(json).view());
  return hello ? "no error" : hello.error().message;
}

TEST(ParseMessage, AFractionIsFromZeroToOne) {
  const auto fraction = [](std::string_view json) {
    UpMessage message;
    std::string error;
    const ByteBuffer body = msgpack(json);
    EXPECT_TRUE(parse_message(body.view(), message, error)) << error;
    return message.number;
  };
  EXPECT_EQ(fraction(R"([7,"progress",0.25])"), 0.25);
  EXPECT_EQ(fraction(R"([7,"progress",7])"), 1);
  EXPECT_EQ(fraction(R"([7,"progress",-0.5])"), 0);
  EXPECT_EQ(fraction(R"([7,"progress",Infinity])"), 1);
  EXPECT_EQ(fraction(R"([7,"progress",-Infinity])"), 0);
  EXPECT_EQ(fraction(R"([7,"progress",NaN])"), 0);
  EXPECT_EQ(fraction(R"([7,"busy",7])"), 7);
}

TEST(ParseHello, ReadsTheNumbers) {
  const auto hello = parse_hello(
      msgpack(R"({"wire":1,"window":1024,"slots":4,"prep":0,"sdk":"x","features":["a"]})").view());
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->wire, 1u);
  EXPECT_EQ(hello->window, 1024u);
  EXPECT_EQ(hello->slots, 4u);
  EXPECT_EQ(hello->prep, 0u);
}

TEST(ParseHello, WhatIsNotSaidIsNotSet) {
  const auto hello = parse_hello(msgpack("{}").view());
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->wire, 1u);
  EXPECT_FALSE(hello->window || hello->slots || hello->prep);
}

TEST(ParseHello, FindsThePromiseOfBeatsAmongTheFeatures) {
  for (const char* const json :
       {R"({"features":["beat"]})", R"({"features":["a",7,[1,{"b":2}],"beat"],"lang":"x"})"}) {
    EXPECT_TRUE(parse_hello(msgpack(json).view())->beats) << json;
  }
  for (const char* const json :
       {"{}", R"({"features":[]})", R"({"features":["beats",["beat"],{"beat":1}]})",
        R"({"beat":1})"}) {
    EXPECT_FALSE(parse_hello(msgpack(json).view())->beats) << json;
  }
}

TEST(ParseHello, OfARelaySaysHowManyWorkersItHas) {
  EXPECT_EQ(parse_hello(msgpack(R"({"workers":64})").view())->workers, 64u);
  EXPECT_EQ(hello_error(R"({"workers":0})"), "hello: workers must be an integer >= 1");
}

TEST(ParseHello, LeavesTheVersionToTheCaller) {
  EXPECT_EQ(parse_hello(msgpack(R"({"wire":2})").view())->wire, 2u);
}

TEST(ParseHello, NamesAKeyOfTheWrongTypeOrRange) {
  EXPECT_EQ(hello_error(R"({"window":0})"), "hello: window must be an integer >= 1");
  EXPECT_EQ(hello_error(R"({"prep":-1})"), "hello: prep must be an integer >= 0");
  EXPECT_EQ(hello_error(R"({"slots":"4"})"), "hello: slots must be an integer >= 1");
  EXPECT_EQ(hello_error(R"({"slots":1.5})"), "hello: slots must be an integer >= 1");
  EXPECT_EQ(hello_error(R"({"wire":[1]})"), "hello: wire must be an integer >= 1");
  EXPECT_EQ(hello_error(R"({"window":4294967296})"), "hello: window must be an integer >= 1");
  EXPECT_EQ(hello_error(R"({"features":"beat"})"), "hello: features must be a list");
  EXPECT_EQ(hello_error(R"({"features":{"beat":"beat"}})"), "hello: features must be a list");
  EXPECT_EQ(hello_error(R"({"lang":5})"), "hello: lang must be text");
  EXPECT_EQ(hello_error(R"({"sdk":[]})"), "hello: sdk must be text");
}

TEST(ParseHello, IsAMap) { EXPECT_EQ(hello_error("[1]"), "hello: not a map"); }

TEST(ParseError, ReadsTheThreeTexts) {
  const WorkerError error =
      parse_error(msgpack(R"({"type":"T","message":"m","trace":"t","more":{"a":[1]}})").view());
  EXPECT_EQ(error.type, "T");
  EXPECT_EQ(error.message, "m");
  EXPECT_EQ(error.trace, "t");
}

TEST(ParseError, ABareTextIsTheMessage) {
  const WorkerError error = parse_error(msgpack("\"no such file\"").view());
  EXPECT_EQ(error.message, "no such file");
  EXPECT_EQ(error.type, "");
}

TEST(ParseError, WhateverIsOfAnotherTypeReadsAsEmpty) {
  const WorkerError error =
      parse_error(msgpack(R"({"type":5,"message":["m"],"trace":null})").view());
  EXPECT_EQ(error.type + error.message + error.trace, "");
}

TEST(ParseError, NeverLooksBeyondTheMap) {
  const std::string whole = from_hex("82 a474797065 a154 a76d657373616765 a16d");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    EXPECT_EQ(parse_error(as_bytes(cut)).message, "");
  }
}

TEST(MakeError, ReadsBack) {
  const std::string message(300, 'm');
  const Value value = make_error("Lost", message);
  const WorkerError error = parse_error(value.body.view());
  EXPECT_EQ(value.head_size, 0u);
  EXPECT_EQ(error.type, "Lost");
  EXPECT_EQ(error.message, message);
  EXPECT_EQ(*msgpack_size(value.body.view(), 1000), value.size());
}

TEST(MakeCodec, KnowsEveryWire) {
  EXPECT_TRUE(make_codec(Wire::Msgpack, 100)->has_ids());
  EXPECT_TRUE(make_codec(Wire::Json, 100)->has_ids());
  EXPECT_FALSE(make_codec(Wire::Lines, 100)->has_ids());
}

}  // namespace
}  // namespace spread::wire
