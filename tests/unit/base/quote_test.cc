#include "spread/base/quote.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using Words = std::vector<std::string>;

/// Words of bytes that shells care about, with any others but NUL between them.
Words random_words(Random& random) {
  static constexpr std::string_view kSpecial = "'\"\\$`!|&;<>()[]{}*?~#%=^@-+: \t\n\r\x7f";
  Words words(1 + random.below(5));
  for (std::string& word : words) {
    for (std::uint64_t n = random.below(12); n > 0; --n) {
      const bool special = random.below(2) == 0;
      word += special ? kSpecial[random.below(kSpecial.size())]
                      : static_cast<char>(1 + random.below(255));
    }
  }
  return words;
}

Words split(std::string_view text) {
  const auto words = shell_split(text);
  EXPECT_TRUE(words) << text;
  return words.value_or(Words{"(error)"});
}

std::string split_error(std::string_view text) {
  const auto words = shell_split(text);
  return words ? "(no error)" : words.error().message;
}

TEST(ShellQuote, LeavesHarmlessWordsBare) {
  for (const char* word : {"python3", "user@host", "a/b.c", "--level=9", "1,2:3", "50%", "a+b_c"}) {
    EXPECT_EQ(shell_quote(word), word);
  }
}

TEST(ShellQuote, QuotesTheEmptyWord) { EXPECT_EQ(shell_quote(""), "''"); }

TEST(ShellQuote, QuotesEveryByteThatAShellMayTouch) {
  for (int byte = 1; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || std::string_view("_@%+=:,./-").find(c) != std::string_view::npos) continue;
    EXPECT_NE(shell_quote(std::string("a") + c).find_first_of("'\\"), std::string::npos) << byte;
  }
}

TEST(ShellQuote, BreaksOutForASingleQuote) { EXPECT_EQ(shell_quote("it's"), "'it'\\''s'"); }

TEST(ShellQuote, QuotesWhatZshWouldLookUp) { EXPECT_EQ(shell_quote("=ls"), "'=ls'"); }

TEST(ShellJoin, QuotesOnlyAFirstWordThatLooksLikeAnAssignment) {
  EXPECT_EQ(shell_join(Words{"A=b", "C=d"}), "'A=b' C=d");
}

TEST(ShellJoin, PutsOneBlankBetween) {
  EXPECT_EQ(shell_join(Words{"echo", "a b", ""}), "echo 'a b' ''");
  EXPECT_EQ(shell_join(Words{}), "");
}

TEST(ShellSplit, CutsAtBlanks) {
  EXPECT_EQ(split("  a\tb\n c  "), (Words{"a", "b", "c"}));
  EXPECT_EQ(split(""), Words{});
  EXPECT_EQ(split(" \t\n"), Words{});
}

TEST(ShellSplit, JoinsQuotedPartsIntoOneWord) {
  EXPECT_EQ(split("a'b c'\"d e\"\\ f"), Words{"ab cd e f"});
}

TEST(ShellSplit, KeepsEmptyQuotedWords) { EXPECT_EQ(split("'' \"\" a''"), (Words{"", "", "a"})); }

TEST(ShellSplit, TakesSingleQuotedTextAsItIs) {
  EXPECT_EQ(split("'\\n $x \"'"), Words{"\\n $x \""});
}

TEST(ShellSplit, KnowsTheFourEscapesOfDoubleQuotes) {
  EXPECT_EQ(split(R"("\$ \` \" \\ \n")"), Words{"$ ` \" \\ \\n"});
}

TEST(ShellSplit, DropsContinuedLines) {
  EXPECT_EQ(split("a\\\nb"), Words{"ab"});
  EXPECT_EQ(split("a \\\n b"), (Words{"a", "b"}));
  EXPECT_EQ(split("\"a\\\nb\""), Words{"ab"});
}

TEST(ShellSplit, ExpandsNothing) {
  EXPECT_EQ(split("$HOME `id` $(id) *.c ~ a|b;c&d>e #f {1,2}"),
            (Words{"$HOME", "`id`", "$(id)", "*.c", "~", "a|b;c&d>e", "#f", "{1,2}"}));
}

TEST(ShellSplit, NamesTheColumnOfAnOpenQuote) {
  EXPECT_EQ(split_error("ab 'cd"), "a ' that is never closed at column 4");
  EXPECT_EQ(split_error("\"ab\\\""), "a \" that is never closed at column 1");
  EXPECT_EQ(split_error("ab \\"), "a \\ with nothing after it at column 4");
}

TEST(ShellSplit, RefusesNul) {
  EXPECT_EQ(split_error(std::string_view("a\0b", 3)), "a NUL byte at column 2");
  EXPECT_EQ(split_error(std::string_view("'a\0'", 4)), "a NUL byte at column 3");
  EXPECT_EQ(split_error(std::string_view("\"\0\"", 3)), "a NUL byte at column 2");
  EXPECT_EQ(split_error(std::string_view("\\\0", 2)), "a NUL byte at column 2");
}

TEST(ShellSplit, UndoesShellJoin) {
  const std::uint64_t seed = test::seed_from_environment(1);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    const Words words = random_words(random);
    ASSERT_EQ(split(shell_join(words)), words) << "round " << round;
  }
}

TEST(ShellJoin, IsReadBackByTheRealShell) {
  const std::uint64_t seed = test::seed_from_environment(2);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 20; ++round) {
    Words words;
    for (int i = 0; i < 50; ++i) {
      for (std::string& word : random_words(random)) words.push_back(std::move(word));
    }
    const auto result = test::run_program({"/bin/sh", "-c", "printf '%s\\0' " + shell_join(words)});
    ASSERT_EQ(test::split_at_nul(result.out), words) << "round " << round;
  }
}

TEST(ShellJoin, ProtectsAProgramNameThatLooksLikeAnAssignment) {
  const auto result = test::run_program({"/bin/sh", "-c", shell_join(Words{"A=b"})});
  EXPECT_EQ(result.exit_status(), 127);
}

TEST(ShellSplit, AgreesWithTheRealShellOnQuotedText) {
  for (const char* text : {R"(a 'b c' "d $" \e)", R"("\$ \` \" \\ \n" 'x\y')", "a\\\nb \"c\\\nd\"",
                           "'' \"\" x''y\"\"", R"(\'\"\\ "'" '"')"}) {
    const auto result = test::run_program({"/bin/sh", "-c", std::string("printf '%s\\0' ") + text});
    EXPECT_EQ(split(text), test::split_at_nul(result.out)) << text;
  }
}

TEST(ShowText, MakesOneShortLine) {
  EXPECT_EQ(show_text("a b"), "'a b'");
  EXPECT_EQ(show_text("a\nb\x1b"), "'a\\x0ab\\x1b'");
  EXPECT_EQ(show_text("\xc2\x9b\xff"), "'\\xc2\\x9b\\xff'");
  EXPECT_EQ(show_text("abcdef", 3), "'abc...'");
}

TEST(ShowText, DoesNotCutInsideACharacter) { EXPECT_EQ(show_text("a\xc3\xa9z", 2), "'a...'"); }

}  // namespace
}  // namespace spread
