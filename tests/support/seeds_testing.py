"""What the tests of docs/seeds.md share: workers of a few lines of Python, and a seed that is printed."""

import os
import random

from spread_testing import PYTHON, SOURCE, SpreadTest, json_lines

SEED = int(os.environ.get("SPREAD_SEED") or random.SystemRandom().randrange(1 << 32))


class SeedsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")

    def random(self):
        """The same numbers with the same seed: SPREAD_SEED=7."""
        print(f"SPREAD_SEED={SEED}", flush=True)
        return random.Random(SEED)

    def worker(self, text, run="w.run(handle)"):
        """The words that start a worker; `text` defines handle(payload), with the SDK as w."""
        head = "import array, fcntl, json, os, sys, spread_worker as w\n"
        return [PYTHON, self.file("worker.py", f"{head}{text}\n{run}\n")]

    def run_tasks(self, worker, tasks, *options):
        words = ("run", "--in", "json", *options, "--", *worker)
        return self.spread(*words, input=json_lines(tasks))

    def gang(self, size, worker, tasks, *options):
        words = ("gang", "-n", size, "-j", size, "--in", "json", *options, "--", *worker)
        return self.spread(*words, input=json_lines(tasks))

    def lines_of(self, name):
        """Those of a file that workers have written to; none, if it is not there."""
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return file.read().splitlines()
