#include "spread/arguments/text_items.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

std::string columns(std::string_view pattern, std::string_view item) {
  Result<Separator> separator = Separator::parse(pattern);
  if (!separator) return separator.error().message;
  std::vector<ByteView> views;
  if (!separator->split(as_bytes(item), views)) return separator->failure();
  std::string text;
  for (const ByteView view : views) text += '[' + std::string(as_text(view)) + ']';
  return text;
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

// What `parallel --colsep` (20221122, Perl 5.36) makes of the same.
TEST(Separator, CutsAsPerlDoes) {
  EXPECT_EQ(columns("(?:a|b)", "1a2b3"), "[1][2][3]");
  EXPECT_EQ(columns("a(?=b)", "1ab2ac"), "[1][b2ac]");
  EXPECT_EQ(columns("(?<=a)b", "1ab2cb"), "[1a][2cb]");
  EXPECT_EQ(columns("(?=,)", "a,b,c"), "[a][,b][,c]");
  EXPECT_EQ(columns("(?<=,)", "a,b,c"), "[a,][b,][c]");
  EXPECT_EQ(columns("(?!b)", "abc"), "[ab][c][]");
  EXPECT_EQ(columns("(?i)x", "1x2X3"), "[1][2][3]");
  EXPECT_EQ(columns("a+?", "1aa2"), "[1][][2]");
  EXPECT_EQ(columns("a++b", "1aab2"), "[1][2]");
  EXPECT_EQ(columns("a\\Kb", "1ab2"), "[1a][2]");
  EXPECT_EQ(columns("\\x{2c}", "a,b"), "[a][b]");
  EXPECT_EQ(columns("\\054", "a,b"), "[a][b]");
  EXPECT_EQ(columns("(?x) a b # c", "1ab2"), "[1][2]");
  EXPECT_EQ(columns("[]x]", "a]bxc"), "[a][b][c]");
  EXPECT_EQ(columns("[a-c-]", "1a2-3"), "[1][2][3]");
  EXPECT_EQ(columns("[[:digit:];]+", "a1;b"), "[a][b]");
  EXPECT_EQ(columns("|", "abc"), "[a][b][c][]");
  EXPECT_EQ(columns("\\z", "ab"), "[ab][]");
  EXPECT_EQ(columns("\\A", "ab"), "[ab]");
}

TEST(Separator, TakesNewlinesAsPerlDoes) {
  EXPECT_EQ(columns(".", "a\nb"), "[][\n][]");
  EXPECT_EQ(columns("$", "a\nb\n"), "[a\nb][\n][]");
  EXPECT_EQ(columns("(?m)$", "a\nb\nc"), "[a][\nb][\nc][]");
  // Alone, ^ is (?m)^ to Perl's split.
  EXPECT_EQ(columns("^", "a\nb\nc"), "[a\n][b\n][c]");
  EXPECT_EQ(columns("^b", "a\nb\nc"), "[a\nb\nc]");
}

TEST(Separator, CutsBytesAndNotCharacters) {
  EXPECT_EQ(columns("\\xe9",
                    "a\xe9"
                    "b\xc3\xa9"),
            "[a][b\xc3\xa9]");
  EXPECT_EQ(columns("é", "1é2é3"), "[1][2][3]");
  EXPECT_EQ(columns("\\W",
                    "1\xe9"
                    "2"),
            "[1][2]");
  EXPECT_EQ(columns("\\s",
                    "1\xa0"
                    "2 3\x85"),
            "[1\xa0"
            "2][3\x85]");
  EXPECT_EQ(columns("\\R",
                    "1\x85"
                    "2"),
            "[1][2]");
  EXPECT_EQ(columns("(?i)\\xe9",
                    "1\xc9"
                    "2\xe9"
                    "3"),
            "[1\xc9"
            "2][3]");
  EXPECT_EQ(columns("\\x00", std::string_view("a\0b", 3)), "[a][b]");
}

TEST(Separator, MakesNoColumnsOfGroups) {
  EXPECT_EQ(columns("(a|b)", "1a2b3"), "[1][2][3]");
  EXPECT_EQ(columns("(?<n>,)", "a,b"), "[a][b]");
  EXPECT_EQ(columns("(.)\\1", "abbc"), "[a][c]");
}

TEST(Separator, SaysWhatIsWrongWithAPatternAndWhere) {
  const auto refused = [](std::string_view pattern, std::string_view why) {
    EXPECT_EQ(columns(pattern, "x"),
              "--colsep '" + std::string(pattern) + "': " + std::string(why));
  };
  refused("a)b", "unmatched closing parenthesis, at byte 2 of the pattern");
  refused("(a", "missing closing parenthesis, at the end of the pattern");
  refused("[a", "missing terminating ] for character class, at the end of the pattern");
  refused("*", "quantifier does not follow a repeatable item, at byte 1 of the pattern");
  EXPECT_THAT(columns("(?{1})", "x"), testing::HasSubstr("at byte 3 of the pattern"));
  // What is not UTF-8 could not be searched.
  EXPECT_THAT(columns("(*UTF)é", "x"), testing::HasSubstr("disabled by the application"));
}

TEST(Separator, GivesUpAPatternThatDoesNotEnd) {
  const std::string item = std::string(60, 'a') + "b";
  for (const std::string how : {"", "(*NO_JIT)"}) {
    EXPECT_THAT(columns(how + "^(a+)+$", item),
                testing::MatchesRegex("--colsep '.*': no answer after [0-9]+ steps; a quantifier "
                                      "within a quantifier, .*"));
  }
  EXPECT_THAT(columns("(a|b)*[cx]", std::string(100'000, 'a')),
              testing::MatchesRegex("--colsep '.*': no answer after 23[0-9]+ steps; a quantifier "
                                    "in front, .*"));
  EXPECT_THAT(columns("^(a|b|c)*d", std::string(2'000'000, 'a')),
              testing::HasSubstr("no answer within 64 MiB of memory"));
}

// Else the same place is cut for ever.
TEST(Separator, CutsNothingBehindAMatchThatTurnsBack) {
  EXPECT_EQ(columns("(?=(?1))|(a\\K){0}", "aab"), "[a][a][b][]");
}

// The stack of the machine code does not last for it.
TEST(Separator, InterpretsWhatTheMachineCodeHasNoStackFor) {
  const std::string many(100'000, 'a');
  EXPECT_EQ(columns("^(a|b)+,", many + ",x"), "[][x]");
}

TEST(SingleByte, IsAByteOrAnEscape) {
  EXPECT_EQ(single_byte(","), ',');
  EXPECT_EQ(single_byte("|"), '|');
  EXPECT_EQ(single_byte("."), '.');
  EXPECT_EQ(single_byte("\xe9"), '\xe9');
  EXPECT_EQ(single_byte("\\t"), '\t');
  EXPECT_EQ(single_byte("\\|"), '|');
  EXPECT_EQ(single_byte("\\x1f"), '\x1f');
}

TEST(SingleByte, IsNothingElse) {
  for (const char* text :
       {"", ";;", "\\d", " +", "\\t+", "\\t?", "\\t*", "\\t|", "\\tx", "\\A", "[;]", "\\x2c+"}) {
    EXPECT_EQ(single_byte(text), std::nullopt) << text;
  }
}

TEST(Separator, HasNoLimitOnTheLengthOfAnItem) {
  std::string item;
  for (int i = 0; i < 20000; ++i) item += "ab , ";
  Separator separator = *Separator::parse(" *, *");
  std::vector<ByteView> views;
  ASSERT_TRUE(separator.split(as_bytes(item), views));
  EXPECT_EQ(views.size(), 20001u);
}

}  // namespace
}  // namespace spread
