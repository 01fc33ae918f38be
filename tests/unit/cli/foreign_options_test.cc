// Options of GNU parallel and xargs that are not here: what is said of them. The documents' tables
// say which they are.
#include "spread/cli/spelling.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"

namespace spread::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const std::string& option) {
  const char* const argv[] = {"spread", "map", option.c_str(), "echo"};
  const auto parsed = parse_command_line(4, argv);
  return parsed ? "" : parsed.error().message;
}

/// The options of the rows whose second column is "no".
std::vector<std::string> left_out(const std::string& page) {
  std::ifstream file(SPREAD_SOURCE_DIR "/docs/" + page);
  std::vector<std::string> options;
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t no = line.find(" | no |");
    if (line.rfind("| `", 0) != 0 || no == std::string::npos) continue;
    std::istringstream words(line.substr(0, no));
    for (std::string word; words >> word;) {
      if (word.size() < 3 || word[0] != '`' || word[1] != '-') continue;
      options.push_back(word.substr(1, word.find_first_of("`, ", 1) - 1));
    }
  }
  return options;
}

TEST(ForeignOptions, EveryOptionThatTheDocumentsLeaveOutIsAnswered) {
  for (const char* page : {"from-parallel.md", "from-xargs.md"}) {
    const std::vector<std::string> options = left_out(page);
    EXPECT_GT(options.size(), 5u) << page;
    for (const std::string& option : options) {
      if (option == "--env" || option == "--tag") continue;  // of other machines; of blocks
      EXPECT_THAT(error_of(option), StartsWith(option + " is not supported")) << page;
    }
  }
}

TEST(ForeignOptions, SaysWhatToWrite) {
  EXPECT_EQ(error_of("--shuf"),
            "--shuf is not supported; instead: shuf | spread map ... (try 'spread map --help')");
  EXPECT_THAT(error_of("--onall"), HasSubstr("; instead: spread all -S ... -- COMMAND"));
  EXPECT_THAT(error_of("-i"), StartsWith("-i is not supported: {} stands for the item"));
}

TEST(ForeignOptions, ValuesDoNotMatter) {
  EXPECT_THAT(error_of("--tmpdir=/tmp"),
              StartsWith("--tmpdir is not supported; instead: --spill-dir"));
  EXPECT_THAT(error_of("-i%"), StartsWith("-i is not supported: "));
  EXPECT_THAT(error_of("-l2"), StartsWith("-l is not supported; instead: -L N"));
}

TEST(ForeignOptions, NothingOfWhatIsNobodysOption) {
  EXPECT_EQ(hint_for_foreign_option("--bogus"), "");
  EXPECT_EQ(hint_for_foreign_option("--shu"), "");
  EXPECT_EQ(hint_for_foreign_option("-Z"), "");
  EXPECT_EQ(hint_for_foreign_option("-"), "");
  EXPECT_EQ(hint_for_foreign_option(""), "");
}

}  // namespace
}  // namespace spread::cli
