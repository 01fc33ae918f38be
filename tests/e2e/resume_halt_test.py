"""--halt of a run that is gone on with, or repeated: docs/resume.md."""

import signal

from spread_testing import SpreadTest


class Halt(SpreadTest):
    """Of the first jobs most fail, but they end last: of all that are over, never so many have failed."""

    def start_it(self, jobs):
        self.posted, self.gates = self.post(), [self.gate(name) for name in ("gate", "other")]
        script = self.script("job", "#!/bin/sh\necho $1 >%s; test $1 -gt 12 && read x <%s; test $1 -gt 2 && exit 0; read x <%s; exit 1\n"
                             % (self.posted.path, self.gates[1].path, self.gates[0].path))
        self.words = ["map", "-j3", "--halt", "now,fail=40%", "--journal", self.path("j"), "--resume", script, "{}", ":::",
                      *[str(n) for n in range(1, jobs + 1)]]
        return self.start(*self.words)

    def test_a_run_that_has_not_come_to_it_does_not_when_it_is_repeated(self):
        run = self.start_it(12)
        self.posted.lines(12)
        self.gates[0].open(2, b"\n")
        self.assertEqual(run.finish().status, 2)
        again = self.spread(*self.words)
        self.assertEqual(again.status, 2, again)
        self.assertNotIn("--halt", again.err)
        self.assertTrue(self.posted.is_empty())

    def test_a_run_that_was_cut_off_before_it_came_to_it_is_gone_on_with(self):
        run = self.start_it(15)
        self.posted.lines(13)
        self.gates[0].open(2, b"\n")
        self.posted.lines(2)  # in the slots of those that have failed
        run.signal(signal.SIGINT)
        self.assertIn(b"waiting", run.process.stderr.readline())
        run.signal(signal.SIGINT)
        self.assertEqual(run.finish().status, 130)
        run = self.start(*self.words)
        self.assertEqual(sorted(self.posted.lines(3)), ["13", "14", "15"])
        self.gates[1].open(3, b"\n")
        self.assertEqual(run.finish().status, 2)
