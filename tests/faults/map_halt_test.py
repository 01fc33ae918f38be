"""Jobs that were decided upon in the moment in which the run was given up: each has its own item or
does not run."""

import os
import unittest

from map_testing import MapTest

# Longer than an argument may be: it cannot be started, which is known at once.
LONG = "x" * 200000


class OwnItems(MapTest):
    def assert_own_items(self, lines, items, result):
        for line in lines:
            self.assertIn(line, [f"would remove dir/{item}" for item in items], result)

    def test_of_halt_now(self):
        items = [LONG, "1", "2", "3"]
        self.file("in", "".join(item + "\n" for item in items))
        for options in ((), ("-u",), ("--unordered",), ("--lb",), ("--retries", "2")):
            with self.subTest(options):
                result = self.map(*options, "-j4", "--halt", "now,fail=1", "-a", "in",
                                  "echo", "would remove dir/{}", stdin=None)
                self.assert_own_items(result.out.splitlines(), items[1:], result)

    def test_of_results_that_cannot_be_opened(self):
        os.mkdir(self.path("d"))
        self.file("d/2", "no folder")
        for halt in ((), ("--halt", "now,fail=1")):
            with self.subTest(halt):
                script = "echo 'would remove dir/{}' >>log"
                result = self.map("-j4", *halt, "--results", "d", script, ":::", *"abcd")
                self.assertEqual(result.status, 255, result)
                self.assert_told(result, r"spread: --results: .*d/2.*")
                if os.path.exists(self.path("log")):
                    self.assert_own_items(self.read("log").splitlines(), "abcd", result)

    def test_of_commands_that_are_not_there(self):
        items = [str(n) for n in range(100)]
        result = self.map("-j8", "--halt", "now,fail=1", "./nowhere", ":::", *items)
        self.assertEqual(result.status, 127, result)
        self.assertNotRegex(result.err, r"nowhere\s*$|nowhere *\n")

    def test_a_job_that_was_never_started_has_the_status_of_one_that_cannot_be(self):
        self.file("in", LONG + "\n")
        result = self.map("--halt", "now,fail=1", "-a", "in", "echo", stdin=None)
        self.assertEqual(result.status, 126, result.err[-300:])


if __name__ == "__main__":
    unittest.main()
