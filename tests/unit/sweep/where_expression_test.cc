#include "spread/sweep/where_expression.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kNames = {"a", "b", "fs.x", "_row"};

bool holds(std::string_view text, std::vector<double> numbers = {2, 3, 0.5, 7}) {
  const auto where = WhereExpression::parse(text, kNames);
  EXPECT_TRUE(where) << where.error().message;
  return where && where->holds(numbers);
}

std::string refused(std::string_view text) {
  const auto where = WhereExpression::parse(text, kNames);
  return where ? "" : where.error().message;
}

TEST(WhereExpression, ComputesAsCDoes) {
  EXPECT_TRUE(holds("1 + 2 * 3 == 7"));
  EXPECT_TRUE(holds("(1 + 2) * 3 == 9"));
  EXPECT_TRUE(holds("10 - 3 - 2 == 5"));
  EXPECT_TRUE(holds("16 / 4 / 2 == 2"));
  EXPECT_TRUE(holds("-2 * -3 == 6"));
  EXPECT_TRUE(holds("1 - -1 == +2"));
  EXPECT_TRUE(holds("!0 == 1"));
  EXPECT_TRUE(holds("!!5 == 1"));
  EXPECT_TRUE(holds("-!0 == -1"));
  EXPECT_TRUE(holds("1 || 0 && 0"));
  EXPECT_FALSE(holds("(1 || 0) && 0"));
  EXPECT_TRUE(holds("1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2 && 1 != 2"));
  EXPECT_FALSE(holds("1 < 1 || 2 > 2 || 1 == 2 || 1 != 1 || 2 <= 1 || 1 >= 2"));
  EXPECT_TRUE(holds("a*a+b!=8"));
  EXPECT_TRUE(holds("fs.x*2==1&&_row==7"));
  EXPECT_TRUE(holds("1e-3 * 1000 == .1e1"));
  EXPECT_FALSE(holds("0"));
  EXPECT_FALSE(holds("-0.0"));
  EXPECT_TRUE(holds("0.1"));
}

TEST(WhereExpression, KnowsWhatIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(holds("a == a", {nan, 0, 0, 0}));
  EXPECT_TRUE(holds("a != a", {nan, 0, 0, 0}));
  EXPECT_TRUE(holds("1 / 0 > 1e308"));
}

TEST(WhereExpression, SaysWhichNamesItUses) {
  const auto where = WhereExpression::parse("b < fs.x", kNames);
  ASSERT_TRUE(where);
  EXPECT_FALSE(where->uses(0));
  EXPECT_TRUE(where->uses(1));
  EXPECT_TRUE(where->uses(2));
  EXPECT_FALSE(where->uses(3));
}

TEST(WhereExpression, NamesTheColumnOfWhatIsWrong) {
  EXPECT_EQ(refused("a = 1"), "column 3: = alone; equality is ==");
  EXPECT_EQ(refused("a & b"), "column 3: & alone; it is &&");
  EXPECT_EQ(refused("a | b"), "column 3: | alone; it is ||");
  EXPECT_EQ(refused("1 < a < 3"),
            "column 7: a second comparison: of 1 < a < 3, write 1 < a && a < 3");
  EXPECT_EQ(refused("a == b == 1"),
            "column 8: a second comparison: of 1 < a < 3, write 1 < a && a < 3");
  EXPECT_EQ(refused("a +"), "column 4: expected a name or a number, and not the end");
  EXPECT_EQ(refused(""), "column 1: expected a name or a number, and not the end");
  EXPECT_EQ(refused("(a"), "column 1: this ( is not closed");
  EXPECT_EQ(refused("a)"), "column 2: unexpected ')'");
  EXPECT_EQ(refused("a b"), "column 3: unexpected 'b'");
  EXPECT_EQ(refused("c > 1"), "column 1: no parameter is called 'c'; there are a, b, fs.x, _row");
  EXPECT_EQ(refused("sin(a)"),
            "column 1: no parameter is called 'sin'; there are a, b, fs.x, _row");
  EXPECT_EQ(refused("1x"), "column 2: expected the end of a number");
  EXPECT_EQ(refused("1.2.3"), "column 4: expected the end of a number");
  EXPECT_EQ(refused("."), "column 1: expected a number");
  EXPECT_EQ(refused("1e999"), "column 1: expected a number");
  EXPECT_EQ(refused("a % 2"), "column 3: unexpected '%'");
  EXPECT_EQ(refused("\"x\" == a"), "column 1: unexpected '\"'");
  EXPECT_EQ(refused("\xc3\xa4"), "column 1: unexpected '\xc3\xa4'");
}

TEST(WhereExpression, HasLimits) {
  const std::string deep(WhereExpression::kDepthMax, '(');
  EXPECT_TRUE(holds(deep + "1" + std::string(WhereExpression::kDepthMax, ')')));
  EXPECT_THAT(refused("(" + deep + "1"), HasSubstr("column 101: parentheses more than 100 deep"));
  EXPECT_TRUE(holds(std::string(WhereExpression::kBytesMax - 1, '-') + "1"));
  EXPECT_THAT(refused(std::string(WhereExpression::kBytesMax, '-') + "1"),
              HasSubstr("longer than 65536 bytes"));
}

}  // namespace
}  // namespace spread
