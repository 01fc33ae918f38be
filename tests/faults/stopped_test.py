"""What works on a task and is stopped, which nothing tells but a look at it: it is waited for, and that is
said after 10 s, by a clock that jumps."""

import os
import re
import signal
import unittest

from spread_testing import PYTHON, SpreadTest

# Stops itself, the first one of all, before it reads.
STOPS = "if mkdir once 2>/dev/null; then echo $$ >pid; kill -STOP $$; fi; "
# Answers at once, as a worker of --wire json.
ECHO = (
    "import json, sys\n"
    "for line in sys.stdin:\n"
    "    print(json.dumps([json.loads(line)[0], 'ok', json.loads(line)[1]]), flush=True)\n"
)


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2][0]


class Stopped(SpreadTest):
    """Two slots: what stops itself, and what shows by its output that a moment has passed."""

    def setUp(self):
        super().setUp()
        self.time = self.clock()
        self.lines = 0

    def moment(self, running, seconds):
        """So long, and spread takes note: it hands on what has been done after the jump, and then what comes
        behind that."""
        self.time.forward(seconds)
        for _ in range(2):
            self.lines += 1
            running.write(f"{self.lines}\n")
            self.assertEqual(running.read_line(), f"{self.lines}\n")

    def stopped(self):
        pid = ""
        while not pid:
            if os.path.exists(self.path("pid")):
                with open(self.path("pid"), encoding="ascii") as file:
                    pid = file.read().strip()
        while state_of(pid) != "T":
            pass
        return int(pid)

    def check(self, told, *words, last):
        running = self.start(*words)
        running.write(f"{last}\n")
        pid = self.stopped()
        # It is looked at every 5 s, and told when it has been stopped for 10 s at least.
        for _ in range(4):
            self.moment(running, 5)
        line = running.process.stderr.readline().decode()
        self.assertEqual(line, f"spread: {told} (pid {pid}) has been stopped (SIGSTOP) for 10 s: spread waits; "
                               f"kill -CONT {pid} goes on\n")
        # Once, as long as it stays so.
        for _ in range(4):
            self.moment(running, 5)
        os.kill(pid, signal.SIGCONT)
        running.close_input()
        self.assert_run(running.finish(), 0, f"{last}\n", "")

    def test_a_worker_of_run(self):
        worker = self.script("worker", f"#!/bin/sh\n{STOPS}exec {PYTHON} -c \"{ECHO}\"\n")
        self.check("worker 0 on localhost", "run", "-j2", "--unordered", "--wire", "json", "--in", "json",
                   "--window", "1", "--", worker, last=0)

    def test_a_worker_that_has_answered(self):
        # It stops behind its first answer, with the second task.
        code = ECHO.replace("    print", "    if json.loads(line)[1] == 0:\n"
                            "        import os\n"
                            "        open('pid', 'w').write(str(os.getpid()))\n"
                            "        os.kill(os.getpid(), 19)\n"
                            "    print")
        running = self.start("run", "-j2", "--unordered", "--wire", "json", "--in", "json", "--window", "1",
                             "--start-all", "--", PYTHON, "-c", code)
        self.moment(running, 0)
        running.write("0\n")
        pid = self.stopped()
        for _ in range(4):
            self.moment(running, 5)
        self.assertRegex(running.process.stderr.readline().decode(),
                         rf"spread: worker [01] on localhost \(pid {pid}\) has been stopped .*")
        os.kill(pid, signal.SIGCONT)
        running.close_input()
        self.assert_run(running.finish(), 0, "0\n", "")

    def test_a_job_of_map(self):
        self.check("job 1", "map", "-j2", "--unordered", STOPS + "echo {}", last="last")

    def test_a_job_of_pipe(self):
        self.check("job 1", "pipe", "-j2", "--unordered", "-N1", STOPS + "cat", last="last")

    def test_a_filter_of_pipe(self):
        # More than its pipe holds: so the others go to another one.
        last = "x" * (3 << 20)
        running = self.start("pipe", "-j2", "--round-robin", "-u", "-N1", STOPS + "exec cat")
        running.write(f"{last}\n")
        pid = self.stopped()
        for _ in range(4):
            self.moment(running, 5)
        self.assertRegex(running.process.stderr.readline().decode(),
                         rf"spread: worker [01] on localhost \(pid {pid}\) has been stopped .*")
        os.kill(pid, signal.SIGCONT)
        running.close_input()
        self.assert_run(running.finish(), 0, f"{last}\n", "")

    def test_one_that_goes_on_by_itself_is_not_told_of(self):
        running = self.start("map", "-j2", "--unordered", STOPS + "echo {}")
        running.write("last\n")
        pid = self.stopped()
        self.moment(running, 5)
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(running.read_line(), "last\n")
        for _ in range(3):
            self.moment(running, 5)
        running.close_input()
        self.assert_run(running.finish(), 0, "", "")

    def test_the_time_out_is_as_ever(self):
        running = self.start("map", "-j1", "--timeout", "7", STOPS + "echo {}", ":::", "a")
        pid = self.stopped()
        pidfd = os.pidfd_open(pid)
        self.time.forward(8)
        # It waits for a moment that it takes no note of: a signal wakes it.
        running.signal(signal.SIGCONT)
        self.assert_gone(pidfd)
        self.assertTrue(re.search("timed out|time-out", running.finish().err))


if __name__ == "__main__":
    unittest.main()
