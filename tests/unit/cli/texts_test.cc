// --help, the man page and bash completion: what must hold for every row of the table.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/spelling.h"
#include "spread/help/help_text.h"
#include "spread/options/option_table.h"
#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// tests/golden/help/update writes these files.
std::string golden(std::string_view name) {
  return read_file(std::string(SPREAD_SOURCE_DIR "/tests/golden/help/") + std::string(name) +
                   ".txt");
}

TEST(Help, ProgramIsAsInTheGoldenFile) { EXPECT_EQ(program_help(), golden("spread")); }

TEST(Help, SubcommandsAreAsInTheGoldenFiles) {
  for (const SubcommandText& text : subcommands()) {
    EXPECT_EQ(subcommand_help(text), golden(text.name)) << text.name;
  }
}

TEST(Help, FitsInEightyColumns) {
  std::string all = program_help();
  for (const SubcommandText& text : subcommands()) all += subcommand_help(text);
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
  }
}

TEST(BriefHelp, FitsOnATerminalOf24Lines) {
  std::vector<std::string> all{brief_program_help()};
  for (const SubcommandText& text : subcommands()) all.push_back(brief_help(text));
  for (const std::string& help : all) {
    EXPECT_LE(std::count(help.begin(), help.end(), '\n'), 23) << help;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
  }
}

TEST(BriefHelp, HasTenOptionsAtMostAndTellsOfTheOthers) {
  for (const char* name : {"run", "map", "pipe", "xargs", "all", "hosts"}) {
    const std::string help = brief_help(*find_subcommand(name));
    std::size_t options = 0;
    for (std::size_t at = 0; (at = help.find("\n  -", at)) != std::string::npos; ++at) ++options;
    EXPECT_LE(options, 10u) << name;
    EXPECT_GE(options, 4u) << name;
    EXPECT_THAT(help, HasSubstr("options: spread " + std::string(name) + " --help"));
  }
}

TEST(BriefHelp, IsAsInTheGoldenFiles) {
  EXPECT_EQ(brief_program_help(), golden("brief-spread"));
  for (const SubcommandText& text : subcommands()) {
    EXPECT_EQ(brief_help(text), golden("brief-" + std::string(text.name))) << text.name;
  }
}

TEST(Help, HasEveryOptionOfItsSubcommandAndNoOther) {
  for (const SubcommandText& text : subcommands()) {
    const std::string help = subcommand_help(text);
    for (const OptionSpec& spec : option_table()) {
      // Some have two rows, since they mean two things.
      Subcommands owners = 0;
      for (const OptionSpec& other : option_table()) {
        if (heading(other) == heading(spec)) owners |= other.subcommands;
      }
      // Another's name may begin with this one's.
      const std::string start = "\n  " + heading(spec);
      const bool shown = help.find(start + " ") != std::string::npos ||
                         help.find(start + "\n") != std::string::npos;
      EXPECT_EQ(shown, (owners & text.bit) != 0) << text.name << " " << heading(spec);
    }
  }
}

TEST(Help, ShowsDefaultsOfItsOwnSubcommand) {
  const std::string run = subcommand_help(*find_subcommand("run"));
  const std::string all = subcommand_help(*find_subcommand("all"));
  EXPECT_THAT(run, HasSubstr("default 60s"));
  EXPECT_THAT(all, testing::Not(HasSubstr("60s")));
  EXPECT_THAT(run, HasSubstr("default 1G"));
}

TEST(Help, DoesNotMentionWhatIsNotBuilt) {
  std::string all = program_help() + man_page() + bash_completion();
  for (const SubcommandText& text : subcommands()) all += subcommand_help(text) + man_page(text);
  for (const char* absent : {"--speculate", "--man"}) {
    EXPECT_EQ(all.find(absent), std::string::npos) << absent;
  }
}

TEST(Help, ExamplesArePairsOfWhatAndHow) {
  for (const SubcommandText& text : subcommands()) {
    std::istringstream lines{std::string(text.examples)};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      if (count % 2 == 0) {
        EXPECT_THAT(line, EndsWith(":"));
      } else {
        EXPECT_THAT(line, HasSubstr("spread " + std::string(text.name)));
      }
    }
    EXPECT_EQ(count % 2, 0u);
    EXPECT_GE(count, 4u) << text.name;
  }
}

TEST(OptionTable, NamesAreUniqueWithinASubcommand) {
  for (const SubcommandText& text : subcommands()) {
    std::set<std::string_view> names;
    for (const OptionSpec& spec : option_table()) {
      if ((spec.subcommands & text.bit) == 0) continue;
      for (const std::string_view name : spec.all_names()) {
        EXPECT_TRUE(names.insert(name).second) << text.name << " " << name;
      }
    }
  }
}

TEST(OptionTable, RowsAreFoundByAnyOfTheirNames) {
  for (const OptionSpec& spec : option_table()) {
    for (const std::string_view name : spec.all_names()) {
      EXPECT_EQ(find_option(name, spec.subcommands), &spec) << name;
    }
  }
  EXPECT_EQ(find_option("--no-such", kAny), nullptr);
  EXPECT_EQ(find_option("--retries", kAll), nullptr);
}

TEST(ManPage, OfASubcommandHasItsOptionsAndNoOthers) {
  for (const SubcommandText& text : subcommands()) {
    const std::string page = man_page(text);
    for (const OptionSpec& spec : option_table()) {
      for (const std::string_view name : spec.all_names()) {
        std::string escaped;
        for (const char c : name) escaped += c == '-' ? "\\-" : std::string(1, c);
        const bool told = page.find("\\fB" + escaped + "\\fR") != std::string::npos;
        EXPECT_EQ(told, find_option(name, text.bit) != nullptr) << text.name << " " << name;
      }
    }
  }
}

TEST(ManPage, HasTheDateOfItsVersion) {
  for (const SubcommandText& text : subcommands()) {
    EXPECT_THAT(man_page(text),
                testing::ContainsRegex("^.TH SPREAD[^ ]* 1 \"20[0-9.\\-]+\" \"spread "));
  }
}

TEST(ManPage, HasItsSections) {
  for (const SubcommandText& text : subcommands()) {
    const std::string page = man_page(text);
    for (const char* section :
         {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "FILES", "SEE ALSO"}) {
      // These look at no host, and so at no history.
      const bool there = (text.bit & (kSweep | kDirectory | kResults | kJournal | kRelay)) == 0 ||
                         std::string_view(section) != "FILES";
      EXPECT_EQ(page.find(std::string(".SH ") + section + "\n") != std::string::npos, there)
          << text.name << section;
    }
    const bool runs = (text.bit & (kSends | kMap | kPipe | kXargs | kAll | kDirectory)) != 0;
    EXPECT_EQ(page.find(".SH EXIT STATUS\n") != std::string::npos, runs) << text.name;
  }
}

TEST(ManPage, OfTheProgramPointsToTheSubcommands) {
  const std::string page = man_page();
  for (const SubcommandText& text : subcommands()) {
    EXPECT_THAT(page, HasSubstr("\\fBspread\\-" + std::string(text.name) + "\\fR(1)\n"));
  }
}

TEST(ManPage, HasTheEnvironmentOfItsSubcommandOnly) {
  const std::string map = man_page(*find_subcommand("map"));
  const std::string run = man_page(*find_subcommand("run"));
  EXPECT_THAT(map, HasSubstr("SPREAD_ITEM"));
  EXPECT_THAT(map, testing::Not(HasSubstr("SPREAD_PREP")));
  EXPECT_THAT(run, HasSubstr("SPREAD_PREP"));
  EXPECT_THAT(run, testing::Not(HasSubstr("SPREAD_ITEM")));
}

TEST(Completion, HasEveryOption) {
  const std::string script = bash_completion();
  for (const SubcommandText& text : subcommands()) {
    const std::size_t start = script.rfind("\n  " + std::string(text.name) + ") ");
    ASSERT_NE(start, std::string::npos) << text.name;
    const std::string row = script.substr(start, script.find(";;", start) - start);
    for (const OptionSpec& spec : option_table()) {
      if ((spec.subcommands & text.bit) == 0) continue;
      for (const std::string_view name : spec.all_names()) {
        EXPECT_THAT(row, HasSubstr(std::string(name))) << text.name;
      }
    }
  }
}

TEST(Wrap, BreaksBetweenWordsOnly) {
  EXPECT_EQ(wrap("aa bb cc", 2, 7), "aa bb\n  cc");
  EXPECT_EQ(wrap("aaaaaaaaaa b", 0, 5), "aaaaaaaaaa\nb");
  EXPECT_EQ(wrap("", 3, 10), "");
}

TEST(DefaultsText, IsWhatTheParsersReadBack) {
  EXPECT_EQ(format_bytes(65536), "64K");
  EXPECT_EQ(format_bytes(std::uint64_t{10} << 30), "10G");
  EXPECT_EQ(format_bytes(1000), "1000");
  EXPECT_EQ(format_bytes(1536), "1536");
  EXPECT_EQ(format_bytes(0), "0");
  EXPECT_EQ(format_span(std::chrono::seconds(60)), "60s");
  EXPECT_EQ(format_span(std::chrono::milliseconds(500)), "0.5s");
}

TEST(Suggest, FindsWhatIsOneSlipAway) {
  constexpr std::string_view kWords[] = {"--retries", "--timeout", "--tails", "run", "all"};
  EXPECT_EQ(closest("--retires", kWords), "--retries");
  EXPECT_EQ(closest("--timout", kWords), "--timeout");
  EXPECT_EQ(closest("runn", kWords), "run");
  EXPECT_EQ(closest("--time", kWords), "--timeout");
}

TEST(Suggest, IsSilentWhenNothingIsNear) {
  constexpr std::string_view kWords[] = {"run", "all", "--tails", "--timeout"};
  EXPECT_EQ(closest("map", kWords), "");
  EXPECT_EQ(closest("x", kWords), "");
  EXPECT_EQ(closest("--t", kWords), "");
  EXPECT_EQ(closest(std::string(100, 'a'), kWords), "");
}

}  // namespace
}  // namespace spread::cli
