// Command lines of `spread map`, for the tests of what becomes of them.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"

namespace spread::cli {

using Words = std::vector<std::string>;

inline Result<ParsedCommandLine> parse(const Words& words) {
  std::vector<const char*> argv{"spread", "map"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

inline Options line(const Words& words) {
  const auto parsed = parse(words);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  return parsed ? parsed->options : Options{};
}

inline std::string line_error(const Words& words) {
  const auto parsed = parse(words);
  EXPECT_FALSE(parsed.has_value()) << testing::PrintToString(words);
  return parsed ? "" : parsed.error().message;
}

/// The options in front of a command named `cmd`.
inline Options options(Words words) {
  words.push_back("cmd");
  return line(words);
}
inline JobOptions map(const Words& words) { return options(words).job; }
inline ArgumentOptions arguments(const Words& words) { return options(words).items.arguments; }

inline std::string error(Words words) {
  words.push_back("cmd");
  return line_error(words);
}

inline Words command(const Words& words) { return line(words).job.command.words; }
inline std::vector<InputOptions::Group> groups(const Words& words) {
  return line(words).items.input.groups;
}

}  // namespace spread::cli
