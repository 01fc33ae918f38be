"""A worker of `run` that takes long to end after its input has ended. No test waits for it: the
clock jumps, and what a worker prints wakes the run."""

import unittest

from map_testing import tell, wait_at
from spread_testing import SpreadTest

ONCE = r"spread: worker [0-3] on localhost has not ended 10 s after the end of its input; {}"


class SlowEnd(SpreadTest):
    def setUp(self):
        super().setUp()
        self.time = self.clock()
        self.print_gate, self.end_gate = self.gate("print"), self.gate("end")

    def start_slow(self, workers, *options):
        """A run whose workers have answered, and whose input has ended; each prints when it comes
        through the one gate, and ends behind the other."""
        post, gate = self.post(), self.gate()
        # One task for each: what one prints that has not answered is held back.
        script = (f"read -r x; {tell(post, 'has_one')}; {wait_at(gate)}; echo $x; cat; {tell(post, 'ended')}; "
                  f"{wait_at(self.print_gate)}; echo here >&2; {wait_at(self.end_gate)}")
        running = self.start("run", f"-j{workers}", "--start-all", "--wire", "lines", *options, "--",
                             "sh", "-c", script, ":::", *"abcd"[:workers], stdin=None)
        self.assertEqual(post.lines(workers), ["has_one"] * workers)
        gate.open(workers)
        self.assertEqual(post.lines(workers), ["ended"] * workers)
        return running

    def wake(self, running):
        """What the run says until it has passed on what a worker prints now; not that."""
        self.print_gate.open()
        lines = []
        for line in iter(lambda: running.process.stderr.readline().decode(), "here\n"):
            lines.append(line)
        return "".join(lines)

    def assert_told_once(self, running, rest):
        """What is told at the moment that has been reached, and no more after it."""
        told = "".join(self.wake(running) for _ in range(2))
        self.end_gate.open(4)
        result = running.finish()
        self.assertRegex(told + result.err, rf"\A{ONCE.format(rest)}\n\Z")
        self.assertEqual((result.status, result.out), (0, "a\nb\nc\nd\n"))

    def test_is_told_once_for_all_workers_after_10_s(self):
        running = self.start_slow(4)
        self.time.forward(9)
        self.assertEqual([self.wake(running) for _ in range(2)], ["", ""])
        self.time.forward(1)
        self.assert_told_once(running, r"it may take 60 s \(--shutdown-timeout\)")

    def test_is_told_with_no_limit_too(self):
        running = self.start_slow(4, "--shutdown-timeout", "none")
        self.assertEqual([self.wake(running) for _ in range(2)], ["", ""])
        self.time.forward(100)
        self.assert_told_once(running, "it is waited for")

    def test_that_is_over_in_time_is_not_told(self):
        running = self.start_slow(4)
        self.time.forward(9)
        self.end_gate.open(4)
        self.print_gate.open(4)
        self.assert_run(running.finish(), 0, "a\nb\nc\nd\n", "here\n" * 4)


if __name__ == "__main__":
    unittest.main()
