"""What can be told only when a file is closed, or when nothing reads standard output: the same of
every subcommand, and of every file that spread writes."""

import os
import re
import shutil
import subprocess
import unittest

from spread_testing import SpreadTest

RUN = ["run", "-j1", "--wire", "lines"]
# What each of them writes by itself; those of MUTE write nothing to stdout.
WORDS = {
    "run": [*RUN, "--", "cat", ":::", "a"],
    "gang": ["gang", "--dry-run", "-n", "2", "--", "cat", ":::", "1"],
    "oneshot": ["oneshot", "--wire", "lines", "--task", '"a"', "--", "cat"],
    "check": ["check", "--wire", "lines", "--", "cat"],
    "relay": ["relay", "--help"],  # itself: relay_test.py
    "pool": ["pool", "--help"],
    "map": ["map", "echo", ":::", "a"],
    "pipe": ["pipe", "cat"],
    "xargs": ["xargs", "--help"],
    "all": ["all", "--", "echo", "a"],
    "sweep": ["sweep", "x=list:1,2"],
    "results": ["results", "done/journal"],
    "journal": ["journal", "repair", "done/journal", "copy"],
    "hosts": ["hosts"],
    "history": ["history", "reset"],
    "status": ["status", "done"],
    "retrieve": ["retrieve", "done"],
    "help": ["help"],
    "version": ["version"],
}
MUTE = {"attach": ["attach", "done"], "stop": ["stop", "done"], "clean": ["clean", "copy of it"]}
MORE = [["--help"], ["run", "-h"], ["--version"], ["map", "--dry-run", "echo", ":::", "a"],
        [*RUN, "--dry-run", "--", "cat", ":::", "a"]]


class StandardOutput(SpreadTest):
    def setUp(self):
        super().setUp()
        done = self.spread(*RUN, "--dir", "done", "--", "cat", input="a\n")
        self.assertEqual(done.status, 0, done)

    def each(self):
        for words in [*WORDS.values(), *MORE]:
            with self.subTest(words):
                if os.path.exists(self.path("copy")):
                    os.remove(self.path("copy"))
                yield words

    def test_all_subcommands_are_here(self):
        text = self.spread("--help").out
        listed = text[text.index("Subcommands:"):text.index("Options:")]
        self.assertEqual({*re.findall(r"^  ([a-z]+)", listed, re.MULTILINE)}, {*WORDS, *MUTE})

    def test_a_reader_that_has_left_is_141_and_nothing_is_said(self):
        for words in self.each():
            read, write = os.pipe()
            os.close(read)
            result = self.spread(*words, input="a\n", stdout=write)
            os.close(write)
            self.assertEqual((result.status, result.err), (141, ""), result)

    def test_a_closed_one_is_255_and_a_line(self):
        for words in self.each():
            result = self.spread(*words, input="a\n", stdout=None, preexec_fn=lambda: os.close(1))
            self.assertEqual((result.status, result.err), (
                255, "spread: cannot write to standard output: Bad file descriptor\n"), result)

    def test_a_full_disk_is_255_and_a_line(self):
        for words in self.each():
            with open("/dev/full", "wb") as full:
                result = self.spread(*words, input="a\n", stdout=full)
            self.assertEqual((result.status, result.err), (
                255, "spread: cannot write to standard output: No space left on device\n"), result)

    def test_so_is_a_quota_that_is_told_when_the_file_is_closed(self):
        self.close_fails(self.path("out"))
        for words in self.each():
            with open(self.path("out"), "wb") as out:
                result = self.spread(*words, input="a\n", stdout=out)
            self.assertEqual((result.status, result.err), (
                255, "spread: cannot write to standard output: Disk quota exceeded\n"), result)

    def test_those_that_write_nothing_do_not_care(self):
        for name, words in MUTE.items():
            with self.subTest(name):
                shutil.copytree(self.path("done"), self.path("copy of it"))
                result = self.spread(*words, stdout=None, preexec_fn=lambda: os.close(1))
                self.assertEqual(result.status, 255 if name == "stop" else 0, result)
                self.assertNotIn("standard output", result.err)
                shutil.rmtree(self.path("copy of it"), ignore_errors=True)


class Files(SpreadTest):
    def test_of_tails(self):
        self.close_fails(self.path("out/0"))
        result = self.spread("all", "-j1", "--tails", "out/", "--", "echo", "x")
        self.assert_run(result, 255, "", "spread: --tails: cannot write out/0: Disk quota exceeded\n")

    def test_of_what_jobs_elsewhere_print(self):
        self.close_fails(self.path("out/1/stdout"))
        result = self.spread("map", "--launch", "env", "-S", "1/h2", "--results", "out", "echo {}",
                             ":::", "a", "b")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: 1 of 2 jobs failed \(job 1\): cannot write what it prints "
                                 r"\(--results\): Disk quota exceeded: echo a")

    def test_of_results_and_messages_in_one_file(self):
        self.close_fails(self.path("out"))
        with open(self.path("out"), "wb") as out:
            result = self.spread("map", "echo", ":::", "a", stdout=out, stderr=subprocess.STDOUT)
        self.assertEqual(result.status, 255)
        with open(self.path("out"), encoding="utf-8") as out:
            self.assertEqual(out.read(),
                             "a\nspread: cannot write to standard output: Disk quota exceeded\n")


if __name__ == "__main__":
    unittest.main()
