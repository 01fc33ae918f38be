"""How runs with --journal --resume end, and what is made of that when they are repeated: docs/resume.md."""

import os

from spread_testing import SpreadTest


class ResumeTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.journal = self.path("j")

    def again(self, *words, **how):
        return self.spread(*words[:1], "--journal", self.journal, "--resume", *words[1:], **how)


class Ends(ResumeTest):
    def test_where_nothing_was_computed_it_ends_the_same(self):
        words = ["run", "--wire", "lines", "-j1", "--", "false"]
        for _ in range(3):
            result = self.again(*words, input="a\nb\n")
            self.assertEqual((result.status, result.out), (2, "\n\n"), result)
        self.assertIn("2 of 2 tasks were done before", result.err)

    def test_where_the_rest_cannot_be_started_it_is_not_complete(self):
        worker = self.script("w", "#!/bin/sh\nwhile read x; do echo $x; done\n")
        words = ["run", "--wire", "lines", "-j1", "--", worker]
        self.assertEqual(self.again(*words, input="a\n").status, 0)
        os.rename(worker, worker + ".gone")
        result = self.again(*words, input="a\nb\n")
        self.assertEqual((result.status, result.out), (255, "a\n\n"), result)
        os.rename(worker + ".gone", worker)
        result = self.again(*words, input="a\nb\n")
        self.assertEqual((result.status, result.out), (0, "a\nb\n"), result)

    def test_tasks_that_workers_die_of_are_lost_though_they_come_first(self):
        # After a kill they do: they were being tried again.
        worker = self.script("w", "#!/bin/sh\nwhile read x; do case $x in bad*) exit 3; esac; echo $x; done\n")
        words = ["run", "--wire", "lines", "-j1", "--", worker]
        self.assertEqual(self.again(*words, input="a\n").status, 0)
        result = self.again(*words, input="a\nbad1\nbad2\nbad3\nbad4\nb\n")
        self.assertEqual((result.status, result.out), (4, "a\n\n\n\n\nb\n"), result)


class NeverBegan(ResumeTest):
    """What was refused before it began is as good as not tried."""

    WORKER = ["--wire", "lines", "--", "sed", "-u", "s/$/x/"]

    def run_to(self, out, *options):
        return self.spread("run", "--journal", self.journal, "-o", out, *options, *self.WORKER, input="1\n2\n")

    def test_the_journal_is_new_for_the_next(self):
        out = self.file("out", "dear\n")
        for options in ([], ["--resume"], ["--resume", "--dry-run"], []):
            result = self.run_to(out, *options)
            self.assertEqual((result.status, len(result.err.splitlines())), (255, 1), result)
            self.assertIn("--force writes over it", result.err)
        with open(out) as file:
            self.assertEqual(file.read(), "dear\n")
        self.assertEqual(self.run_to(out, "--force").status, 0)
        with open(out) as file:
            self.assertEqual(file.read(), "1x\n2x\n")
        self.assertIn("--resume goes on with it", self.run_to(out, "--force").err)

    def test_a_dry_run_does_not_open_what_is_no_file(self):
        os.mkfifo(self.path("fifo"))
        result = self.run_to(self.path("fifo"), "--resume", "--dry-run")
        self.assertEqual((result.status, result.out.splitlines()[-1]), (0, "0 kept, 2 to run"), result)
