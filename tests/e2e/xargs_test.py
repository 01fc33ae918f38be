"""`spread xargs` beside GNU xargs: what both print, say and exit with."""

import os
import pty
import random
import shutil
import subprocess
import unittest

from spread_testing import SPREAD, Gate, SpreadTest, living_processes

XARGS = shutil.which("xargs", path="/usr/bin:/bin")


class XargsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        # Called by that name, so that messages begin with it.
        os.mkdir(self.path("bin"))
        self.ours = self.path("bin/xargs")
        os.symlink(SPREAD, self.ours)
        self.environment["LC_ALL"] = "C.UTF-8"

    def run_one(self, program, words, input, **how):
        data = input if isinstance(input, bytes) else input.encode()
        # GNU xargs says its path in front of messages, getopt does, too.
        return subprocess.run(
            ["xargs", *words],
            executable=program,
            input=data,
            capture_output=True,
            cwd=self.folder,
            env=self.environment,
            **how,
        )

    def both(self, *words, input="", **how):
        """The same from both; that of spread."""
        theirs = self.run_one(XARGS, words, input, **how)
        ours = self.run_one(self.ours, words, input, **how)
        seen = (ours.returncode, ours.stdout, ours.stderr)
        # One of their messages ends in a newline of its own.
        told = theirs.stderr.replace(b"is used.\n\n", b"is used.\n")
        self.assertEqual(seen, (theirs.returncode, theirs.stdout, told), (words, input))
        return ours


class AsGnu(XargsTest):
    def test_words_quotes_and_lines(self):
        for input in ("", "\n", "a b\n c\td", "'a b' \"c\"\\ d\n", "a''b ''\n", "''", "a \nb\nc"):
            for words in ((), ("-r",), ("-n1",), ("-n2", "echo", "x"), ("-L1",), ("-L2",), ("-l",)):
                self.both(*words, input=input)

    def test_unmatched_quotes(self):
        for input in ("a 'b", 'a\nb "c\nd', "'", "x '"):
            for words in ((), ("-n1",), ("-x",), ("-I{}", "echo", "{}"), ("-0",)):
                self.both(*words, input=input)

    def test_null_and_delimiter(self):
        self.both("-0", "-n1", input=b"a b\0'c\0\0d\ne")
        for delimiter in ("x", "\\n", "\\t", "\\x41", "\\101", "\\0", "\\\\", "\\nfoo"):
            self.both("-d", delimiter, "-n1", input="axbA\tc\\d\ne")
        for wrong in ("xy", "\\x", "\\xfff", "\\q", "\\9", "\\400", "\\x4g", ""):
            self.both("-d", wrong, input="a")

    def test_replacement(self):
        for words in (("-I{}", "echo", "<{}>{}"), ("-i", "echo", "{}"), ("-iX", "echo", "X", "y")):
            self.both(*words, input=" a  'b c' \n\n  \nd\\\ne")
        self.both("-I{}", "{}", "x", input="echo\n")
        self.both("-I", "{}", "-s", "20", "echo", "{}{}{}", input="abcdefgh\n")

    def test_end_marks(self):
        for words in (("-E", "_"), ("-E_", "-n1"), ("-e_",), ("-e",), ("-E", ""), ("--eof=_",)):
            self.both(*words, input="a\nb _ c\n_\nd")
        self.both("-E_", "-0", input=b"a\0_\0b")

    def test_what_follows_the_end_mark_is_left_to_others(self):
        self.file("in", "a\nend\nb\nc\n")
        for program in (XARGS, self.ours):
            script = f"{{ {program} -E end; cat; }} <in"
            ran = subprocess.run(
                ["sh", "-c", script], capture_output=True, text=True, cwd=self.folder
            )
            self.assertEqual(ran.stdout, "a\nb\nc\n", program)

    def test_sizes(self):
        text = " ".join("x" * n for n in range(1, 40))
        for size in (4, 5, 6, 40, 45, 46, 47, 100, 1000):
            for more in ((), ("-x",), ("-n3",), ("-n3", "-x"), ("-L1",)):
                self.both("-s", str(size), *more, input=text)
        self.both("-s", "0", input="a")
        self.both("-s", "999999999999", input="a")
        self.both(input="y " * 70000)

    def test_a_long_input_on_a_small_stack(self):
        numbers = "".join(f"{n}\n" for n in range(60000))
        script = 'ulimit -s 512; exec "$0" echo'
        for program in (XARGS, self.ours):
            ran = subprocess.run(
                ["sh", "-c", script, program], input=numbers, capture_output=True, text=True
            )
            self.assertEqual(ran.stdout.split(), numbers.split(), program)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""), program)

    def test_statuses(self):
        for status in (0, 1, 125, 126, 127, 254, 255):
            self.both("-n1", "sh", "-c", f"echo $0; exit {status}", input="a b c")
        for signal in ("KILL", "TERM", "SEGV", "PIPE"):
            self.both("-n1", "sh", "-c", f"echo $0; kill -{signal} $$", input="a b c")
        self.both("./missing", input="a")
        self.both("/", input="a")
        self.file("plain", "text")
        self.both("./plain", input="a")

    def test_wrong_usage(self):
        for words in (("-q",), ("--wrong",), ("-n",), ("-n", "x"), ("-n", "0"), ("-L", "-1"), ("-P", "x"),
                      ("-P", "-1"), ("--max", "1"), ("--null=1",), ("--process-slot-var", "a=b")):
            self.both(*words, input="a b")

    def test_the_last_of_options_that_exclude_each_other_counts(self):
        for words in (("-n2", "-L1"), ("-L1", "-n2"), ("-I{}", "-n2"), ("-n2", "-I{}"), ("-I{}", "-n1"),
                      ("-l2", "-i", "-n3"), ("-L3", "-L1"), ("-n3", "-i", "-l2", "echo", "{}")):
            self.both(*words, input="a b c\nd e\n")

    def test_verbose(self):
        self.both("-0t", "-I{}", "echo", "a b", "{}", "x", input=b"0\0a 1\0b\"2\0c'3\0d\ne\0e#\0#f\0g{}\0")

    def test_files(self):
        self.file("list", "one two\nthree\n")
        self.both("-a", "list", "-n1")
        self.both("-a", "list", "sh", "-c", "cat; echo $0", input="mine\n")
        self.both("sh", "-c", "cat; echo $0", input="a")
        theirs = self.run_one(XARGS, ["-a", "nowhere"], "")
        ours = self.run_one(self.ours, ["-a", "nowhere"], "")
        self.assertEqual(ours.returncode, theirs.returncode)
        self.assertRegex(ours.stderr.decode(), r"\Axargs: .*nowhere.*No such file or directory\n\Z")

    def test_slot_variable(self):
        self.both("--process-slot-var=S", "-n1", "sh", "-c", "echo $S $0", input="a b c")
        self.environment["S"] = "9"
        self.both("--process-slot-var=S", "-n1", "sh", "-c", "echo $S $0", input="a b c")

    def test_nothing_is_added_to_the_environment_but_the_mark(self):
        ours = self.run_one(self.ours, ["env"], "").stdout.decode().splitlines()
        theirs = self.run_one(XARGS, ["env"], "").stdout.decode().splitlines()
        added = [line for line in ours if line not in theirs and not line.startswith("_=")]
        self.assertEqual([line.partition("=")[0] for line in added], ["SPREAD_RUN"])

    def test_nul_characters_are_told_once(self):
        self.both(input=b"a\0b c\0d\n")

    def test_random_inputs(self):
        seed = int(os.environ.get("SEED", random.randrange(10**9)))
        print(f"SEED={seed}")
        chance = random.Random(seed)
        letters = ["a", "b", "bb", "ccc", " ", " ", "\t", "\n", "\n", "'", '"', "\\", "_", "\f", "X", "é"]
        options = [["-n1"], ["-n2"], ["-L1"], ["-L2"], ["-l"], ["-IX"], ["-i"], ["-E_"], ["-r"], ["-x"],
                   ["-s", "12"], ["-s", "20"], ["-0"], ["-da"], ["-t"], ["-e"]]
        for _ in range(300):
            input = "".join(chance.choice(letters) for _ in range(chance.randrange(30)))
            words = sum(chance.sample(options, chance.randrange(4)), [])
            if chance.random() < 0.7:
                words += ["printf", "<%s>", "X"][: chance.choice([2, 3, 3])]
            if "-t" in words:
                # Where an apostrophe is beside what is not printable, theirs is no longer what a
                # shell reads back.
                input = input.replace("'", "a")
            with self.subTest(input=input, words=words, seed=seed):
                self.both(*words, input=input)


class Ours(XargsTest):
    def test_spread_says_its_own_name(self):
        result = self.spread("xargs", "-n1", "sh", "-c", "exit 255", input="a b")
        self.assert_run(
            result, 124, "", "spread xargs: sh: exited with status 255; aborting\n"
        )

    def test_whole_blocks_above_one_at_a_time(self):
        gate = self.gate()
        script = f"echo one $0; head -c1 <{gate.path} >/dev/null; echo two $0 >&2; echo three $0"
        running = self.start("xargs", "-n1", "-P2", "sh", "-c", script, stderr=subprocess.STDOUT)
        running.write("a b\n")
        running.close_input()
        gate.open(2)
        lines = running.finish().out.splitlines()
        for name in "ab":
            at = lines.index(f"one {name}")
            self.assertEqual(
                sorted(lines[at : at + 3]),
                sorted(f"{word} {name}" for word in ("one", "two", "three")),
            )

    def test_one_at_a_time_writes_to_our_own_output_as_it_is(self):
        gate = self.gate()
        running = self.start("xargs", "-n1", "sh", "-c", f"printf half; read x <{gate.path}")
        running.write("a\n")
        running.close_input()
        self.assertEqual(os.read(running.process.stdout.fileno(), 100), b"half")
        os.write(gate._fd, b"\n")
        self.assertEqual(running.finish().status, 0)

    def test_a_joblog_and_hosts(self):
        result = self.spread("xargs", "-n1", "--joblog", "log", "-S", ":", "echo", input="a b")
        self.assert_run(result, 0)
        self.assertEqual(sorted(result.out.split()), ["a", "b"])
        with open(self.path("log"), encoding="utf-8") as log:
            self.assertEqual([line.split("\t")[8] for line in log][1:], ["echo a\n", "echo b\n"])

    def test_help_and_version(self):
        self.assertIn("--max-procs", self.spread("xargs", "--help").out)
        self.assertRegex(self.run_one(self.ours, ["--version"], "").stdout, rb"\Axargs of spread ")

    def test_nothing_is_left_after_a_signal(self):
        post, gate = self.post(), self.gate()
        running = self.start(
            "xargs", "-P2", "-n1", "sh", "-c", f"echo $$ >>{post.path}; sleep 1000 & wait"
        )
        running.write("a b\n")
        running.close_input()
        groups = [int(line) for line in post.lines(2)]
        running.signal(15)
        self.assertEqual(running.finish().status, 143)
        for group in groups:
            while living_processes(group):
                pass


class OnATerminal(XargsTest):
    """Programs on a pseudo-terminal of their own, in its foreground."""

    def on_terminal(self, *words, input, typed=b""):
        self.file("in", input)
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.dup2(os.open("in", os.O_RDONLY), 0)
            os.execve(self.ours, ["xargs", *words], self.environment)
        seen = b""
        if typed:
            os.write(master, typed)
        while True:
            try:
                data = os.read(master, 4096)
            except OSError:
                break
            if not data:
                break
            seen += data
        os.close(master)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()

    def test_commands_may_read_the_terminal(self):
        status, seen = self.on_terminal(
            "-n1", "-o", "sh", "-c", "read line; echo got $line for $0", input="a b", typed=b"x\ny\n"
        )
        self.assertEqual(status, 0, seen)
        self.assertIn("got x for a", seen)
        self.assertIn("got y for b", seen)

    def test_a_command_that_opens_the_terminal_itself_is_not_stopped(self):
        status, seen = self.on_terminal(
            "sh", "-c", "read line </dev/tty; echo got $line", input="a", typed=b"x\n"
        )
        self.assertEqual((status, "got x" in seen), (0, True), seen)

    def test_asks_before_each_command(self):
        status, seen = self.on_terminal("-p", "-n1", "echo", input="a b c", typed=b"y\nn\nYes\n")
        self.assertEqual(status, 0, seen)
        self.assertIn("echo b ?...", seen)
        lines = seen.replace("\r", "").split("\n")
        self.assertIn("a", lines[-1] + "".join(lines))
        self.assertNotIn("\nb\n", seen.replace("\r", ""))


if __name__ == "__main__":
    unittest.main()
