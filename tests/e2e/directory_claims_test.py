"""Run directories that several commands work on at once, whose run never began, or in which others have put
things: docs/run-directories.md."""

import os
import signal
import unittest

from directory_testing import DirectoryTest
from spread_testing import PYTHON


class Copying(DirectoryTest):
    WORDS = ["--wire", "lines", "-j1", "--", "cat"]

    def copying(self):
        run = self.start("run", "--dir", self.dir, *self.WORDS)
        run.write("1\n")
        while not os.path.exists(os.path.join(self.dir, "input")):
            pass
        self.assertEqual(self.status(), "prepared: its input has not been kept to its end")
        return run

    def test_that_was_cut_off_is_begun_anew_or_cleaned(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            run = self.copying()
            run.signal(number)
            self.assertEqual(run.process.wait(), -number)
            self.assertEqual(self.status(), "prepared: its input has not been kept to its end")
            self.refused("run", "--dir", self.dir, because="begins anew")
            self.assertEqual(self.spread("run", "--dir", self.dir, *self.WORDS, input="7\n").status, 0)
            self.assertEqual(self.inside("out"), "7\n")
            self.assertNotIn("copying", self.spec())
            self.assertEqual(self.spread("clean", self.dir).status, 0)
            run = self.copying()
            run.signal(number)
            run.process.wait()
            self.assertEqual(self.spread("clean", self.dir).status, 0)
            self.assertFalse(os.path.exists(self.dir))

    def test_is_left_alone_by_others(self):
        run = self.copying()
        self.refused("run", "--dir", self.dir, because="was not kept to its end")
        self.refused("clean", self.dir, because="another process of spread")
        self.refused("run", "--dir", self.dir, *self.WORDS, input="7\n", because="a run's already")
        run.write("2\n")
        run.close_input()
        self.assertEqual(run.process.wait(), 0)
        self.assertEqual(self.inside("out"), "1\n2\n")

    def test_that_another_waits_for_is_not_removed(self):
        run = self.copying()
        other = self.start("run", "--dir", self.dir, *self.WORDS)
        other.write("7\n")
        other.close_input()
        # It may have seen that input is still copied.
        while f"{self.dir}/pid" not in self.open_files(other.pid) and other.process.poll() is None:
            pass
        run.close_input()
        self.assertEqual(run.process.wait(), 0)
        ended = other.finish()
        self.assertEqual(ended.status, 255, ended)
        self.assertIn("a run's already", ended.err)
        self.assertEqual(self.inside("out"), "1\n")

    def open_files(self, pid):
        names = []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                names.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                pass
        return names


class Planted(DirectoryTest):
    def made(self):
        result = self.spread("map", "--dir", self.dir, "echo", ":::", "x")
        self.assertEqual(result.status, 0, result)

    def test_a_link_in_place_of_the_tails_is_not_followed(self):
        worker = self.file("w.py", "import sys\nfor line in sys.stdin:\n    print(line.strip(), flush=True)\n")
        self.spread("run", "--dir", self.dir, "--wire", "lines", "-j1", "--", PYTHON, worker, input="a\n")
        os.rmdir(self.path("d/tails"))
        os.mkdir(self.path("victim"))
        self.file("victim/0", "dear")
        os.symlink("../victim", self.path("d/tails"))
        self.refused("clean", self.dir, because="'tails' is none of the run's files")
        self.assertEqual(os.listdir(self.path("victim")), ["0"])
        self.assertTrue(os.path.islink(self.path("d/tails")))

    def test_files_that_never_took_their_place_are_removed(self):
        self.made()
        for name in ("out.spread-aB3xYz", "journal.spread-aB3xYz", "spec.json.spread-aB3xYz"):
            self.file("d/" + name, "")
        self.assertEqual(self.spread("clean", self.dir).status, 0)
        self.made()
        for name in ("out.spread-aB3", "thesis.spread-aB3xYz", "log.spread-aB3xYz"):
            self.file("d/" + name, "dear")
            self.refused("clean", self.dir, because=name)
            os.remove(self.path("d/" + name))

    def test_what_is_no_regular_file_is_not_waited_for(self):
        for name, calls in (("out", ["retrieve"]), ("log", ["attach"]), ("spec.json", ["status", "retrieve", "clean"])):
            self.dir = self.path("of-" + name)
            self.made()
            os.remove(os.path.join(self.dir, name))
            os.mkfifo(os.path.join(self.dir, name))
            for call in calls:
                self.refused(call, self.dir, because=f"/{name}: it is no regular file")

    def test_a_directory_behind_a_link_is_emptied(self):
        os.mkdir(self.path("large"))
        os.symlink("large", self.dir)
        for _ in range(2):
            self.made()
            self.assertIn("out", os.listdir(self.path("large")))
            self.assertEqual(self.spread("clean", self.dir).status, 0)
            self.assertEqual(os.listdir(self.path("large")), [])

    def test_clean_has_nothing_open_that_it_removes(self):
        self.made()
        self.removes_as_nfs()
        result = self.spread("clean", self.dir)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertFalse(os.path.exists(self.dir))


if __name__ == "__main__":
    unittest.main()
