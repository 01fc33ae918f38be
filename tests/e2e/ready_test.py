"""Whose time is it: a worker that says when it is ready has none of its preparation in its tasks'
time; of one that does not, the first task is marked."""

import json
import os
import unittest

from spread_testing import PYTHON, SOURCE, SpreadTest

SDK = os.path.join(SOURCE, "worker_sdk")
# Its preparation takes until the test opens the gate; then it answers with what it was given.
PREPARES = """
import sys
sys.path.insert(0, %r)
import spread_worker

def prepare(items):
    with open(sys.argv[1], "rb", buffering=0) as gate:
        gate.read(1)

spread_worker.run(lambda x, _: x, prep=prepare)
print("tail")
""" % os.path.join(SDK, "python")
# Says hello, and ready if its argument is "ready"; prints a tail.
PLAIN = """
import json, sys
print('[null,"hello",{"wire":1}]', flush=True)
if sys.argv[1] == "ready":
    print('[null,"ready"]', flush=True)
for line in sys.stdin:
    id, payload = json.loads(line)
    print(json.dumps([id, "ok", payload]), flush=True)
    if payload == "late":
        print('[null,"ready"]', flush=True)
print("tail")
"""


class First(SpreadTest):
    def plain(self, *options, tasks=("a", "b", "c"), says="ready", **how):
        return self.spread(
            *("run", "--wire", "json", "-j1", "--no-history", *options),
            *("--", PYTHON, self.file("plain.py", PLAIN), says),
            input="".join(f"{task}\n" for task in tasks),
            **how,
        )

    def marked(self, lines):
        return [line.get("first", False) for line in lines]

    def test_is_in_records_and_events_of_a_worker_that_does_not_say_ready(self):
        events = self.path("events")
        for says, first in (("nothing", True), ("ready", False)):
            with self.subTest(says):
                result = self.plain(
                    "--out", "records", "--tails", "none", "--events", events, says=says
                )
                self.assert_run(result, 0, err="")
                self.assertEqual(self.marked(result.values), [first, False, False])
                with open(events, encoding="utf-8") as file:
                    told = [json.loads(line) for line in file]
                for kind in ("task_answered", "task_finished"):
                    found = [event for event in told if event["event"] == kind]
                    self.assertEqual(self.marked(found), [first, False, False], kind)

    def test_is_every_worker_s_own(self):
        result = self.plain("--out", "records", "--tails", "none", "-j3", "--start-all", says="no")
        self.assert_run(result, 0, err="")
        workers = [record["worker"] for record in result.values]
        expected = [worker not in workers[:n] for n, worker in enumerate(workers)]
        self.assertEqual(self.marked(result.values), expected)

    def test_survives_the_spill_file(self):
        result = self.plain(
            *("--out", "records", "--tails", "none", "--reorder-mem", "1K", "--retries", "1"),
            tasks=["x" * 600] * 20,
            says="no",
        )
        self.assert_run(result, 0, err="")
        self.assertEqual(self.marked(result.values), [True] + [False] * 19)

    def test_jobs_of_map_have_none(self):
        result = self.spread("map", "-j1", "--out", "records", "echo", ":::", "a", "b")
        self.assert_run(result, 0, err="")
        self.assertEqual(self.marked(result.values), [False, False])

    def test_ready_after_the_first_answer_is_ignored_and_told_once(self):
        result = self.plain("--tails", "none", tasks=("late", "late", "c"), says="no")
        self.assert_run(result, 0, "late\nlate\nc\n")
        self.assertEqual(result.err.count("a late ready is ignored"), 1, result)


class Time(SpreadTest):
    def test_of_the_first_task_has_no_preparation_in_it(self):
        gate, log, events = self.gate(), self.path("log"), self.path("events")
        gate.open()
        result = self.spread(
            *("run", "-j1", "--out", "records", "--joblog", log, "--no-history", "--tails", "none"),
            *("--events", events, "--", PYTHON, self.file("prepares.py", PREPARES), gate.path),
            input="a\nb\n",
        )
        self.assert_run(result, 0, err="")
        with open(events, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        times = {e["event"]: e["time"] for e in reversed(told) if e.get("task", 0) == 0}
        # It was sent when the process was started: a start of Python is in between.
        seconds = result.values[0]["seconds"]
        self.assertLess(seconds + 0.001, times["task_answered"] - times["task_sent"])
        self.assertEqual(self.seconds_in(log), [f"{r['seconds']:.3f}" for r in result.values])

    def seconds_in(self, log):
        with open(log, encoding="utf-8") as file:
            return [line.split("\t")[3].strip() for line in file.readlines()[1:]]


class Tail(SpreadTest):
    def test_of_a_worker_that_had_no_task_does_not_have_its_ready(self):
        # Two of the three prepare themselves until all is answered.
        for wire in ("msgpack", "json"):
            with self.subTest(wire):
                gates = [self.gate(f"gate-{wire}-{n}") for n in range(3)]
                script = self.file("prepares.py", PREPARES)
                running = self.start(
                    *("run", "-j3", "--start-all", "--wire", wire, "--no-history"),
                    *("--", PYTHON, script, self.path(f"gate-{wire}-{{worker}}")),
                    bufsize=0,
                )
                running.write("a\n")
                running.close_input()
                gates[0].open()
                self.assertEqual(running.read_line(), "a\n")
                gates[1].open()
                gates[2].open()
                self.assert_run(running.finish(), 0, "tail\n" * 3, "")

    def test_in_all_does_not_have_hello_and_ready(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire):
                gate = self.gate(f"gate-{wire}")
                gate.open(2)
                worker = [PYTHON, self.file("prepares.py", PREPARES), gate.path]
                result = self.spread("all", "-j2", "--wire", wire, "--", *worker)
                self.assert_run(result, 0, "tail\n" * 2, "")

    def test_in_all_of_a_plain_worker_has_what_is_no_greeting(self):
        for says, tail in (("ready", "tail\n"), ("no", "tail\n")):
            with self.subTest(says):
                worker = [PYTHON, self.file("plain.py", PLAIN), says]
                result = self.spread("all", "-j1", "--wire", "json", "--", *worker)
                self.assert_run(result, 0, tail, "")


if __name__ == "__main__":
    unittest.main()
