#include "spread/wire/down_message.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using DownPart = DownReader::Part::What;

std::string msgpack_of(std::string_view json) {
  ByteBuffer bytes;
  EXPECT_TRUE(json_to_msgpack(json, bytes)) << json;
  return to_string(bytes);
}

/// kind id seq size value, or what is wrong.
std::string parsed(std::string_view json) {
  const std::string body = msgpack_of(json);
  DownMessage message;
  std::string error;
  if (!parse_down_message(as_bytes(body), message, error)) return error;
  const char* const kinds[] = {"task", "cancel", "answer", "refused", "other"};
  return std::string(kinds[static_cast<int>(message.kind)]) + " " +
         std::to_string(number(message.id)) + " " + std::to_string(message.seq) + " " +
         std::to_string(message.size) + " " + to_hex(message.value);
}

TEST(DownMessage, ATaskHasAnIdAndAPayload) {
  EXPECT_EQ(parsed("[7,[1]]"), "task 7 0 0 9101");
  EXPECT_EQ(parsed("[9223372036854775807,null]"), "task 9223372036854775807 0 0 c0");
}

TEST(DownMessage, ItsThirdElementMaySayHowManyWorkersItIsFor) {
  EXPECT_EQ(parsed(R"([7,1,{"attempt":2,"size":4}])"), "task 7 0 4 01");
  EXPECT_EQ(parsed(R"([7,1,{"attempt":[2,{}]}])"), "task 7 0 0 01");
  EXPECT_EQ(parsed("[7,1,null]"), "task 7 0 0 01");
  EXPECT_EQ(parsed("[7,1,{},3]"), "task 7 0 0 01");
}

TEST(DownMessage, RepliesAndCancelsAreRead) {
  EXPECT_EQ(parsed(R"([null,"cancel",9])"), "cancel 9 0 0 ");
  EXPECT_EQ(parsed(R"([null,"answer",3,[1]])"), "answer 0 3 0 9101");
  EXPECT_EQ(parsed(R"([null,"refused",3,{"type":"T"}])"), "refused 0 3 0 81a474797065a154");
}

TEST(DownMessage, OtherKindsArePassedOver) {
  EXPECT_EQ(parsed(R"([null,"common",1,2])"), "other 0 0 0 ");
  EXPECT_EQ(parsed("[null,5]"), "other 0 0 0 ");
}

TEST(DownMessage, WhatIsWrongIsNamed) {
  EXPECT_EQ(parsed("7"), "not a frame: not an array");
  EXPECT_EQ(parsed("[-7,1]"), "not a frame: its id is negative (-7)");
  EXPECT_EQ(parsed("[9223372036854775808,1]"),
            "not a frame: its id 9223372036854775808 is above 2^63-1");
  EXPECT_EQ(parsed("[\"x\",1]"), "not a frame: its id is no integer");
  EXPECT_EQ(parsed("[7]"), "not a frame: a task without a payload");
  EXPECT_EQ(parsed("[7,1,2]"), "not a frame: a task's third element is no map");
  EXPECT_EQ(parsed(R"([7,1,{"size":0}])"),
            "not a frame: a task's \"size\" is no number of workers");
  EXPECT_EQ(parsed(R"([null,"cancel"])"), "not a frame: \"cancel\" without an id");
  EXPECT_EQ(parsed(R"([null,"cancel",null])"), "not a frame: \"cancel\" without an id");
  EXPECT_EQ(parsed(R"([null,"answer"])"), "not a frame: \"answer\" without a seq");
  EXPECT_EQ(parsed(R"([null,"refused",1])"), "not a frame: \"refused\" without its fourth element");
  EXPECT_EQ(parsed("[null]"), "not a frame: too few elements");
}

TEST(DownMessage, BytesThatAreCutOffOrLeftOverAreNoMessage) {
  DownMessage message;
  std::string error;
  const std::string whole = msgpack_of(R"([7,{"a":[1,2]},{"size":2}])");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_down_message(as_bytes(whole).first(size), message, error)) << size;
  }
  EXPECT_FALSE(parse_down_message(as_bytes(whole + "\x01"), message, error));
  EXPECT_EQ(error, "not a frame: 1 bytes are left over behind its array of 3");
}

/// Values in hex, with blanks between; then "?" and the bytes that are wanted, or what is wrong.
std::string read_all(Wire wire, std::string_view bytes, std::size_t piece,
                     std::size_t max_frame = 1000) {
  DownReader reader(wire, max_frame);
  std::string seen, waiting;
  while (true) {
    const DownReader::Part part = reader.next(as_bytes(waiting));
    switch (part.what) {
      case DownPart::Broken: return seen + "! " + part.error;
      case DownPart::Value: seen += to_hex(part.value) + " "; break;
      case DownPart::Skip: break;
      case DownPart::NeedMore:
        EXPECT_GT(part.size, waiting.size());
        if (bytes.empty()) return seen + (waiting.empty() ? "" : "?" + std::to_string(part.size));
        waiting += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        continue;
    }
    waiting.erase(0, part.size);
  }
}

TEST(DownReader, FramesAreFoundHoweverTheyAreCut) {
  const std::string bytes = from_hex("c600000003 92 07 01 c600000001 c0 c600000002 01 01");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(read_all(Wire::Msgpack, bytes, piece), "920701 c0 0101 ");
  }
}

TEST(DownReader, SoAreLines) {
  const std::string bytes = "\"abc\"\n\n [7, 1]\r\n[8,{\"$bin\":\"AA==\"}]\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(read_all(Wire::Json, bytes, piece), "a3616263 920701 9208c40100 ");
  }
}

TEST(DownReader, AnUnfinishedOneIsWaitedFor) {
  EXPECT_EQ(read_all(Wire::Msgpack, from_hex("c600000004 92"), 100), "?9");
  EXPECT_EQ(read_all(Wire::Msgpack, from_hex("c600"), 100), "?5");
  EXPECT_EQ(read_all(Wire::Json, "[7,", 100), "?4");
}

TEST(DownReader, WhatIsNoneIsNamed) {
  EXPECT_EQ(read_all(Wire::Msgpack, "[7,1]\n", 100), "! the byte 5B begins no frame");
  EXPECT_EQ(read_all(Wire::Msgpack, from_hex("c6ffffffff"), 100),
            "! frame of 4294967295 bytes, more than --max-frame 1000");
  EXPECT_TRUE(read_all(Wire::Json, "[7,\n", 100).starts_with("! not a line of JSON: "));
  EXPECT_EQ(read_all(Wire::Json, std::string(1001, ' '), 100),
            "! line of more than --max-frame 1000 bytes");
}

TEST(DownReader, APrepItemIsExactlyOneValue) {
  EXPECT_EQ(whole_value_error(as_bytes("\x01")), "");
  EXPECT_EQ(whole_value_error(as_bytes("\x01\x01")), "not a frame: 1 bytes are left over");
  EXPECT_NE(whole_value_error(as_bytes("\xc1")), "");
  EXPECT_NE(whole_value_error({}), "");
}

}  // namespace
}  // namespace spread::wire
