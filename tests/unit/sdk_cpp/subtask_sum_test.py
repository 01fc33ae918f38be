"""The common script of sub-tasks, by the C++ SDK, with a master that has one worker."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sdk_python"))
from harness import Worker
import subtask_master

SUM = os.path.join(os.environ["SPREAD_BUILD"], "test_workers", "subtask_sum")
FEATURES = {"SPREAD_FEATURES": "ask,meta,bye,subtasks"}


class CommonScript(unittest.TestCase):
    def test_gives_its_sum_at_every_depth(self):
        with Worker("", env=FEATURES, argv=[SUM]) as worker:
            worker.hello()
            for n, levels in ((5, 0), (0, 1), (4, 1), (3, 3), (1, 16)):
                master = subtask_master.Master(worker)
                found = master.run(7, [n, levels])
                self.assertEqual(found, ["ok", subtask_master.expected(n, levels)], (n, levels))
                self.assertEqual(master.depth_max, levels if n else 0)
                self.assertEqual(master.subtasks, {}, "all are fetched")
            worker.close()
            self.assertEqual(worker.status(), 0)


if __name__ == "__main__":
    unittest.main()
