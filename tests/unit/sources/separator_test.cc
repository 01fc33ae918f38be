#include "spread/sources/separator.h"

#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string columns(std::string_view pattern, std::string_view item) {
  Result<Separator> separator = Separator::parse(pattern);
  if (!separator) return separator.error().message;
  std::vector<ByteView> views;
  separator->split(as_bytes(item), views);
  std::string text;
  for (const ByteView view : views) text += '[' + std::string(as_text(view)) + ']';
  return text;
}

SeparatorPattern::Kind kind(std::string_view pattern) {
  return SeparatorPattern::parse(pattern).value().kind;
}

TEST(Separator, CutsAtText) {
  EXPECT_EQ(columns(",", "a,,b,"), "[a][][b][]");
  EXPECT_EQ(columns("::", ":a::b:"), "[:a][b:]");
  EXPECT_EQ(columns(",", ""), "[]");
}

TEST(Separator, CutsAtRunsOfBytes) {
  EXPECT_EQ(columns(" +", "a   b c"), "[a][b][c]");
  EXPECT_EQ(columns("\\s+", " a \t b"), "[][a][b]");
  EXPECT_EQ(columns("[;,]", "a;b,,c"), "[a][b][][c]");
  EXPECT_EQ(columns("[^0-9]+", "1ab22x"), "[1][22][]");
}

TEST(Separator, CutsAtWhatARegularExpressionMatches) {
  EXPECT_EQ(columns(" *, *", "a , b,c"), "[a][b][c]");
  EXPECT_EQ(columns("ab|c{2}", "1ab2cc3c4"), "[1][2][3c4]");
  EXPECT_EQ(columns("^a", "aba"), "[][ba]");
  EXPECT_EQ(columns("x.y", "1xay2"), "[1][2]");
}

TEST(Separator, CutsBetweenBytesWhereNothingIsMatched) {
  // As perl -e 'split(/x*/, "axxb", -1)' does.
  EXPECT_EQ(columns("x*", "axxb"), "[a][b][]");
  EXPECT_EQ(columns("\\b", "ab cd"), "[ab][ ][cd][]");
}

TEST(Separator, KnowsTheEscapesOfPerl) {
  EXPECT_EQ(columns("\\t", "a\tb\\t"), "[a][b\\t]");
  EXPECT_EQ(columns("\\x2c", "a,b"), "[a][b]");
  EXPECT_EQ(columns("\\|", "a|b"), "[a][b]");
  EXPECT_EQ(columns("\\.", "a.b"), "[a][b]");
  EXPECT_EQ(columns("\\d", "a1b23c"), "[a][b][][c]");
  EXPECT_EQ(columns("\\W+", "a_1, b"), "[a_1][b]");
  EXPECT_EQ(columns("[\\t,]", "a\tb,c\\d"), "[a][b][c\\d]");
  EXPECT_EQ(columns("[\\s\\d]+", "a 1b"), "[a][b]");
  EXPECT_EQ(columns("[\\]]", "a]b"), "[a][b]");
  EXPECT_EQ(columns(",\\s*", "a,  b,c"), "[a][b][c]");
}

TEST(Separator, TakesBracketsAsWritten) {
  EXPECT_EQ(columns("[]x]", "a]bxc"), "[a][b][c]");
  EXPECT_EQ(columns("[a-c-]", "1a2-3"), "[1][2][3]");
  EXPECT_EQ(columns("[[:digit:];]+", "a1;b"), "[a][b]");
  for (const std::string byte : {"^", "-", "[", "]", "\\"}) {
    // Beside something else they go through the regular expression.
    EXPECT_EQ(columns("(q|[^a-z" + std::string("]") + ")", "a" + byte + "b"), "[a][b]") << byte;
    EXPECT_EQ(columns("(q|[\\^\\-])", "a^b-c"), "[a][b][c]");
    EXPECT_EQ(columns("(q|[\\[\\]\\^\\-])", "a[b]c^d-e"), "[a][b][c][d][e]");
  }
}

TEST(Separator, NeedsNoRegularExpressionForWhatPeopleWrite) {
  using Kind = SeparatorPattern::Kind;
  for (const char* text : {",", "\\t", " ", ", ", "\\|", "::", "\\x1f"}) {
    EXPECT_EQ(kind(text), Kind::Literal) << text;
  }
  for (const char* text : {" +", "\\s+", "\\s", "[,;]", "[ \\t]+", "\\t+"}) {
    EXPECT_EQ(kind(text), Kind::Set) << text;
  }
  for (const char* text : {"ab+", "a|b", ",\\s*", "^a", "(a)", "a+b"}) {
    EXPECT_EQ(kind(text), Kind::Regex) << text;
  }
}

TEST(Separator, RefusesWhatPosixWouldTakeForSomethingElse) {
  EXPECT_EQ(columns("a+?", "x"), "--colsep 'a+?': +? is Perl's, and not supported");
  EXPECT_EQ(columns("(?:a)", "x"), "--colsep '(?:a)': (?...) is Perl's, and not supported");
  EXPECT_EQ(columns("(a)\\1", "x"), "--colsep '(a)\\1': back-references are not supported");
  EXPECT_EQ(columns("\\Qa\\E", "x"), "--colsep '\\Qa\\E': \\Q is not supported");
}

TEST(Separator, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(columns("", "x"), "--colsep '': is empty");
  EXPECT_EQ(columns("[a", "x"), "--colsep '[a': a [ without its ]");
  EXPECT_EQ(columns("a\\", "x"), "--colsep 'a\\': ends in a single \\");
  EXPECT_EQ(columns("*", "x"), "--colsep '*': nothing before *");
  EXPECT_EQ(columns("(a", "x"), "--colsep '(a': Unmatched ( or \\(");
  EXPECT_EQ(columns("[[:foo:]]", "x"), "--colsep '[[:foo:]]': [:foo:] is no class of characters");
  EXPECT_EQ(columns("[b-a]", "x"), "--colsep '[b-a]': the range b-a is backwards");
}

TEST(Separator, HasNoLimitOnTheLengthOfAnItem) {
  std::string item;
  for (int i = 0; i < 20000; ++i) item += "ab , ";
  Separator separator = *Separator::parse(" *, *");
  std::vector<ByteView> views;
  separator.split(as_bytes(item), views);
  EXPECT_EQ(views.size(), 20001u);
}

}  // namespace
}  // namespace spread
