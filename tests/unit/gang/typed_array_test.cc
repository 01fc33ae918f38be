#include "spread/gang/typed_array.h"

#include <gtest/gtest.h>

#include "gang_testing.h"

namespace spread {
namespace {

std::string parsed(std::string_view json) {
  const Slice value = test::encoded(json);
  const Result<TypedArray> array = parse_typed_array(value.view());
  if (!array) return array.error().message;
  return describe(array->dtype, array->shape) + " of " + std::to_string(array->items());
}

TEST(TypedArrayTest, IsReadWithItsKeysInAnyOrder) {
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[3],"data":{"$bin":"AQID"}})"), "u1 [3] of 3");
  EXPECT_EQ(parsed(R"({"data":{"$bin":"AQIDBAUG"},"shape":[3,1],"dtype":"i2"})"), "i2 [3,1] of 3");
  EXPECT_EQ(parsed(R"({"dtype":"f4","shape":[],"data":{"$bin":"AAAAAA=="}})"), "f4 [] of 1");
  EXPECT_EQ(parsed(R"({"dtype":"f8","shape":[2,0],"data":{"$bin":""}})"), "f8 [2,0] of 0");
}

TEST(TypedArrayTest, IsRefusedWithTheReason) {
  const std::string keys = R"(a map that is not {"dtype", "shape", "data"})";
  EXPECT_EQ(parsed("[1,2]"), "what is no array");
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[3]})"), keys);
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[0],"data":{"$bin":""},"order":"F"})"), keys);
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[0],"shape":[0],"data":{"$bin":""}})"), keys);
  for (const std::string dtype : {"f2", "c8", "<f8", "b1", "O"}) {
    EXPECT_EQ(
        parsed(R"({"dtype":")" + dtype + R"(","shape":[0],"data":{"$bin":""}})"),
        "an array of the dtype '" + dtype + "', which is none of i1 i2 i4 i8 u1 u2 u4 u8 f4 f8");
  }
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":3,"data":{"$bin":"AQID"}})"),
            "an array whose shape is no list");
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[-3],"data":{"$bin":"AQID"}})"),
            "an array whose shape has what is no integer >= 0");
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[3],"data":"abc"})"), "an array whose data is no bin");
}

TEST(TypedArrayTest, ItsDataFitsItsShape) {
  EXPECT_EQ(parsed(R"({"dtype":"i2","shape":[2],"data":{"$bin":"AQID"}})"),
            "an array i2 [2] with 3 bytes of data");
  EXPECT_EQ(parsed(R"({"dtype":"i2","shape":[0],"data":{"$bin":"AQID"}})"),
            "an array i2 [0] with 3 bytes of data");
  // 2^62 times 8 bytes is 0 in 64 bits.
  EXPECT_EQ(parsed(R"({"dtype":"f8","shape":[4611686018427387904],"data":{"$bin":""}})"),
            "an array f8 [4611686018427387904] with 0 bytes of data");
  EXPECT_EQ(parsed(R"({"dtype":"u1","shape":[4294967296,4294967296,1],"data":{"$bin":""}})"),
            "an array u1 [4294967296,4294967296,1] with 0 bytes of data");
}

TEST(TypedArrayTest, HasALimitOfAxes) {
  const auto of_axes = [](std::size_t count) {
    std::string shape;
    for (std::size_t i = 0; i < count; ++i) shape += i == 0 ? "1" : ",1";
    return parsed(R"({"dtype":"u1","data":{"$bin":"AA=="},"shape":[)" + shape + "]}");
  };
  EXPECT_NE(of_axes(kAxesMax).find("of 1"), std::string::npos);
  EXPECT_EQ(of_axes(kAxesMax + 1), "an array of 65 axes, more than 64");
}

TEST(TypedArrayTest, IsWrittenAsItWasRead) {
  for (const std::string json : {R"({"dtype":"i2","shape":[3,1],"data":{"$bin":"AQIDBAUG"}})",
                                 R"({"dtype":"f4","shape":[],"data":{"$bin":"AAAAAA=="}})"}) {
    const Slice value = test::encoded(json);
    const Result<TypedArray> array = parse_typed_array(value.view());
    ASSERT_TRUE(array);
    ByteBuffer bytes;
    append_array_head(array->dtype, array->shape, array->data.size(), bytes);
    bytes.append(array->data);
    EXPECT_EQ(test::as_json(bytes.view()), json);
  }
}

}  // namespace
}  // namespace spread
