// Which shell runs a script: bash, where it has what only bash has, else sh.
#include "spread/shell/script.h"

#include <gmock/gmock.h>

#include "command_testing.h"

namespace spread {
namespace {

using test::command_options;
using test::output;
using test::refusal;
using test::render;
using test::text_of;
using test::Words;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShellChoice, IsBashForWhatOnlyBashHas) {
  const std::pair<std::string, std::string> kScripts[] = {
      {"[[ {} == a* ]]", "[["},
      {"if [[ -f {} ]]; then echo; fi", "[["},
      {"cat <<< {}", "<<<"},
      {"diff <(cat {}) <(cat b)", "<(...)"},
      {"tee >(cat) < {}", ">(...)"},
      {"a=(1 2 {}); echo \"${a[@]}\"", "x=(...)"},
      {"a[0]=x; echo {}", "x[y]="},
      {"x+=y; echo {}", "+="},
      {"source ./env; echo {}", "source"},
      {"touch {}.{bak,old}", "{x,y}"},
      {"cp {}{,.bak}", "{x,y}"},
      {"echo {1..9} {}", "{x..y}"},
      {"echo x{a..e}y {}", "{x..y}"},
      {"echo {}{'a b',c}", "{x,y}"},
      {"echo $'a\\tb' {}", "$'...'"},
      {"make {} &> log", "&>"},
      {"make {} &>> log", "&>"},
      {"make {} >& log", ">& FILE"},
      {"make {} |& tee log", "|&"},
      {"((i++)); echo {}", "((...))"},
      {"for ((i=0;i<3;i++)); do echo {}; done", "((...))"},
      {"function f { echo; }; f {}", "function"},
      {"x={}; echo \"${x^^}\"", "${x^}"},
      {"x={}; echo ${x,,}", "${x,}"},
      {"x={}; echo ${x/a/b}", "${x/y/z}"},
      {"x={}; echo ${x:1}", "${x:1:2}"},
      {"x={}; echo ${!x}", "${!x}"},
      {"x={}; echo ${x@Q}", "${x@Q}"},
      {"echo ${@:2} {}", "${x:1:2}"},
      {"echo $RANDOM {}", "$RANDOM"},
      {"sleep $((RANDOM % 3)) {}", "RANDOM"},
      {"echo $((2**3)) {}", "**"},
      {"declare -i n=3; echo {}", "declare"},
      {"mapfile -t x < {}", "mapfile"},
      {"shopt -s nullglob; echo {}", "shopt"},
      {"pushd {}", "pushd"},
      {"[ {} == x ]", "[ x == y"},
      {"echo -e {}", "echo -e"},
      {"read -a x; echo {}", "read -a"},
      {"printf -v x %s y; echo {}", "printf -v"},
      {"set -euo pipefail; cat {} | wc", "set -o pipefail"},
      {"x=$(cat <(echo)) ; echo {}", "<(...)"},
      {"case {} in a) echo ;;& b) ;; esac", ";&"},
  };
  for (const auto& [script, construct] : kScripts) {
    const auto made = CommandTemplate::create({script}, command_options());
    ASSERT_TRUE(made.has_value()) << script << "\n" << made.error().message;
    EXPECT_EQ(made->shell({}).path, "bash") << script;
    EXPECT_EQ(made->shell({}).why, construct) << script;
  }
}

TEST(ShellChoice, IsShForTheRest) {
  for (const char* script : {"echo '[[ a ]]' {}",
                             "echo \"{a,b}\" {}",
                             "echo {} # [[ a ]]",
                             "cat {} <<E\n[[ <(x) {a,b}\nE",
                             "echo '<<<' \"&>\" {}",
                             "x={}; echo ${x:-a} ${x%.*} ${x##*/} ${#x} ${x:+b}",
                             "grep -E 'a{2,3}' {}",
                             "awk '{a,b}' {}",
                             "find . -exec echo {} \\;",
                             "{ echo {}; }",
                             "echo $((1+2)) $(((1+2)*3)) $((a>(b))) {}",
                             "( (a); b ) {}",
                             "echo {} >&2",
                             "echo {} 2>&1 | cat",
                             "echo {} & wait",
                             "[ {} = x ]",
                             "echo a=b x==y {}",
                             "read -r x; echo {}",
                             "set -eu; echo {}",
                             "x={}; . ./env",
                             "echo source {}",
                             "f() { echo; }; f {}",
                             "echo \\{a,b} {}",
                             "echo {a} {}",
                             "case {} in a|b) ;; esac",
                             "test {} = '=='x",
                             "trap 'rm x' EXIT; echo {}",
                             "[ -f {} ] && echo \"$HOME\"",
                             "echo $# $? $$ {}"}) {
    const auto made = CommandTemplate::create({script}, command_options());
    ASSERT_TRUE(made.has_value()) << script << "\n" << made.error().message;
    EXPECT_EQ(made->shell({}).path, "/bin/sh") << script << " " << made->shell({}).why;
  }
}

TEST(ShellChoice, IsWhatTheUserNamed) {
  TemplateOptions options = command_options();
  options.shell.named = "/bin/dash";
  EXPECT_EQ(render({"[[ {} ]]"}, {"a"}, options),
            (Words{"/bin/dash", "-c", "[[ \"$1\" ]]", "dash", "a"}));
  options.shell.named = "/usr/bin/fish";
  options.shell.named_by = "SPREAD_SHELL";
  EXPECT_THAT(refusal({"echo {} x"}, options), HasSubstr("SPREAD_SHELL: '/usr/bin/fish' is no"));
}

TEST(ShellChoice, IsShownAndDoesIt) {
  EXPECT_EQ(text_of({"[[ {} == a* ]] && echo y"}, {"a b"}),
            "bash -c '[[ '\\''a b'\\'' == a* ]] && echo y'");
  EXPECT_EQ(output({"[[ {} == a* ]] && echo {}.{x,y}"}, {"a b"}), "a b.x a b.y\n");
  EXPECT_EQ(output({"echo $'{}\\t.'"}, {"a'b"}), "a'b\t.\n");
  EXPECT_EQ(output({"nosuch-program {}"}, {"a"}), "sh: 1: nosuch-program: not found\n");
}

TEST(ShellChoice, OfCommandLinesIsMadeForEach) {
  const TemplateOptions options = command_options();
  EXPECT_EQ(render({}, {"echo {a,b}"}, options), (Words{"bash", "-c", "echo {a,b}"}));
  EXPECT_EQ(render({}, {"echo {} {+/}"}, options), (Words{"/bin/sh", "-c", "echo {} {+/}"}));
  EXPECT_EQ(render({}, {"echo 'a"}, options), (Words{"/bin/sh", "-c", "echo 'a"}));
  EXPECT_EQ(text_of({}, {"echo {a,b}"}), "bash -c 'echo {a,b}'");
  EXPECT_EQ(text_of({}, {"echo a"}), "echo a");
}

// Behind --retry-failed, which has it from the joblog.
TEST(ShellChoice, OfACommandLineThatCallsBashIsBash) {
  TemplateOptions options = command_options();
  options.shell.on_path = [](const std::string& word) { return word == "bash"; };
  for (const std::string line : {"bash -c 'myf a'", "printf '%s\\n' a | bash -c myf"}) {
    EXPECT_EQ(render({}, {line}, options), (Words{"bash", "-c", line}));
    EXPECT_EQ(text_of({}, {line}, options), line);
  }
  EXPECT_EQ(render({}, {"echo bash"}, options)[0], "/bin/sh");
  options.shell.on_path = [](const std::string&) { return false; };
  EXPECT_EQ(render({}, {"bash x || sh x"}, options)[0], "/bin/sh");
}

TemplateOptions with_function(const std::string& name) {
  TemplateOptions options = command_options();
  options.shell.is_function = [name](const std::string& word) { return word == name; };
  return options;
}

TEST(ShellChoice, IsBashForAnExportedFunction) {
  EXPECT_EQ(render({"myf"}, {"a"}, with_function("myf")),
            (Words{"bash", "-c", "myf \"$1\"", "bash", "a"}));
  EXPECT_EQ(render({"x=1; myf {} | cat"}, {"a"}, with_function("myf"))[0], "bash");
  EXPECT_EQ(render({"myf", "-x", "{}"}, {"a b"}, with_function("myf")),
            (Words{"bash", "-c", "myf \"$@\"", "bash", "-x", "a b"}));
  EXPECT_EQ(render({"myf", "x"}, {"a"}, with_function("myf")),
            (Words{"bash", "-c", "myf \"$@\"", "bash", "x", "a"}));
  EXPECT_EQ(render({}, {"myf a"}, with_function("myf")), (Words{"bash", "-c", "myf a"}));
}

TEST(ShellChoice, TakesNoFunctionBeforeAProgramOrAsAnArgument) {
  EXPECT_THAT(render({"echo", "{}", "b"}, {"a"}, with_function("echo")),
              ElementsAre("echo", "a", "b"));
  EXPECT_EQ(render({"echo {} | cat"}, {"a"}, with_function("echo"))[0], "/bin/sh");
  EXPECT_EQ(render({"echo myf {}"}, {"a"}, with_function("myf"))[0], "/bin/sh");
  TemplateOptions options = with_function("myf");
  options.exec_always = true;
  EXPECT_THAT(render({"myf", "{}"}, {"a"}, options), ElementsAre("myf", "a"));
}

}  // namespace
}  // namespace spread
