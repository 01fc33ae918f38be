#include "spread/shards/shard_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "spread/wire/json.h"

namespace spread {
namespace {

std::string as_json(const Value& value) {
  ByteBuffer out;
  wire::JsonStyle style;
  const Status status = wire::msgpack_to_json(value, out, style);
  EXPECT_TRUE(status.has_value());
  return std::string(as_text(out.view()));
}

Array array_of(std::string_view text, ArrayForm form = ArrayForm::ByFirstByte) {
  auto array = parse_array(text, form, '\n');
  EXPECT_TRUE(array) << array.error().message;
  return array ? std::move(*array) : Array();
}

std::vector<std::string> all(ShardReader& reader) {
  std::vector<std::string> payloads;
  for (Record record; reader.next(record) == Pull::Record;) {
    payloads.push_back(as_json(record.payload));
  }
  return payloads;
}

ShardOptions range(std::uint64_t n, std::uint64_t shards) {
  ShardOptions options;
  options.range = n;
  options.shards = shards;
  return options;
}

TEST(ShardReader, SaysWhichPartOfTheRangeATaskIs) {
  ShardReader reader(range(10, 4), {});
  EXPECT_EQ(all(reader),
            (std::vector<std::string>{R"({"index":0,"total":4,"start":0,"stop":2,"max":10})",
                                      R"({"index":1,"total":4,"start":2,"stop":5,"max":10})",
                                      R"({"index":2,"total":4,"start":5,"stop":7,"max":10})",
                                      R"({"index":3,"total":4,"start":7,"stop":10,"max":10})"}));
  Record record;
  EXPECT_EQ(reader.next(record), Pull::End);
}

TEST(ShardReader, WaitsForTheNumberOfSlots) {
  ShardOptions options;
  options.range = 7;
  ShardReader reader(options, {});
  Record record;
  EXPECT_EQ(reader.next(record), Pull::Wait);
  reader.set_slots(3);
  EXPECT_EQ(all(reader).size(), 3u);
}

TEST(ShardReader, MakesNoTaskOfNothing) {
  ShardOptions options;
  options.range = 0;
  ShardReader reader(options, {});
  Record record;
  EXPECT_EQ(reader.next(record), Pull::End);
}

TEST(ShardReader, CarriesTheLargestNumbers) {
  ShardReader reader(range(ShardOptions::kRangeMax, 1), {});
  EXPECT_EQ(all(reader), (std::vector<std::string>{
                             R"({"index":0,"total":1,"start":0,"stop":9223372036854775807,)"
                             R"("max":9223372036854775807})"}));
}

TEST(ShardReader, CutsEachArrayOverItsOwnLength) {
  ShardOptions options;
  options.partitions = {"a", "b"};
  options.shards = 2;
  std::vector<Array> arrays;
  arrays.push_back(array_of("[1,[2],{\"x\":3},4]"));
  arrays.push_back(array_of("p\nq\nr\n"));
  ShardReader reader(options, std::move(arrays));
  EXPECT_EQ(all(reader),
            (std::vector<std::string>{R"({"index":0,"total":2,"start":0,"stop":2,"max":4,)"
                                      R"("parts":[[1,[2]],["p"]]})",
                                      R"({"index":1,"total":2,"start":2,"stop":4,"max":4,)"
                                      R"("parts":[[{"x":3},4],["q","r"]]})"}));
}

TEST(ShardReader, CutsArraysAlongsideARange) {
  ShardOptions options = range(6, 3);
  options.partitions = {"a"};
  std::vector<Array> arrays;
  arrays.push_back(array_of("[]"));
  ShardReader reader(options, std::move(arrays));
  const std::vector<std::string> payloads = all(reader);
  ASSERT_EQ(payloads.size(), 3u);
  EXPECT_EQ(payloads[2], R"({"index":2,"total":3,"start":4,"stop":6,"max":6,"parts":[[]]})");
}

TEST(ShardReader, PiecesOfOneSizeAreThoseOfAnArrayOfThatLengthToo) {
  ShardOptions options;
  options.partitions = {"a"};
  options.piece = 3;
  std::vector<Array> arrays;
  arrays.push_back(array_of("[1,2,3,4]"));
  ShardReader reader(options, std::move(arrays));
  const std::vector<std::string> payloads = all(reader);
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(payloads[0], R"({"index":0,"total":2,"start":0,"stop":3,"max":4,"parts":[[1,2,3]]})");
}

TEST(ArrayFile, IsAJsonArrayIfItBeginsWithABracket) {
  EXPECT_EQ(array_of(" \n[1,2]").size(), 2u);
  EXPECT_EQ(array_of("{\"a\":1}\n{}").size(), 2u);
  EXPECT_EQ(array_of("[1,2]\n", ArrayForm::Lines).size(), 1u);
  EXPECT_EQ(array_of("").size(), 0u);
  EXPECT_EQ(array_of("a\nb").size(), 2u);
}

TEST(ArrayFile, SaysAtWhichByteItIsNoJson) {
  const auto cut_off = parse_array("[1,2", ArrayForm::ByFirstByte, '\n');
  ASSERT_FALSE(cut_off);
  EXPECT_NE(cut_off.error().message.find("byte 5"), std::string::npos) << cut_off.error().message;
  const auto object = parse_array("{}", ArrayForm::Json, '\n');
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().message, "it is no JSON array");
}

TEST(CommonFile, IsOneValue) {
  const auto json = [](std::string_view text, ArrayForm form = ArrayForm::ByFirstByte) {
    return as_json(*parse_common(text, form, '\n'));
  };
  EXPECT_EQ(json("{\"a\":[1,2]}"), "{\"a\":[1,2]}");
  EXPECT_EQ(json("[1]"), "[1]");
  EXPECT_EQ(json("a\nb\n"), "[\"a\",\"b\"]");
  EXPECT_EQ(json("3", ArrayForm::Json), "3");
  EXPECT_FALSE(parse_common("[1", ArrayForm::ByFirstByte, '\n'));
}

}  // namespace
}  // namespace spread
