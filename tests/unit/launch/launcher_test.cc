#include "spread/launch/launcher.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/quote.h"
#include "spread/launch/roster.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// One slot on each of two hosts.
struct LauncherBench {
  HostOptions options;
  WorkerLists lists;
  CommandOptions command;
  LaunchContext context;
  RunFacts facts;

  explicit LauncherBench(std::string launch = "local") {
    command.words = {"w", "x"};
    options.sshlogins = {"a,2/me@b"};
    options.launch = std::move(launch);
    options.slots = 1;
    context.current_directory = "/here";
    facts.workers = 3;
    facts.prep_items = 5;
  }
  Roster roster() const {
    return *build_roster(options, lists, command.words, context,
                         [](const std::string&) -> Result<std::string> { return fail("none"); });
  }
  LaunchPlan plan(std::uint32_t worker = 0) const {
    return plan_launch(roster(), command, context, WorkerId{worker}, facts);
  }
  std::string hint(int status) const {
    return exit_hint(roster(), command, context, WorkerId{0}, status);
  }
};

TEST(Launcher, ExecsALocalCommandAsItIs) {
  const LaunchPlan plan = LauncherBench().plan();
  EXPECT_EQ(plan.arguments, (ArgumentList{"w", "x"}));
  EXPECT_EQ(plan.directory, "");
}

TEST(Launcher, TellsWhichProcessOfItsSlotItIs) {
  LauncherBench bench;
  EXPECT_EQ(bench.plan().environment.size(), 6u);
  bench.facts.generation = 3;
  EXPECT_EQ(bench.plan().environment.back(), (Environment::value_type{"SPREAD_GENERATION", "3"}));
}

TEST(Launcher, TellsOnlyThoseElsewhereHowMuchMemoryTheyMayHave) {
  LauncherBench bench;
  bench.facts.max_rss = "1000";
  EXPECT_EQ(bench.plan().environment.back(), (Environment::value_type{"SPREAD_MAX_RSS", "1000"}));
  bench.options.sshlogins = {":"};
  EXPECT_EQ(bench.plan().environment.back(), (Environment::value_type{"SPREAD_MAX_RSS", ""}));
}

TEST(Launcher, WhatARelaysMasterSaysOfAWorkerWins) {
  LauncherBench bench;
  bench.command.words = {"w", "{worker}/{slot}/{prep}"};
  bench.facts.instead = {{"SPREAD_WORKER", "40"},
                         {"SPREAD_SLOT", "9"},
                         {"MORE", "x"},
                         {"SPREAD_PREP", "7"},
                         {"MORE", "y"}};
  const LaunchPlan plan = bench.plan();
  EXPECT_EQ(plan.words, (ArgumentList{"w", "40/1/7"}));
  EXPECT_EQ(plan.environment.size(), 7u);
  EXPECT_EQ(plan.environment[1], (Environment::value_type{"SPREAD_SLOT", "9"}));
  EXPECT_EQ(plan.environment[2], (Environment::value_type{"SPREAD_WORKER", "40"}));
  EXPECT_EQ(plan.environment.back(), (Environment::value_type{"MORE", "y"}));
}

TEST(Launcher, TellsTheWorkerItsPlace) {
  LauncherBench bench;
  bench.facts.wire = Wire::Json;
  EXPECT_EQ(bench.plan(2).environment, (Environment{{"SPREAD_HOST", "me@b"},
                                                    {"SPREAD_SLOT", "2"},
                                                    {"SPREAD_WORKER", "2"},
                                                    {"SPREAD_WORKERS", "3"},
                                                    {"SPREAD_PREP", "5"},
                                                    {"SPREAD_WIRE", "json"}}));
}

TEST(Launcher, ReplacesPlaceholdersInsideWords) {
  LauncherBench bench;
  bench.command.words = {"w-{slot}", "{host}:{worker}/{prep}", "{{slot}}"};
  EXPECT_EQ(bench.plan(2).arguments, (ArgumentList{"w-2", "me@b:2/5", "{2}"}));
}

TEST(Launcher, LeavesOtherBracesAlone) {
  LauncherBench bench;
  bench.command.words = {"w", "{}", "{hosts}", "{ host }", "{HOST}", "${host", "{wire}"};
  EXPECT_EQ(bench.plan().arguments, bench.command.words);
}

TEST(Launcher, DoesNotReplaceInWhatItPutIn) {
  LauncherBench bench;
  bench.options.sshlogins = {"h{slot}"};
  bench.command.words = {"w", "{host}"};
  EXPECT_EQ(bench.plan().arguments, (ArgumentList{"w", "h{slot}"}));
}

TEST(Launcher, ExecsAListExactlyAsGiven) {
  LauncherBench bench;
  bench.lists.lists = {"ssh q '{host} {slot}'"};
  const LaunchPlan plan = bench.plan();
  EXPECT_EQ(plan.arguments, (ArgumentList{"ssh", "q", "{host} {slot}"}));
  EXPECT_EQ(plan.environment.front().second, "localhost");
}

TEST(Launcher, StartsLocalWorkersInTheDirectoryOfWd) {
  LauncherBench bench;
  bench.command.directory = "sub";
  EXPECT_EQ(bench.plan().directory, "sub");
  bench.command.directory = ".";
  EXPECT_EQ(bench.plan().directory, "");
}

TEST(Launcher, GivesSshOneWord) {
  LauncherBench bench("");
  const LaunchPlan plan = bench.plan();
  ASSERT_EQ(plan.arguments.size(), 12u);
  EXPECT_EQ(plan.arguments.front(), "ssh");
  EXPECT_EQ(plan.arguments[10], "a");
  EXPECT_EQ(plan.arguments[11].substr(0, 17), "exec /bin/sh -c '");
  EXPECT_TRUE(plan.environment.empty());
  EXPECT_EQ(plan.directory, "");
}

/// What the login shell there would be told, run here.
std::string run_remote(const LaunchPlan& plan, const std::string& behind = "") {
  const auto result =
      test::run_program({"/bin/sh", "-c", plan.arguments.back()}, true, plan.input + behind);
  return result.out + result.err;
}

TEST(Launcher, SetsTheEnvironmentThere) {
  LauncherBench bench("");
  bench.command.words = {
      "sh", "-c",
      "echo $SPREAD_HOST $SPREAD_SLOT $SPREAD_WORKER $SPREAD_WORKERS $SPREAD_PREP "
      "$SPREAD_WIRE \"$0\"",
      "{host}  {slot}"};
  EXPECT_EQ(run_remote(bench.plan(2)), "me@b 2 2 3 5 msgpack me@b  2\n");
}

/// Values that a shell would read as something else, or lose.
const Environment kSecrets = {{"TOKEN", "it's\n$(id) \\n \"!\" -n "}, {"EMPTY", ""}};

bool holds_secret(const LaunchPlan& plan) {
  return std::any_of(plan.arguments.begin(), plan.arguments.end(), [](const std::string& word) {
    return word.find("$(id)") != std::string::npos || word.find("TOKEN=") != std::string::npos;
  });
}

TEST(Launcher, SendsTheValuesOfEnvThroughStandardInputOfALogin) {
  LauncherBench bench("");
  bench.command.environment = kSecrets;
  bench.command.words = {"sh", "-c", "printf '%s|' \"$TOKEN\" \"${EMPTY-unset}\"; cat"};
  const LaunchPlan plan = bench.plan();
  EXPECT_FALSE(holds_secret(plan));
  EXPECT_EQ(run_remote(plan, "tasks\n"), kSecrets[0].second + "||tasks\n");
}

TEST(Launcher, SendsTheValuesOfEnvThroughStandardInputOfATemplate) {
  LauncherBench bench("nice -n 0 {cmd} {host}");
  bench.command.environment = kSecrets;
  bench.command.directory = "/usr/bin";
  bench.command.words = {"sh", "-c", "printf '%s|' \"$TOKEN\" \"$SPREAD_HOST\" \"$1\"; pwd; cat",
                         "sh"};
  const LaunchPlan plan = bench.plan();
  EXPECT_FALSE(holds_secret(plan));
  const auto result = test::run_program(plan.arguments, false, plan.input + "tasks\n");
  EXPECT_EQ(result.out + result.err, kSecrets[0].second + "|a|a|/usr/bin\ntasks\n");
}

TEST(Launcher, SendsFunctionsThere) {
  for (const char* launch : {"", "nice -n 0 {cmd} {host}"}) {
    LauncherBench bench(launch);
    bench.command.environment = {{"BASH_FUNC_greet%%", "() {  echo \"hello, $1\"\n}"},
                                 {"BASH_FUNC_f-2%%", "() {  greet \"it's $1\"\n}"}};
    bench.command.words = {"bash", "-c", "f-2 you; echo \"${spread_functions-unset}\""};
    const LaunchPlan plan = bench.plan();
    EXPECT_EQ(shell_join(plan.arguments).find("hello"), std::string::npos);
    const auto result = *launch == '\0' ? run_remote(plan)
                                        : test::run_program(plan.arguments, false, plan.input).out;
    EXPECT_EQ(result, "hello, it's you\nunset\n");
  }
}

TEST(Launcher, SaysThatALauncherPassesNoStandardInput) {
  LauncherBench bench("nice -n 0 {cmd} {host}");
  bench.command.environment = kSecrets;
  bench.command.words = {"echo", "never"};
  const auto result = test::run_program(bench.plan().arguments);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("the values of --env did not come"), std::string::npos);
  EXPECT_EQ(WEXITSTATUS(result.status), 125);
}

TEST(Launcher, LetsNoVariableOfTheUserReplaceOneOfSpread) {
  for (const char* launch : {"", "nice -n 0 {cmd} {host}"}) {
    LauncherBench bench(launch);
    bench.command.environment = {{"SPREAD_HOST", "mine"}};
    bench.command.words = {"sh", "-c", "echo $SPREAD_HOST", "sh"};
    EXPECT_EQ(bench.plan().input, "");
  }
}

TEST(Launcher, ChangesToTheSameDirectoryThere) {
  LauncherBench bench("");
  bench.command.words = {"pwd"};
  bench.command.directory = ".";
  bench.context.current_directory = "/usr/bin";
  EXPECT_EQ(run_remote(bench.plan()), "/usr/bin\n");
}

TEST(Launcher, ARelativeDirectoryIsNoOptionOfCd) {
  LauncherBench bench("");
  bench.command.directory = "-";
  EXPECT_NE(bench.plan().arguments.back().find(" ./- "), std::string::npos);
}

TEST(Launcher, RoundsTheGraceUp) {
  LauncherBench bench("");
  bench.context.kill_grace = std::chrono::milliseconds(1500);
  EXPECT_NE(bench.plan().arguments.back().find(" spread - '' 2 2 "), std::string::npos);
}

TEST(Launcher, PassesWordsToATemplateAsWords) {
  LauncherBench bench("echo -n {host}");
  bench.command.words = {"sh", "-c", "it's $x", ""};
  EXPECT_EQ(bench.plan(1).arguments,
            (ArgumentList{"echo", "-n", "me@b", "env", "SPREAD_HOST=me@b", "SPREAD_SLOT=1",
                          "SPREAD_WORKER=1", "SPREAD_WORKERS=3", "SPREAD_PREP=5",
                          "SPREAD_WIRE=msgpack", "sh", "-c", "it's $x", ""}));
}

TEST(Launcher, ATemplateCanPutWordsBehindTheWorkers) {
  const LaunchPlan plan = LauncherBench("run {cmd} --on {host}").plan();
  EXPECT_EQ(plan.arguments.front(), "run");
  EXPECT_EQ(plan.arguments[1], "env");
  EXPECT_EQ(plan.arguments.back(), "a");
}

std::string run_words(const LaunchPlan& plan) {
  const auto result = test::run_program(plan.arguments);
  return result.out + result.err;
}

TEST(Launcher, ChangesTheDirectoryBehindATemplate) {
  LauncherBench bench("nice");
  bench.command.directory = "/usr/bin";
  bench.command.words = {"sh", "-c", "pwd; echo $SPREAD_SLOT \"$1\"", "sh", "a b"};
  EXPECT_EQ(run_words(bench.plan()), "/usr/bin\n1 a b\n");
  bench.command.directory = "/nowhere";
  EXPECT_EQ(test::run_program(bench.plan().arguments).exit_status(), 125);
}

TEST(Launcher, AProgramWithAnEqualsSignIsNoAssignmentBehindATemplate) {
  LauncherBench bench("nice");
  bench.command.words = {"A=b"};
  EXPECT_EQ(test::run_program(bench.plan().arguments).exit_status(), 127);
}

TEST(Launcher, AsksForCpusThroughATemplate) {
  LauncherBench bench("nice");
  const LaunchPlan plan = plan_cpu_question(bench.roster().hosts[0]);
  EXPECT_TRUE(parse_cpu_answer(test::run_program(plan.arguments).out));
}

TEST(Launcher, AsksForCpusThroughSsh) {
  const LaunchPlan plan = plan_cpu_question(LauncherBench("").roster().hosts[0]);
  EXPECT_EQ(plan.arguments[10], "a");
  EXPECT_TRUE(parse_cpu_answer(run_remote(plan)));
}

TEST(Launcher, DoesNotLetSrunCountTheCpusOfOneTask) {
  const LaunchPlan plan = plan_cpu_question(LauncherBench("srun").roster().hosts[0]);
  for (const std::string& word : plan.arguments) EXPECT_NE(word, "--exact");
}

TEST(ParseCpuAnswer, FindsTheMarkedLine) {
  EXPECT_EQ(parse_cpu_answer("spread-cpus 8\n"), 8u);
  EXPECT_EQ(parse_cpu_answer("Welcome to 12 machines\nspread-cpus 1\nspread-cpus 8\nBye\n"), 8u);
  EXPECT_EQ(parse_cpu_answer("spread-cpus 8\r\n"), 8u);
}

TEST(ParseCpuAnswer, KeepsWithinItsBounds) {
  EXPECT_EQ(parse_cpu_answer("spread-cpus 0\n"), 1u);
  EXPECT_EQ(parse_cpu_answer("spread-cpus 1000000\n"), 65536u);
}

TEST(ParseCpuAnswer, RefusesAnythingElse) {
  for (const char* text : {"", "8\n", "spread-cpus \n", "spread-cpus x\n", "spread-cpus -1\n",
                           "spread-cpus 8x\n", "spread-cpus 99999999999\n"}) {
    EXPECT_FALSE(parse_cpu_answer(text)) << text;
  }
}

TEST(ExitHint, KnowsSshsOwnStatus) {
  EXPECT_EQ(LauncherBench("").hint(255),
            "ssh found no way to a, or lost it (unless the worker itself ends with 255); try: "
            "ssh a true");
  LauncherBench bench("");
  bench.options.sshlogins = {"ssh -p 22 a"};
  EXPECT_NE(bench.hint(255).find("try: ssh -p 22 a true"), std::string::npos);
}

TEST(ExitHint, SuggestsWdForARelativePath) {
  LauncherBench bench("");
  bench.command.words = {"./w"};
  EXPECT_EQ(bench.hint(127),
            "./w is looked for in the home directory on a; --wd . looks in the "
            "same directory as here");
  bench.command.directory = ".";
  EXPECT_EQ(bench.hint(127), "there is no ./w on a");
}

TEST(ExitHint, TellsAbsolutePathsAndNamesApart) {
  LauncherBench bench("");
  bench.command.words = {"/opt/w"};
  EXPECT_EQ(bench.hint(127), "there is no /opt/w on a");
  bench.command.words = {"w"};
  EXPECT_EQ(bench.hint(127),
            "w is not in the PATH of a login on a without terminal; give its full path");
  EXPECT_EQ(bench.hint(126), "w cannot be executed on a");
}

TEST(ExitHint, DoesNotBlameTheWorkerForWhatATemplateLacks) {
  LauncherBench bench("docker exec -i {host}");
  bench.command.words = {"/usr/bin/python3"};
  EXPECT_EQ(bench.hint(127),
            "/usr/bin/python3 is not found on a, or a program of --launch is not there itself");
}

TEST(ExitHint, KnowsAMissingDirectory) {
  LauncherBench bench("");
  bench.command.directory = "/data";
  EXPECT_EQ(bench.hint(125), "--wd /data: no such directory on a?");
}

TEST(ExitHint, HasNothingToSayOtherwise) {
  EXPECT_EQ(LauncherBench("").hint(1), "");
  EXPECT_EQ(LauncherBench("").hint(125), "");
  EXPECT_EQ(LauncherBench("local").hint(127), "");
  EXPECT_EQ(LauncherBench("docker exec -i {host}").hint(255), "");
  LauncherBench bench("");
  bench.lists.lists = {"ssh a w"};
  EXPECT_EQ(bench.hint(255), "");
}

TEST(FormatPlan, IsALineThatDoesTheSame) {
  LaunchPlan plan;
  plan.arguments = {"sh", "-c", "echo \"$A\" \"$1\"; pwd", "sh", "it's"};
  plan.environment = {{"A", "b c"}};
  plan.directory = "/usr/bin";
  const auto result = test::run_program({"/bin/sh", "-c", format_plan(plan)});
  EXPECT_EQ(result.out, "b c it's\n/usr/bin\n");
}

TEST(FormatPlan, DoesNotShowWhatGoesToStandardInput) {
  LauncherBench bench("");
  bench.command.environment = kSecrets;
  const std::string line = format_plan(bench.plan());
  EXPECT_EQ(line.find("$(id)"), std::string::npos);
  EXPECT_NE(line.find("  # the values of --env go to its standard input"), std::string::npos);
}

TEST(FormatPlan, HasNothingAroundAPlainCommand) {
  LaunchPlan plan;
  plan.arguments = {"echo", "a b"};
  EXPECT_EQ(format_plan(plan), "echo 'a b'");
  plan.directory = "-x";
  EXPECT_EQ(format_plan(plan), "cd ./-x && echo 'a b'");
}

}  // namespace
}  // namespace spread
