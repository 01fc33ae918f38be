"""What `spread map` makes of a command and an item: docs/templates.md, line by line, through the
real program."""

import os
import unittest

from map_testing import MapTest, failures

ITEM = "/a/b.c/d.tar.gz"
# What would be seen if any of it were read by a shell.
NASTY = """a'b"c$HOME`echo x`$(echo y);*\\ \t&|<>#~!{}"""


class Templates(MapTest):
    def says(self, out, *words, items=("a",), input="", **how):
        """The command, for each of the items, prints exactly this."""
        then = (":::", *items) if items is not None else ()
        result = self.map("-j1", *words, *then, input=input, **how)
        self.assert_run(result, 0, out, "")

    def refuse(self, *words, told, items=("a",)):
        """Before anything has run. `told`: a regular expression for the whole line."""
        path = self.path("started")
        first, *rest = words
        result = self.map(f"--wd={self.folder}", first, *rest, ":::", *items)
        self.assert_run(result, 255, "")
        self.assert_only_told(result, "spread: " + told)
        self.assertFalse(os.path.exists(path))


class Placeholders(Templates):
    def test_each(self):
        for placeholder, becomes in (
            *(("{}", ITEM), ("{.}", "/a/b.c/d.tar"), ("{..}", "/a/b.c/d"), ("{/}", "d.tar.gz")),
            *(("{//}", "/a/b.c"), ("{/.}", "d.tar"), ("{/..}", "d"), ("{%.tar.gz}", "/a/b.c/d")),
            *(("{%.zip}", ITEM), ("{#}", "1"), ("{%}", "1"), ("{1}", ITEM), ("{-1}", ITEM)),
            *(("{1.}", "/a/b.c/d.tar"), ("{1/}", "d.tar.gz"), ("{1//}", "/a/b.c")),
            *(("{1/.}", "d.tar"), ("{-1/.}", "d.tar"), ("{2}", "")),
        ):
            for words in (("echo", f"<{placeholder}>"), (f'echo "<{placeholder}>"',)):
                with self.subTest(words):
                    self.says(f"<{becomes}>\n", *words, items=(ITEM,))

    def test_names_without_directory_or_extension(self):
        for item, shown in (
            *(("bare", ". bare bare bare"), (".hidden", ". .hidden  ")),
            *(("a.b/c", "a.b c a.b/c c"), ("/x", "/ x /x x")),
            ("a b/c d.e", "a b c d.e a b/c d c d"),
        ):
            with self.subTest(item):
                self.says(shown + "\n", "echo", "{//} {/} {.} {/.}", items=(item,))

    def test_of_several_values(self):
        command = ("echo", "{2}-{1}", "{2.}", "{-1/}", "{1//}")
        self.says("b.c-a/x b b.c a\n", *command, items=("a/x", ":::", "b.c"))
        self.says("2-1 2\n-3 3\n", "-N2", "echo", "{2}-{1} {-1}", items=("1", "2", "3"))

    def test_word_that_is_a_placeholder_becomes_several(self):
        show = ("-q", "sh", "-c", r'printf "<%s>" "$@"', "sh")
        self.says("<a b><c>", "-n2", *show, items=("a b", "c"))
        self.says("<-a b c->", "-n2", *show, "-{}-", items=("a b", "c"))
        self.says("<x><y>", "-n2", *show, "x", "{2}", "y", items=("a",))

    def test_number_and_slot(self):
        self.says("1 1 x\n2 1 y\n", "echo", "{#} {%} {}", items=("x", "y"))

    def test_anywhere_often_and_inside_a_word(self):
        self.says("xay aa a\n", "echo", "x{}y", "{}{}", "{}")
        self.says("xay aa a\n", "echo x{}y {}{} {}")

    def test_put_behind_when_there_is_none(self):
        self.says("x a b\n", "echo", "x", items=("a b",))
        self.says("x a  b\n", "echo x", items=("a  b",))
        self.says("x a  b\n", "-c", "echo", "x", items=("a  b",))

    def test_braces_that_are_text(self):
        words = ("{print $1}", '{"a":1}', "{a,b}", "{1..3}", "{0}", "{foo}", "{% if %}", "\\{")
        self.says(" ".join(words) + " a\n", "-q", "echo", *words)

    def test_what_a_value_brings_in_is_not_looked_at_again(self):
        self.says("{#} {2} {}\n", "echo", items=("{#} {2} {}",))
        self.says("{#}.x{#}\n", "echo {}{.}", items=("{#}.x",))

    def test_another_sign_for_the_item(self):
        self.says("a {} 1 a\n", "-I", "@", "echo", "@", "{}", "{#}", "{.}")
        self.says("<a>\n", "-IXX", "echo '<XX>'")

    def test_program_may_be_the_item(self):
        self.says("hello\n", "-q", "{}", "hello", items=("echo",))

    def test_a_tag_has_the_item_whatever_stands_for_it(self):
        self.says("a\tx a\n", "--tag", "-I", "@", "echo", "x", "@")


class Modes(Templates):
    def test_two_words_are_executed_without_a_shell(self):
        self.says("* $HOME > \\ a\n", "echo", "*", "$HOME", "> \\")

    def test_a_script_of_one_word(self):
        self.says("x: a\n", "echo {} | sed 's/^/x: /'")

    def test_a_program_of_one_word(self):
        program = self.script("say", '#!/bin/sh\necho "say $1"\n')
        self.says("say a;b\n", program, items=("a;b",))
        self.environment["PATH"] = self.folder + ":" + os.environ["PATH"]
        self.says("say a;b\n", "say", items=("a;b",))

    def test_shell_joins_the_words(self):
        for option in ("-c", "--shell"):
            with self.subTest(option):
                self.says("2\n", option, "printf", "'%s\\n'", "{}", "x", "|", "wc", "-l")

    def test_quote_is_always_without_a_shell(self):
        program = self.script("a b;c", "#!/bin/sh\necho $#\n")
        for option in ("-q", "--quote"):
            with self.subTest(option):
                self.says("1\n", option, program)
                self.says("a | b\n", option, "echo", "{}", "|", "b")

    def test_shell_words_without_a_shell_are_refused(self):
        for word in ("|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1", ">/dev/null", "<{}", "|&",
                     "<<<", "2>>", "1>&2", "&>x", ">x", "|wc", "<(sort x)"):
            with self.subTest(word):
                told = r"'.*' means something to a shell only, .*: -c .*, -q .*"
                self.refuse("touch", "started", word, "x", told=told)
        self.refuse("FOO=bar", "touch", "started", told="'FOO=bar' is no program, .* put 'env' in .*")
        self.says("bar a\n", "env", "FOO=bar", "sh", "-c", "echo $FOO {}")
        for word in ("cd", "source", "export"):
            self.refuse(word, "{}", told=f"'{word}' is a word of the shell and no program, .*: -c .*")

    def test_shell_path(self):
        self.says("bash 1\n", "--shell-path", "bash", 'echo ${BASH_VERSION:+bash} $(({#})) # {}')
        self.says("x\n", "--shell-path=/bin/bash", "[[ {} == a ]] && echo x")

    def test_functions_that_bash_exported(self):
        self.environment["BASH_FUNC_greet%%"] = '() { echo "hello $1"; }'
        self.says("hello a  b\n", "--shell-path", "/bin/bash", "greet {};:", items=("a  b",))

    def test_shells_that_are_no_posix_shells(self):
        for shell in ("fish", "/usr/bin/csh", "tcsh"):
            with self.subTest(shell):
                told = r"--shell-path: '.*' is no POSIX shell.*"
                self.refuse("--shell-path", shell, "touch started {}", told=told)

    def test_sh_c_among_the_words(self):
        for shell in (("sh",), ("/bin/sh",), ("dash",), ("bash", "-o", "pipefail"), ("env", "sh")):
            with self.subTest(shell):
                self.says(f"{NASTY}\n", *shell, "-c", "printf '%s\\n' {}", items=(NASTY,))

    def test_sh_c_with_arguments_of_its_own(self):
        self.says("a x y 1\n", "sh", "-c", "echo {} $0 $1 $#", "x", "y")
        self.says("a b\n", "sh", "-c", 'echo "$1"', "sh", items=("a b",))
        self.says("a b\n", "sh", "-c", 'echo "$0"', items=("a b",))


class Quotes(Templates):
    """In whatever quotes the placeholder stands, the item arrives as it is."""

    def test_bare_and_in_each_kind_of_quotes(self):
        for script, before, after in (
            *(("printf %s {}", "", ""), ('printf %s "<{}>"', "<", ">")),
            *(("printf %s '<{}>'", "<", ">"), ("printf %s \\<{}\\>", "<", ">")),
            *(('printf %s "$(printf %s {})"', "", ""), ('printf %s "$(printf %s "{}")"', "", "")),
            *(("x={}; printf %s \"$x\"", "", ""), ("f() { printf %s {}; }; f other", "", "")),
            ("set -- other; printf %s {}", "", ""),
            ("case {} in *) printf %s '{}';; esac", "", ""),
            *(("for i in {}; do printf %s \"$i\"; done", "", ""),),
            *(("# it's\nprintf %s {}", "", ""), ("printf %s {} # '{}", "", "")),
            *(("printf %s {} >/dev/stdout", "", ""), ("if :; then printf %s {}; fi", "", "")),
        ):
            with self.subTest(script):
                self.says(before + NASTY + after, script, items=(NASTY,))

    def test_dollar_quotes_of_bash(self):
        script = r"printf %s $'<\t{}>'"
        self.says("<\t" + NASTY + ">", "--shell-path", "bash", script, items=(NASTY,))

    def test_computed_parts_and_the_item_in_one_script(self):
        script = "printf '%s|' {} {.} \"{/}\" '{//}'; printf %s \"$1\""
        self.says("a '/b.c|a '/b|b.c|a '|a '/b.c", script, items=("a '/b.c",))

    def test_positional_parameters_are_the_values(self):
        self.says("2 x|y\n", "-N2", 'echo "$# $1|$2"', items=("x", "y"))
        self.says("a b\n", 'echo "$SPREAD_ITEM"', items=("a b",))

    def test_nothing_can_be_put_behind(self):
        for script in ("touch started;", "for x in 1; do touch started; done", "touch started &"):
            with self.subTest(script):
                told = r"the command '.*' has no \{\}, and nothing can be put behind .*"
                self.refuse(script, told=told)


class Refused(Templates):
    """Where an item would be read as code."""

    SCRIPTS = (
        ("cat <<E\n{}\nE", r"\{\} stands in a here-document, .*\$1.*--allow-paste\)"),
        ("echo `ls {}`", r"\{\} stands in backquotes, .*\$\(\.\.\.\).*--allow-paste\)"),
        ("echo ${x:-{}}", r'\{\} stands in \$\{\.\.\.\}, .*"\$1".*--allow-paste\)'),
        ("echo $(({}))", r"\{\} stands in arithmetic, .*--allow-paste\)"),
        ('eval "x {}"', r"eval reads 'x \{\}' as code, .*--allow-paste\)"),
        ("trap 'x {}' EXIT", r"trap reads 'x \{\}' as code, .*--allow-paste\)"),
    )
    WORDS = (
        *(("ssh", "host", "rm", "{}"), ("ssh", "host", "sh", "-c", "x", "{}")),
        *(("su", "-c", "x {}"), ("watch", "x", "{}"), ("flock", "f", "-c", "x {}")),
        *(("docker", "exec", "c", "sh", "-c", "x {}"), ("python3", "-c", "print({})")),
        *(("perl", "-e", "{}"), ("ruby", "-e", "{}"), ("node", "-e", "{}"), ("php", "-r", "{}")),
        *(("lua", "-e", "{}"), ("awk", '{print "{}"}'), ("sed", "s/{}/x/"), ("jq", ".{}")),
        *(("psql", "-c", "select {}"), ("sqlite3", "db", "select {}"), ("sh", "-c", "{}")),
        ("-q", "find", ".", "-exec", "sh", "-c", "x {}", ";"),
    )

    def test_in_scripts(self):
        for script, told in self.SCRIPTS:
            with self.subTest(script):
                self.refuse("touch started; " + script, told=told)

    def test_in_scripts_of_bash(self):
        for script in ("((x={}))", "[[ {} -eq 1 ]]", "let x={}", "a[{}]=1"):
            with self.subTest(script):
                told = r".*\{\}.*as code.*--allow-paste\)"
                self.refuse("--shell-path", "bash", "touch started; " + script, told=told)

    def test_in_words(self):
        for words in self.WORDS:
            with self.subTest(words):
                code = r"(\S+ reads '.*\{\}.*' as code, and the item with it: .*"
                self.refuse(*words, told=code + r"|\{\} as a whole script .*)--allow-paste\)")

    def test_put_behind_ssh(self):
        self.refuse("ssh", "host", "rm", told=r"ssh reads '\{\}' as code, .*-S.*")

    def test_numbers_are_allowed_everywhere(self):
        self.says("1\n", "python3", "-c", "print({#})")
        self.says("1-1\n", "cat <<E\n{#}-{%}\nE\n: {}")

    def test_what_stands_beside_the_code_is_allowed(self):
        self.says("a;b\n", "python3", "-c", "import sys; print(sys.argv[1])", "{}", items=("a;b",))
        file = self.file("a b", "x y\n")
        self.says("y\n", "awk", "{print $2}", "{}", items=(file,))

    def test_allow_paste(self):
        self.says("a b\n", "--allow-paste", "cat <<E\n{}\nE", items=("a b",))
        self.says("3\n", "--allow-paste", "python3", "-c", "print({})", items=("1+2",))
        self.says("a;  b\n", "--allow-paste", 'eval "echo {}"', items=("a;  b",))


class Shown(Templates):
    def test_dry_run_prints_what_would_run_and_runs_nothing(self):
        path = self.path("started")
        item = "it's a $HOME"
        for words, line in (
            (("touch", path), f"touch {path} 'it'\\''s a $HOME'"),
            (("echo {} | wc",), "echo 'it'\\''s a $HOME' | wc"),
            (('echo "<{}>"',), """echo "<it's a \\$HOME>\""""),
        ):
            with self.subTest(words):
                result = self.map("--dry-run", *words, ":::", item)
                told = "" if len(words) > 1 else "spread: the shell of the script is /bin/sh\n"
                self.assert_run(result, 0, line + "\n", told)
        self.assertFalse(os.path.exists(path))

    def test_dry_run_pasted_into_a_shell_does_what_is_run(self):
        items = ("it's a $HOME", 'b"c', "x\\y;z")
        for words in (("printf", "%s\\n"), ('printf "<%s>" {} "{}" \'{}\' {.}',),
                      ("sh", "-c", "echo {} $0", "x"), ("-c", "echo", "{}", "|", "cat"),
                      ('echo "$1" $#',)):
            with self.subTest(words):
                run = self.map("-j1", *words, ":::", *items)
                dry = self.map("-j1", "--dry-run", *words, ":::", *items)
                file = self.file("script", dry.raw)
                again = self.map("-j1", "-q", "sh", ":::", file)
                self.assertEqual(again.raw, run.raw, dry)

    def test_verbose(self):
        for option in ("-t", "-v", "--verbose"):
            with self.subTest(option):
                result = self.map("-j1", option, "echo", "x", ":::", "a b", "c")
                self.assert_run(result, 0, "x a b\nx c\n", "echo x 'a b'\necho x c\n")


class Environment(Templates):
    def test_item_number_and_slot(self):
        names = ("SPREAD_ITEM", "SPREAD_SEQ", "SPREAD_SLOT", "PARALLEL_SEQ", "PARALLEL_JOBSLOT")
        script = "; ".join(f"printenv {name}" for name in names)
        self.says("a b\n1\n1\n1\n1\nc\n2\n1\n2\n1\n", script + "; : {}", items=("a b", "c"))

    def test_stdin(self):
        self.says("a b\n", "--stdin", "cat", items=("a b",))
        self.says("x 4\n", "--stdin", "wc -c | sed 's/^/x /'", items=("abc",))

    def test_stdin_of_a_job_is_empty(self):
        # The rest of the list is not for the first job.
        self.says("a\nb\n", "cat; echo {}", items=None, input="a\nb\n")


class Limits(Templates):
    LONGEST = 131071  # MAX_ARG_STRLEN, less the NUL

    def test_longest_argument(self):
        item = "x" * self.LONGEST
        self.says(item + "\n", "echo", items=None, input=item)
        self.says(f"{self.LONGEST}\n", "echo ${#1}", items=None, input=item)

    def test_longer_one_is_a_failed_job_that_names_the_limit(self):
        result = self.map("-j1", "echo", input="a\n" + "x" * (self.LONGEST + 1) + "\nb\n")
        self.assertEqual((result.status, result.out), (1, "a\nb\n"), result)
        told = r"spread: 1 of 3 jobs failed \(job 2\): .*131072 bytes.* 131071 .*MAX_ARG_STRLEN.*--stdin.*"
        self.assert_told(result, told)

    def test_item_too_long_for_the_variable_is_not_taken_for_an_empty_one(self):
        item = "x" * 131071
        result = self.map('echo "/data/$SPREAD_ITEM"', input=f"a\n{item}\nb\n")
        self.assertEqual((result.status, result.out), (1, "/data/a\n/data/b\n"), result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 2\))?|job 2): the item has 131071 bytes, .*SPREAD_ITEM can have 131056.*")
        self.says("131072\n", "--stdin", "wc -c", items=None, input=item)  # it does not look at it

    def test_stdin_takes_an_item_of_any_length(self):
        item = "x" * 3000000
        self.says(item + "\n", "--stdin", "cat", items=None, input=item)

    def test_shell_that_is_not_there(self):
        result = self.map("--shell-path", "/nowhere/sh", "echo {};", ":::", "a")
        how = "cannot start /nowhere/sh: No such file or directory"
        self.assert_run(result, 1, "", failures((1, how, "/nowhere/sh -c 'echo a;'"), of=1))


if __name__ == "__main__":
    unittest.main()
