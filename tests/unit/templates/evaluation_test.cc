// Where shells and programs evaluate what looks like data. Each of these ran the command in an item
// such as `a[$(touch x)]` when it was tried with the real program.

#include "command_testing.h"

namespace spread {
namespace {

using test::command_options;
using test::refusal;
using test::render;
using test::Words;

TemplateOptions with_shell(std::string shell) {
  TemplateOptions options = command_options();
  options.shell.named = std::move(shell);
  options.shell_always = true;
  return options;
}

TEST(Evaluation, VariablesThatAreDeclaredAsNumbersOrReferences) {
  for (const char* text :
       {"declare -i x={}", "typeset -i x; x={}", "typeset -i x; x+={}", "f() { local -i x={}; }; f",
        "readonly -a x={}", "declare -A x={}", "declare -n x={}; echo $x", "integer x={}",
        "float x={}", "nameref x={}", "declare -a x; declare x={}", "RANDOM={}", "OPTIND={} ls",
        "x={}; declare -i x", "declare -i x; for x in {}; do :; done",
        "declare -i x; read x <<< {}", "builtin declare -i x={}", "command export {}",
        "builtin declare {}"}) {
    EXPECT_NE(refusal({text}, with_shell("bash")), "") << text;
  }
  for (const char* text :
       {"export x={}", "declare x={}", "declare -r x={}", "declare -i n; x={}",
        "declare -i n=0; for f in {}; do n+=1; done", "local -a x; y={}", "declare -a x; x+=({})",
        "x={} declare -i y", "COLUMNS={} ls", "export -n x={}"}) {
    EXPECT_EQ(refusal({text}, with_shell("bash")), "") << text;
  }
}

TEST(Evaluation, VariablesThatAShellReadsAsCode) {
  for (const char* text : {"BASH_ENV={} bash -c :", "PS4={}; set -x; :", "PROMPT_COMMAND=\"x {}\"",
                           "env BASH_ENV={} bash x"}) {
    EXPECT_NE(refusal({text}), "") << text;
  }
  EXPECT_NE(refusal({"env", "ENV={}", "sh", "-i"}), "");
  EXPECT_EQ(refusal({"env", "HOME={}", "sh", "-i"}), "");
}

TEST(Evaluation, SubscriptsAndOldArithmetic) {
  for (const char* text :
       {"a[{}]+=1", "a=([{}]=1)", "a+=([1]=x [{}]=y)", "a[\"{}\"]+=1", "declare -a a=([{}]=1)",
        "echo $[ x[0] + {} ]", "echo \"$[ x[0] + {} ]\"", "time [[ {} -eq 1 ]]",
        "time -p [[ {} -eq 1 ]]", "coproc x [[ {} -eq 1 ]]", "[[ -t {} ]]"}) {
    EXPECT_NE(refusal({text}, with_shell("bash")), "") << text;
  }
  for (const char* text : {"a=({} {})", "a[1]={}", "a=([1]={})", "echo $[1] {}", "echo [{}]=1"}) {
    EXPECT_EQ(refusal({text}, with_shell("bash")), "") << text;
  }
}

TEST(Evaluation, OperatorsCutByABackslashAtALinesEnd) {
  for (const char* text : {"(\\\n( {} ))", "echo $\\\n(( {} ))", "echo $(\\\n( {} ))",
                           "echo \"$\\\n(( {} ))\"", "cat <\\\n<E\n{}\nE", "echo $\\\n{x:-{}}"}) {
    EXPECT_NE(refusal({text}), "") << text;
  }
  for (const char* text :
       {"echo {} |\\\n wc", "(\\\n echo {} )", "echo a &&\\\n echo {}", "echo {} >\\\n x"}) {
    EXPECT_EQ(refusal({text}), "") << text;
  }
}

// bash expands the word behind >& a second time.
TEST(Evaluation, BothOutputsToAFileNamedByTheItem) {
  EXPECT_NE(refusal({"echo x >& {}"}), "");
  EXPECT_NE(refusal({"echo x >&\"y{}\""}), "");
  EXPECT_EQ(refusal({"echo x > {} 2>&1"}), "");
  EXPECT_EQ(refusal({"echo x >&{#}"}), "");
}

TEST(Evaluation, CodeOnStandardInput) {
  for (const char* text :
       {"echo {} | sh", "echo \"rm {}\" | bash -s", "printf '%s\\n' {} | tr a b | sh -x",
        "{ echo {}; } | sh", "for i in 1; do echo \"rm {}\"; done | bash", "bash <<< \"echo {}\"",
        "ssh host <<< \"rm {}\"", "echo \"rm {}\" | ssh host", "echo 'print({})' | python3",
        "echo \"print('{}')\" | python3 -", ". /dev/stdin <<< {}", "source <(echo {})",
        "bash <(echo {})", "echo {} |& sh", "echo {} | env sh"}) {
    EXPECT_NE(refusal({text}, with_shell("bash")), "") << text;
  }
  for (const char* text :
       {"echo {} | sh x.sh", "echo {} | ssh host 'cat > x'", "mkdir {}; curl x | sh", "cat {} | sh",
        "curl {} | bash -s", "gunzip -c {} | ssh host", "source <(zcat {})", "echo {}; cat x | sh",
        "echo {} | python3 -c 'pass'", "echo {} | python3 x.py", "echo {} | sh -c cat",
        "diff <(sort {}) x; bash x", "echo {} || sh", "cat <<< {}", "echo {} | bash -c cat"}) {
    EXPECT_EQ(refusal({text}, with_shell("bash")), "") << text;
  }
}

TEST(Evaluation, TheHintForAHereDocumentDependsOnItsReader) {
  EXPECT_NE(refusal({"cat <<E\n{}\nE"}).find("write $1 there"), std::string::npos);
  for (const char* text : {"ssh host <<E\nrm {}\nE", "bash -s <<'E'\nrm {}\nE"}) {
    EXPECT_NE(refusal({text}).find("sh -c 'COMMAND \"$1\"' sh {}"), std::string::npos) << text;
  }
}

TEST(Evaluation, ShellsThatCalculateWhereOthersWantDigits) {
  for (const char* shell : {"mksh", "zsh", "/bin/ksh93"}) {
    for (const char* text :
         {"[ {} -eq 1 ]", "test 1 -lt {}", "shift {}", "exit {}", "printf %d {}",
          "printf '%s %5d' a {}", "[ -t {} ]", "repeat {} echo", "ulimit -n {}"}) {
      EXPECT_NE(refusal({text}, with_shell(shell)), "") << shell << ' ' << text;
      EXPECT_NE(refusal({shell, "-c", text}), "") << shell << ' ' << text;
    }
    for (const char* text :
         {"[ {} = 1 ]", "printf %s {}", "printf '%-5s%%' {}", "exit 1; echo {}"}) {
      EXPECT_EQ(refusal({text}, with_shell(shell)), "") << shell << ' ' << text;
    }
  }
  EXPECT_NE(refusal({"COLUMNS={} ls"}, with_shell("mksh")), "");
  EXPECT_EQ(refusal({"[ {} -eq 1 ] && exit {}"}, with_shell("bash")), "");
}

TEST(Evaluation, OptionsThatAreCommands) {
  for (const Words& words :
       {Words{"ssh", "-o", "ProxyCommand=nc {} 22", "host", "uptime"},
        Words{"git", "-c", "core.sshCommand=ssh -i {}", "fetch"},
        Words{"split", "--filter=gzip > {}.$FILE", "x"},
        Words{"tar", "-I", "zstd -T{}", "-cf", "x"},
        Words{"tar", "--to-command", "x {}", "-xf", "y"}, Words{"node", "-pe", "'{}'.length"},
        Words{"nu", "-c", "ls {}"}, Words{"pwsh", "-c", "ls {}"}, Words{"hyperfine", "gzip {}"},
        Words{"gdb", "-batch", "-ex", "shell {}"}, Words{"pee", "cat {}"},
        Words{"tmux", "new", "-d", "x {}"}, Words{"dc", "-e", "{}"}, Words{"vim", "-c", "e {}"},
        Words{"ansible", "all", "-a", "rm {}"}}) {
    EXPECT_NE(refusal(words), "") << words[0];
  }
  EXPECT_EQ(refusal({"tar", "-xf", "{}", "-C", "{.}"}), "");
  EXPECT_EQ(refusal({"split", "-b", "1M", "{}", "{}."}), "");
  EXPECT_EQ(refusal({"vim", "{}"}), "");
  EXPECT_EQ(refusal({"emacsclient", "-c", "{}"}), "");
  EXPECT_EQ(refusal({"tar", "-C/Images/{}", "-cf", "x", "."}), "");
  EXPECT_EQ(refusal({"ls", "localcommand/{}"}), "");
}

TEST(Evaluation, ShellsBehindOtherPrograms) {
  for (const Words& words :
       {Words{"perl", "-e", "exec @ARGV", "sh", "-c", "echo {}"},
        Words{"python3", "run.py", "bash", "-c", "echo {}"},
        Words{"runuser", "-u", "joe", "--", "sh", "-c", "echo {}"},
        Words{"env", "{}", "sh", "-c", "echo {}"}, Words{"{1}", "-c", "print('{2}')"},
        Words{"prlimit", "--nofile=9", "python3", "-c", "print('{}')"},
        Words{"my-wrapper", "perl", "-e", "print '{}'"},
        Words{"docker", "run", "--entrypoint", "sh", "image", "-c", "x {}"},
        Words{"docker", "run", "--entrypoint=bash", "image", "-lc", "x {}"},
        Words{"sshpass", "-p", "x", "ssh", "host", "rm {}"}}) {
    EXPECT_NE(refusal(words), "") << words[0] << ' ' << words.back();
  }
  EXPECT_EQ(refusal({"{1}", "-c", "{2}"}), "");
  EXPECT_EQ(refusal({"grep", "-e", "perl", "-e", "{}"}), "");
  EXPECT_EQ(refusal({"python3", "run.py", "{}"}), "");
}

// perl opens `command |` as a pipe.
TEST(Evaluation, FileNamesOfPerlsLoop) {
  EXPECT_NE(refusal({"perl", "-ne", "print", "{}"}), "");
  EXPECT_NE(refusal({"perl", "-pe", "s/a/b/", "x", "{}"}), "");
  EXPECT_NE(refusal({"perl", "-F:", "-lane", "print", "{}"}), "");
  EXPECT_EQ(refusal({"perl", "-i", "-pe", "s/a/b/", "{}"}), "");
  EXPECT_EQ(refusal({"perl", "-pi.bak", "-e", "s/a/b/", "{}"}), "");
  EXPECT_EQ(refusal({"perl", "-e", "print @ARGV", "{}"}), "");
  EXPECT_EQ(refusal({"perl", "x.pl", "-n", "{}"}), "");
  EXPECT_EQ(refusal({"perl -ne print < {}"}), "");
}

}  // namespace
}  // namespace spread
