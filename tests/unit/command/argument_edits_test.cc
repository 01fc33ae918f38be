#include "spread/command/argument_edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread::argument_lists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ArgumentLists kLists = {{"ssh", "HOST", "nice", "-n", "5", "w", "HOST.log"},
                              {"w", "--gpu", "0"}};

std::string problem(const Result<ArgumentLists>& result) {
  return result ? "none" : result.error().message;
}

TEST(Replace, SubstitutesInEveryWordOfEveryList) {
  const Edit edits[] = {{"HOST", "n1"}, {"^(\\d)$", "<\\1>"}};
  const auto lists = replace(kLists, edits);
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_THAT((*lists)[0], ElementsAre("ssh", "n1", "nice", "-n", "<5>", "w", "n1.log"));
  EXPECT_THAT((*lists)[1], ElementsAre("w", "--gpu", "<0>"));
}

TEST(Replace, TakesTheEditsInTheirOrder) {
  const Edit edits[] = {{"a", "b"}, {"b", "c"}};
  EXPECT_THAT((*replace({{"ab"}}, edits))[0], ElementsAre("cc"));
}

TEST(Replace, WithoutEditsChangesNothing) { EXPECT_EQ(*replace(kLists, {}), kLists); }

TEST(Replace, SaysWhichPatternIsWrong) {
  const Edit edits[] = {{"a", "b"}, {"(b", "c"}};
  EXPECT_THAT(problem(replace(kLists, edits)),
              HasSubstr("pattern '(b': missing closing parenthesis"));
}

TEST(Replace, SaysWhichListHasNoProgramLeft) {
  const Edit edits[] = {{"^w$", ""}};
  EXPECT_EQ(problem(replace(kLists, edits)),
            "argument list 2: nothing is left of the program's name");
}

TEST(Replace, SaysInWhichWordASearchWasGivenUp) {
  const Edit edits[] = {{"(a+)+$", "b"}};
  EXPECT_THAT(
      problem(replace({{"w"}, {"w", std::string(40, 'a') + "b"}}, edits)),
      testing::MatchesRegex("argument list 2, word 2: '?a+b'?: no answer after 1000000 steps"));
}

TEST(ReplaceWords, PutsAListInThePlaceOfTheWordThatMatchesAndThoseBehindIt) {
  const auto lists = replace_words(kLists, "nice", 3, {"taskset", "1"});
  EXPECT_THAT((*lists)[0], ElementsAre("ssh", "HOST", "taskset", "1", "w", "HOST.log"));
  EXPECT_EQ((*lists)[1], kLists[1]);
}

TEST(ReplaceWords, MatchesFromTheBeginningOfAWordAndNotToItsEnd) {
  const auto lists = replace_words({{"w", "--gpu=1", "x--gpu"}}, "--g", 1, {"--cpu"});
  EXPECT_THAT((*lists)[0], ElementsAre("w", "--cpu", "x--gpu"));
}

TEST(ReplaceWords, GoesOnBehindWhatItHasPutIn) {
  const auto lists = replace_words({{"w", "-a", "1", "-b", "-a", "2"}}, "-a", 2, {"-c"});
  EXPECT_THAT((*lists)[0], ElementsAre("w", "-c", "-b", "-c"));
}

TEST(ReplaceWords, EndsThoughTheReplacementMatchesItself) {
  const auto lists = replace_words({{"w", "-a", "-a"}}, "-a", 1, {"-a", "-a"});
  EXPECT_THAT((*lists)[0], ElementsAre("w", "-a", "-a", "-a", "-a"));
}

TEST(ReplaceWords, TakesAsManyAsThereAreAtTheEnd) {
  EXPECT_THAT((*replace_words({{"w", "-a"}}, "-a", 9, {"x"}))[0], ElementsAre("w", "x"));
}

TEST(ReplaceWords, OfNoLengthPutsInFront) {
  EXPECT_THAT((*replace_words({{"w", "-a"}}, ".", 0, {"x"}))[0], ElementsAre("x", "w", "x", "-a"));
}

TEST(ReplaceWords, ByNothingTakesAway) {
  EXPECT_THAT((*replace_words(kLists, "nice", 3, {}))[0],
              ElementsAre("ssh", "HOST", "w", "HOST.log"));
  EXPECT_EQ(problem(replace_words(kLists, ".", 9, {})), "argument list 1 has no words left");
}

TEST(Append, PutsTheSameWordsBehindEachList) {
  const auto lists = append(kLists, {"-v", ""});
  EXPECT_THAT(lists[1], ElementsAre("w", "--gpu", "0", "-v", ""));
  EXPECT_EQ(lists[0].size(), kLists[0].size() + 2);
}

}  // namespace
}  // namespace spread::argument_lists
