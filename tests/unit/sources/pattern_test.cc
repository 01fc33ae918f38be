#include "spread/sources/pattern.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

using Found = Pattern::Found;

Pattern compiled(const std::string& text, Pattern::Use use = Pattern::Use::Item) {
  return *Pattern::compile(text, "--colsep", use);
}

Found first_in(Pattern& pattern, std::string_view subject) {
  Pattern::Match match;
  return pattern.find({.subject = as_bytes(subject)}, match);
}

TEST(Pattern, EndsInStepsThatAreLinearInTheBytes) {
  const std::string subject = std::string(100'000, 'a') + "b";
  for (const char* text : {"(a|b)*[cx]", "(*NO_JIT)(a|b)*[cx]", "(a+)+$", "a*(?:a|b)*a*[cx]",
                           "(a*)\\1[cx]", "(?=(?:a|b)*[cx])", "(a(?1)?|b)[cx]"}) {
    Pattern pattern = compiled(text);
    EXPECT_EQ(first_in(pattern, subject), Found::GaveUp) << text;
    EXPECT_LE(pattern.counted_steps(), 20'010'000 + 32 * subject.size()) << text;
  }
}

TEST(Pattern, CountsNothingOfAnOrdinarySearch) {
  std::string subject;
  while (subject.size() < 10'000'000)
    subject += "some words, and 1234 numbers; \t\"quoted text\"\n";
  for (const char* text : {"@",           "\\x01",        "[@#]",      "foo|bar", "(?:foo|bar)",
                           " *@ *",       "\\s*[@#]\\s*", "\\d+@",     "[^,]*@",  ".*@",
                           "^@",          "@$",           "\\bfoo\\b", "(?<=a)@", "a(?=@)",
                           "\"[^\"]*\"@", "(\\w+) \\1@",  "(?i)FOO",   "a{2,}@",  "(?m)^@"}) {
    Pattern pattern = compiled(text);
    EXPECT_EQ(first_in(pattern, subject), Found::None) << text;
    EXPECT_EQ(pattern.counted_steps(), 0u) << text;
  }
}

// A quoted field of 200 kB.
TEST(Pattern, FindsAMatchThatIsLong) {
  const std::string subject = "x\"" + std::string(200'000, 'a') + "\"," + std::string(9, 'b');
  for (const char* text :
       {"\".*\",", "\".*?\",", "\"[^\"]*\",", "\"(?:[^\"]|\"\")*\",", "\"(?s).*?\",(?=b)"}) {
    Pattern pattern = compiled(text);
    Pattern::Match match;
    EXPECT_EQ(pattern.find({.subject = as_bytes(subject)}, match), Found::Match) << text;
    EXPECT_EQ(match.begin, 1u) << text;
    EXPECT_EQ(match.end, 200'004u) << text;
  }
}

TEST(Pattern, GivesTheNextItemAllStepsAgain) {
  Pattern pattern = compiled("(a|b)*[cx]");
  EXPECT_EQ(first_in(pattern, std::string(100'000, 'a')), Found::GaveUp);
  EXPECT_EQ(first_in(pattern, std::string(3000, 'a')), Found::None);
}

/// All matches; `find` looks for the first one from a place on.
template <typename Find>
std::vector<std::size_t> matches(std::size_t bytes, Find find) {
  std::vector<std::size_t> places;
  for (std::size_t from = 0; from < bytes;) {
    std::size_t begin = 0, end = 0;
    if (!find(from, begin, end)) break;
    places.insert(places.end(), {begin, end});
    from = end;
  }
  return places;
}

std::string random_text(std::uint32_t seed, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    seed = seed * 1664525 + 1013904223;
    // Rarely a byte that patterns end at, and sometimes a run that is longer than a window.
    const std::uint32_t dice = seed >> 16;
    if (dice == 0) {
      text.append(6000, 'a');
    } else if (dice % 3'000 == 1) {
      text += ",x\"\n"[dice % 4];
    } else {
      text += "ab \n"[dice / 7 % 40 == 0 ? 3 : dice % 3];
    }
  }
  return text;
}

// PCRE2 in one search, with all that it sees.
TEST(Pattern, DividesASearchWithoutChangingIt) {
  const std::string text = random_text(7, 300'000);
  for (const char* pattern_text : {",",
                                   "a*,",
                                   "\\s*[,x]",
                                   "(?m)^[ab]*,",
                                   "(?<=b a)b*x",
                                   "(?<!a)\\s+x",
                                   "x\\K *",
                                   "\\b,*\\b\"",
                                   "\"[ab\\s]*\"",
                                   "\"[^\"]*\"(*SKIP)(*F)|,",
                                   "x(*COMMIT)a*,|\"",
                                   "\\G[ab\\s]*,",
                                   "a*+[,x]",
                                   "[ab]*\\n(?m:^)[ab]*,",
                                   "(?m)[ab]+,$",
                                   "(a+)b\\1\\1,",
                                   "(?=a*,)",
                                   "(?m)x*^,*",
                                   "(?s).*?,",
                                   "b*\\z",
                                   "a* *\\Z"}) {
    PatternCode code = *PatternCode::compile({.text = pattern_text}, PatternCode::Kind::Whole);
    Pattern pattern = compiled(pattern_text);
    const auto whole = matches(text.size(), [&](std::size_t from, auto& begin, auto& end) {
      const PatternCode::Outcome outcome = code.run(
          {.subject = as_bytes(text), .from = from, .nonempty = true, .steps_max = UINT32_MAX});
      begin = outcome.match_begin;
      end = outcome.match_end;
      return outcome.end == PatternCode::End::Match;
    });
    const auto divided = matches(text.size(), [&](std::size_t from, auto& begin, auto& end) {
      Pattern::Match match;
      const Found found =
          pattern.find({.subject = as_bytes(text), .from = from, .nonempty = true}, match);
      EXPECT_NE(found, Found::GaveUp) << pattern.failure();
      begin = match.begin;
      end = match.end;
      return found == Found::Match;
    });
    EXPECT_EQ(divided, whole) << pattern_text;
  }
}

TEST(Pattern, EndsAStreamOfRecordsThatEachLookFar) {
  // Each comma looks at all that follows: what the records earn does not pay for it.
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ab,";
  Pattern pattern = compiled(",(?!(?:a|b|,)*x)\\b", Pattern::Use::Stream);
  Pattern::Match match;
  std::size_t searches = 0;
  Found found = Found::Match;
  for (ByteView rest = as_bytes(text); found == Found::Match; rest = rest.subspan(match.end)) {
    found = pattern.find({.subject = rest}, match);
    ++searches;
  }
  EXPECT_EQ(found, Found::GaveUp);
  EXPECT_LE(pattern.counted_steps(), 20'000'100 + 66 * text.size());
}

}  // namespace
}  // namespace spread
