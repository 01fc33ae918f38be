#include "spread/blocks/block_boundary.h"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(BlockSearch, FindsTheFirstAndTheLast) {
  EXPECT_EQ(find_first(as_bytes("xaabaab"), as_bytes("aab")), 1U);
  EXPECT_EQ(find_last(as_bytes("xaabaab"), as_bytes("aab")), 4U);
  EXPECT_EQ(find_last(as_bytes("a\nb\nc"), as_bytes("\n")), 3U);
}

TEST(BlockSearch, FindsTheLastOfThoseThatOverlap) {
  EXPECT_EQ(find_last(as_bytes("aaaa"), as_bytes("aa")), 2U);
}

TEST(BlockSearch, FindsNothingInLessThanTheNeedle) {
  EXPECT_EQ(find_first(as_bytes("a"), as_bytes("ab")), kNotFound);
  EXPECT_EQ(find_last(as_bytes("a"), as_bytes("ab")), kNotFound);
  EXPECT_EQ(find_last({}, as_bytes("a")), kNotFound);
}

// find_last looks through windows that double from 4096 bytes.
TEST(BlockSearch, FindsTheLastAcrossTheEdgesOfItsWindows) {
  for (const std::size_t from_end : {4094, 4095, 4096, 4097, 12287, 12288, 12289, 40000}) {
    std::string text(50000, '-');
    const std::size_t place = text.size() - from_end;
    text.replace(place, 3, "<p>");
    EXPECT_EQ(find_last(as_bytes(text), as_bytes("<p>")), place);
  }
}

TEST(BlockSearch, CountsEveryByteRight) {
  for (int wanted = 0; wanted < 256; ++wanted) {
    std::string text;
    for (int i = 0; i < 5 * 256 + 3; ++i) text += static_cast<char>(i);
    EXPECT_EQ(count_of(as_bytes(text), static_cast<Byte>(wanted)), wanted < 3 ? 6U : 5U);
  }
}

// Eight bytes are counted at once, in lanes that hold 255.
TEST(BlockSearch, CountsInRunsOfEveryLength) {
  const std::string text(9000, '\n');
  for (std::size_t size = 0; size < text.size(); size += 7) {
    ASSERT_EQ(count_of(as_bytes(text).first(size), '\n'), size);
  }
}

TEST(BlockSearch, FindsTheNth) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(static_cast<std::size_t>(i) % 5, 'x') + "\n";
  std::size_t at = 0;
  for (std::size_t n = 1; n <= 3000; ++n) {
    at = text.find('\n', at) + 1;
    std::size_t count = n;
    ASSERT_EQ(find_nth(as_bytes(text), '\n', count), at - 1) << n;
  }
}

TEST(BlockSearch, SaysHowManyAreMissing) {
  std::size_t count = 5000;
  EXPECT_EQ(find_nth(as_bytes(std::string(4200, '\n') + "x"), '\n', count), kNotFound);
  EXPECT_EQ(count, 800U);
}

}  // namespace
}  // namespace spread
