#include "spread/launch/hosts.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

ArgumentList parse(std::string_view text) {
  const auto list = parse_argument_list(text);
  return list ? *list : ArgumentList{"error: " + list.error().message};
}

TEST(ParseArgumentList, ReadsShellWords) {
  EXPECT_EQ(parse("ssh a 'cd /x && ./w' \"$HOME\""),
            (ArgumentList{"ssh", "a", "cd /x && ./w", "$HOME"}));
}

TEST(ParseArgumentList, ReadsAJsonArray) {
  EXPECT_EQ(parse(R"( ["echo", "a b", "", "\u00e9\n"] )"),
            (ArgumentList{"echo", "a b", "", "\xc3\xa9\n"}));
}

TEST(ParseArgumentList, LeavesPlaceholdersAlone) {
  EXPECT_EQ(parse("echo {host} {slot}"), (ArgumentList{"echo", "{host}", "{slot}"}));
}

TEST(ParseArgumentList, AQuotedBracketIsAProgram) {
  EXPECT_EQ(parse("'[' -f x ]"), (ArgumentList{"[", "-f", "x", "]"}));
}

TEST(ParseArgumentList, NeedsAProgram) {
  EXPECT_EQ(parse(""), ArgumentList{"error: no words"});
  EXPECT_EQ(parse("  "), ArgumentList{"error: no words"});
  EXPECT_EQ(parse("[]"), ArgumentList{"error: no words"});
  EXPECT_EQ(parse("'' x"), ArgumentList{"error: the program's name is empty"});
  EXPECT_EQ(parse("[\"\"]"), ArgumentList{"error: the program's name is empty"});
}

TEST(ParseArgumentList, NamesTheColumnOfAnOpenQuote) {
  EXPECT_EQ(parse("echo 'x"), ArgumentList{"error: a ' that is never closed at column 6"});
}

TEST(ParseArgumentList, TakesNumbersOfJsonForTheWordsThatTheyAreWrittenAs) {
  EXPECT_EQ(parse(R"(["a", 1, -20, 1.50, 1e3, 18446744073709551616])"),
            (ArgumentList{"a", "1", "-20", "1.50", "1e3", "18446744073709551616"}));
}

TEST(ParseArgumentList, NamesTheJsonWordThatIsNone) {
  const std::string start = "error: not a JSON array of strings and numbers: word ";
  EXPECT_EQ(parse(R"(["a", 1, false])"), ArgumentList{start + "3 is true or false"});
  EXPECT_EQ(parse(R"(["a", "b", null])"), ArgumentList{start + "3 is null"});
  EXPECT_EQ(parse(R"([true])"), ArgumentList{start + "1 is true or false"});
  EXPECT_EQ(parse(R"([["a"]])"), ArgumentList{start + "1 is an array"});
  EXPECT_EQ(parse(R"([{"a": 1}])"), ArgumentList{start + "1 is an object"});
  EXPECT_EQ(parse(R"(["a\u0000b"])"), ArgumentList{start + "1 is a string with a NUL byte"});
}

TEST(ParseArgumentList, NamesTheColumnOfBrokenJson) {
  EXPECT_EQ(parse("[\"a\" \"b\"]"),
            ArgumentList{"error: not a JSON array of strings and numbers: wrong at column 8"});
  EXPECT_EQ(parse("[\"a\"] x").front().substr(0, 46),
            "error: not a JSON array of strings and numbers");
  EXPECT_EQ(parse("[\"a").front().substr(0, 46), "error: not a JSON array of strings and numbers");
  EXPECT_EQ(parse("[\"\xff\"]").front().substr(0, 46),
            "error: not a JSON array of strings and numbers");
}

TEST(ParseArgumentList, SurvivesDeepNesting) {
  EXPECT_EQ(parse(std::string(1000000, '[')).front(),
            "error: not a JSON array of strings and numbers: word 1 is an array");
}

TEST(ParseArgsFile, HasOneListALine) {
  const auto lists =
      parse_args_file("# workers\nssh a w\n\n[\"b\", \"#\"]\r\n  c '# not a comment'", "f");
  ASSERT_TRUE(lists);
  EXPECT_EQ(*lists,
            (std::vector<ArgumentList>{{"ssh", "a", "w"}, {"b", "#"}, {"c", "# not a comment"}}));
}

TEST(ParseArgsFile, KeepsTrailingBlanksThatAreQuoted) {
  const auto lists = parse_args_file("a \\ \n", "f");
  ASSERT_TRUE(lists);
  EXPECT_EQ(*lists, (std::vector<ArgumentList>{{"a", " "}}));
}

TEST(ParseArgsFile, NamesFileAndLine) {
  const auto lists = parse_args_file("a\nb 'c\n", "lists.txt");
  ASSERT_FALSE(lists);
  EXPECT_EQ(lists.error().message, "lists.txt:2: a ' that is never closed at column 3");
}

TEST(ParseArgsFile, RefusesNulBytes) {
  const auto lists = parse_args_file(std::string_view("a\0b\n", 4), "f");
  ASSERT_FALSE(lists);
  EXPECT_EQ(lists.error().message, "f:1: a NUL byte at column 2");
}

}  // namespace
}  // namespace spread
