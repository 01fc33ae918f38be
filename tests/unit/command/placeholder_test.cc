#include "spread/command/placeholder.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string fill(std::string_view text, std::vector<std::string_view> values,
                 const PlaceholderSyntax& syntax = {}) {
  std::string out;
  TextTemplate::parse(text, syntax).append_to(out, values, {7, 3});
  return out;
}

PlaceholderSyntax syntax(std::string replacement, std::vector<std::string> names = {}) {
  return *PlaceholderSyntax::create(std::move(replacement), std::move(names));
}

TEST(Placeholder, EveryFormOfAPath) {
  const std::vector<std::string_view> path = {"/a/b.c/d.tar.gz"};
  EXPECT_EQ(fill("{}", path), "/a/b.c/d.tar.gz");
  EXPECT_EQ(fill("{.}", path), "/a/b.c/d.tar");
  EXPECT_EQ(fill("{..}", path), "/a/b.c/d");
  EXPECT_EQ(fill("{/}", path), "d.tar.gz");
  EXPECT_EQ(fill("{//}", path), "/a/b.c");
  EXPECT_EQ(fill("{/.}", path), "d.tar");
  EXPECT_EQ(fill("{/..}", path), "d");
  EXPECT_EQ(fill("{%.tar.gz}", path), "/a/b.c/d");
}

TEST(Placeholder, NumbersComeFromTheContext) { EXPECT_EQ(fill("{#}-{%}", {"x"}), "7-3"); }

TEST(Placeholder, PositionsCountFromBothEnds) {
  EXPECT_EQ(fill("{1}{2}{-1}{-2}", {"a", "b"}), "abba");
  EXPECT_EQ(fill("{2/}{1//}{2.}{1..}{1/.}", {"/x/a.b.c", "y/b.z"}), "b.z/xy/b/x/aa.b");
  EXPECT_EQ(fill("{2%.gz}", {"a", "b.gz"}), "b");
}

TEST(Placeholder, AValueThatIsMissingIsNothing) { EXPECT_EQ(fill("<{3}{-3}>", {"a", "b"}), "<>"); }

TEST(Placeholder, SeveralValuesAreJoinedByABlank) {
  EXPECT_EQ(fill("<{}|{.}>", {"a.x", "b.y"}), "<a.x b.y|a b>");
}

TEST(Placeholder, ExtensionsEndAtTheLastSlash) {
  EXPECT_EQ(fill("{.}", {"a.b/c"}), "a.b/c");
  EXPECT_EQ(fill("{.}", {"/x.y/"}), "/x.y/");
  EXPECT_EQ(fill("{..}", {"a.b/c.d"}), "a.b/c");
}

TEST(Placeholder, ExtensionsAsGnuParallelCutsThem) {
  EXPECT_EQ(fill("{.}", {".bashrc"}), "");
  EXPECT_EQ(fill("{.}", {"a."}), "a");
  EXPECT_EQ(fill("{..}", {"x"}), "x");
}

TEST(Placeholder, DirectoriesAsDirnameCutsThem) {
  EXPECT_EQ(fill("{//}", {"a"}), ".");
  EXPECT_EQ(fill("{//}", {""}), ".");
  EXPECT_EQ(fill("{//}", {"/a"}), "/");
  EXPECT_EQ(fill("{//}", {"/"}), "/");
  EXPECT_EQ(fill("{//}", {"a/b/"}), "a");
  EXPECT_EQ(fill("{//}", {"a//b"}), "a");
}

TEST(Placeholder, OtherBracesAreText) {
  for (const char* text :
       {"{print $1}", "{\"a\":1}", "{foo}", "{0}", "{1234567}", "{1..3}", "{a,b}", "{-}", "{% x %}",
        "{%}{", "{", "}", "{1", "{%'a'}", "{{x}", "{ }", "{...}", "{-0}"}) {
    const std::string expected = std::string(text) == "{%}{" ? "3{" : text;
    EXPECT_EQ(fill(text, {"a"}), expected);
  }
}

TEST(Placeholder, OwnStringTakesThePlaceOfBraces) {
  EXPECT_EQ(fill("@@ {} {.} x@@y", {"a.b"}, syntax("@@")), "a.b {} a xa.by");
}

TEST(Placeholder, OwnStringMustNotBeEmpty) {
  EXPECT_FALSE(PlaceholderSyntax::create("", {}).has_value());
}

TEST(Placeholder, NamesOfAHeader) {
  const PlaceholderSyntax names = syntax("{}", {"file", "file name", "a.b"});
  EXPECT_EQ(fill("{file} {file name/} {a.b.} {file%x} {files}", {"1x", "d/2", "3.x"}, names),
            "1x 2 3 1 {files}");
}

TEST(Placeholder, ValuesAreNotLookedAtAgain) { EXPECT_EQ(fill("{}{}", {"{}"}), "{}{}"); }

TEST(SplitValues, ANulEndsEachValue) {
  std::vector<std::string_view> values;
  split_values(std::string_view("a\0\0b\0", 5), values);
  EXPECT_EQ(values, (std::vector<std::string_view>{"a", "", "b"}));
  split_values("", values);
  EXPECT_TRUE(values.empty());
}

}  // namespace
}  // namespace spread
