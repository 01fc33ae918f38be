"""No item is ever executed as code. Items made at random, of the bytes that shells, printf and
tables care for, go through the real program in every mode; each must arrive as it is, and nothing
else may happen. A seed is printed and can be given: SPREAD_SEED=7."""

import os
import random
import shlex
import unittest

from map_testing import MapTest

# Any of these, read by a shell, would leave a file behind.
CODE = (
    *(b"$(touch TRACE)", b"`touch TRACE`", b";touch TRACE;", b"\ntouch TRACE\n", b"|touch TRACE"),
    *(b"&&touch TRACE&", b"';touch TRACE;'", b'";touch TRACE;"', b"';touch TRACE;\"", b">TRACE"),
    *(b"<(touch TRACE)", b"${x:=`touch TRACE`}", b"a[$(touch TRACE)]", b"$((a[$(touch TRACE)]))"),
    *(b"\ntouch TRACE #", b"EOF\ntouch TRACE\n", b"{}$(touch TRACE)", b"%s%n$(touch TRACE)"),
)
PIECES = (
    *(b"'", b'"', b"\\", b"$", b"`", b" ", b"\t", b"\n", b"\r", b";", b"&", b"|", b"<", b">"),
    *(b"(", b")", b"{", b"}", b"{}", b"{#}", b"{1}", b"{.}", b"*", b"?", b"[", b"]", b"~", b"#"),
    *(b"!", b"=", b"%", b"%s", b"-", b"--", b"/", b".", b",", b"a", b"b c", b"$1", b"$@", b"${1}"),
    *(b"\\n", b"\\'", b"\x01", b"\x7f", b"\xff", b"\xc3\xa4", b"\xc3", b"\x1b[2J", b"$'", b'$"'),
)


class Safety(MapTest):
    COUNT = 120

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("SPREAD_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"SPREAD_SEED={seed}", flush=True)
        made = random.Random(seed)
        self.items = [b"", *CODE]
        while len(self.items) < self.COUNT:
            pieces = made.choices(PIECES, k=made.randrange(1, 12))
            if made.random() < 0.5:
                pieces.insert(made.randrange(len(pieces) + 1), made.choice(CODE))
            self.items.append(b"".join(pieces))
        self.input = b"\0".join(self.items) + b"\0"

    def run_all(self, *words, items=None, told=""):
        """The run's stdout; nothing has gone wrong, and nothing has been executed."""
        data = self.input if items is None else b"\0".join(items) + b"\0"
        result = self.map("-0", "-j2", *words, input=data)
        self.assert_no_trace(words)
        self.assertEqual((result.status, result.err), (0, told), (words, result))
        return result.raw

    def assert_no_trace(self, words):
        self.assertFalse(os.path.exists(self.path("TRACE")), words)

    def arrive(self, *words, of=lambda item: item, items=None):
        """What the jobs print, each followed by NUL, are the items."""
        raw = self.run_all(*words, items=items)
        wanted = [of(item) for item in (self.items if items is None else items)]
        self.assertEqual(raw.split(b"\0")[:-1], wanted, words)


class AsArguments(Safety):
    def test_words(self):
        self.arrive("printf", r"%s\0")
        self.arrive("printf", r"%s\0", "x{}y", of=lambda item: b"x" + item + b"y")
        self.arrive("-q", "printf", r"%s\0")
        self.arrive("-I", "@", "printf", r"%s\0", "@")

    def test_environment(self):
        self.arrive(r'printf "%s\0" "$SPREAD_ITEM"')

    def test_stdin(self):
        self.arrive("--stdin", "cat; printf '\\0'", of=lambda item: item + b"\n")

    def test_several_at_once(self):
        self.arrive("-n7", "printf", r"%s\0")
        self.arrive("-X", "printf", r"%s\0")

    def test_working_directory(self):
        # As a name of a directory that is not there.
        result = self.map("-0", "--wd", "/nowhere/{}", "true", input=self.input)
        self.assertEqual((result.status, result.out), (101, ""))
        self.assert_no_trace("--wd")


class InScripts(Safety):
    SCRIPTS = (
        *(r"printf '%s\0' {}", r'printf "%s\0" "{}"', r"printf '%s\0' '{}'"),
        *(r"x={}; printf '%s\0' " + '"$x"', r"for i in {}; do printf '%s\0' {}; done"),
        *(r"if :; then printf '%s\0' {}; fi # {}", r"f() { printf '%s\0' {}; }; f"),
        *(r"case {} in *) printf '%s\0' {};; esac", r"set -- a b; printf '%s\0' {}"),
        *(r"{ printf '%s\0' {}; } 2>&1", r"(printf '%s\0' {})", r": {} && printf '%s\0' {}"),
    )

    def test_of_sh(self):
        for script in self.SCRIPTS:
            with self.subTest(script):
                self.arrive(script)

    def test_of_other_shells(self):
        for shell in ("bash", "dash", "zsh", "ksh"):
            if not any(os.path.exists(f"{d}/{shell}") for d in ("/bin", "/usr/bin")):
                continue
            for script in self.SCRIPTS:
                with self.subTest(shell=shell, script=script):
                    self.arrive("--shell-path", shell, script)

    def test_in_text_around_it(self):
        for script in (r'printf "%s\0" "<{}>"', r"printf '%s\0' '<{}>'", r"printf '%s\0' \<{}\>"):
            with self.subTest(script):
                self.arrive(script, of=lambda item: b"<" + item + b">")

    def test_of_sh_c_among_the_words(self):
        for shell in (("sh",), ("bash", "-e"), ("env", "X=1", "dash")):
            for script in self.SCRIPTS:
                with self.subTest(shell=shell, script=script):
                    self.arrive(*shell, "-c", script)

    def test_of_shell(self):
        self.arrive("-c", "printf", r"'%s\0'", "{}")
        self.arrive("-c", "printf", r"'%s\0'", '"{}"')

    def test_computed_parts(self):
        items = [item for item in self.items if item]
        script = r"printf '%s\0' {//} {/} {.} '{/.}' " + '"{..}"'
        raw = self.run_all(script, items=items).split(b"\0")[:-1]
        self.assertEqual(len(raw), 5 * len(items))
        for number, item in enumerate(items):
            name = item.rpartition(b"/")[2]
            self.assertEqual(raw[5 * number + 1], name)
            self.assertTrue(item.startswith(raw[5 * number + 2]))

    def test_with_paste_allowed_a_quoted_place_is_still_quoted(self):
        self.arrive("--allow-paste", r'eval "printf %s\\\\0 {}"')


class Told(Safety):
    """Where an item is only shown."""

    def test_tag(self):
        items = [item for item in self.items if b"\n" not in item and b"\r" not in item]
        raw = self.run_all("--tag", "echo x; : {}", items=items)
        self.assertEqual(raw, b"".join(item + b"\tx\n" for item in items))

    def test_joblog_and_resume(self):
        words = ("--jl", "log", "true")
        self.assertEqual(self.run_all(*words), b"")
        lines = self.read("log", "rb").split(b"\n")
        self.assertEqual(len(lines), len(self.items) + 2)
        self.assertEqual({line.count(b"\t") for line in lines[:-1]}, {8})
        # Every job is found again, and so none of them runs.
        raw = self.run_all("--jl", "log", "--resume", "true")
        self.assertEqual(raw, b"")
        after = [line for line in self.read("log", "rb").split(b"\n") if line[:3] != b"Seq"]
        self.assertEqual(len(after), len(self.items) + 1)

    def test_resume_takes_no_item_for_another(self):
        script = r"printf '%s\0' {}"
        self.arrive("--jl", "log", script)
        self.assertEqual(self.run_all("--jl", "log", "--resume", script), b"")
        # Each item one place further: none is the same job, but where two are the same.
        moved = [*self.items[1:], b"last"]
        wanted = [new for new, old in zip(moved, self.items) if new != old]
        raw = self.run_all("--jl", "log", "--resume", script, items=moved)
        self.assertEqual(raw.split(b"\0")[:-1], wanted)

    def test_dry_run_is_a_script_that_does_the_same(self):
        for words in (("printf", r"%s\0"), (r"printf '%s\0' {}",), (r'printf "%s\0" "{}"',),
                      ("sh", "-c", r"printf '%s\0' '{}'")):
            with self.subTest(words):
                script = len(words) == 1
                told = "spread: the shell of the script is /bin/sh\n" if script else ""
                raw = self.run_all("--dry-run", *words, told=told)
                file = self.file("script", raw)
                again = self.map("-j1", "-q", "sh", ":::", file)
                self.assert_no_trace(words)
                self.assertEqual(again.raw.split(b"\0")[:-1], self.items, words)

    def test_events_records_and_summary(self):
        result = self.map(
            *("-0", "-j1", "--events", "log", "--out=records", "-t"),
            *("sh", "-c", "exit 1; : {}"), input=self.input,
        )
        self.assert_no_trace("--events")
        self.assertEqual(result.status, 101)
        self.assertEqual(len(result.values), len(self.items))

    def test_results(self):
        self.run_all("--results", "d", "true")
        self.assertEqual(len(os.listdir(self.path("d"))), len(self.items))


class CommandLines(Safety):
    def test_items_that_are_command_lines_are_what_shlex_makes_of_them(self):
        # Without a command the item is code: it is then that quoting is the user's.
        items = [b"printf '%s\\0' " + shlex.quote(os.fsdecode(i)).encode("utf-8", "surrogateescape")
                 for i in self.items]
        raw = self.run_all(items=items)
        self.assertEqual(raw.split(b"\0")[:-1], self.items)


if __name__ == "__main__":
    unittest.main()
