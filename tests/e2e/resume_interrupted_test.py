"""A resume that is ended while it still compares its input: nothing was begun, and all is as it was."""

import os
import signal
import unittest

from directory_testing import DirectoryTest

# More than are compared without a look at signals.
TASKS = 25_000


def interrupt_at_once():
    """The signal is there before the program is."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    signal.raise_signal(signal.SIGINT)


class Interrupted(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.lines = "".join(f"{n}\n" for n in range(TASKS))
        self.words = ["run", "--journal", "j", "--resume", "-a", self.file("tasks", self.lines), "-j1", "--wire", "lines"]

    def kept(self):
        with open(self.path("j"), "rb") as file:
            return file.read()

    def interrupted(self, *words):
        run = self.start(*words, preexec_fn=interrupt_at_once)
        return run.finish()

    def test_by_a_signal(self):
        for output in ([], ["-o", "o"]):
            with self.subTest(output):
                words = [*self.words, *output, "--", "cat"]
                self.assertEqual(self.spread(*words).status, 0)
                kept = self.kept()
                ended = self.interrupted(*words)
                self.assertEqual((ended.status, ended.out), (130, ""), ended)
                self.assertEqual(ended.err, "spread: the rest of the input was not read: the run was interrupted\n")
                self.assertEqual(self.kept(), kept)
                if output:
                    with open(self.path("o")) as file:
                        self.assertEqual(file.read(), self.lines)
                os.remove(self.path("j"))

    def test_while_it_only_explains(self):
        words = [*self.words, "--dry-run", "--", "cat"]
        for made in (False, True):
            with self.subTest(made):
                if made:
                    self.assertEqual(self.spread(*self.words, "--", "cat").status, 0)
                ended = self.interrupted(*words)
                self.assertEqual((ended.status, ended.out), (255, ""), ended)
                self.assertEqual(ended.err, "spread: --dry-run: ended by a signal\n")

    def test_by_a_request(self):
        os.mkfifo(self.path("hosts"))

        def with_hosts(*words):
            run = self.start("run", "--dir", self.dir, *words)
            # Opened to be read when all of the run but the comparison has been got ready.
            with open(self.path("hosts"), "w") as hosts:
                asked = os.path.join(self.dir, "stop")
                if not words:
                    self.file(asked, "")
                hosts.write("1/:\n")
            result = run.finish()
            self.assertFalse(os.path.exists(asked))
            return result

        kills = self.script("kills", "#!/bin/sh\nread x\nkill -9 $PPID\n")
        words = ["-a", "tasks", "--slf", "hosts", "--wire", "lines", "--window", "1", "--", kills]
        self.assertEqual(with_hosts(*words).status, -signal.SIGKILL)
        os.rename(os.path.join(self.dir, "journal"), self.path("j"))
        kept = self.kept()
        os.rename(self.path("j"), os.path.join(self.dir, "journal"))
        ended = with_hosts()
        self.assertEqual((ended.status, ended.out), (143, ""), ended)
        self.assertIn("spread: asked to stop (spread stop)\n", ended.err)
        os.rename(os.path.join(self.dir, "journal"), self.path("j"))
        self.assertEqual(self.kept(), kept)


if __name__ == "__main__":
    unittest.main()
