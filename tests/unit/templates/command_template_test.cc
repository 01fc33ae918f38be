#include "spread/templates/command_template.h"

#include "command_testing.h"

namespace spread {
namespace {

using test::command_options;
using test::output;
using test::refusal;
using test::render;
using test::text_of;
using test::Words;

Words script(std::string text, const Words& parameters) {
  Words words = {"/bin/sh", "-c", std::move(text), "sh"};
  words.insert(words.end(), parameters.begin(), parameters.end());
  return words;
}

TEST(CommandTemplate, ExecsSeveralWords) {
  EXPECT_EQ(render({"echo", "$x", "{}"}, {"a b"}), (Words{"echo", "$x", "a b"}));
}

TEST(CommandTemplate, AppendsTheItem) {
  EXPECT_EQ(render({"echo"}, {"a"}), (Words{"echo", "a"}));
  EXPECT_EQ(render({"echo", "x"}, {"a", "b"}), (Words{"echo", "x", "a", "b"}));
  EXPECT_EQ(render({"exit"}, {"a"}), script("exit \"$1\"", {"a"}));
}

TEST(CommandTemplate, ExecsAWordThatNoShellKnows) {
  EXPECT_EQ(render({"nosuch"}, {"a"}), (Words{"nosuch", "a"}));
  EXPECT_EQ(render({":"}, {"a"}), script(": \"$1\"", {"a"}));
}

TEST(CommandTemplate, ANumberIsAPlaceholderToo) {
  EXPECT_EQ(render({"echo", "{#}"}, {"a"}), (Words{"echo", "7"}));
}

TEST(CommandTemplate, StdinModeAppendsNothing) {
  TemplateOptions options = command_options();
  options.append = false;
  EXPECT_EQ(render({"gzip", "-c"}, {"a"}, options), (Words{"gzip", "-c"}));
  EXPECT_EQ(render({"gzip | wc"}, {"a"}, options), script("gzip | wc", {}));
  EXPECT_EQ(refusal({}, options), "--stdin needs a command that reads the item");
}

TEST(CommandTemplate, AWholeWordBecomesSeveral) {
  EXPECT_EQ(render({"echo", "{}", "{.}", "x{}y", "{2}", "{3}", "{/}"}, {"d/a.x", "b"}),
            (Words{"echo", "d/a.x", "b", "d/a", "b", "xd/a.x by", "b", "a.x", "b"}));
}

TEST(CommandTemplate, RepeatsTheWordAroundTheItem) {
  TemplateOptions options = command_options();
  options.repeat_context = true;
  EXPECT_EQ(render({"echo", "-a{}:{.}{1}", "{}"}, {"x.y", "z"}, options),
            (Words{"echo", "-ax.y:xx.y", "-az:zx.y", "x.y", "z"}));
  EXPECT_EQ(output({"printf '<%s>' a{}'b {}' \"$(echo {})\""}, {"1", "2"}, options),
            "<a1b 1><a2b 2><1 2>");
}

TEST(CommandTemplate, OneWordOnPathIsExecd) {
  EXPECT_EQ(render({"/bin/true"}, {"a"}), (Words{"/bin/true", "a"}));
}

TEST(CommandTemplate, OneWordNotOnPathIsAScript) {
  EXPECT_EQ(render({"./run-{}"}, {"a"}), script("./run-\"$1\"", {"a"}));
  EXPECT_EQ(render({"echo {}"}, {"a"}), script("echo \"$1\"", {"a"}));
}

TEST(CommandTemplate, ShellOptionJoinsTheWords) {
  TemplateOptions options = command_options();
  options.shell_always = true;
  options.shell.named = "bash";
  EXPECT_EQ(render({"echo", "{}", "|", "wc"}, {"a"}, options),
            (Words{"bash", "-c", "echo \"$1\" | wc", "bash", "a"}));
}

TEST(CommandTemplate, QuoteOptionAlwaysExecs) {
  TemplateOptions options = command_options();
  options.exec_always = true;
  EXPECT_EQ(render({"my prog"}, {"a"}, options), (Words{"my prog", "a"}));
  EXPECT_EQ(render({"echo", "|"}, {"a"}, options), (Words{"echo", "|", "a"}));
  EXPECT_EQ(render({"{}"}, {"ls"}, options), (Words{"ls"}));
}

TEST(CommandTemplate, OperatorsAmongWordsAreRefused) {
  for (const char* word : {"|", "||", "&", "&&", ";", "<", ">", ">>", "2>"}) {
    const std::string error = refusal({"echo", word, "x"});
    EXPECT_NE(error.find("-c"), std::string::npos) << error;
    EXPECT_NE(error.find("-q"), std::string::npos) << error;
  }
}

TEST(CommandTemplate, WithoutACommandItemsAreCommandLines) {
  EXPECT_EQ(render({}, {"echo a; echo b"}), (Words{"/bin/sh", "-c", "echo a; echo b"}));
  EXPECT_EQ(render({"{}"}, {"echo a"}), (Words{"/bin/sh", "-c", "echo a"}));
  EXPECT_EQ(text_of({}, {"echo a"}), "echo a");
}

TEST(CommandTemplate, ParametersAreTheValuesAlone) {
  EXPECT_EQ(render({"gzip -c {} > {.}.gz"}, {"a.x"}),
            script("spread_1=$1; shift; gzip -c \"$1\" > \"$spread_1\".gz", {"a", "a.x"}));
  EXPECT_EQ(output({"echo $# \"$@\" {.} \"{/}\" {2} '{1}'"}, {"d/a.x", "b"}),
            "2 d/a.x b d/a b a.x b b d/a.x\n");
}

TEST(CommandTemplate, AScriptThatTakesTheItemItselfGetsNothingAppended) {
  EXPECT_EQ(render({"echo \"$1\"; true"}, {"a"}), script("echo \"$1\"; true", {"a"}));
  EXPECT_EQ(render({"echo \"$SPREAD_ITEM\";"}, {"a"}), script("echo \"$SPREAD_ITEM\";", {"a"}));
  EXPECT_EQ(render({"awk '{print $1}'"}, {"a"}), script("awk '{print $1}' \"$1\"", {"a"}));
}

TEST(CommandTemplate, AnItemIsNeverAppendedAsACommand) {
  for (const char* text : {"echo x;", "echo x &", "x=1", "echo # x", "for i in 1; do :; done",
                           "echo x\\", "(echo x)", "cat <<E\nx\nE", "case x in x) ;; esac"}) {
    EXPECT_NE(refusal({text}), "") << text;
  }
}

TEST(CommandTemplate, ScriptsThatMoveParametersKeepTheItem) {
  EXPECT_EQ(output({"f() { echo {}; }; f x"}, {"item"}), "item\n");
  EXPECT_EQ(output({"set -- x; echo {} $1"}, {"item"}), "item x\n");
  EXPECT_EQ(output({"shift; echo {}$#"}, {"item"}), "item0\n");
}

TEST(CommandTemplate, MoreThanNineValues) {
  EXPECT_EQ(output({"echo {12}5 \"{11}5\" {.} $#"},
                   {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12.x"}),
            "12.x5 115 1 2 3 4 5 6 7 8 9 10 11 12 12\n");
}

TEST(CommandTemplate, LooksIntoAShellAmongWords) {
  EXPECT_EQ(render({"bash", "-c", "echo {}"}, {"a"}),
            (Words{"bash", "-c", "echo \"$1\"", "bash", "a"}));
  EXPECT_EQ(render({"/usr/bin/env", "A=b", "nice", "-n", "5", "bash", "-o", "pipefail", "-ec",
                    "echo '{}'"},
                   {"a"}),
            (Words{"/usr/bin/env", "A=b", "nice", "-n", "5", "bash", "-o", "pipefail", "-ec",
                   "echo ''\"$1\"''", "bash", "a"}));
}

TEST(CommandTemplate, AShellAmongWordsKeepsItsOwnParameters) {
  const Words words = {"sh", "-c", "echo $0 $# $1 {} \"$2\"", "name", "x{}", "y"};
  EXPECT_EQ(render(words, {"a"}),
            (Words{"sh", "-c", "spread_1=$1; shift; echo $0 $# $1 \"$spread_1\" \"$2\"", "name",
                   "a", "xa", "y"}));
  EXPECT_EQ(output(words, {"a"}), "name 2 xa a y\n");
}

TEST(CommandTemplate, TheIdiomsOfXargs) {
  EXPECT_EQ(render({"sh", "-c", "echo \"$1\"", "sh"}, {"a"}),
            (Words{"sh", "-c", "echo \"$1\"", "sh", "a"}));
  EXPECT_EQ(render({"sh", "-c", "echo \"$0\""}, {"a"}), (Words{"sh", "-c", "echo \"$0\"", "a"}));
  EXPECT_EQ(render({"sh", "-c", "echo \"$1\""}, {"a"}),
            (Words{"sh", "-c", "echo \"$1\"", "sh", "a"}));
}

TEST(CommandTemplate, AnItemIsNoScript) {
  EXPECT_NE(refusal({"sh", "-c", "{}"}).find("as code"), std::string::npos);
}

TEST(CommandTemplate, RefusesAShellThatIsNone) {
  TemplateOptions options = command_options();
  options.shell.named = "/usr/bin/fish";
  EXPECT_NE(refusal({"echo {}"}, options).find("POSIX"), std::string::npos);
}

TEST(CommandTemplate, NamesTheLimitOfAnArgument) {
  const std::string longest(131071, 'x');
  EXPECT_EQ(render({"echo"}, {longest}), (Words{"echo", longest}));
  const std::string error = render({"echo"}, {longest + 'x'})[0];
  EXPECT_NE(error.find("131071"), std::string::npos) << error;
  EXPECT_NE(error.find("MAX_ARG_STRLEN"), std::string::npos) << error;
  EXPECT_EQ(test::run_program({"/bin/true", longest}).exit_status(), 0);
  EXPECT_NE(test::run_program({"/bin/true", longest + 'x'}).exit_status(), 0);
}

TEST(CommandTemplate, NamesTheLimitOfAllArguments) {
  TemplateOptions options = command_options();
  options.arguments_bytes_max = 100;
  EXPECT_NE(render({"echo"}, Words(20, "abc"), options)[0].find("ARG_MAX"), std::string::npos);
}

TEST(CommandTemplate, TextIsWhatAPersonWouldType) {
  EXPECT_EQ(text_of({"gzip", "-9"}, {"a b.txt"}), "gzip -9 'a b.txt'");
  EXPECT_EQ(text_of({"gzip -c {} > {.}.gz"}, {"a b.txt"}), "gzip -c 'a b.txt' > 'a b'.gz");
  EXPECT_EQ(text_of({"echo \"{}\" '{}'"}, {"a\"$'b"}), "echo \"a\\\"\\$'b\" 'a\"$'\\''b'");
  EXPECT_EQ(text_of({"bash", "-c", "echo {}"}, {"a b"}), "bash -c 'echo '\\''a b'\\'''");
}

TEST(CommandTemplate, TextIsExactWhereTheScriptLooksAtItsParameters) {
  EXPECT_EQ(text_of({"echo \"$1\""}, {"a b"}), "/bin/sh -c 'echo \"$1\"' sh 'a b'");
}

TEST(CommandTemplate, TextQuotesWhatWouldRunTogether) {
  EXPECT_EQ(text_of({"{} x"}, {"A=b"}), "'A=b' x");
  EXPECT_EQ(text_of({"x=1; echo $x{}"}, {"y"}), "x=1; echo $x'y'");
  EXPECT_EQ(text_of({"x=1; echo \"$x{}\""}, {"y"}), "x=1; echo \"$x\"\"y\"");
  EXPECT_EQ(text_of({"echo {}>f"}, {"2"}), "echo '2'>f");
}

TEST(AppendItem, JoinsTheValues) {
  std::string item = "x";
  append_item(item, std::string_view("a\0b c\0", 6));
  EXPECT_EQ(item, "xa b c");
}

}  // namespace
}  // namespace spread
