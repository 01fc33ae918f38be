"""Items that are code for one place or another, in scripts of many shapes, in every shell that is
installed: what is not refused must leave no trace. tests/unit/templates/evaluation_test.cc says what
is refused; here only the shells know the answer."""

import os
import shutil
import unittest

from map_testing import MapTest

ITEMS = (
    *("$(touch TRACE)", "`touch TRACE`", "; touch TRACE;", "'; touch TRACE; '"),
    *('"; touch TRACE; "', "\ntouch TRACE\n", "a[$(touch TRACE)]", "x[$(touch TRACE)]=1"),
    *("($(touch TRACE))", "[$(touch TRACE)]=1", "touch TRACE |", "EOF\ntouch TRACE\n"),
)
SHELLS = ("sh", "dash", "bash", "ksh", "mksh", "zsh", "yash")
SHAPES = (
    # numbers
    *("[ {} -eq 1 ]", "test 1 -lt {}", "[[ {} -eq 1 ]]", "time [[ 1 -lt {} ]]", "printf %d {}"),
    *("exit {}", "f() { return {}; }; f", "shift {}", "for i in 1; do break {}; done", "let x={}"),
    *("echo $(( {} ))", "echo $[ x[0] + {} ]", "((x = {}))", "(\\\n(x = {}))", "repeat {} echo"),
    *("a[{}]=1", "a[{}]+=1", "a=([{}]=1)", "a[1]={}", "a=({})", "ulimit -n {}", "[ -t {} ]"),
    # variables
    *("x={}; echo $x", "typeset -i x={}", "typeset -i x; x={}", "integer x={}", "typeset -n x={}"),
    *("typeset -a x={}", "typeset -a x; typeset x={}", "export x={}", "readonly x={}", "export {}"),
    *("typeset -i x; for x in {}; do :; done", "typeset -i x; read x <<< {}", "RANDOM={}"),
    *("OPTIND={}", "SECONDS={}", "HISTSIZE={}", "COLUMNS={}", "read {} <x", "unset {}", "IFS={}"),
    *("BASH_ENV={} bash -c :", "ENV={} sh -i -c :", "builtin typeset {}", "typeset -A x={}"),
    # read once more
    *("eval {}", "trap {} EXIT", "alias x={}", "compgen -W {}", "echo x >&{}", "echo x > o{#} 2>&{}"),
    *("echo {} | sh", 'bash <<< "echo {}"', "source <(echo {})", "sh -c 'echo {}'", "emulate -c {}"),
    *("cat <<E\n{}\nE", "cat <<'E'\n{}\nE", "cat <\\\n<E\n{}\nE", "echo `echo {}`", "${x:-{}}"),
    # quotes and places
    *("echo {}", 'echo "{}"', "echo '{}'", "echo $'{}'", 'echo "$(echo {})"', "echo \\{}", "case {} in {}) ;; esac"),
    *('echo $"{}"', "echo x{}y", "cat < {}", "[ {} = x ]", "test -n {}", "[[ x = {} ]]", "[[ x =~ {} ]]"),
    *("printf %s {}", "printf {}", "print {}", "type {}", "hash {}", "f() { echo {}; }; f x", "set -x; : {}"),
    *("perl -ne 1 {}", "x[0{}]=1", "{}=1", "x{}=1", "diff <(echo {}) <(echo {})", "echo {} # {}"),
)


class Evaluation(MapTest):
    def check(self, *words):
        # Where the shape makes a job wait or fail nothing is amiss: it is the trace that counts.
        self.map("--timeout", "20", *words, ":::", *ITEMS)
        if os.path.exists(self.path("TRACE")):
            os.unlink(self.path("TRACE"))
            self.fail(words)

    def test_scripts(self):
        self.file("x", "y\n")
        for shell in filter(shutil.which, SHELLS):
            for shape in SHAPES:
                with self.subTest(shell=shell, shape=shape):
                    self.check("-c", "--shell-path", shell, shape)

    def test_a_shell_among_the_words(self):
        for shell in filter(shutil.which, SHELLS):
            for shape in SHAPES[:20]:
                with self.subTest(shell=shell, shape=shape):
                    self.check(shell, "-c", shape)


if __name__ == "__main__":
    unittest.main()
