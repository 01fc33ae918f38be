// Options of `spread map` that exclude each other, and those that do not.
#include "map_support.h"

namespace spread::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(MapChecks, BothOptionsAreNamed) {
  const std::vector<std::pair<Words, Words>> pairs = {
      {{"-I", "x"}, {"-n", "2"}},
      {{"-I", "x"}, {"-L", "2"}},
      {{"-I", "x"}, {"-X"}},
      {{"-I", "x"}, {"-m"}},
      {{"-I", "x"}, {"--xargs"}},
      {{"-n", "2"}, {"-N", "2"}},
      {{"-n", "2"}, {"-L", "2"}},
      {{"-N", "2"}, {"-L", "2"}},
      {{"-X"}, {"-m"}},
      {{"-X"}, {"--xargs"}},
      {{"-m"}, {"--xargs"}},
      {{"-c"}, {"-q"}},
      {{"--stdin"}, {"-X"}},
      {{"--stdin"}, {"-m"}},
      {{"--stdin"}, {"--xargs"}},
      {{"--stdin"}, {"-s", "9"}},
      {{"-u"}, {"--group"}},
      {{"-u"}, {"--lb"}},
      {{"-u"}, {"--tag"}},
      {{"-u"}, {"--results", "d"}},
      {{"-u"}, {"--tagstring", "t"}},
      {{"--lb"}, {"--group"}},
      {{"-k"}, {"--unordered"}},
      {{"-0"}, {"-d", ","}},
      {{"--retry-failed", "--joblog", "l"}, {"--resume"}},
      {{"--retry-failed", "--joblog", "l"}, {"--resume-failed"}},
      {{"--no-bar"}, {"--bar"}},
      {{"--no-history"}, {"--history", "h"}},
  };
  for (const auto& [one, other] : pairs) {
    Words words = one;
    words.insert(words.end(), other.begin(), other.end());
    EXPECT_THAT(error(words),
                AllOf(HasSubstr(one[0] + " "), HasSubstr(other[0] + " exclude each other")));
    words = other;
    words.insert(words.end(), one.begin(), one.end());
    EXPECT_THAT(error(words), HasSubstr("exclude each other")) << one[0] << " " << other[0];
  }
}

TEST(MapChecks, NoOrderUngroupedAndWhatHasOne) {
  EXPECT_THAT(error({"-k", "-u"}), AllOf(HasSubstr("-u and -k exclude each other"),
                                         HasSubstr("--lb -k has lines as they come")));
}

TEST(MapChecks, RecordsAreWholeJobs) {
  EXPECT_THAT(error({"-u", "--out", "records"}), HasSubstr("-u and --out records exclude"));
  EXPECT_THAT(error({"--out", "records", "--lb"}), HasSubstr("--lb and --out records exclude"));
  // With --results a job writes its files itself: there is nothing to make a record of.
  EXPECT_THAT(error({"--results", "d", "--out", "records"}),
              HasSubstr("--results and --out records exclude"));
  EXPECT_EQ(map({"--results", "d", "--out", "text"}).results_directory, "d");
  EXPECT_EQ(map({"-u", "--out", "text"}).output, JobOptions::Output::Ungrouped);
}

TEST(MapChecks, WhatGoesTogetherIsAllowed) {
  for (const Words& words : {Words{"-I", "x", "-N", "2"},
                             {"-X", "-n", "5"},
                             {"-m", "-s", "100"},
                             {"-m", "-N", "3"},
                             {"--stdin", "-n", "3"},
                             {"--lb", "-k", "--tag"},
                             {"-u", "--unordered"},
                             {"--header", ":", "--csv"},
                             {"-k", "--out", "records"},
                             {"-a", "f", "-a", "g", "--link"},
                             {"-c", "--shell-path", "/bin/bash"}}) {
    Words whole = words;
    whole.push_back("cmd");
    EXPECT_TRUE(parse(whole).has_value()) << testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace spread::cli
