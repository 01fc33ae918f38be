"""A skipped test is a failure where SPREAD_NO_SKIPS=1, unless it is listed with its reason."""

import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["SPREAD_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests"))

import skips  # noqa: E402

ONE_OF_TWO = """
import unittest
class Some(unittest.TestCase):
    def test_a(self):
        self.skipTest("no wings")
    def test_b(self):
        pass
"""
# What a GoogleTest program leaves for run_gtest.py, written by a stand-in for one.
STAND_IN = """#!/bin/sh
for word; do case $word in --gtest_output=json:*) file=${word#*:} ;; esac; done
echo '{"tests":1,"testsuites":[{"name":"Bird","testsuite":[{"name":"Flies","result":"SKIPPED"}]}]}' >"$file"
"""


class Skips(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def run_with(self, runner, path, no_skips):
        return subprocess.run(
            ["/usr/bin/python3", os.path.join(SOURCE, "tests", runner), path],
            env={**os.environ, "SPREAD_NO_SKIPS": no_skips},
            capture_output=True,
            text=True,
        )

    def test_of_a_python_file(self):
        path = self.file("wings_test.py", ONE_OF_TWO)
        self.assertEqual(self.run_with("run_python.py", path, "0").returncode, 0)
        told = self.run_with("run_python.py", path, "1")
        self.assertEqual(told.returncode, 1)
        self.assertIn("wings_test.Some.test_a is not in", told.stderr)

    def test_of_a_program(self):
        path = self.file("unit_bird", STAND_IN)
        self.assertEqual(self.run_with("run_gtest.py", path, "0").returncode, 0)
        told = self.run_with("run_gtest.py", path, "1")
        self.assertEqual(told.returncode, 1)
        self.assertIn("unit_bird.Bird.Flies is not in", told.stderr)

    def test_listed_ones_are_none(self):
        listed = self.file("list", "# comment\nwings_test.Some.* birds only\n")
        os.environ["SPREAD_NO_SKIPS"] = "1"
        self.addCleanup(os.environ.pop, "SPREAD_NO_SKIPS")
        self.assertFalse(skips.are_bad([("wings_test.Some.test_a", "no wings")], listed))
        self.assertTrue(skips.are_bad([("wings_test.Other.test_a", "no wings")], listed))

    def test_a_listed_one_has_a_reason(self):
        with self.assertRaises(SystemExit):
            skips.allowed(self.file("list", "wings_test.Some.*\n"))
        self.assertTrue(skips.allowed())


if __name__ == "__main__":
    unittest.main()
