#include "spread/gang/reduction.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "gang_testing.h"
#include "spread/base/random.h"

namespace spread {
namespace {

template <typename T>
constexpr DType dtype_of_type() {
  if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? DType::F4 : DType::F8;
  } else {
    constexpr int log = std::countr_zero(sizeof(T));
    return static_cast<DType>((std::is_signed_v<T> ? 0 : 4) + log);
  }
}

/// The data lies at an odd address, as it may in a frame.
template <typename T>
struct Items {
  explicit Items(const std::vector<T>& of) : bytes(1 + of.size() * sizeof(T)), count(of.size()) {
    std::memcpy(bytes.data() + 1, of.data(), of.size() * sizeof(T));
  }
  Operand operand() const {
    return TypedArray{dtype_of_type<T>(), {count}, ByteView(bytes).subspan(1)};
  }
  std::vector<Byte> bytes;
  std::uint64_t count;
};

template <typename T>
std::vector<T> reduced(ReduceOp op, const std::vector<std::vector<T>>& of) {
  std::vector<Items<T>> items;
  for (const auto& each : of) items.emplace_back(each);
  std::vector<Operand> operands;
  for (const auto& each : items) operands.push_back(each.operand());
  const auto result = reduce(op, operands);
  if (!result) {
    ADD_FAILURE() << "overflow";
    return {};
  }
  const ByteView data = result->data.view();
  std::vector<T> values(data.size() / sizeof(T));
  std::memcpy(values.data(), data.data(), data.size());
  return values;
}

template <typename T>
std::string overflow(ReduceOp op, const std::vector<std::vector<T>>& of) {
  std::vector<Items<T>> items;
  for (const auto& each : of) items.emplace_back(each);
  std::vector<Operand> operands;
  for (const auto& each : items) operands.push_back(each.operand());
  const auto result = reduce(op, operands);
  if (result) return "none";
  return std::to_string(result.error().operand) + " at " + std::to_string(result.error().element);
}

template <typename T>
class OfType : public testing::Test {};
using Types = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                             std::uint16_t, std::uint32_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(OfType, Types);

TYPED_TEST(OfType, EachOpIsElementwise) {
  using T = TypeParam;
  const std::vector<std::vector<T>> of = {{1, 5, 0}, {2, 3, 7}, {3, 4, 1}};
  EXPECT_EQ(reduced(ReduceOp::Sum, of), (std::vector<T>{6, 12, 8}));
  EXPECT_EQ(reduced(ReduceOp::Product, of), (std::vector<T>{6, 60, 0}));
  EXPECT_EQ(reduced(ReduceOp::Min, of), (std::vector<T>{1, 3, 0}));
  EXPECT_EQ(reduced(ReduceOp::Max, of), (std::vector<T>{3, 5, 7}));
}

TYPED_TEST(OfType, OneOperandIsItself) {
  using T = TypeParam;
  EXPECT_EQ(reduced(ReduceOp::Sum, std::vector<std::vector<T>>{{1, 2}}), (std::vector<T>{1, 2}));
}

TYPED_TEST(OfType, WhatDoesNotFitIsAnOverflow) {
  using T = TypeParam;
  if constexpr (std::is_integral_v<T>) {
    constexpr T kMax = std::numeric_limits<T>::max();
    constexpr T kMin = std::numeric_limits<T>::min();
    EXPECT_EQ(reduced(ReduceOp::Sum, std::vector<std::vector<T>>{{kMax - 1}, {1}}),
              std::vector<T>{kMax});
    EXPECT_EQ(overflow(ReduceOp::Sum, std::vector<std::vector<T>>{{0, kMax}, {0, 0}, {0, 1}}),
              "2 at 1");
    EXPECT_EQ(overflow(ReduceOp::Product, std::vector<std::vector<T>>{{kMax}, {2}}), "1 at 0");
    EXPECT_EQ(reduced(ReduceOp::Max, std::vector<std::vector<T>>{{kMin}, {kMax}}),
              std::vector<T>{kMax});
    if constexpr (std::is_signed_v<T>) {
      const T minus = -1;
      EXPECT_EQ(overflow(ReduceOp::Sum, std::vector<std::vector<T>>{{kMin}, {minus}}), "1 at 0");
      EXPECT_EQ(overflow(ReduceOp::Product, std::vector<std::vector<T>>{{kMin}, {minus}}),
                "1 at 0");
    }
  }
}

TYPED_TEST(OfType, ALeftFoldInItsOwnTypeGivesTheSameBits) {
  using T = TypeParam;
  if constexpr (std::is_floating_point_v<T>) {
    Random random(7);
    std::vector<std::vector<T>> of(9);
    for (auto& each : of) {
      for (int i = 0; i < 100; ++i) {
        each.push_back(
            static_cast<T>(std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(40)))));
      }
    }
    const std::vector<T> sum = reduced(ReduceOp::Sum, of);
    const std::vector<T> product = reduced(ReduceOp::Product, of);
    for (std::size_t i = 0; i < 100; ++i) {
      volatile T total = of[0][i];
      volatile T times = of[0][i];
      for (std::size_t rank = 1; rank < of.size(); ++rank) {
        total = total + of[rank][i];
        times = times * of[rank][i];
      }
      EXPECT_EQ(sum[i], total);
      EXPECT_EQ(product[i], times);
    }
  }
}

TYPED_TEST(OfType, ANanWinsAndOfEqualsTheFirst) {
  using T = TypeParam;
  if constexpr (std::is_floating_point_v<T>) {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const ReduceOp op : {ReduceOp::Min, ReduceOp::Max}) {
      const auto found = reduced(
          op, std::vector<std::vector<T>>{
                  {nan, 1, 1, T{0}, T{-0.0}}, {2, nan, 2, T{-0.0}, T{0}}, {1, 2, nan, T{0}, T{0}}});
      EXPECT_TRUE(std::isnan(found[0]) && std::isnan(found[1]) && std::isnan(found[2]));
      EXPECT_FALSE(std::signbit(found[3]));
      EXPECT_TRUE(std::signbit(found[4]));
    }
    // The first of them, also where they have other bits: -NaN before NaN.
    const auto found = reduced(
        ReduceOp::Max, std::vector<std::vector<T>>{{1}, {std::copysign(nan, T{-1})}, {nan}});
    EXPECT_TRUE(std::signbit(found[0]));
  }
}

std::string described(std::string_view json) {
  const Slice value = test::encoded(json);
  const Result<Operand> operand = parse_operand(value.view());
  return operand ? describe(*operand) : operand.error().message;
}

TEST(OperandTest, IsANumberOrATypedArray) {
  EXPECT_EQ(described("-9223372036854775808"), "an integer");
  EXPECT_EQ(described("9223372036854775807"), "an integer");
  EXPECT_EQ(described("1.0"), "a float");
  EXPECT_EQ(described(R"({"dtype":"u1","shape":[1,2],"data":{"$bin":"AAA="}})"), "u1 [1,2]");
  EXPECT_EQ(described("9223372036854775808"), "an integer above 2^63-1");
  EXPECT_EQ(described("[1,2]"), "a list");
  EXPECT_EQ(described("null"), "nil");
  EXPECT_EQ(described("true"), "a bool");
  EXPECT_EQ(described("\"7\""), "text");
  EXPECT_EQ(described("{\"$bin\":\"AAA=\"}"), "bytes");
  EXPECT_EQ(described("{\"$ext\":[5,\"AAA=\"]}"), "what is no number");
}

std::string scalar(ReduceOp op, const std::vector<Operand>& operands) {
  const auto result = reduce(op, operands);
  return result ? test::as_json(result->head.view()) : "overflow";
}

TEST(ReductionTest, OfScalars) {
  EXPECT_EQ(scalar(ReduceOp::Sum, {std::int64_t{-5}, std::int64_t{3}}), "-2");
  EXPECT_EQ(scalar(ReduceOp::Max, {INT64_MIN, std::int64_t{-3}}), "-3");
  EXPECT_EQ(scalar(ReduceOp::Sum, {INT64_MAX, std::int64_t{1}}), "overflow");
  EXPECT_EQ(scalar(ReduceOp::Product, {0.1, 3.0}), "0.30000000000000004");
  // Stays a float where it is a whole number.
  const auto sum = reduce(ReduceOp::Sum, std::vector<Operand>{1.5, 1.5});
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->head.view()[0], 0xcb);
}

}  // namespace
}  // namespace spread
