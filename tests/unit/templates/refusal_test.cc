// No item is ever executed as code: where a reference to a parameter cannot be made, the command is
// refused before anything runs.

#include "command_testing.h"
#include "spread/templates/command_template.h"

namespace spread {
namespace {

using test::command_options;
using test::output;
using test::refusal;
using test::render;
using test::Words;

TEST(Refusal, ScriptsWithoutAPlaceForAReference) {
  for (const char* text : {"cat <<EOF\n{}\nEOF",
                           "cat <<'EOF'\n{}\nEOF",
                           "cat <<-E\n\t{}\n\tE",
                           "cat <<E\nx\\\nE\n{}\nE",
                           "echo `ls {}`",
                           "echo \"`ls {}`\"",
                           "echo ${x:-{}}",
                           "echo \"${x#{}}\"",
                           "echo ${x:-\"{}\"}",
                           "echo $(({}+1))",
                           "echo $((x[{}]))",
                           "(({}+1))",
                           "echo $[{}+1]",
                           "x[{}]=1",
                           "echo $$@{}${x",
                           "echo '{}",
                           "echo \"{}",
                           "echo $(ls {}",
                           "echo {})",
                           "case {} in x) ;;"}) {
    EXPECT_NE(refusal({text}), "") << text;
  }
  TemplateOptions options = command_options();
  options.shell.named = "/bin/sh";
  EXPECT_NE(refusal({"echo $'{}'"}, options), "");
}

TEST(Refusal, WordsThatAreReadTwiceInAScript) {
  for (const char* text : {"eval \"echo {}\"",
                           "eval echo {}",
                           "ssh host rm {}",
                           "ssh host 'rm {}'",
                           "x=1 ssh -p 22 host -- rm {}",
                           "if true; then ssh host rm {}; fi",
                           "(ssh host rm {})",
                           "echo $(ssh host rm {})",
                           "echo \"$(ssh host \"rm {}\")\"",
                           "sh -c 'echo {}'",
                           "sh -c \"echo {}\"",
                           "find . -exec sh -c 'echo {}' \\;",
                           "trap 'rm {}' EXIT",
                           "python3 -c 'print({})'",
                           "python3 -c \"print('{}')\"",
                           "! ssh host rm {}",
                           "a | ssh host rm {}",
                           "a & ssh host rm {}",
                           "a\nssh host rm {}",
                           "a && ssh h rm {}",
                           "{ ssh host rm {}; }",
                           "ssh host >log rm {}",
                           "2>log ssh host rm {}",
                           "s\"s\"h host rm {}",
                           "case x in x) ssh host rm {};; esac",
                           "while true; do ssh host rm {}; done",
                           "f() { ssh host rm {}; }; f",
                           "[[ {} -eq 1 ]]",
                           "[[ x == y && {} -lt 1 ]]",
                           "[ -v {} ]",
                           "declare {}",
                           "unset {}",
                           "read {}",
                           "let x={}",
                           "export {}=1",
                           "printf -v {} x",
                           "time ssh host rm {}",
                           "command eval {}",
                           "exec ssh host rm {}"}) {
    EXPECT_NE(refusal({text}).find("as code"), std::string::npos) << text << "\n"
                                                                  << refusal({text});
  }
}

TEST(Refusal, WordsThatAreReadTwice) {
  for (const Words& words : std::vector<Words>{{"ssh", "host", "rm {}"},
                                               {"ssh", "host", "rm", "{}"},
                                               {"ssh", "host", "rm"},
                                               {"ssh", "-p", "22", "u@h", "--", "rm", "{}"},
                                               {"python3", "-c", "print({})"},
                                               {"python3.11", "-Ic", "print({})"},
                                               {"perl", "-e", "print {}"},
                                               {"perl", "-lane", "print {}"},
                                               {"perl", "-eprint {}"},
                                               {"awk", "{print {}}", "file"},
                                               {"awk", "-F", ":", "{}", "file"},
                                               {"awk"},
                                               {"sed", "s/x/{}/"},
                                               {"sed", "-e", "s/x/{}/"},
                                               {"sed", "-n", "--expression={}p"},
                                               {"jq", ".{}"},
                                               {"su", "-c", "ls {}", "joe"},
                                               {"su", "joe", "-c", "ls {}"},
                                               {"xargs", "python3", "-c", "{}"},
                                               {"docker", "exec", "c", "sh", "-c", "echo {}"},
                                               {"docker", "run", "i", "ssh", "h", "{}"},
                                               {"find", ".", "-exec", "sh", "-c", "x {}", ";x"},
                                               {"unknown", "sh", "-c", "x {}"},
                                               {"env", "-S", "sh -c {}"},
                                               {"flock", "-c", "ls {}"},
                                               {"watch", "ls", "{}"},
                                               {"timeout", "-s", "9", "5", "ssh", "h", "{}"},
                                               {"psql", "-c", "select '{}'"},
                                               {"sqlite3", "db", "select '{}'"},
                                               {"node", "-e", "f('{}')"},
                                               {"fish", "-c", "x {}"},
                                               {"sudo", "-u", "joe", "perl", "-e", "{}"},
                                               {"parallel", "echo {}", ":::", "x"}}) {
    EXPECT_NE(refusal(words).find("as code"), std::string::npos) << words.back() << "\n"
                                                                 << refusal(words);
  }
}

TEST(Refusal, NotOfArgumentsThatAreData) {
  for (const Words& words : std::vector<Words>{{"ssh", "{}", "uptime"},
                                               {"ssh", "-i", "{}", "host", "uptime"},
                                               {"python3", "-c", "import sys", "{}"},
                                               {"python3", "x.py", "-c", "{}"},
                                               {"awk", "{print $1}", "{}"},
                                               {"awk", "-f", "x.awk", "{}"},
                                               {"awk", "-v", "x={}", "1"},
                                               {"sed", "-e", "s/x/y/", "{}"},
                                               {"sed", "s/x/y/", "{}"},
                                               {"perl", "-pi", "-e", "1", "{}"},
                                               {"perl", "-MFile::Temp", "x.pl", "{}"},
                                               {"jq", "--arg", "x", "{}", "$x"},
                                               {"bash", "{}"},
                                               {"bash", "-x", "script", "-c", "{}"},
                                               {"{}", "-c", "x"},
                                               {"sh", "-c", "x \"$1\"", "_", "{}"},
                                               {"ssh", "host", "kill {#}"},
                                               {"grep", "-e", "perl", "-e", "{}"},
                                               {"nice", "-n", "5", "gzip", "{}"},
                                               {"sqlite3", "{}", "select 1"},
                                               {"timeout", "{}", "sleep", "1"}}) {
    EXPECT_EQ(refusal(words), "") << words[0];
  }
}

TEST(Refusal, NotOfScriptsThatAreInOrder) {
  for (const char* text : {"cat <<E >{}\nx ' \" `\nE\n",
                           "cat <<'E' | wc {}\n`\nE\n",
                           "echo ${x} {}",
                           "echo $((1+2)) {}",
                           "x={}; echo ${x%.*}",
                           "case {} in a) x;; (b|c) y;; esac",
                           "echo $(case x in a) b;; esac) {}",
                           "echo a#b {} # it's",
                           "echo \\' {}",
                           "a=(1 {} 2); echo \"${a[{#}]}\"",
                           "echo $(( {#} * 2 ))",
                           "diff <(sort {}) x",
                           "echo \"$(echo \"{}\")\"",
                           "[ {} -eq 1 ]",
                           "[[ {} == x ]]",
                           "export x={}",
                           "cat <<E\n{#}\nE\necho {}",
                           "echo `date` {}",
                           "echo \"a'b\" {} \"c'd\"",
                           "for i in {}; do echo $i; done",
                           "echo {} | while read x; do echo $x; done",
                           "if [ -f {} ]; then rm {}; else touch {}; fi",
                           "{ echo {}; } 2>&1",
                           "x >&2 {} &>f"}) {
    EXPECT_EQ(refusal({text}), "") << text;
  }
}

TEST(Refusal, SaysWhatToWriteInstead) {
  EXPECT_EQ(refusal({"ssh", "host", "rm", "{}"}),
            "ssh reads '{}' as code, and the item with it: name the host with -S, which quotes the "
            "item, or send it on stdin with --stdin (or paste it with --allow-paste)");
  EXPECT_EQ(refusal({"cat <<E\n{}\nE"}),
            "{} stands in a here-document, where it would be read as code: write $1 there, or give "
            "it a name first (x={}) and write $x (or paste it with --allow-paste)");
}

TEST(AllowPaste, QuotesForAShell) {
  TemplateOptions options = command_options();
  options.allow_paste = true;
  EXPECT_EQ(render({"ssh", "host", "rm", "{}"}, {"a b"}, options),
            (Words{"ssh", "host", "rm", "'a b'"}));
  EXPECT_EQ(output({"eval \"printf %s {}\""}, {"a  'b"}, options), "a  'b");
  EXPECT_EQ(output({"sh -c 'printf %s {}'"}, {"a  'b"}, options), "a  'b");
  EXPECT_EQ(output({"echo `printf %s {}`"}, {"a'b"}, options), "a'b\n");
}

TEST(AllowPaste, IsRawForOthers) {
  TemplateOptions options = command_options();
  options.allow_paste = true;
  EXPECT_EQ(render({"python3", "-c", "print({})"}, {"1 + 2"}, options),
            (Words{"python3", "-c", "print(1 + 2)"}));
  EXPECT_EQ(output({"cat <<E\n<{}>\nE"}, {"a b"}, options), "<a b>\n");
  EXPECT_EQ(output({"echo $(({}*2))"}, {"3"}, options), "6\n");
}

}  // namespace
}  // namespace spread
