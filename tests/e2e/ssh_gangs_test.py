"""Gangs and sub-tasks whose workers are on other hosts, over ssh."""

import json
import os
import unittest

import gang_test
import subtasks_test
from spread_testing import PYTHON
from sshd import SshTest

SDK = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")


class Ssh(SshTest):
    def run_there(self, *words, worker, tasks):
        self.environment["PYTHONPATH"] = SDK
        return self.spread(*words, "-S", "1/h2,1/h3,1/:", "--env", "PYTHONPATH", "--in", "json", "--",
                           PYTHON, self.file("worker.py", worker), input="".join(json.dumps(t) + "\n" for t in tasks))

    def test_the_members_of_a_gang_are_on_three_hosts(self):
        steps = [["place"], ["allreduce", 2, "sum"], ["broadcast", "x" * 100000], ["barrier"]]
        result = self.run_there("gang", "-n3", worker=gang_test.WORKER, tasks=[[steps]] * 20)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[[[rank, 3], 6, "x" * 100000, None] for rank in range(3)]] * 20)

    def test_a_member_that_dies_on_another_host_is_told_to_the_others(self):
        tasks = [[[["barrier"], ["die"]], [["barrier"], ["barrier"]]]]
        result = self.run_there("gang", "-n3", "--crash-retries", "1", worker=gang_test.WORKER, tasks=tasks)
        self.assertEqual((result.status, result.values), (1, [None]))
        self.assertIn("rank 0", result.err)

    def test_sub_tasks_run_on_all_hosts_and_inside_of_what_waits(self):
        tasks = [["map", [["map", list(range(n))] for n in range(8)]]] * 10
        result = self.run_there("run", worker=subtasks_test.WORKER, tasks=tasks)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[[k * k for k in range(n)] for n in range(8)]] * 10)


if __name__ == "__main__":
    unittest.main()
