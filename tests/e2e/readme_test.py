"""README's examples work as printed: the workers in three languages give the same numbers, and the
links lead somewhere."""

import json
import os
import re
import subprocess

from spread_testing import SOURCE, SPREAD, SpreadTest

with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
    README = file.read()
SUFFIX = {"cpp": "cc", "python": "py", "sh": "sh"}
LICENCE = "/usr/share/common-licenses/GPL-3"


def workers():
    """{language: (its program, the shell lines below it)}"""
    found = {}
    blocks = re.findall(r"^```(\w+)\n([^`]*)^```\n\n((?:    .*\n)+)", README, re.MULTILINE)
    for language, program, lines in blocks:
        # Of each language the first is the counter of words.
        found.setdefault(language, (program, "".join(line[4:] for line in lines.splitlines(True))))
    return found


def python_program(name):
    """What stands behind the sentence that names it, and the shell lines below."""
    found = re.search(rf"\(`{name}`;[^`]*?^```python\n([^`]*)^```\n\n((?:    .*\n)+)", README, re.MULTILINE)
    return found[1], "".join(line[4:] for line in found[2].splitlines(True))


class Readme(SpreadTest):
    deadline = 500  # the compiler, on a busy machine

    def setUp(self):
        super().setUp()
        os.symlink(os.path.join(SOURCE, "worker_sdk"), self.path("worker_sdk"))
        os.mkdir(self.path("bin"))
        os.symlink(os.path.abspath(SPREAD), self.path("bin/spread"))
        self.environment["PATH"] = self.path("bin") + os.pathsep + os.environ["PATH"]
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"

    def shell(self, lines):
        done = subprocess.run(
            ["bash", "--norc", "-ec", lines],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_workers_in_three_languages_print_the_same(self):
        with open(LICENCE, encoding="utf-8") as text:
            words = text.read().split()
        expected = "".join(f"{words.count(word)}\n" for word in ("free", "software", "the"))
        self.assertEqual(set(workers()), set(SUFFIX))
        for language, (program, lines) in workers().items():
            with self.subTest(language):
                self.assertLessEqual(len(program.splitlines()), 11)
                self.file(f"count.{SUFFIX[language]}", program)
                self.assertEqual(self.shell(lines), expected)

    def test_workers_that_talk_to_each_other(self):
        program, lines = python_program("mean.py")
        self.file("mean.py", program)
        self.environment["PYTHONPATH"] = self.path("worker_sdk/python")
        self.assertEqual(self.shell(lines), "499999.5\n500000\n500000.5\n500001\n")

    def test_a_range_is_cut_and_gathered(self):
        program, lines = python_program("pi.py")
        self.file("pi.py", program)
        self.environment["PYTHONPATH"] = self.path("worker_sdk/python")
        hits = json.loads(self.shell(lines))
        self.assertEqual(len(hits), 8)
        self.assertAlmostEqual(4 * sum(hits) / 1000000, 3.1416, delta=0.01)

    def test_a_sweep_needs_no_input(self):
        (lines,) = re.findall(r"^    (spread run --sweep .*\n.*)$", README, re.MULTILINE)
        self.environment["PYTHONPATH"] = self.path("worker_sdk/python")
        self.assertEqual([float(line) for line in self.shell(lines).split()],
                         [0, 0, 0.25, 0.0625, 0.5, 0.25, 0.75, 0.5625, 1, 1])

    def test_a_task_that_hands_parts_back(self):
        program, lines = python_program("size.py")
        self.file("size.py", program)
        self.environment["PYTHONPATH"] = self.path("worker_sdk/python")
        deepest = "e/" + "/".join("123456789abcdef")  # a sub-task of depth 16
        for folders in ("a/b/c", "a/d", deepest):
            os.makedirs(self.path(os.path.join("tree", folders)))
        for size, name in ((10, "f"), (200, "a/f"), (3000, "a/b/c/f"), (40000, f"{deepest}/f")):
            self.file(os.path.join("tree", name), "x" * size)
        lines = lines.replace("/usr/share/doc /usr/share/perl5", "tree tree/a")
        self.assertEqual(self.shell(lines), "43210\n3200\n")

    def test_a_filter_is_a_worker(self):
        (line,) = re.findall(r"^    (spread run --wire lines .*)$", README, re.MULTILINE)
        self.assertEqual(self.shell(line), "hello, world\nhello, moon\n")

    def test_links_lead_somewhere(self):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README)
        self.assertGreater(len(links), 10)
        for link in links:
            self.assertTrue(os.path.exists(os.path.join(SOURCE, link)), link)


if __name__ == "__main__":
    import unittest

    unittest.main()
