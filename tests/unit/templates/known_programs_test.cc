// The tables of programs that evaluate their arguments are best effort. What may not depend on
// them: an item is no part of the script that spread's shell reads, and one argument to the
// program.
#include "spread/command/known_programs.h"

#include <unistd.h>

#include <set>
#include <sstream>

#include "command_testing.h"

namespace spread {
namespace {

using test::refusal;
using test::render;
using test::Words;

const Words& hostile_items() {
  static const Words items = {"$(touch x)", "`id`", "'; id; '", "\"; id; \"", "a b", "-c", "$HOME",
                              "x\ny",       "*",    "{}",       "\\",         "|id", ">x", ""};
  return items;
}

std::set<std::string> known_names() {
  std::set<std::string> names;
  const auto add = [&names](std::string_view row) {
    std::istringstream words{std::string(row)};
    for (std::string name; words >> name;) names.insert(name);
  };
  for (const Interpreter& row : known_interpreters()) add(row.names);
  for (const Wrapper& row : known_wrappers()) add(row.names);
  return names;
}

TEST(KnownPrograms, EachThatReadsAnArgumentAsCodeIsRefusedAnItemInside) {
  for (const Interpreter& row : known_interpreters()) {
    const std::string name(row.names.substr(0, row.names.find(' ')));
    Words words = {name};
    if (!row.code_letters.empty()) {
      words.push_back(std::string("-") + row.code_letters.front());
    } else if (!row.code_long.empty()) {
      words.emplace_back(row.code_long.substr(0, row.code_long.find(' ')));
    } else {
      for (int operand = 0; operand < row.first_code_operand; ++operand) words.emplace_back("w");
    }
    words.emplace_back("x {}");
    EXPECT_NE(refusal(words), "") << name;
  }
}

/// As if its row were not there.
std::string unknown(const std::string& name) { return "not-" + name + "-x"; }

TEST(KnownPrograms, WithoutARowAnItemIsStillOneArgument) {
  for (const std::string& name : known_names()) {
    ASSERT_EQ(find_interpreter(unknown(name)), nullptr) << name;
    for (const std::string& item : hostile_items()) {
      const Words words = {unknown(name), "-q", "x {}", "--eval=y {}", "{}"};
      const Words expected = {unknown(name), "-q", "x " + item, "--eval=y " + item, item};
      EXPECT_EQ(render(words, {item}), expected) << name;
    }
  }
}

TEST(KnownPrograms, WithoutARowAnItemIsStillNoPartOfAScript) {
  for (const std::string& name : known_names()) {
    const std::string script =
        unknown(name) + " -q \"x {}\" 'y {}' --eval=z{} {} && " + unknown(name) + " {.}";
    const Words plain = render({script}, {"plain"});
    ASSERT_GT(plain.size(), 3u) << name << ": " << plain.front();
    for (const std::string& item : hostile_items()) {
      const Words hostile = render({script}, {item});
      ASSERT_EQ(hostile.size(), plain.size()) << name;
      for (std::size_t i = 0; i < plain.size(); ++i) {
        const bool is_item = plain[i] == "plain";
        EXPECT_TRUE(is_item || hostile[i] == plain[i]) << name << ": " << hostile[i];
      }
    }
  }
}

TEST(KnownPrograms, WhatAShellHandsToAProgramThatIsNotKnownIsTheItem) {
  const std::string directory = testing::TempDir() + "spread-known-" + std::to_string(getpid());
  const std::string program = directory + "/not-known";
  test::run_program({"/bin/mkdir", "-p", directory});
  test::run_program({"/bin/ln", "-sf", "/usr/bin/printf", program});
  for (const std::string& item : hostile_items()) {
    const std::string script = program + " '%s|' \"x {}\" 'y {}' z{} {}";
    const std::string expected = "x " + item + "|y " + item + "|z" + item + "|" + item + "|";
    EXPECT_EQ(test::output({script}, {item}), expected);
  }
  test::run_program({"/bin/rm", "-r", directory});
}

}  // namespace
}  // namespace spread
