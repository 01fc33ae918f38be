#include "spread/wire/up_writer.h"

#include <cstring>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

constexpr TaskId kLargest{INT64_MAX};

Value value_of(std::string_view json) {
  ByteBuffer bytes;
  EXPECT_TRUE(json_to_msgpack(json, bytes));
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

std::string bytes_of(const OutputQueue& queue) {
  std::string bytes;
  ByteView pieces[16];
  const std::size_t count = queue.gather(pieces);
  for (std::size_t i = 0; i < count; ++i) bytes += as_text(pieces[i]);
  return bytes;
}

/// What the codec of a master makes of what `write` says.
template <typename Write>
std::vector<Seen> heard(Wire wire, Write write) {
  OutputQueue queue;
  UpWriter writer(wire, queue);
  write(writer);
  const auto codec = make_codec(wire, std::size_t{1} << 30);
  return decode_all(*codec, bytes_of(queue));
}

template <typename Write>
std::string one(Wire wire, Write write) {
  const auto seen = heard(wire, write);
  EXPECT_EQ(seen.size(), 1u);
  if (seen.size() != 1) return {};
  EXPECT_EQ(seen[0].found, Found::Message) << seen[0].text;
  return seen[0].text;
}

class UpWriterTest : public testing::TestWithParam<Wire> {};

TEST_P(UpWriterTest, AnAnswerIsReadAsItIs) {
  for (const TaskId id : {TaskId{0}, TaskId{200}, kLargest}) {
    EXPECT_EQ(
        one(GetParam(), [&](UpWriter& up) { up.answer(id, UpKind::Ok, value_of("[1,2.0]")); }),
        "ok " + std::to_string(number(id)) +
            " value=9201cb4000000000000000 text=\"\" number=0 so=\"\" se=\"\"");
  }
}

TEST_P(UpWriterTest, WhatWasPrintedStandsBehindIt) {
  const auto print = [](std::string_view so, std::string_view se) {
    return one(GetParam(), [&](UpWriter& up) {
      up.answer(TaskId{7}, UpKind::Error, make_error("T", "m"), so, se);
    });
  };
  EXPECT_NE(print("out\n", "").find("so=\"out\n\""), std::string::npos);
  EXPECT_NE(print("", "err").find("se=\"err\""), std::string::npos);
  EXPECT_NE(print("a\xff", "\xc3\xa9").find("so=\"a\xff\" se=\"\xc3\xa9\""), std::string::npos);
}

TEST_P(UpWriterTest, AFatalAnswerStaysOne) {
  const std::string said = one(GetParam(), [](UpWriter& up) {
    up.answer(TaskId{1}, UpKind::Fatal, value_of("\"wrong model\""));
  });
  EXPECT_TRUE(said.starts_with("fatal 1")) << said;
}

TEST_P(UpWriterTest, AValueMayBeAsDeepAsAny) {
  const std::string deep = std::string(256, '[') + std::string(256, ']');
  const std::string said = one(
      GetParam(), [&](UpWriter& up) { up.answer(TaskId{1}, UpKind::Ok, value_of(deep), "so"); });
  EXPECT_TRUE(said.starts_with("ok 1")) << said;
}

TEST_P(UpWriterTest, ALargeValueOfTwoPartsIsWhole) {
  const std::string text(100'000, 'x');
  const Value value = text_value(Slice::copy_of(as_bytes(text)));
  ASSERT_GT(value.head_size, 0);
  const std::string said =
      one(GetParam(), [&](UpWriter& up) { up.answer(TaskId{3}, UpKind::Ok, value, "o", "e"); });
  EXPECT_NE(said.find(to_hex(text)), std::string::npos);
  EXPECT_NE(said.find("so=\"o\" se=\"e\""), std::string::npos);
}

TEST_P(UpWriterTest, MessagesBesideAnswersAreRead) {
  const auto seen = heard(GetParam(), [](UpWriter& up) {
    up.progress(kLargest, 0.25, "");
    up.progress(TaskId{2}, 1, "half \xff");
    up.log(TaskId{3}, "line", LogLevel::Warning);
    up.cancelled(TaskId{4});
    up.ask(5, "sing", TaskId{6}, 1, value_of("[1]").body.view());
    up.ask(7, "hum", std::nullopt, 0, {});
    up.beat();
    up.bye();
  });
  ASSERT_EQ(seen.size(), 8u);
  for (const Seen& each : seen) EXPECT_EQ(each.found, Found::Message) << each.text;
}

TEST_P(UpWriterTest, TheHelloSaysWhatItIs) {
  OutputQueue queue;
  UpWriter writer(GetParam(), queue);
  writer.hello(3, 192, 2, true);
  const auto codec = make_codec(GetParam(), 1000);
  Decoded decoded;
  const std::string bytes = bytes_of(queue);
  codec->decode(as_bytes(bytes), false, decoded);
  ASSERT_EQ(decoded.found, Found::Message);
  ASSERT_EQ(decoded.message.kind, UpKind::Hello);
  const auto hello = parse_hello(decoded.message.value);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->slots, 3u);
  EXPECT_EQ(hello->window, 192u);
  EXPECT_EQ(hello->prep, 2u);
  EXPECT_TRUE(hello->beats);
  EXPECT_FALSE(hello->workers);
  EXPECT_EQ(hello->unknown_key, "");
}

INSTANTIATE_TEST_SUITE_P(Wires, UpWriterTest, testing::Values(Wire::Msgpack, Wire::Json),
                         [](const auto& wire) { return std::string(name_of(wire.param)); });

TEST(UpWriter, WhatAWireCannotCarryIsAnErrorOfItsTask) {
  Value nonsense;
  nonsense.body = Slice::literal("\xc1");
  const std::string said =
      one(Wire::Json, [&](UpWriter& up) { up.answer(TaskId{1}, UpKind::Ok, nonsense, "printed"); });
  EXPECT_TRUE(said.starts_with("error 1")) << said;
  EXPECT_NE(said.find("printed"), std::string::npos);
}

}  // namespace
}  // namespace spread::wire
