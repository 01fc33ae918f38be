"""With -o FILE, large results are in FILE alone: docs/journal.md, "What is in the file of -o"."""

import os
import random
import re
import signal
import subprocess

from spread_testing import PUPPET, PYTHON, SPREAD, SpreadTest, do, json_lines

# A line of n becomes n * 1000 letters, and what has been run is noted.
LETTERS = """import sys
for line in sys.stdin:
    with open(sys.argv[1], "a") as file: file.write(line)
    n = int(line)
    print("".join(chr(97 + (n * i * i + i) % 26) for i in range(n * 1000)), flush=True)
"""
TASKS = range(1, 13)
LARGE = range(5, 13)
GONE = "not in the file of -o any more"


def lines(tasks):
    return "".join("%d\n" % n for n in tasks)


def letters(tasks=TASKS):
    return "".join(
        "".join(chr(97 + (n * i * i + i) % 26) for i in range(n * 1000)) + "\n" for n in tasks
    )


class LargeResultsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.journal, self.out = self.path("j"), self.path("out")
        self.worker = self.file("letters.py", LETTERS)

    def again(self, *options, input=lines(TASKS)):
        return self.spread(
            "run", "--wire", "lines", "-j2", "--journal", self.journal, "--resume", *options,
            "--", PYTHON, self.worker, self.path("ran"), input=input,
        )

    def to_file(self, *options, **how):
        return self.again("-o", self.out, *options, **how)

    def read(self):
        with open(self.out) as file:
            return file.read()

    def ran(self):
        """What has been run since the last call."""
        if not os.path.exists(self.path("ran")):
            return []
        with open(self.path("ran")) as file:
            ran = sorted(map(int, file))
        os.unlink(self.path("ran"))
        return ran

    def size(self):
        return os.stat(self.journal).st_size

    def begin(self, *options):
        result = self.to_file(*options)
        self.assertEqual(result.status, 0, result)
        self.assertEqual((self.read(), self.ran()), (letters(), list(TASKS)))


class InTheFileAlone(LargeResultsTest):
    def test_they_are_not_on_the_disk_twice(self):
        # The batches of this journal are compressed, those of letters to some six bits a byte.
        self.begin()
        self.assertLess(self.size(), len(letters(range(1, 5))) + 4096)

    def test_unless_results_are_synced_before_they_are_delivered(self):
        self.begin("--durable", "answer")
        os.unlink(self.out)
        self.assertEqual((self.to_file().status, self.ran(), self.read()), (0, [], letters()))

    def test_a_resume_and_results_read_them_from_there(self):
        self.begin()
        inode = os.stat(self.out).st_ino
        self.assertEqual((self.to_file().status, self.ran(), self.read()), (0, [], letters()))
        self.assertEqual(os.stat(self.out).st_ino, inode)
        self.assertEqual(self.spread("results", self.journal).out, letters())
        self.assertEqual(sorted(self.spread("results", "-f", self.journal).out.split()),
                         sorted(letters().split()))
        to_stdout = self.again()
        self.assertEqual((to_stdout.out, self.ran()), (letters(), []))

    def test_another_file_has_them_all(self):
        self.begin()
        other = self.path("other")
        self.assertEqual((self.again("-o", other).status, self.ran()), (0, []))
        with open(other) as file:
            self.assertEqual(file.read(), letters())

    def test_every_form_comes_back(self):
        values = ["x" * 5000, "y\n" * 3000, list(range(3000)), "\u20ac\0\x1b" * 2000, "small",
                  {"a": [1.5, -0.0, 1e300, None, True] * 900, "\u00e9": 2 ** 63}]
        tasks = json_lines([do(answer=value) for value in values])
        for form in ("text", "json", "msgpack"):
            with self.subTest(form=form):
                run = ["run", "-j1", "--in", "json", "--out", form]
                undisturbed = self.spread(*run, "--", *PUPPET, input=tasks)
                run += ["--journal", self.path(form), "--resume"]
                file = self.path(form + ".out")
                first = self.spread(*run, "-o", file, "--", *PUPPET, input=tasks)
                self.assertEqual(first.status, 0, first)
                self.assertLess(os.stat(self.path(form)).st_size, 2000)
                self.assertEqual(self.spread(*run, "--", *PUPPET, input=tasks).raw, undisturbed.raw)
                self.assertEqual(self.spread("results", self.path(form)).raw, undisturbed.raw)

    def test_pickles_tables_and_gathered_results_are_in_the_journal(self):
        tasks = json_lines([do(answer=["x" * 9000])])
        for form in (["--out", "csv"], ["--gather", "list"], ["--out", "records"], ["--unordered"]):
            with self.subTest(form=form):
                name = self.path("j" + form[-1])
                run = ["run", "-j1", "--in", "json", *form, "--journal", name, "--resume"]
                file = self.path(form[-1] + ".out")
                self.assertEqual(self.spread(*run, "-o", file, "--", *PUPPET, input=tasks).status, 0)
                os.unlink(file)
                again = self.spread(*run, "-o", file, "--", *PUPPET, input=tasks)
                self.assertIn("1 of 1 tasks were done before", again.err)


class Gone(LargeResultsTest):
    """What is not there any more is run again."""

    def test_the_end_of_the_file(self):
        self.begin()
        self.file("out", letters()[:-5])
        dry = self.to_file("--dry-run")
        self.assertIn("11 kept, 1 to run", dry.out)
        self.assertIn("1         12  run again: the result is " + GONE, dry.out)
        result = self.to_file()
        self.assertEqual((result.status, self.ran(), self.read()), (0, [12], letters()), result)
        self.assertIn("1 results are " + GONE, result.err)
        # It is kept now.
        self.assertEqual((self.to_file().status, self.ran()), (0, []))

    def test_the_file(self):
        self.begin()
        os.unlink(self.out)
        self.assertEqual((self.to_file().status, self.ran(), self.read()), (0, list(LARGE), letters()))

    def test_what_is_in_the_journal_is_mended_in_the_file(self):
        self.begin()
        self.file("out", "#" + letters()[1:])
        self.assertEqual((self.to_file().status, self.ran(), self.read()), (0, [], letters()))

    def test_behind_one_that_is_run_again_others_might_move(self):
        self.begin()
        at = len(letters(range(1, 7))) + 50
        self.file("out", letters()[:at] + "#" + letters()[at + 1:])
        self.assertIn("6 kept, 6 to run", self.to_file("--dry-run").out)
        self.assertEqual((self.to_file().status, self.ran(), self.read()),
                         (0, [7, 8, 9, 10, 11, 12], letters()))

    def test_results_says_so(self):
        self.begin()
        self.file("out", letters()[:-5])
        shown = self.spread("results", self.journal)
        self.assertEqual((shown.status, shown.out), (0, letters(range(1, 12)) + "\n"))
        self.assertIn("1 results are " + GONE, shown.err)
        self.assertIn("1 results are " + GONE, self.spread("results", "-f", self.journal).err)


class WrittenAnew(LargeResultsTest):
    """Where FILE is replaced, what was in it alone goes to the journal before."""

    def test_when_lines_move(self):
        self.begin()
        moved = [7, 20, *TASKS]
        result = self.to_file("--resume=content", input=lines(moved))
        self.assertEqual((result.status, self.ran(), self.read()), (0, [7, 20], letters(moved)), result)
        os.unlink(self.out)
        result = self.to_file(input=lines(moved))
        self.assertEqual((result.status, self.ran(), self.read()), (0, [], letters(moved)), result)

    def test_when_failed_ones_are_run_again(self):
        gate = self.path("gate")
        script = self.script("job", '#!/bin/sh\nwhile read n; do test $n != 2 -o -e %s || exit 1\n'
                                    'printf "%%05000d\\n" $n; done\n' % gate)
        run = ["run", "--wire", "lines", "-j1", "--crash-retries", "1", "--journal", self.journal]
        tail = ["-o", self.out, "--", script]
        first = self.spread(*run, *tail, input="1\n2\n3\n")
        self.assertEqual(first.status, 1, first)
        self.file("gate", "")
        second = self.spread(*run, "--resume-failed", *tail, input="1\n2\n3\n")
        self.assertEqual(second.status, 0, second)
        self.assertEqual([line[-2:] for line in self.read().split()], ["01", "02", "03"])
        os.unlink(gate)
        os.unlink(self.out)
        third = self.spread(*run, "--resume", *tail, input="1\n2\n3\n")
        self.assertEqual((third.status, self.read().count("\n")), (0, 3), third)


# Answers a line of N with so many letters; the master is killed at some of them, once each.
KILLS = """import os, random, signal, sys
for line in sys.stdin:
    n, size, moment = map(int, line.split())
    text = "".join(random.Random(n).choices("abcdefgh", k=size)) + "\\n"
    before = random.Random(n).randrange(len(text)) if moment else 0
    if before > 0: sys.stdout.write(text[:before]), sys.stdout.flush()
    if moment and not os.path.exists(sys.argv[1] + line[:-1]):
        open(sys.argv[1] + line[:-1], "w").close()
        os.kill(os.getppid(), signal.SIGKILL)
    sys.stdout.write(text[before:]), sys.stdout.flush()
"""


class Synced(LargeResultsTest):
    def test_the_file_after_its_last_result_and_before_the_journal(self):
        clock, gate, post = self.clock(), self.gate(), self.post()
        tasks = self.file("tasks", json_lines([do(["tell", post.path], ["wait", gate.path], answer="z" * 5000)]))
        trace = self.path("trace")
        words = ["run", "-j1", "--in", "json", "--journal", self.journal, "-o", self.out, "-a", tasks, "--", *PUPPET]
        clocked = "LD_PRELOAD=" + self.environment.pop("LD_PRELOAD")
        run = subprocess.Popen(["strace", "-y", "-E", clocked, "-e", "trace=write,fdatasync", "-o", trace, SPREAD, *words],
                               env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self._end, run)
        post.line()
        # A sync is due in the moment in which the result is noted, and not written yet.
        clock.forward(5)
        gate.open()
        self.assertEqual(run.wait(), 0)
        with open(trace) as file:
            calls = [re.match(r"(\w+)\(\d+<([^>]*)>", line) for line in file]
        names = {self.out: "FILE", self.journal: "journal"}
        seen = [(call[1], names[call[2]]) for call in calls if call and call[2] in names]
        self.assertLess(seen.index(("write", "FILE")), len(seen) - 1 - seen[::-1].index(("fdatasync", "FILE")), seen)
        self.assertEqual(seen[-1], ("fdatasync", "journal"), seen)


class Killed(LargeResultsTest):
    def test_at_any_moment_it_goes_on_to_the_same_bytes(self):
        seed = int(os.environ.get("SPREAD_SEED", "0")) or random.randrange(1, 1 << 30)
        dice = random.Random(seed)
        for round in range(8):
            with self.subTest(seed=seed, round=round):
                tasks = [(n, dice.choice([3, 4000, 5000, 70000]), dice.random() < 0.15)
                         for n in range(40)]
                want = ["".join(random.Random(n).choices("abcdefgh", k=size)) for n, size, _ in tasks]
                killer = self.file("kills.py", KILLS)
                where = self.path("killed%d-" % round)
                words = ["run", "--wire", "lines", "-j%d" % dice.randint(1, 4), "--window", dice.choice("1289"),
                         "--durable", dice.choice(["none", "batch"]), "--journal", self.path("j%d" % round),
                         "--resume", "-o", self.out, "--force", "--", PYTHON, killer, where]
                input = "".join("%d %d %d\n" % (n, size, kill) for n, size, kill in tasks)
                ends = []
                while not ends or (ends[-1] == -signal.SIGKILL and len(ends) < 50):
                    ends.append(self.spread(*words, input=input).status)
                self.assertEqual(ends[-1], 0, ends)
                self.assertGreater(len(ends), 1)
                self.assertEqual(self.read().split(), want)
                os.unlink(self.out)

    def test_what_waits_for_an_earlier_one_is_in_the_journal_after_a_while(self):
        gate, post = self.gate(), self.post()
        tasks = json_lines([do(["tell", post.path], ["wait", gate.path], answer="first"), do(answer="z" * 5000)])
        words = ["--journal", self.journal, "--resume", "-o", self.out, "--in", "json",
                 "-a", self.file("tasks", tasks), "--", *PUPPET]
        run = self.start("run", "-j2", *words, stdin=subprocess.DEVNULL)
        post.line()
        follower = self.start("results", "-f", self.journal)
        self.assertEqual(follower.process.stdout.readline(), b'"' + b"z" * 5000 + b'"\n')
        run.process.send_signal(signal.SIGKILL)
        run.process.wait()
        self.assertEqual(self.read(), "")
        dry = self.spread("run", "--dry-run", *words)
        self.assertIn("1 kept, 1 to run", dry.out)


