// Long options cut short, with hyphens and without, and under GNU parallel's other names.
#include "spread/cli/spelling.h"

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"
#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using WordList = std::vector<std::string>;

WordList written_out(const WordList& words, Subcommands subcommand = kMap) {
  const auto out = write_out(words, subcommand, Words::EndOptions);
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out ? *out : WordList{};
}

std::string refusal(const WordList& words, Subcommands subcommand = kMap) {
  const auto out = write_out(words, subcommand, Words::EndOptions);
  return out ? "" : out.error().message;
}

/// The subcommand's options whose long names begin with `prefix`.
std::set<const OptionSpec*> beginning_with(const std::string& prefix, Subcommands subcommand) {
  std::set<const OptionSpec*> found;
  for (const OptionSpec& spec : option_table()) {
    if ((spec.subcommands & subcommand) == 0) continue;
    for (const std::string_view name : spec.all_names()) {
      if (name.substr(0, prefix.size()) == prefix) found.insert(&spec);
    }
  }
  return found;
}

/// Calls `check(text, spec, name, prefix)` for every prefix of every long name, shorter than it.
template <typename Check>
void for_each_prefix(Check check) {
  for (const SubcommandText& text : subcommands()) {
    for (const OptionSpec& spec : option_table()) {
      if ((spec.subcommands & text.bit) == 0) continue;
      for (const std::string_view name : spec.all_names()) {
        for (std::size_t size = 3; name.size() > 3 && size < name.size(); ++size) {
          check(text, spec, name, std::string(name.substr(0, size)));
        }
      }
    }
  }
}

TEST(Spelling, EveryUniquePrefixOfEveryLongOptionMeansThatOption) {
  std::size_t seen = 0;
  for_each_prefix([&](const SubcommandText& text, const OptionSpec& spec, std::string_view name,
                      const std::string& prefix) {
    if (find_option(prefix, text.bit) != nullptr) return;  // a whole name itself
    if ((text.bit & (kMap | kPipe)) != 0 && !hint_for_foreign_option(prefix).empty())
      return;  // parallel's own
    const Meaning meaning = meaning_of(prefix, text.bit);
    const bool unique = beginning_with(prefix, text.bit).size() == 1;
    // An alias of theirs may be a prefix of several names: --res.
    if (!unique && meaning.spec != nullptr) {
      EXPECT_EQ(prefix, "--res");
      return;
    }
    EXPECT_EQ(meaning.spec, unique && !is_written_out(name) ? &spec : nullptr)
        << text.name << " " << prefix;
    EXPECT_EQ(meaning.candidates.size() > 1, !unique) << text.name << " " << prefix;
    ++seen;
  });
  EXPECT_GT(seen, 500u);
}

TEST(Spelling, PrefixOnTheCommandLineIsTheOptionItself) {
  for_each_prefix([&](const SubcommandText& text, const OptionSpec& spec, std::string_view,
                      const std::string& prefix) {
    if (meaning_of(prefix, text.bit).spec != &spec) return;
    const std::string meant = written_out({prefix}, text.bit).front();
    EXPECT_EQ(find_option(meant, text.bit), &spec) << text.name << " " << prefix;
  });
}

TEST(Spelling, WhatRemovesOrRunsAgainIsMeantByItsWholeNameOnly) {
  for (const char* prefix : {"--resum", "--resume-f", "--clean", "--allow", "--allow-past"}) {
    EXPECT_EQ(meaning_of(prefix, kMap).spec, nullptr) << prefix;
  }
  EXPECT_EQ(meaning_of("--resumefailed", kMap).spec, find_option("--resume-failed", kMap));
  const char* const argv[] = {"spread", "map", "--clean", "echo"};
  EXPECT_THAT(parse_command_line(4, argv).error().message, HasSubstr("did you mean '--cleanup'?"));
}

TEST(Spelling, SeveralThatBeginSoAreNamed) {
  EXPECT_EQ(refusal({"--lim"}), "--lim could be --limit-memory or --limit-cpu");
  EXPECT_THAT(refusal({"--re=3"}), HasSubstr("--re could be "));
  EXPECT_THAT(refusal({"--s"}), HasSubstr(" more"));
}

TEST(Spelling, HyphensInsideMayBeThereOrNot) {
  EXPECT_THAT(written_out({"--keeporder", "--dryrun", "--termseq=TERM", "--line-buf", "--linebuf"}),
              ElementsAre("--keep-order", "--dry-run", "--term-seq=TERM", "--lb", "--lb"));
  EXPECT_THAT(written_out({"--transfer-file", "f", "--work-dir", "d"}),
              ElementsAre("--transferfile", "f", "--wd", "d"));
}

TEST(Spelling, NoTwoOptionsOfASubcommandDifferInHyphensOnly) {
  for (const SubcommandText& text : subcommands()) {
    std::map<std::string, const OptionSpec*> seen;
    for (const OptionSpec& spec : option_table()) {
      if ((spec.subcommands & text.bit) == 0) continue;
      for (const std::string_view name : spec.all_names()) {
        if (name.size() < 3) continue;
        std::string letters(name);
        std::erase(letters, '-');
        const auto [place, is_new] = seen.emplace(letters, &spec);
        EXPECT_TRUE(is_new || place->second == &spec) << text.name << " " << name;
      }
    }
  }
}

TEST(Spelling, OtherNamesOfGnuParallel) {
  EXPECT_THAT(
      written_out({"--halt-on-error", "now,fail=1", "--no-keep-order", "--xapply", "--linebuffered",
                   "--res", "d"}),
      ElementsAre("--halt", "now,fail=1", "--unordered", "--link", "--lb", "--results", "d"));
  EXPECT_THAT(written_out({"--block-size", "1M", "--round"}, kPipe),
              ElementsAre("--block", "1M", "--round-robin"));
}

TEST(Spelling, WhatTheDocumentsSayIsTakenIs) {
  std::ifstream page(SPREAD_SOURCE_DIR "/docs/from-parallel.md");
  std::size_t seen = 0;
  for (std::string row; std::getline(page, row);) {
    const std::size_t taken = row.find("` | taken: `--");
    if (taken == std::string::npos) continue;
    const std::string alias = row.substr(3, taken - 3);
    const std::size_t name = row.find("`--", taken) + 1;
    const OptionSpec* option = find_option(row.substr(name, row.find('`', name) - name), kMap);
    EXPECT_NE(option, nullptr) << row;
    EXPECT_EQ(meaning_of(alias, kMap).spec, option) << row;
    ++seen;
  }
  EXPECT_GE(seen, 3u);
}

TEST(Spelling, OptionsOfParallelThatAreNotHereAreNoPrefixes) {
  EXPECT_EQ(meaning_of("--st", kMap).spec, nullptr);
  EXPECT_EQ(meaning_of("--std", kMap).spec, find_option("--stdin", kMap));
}

TEST(Spelling, ValuesAndTheCommandStayAsTheyAre) {
  EXPECT_THAT(
      written_out({"-I", "--keep-o", "-kj", "--keep-o", "--delay", "--keep-o", "cmd", "--keep-o"}),
      ElementsAre("-I", "--keep-o", "-kj", "--keep-o", "--delay", "--keep-o", "cmd", "--keep-o"));
  EXPECT_THAT(written_out({"--dela=1", "--keep-o", "--", "--keep-o"}),
              ElementsAre("--delay=1", "--keep-order", "--", "--keep-o"));
}

TEST(Spelling, NobodysWordsStay) {
  for (const char* word : {"--bogus", "-retries", "---", "--=", "-"}) {
    EXPECT_THAT(written_out({word, "a"}), ElementsAre(word, "a"));
    EXPECT_EQ(meaning_of(word, kMap).spec, nullptr);
  }
}

TEST(Spelling, PlacesOfOptions) {
  const WordList words = {"-k", "-j", "3", "--delay", "1", "--delay=1", "cmd", "-x"};
  EXPECT_THAT(places_of_options(words, kMap, Words::EndOptions), ElementsAre(0, 1, 3, 5));
  EXPECT_THAT(
      places_of_options({"show", "--history", "f", "n1", "--help"}, kHistory, Words::AmongOptions),
      ElementsAre(1, 4));
  EXPECT_THAT(places_of_options({"--", "-k"}, kMap, Words::EndOptions), IsEmpty());
}

TEST(Spelling, ModesOfParallelAreSubcommandsHere) {
  const auto parse = [](const WordList& words) {
    std::vector<const char*> argv{"spread", "map"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    return parse_command_line(static_cast<int>(argv.size()), argv.data());
  };
  EXPECT_EQ(parse({"--nonall", "-S", "a,b", "uname", "--nonall"})->options.subcommand,
            Subcommand::All);
  EXPECT_THAT(parse({"--nonall", "-S", "a,b", "uname", "--nonall"})->options.job.command.words,
              ElementsAre("uname", "--nonall"));
  EXPECT_THAT(parse({"--nonall", "-j0", "-S", "a", "uname"}).error().message,
              HasSubstr("-j with --nonall"));
  EXPECT_EQ(parse({"--spreadstdin", "grep", "x"})->options.subcommand, Subcommand::Pipe);
  // The command's own.
  EXPECT_EQ(parse({"echo", "--pipe", ":::", "a"})->options.subcommand, Subcommand::Map);
  EXPECT_THAT(parse({"--pipe", "grep", "--pipe"})->options.job.command.words,
              ElementsAre("grep", "--pipe"));
}

}  // namespace
}  // namespace spread::cli
