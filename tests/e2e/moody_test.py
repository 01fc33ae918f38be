"""examples/moody: the worker that gmisclib's spread_jobs tests itself with, in each SDK, and its test."""

import os
import unittest

from seeds_testing import SeedsTest
from spread_testing import BUILD, PYTHON, SOURCE

FOLDER = os.path.join(SOURCE, "examples", "moody")
WORKERS = {
    "C++": ((), [os.path.join(BUILD, "examples", "moody")]),
    "Python": ((), [PYTHON, os.path.join(FOLDER, "moody.py")]),
    "shell": (("--wire", "json"), ["sh", os.path.join(FOLDER, "moody.sh")]),
}


class Moody(SeedsTest):
    def each(self):
        """For each SDK: its name, and the run of these tasks by so many of its workers."""
        random = self.random()
        for name, (wire, words) in WORKERS.items():
            def run(tasks, size, *options, wire=wire, words=words):
                seed = random.randrange(10**6)
                result = self.run_tasks([*words, seed], tasks, *wire, "-j", size, *options)
                return seed, result

            yield name, random, run

    def test_the_result_is_the_input(self):
        """Theirs: a to e 1 to 5 times, by 1 to 4 workers."""
        for name, random, run in self.each():
            for size in (1, 2, 3, 4):
                tasks = list("abcde") * random.randrange(1, 6)
                seed, result = run(tasks, size)
                with self.subTest(name, size=size, tasks=len(tasks), seed=seed):
                    self.assert_run(result, 0, tasks)
                    told = sorted(line for line in result.err.splitlines() if line.startswith("std"))
                    self.assertEqual(told, ["stderr"] * len(tasks) + sorted(f"stdout:{task}" for task in tasks))

    def test_a_null_is_lost_and_all_else_is_answered(self):
        """Theirs ends there, and answers nothing."""
        for name, _, run in self.each():
            tasks = ["a", None, "b", "c"]
            seed, result = run(tasks, 2, "--out", "records")
            with self.subTest(name, seed=seed):
                self.assertEqual(result.status, 1)
                self.assertEqual([record["value"] for record in result.values], tasks)
                lost = result.values[1]
                self.assertEqual((lost["status"], lost["error"]["type"]), ("lost", "NoResponse"))
                self.assertEqual(lost["error"]["message"],
                                 "3 workers in a row left (bye, or exit status 0) with it as their first task, "
                                 "and answered nothing")

    def test_it_refuses_and_dies_and_says_so(self):
        """Each of its moods comes up: over these seeds, whatever they are, the chance that one does not is
        below 1 in 10^9."""
        for name, _, run in self.each():
            if name == "shell":
                continue  # As slow as it is, for nothing new.
            seen = set()
            for _ in range(8):
                _, result = run(list("abcde") * 5, 9, "-v")
                seen |= {word for word in ("rests for", "in a bad mood", "exit status 1") if word in result.err}
            with self.subTest(name):
                self.assertEqual(seen, {"rests for", "in a bad mood", "exit status 1"})


if __name__ == "__main__":
    unittest.main()
