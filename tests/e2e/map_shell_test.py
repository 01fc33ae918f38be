"""Which shell runs a script: --shell-path, $SPREAD_SHELL, bash for what only bash has, else sh."""

import os
import shutil
import unittest

from map_testing import MapTest, failures

FUNCTION = {"BASH_FUNC_myf%%": '() {  printf "f<%s>" "$@"; echo\n}'}


class Shells(MapTest):
    def says(self, out, *words, items=("a",), err="", **how):
        result = self.map("-j1", *words, ":::", *items, **how)
        self.assert_run(result, 0, out, err)

    def test_is_bash_for_what_only_bash_has(self):
        self.says("a.x a.y\n", "echo {}.{x,y}")
        self.says("y\n", "[[ {} == a* ]] && echo y")
        self.says("1 a\n", "v=(1 {}); echo \"${v[@]}\"")
        self.says("a\n", "cat <<< {}")
        self.says("a\n", "-c", "source", "/dev/null;", "echo")
        self.says("A\n", "x={}; echo ${x^^}")
        self.says("{a,b} a\n", "echo '{a,b}' {}")
        piped = self.spread("pipe", "cat <(cat); echo {a,b}", input="x\n")
        self.assert_run(piped, 0, "x\na b\n", "")
        lines = self.map(input="echo {a,b}\n[ a = a ] && echo y\n")
        self.assert_run(lines, 0, "a b\ny\n", "")

    def test_is_the_one_that_is_named(self):
        show = "case $BASH_VERSION in '') echo sh;; *) echo bash;; esac; : {a,b}"
        dash = shutil.which("dash")
        for how, environment, shell in (
            *(((), {}, "bash"), (("--shell-path", dash), {}, "sh")),
            ((), {"SPREAD_SHELL": dash}, "sh"),
            (("--shell-path", "bash"), {"SPREAD_SHELL": dash}, "bash"),
            ((), {"SPREAD_SHELL": ""}, "bash"),
        ):
            with self.subTest(how=how, environment=environment):
                self.says(f"{shell}\n", *how, show, env={**self.environment, **environment})
        fish = self.map("echo {} x", ":::", "a", env={**self.environment, "SPREAD_SHELL": "fish"})
        self.assert_run(
            fish, 255, "", "spread: SPREAD_SHELL: 'fish' is no POSIX shell, and takes no item as \"$1\"\n"
        )

    def test_runs_exported_functions(self):
        how = {"env": {**self.environment, **FUNCTION}}
        self.says("f<a b>\n", "myf", items=("a b",), **how)
        self.says("f<x>f<a b>\n", "myf", "x", items=("a b",), **how)
        self.says("f<a b>f<x>\n", "myf", "{}", "x", items=("a b",), **how)
        self.says("f<a>\n", "x=1; myf {} | cat", **how)
        self.says("f<a>\n", "--limit-cpu", "9", "myf", "{}", **how)
        program = self.script("myf", "#!/bin/sh\necho program\n")
        path = {"PATH": os.path.dirname(program) + ":" + os.environ["PATH"]}
        self.says("program\n", "myf", "{}", "x", env={**how["env"], **path})

    def test_that_is_missing_is_a_failed_job_that_says_what_for(self):
        folder = os.path.join(self.folder, "bin")
        os.mkdir(folder)
        how = {"env": {**self.environment, "PATH": folder}}
        why = (
            "cannot start bash: No such file or directory, which this machine has not and the script "
            "needs: it has [[ (--shell-path names another shell)"
        )
        result = self.map("[[ {} ]]", ":::", "a", **how)
        self.assert_run(result, 1, "", failures((1, why, "bash -c '[[ '\\''a'\\'' ]]'"), of=1))

    def test_that_is_missing_on_another_machine_is_told_there(self):
        folder = os.path.join(self.folder, "bin")
        os.mkdir(folder)
        for name in ("env", "sh"):
            os.symlink(shutil.which(name), os.path.join(folder, name))
        how = ("-j1", "-S", "1/there", "--launch", f"env PATH={folder}")
        result = self.map(*how, "[[ {} ]]", ":::", "a")
        told = (
            "sh: cannot start bash, which this machine has not and the script needs: it has [[ "
            "(--shell-path names another shell)"
        )
        summary = failures((1, "exit status 127", "bash -c '[[ '\\''a'\\'' ]]'"), of=1)
        self.assert_run(result, 1, "", told + "\n" + summary)

    def test_name_of_a_script_is_its_shells(self):
        self.says("sh\n", "echo $0; : {}")
        self.says("bash\n", "echo $0; : {a,b} {}")
        told = "sh: 1: nosuch: not found\n"
        result = self.map("nosuch {} x", ":::", "a")
        self.assert_run(result, 1, "", told + failures(
            (1, "exit status 127", "nosuch a x"), of=1))

    def test_is_told(self):
        for words, note in (
            (("echo {a,b}",), "the shell of the script is bash, for {x,y}"),
            (("echo {} x",), "the shell of the script is /bin/sh"),
            (("--shell-path", "dash", "echo {} x"), "the shell of the script is dash (--shell-path)"),
            ((), "each item is a command line for /bin/sh, or for bash where only that has what it says"),
        ):
            dry = self.map("--dry-run", *words, ":::", "true")
            self.assert_run(dry, 0, err=f"spread: {note}\n")
            self.assertIn(f"spread: {note}\n", self.map("--explain", *words, ":::", "true").err)
        self.assert_run(self.map("--dry-run", "echo", "{}", ":::", "a"), 0, "echo a\n", "")


if __name__ == "__main__":
    unittest.main()
