#include "spread/cli/flags.h"

#include <initializer_list>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/help/help_text.h"

namespace spread::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Result<ParsedCommandLine> parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv{"spread"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

Options options_of(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  if (!parsed) return {};
  EXPECT_EQ(parsed->text, "");
  return parsed->options;
}

/// The options of `run` in front of a worker named `w`.
Options run_options(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  words.insert(words.end(), {"--", "w"});
  return options_of(words);
}

std::string error_of(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  EXPECT_FALSE(parsed.has_value());
  if (parsed) return "";
  EXPECT_THAT(parsed.error().message, Not(HasSubstr("\n")));
  return parsed.error().message;
}

std::string run_error(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  words.insert(words.end(), {"--", "w"});
  return error_of(words);
}

std::vector<std::string> items(const Options& options, std::size_t group) {
  return options.items.input.groups.at(group).words;
}

// ---------------------------------------------------------------- subcommands

TEST(Flags, SubcommandsBecomeCommands) {
  EXPECT_EQ(options_of({"run", "--", "w"}).subcommand, Subcommand::Run);
  EXPECT_EQ(options_of({"map", "w"}).subcommand, Subcommand::Map);
  EXPECT_EQ(options_of({"gang", "-n2", "--", "w"}).subcommand, Subcommand::Gang);
  EXPECT_EQ(options_of({"relay", "--", "w"}).subcommand, Subcommand::Relay);
  EXPECT_EQ(options_of({"pool", "start", "p", "--", "w"}).subcommand, Subcommand::PoolStart);
  EXPECT_EQ(options_of({"pool", "status"}).subcommand, Subcommand::PoolStatus);
  EXPECT_EQ(options_of({"pool", "stop", "p"}).subcommand, Subcommand::PoolStop);
  EXPECT_EQ(options_of({"all", "--", "w"}).subcommand, Subcommand::All);
  EXPECT_EQ(options_of({"hosts"}).subcommand, Subcommand::Hosts);
  EXPECT_EQ(options_of({"history", "show"}).subcommand, Subcommand::HistoryShow);
  EXPECT_EQ(options_of({"history", "reset"}).subcommand, Subcommand::HistoryReset);
}

TEST(Flags, SubcommandThatIsNotBuiltYetIsUnknown) {
  for (const char* name : {"report"}) {
    EXPECT_EQ(error_of({"help", name}),
              "unknown subcommand '" + std::string(name) + "' (try 'spread --help')");
  }
}

TEST(Flags, MistypedSubcommandGetsASuggestion) {
  EXPECT_THAT(error_of({"rnu"}), HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(error_of({"hist"}), HasSubstr("did you mean 'history'?"));
}

TEST(Flags, NoSubcommandIsAnError) { EXPECT_THAT(error_of({}), HasSubstr("no subcommand")); }

TEST(Flags, OptionBeforeTheSubcommandIsToldWhereItBelongs) {
  EXPECT_THAT(error_of({"-j3", "run", "w"}), HasSubstr("'spread run -j3 ...'"));
  EXPECT_THAT(error_of({"-n3", "map", "w"}), HasSubstr("'spread map -n3 ...'"));
  EXPECT_THAT(error_of({"--window=3", "run", "w"}),
              StartsWith("no subcommand before '--window=3'"));
  EXPECT_THAT(error_of({"-j", "3", "-k", "pipe", "w"}), HasSubstr("'spread pipe -j ...'"));
}

TEST(Flags, CommandWithoutASubcommandIsForMap) {
  const char* told = " runs a command for each item";
  EXPECT_THAT(error_of({"-j3", "echo", ":::", "a"}),
              AllOf(HasSubstr("'spread map -j3 ...'"), HasSubstr(told)));
  EXPECT_THAT(error_of({"-kj3", "echo"}), HasSubstr("'spread map -kj3 ...'"));
  EXPECT_THAT(error_of({"--jobs=3", "echo"}), HasSubstr("'spread map --jobs=3 ...'"));
  EXPECT_THAT(error_of({"--dryrun", "echo"}), HasSubstr("'spread map --dryrun ...'"));
  EXPECT_THAT(error_of({"echo", ":::", "a"}),
              StartsWith("unknown subcommand 'echo'; 'spread map COMMAND' runs a command"));
  EXPECT_THAT(error_of({"--window=3", "./w"}),
              AllOf(HasSubstr("'spread run --window=3 ...'"), Not(HasSubstr(told))));
}

TEST(Flags, MistypedOptionWithoutASubcommandGetsASuggestion) {
  EXPECT_THAT(error_of({"--hlep"}), HasSubstr("unknown option '--hlep', did you mean '--help'?"));
  EXPECT_THAT(error_of({"--zzz"}), Not(HasSubstr("did you mean")));
}

TEST(Flags, HelpIsText) {
  EXPECT_THAT(parse({"--help"})->text, HasSubstr("Subcommands:"));
  EXPECT_THAT(parse({"help"})->text, HasSubstr("Subcommands:"));
  EXPECT_EQ(parse({"help", "help"})->text, parse({"--help"})->text);
  EXPECT_THAT(parse({"help", "all"})->text, StartsWith("Usage: spread all"));
  EXPECT_THAT(parse({"run", "-h"})->text,
              AllOf(StartsWith("Usage: spread run"), HasSubstr("The options used most:")));
  EXPECT_EQ(parse({"-h"})->text, brief_program_help());
}

TEST(Flags, HelpOfASubcommandNeedsNothingElseToBeRight) {
  EXPECT_THAT(parse({"run", "--window", "x", "--help"})->text, StartsWith("Usage: spread run"));
}

TEST(Flags, HelpBehindTheWorkerIsTheWorkers) {
  EXPECT_THAT(options_of({"run", "w", "--help"}).job.command.words, ElementsAre("w", "--help"));
  EXPECT_THAT(options_of({"run", "--", "w", "--help"}).job.command.words,
              ElementsAre("w", "--help"));
}

TEST(Flags, VersionIsText) {
  EXPECT_EQ(parse({"--version"})->text, "spread " SPREAD_VERSION "\n");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"version"}, {"-V"}, {"--vers"}, {"run", "--version"}, {"map", "-V"}}) {
    EXPECT_EQ(parse(words)->text, "spread " SPREAD_VERSION "\n") << words.front();
  }
}

// ---------------------------------------------------------------- where the worker begins

TEST(Flags, DashesEndTheOptions) {
  const Options options = options_of({"run", "-j3", "--", "-w", "-v", "--", "x"});
  EXPECT_THAT(options.job.command.words, ElementsAre("-w", "-v", "--", "x"));
  EXPECT_FALSE(options.report.explain);
}

TEST(Flags, FirstWordThatIsNoOptionEndsTheOptions) {
  const Options options = options_of({"run", "-j3", "python3", "w.py", "-v", "-j9", "--bogus"});
  EXPECT_THAT(options.job.command.words, ElementsAre("python3", "w.py", "-v", "-j9", "--bogus"));
  EXPECT_EQ(options.hosts.slots, 3);
  EXPECT_FALSE(options.report.explain);
}

TEST(Flags, WordBeforeTheDashesIsAnError) {
  EXPECT_THAT(error_of({"run", "--window", "3", "4", "--", "w"}),
              HasSubstr("unexpected word '4' before --"));
}

TEST(Flags, WordsOfTheWorkerAreKeptAsTheyAre) {
  const std::vector<std::string> words{"[a,b]", "{}", "--prep=", "a=b", "", "%%", "++"};
  std::vector<std::string> line{"run", "w"};
  line.insert(line.end(), words.begin(), words.end());
  EXPECT_THAT(options_of(line).job.command.words,
              ElementsAre("w", "[a,b]", "{}", "--prep=", "a=b", "", "%%", "++"));
}

TEST(Flags, MissingWorkerIsAnError) {
  EXPECT_THAT(error_of({"run", "-j3"}), HasSubstr("no worker is named"));
  EXPECT_THAT(error_of({"run", "-j3", "--"}), HasSubstr("no worker is named"));
  EXPECT_THAT(error_of({"all"}), HasSubstr("no command is named"));
  EXPECT_THAT(error_of({"run", "--", ""}), HasSubstr("empty"));
}

TEST(Flags, WorkerListsStandInForTheCommand) {
  EXPECT_THAT(options_of({"run", "--worker", "a b", "--worker=c"}).lists.lists,
              ElementsAre("a b", "c"));
  EXPECT_THAT(options_of({"all", "--args-file", "f"}).lists.files, ElementsAre("f"));
}

TEST(Flags, HostsWithoutACommandForThemAreAnError) {
  EXPECT_THAT(error_of({"run", "-S", "n1", "--worker", "a"}), HasSubstr("-S needs a command"));
  EXPECT_THAT(options_of({"run", "-S", "n1", "--worker", "a", "--", "w"}).hosts.sshlogins,
              ElementsAre("n1"));
}

TEST(Flags, HostsTakesAWorkerButNoOtherWord) {
  EXPECT_THAT(options_of({"hosts", "-S", "a", "--", "w", "x"}).job.command.words,
              ElementsAre("w", "x"));
  EXPECT_THAT(error_of({"hosts", "n1"}), HasSubstr("unexpected word 'n1'"));
  EXPECT_TRUE(options_of({"hosts", "--check"}).check_hosts);
}

// ---------------------------------------------------------------- ::: and ::::

TEST(Flags, ItemsFollowTheWorker) {
  const Options options = options_of({"run", "--", "w", "-x", ":::", "1", "--", "-j", "::::", "f"});
  EXPECT_THAT(options.job.command.words, ElementsAre("w", "-x"));
  EXPECT_THAT(items(options, 0), ElementsAre("1", "--", "-j"));
  EXPECT_FALSE(options.items.input.groups[0].from_file);
  EXPECT_THAT(items(options, 1), ElementsAre("f"));
  EXPECT_TRUE(options.items.input.groups[1].from_file);
}

TEST(Flags, ItemsMayStandBeforeTheDashes) {
  const Options options = options_of({"run", ":::", "1", "2", "--", "w", ":::", "3"});
  EXPECT_THAT(options.job.command.words, ElementsAre("w"));
  EXPECT_THAT(items(options, 0), ElementsAre("1", "2"));
  EXPECT_THAT(items(options, 1), ElementsAre("3"));
}

TEST(Flags, ItemsFollowAWorkerWithoutDashes) {
  const Options options = options_of({"run", "-j2", "w", ":::", "a", "--", "b"});
  EXPECT_THAT(options.job.command.words, ElementsAre("w"));
  EXPECT_THAT(items(options, 0), ElementsAre("a", "--", "b"));
}

TEST(Flags, NoItemsAreAnEmptyInput) {
  const Options options = options_of({"run", "--", "w", ":::"});
  ASSERT_EQ(options.items.input.groups.size(), 1u);
  EXPECT_THAT(items(options, 0), IsEmpty());
}

TEST(Flags, FourColonsNeedAFile) {
  EXPECT_THAT(error_of({"run", "--", "w", "::::"}), HasSubstr(":::: needs at least one file"));
}

TEST(Flags, ItemsAreForRunAndMap) {
  EXPECT_THAT(error_of({"all", "--", "w", ":::", "1"}),
              HasSubstr("::: and :::: are for run and map"));
}

TEST(Flags, ItemsAndInputFilesExcludeEachOther) {
  EXPECT_THAT(error_of({"run", "-a", "f", "--", "w", ":::", "1"}), HasSubstr("-a and :::"));
}

TEST(Flags, ItemsAreLinesOrJson) {
  EXPECT_THAT(error_of({"run", "--in", "csv", "--", "w", ":::", "1"}), HasSubstr("--in must be"));
  EXPECT_EQ(options_of({"run", "--in", "csv", "--", "w", "::::", "f"}).items.input.groups.size(),
            1u);
  EXPECT_EQ(options_of({"run", "--in", "json", "--", "w", ":::", "1"}).records.format,
            InputFormat::Json);
}

// ---------------------------------------------------------------- errors of the options

TEST(Flags, ErrorsEndInTheHelpToTry) {
  EXPECT_THAT(run_error({"--window", "x"}), EndsWith("(try 'spread run --help')"));
  EXPECT_THAT(error_of({"history", "drop"}), EndsWith("(try 'spread history --help')"));
}

TEST(Flags, UnknownOptionGetsASuggestion) {
  EXPECT_THAT(run_error({"--retires=3"}),
              AllOf(HasSubstr("unknown option '--retires'"), HasSubstr("'--retries'?")));
  EXPECT_THAT(run_error({"-retries"}), HasSubstr("'--retries'?"));
  EXPECT_THAT(run_error({"--shutdown-tmeout", "3"}), HasSubstr("'--shutdown-timeout'?"));
  EXPECT_THAT(run_error({"--retry", "3"}), HasSubstr("'--retries'?"));
  EXPECT_THAT(error_of({"map", "--retry", "3", "w"}), HasSubstr("'--retries'?"));
  EXPECT_THAT(run_error({"--zzzzz"}), Not(HasSubstr("did you mean")));
}

TEST(Flags, UnknownOptionIsNoWorker) {
  EXPECT_THAT(error_of({"run", "--bogus", "w"}), HasSubstr("unknown option '--bogus'"));
  EXPECT_THAT(error_of({"run", "-9", "w"}), HasSubstr("unknown option '-9'"));
  EXPECT_THAT(error_of({"run", "-vZ", "w"}), HasSubstr("unknown option '-Z'"));
}

TEST(Flags, OptionsOfLaterIssuesAreUnknown) {
  for (const char* name : {"--pipe", "--speculate"}) {
    EXPECT_THAT(run_error({name}), HasSubstr("unknown option"));
  }
}

TEST(Flags, OptionOfAnotherSubcommandSaysWhose) {
  EXPECT_THAT(error_of({"all", "--retries", "3", "w"}), HasSubstr("--retries is for run, not for"));
  EXPECT_THAT(run_error({"--colsep", "x"}), HasSubstr("--colsep is for map, not for run"));
  EXPECT_THAT(run_error({"--check"}), HasSubstr("--check is for hosts, not for run"));
}

TEST(Flags, UngroupedIsForMap) {
  EXPECT_THAT(run_error({"-u"}), HasSubstr("-u is for map; use --unordered"));
  EXPECT_THAT(error_of({"hosts", "-u"}), HasSubstr("-u is for map, not for hosts"));
}

TEST(Flags, MissingValueIsNamed) {
  EXPECT_THAT(run_error({"-j"}), HasSubstr("-j needs a value: N"));
  EXPECT_THAT(run_error({"--spill-dir"}), HasSubstr("--spill-dir needs a value: DIR"));
}

TEST(Flags, FlagTakesNoValue) {
  EXPECT_THAT(run_error({"--out0=x"}), HasSubstr("--out0 takes no value"));
}

TEST(Flags, EmptyValueDoesNotTakeTheNextWord) {
  const Options options = run_options({"--prep=", "--strict"});
  ASSERT_EQ(options.prep.size(), 1u);
  EXPECT_EQ(options.prep[0].text, "");
  EXPECT_TRUE(options.strict);
  EXPECT_THAT(run_error({"--joblog=", "--strict"}), HasSubstr("--joblog: expected a file, not ''"));
  EXPECT_THAT(run_error({"--joblog", ""}), HasSubstr("--joblog: expected a file, not ''"));
}

TEST(Flags, ValuesAreNotTakenApart) {
  const Options options = run_options({"--prep", "[a,b]", "--prep={}", "--prep", "a=b"});
  ASSERT_EQ(options.prep.size(), 3u);
  EXPECT_EQ(options.prep[0].text, "[a,b]");
  EXPECT_EQ(options.prep[1].text, "{}");
  EXPECT_EQ(options.prep[2].text, "a=b");
}

TEST(Flags, ShortOptionsMayBeJoined) {
  const Options options = run_options({"-0vj4"});
  EXPECT_EQ(options.records.delimiter, '\0');
  EXPECT_TRUE(options.report.explain);
  EXPECT_EQ(options.hosts.slots, 4);
}

// ---------------------------------------------------------------- history

TEST(Flags, HistoryTakesHostsAndOptionsInAnyOrder) {
  const Options options = options_of({"history", "reset", "n1", "--history", "f", "n2"});
  EXPECT_THAT(options.history_words, ElementsAre("n1", "n2"));
  EXPECT_EQ(options.history.name, "f");
}

TEST(Flags, HistoryNeedsShowOrReset) {
  EXPECT_THAT(error_of({"history"}), HasSubstr("expected show or reset"));
  EXPECT_THAT(error_of({"history", "drop"}), HasSubstr("expected show or reset, not 'drop'"));
  EXPECT_THAT(error_of({"history", "show", "n1", "--bogus"}), HasSubstr("unknown option"));
}

}  // namespace
}  // namespace spread::cli
