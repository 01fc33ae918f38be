"""How runs with --journal --resume end, and what is made of that when they are repeated: docs/resume.md."""

import os

from spread_testing import SpreadTest


class Ends(SpreadTest):
    def setUp(self):
        super().setUp()
        self.journal = self.path("j")

    def again(self, *words, **how):
        return self.spread(*words[:1], "--journal", self.journal, "--resume", *words[1:], **how)

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
