"""-o FILE of a run that is gone on with: docs/resume.md, "-o FILE"; docs/journal.md, "What is in the file of -o"."""

import signal

from spread_testing import SpreadTest


class OutputFile(SpreadTest):
    def test_what_was_delivered_behind_a_task_that_was_not_computed_is_kept(self):
        post = self.post()
        worker = self.script("w", "#!/bin/sh\nwhile read x; do echo $x >%s; test $x = b -o -e %s || read y <%s\n"
                                  "test $x = b && printf %%05000d 7; echo $x; done\n" % (post.path, self.path("go"), self.gate().path))
        words = ["run", "-j2", "--wire", "lines", "--shutdown-timeout", "100", "-a", self.file("tasks", "a\nb\nc\n"), "-o", self.path("out"),
                 "--journal", self.path("j"), "--resume", "--", worker]
        run = self.start(*words)
        self.assertEqual(sorted(post.lines(3)), ["a", "b", "c"])  # c has the worker that has answered b
        run.signal(signal.SIGINT)
        self.assertIn(b"waiting", run.process.stderr.readline())
        run.signal(signal.SIGINT)
        self.assertEqual(run.finish().status, 130)
        large = "%05000db\n" % 7
        with open(self.path("out")) as file:
            self.assertEqual(file.read(), "\n" + large + "\n")
        self.file("go", "")
        run = self.start(*words)
        self.assertEqual(sorted(post.lines(2)), ["a", "c"])
        self.assertEqual(run.finish().status, 0)
        with open(self.path("out")) as file:
            self.assertEqual(file.read(), "a\n" + large + "c\n")
        self.assertTrue(post.is_empty())
