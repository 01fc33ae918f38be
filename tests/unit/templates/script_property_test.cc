// Random items in random scripts, run by real shells: every placeholder gives its item unchanged,
// and nothing else of the script changes.

#include <sys/stat.h>

#include "command_testing.h"
#include "spread/base/quote.h"
#include "spread/base/random.h"
#include "spread/templates/command_template.h"

namespace spread {
namespace {

using test::command_options;
using test::output;
using test::render;
using test::Words;

constexpr std::size_t kTextMax = 12;

std::string random_item(Random& random) {
  constexpr std::string_view kNasty = "'\"\\$`(){}[]<>|&;#!*?~=%-^ \t\n\r1{}a";
  constexpr std::string_view kWords[] = {"$(touch x)", "`id`", "$HOME", "{}", "';id;'", "\";id;\"",
                                         "-n",         "EOF",  "esac",  "$1", "a b",    "\\"};
  std::string item;
  const std::uint64_t length = random.below(kTextMax);
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t kind = random.below(4);
    if (kind == 0) {
      item += kWords[random.below(std::size(kWords))];
    } else if (kind == 1) {
      item += static_cast<char>(1 + random.below(255));
    } else {
      item += kNasty[random.below(kNasty.size())];
    }
  }
  return item;
}

/// A script that prints words with a NUL byte behind each, and what they are.
struct Case {
  std::string script;
  std::string expected;
};

struct Generator {
  Random& random;
  const Words& items;

  struct Item {
    std::string placeholder, value;
  };
  Item item() {
    const std::size_t i = random.below(items.size());
    const std::string number = std::to_string(i + 1);
    switch (random.below(5)) {
      case 0: {
        std::string all;
        for (const std::string& value : items) all += (&value == &items[0] ? "" : " ") + value;
        return {"{}", all};
      }
      case 1: {
        const std::size_t slash = items[i].rfind('/');
        return {"{" + number + "/}",
                slash == std::string::npos ? items[i] : items[i].substr(slash + 1)};
      }
      case 2: return {"{#}", "7"};
      default: return {"{" + number + "}", items[i]};
    }
  }

  // A part of a word, and what it becomes.
  void part(Case& made, bool first) {
    const Item held = item();
    switch (random.below(12)) {
      case 0:
        made.script += "ab";
        made.expected += "ab";
        return;
      case 1:
        made.script += "'\"$x `\\'";
        made.expected += "\"$x `\\";
        return;
      case 2:
        made.script += "\"a'\\\"\\$\\`\\\\#\"";
        made.expected += "a'\"$`\\#";
        return;
      case 3:
        made.script += "\\'\\\"\\ \\$";
        made.expected += "'\" $";
        return;
      case 4: made.script += "'<" + held.placeholder + ">'"; break;
      case 5: made.script += "\"<" + held.placeholder + ">\""; break;
      case 6: made.script += "\"$(printf '%s>' \"<" + held.placeholder + "\")\""; break;
      case 7:
        made.script +=
            "\"$(case x in (y) ;; x) printf '%s>' '<'\"" + held.placeholder + "\"; esac)\"";
        break;
      case 8: made.script += "\"<${v}" + held.placeholder + "$v>\""; break;
      case 9:
        made.script += "\"\\" + held.placeholder + "\"";
        made.expected += "\\" + held.value;
        return;
      default:
        // Alone, several values would be several words.
        made.script += (first ? "''" : "") + held.placeholder + "\"\"";
        made.expected += held.value;
        return;
    }
    made.expected += "<" + held.value + ">";
  }

  Case command() {
    Case made;
    made.script = "printf '%s\\0'";
    const std::uint64_t words = 1 + random.below(3);
    for (std::uint64_t word = 0; word < words; ++word) {
      made.script += random.below(4) == 0 ? " \\\n" : " ";
      const std::uint64_t parts = 1 + random.below(4);
      for (std::uint64_t i = 0; i < parts; ++i) part(made, i == 0);
      made.expected += '\0';
    }
    return made;
  }

  Case compound() {
    Case made = command();
    std::string& script = made.script;
    switch (random.below(10)) {
      case 0: script = "(" + script + ")"; break;
      case 1: script = "{ " + script + "; } 2>&1"; break;
      case 2: script = "if [ 1 -eq 1 ]; then " + script + "; fi"; break;
      case 3: script = "case \"x)\" in y|z) ;; 'x)') " + script + " ;; esac"; break;
      case 4: script = "f() { " + script + "; }; f other"; break;
      case 5: script = "# it's \" a comment {1} `\n" + script + " # and $( this"; break;
      case 6: script = ": $((1 << 2)) `echo \"x\"` ${v:-'}'}; " + script; break;
      case 7: script = "cat <<'E' >/dev/null; " + script + "\n' \" ` $(\nE\n"; break;
      case 8: script = "set -- a b; shift; " + script; break;
      default: break;
    }
    return made;
  }
};

// A script without a placeholder is a case too.
TemplateOptions without_append() {
  TemplateOptions options = command_options();
  options.append = false;
  return options;
}

void check(const Case& made, const Words& items, const std::string& shell) {
  TemplateOptions options = without_append();
  options.shell.named = shell;
  options.shell_always = true;
  EXPECT_EQ(output({made.script}, items, options), made.expected) << made.script;
}

TEST(ScriptProperty, ItemsArriveUnchangedInEveryShell) {
  const std::uint64_t seed = test::seed_from_environment(1);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 250 && !::testing::Test::HasFailure(); ++round) {
    const Words items = {random_item(random), random_item(random)};
    const Case made = Generator{random, items}.compound();
    for (const char* shell : {"/bin/sh", "/bin/bash"}) check(made, items, shell);
  }
}

TEST(ScriptProperty, TheShellMayBeAmongTheWords) {
  const std::uint64_t seed = test::seed_from_environment(2);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 100 && !::testing::Test::HasFailure(); ++round) {
    const Words items = {random_item(random), random_item(random)};
    const Case made = Generator{random, items}.compound();
    EXPECT_EQ(output({"env", "bash", "-c", made.script}, items, without_append()), made.expected)
        << made.script;
    EXPECT_EQ(output({"sh", "-c", made.script, "own", "words"}, items, without_append()),
              made.expected)
        << made.script;
  }
}

TEST(ScriptProperty, TheTextDoesTheSame) {
  const std::uint64_t seed = test::seed_from_environment(3);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 200 && !::testing::Test::HasFailure(); ++round) {
    const Words items = {random_item(random), random_item(random)};
    const Case made = Generator{random, items}.compound();
    const std::string text = test::text_of({made.script}, items, without_append());
    const auto result = test::run_program({"/bin/sh", "-c", text});
    EXPECT_EQ(result.out + result.err, made.expected) << made.script << "\n" << text;
  }
}

TEST(ScriptProperty, WordsArriveUnchanged) {
  const std::uint64_t seed = test::seed_from_environment(4);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    const std::string item = random_item(random);
    const Words expected = {"printf", "$x{a}" + item + "'", item, "7" + item};
    ASSERT_EQ(render({"printf", "$x{a}{}'", "{}", "{#}{1}"}, {item}), expected);
    const auto line = test::text_of({"printf", "$x{a}{}'", "{}", "{#}{1}"}, {item});
    ASSERT_EQ(*shell_split(line), expected);
  }
}

// The measured defects of GNU parallel 20221122 with quotes: the item is quoted, and then pasted
// inside other quotes.
TEST(ParallelDefect, QuoteInsideDoubleQuotes) {
  EXPECT_EQ(output({"echo \"{}\""}, {"a\"b"}), "a\"b\n");
}

TEST(ParallelDefect, VariableInsideQuotesIsNotExpanded) {
  EXPECT_EQ(output({"echo '\"{}\"'"}, {"$HOME"}), "\"$HOME\"\n");
  EXPECT_EQ(output({"echo \"{}\""}, {"$HOME $(id)"}), "$HOME $(id)\n");
}

TEST(ParallelDefect, StarAmongWordsIsNotExpanded) {
  EXPECT_EQ(output({"echo", "*"}, {"*"}), "* *\n");
}

TEST(ParallelDefect, NewlineInAnArgument) {
  EXPECT_EQ(output({"echo '{}' \"{}\" {}"}, {"a\nb"}), "a\nb a\nb a\nb\n");
}

TEST(ParallelDefect, ItemOf100Kilobytes) {
  const std::string item(100000, 'x');
  EXPECT_EQ(output({"printf", "%s", "{}"}, {item}), item);
  EXPECT_EQ(output({"printf %s {}"}, {item}), item);
}

TEST(ParallelDefect, WordsOfANestedShellStayTogether) {
  EXPECT_EQ(output({"bash", "-c", "echo a b {}"}, {"c"}), "a b c\n");
}

}  // namespace
}  // namespace spread
