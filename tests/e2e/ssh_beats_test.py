"""Signs of life over ssh."""

import json
import os
import unittest

import beats_test
from spread_testing import PYTHON
from sshd import SshTest

SDK = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")


class Ssh(SshTest):
    def test_a_task_that_holds_the_interpreter_lock_is_not_lost(self):
        worker = self.file("worker.py", beats_test.SdkBeats.PYTHON_WORKER)
        gate, post = self.gate(), self.post()
        self.environment["PYTHONPATH"] = SDK
        running = self.start("run", "-S", "1/h2", "--env", "PYTHONPATH", "--in", "json", "--lost-after", "1",
                             "--", PYTHON, worker)
        running.write(json.dumps({"gate": gate.path, "post": post.path, "answer": "x" * 100000}) + "\n")
        running.close_input()
        post.line()
        beats_test.let_pass(self, "2.5")
        gate.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out, json.dumps("x" * 100000) + "\ntail\n")



if __name__ == "__main__":
    unittest.main()
