#include "spread/value.h"

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

template <>
struct spread::Convert<Point> {
  static void put(spread::Encoder& to, const Point& p) { to.list(2), to.real(p.x), to.real(p.y); }
  static Point take(spread::Decoder& from) {
    if (from.list() != 2) throw spread::ValueError("a point has two coordinates");
    const double x = from.real();
    return {x, from.real()};
  }
};

namespace {

using spread::Value;

/// What `value` is when it comes back.
template <class T>
T returned(const T& value) {
  return Value::of(value).template as<T>();
}

template <class T, class From>
std::string refusal(const From& from) {
  try {
    static_cast<void>(Value::of(from).template as<T>());
  } catch (const spread::ValueError& error) {
    return error.what();
  }
  return "none";
}

TEST(Value, IsNullAtFirst) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value(), Value::of(nullptr));
}

TEST(Value, HasTheShortestEncoding) {
  using namespace std::string_literals;
  EXPECT_EQ(Value::of(7).msgpack(), "\x07");
  EXPECT_EQ(Value::of(-1).msgpack(), "\xff");
  EXPECT_EQ(Value::of(200).msgpack(), "\xcc\xc8");
  EXPECT_EQ(Value::of(-129).msgpack(), "\xd1\xff\x7f");
  EXPECT_EQ(Value::of(std::uint64_t{1} << 32).msgpack(), "\xcf\0\0\0\1\0\0\0\0"s);
  EXPECT_EQ(Value::of("hi").msgpack(), "\xa2hi");
  EXPECT_EQ(Value::of(true).msgpack(), "\xc3");
  EXPECT_EQ(Value::of(1.0).msgpack(), "\xcb\x3f\xf0\0\0\0\0\0\0"s);
  EXPECT_EQ(Value::of(std::vector<unsigned char>{1, 2}).msgpack(), "\xc4\2\1\2");
  EXPECT_EQ(Value::of(std::vector<int>{1, 2}).msgpack(), "\x92\1\2");
  EXPECT_EQ(Value::of(std::map<std::string, bool>{{"a", false}}).msgpack(),
            "\x81\xa1"
            "a\xc2");
}

TEST(Value, ReturnsIntegersAtTheEndsOfTheirRanges) {
  using Numbers = std::vector<std::int64_t>;
  for (const std::int64_t n :
       Numbers{INT64_MIN, -4294967297, -2147483649, -2147483648, -32769, -32768, -129, -128, -33,
               -32, -1, 0, 127, 128, 255, 256, 65535, 65536, INT64_MAX}) {
    EXPECT_EQ(returned(n), n);
  }
  EXPECT_EQ(returned(UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(returned(std::int8_t{-128}), -128);
}

TEST(Value, ReturnsWhatItWasMadeOf) {
  EXPECT_EQ(returned(-0.1), -0.1);
  EXPECT_EQ(returned(0.5f), 0.5f);
  EXPECT_EQ(returned(std::string(70000, 'x')), std::string(70000, 'x'));
  EXPECT_EQ(returned(std::vector<std::string>(20, "y")), std::vector<std::string>(20, "y"));
  EXPECT_EQ(returned(std::vector<bool>{true, false}), (std::vector<bool>{true, false}));
  EXPECT_EQ(returned(std::deque<int>(70000, 3)), std::deque<int>(70000, 3));
  EXPECT_EQ(returned(std::set<int>{3, 1}), (std::set<int>{1, 3}));
  EXPECT_EQ(returned(std::array<double, 3>{1, 2, 3}), (std::array<double, 3>{1, 2, 3}));
  EXPECT_EQ(returned(std::array<std::byte, 2>{}), (std::array<std::byte, 2>{}));
  EXPECT_EQ(returned(std::vector<std::byte>(300)), std::vector<std::byte>(300));
  EXPECT_EQ(returned(std::tuple(1, std::string("a"), 2.5)), std::tuple(1, std::string("a"), 2.5));
  EXPECT_EQ(returned(std::pair(1, true)), std::pair(1, true));
  EXPECT_EQ(returned(std::optional<int>()), std::nullopt);
  EXPECT_EQ(returned(std::optional<int>(3)), 3);
  const std::unordered_map<std::string, std::vector<int>> map{{"a", {1}}, {"b", {}}};
  EXPECT_EQ(returned(map), map);
  EXPECT_EQ(returned(Value::of(3)), Value::of(3));
  EXPECT_EQ(returned(std::vector<Point>{{1, 2}, {3, 4}}), (std::vector<Point>{{1, 2}, {3, 4}}));
}

TEST(Value, TakesNumbersThatFit) {
  EXPECT_EQ(Value::of(3.0).as<int>(), 3);
  EXPECT_EQ(Value::of(-3.0).as<std::int8_t>(), -3);
  EXPECT_EQ(Value::of(3).as<double>(), 3.0);
  EXPECT_EQ(Value::of(-3).as<double>(), -3.0);
  EXPECT_EQ(Value::from_msgpack(std::string("\xca\x3f\x80\0\0", 5)).as<int>(), 1);
}

TEST(Value, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(refusal<std::uint8_t>(300), "300 does not fit: expected an integer from 0 to 255");
  EXPECT_EQ(refusal<std::uint64_t>(-1),
            "-1 does not fit: expected an integer from 0 to 18446744073709551615");
  EXPECT_EQ(refusal<std::int64_t>(UINT64_MAX),
            "18446744073709551615 does not fit: expected an integer from -9223372036854775808 to "
            "9223372036854775807");
  EXPECT_EQ(refusal<int>(0.5), "expected an integer, got 0.500000");
  EXPECT_EQ(refusal<int>(std::numeric_limits<double>::quiet_NaN()), "expected an integer, got nan");
  EXPECT_EQ(refusal<std::uint64_t>(1e300).substr(0, 24), "expected an integer, got");
}

TEST(Value, SaysWhereItIsAnother) {
  EXPECT_EQ(refusal<int>("x"), "expected an integer, got text");
  EXPECT_EQ(refusal<std::string>(1), "expected text, got an integer");
  EXPECT_EQ(refusal<bool>(nullptr), "expected a boolean, got null");
  EXPECT_EQ(
      refusal<std::vector<std::vector<int>>>(std::vector<std::vector<std::string>>{{}, {"a"}}),
      "element 1: element 0: expected an integer, got text");
  EXPECT_EQ((refusal<std::pair<int, int>>(std::vector<int>{1})),
            "expected a list of 2, got one of 1");
  EXPECT_EQ((refusal<std::array<char, 2>>("abc")), "expected 2 bytes, got 3");
  EXPECT_EQ((refusal<std::map<int, int>>(std::vector<int>{1})), "expected a map, got a list");
}

std::string refused_bytes(std::string bytes) {
  try {
    static_cast<void>(Value::from_msgpack(std::move(bytes)));
  } catch (const spread::ValueError& error) {
    return error.what();
  }
  return "none";
}

TEST(Value, RefusesWhatIsNotOneValue) {
  using namespace std::string_literals;
  EXPECT_EQ(refused_bytes(""), "the value is cut off");
  EXPECT_EQ(refused_bytes("\xa2h"), "the value is cut off");
  EXPECT_EQ(refused_bytes("\xdd\xff\xff\xff\xff\1"), "the value is cut off");
  EXPECT_EQ(refused_bytes("\xdf\xff\xff\xff\xff\1"), "the value is cut off");
  EXPECT_EQ(refused_bytes("\xc7\4\1a"), "the value is cut off");
  EXPECT_EQ(refused_bytes("\1\2"), "behind the value there are more bytes");
  EXPECT_EQ(refused_bytes("\xc1"), "the byte C1 begins no value");
  EXPECT_EQ(refused_bytes("\x81\1\xc1"), "the byte C1 begins no value");
  EXPECT_EQ(refused_bytes("\xd4\1a\n"), "behind the value there are more bytes");
  EXPECT_EQ(refused_bytes("\xd4\1a"), "none");
}

TEST(Value, NestsAsDeepAsItsBytes) {
  // The reader must not go as deep on its stack as bytes from elsewhere say.
  EXPECT_EQ(refused_bytes(std::string(1'000'000, '\x91') + '\1'), "none");
}

/// Whatever the bytes are, they are refused or read, and nothing beyond them is looked at.
TEST(Value, StandsAnyBytes) {
  const char* given = std::getenv("SPREAD_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 1;
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::size_t whole = 0;
  for (int i = 0; i < 100000; ++i) {
    std::vector<char> bytes(random() % 12);
    for (char& byte : bytes) byte = static_cast<char>(random());
    try {
      const Value value = Value::from_msgpack(std::string(bytes.begin(), bytes.end()));
      ++whole;
      spread::Decoder decoder(value.msgpack());
      EXPECT_EQ(decoder.encoded(), value.msgpack());
      static_cast<void>(value.as<std::vector<std::map<std::string, int>>>());
    } catch (const spread::ValueError&) {
    }
  }
  EXPECT_GT(whole, 1000u);
}

}  // namespace
