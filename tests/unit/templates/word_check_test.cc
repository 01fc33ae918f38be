// Several words are run without a shell: what only a shell understands among them is refused.
#include "spread/command/known_programs.h"

#include <gmock/gmock.h>

#include "command_testing.h"

namespace spread {
namespace {

using test::command_options;
using test::refusal;
using test::Words;
using testing::HasSubstr;

TEST(WordCheck, RefusesOperatorsAndRedirections) {
  for (const char* word :
       {"|",    "||",   "&",     "&&",         ";",           "<",        ">",
        ">>",   "2>",   "2>>",   "|&",         "<<<",         "<<",       "2>&1",
        ">&2",  "1>&2", ">&-",   ">/dev/null", "2>/dev/null", "2>>log",   "&>x",
        "&>>x", "&>",   "<file", "<{}",        ">{}.out",     ">file",    "<<<x",
        "<&3",  ">|x",  "|wc",   "<(sort a)",  ">(cat)",      "2>{}.err", ">$x"}) {
    EXPECT_THAT(refusal({"echo", "{}", word}), HasSubstr("-q passes it as it is")) << word;
    EXPECT_THAT(refusal({"echo", "{}", word}), HasSubstr("to a shell only")) << word;
  }
}

TEST(WordCheck, PassesWhatIsText) {
  for (const char* word :
       {"<{}>",    "<p>",   "<a b>", "> \\", "<=", ">= 3", "->",  "a>b", "a|b",    "|",    "x;",
        "{};date", "&amp;", "=>",    "2",    "<-", "| wc", "a&b", "|x|", "<none>", ">=1.2"}) {
    if (std::string_view(word) == "|") continue;
    EXPECT_EQ(refusal({"echo", "{}", word}), "") << word;
  }
  EXPECT_EQ(refusal({"find", "{}", "-exec", "rm", "x", ";"}), "");
  EXPECT_EQ(refusal({"find", "{}", "-exec", "rm", "x", "+"}), "");
  EXPECT_NE(refusal({"find", "{}", ";", "ls"}), "");
  TemplateOptions options = command_options();
  options.exec_always = true;
  EXPECT_EQ(refusal({"echo", ">x", "{}"}, options), "");
}

TEST(WordCheck, RefusesAnAssignmentInFront) {
  for (const Words& words : {Words{"FOO=bar", "env"}, Words{"FOO={}", "sh", "-c", "echo $FOO"},
                             Words{"A=", "B=1", "ls"}}) {
    EXPECT_THAT(refusal(words), HasSubstr("put 'env' in front of it, or -c"));
  }
  EXPECT_EQ(refusal({"env", "FOO=bar", "sh", "-c", "echo $FOO {}"}), "");
  EXPECT_EQ(refusal({"a-b=c", "{}"}), "");
}

TEST(WordCheck, RefusesABuiltinInFront) {
  for (const char* word : {"cd", "type", "source", ".", "export", "time", "if", "[[", "ulimit"}) {
    EXPECT_THAT(refusal({word, "{}"}), HasSubstr("is a word of the shell and no program")) << word;
  }
  TemplateOptions options = command_options();
  options.shell.on_path = [](const std::string& name) { return name == "time"; };
  EXPECT_EQ(refusal({"time", "ls", "{}"}, options), "");
}

}  // namespace
}  // namespace spread
