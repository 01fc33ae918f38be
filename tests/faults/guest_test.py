"""spread in a thread of a program that is not spread (tests/support/guest/guest_host.cc), which reaps all children or
ignores their ends, has closed its streams, forks, and is killed: the run does what it does elsewhere, and
nothing of the host has changed when it is over."""

import os
import signal
import subprocess
import unittest

from spread_testing import BUILD, PUPPET, SQUARE, Running, SpreadTest, do, json_lines

HOST = os.path.join(BUILD, "test_workers", "guest_host")
# Alone, and together.
TAKES = (["ignore"], ["reap"])
MANNERS = ([], ["close"], ["open"], ["environ"], ["handle"], *TAKES,
           *(["close", "open", "environ", "handle", *takes] for takes in TAKES))


class GuestTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.when, self.forked = self.gate("when"), self.post("forked")
        self.environment.update(GUEST_MESSAGES=self.path("messages"), GUEST_WHEN=self.when.path,
                                GUEST_FORKED=self.forked.path)

    def begin(self, manners, *words):
        process = subprocess.Popen([HOST, *manners, "--", *map(str, words)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
                                   env=self.environment)
        self.addCleanup(self._end, process)
        return Running(process)

    def host(self, manners, *words, tasks=()):
        """The run's end, and what it has said: that is on no stream."""
        if os.path.exists(self.path("messages")):
            os.unlink(self.path("messages"))
        running = self.begin(manners, *words)
        out, err = running.process.communicate(json_lines(tasks).encode())
        with open(self.path("messages"), encoding="utf-8") as messages:
            said = messages.read()
        self.assertEqual(err, b"", said)
        return running.process.returncode, out.decode(), said


class Manners(GuestTest):
    def test_a_run_does_what_it_does_elsewhere_and_changes_nothing(self):
        squares = "".join(f"{n * n}\n" for n in range(50))
        for manners in MANNERS:
            with self.subTest(manners):
                ended = self.host(manners, "run", "-j3", "--in", "json", "--", *SQUARE, tasks=range(50))
                self.assertEqual(ended, (0, squares, ""))

    def test_words_of_workers_come_to_the_host(self):
        for manners in MANNERS:
            with self.subTest(manners):
                status, out, said = self.host(manners, "run", "-j1", "--wire", "lines", "--", "sh", "-c",
                                              "echo one >&2; read x; echo $x", ":::", "7")
                self.assertEqual((status, out, said), (0, "7\n", "one\n"))

    def test_what_a_worker_leaves_behind_and_its_streams(self):
        script = 'read x; for n in 0 1 2 3 4 5 9 50; do [ -e /proc/$$/fd/$n ] && x="$x $n"; done; echo $x'
        for manners in MANNERS:
            with self.subTest(manners):
                ended = self.host(manners, "run", "-j1", "--wire", "lines", "--", "sh", "-c", script, ":::", "a")
                self.assertEqual(ended, (0, "a 0 1 2\n", ""))

    def test_no_descriptor_of_the_run_has_the_number_of_a_stream(self):
        script = "read x; for n in 0 1 2; do [ -e /proc/$PPID/fd/$n ] && echo $n >&2; done; echo $x"
        for takes in TAKES:
            with self.subTest(takes):
                ended = self.host(["close", *takes], "run", "-j1", "--wire", "lines", "--", "sh", "-c", script,
                                  ":::", "a")
                self.assertEqual(ended, (0, "a\n", ""))

    def test_a_history_leaves_the_numbers_of_streams_free(self):
        worker = ["sh", "-c", "read x; echo $x; cat"]
        words = ["run", "-j2", "--history", self.path("history"), "--wire", "lines", "--", *worker, ":::", "a", "b"]
        words[1:2] = ["--worker", "env A=1 sh -c 'while read x; do echo $x; done'", "--worker",
                      "env A=2 sh -c 'while read x; do echo $x; done'"]
        del words[words.index("--", 5):words.index(":::")]
        status, out, said = self.host(["close"], *words)
        self.assertEqual((status, out, said), (0, "a\nb\n", ""))
        self.assertTrue(os.path.exists(self.path("history")))

    def test_a_worker_that_dies_is_noticed_and_its_status_is_unknown_or_told(self):
        for manners in MANNERS:
            with self.subTest(manners):
                tried = do(["tell", self.path("-".join(["tries", *manners])), "x"], ["kill", 9])
                status, out, said = self.host(manners, "run", "-j1", "--in", "json", "--crash-retries", "2", "--",
                                              *PUPPET, tasks=[0, tried, 2])
                self.assertEqual((status, out), (1, "0\nnull\n2\n"), said)
                self.assertIn("exit status unknown" if "ignore" in manners else "", said)
                if not {"ignore", "reap"} & set(manners):
                    self.assertIn("killed by signal 9", said)
                with open(self.path("-".join(["tries", *manners])), encoding="utf-8") as tries:
                    self.assertEqual(len(tries.readlines()), 2)

    def test_a_program_that_is_missing_is_told(self):
        for manners in MANNERS:
            with self.subTest(manners):
                status, _, said = self.host(manners, "run", "-j1", "--", "/nowhere/worker", tasks=[1])
                self.assertEqual(status, 255)
                self.assertIn("/nowhere/worker", said)
                self.assertNotIn("noticed:", said)


class Forks(GuestTest):
    def begin_waiting(self, manners, workers=3):
        """Workers that have a task, each with a child, and wait."""
        kind = "-".join(manners)
        post, self.way = self.post("post-" + kind), self.gate("way-" + kind)
        self.addCleanup(self.way.open, 100)
        script = f"read x; sleep 1000 & echo $$ >>{post.path}; read y <{self.way.path}; kill $!; echo $x; read z; exit 0"
        running = self.begin(manners, "run", f"-j{workers}", "--wire", "lines", "--start-all", "--", "sh", "-c",
                             script, ":::", *"abc"[:workers])
        groups = [int(pid) for pid in post.lines(workers)]
        return running, groups

    def assert_all_gone(self, groups):
        for group in groups:
            while True:
                try:
                    os.killpg(group, 0)
                except ProcessLookupError:
                    break

    def test_a_child_that_outlives_a_killed_host_keeps_no_worker_alive(self):
        for takes in ([], *TAKES):
            with self.subTest(takes):
                running, groups = self.begin_waiting(["fork", *takes])
                self.when.open()
                child = int(self.forked.line())
                self.addCleanup(os.kill, child, signal.SIGKILL)
                running.process.kill()
                running.process.wait()
                self.assert_all_gone(groups)
                os.kill(child, 0)

    def test_a_child_that_lives_on_does_not_keep_workers_from_their_end(self):
        running, groups = self.begin_waiting(["fork"])
        self.when.open()
        child = int(self.forked.line())
        self.way.open(3, b".\n")
        self.assert_all_gone(groups)  # before the deadline of a worker that has not ended
        out, err = running.process.communicate()
        with open(self.path("messages"), encoding="utf-8") as messages:
            said = messages.read()
        self.assertEqual((running.process.returncode, out, err, said), (0, b"a\nb\nc\n", b"", ""))
        self.assertGreater(child, 0)

    def test_what_a_child_destroys_at_its_end_is_its_own(self):
        """It ends by exit(), as programs do, while the run goes on."""
        running, groups = self.begin_waiting(["exit"])
        self.when.open()
        while not self.has_child_that_is_over(running.pid):
            pass
        for group in groups:
            os.killpg(group, 0)
        self.way.open(3, b".\n")
        out, err = running.process.communicate()
        with open(self.path("messages"), encoding="utf-8") as messages:
            said = messages.read()
        self.assertEqual((running.process.returncode, out, err, said), (0, b"a\nb\nc\n", b"", ""))

    def has_child_that_is_over(self, host):
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    comm, _, rest = file.read().rpartition(") ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            state, parent = rest.split()[:2]
            if int(parent) == host and state == "Z" and comm.endswith("guest_host"):
                return True
        return False


if __name__ == "__main__":
    unittest.main()
