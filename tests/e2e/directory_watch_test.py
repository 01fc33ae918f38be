"""A run in a directory from outside: --detach, attach, stop (docs/run-directories.md)."""

import os
import unittest

from directory_testing import DirectoryTest
from spread_testing import SQUARE


class Stopped(DirectoryTest):
    def test_by_a_file_and_gone_on_with(self):
        words = self.gated("a", "b")
        run = self.start(*words)
        self.assertEqual(self.post_.line(), "a")
        self.assertEqual(self.state(), "running")
        self.refused("run", "--dir", self.dir, because="is running")
        self.refused("clean", self.dir, because="is running")
        asked = self.spread("stop", self.dir)
        self.assertEqual((asked.status, asked.out, asked.err), (0, "", ""), asked)
        # It says that it waits before the job may end.
        told = b""
        while b"waiting" not in told:
            told += os.read(run.process.stderr.fileno(), 4096)
        self.let()
        self.assertEqual(run.process.wait(), 143)
        self.assertIn("asked to stop", told.decode())
        self.assertEqual(self.status().split(";")[-1], " status 143")
        self.assertEqual(self.state(), "stopped")
        self.refused("stop", self.dir, because="was stopped")
        self.refused("retrieve", self.dir, because="goes on with it")
        self.let()
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual(self.inside("out"), "done a\ndone b\n")


class Detached(DirectoryTest):
    def detach(self, words):
        result = self.spread(words[0], "--detach", *words[1:])
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assertRegex(result.err, r"^spread: runs in .* \(pid \d+\)\n$")
        return int(result.err.split("pid ")[1].split(")")[0])

    def test_goes_on_without_its_terminal(self):
        pid = self.detach(self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.readlink(f"/proc/{pid}/fd/0"), "/dev/null")
        self.assertEqual(os.path.realpath(f"/proc/{pid}/fd/2"), os.path.realpath(self.dir + "/log"))
        self.wait_for_status(rf"^running: 0 of 1 task \(0 %\); pid {pid} on ")
        late = self.spread("retrieve", "--timeout", "0.01", self.dir)
        self.assertEqual((late.status, late.out), (124, ""), late)
        waits = self.start("retrieve", self.dir)
        self.let()
        got = waits.finish()
        self.assertEqual((got.status, got.out), (0, "done a\n"), got)

    def test_attach_shows_what_it_says_and_ends_as_it_does(self):
        self.detach(self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        shows = self.start("attach", self.dir)
        self.spread("stop", self.dir)
        told = b""
        while b"waiting" not in told:
            told += os.read(shows.process.stderr.fileno(), 4096)
        self.assertIn(b"asked to stop", told)
        self.let()
        self.assertEqual(shows.process.wait(), 143)
        self.assertIn("stopped: ", shows.process.stderr.read().decode())

    def test_its_name_is_of_the_time(self):
        result = self.spread("map", "--detach", "echo", ":::", "x")
        self.assertEqual(result.status, 0, result)
        name = result.err.split("runs in ")[1].split(" ")[0]
        self.assertRegex(name, r"^spread-\d{8}-\d{6}$")
        got = self.spread("retrieve", name)
        self.assertEqual((got.status, got.out), (0, "x\n"), got)

    def test_an_error_before_it_begins_is_told(self):
        result = self.spread("run", "--detach", "--dir", self.dir, "--prep-file", "missing", "--", *SQUARE, input="1\n")
        self.assertEqual(result.status, 255, result)
        self.assertIn("missing", result.err)
        self.assertFalse(os.path.exists(self.dir))
        result = self.spread("run", "--detach", "--dir", self.dir, "--slf", "nohosts", "--", *SQUARE, input="1\n")
        self.assertEqual(result.status, 255, result)
        self.assertIn("nohosts", result.err)
        self.assertFalse(os.path.exists(self.dir))


if __name__ == "__main__":
    unittest.main()
