#include "spread/base/numbers.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "spread/base/posix.h"

namespace spread {
namespace {

std::string decimals(double value, int count, std::size_t width = 0) {
  ByteBuffer out;
  append_decimals(value, count, width, out);
  return std::string(as_text(out.view()));
}

std::string printed(double value, int count, std::size_t width = 0) {
  char text[400];
  std::snprintf(text, sizeof text, "%*.*f", static_cast<int>(width), count, value);
  return text;
}

TEST(Decimals, AreThoseOfPrintf) {
  for (const double value : {0.0, 0.001, 0.25, 1.5, 9.9996, 10.0, 1795236150.158, 12345.6789}) {
    EXPECT_EQ(decimals(value, 3, 10), printed(value, 3, 10)) << value;
    EXPECT_EQ(decimals(value, 6), printed(value, 6)) << value;
  }
}

TEST(Decimals, OfWhatIsNoTimeAreThoseOfPrintfToo) {
  for (const double value : {-1.5, 1e300, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_EQ(decimals(value, 3, 10), printed(value, 3, 10)) << value;
  }
}

TEST(Decimals, AreOffByNoMoreThanTheLastDigit) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> times(0, 2e9);
  for (int i = 0; i < 10000; ++i) {
    const double value = times(random);
    EXPECT_NEAR(std::stod(decimals(value, 3)), value, 0.000501);
  }
}

TEST(Number, IsWrittenWhole) {
  ByteBuffer out;
  append_number(std::numeric_limits<std::uint64_t>::max(), out);
  append_number(std::numeric_limits<std::int64_t>::min(), out);
  EXPECT_EQ(as_text(out.view()), "18446744073709551615-9223372036854775808");
}

}  // namespace
}  // namespace spread
