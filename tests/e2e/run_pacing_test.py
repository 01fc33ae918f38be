"""How many workers `run` has at a time and when they start: -j FILE, USR1, USR2, --delay, --load,
--memfree, --limit-memory."""

import json
import os
import unittest

from map_testing import is_signal_pending, wait_at
from spread_testing import SpreadTest

ECHO = ("--wire", "lines", "--", "sed", "-u", "s/^/=/")


class Held(SpreadTest):
    MEMORY = r"nothing is started for now: .+ MiB of memory are free, and --memfree is \S+ MiB"

    def test_memfree_starts_nothing_and_says_so(self):
        touch = "touch {}; while read -r line; do echo $line; done"
        run = ("run", "--memfree", "1000T", "--wire", "lines", "--", "sh", "-c", touch.format("run"))
        running = {
            "run": self.start(*run, ":::", "a"),
            "map": self.start("map", "--memfree", "1000T", "touch", ":::", "map"),
            "pipe": self.start("pipe", "--memfree", "1000T", "touch", "pipe"),
        }
        running["pipe"].write("a\n")
        running["pipe"].close_input()
        for name, each in running.items():
            with self.subTest(name):
                line = each.process.stderr.readline().decode().rstrip("\n")
                self.assertRegex(line, rf"\Aspread: {self.MEMORY}\Z")
                each.signal(15)
                result = each.finish()
                # Of `run` a line belongs to the task, whatever became of it.
                out = "\n" if name == "run" else ""
                self.assertEqual((result.status, result.out), (128 + 15, out), result)
                self.assertFalse(os.path.exists(self.path(name)))

    def test_load(self):
        if os.getloadavg()[0] < 0.05:
            self.skipTest("there is no load")
        running = self.start("run", "-v", "--load", "0.001", *ECHO, ":::", "a")
        # The first decision, told at once.
        line = running.process.stderr.readline().decode()
        self.assertRegex(line, r"start nothing for a second or more: the load is .*, and --load is 0.001\b")
        running.signal(15)
        self.assertEqual(running.finish().status, 128 + 15)

    def test_what_is_not_reached_holds_nothing_back(self):
        for option, value in (("--memfree", "1k"), ("--load", "100000"), ("--load", "9999999%")):
            with self.subTest(option):
                result = self.spread("run", option, value, *ECHO, ":::", "a")
                self.assert_run(result, 0, "=a\n", "")

    def test_delay_is_the_least_time_between_two_workers(self):
        post = self.post("events")
        options = ("-j4", "--start-all", "--delay", "0.06", "--events", post.path)
        running = self.start("run", *options, *ECHO)
        starts = []
        while len(starts) < 4:
            event = json.loads(post.line())
            if event["event"] == "worker_started":
                starts.append(event["time"])
        gaps = [after - before for before, after in zip(starts, starts[1:])]
        self.assertGreaterEqual(min(gaps), 0.058, starts)
        running.write("a\nb\n")
        running.close_input()
        self.assert_run(running.finish(), 0, "=a\n=b\n", "")

    def test_tasks_of_one_worker_are_not_delayed(self):
        items = [str(i) for i in range(50)]
        result = self.spread("run", "-j1", "--delay", "1h", *ECHO, ":::", *items)
        self.assert_run(result, 0, "".join(f"={i}\n" for i in items), "")


class Slots(SpreadTest):
    """-j FILE, USR1 and USR2. A worker tells when it starts, and when its input has ended."""

    def begin(self, *options, tasks=200):
        self.told, self.way = self.post(), self.gate()
        worker = (
            f"echo start >>{self.told.path}; while read -r line; do {wait_at(self.way)}; "
            f"echo $line; done; echo end >>{self.told.path}; echo tail"
        )
        self.items = [str(i) for i in range(tasks)]
        words = ("--wire", "lines", *options, "--", "sh", "-c", worker, ":::", *self.items)
        return self.start("run", *words, stdin=None)

    def assert_end(self, running, workers):
        """All results in order, and a tail of each worker that ever lived."""
        self.way.open(300)
        out = "".join(f"{item}\n" for item in self.items) + "tail\n" * workers
        self.assert_run(running.finish(), 0, out, "")

    def signal(self, running, number):
        running.signal(number)
        while is_signal_pending(running.pid, number):
            pass

    def test_usr1_is_one_worker_more(self):
        running = self.begin("-j1")
        self.assertEqual(self.told.line(), "start")
        running.signal(10)
        self.assertEqual(self.told.line(), "start")
        self.assert_end(running, 2)

    def test_usr2_closes_one_input_after_its_answers_and_its_tail_counts(self):
        running = self.begin("-j2")
        self.assertEqual(self.told.lines(2), ["start"] * 2)
        self.signal(running, 12)
        self.assertTrue(self.told.is_empty())
        # Each has one task; the worker that is to leave ends when it has answered. The other may take several
        # tasks meanwhile, on a busy machine many, but not all that may be done.
        self.way.open(100)
        self.assertEqual(self.told.line(), "end")
        self.signal(running, 10)
        self.assertEqual(self.told.line(), "start")
        self.assert_end(running, 3)

    def test_the_last_worker_stays(self):
        running = self.begin("-j1")
        self.assertEqual(self.told.line(), "start")
        for _ in range(3):
            self.signal(running, 12)
        self.way.open(3)
        self.assert_end(running, 1)

    def test_file(self):
        jobs = self.file("jobs", "1\n")
        running = self.begin("-j", jobs)
        self.assertEqual(self.told.line(), "start")
        self.file("jobs", "3\n")
        self.way.open(1)
        self.assertEqual(self.told.lines(2), ["start"] * 2)
        self.file("jobs", "1")
        # One answer has the file read. The one that stays may take several, but never all that are left:
        # two ends come from those who are to leave.
        self.way.open(100)
        self.assertEqual(self.told.lines(2), ["end"] * 2)
        self.assert_end(running, 3)

    def test_file_with_nonsense(self):
        for text in ("many\n", "0\n", ""):
            with self.subTest(text):
                jobs = self.file("jobs", text)
                result = self.spread("run", "-j", jobs, *ECHO, ":::", "a")
                self.assert_run(result, 255, "")
                self.assert_only_told(result, rf"spread: -j {jobs}: .*")
        jobs = self.file("jobs", "1")
        running = self.begin("-j", jobs, tasks=5)
        self.assertEqual(self.told.line(), "start")
        self.file("jobs", "0")
        self.way.open(1)
        line = running.process.stderr.readline().decode()
        self.assertRegex(line, rf"\Aspread: -j {jobs}: 0 is no limit, which is for map; .*\n\Z")
        self.assert_end(running, 1)

    def test_file_is_for_this_machine(self):
        jobs = self.file("jobs", "1")
        result = self.spread("run", "-j", jobs, "-S", "a,b", *ECHO)
        self.assert_run(result, 255, "")
        self.assertIn("-j FILE is for this machine alone", result.err)


class LimitOfMemory(SpreadTest):
    SHOW = "while read -r line; do ulimit -v; done"

    def test_every_worker_has_it(self):
        limit = ("--limit-memory", "1G", "--wire", "lines", "-j1")
        for how in (
            ("--", "sh", "-c", self.SHOW),
            ("--worker", f"sh -c '{self.SHOW}'"),
            ("-S", "a", "--launch", "env VIA={host}", "--", "sh", "-c", self.SHOW),
        ):
            with self.subTest(how):
                self.assert_run(self.spread("run", *limit, *how, input="a\n"), 0, "1048576\n", "")

    def test_words_stay_as_they_are(self):
        options = ("--dry-run", "-j1", "--limit-memory", "1G")
        result = self.spread("run", *options, "--", "./w", "a  b", "{slot}")
        self.assertEqual(result.status, 0, result)
        self.assertTrue(result.out.endswith("spread ./w 'a  b' 1\n"), result)

    def test_worker_that_dies_of_it_is_told(self):
        code = "import sys; sys.stdin.readline(); bytearray(1 << 30)"
        options = ("-j1", "--limit-memory", "500M", "--crash-retries", "1", "--wire", "lines")
        result = self.spread("run", *options, "--", "/usr/bin/python3", "-c", code, ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assertRegex(result.err, r"--limit-memory perhaps")


if __name__ == "__main__":
    unittest.main()
