// The words of a `spread map` command line: where COMMAND begins and ends, and its items.
#include "map_support.h"

namespace spread::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---------------------------------------------------------------- COMMAND and its items

TEST(MapWords, FirstWordThatIsNoOptionBeginsTheCommand) {
  const Options options = line({"-j3", "rm", "-v", "-k", "--bogus", "{}"});
  EXPECT_THAT(options.job.command.words, ElementsAre("rm", "-v", "-k", "--bogus", "{}"));
  EXPECT_FALSE(options.job.print_commands);
}

TEST(MapWords, DashesBeforeTheCommandEndTheOptions) {
  EXPECT_THAT(command({"-k", "--", "rm", "-v"}), ElementsAre("rm", "-v"));
  EXPECT_THAT(command({"--", "-odd-"}), ElementsAre("-odd-"));
}

TEST(MapWords, OtherDashesAreTheCommands) {
  EXPECT_THAT(command({"rm", "--", "{}", ":::", "a"}), ElementsAre("rm", "--", "{}"));
  EXPECT_THAT(command({"--", "rm", "--", "{}"}), ElementsAre("rm", "--", "{}"));
  EXPECT_THAT(command({"--", "--", "x"}), ElementsAre("--", "x"));
}

TEST(MapWords, ColonsEndTheCommand) {
  for (const char* colons : {":::", ":::+", "::::", "::::+"}) {
    EXPECT_THAT(command({"-a", "f", "cmd", "x", colons, "y"}), ElementsAre("cmd", "x")) << colons;
  }
  EXPECT_THAT(command({"cmd", "::", ":::::", ":::x", "+"}),
              ElementsAre("cmd", "::", ":::::", ":::x", "+"));
}

TEST(MapWords, EveryGroupKnowsItsKind) {
  const auto all = groups({"cmd", ":::", "a", "b", "::::", "f", ":::+", "c", "::::+", "g", "h"});
  ASSERT_EQ(all.size(), 4u);
  EXPECT_THAT(all[0].words, ElementsAre("a", "b"));
  EXPECT_THAT(all[1].words, ElementsAre("f"));
  EXPECT_THAT(all[2].words, ElementsAre("c"));
  EXPECT_THAT(all[3].words, ElementsAre("g", "h"));
  const bool files[] = {false, true, false, true}, linked[] = {false, false, true, true};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].from_file, files[i]) << i;
    EXPECT_EQ(all[i].linked, linked[i]) << i;
  }
}

TEST(MapWords, WhatFollowsTheColonsIsNeverAnOption) {
  EXPECT_THAT(groups({"cmd", ":::", "-j", "--", "-u", ""})[0].words,
              ElementsAre("-j", "--", "-u", ""));
}

TEST(MapWords, NoItemsAreAnEmptyInput) { EXPECT_THAT(groups({"cmd", ":::"})[0].words, IsEmpty()); }

TEST(MapWords, NoFilesAreAnError) {
  EXPECT_THAT(line_error({"cmd", "::::"}), HasSubstr(":::: needs at least one file"));
  EXPECT_THAT(line_error({"cmd", ":::", "a", "::::+"}), HasSubstr("::::+ needs at least one file"));
}

TEST(MapWords, FirstPlusNeedsItemsBeforeIt) {
  EXPECT_THAT(line_error({"cmd", ":::+", "a"}), HasSubstr(":::+ goes along with a :::"));
  EXPECT_THAT(line_error({"cmd", "::::+", "f"}), HasSubstr("::::+ goes along with a :::"));
  EXPECT_TRUE(groups({"-a", "f", "cmd", ":::+", "a"})[0].linked);
}

TEST(MapWords, InRunThePlusIsNoSeparator) {
  const char* argv[] = {"spread", "run", "--", "w", ":::", "a", ":::+", "b"};
  const auto parsed = parse_command_line(8, argv);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->options.items.input.groups.at(0).words, ElementsAre("a", ":::+", "b"));
}

TEST(MapWords, WithoutCommandItemsAreCommandLines) {
  EXPECT_THAT(command({}), IsEmpty());
  EXPECT_THAT(command({"-j4", "--"}), IsEmpty());
  EXPECT_THAT(command({":::", "echo a", "--", "echo b"}), IsEmpty());
  EXPECT_THAT(groups({":::", "echo a", "--"})[0].words, ElementsAre("echo a", "--"));
}

TEST(MapWords, OptionsThatNeedACommandSaySo) {
  for (const Words& words : {Words{"-q"}, {"--stdin"}, {"-I", "x"}, {"-X"}, {"-m"}, {"--xargs"}}) {
    EXPECT_THAT(line_error(words), HasSubstr(words[0] + " needs a command"));
  }
  EXPECT_EQ(line({"-c"}).job.mode, JobOptions::Mode::Shell);
}

TEST(MapWords, EmptyCommandIsAnError) {
  EXPECT_THAT(line_error({"", ":::", "a"}), HasSubstr("the command is empty"));
  EXPECT_THAT(command({"cmd", ""}), ElementsAre("cmd", ""));
}

TEST(MapWords, FilesAndItemsMayComeTogether) {
  const Options options = line({"-a", "f", "-a", "-", "cmd", ":::", "x"});
  EXPECT_THAT(options.items.input.files, ElementsAre("f", "-"));
  EXPECT_EQ(options.items.input.groups.size(), 1u);
}

TEST(MapWords, DefaultsAreOfOneProcessATask) {
  const Options options = line({"cmd"});
  EXPECT_EQ(options.subcommand, Subcommand::Map);
  EXPECT_EQ(options.window.tasks, 1u);
  EXPECT_EQ(options.tails.to, TailsTo::None);
  EXPECT_TRUE(options.output.ordered);
  EXPECT_EQ(options.job.mode, JobOptions::Mode::Automatic);
  EXPECT_EQ(options.job.output, JobOptions::Output::Grouped);
  EXPECT_EQ(options.job.shell, "");
  EXPECT_FALSE(options.hosts.slots.has_value());
}

TEST(MapWords, OptionsOfLaterMilestonesAreUnknown) {
  for (const char* name : {"--context-replace"}) {
    EXPECT_THAT(error({name, "1"}), HasSubstr("unknown option '" + std::string(name))) << name;
  }
  for (const char* name : {"--window", "--worker", "--prep", "--wire"}) {
    EXPECT_THAT(error({name, "1"}), HasSubstr(std::string(name) + " is for run, not for map"));
  }
}

}  // namespace
}  // namespace spread::cli
