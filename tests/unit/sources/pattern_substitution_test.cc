#include "spread/sources/pattern_substitution.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string substituted(std::string_view pattern, std::string_view replacement,
                        std::string_view text) {
  const auto compiled = Substitution::compile(pattern, replacement);
  if (!compiled) return compiled.error().message;
  const auto result = compiled->apply(text);
  return result ? *result : result.error().message;
}

TEST(Substitution, ReplacesEveryMatchFromLeftToRight) {
  EXPECT_EQ(substituted("a|b+", "<>", "xabby"), "x<><>y");
  EXPECT_EQ(substituted("q", "<>", "xabby"), "xabby");
  EXPECT_EQ(substituted("^$", "<>", ""), "<>");
}

// The right sides are what Python 3.11 prints.
TEST(Substitution, OfNothingIsPythons) {
  EXPECT_EQ(substituted("x*", "-", "abxd"), "-a-b--d-");
  EXPECT_EQ(substituted("", "-", "ab"), "-a-b-");
  EXPECT_EQ(substituted("$", "-", "ab"), "ab-");
}

TEST(Substitution, PutsGroupsIn) {
  EXPECT_EQ(substituted("(?P<host>\\w+):(\\d+)?", "\\g<host>/\\2/\\g<2>/\\1/\\g<0>", "n1:22"),
            "n1/22/22/n1/n1:22");
  EXPECT_EQ(substituted("(a)|(b)", "[\\1\\2]", "ab"), "[a][b]");
  EXPECT_EQ(substituted("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", "\\11\\10", "abcdefghijk"), "kj");
}

TEST(Substitution, KnowsTheEscapesOfPython) {
  EXPECT_EQ(substituted("a", "\\n\\t\\\\\\&$1", "a"), "\n\t\\\\&$1");
}

TEST(Substitution, SaysWhatIsWrongWithAReplacement) {
  EXPECT_EQ(substituted("(a)", "\\2", ""), "replacement '\\2': the pattern has no group '2'");
  EXPECT_EQ(substituted("(a)", "\\g<b>", ""), "replacement '\\g<b>': the pattern has no group 'b'");
  EXPECT_EQ(substituted("(a)", "\\g<>", ""), "replacement '\\g<>': the pattern has no group ''");
  EXPECT_EQ(substituted("(a)", "\\g<99999999999>", ""),
            "replacement '\\g<99999999999>': the pattern has no group '99999999999'");
  EXPECT_EQ(substituted("(a)", "\\g1", ""), "replacement '\\g1': \\g without <GROUP> behind it");
  EXPECT_EQ(substituted("(a)", "\\0", ""),
            "replacement '\\0': \\0: write \\g<0>, if a group is meant");
  EXPECT_EQ(substituted("(a)", "\\100", ""),
            "replacement '\\100': \\100: write \\g<100>, if a group is meant");
  EXPECT_EQ(substituted("(a)", "\\q", ""), "replacement '\\q': \\q means nothing here");
  EXPECT_EQ(substituted("(a)", "b\\", ""), "replacement 'b\\': a backslash at its end");
}

TEST(Substitution, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(substituted("a[", "", ""),
            "pattern 'a[': missing terminating ] for character class, at the end of it");
}

TEST(Substitution, IsGivenUpWhereItWouldTakeForEver) {
  const std::string text = std::string(64, 'a') + "!";
  EXPECT_EQ(substituted("(a+)+$", "", text), "'" + text + "': no answer after 1000000 steps");
}

TEST(Substitution, MayMoveTheBeginOfItsMatch) { EXPECT_EQ(substituted("a\\Kb", "x", "ab"), "ax"); }

TEST(Substitution, MatchesFromTheStart) {
  const auto pattern = Substitution::compile("b|bc", "");
  EXPECT_TRUE(*pattern->matches_start("bcd"));
  EXPECT_FALSE(*pattern->matches_start("abc"));
  EXPECT_FALSE(*pattern->matches_start(""));
}

}  // namespace
}  // namespace spread
