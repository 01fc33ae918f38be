"""`spread xargs` under the test suite of GNU findutils, run by DejaGnu as findutils runs it. What does
not pass is in KNOWN, and in docs/from-xargs.md with its reason."""

import os
import re
import shutil
import subprocess
import unittest

from spread_testing import SOURCE, SPREAD, SpreadTest

SUITE = os.path.join(SOURCE, ".deps", "findutils")

# Case -> why it does not pass; the same reasons are in docs/from-xargs.md.
KNOWN = {}


class FindutilsSuite(SpreadTest):
    def setUp(self):
        super().setUp()
        if not os.path.isdir(SUITE):
            self.skipTest("the suite is not there: scripts/deps --xargs fetches it")
        if shutil.which("runtest") is None:
            self.skipTest("DejaGnu is not there: scripts/deps --xargs installs it")

    def test_every_case_passes_or_is_known(self):
        folder = self.path("xargs")
        shutil.copytree(os.path.join(SUITE, "xargs"), folder)
        os.symlink(SPREAD, os.path.join(folder, "xargs"))
        # The suite looks for what a build would have left.
        with open(os.path.join(folder, "xargs.o"), "wb"):
            pass
        suite = os.path.join(folder, "testsuite")
        ran = subprocess.run(
            ["runtest", "--all", "--tool", "xargs", "--srcdir", ".", "CC=cc"],
            cwd=suite,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        cases = re.findall(r"^(PASS|FAIL|ERROR|UNRESOLVED|XPASS|XFAIL): (.*)$", ran.stdout, re.M)
        passed = {text.split(",")[0] for verdict, text in cases if verdict == "PASS"}
        failed = {text.split(",")[0]: text for verdict, text in cases if verdict != "PASS"}
        files = sum(len([f for f in fs if f.endswith(".exp")]) for _, _, fs in os.walk(suite)) - 1
        self.assertEqual(len(cases), files, ran.stdout + ran.stderr)
        self.assertEqual(set(failed), set(KNOWN), "\n".join(failed.values()))
        self.assertGreater(len(passed), 80)


if __name__ == "__main__":
    unittest.main()
