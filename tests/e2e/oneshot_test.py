"""`spread oneshot`: one worker on one task, and what becomes of it. What gmisclib's one_shot_test prints."""

import json
import os
import re
import shlex
import subprocess
import unittest

from spread_testing import PUPPET, PYTHON, SOURCE, SQUARE, SpreadTest, do

with open(os.path.join(SOURCE, "docs", "check.md"), encoding="utf-8") as page:
    PAGE = page.read()
SDK = os.path.join(SOURCE, "worker_sdk")

PRINTS = """import os, sys
import spread_worker
def handle(x, items):
    print("to", "stdout")
    print("to stderr", file=sys.stderr)
    if x == "raise": raise ValueError("no number")
    if x == "die": os._exit(3)
    return [x, items]
spread_worker.run(handle, prep=lambda items: items, capture=True)
"""


class Oneshot(SpreadTest):
    def oneshot(self, task, *options, worker=PUPPET, **how):
        return self.spread("oneshot", "--task", task, *options, "--", *worker, **how)

    def prints(self, task, *options):
        self.environment["PYTHONPATH"] = os.path.join(SDK, "python")
        return self.oneshot(task, *options, worker=[PYTHON, self.file("prints.py", PRINTS)])

    def test_what_is_printed_and_what_is_made_are_shown(self):
        result = self.prints('{"a": [1, 2.5, null]}', "--prep", "x", "--prep-json", "[1]")
        self.assert_run(
            result, 0, 'STDOUT:\nto stdout\nSTDERR:\nto stderr\nd=[{"a":[1,2.5,null]},["x",[1]]]\n', ""
        )

    def test_where_nothing_is_attached_the_headings_stand_alone(self):
        self.assert_run(self.oneshot("3", worker=SQUARE), 0, "STDOUT:\nSTDERR:\nd=9\n", "")

    def test_text_without_a_newline_gets_one(self):
        task = do(["no_answer"], ["send", [0, "ok", 1, "so", "se"]])
        result = self.oneshot(json.dumps(task))
        self.assert_run(result, 0, "STDOUT:\nso\nSTDERR:\nse\nd=1\n", "")

    def test_a_failure_is_told_with_type_message_and_trace(self):
        result = self.prints('"raise"')
        self.assert_run(result, 1, "STDOUT:\nto stdout\nSTDERR:\nto stderr\n")
        self.assert_told(
            result,
            r"spread: task 1 \(raise\) failed on localhost: ValueError: no number \(prints.py:6, in handle\)",
            r"spread: its trace:",
            r'  File ".*prints.py", line 6, in handle',
        )

    def test_a_worker_that_dies_is_told_with_its_exit_status(self):
        result = self.prints('"die"')
        self.assert_run(result, 1, "")
        self.assert_told(result, r"spread: .*prints.py ended before its first answer \(exit status 3\)")

    def test_nothing_is_tried_twice(self):
        path = self.path("tries")
        for steps in (["kill", 9], ["answer", "error", {"type": "E", "message": "m"}], ["answer", "busy", 9, "load"]):
            with self.subTest(steps):
                result = self.oneshot(json.dumps(do(["tell", path, "x"], steps)))
                self.assertEqual(result.status, 1)
                with open(path, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "x\n")
                os.remove(path)

    def test_a_refusal_is_a_failure(self):
        result = self.oneshot(json.dumps(do(["answer", "busy", 2.5, "load 14"])))
        self.assert_run(result, 1, "STDOUT:\nSTDERR:\n")
        self.assert_told(result, "spread: task 1 .*failed on localhost: Busy: it refuses the task for 2.5 s: load 14")

    def test_a_fatal_answer_is_a_failure(self):
        result = self.oneshot(json.dumps(do(["answer", "fatal", {"type": "F", "message": "no licence"}])))
        self.assertEqual(result.status, 1)
        self.assert_told(result, "spread: task 1 .*failed on localhost: F: no licence")

    def test_one_that_hangs_is_ended_by_the_time_out(self):
        result = self.oneshot(json.dumps(do(["hang"])), "--timeout", "0.2")
        self.assert_run(result, 1, "")
        self.assert_told(result, "spread: task 1 .*failed on localhost: Timeout: .*")

    def test_a_tail_is_shown_behind_the_result(self):
        self.environment["PUPPET_TAIL"] = "tail\n"
        self.assert_run(self.oneshot("1"), 0, "STDOUT:\nSTDERR:\nd=1\ntail\n", "")

    def test_what_sub_tasks_print_is_not_the_tasks(self):
        self.environment["PYTHONPATH"] = os.path.join(SDK, "python")
        text = ("import spread_worker as w\n"
                "def handle(x):\n    print('of', x)\n    return w.map([1]) if x == 0 else x\n"
                "w.run(handle, capture=True)\n")
        result = self.oneshot("0", worker=[PYTHON, self.file("w.py", text)])
        self.assert_run(result, 0, "STDOUT:\nof 0\nSTDERR:\nd=[1]\n")
        self.assert_told(result, "of 1")

    def test_each_wire(self):
        self.assert_run(self.oneshot('"a b"', "--wire", "lines", worker=["sed", "-u", "s/a/x/"]), 0,
                        'STDOUT:\nSTDERR:\nd="x b"\n', "")
        sh = self.script("w.sh", """#!/bin/sh
read -r task
printf '%s\\n' '[0,"ok",7,"said"]'
""")
        self.assert_run(self.oneshot("1", "--wire", "json", worker=[sh]), 0, "STDOUT:\nsaid\nSTDERR:\nd=7\n", "")

    def test_one_of_several_hosts_is_enough(self):
        result = self.oneshot("1", "-S", "2/a,2/b", "--launch", "env SEEN={host}")
        self.assert_run(result, 0, "STDOUT:\nSTDERR:\nd=1\n", "")

    def test_each_decision_is_told(self):
        result = self.oneshot("1", "-v")
        self.assert_run(result, 0, "STDOUT:\nSTDERR:\nd=1\n")
        self.assert_told(result, r"\[ *[0-9.]+\] send task 1 to worker 0: .*")

    def test_nothing_is_remembered(self):
        self.environment["XDG_STATE_HOME"] = self.path("state")
        self.assertEqual(self.oneshot("1").status, 0)
        self.assertFalse(os.path.exists(self.path("state")))

    def test_bad_lines(self):
        for words, told in (
            (("--task", '{"a', "--", "cat"), '--task {"a: a string without its closing quote at byte 2'),
            (("--task", "1 2", "--", "cat"), "--task 1 2: text behind the value at byte 3"),
            (("--", "cat"), "--task JSON is missing: the payload of the task (try 'spread oneshot --help')"),
            (("--task", "1"), "no worker is named: write it after --, or use --worker or --args-file "
                              "(try 'spread oneshot --help')"),
            (("--task", "1", "--", "cat", ":::", "2"), "::: and :::: are for run and map (try 'spread oneshot --help')"),
            (("--task", "1", "--timeout", "200%", "--", "cat"),
             "--timeout: there is no median of one task (try 'spread oneshot --help')"),
            (("--task", "1", "-j", "2", "--", "cat"), "-j is for run, not for oneshot (try 'spread oneshot --help')"),
        ):
            with self.subTest(words):
                self.assert_run(self.spread("oneshot", *words), 255, "", f"spread: {told}\n")


class Page(SpreadTest):
    """What docs/check.md shows works as it is printed."""

    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SDK, "python")
        self.programs = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    def outside(self, words, text=""):
        """Without spread."""
        return subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env=self.environment, cwd=self.folder, timeout=60, check=True).stdout

    def test_one_task(self):
        self.file("worker.py", self.programs[0])
        words, shown = re.search(r"^    \$ spread (oneshot.*)\n((?:    .*\n)+)", PAGE, re.MULTILINE).groups()
        words = [PYTHON if word == "python3" else word for word in shlex.split(words)]
        result = self.spread(*words)
        self.assert_run(result, 0, "".join(line[4:] for line in shown.splitlines(True)), "")

    def test_a_debugger(self):
        out = self.outside([PYTHON, self.file("w.py", self.programs[1])], "p sorted(words)\nc\n")
        self.assertIn("(Pdb) ['be', 'or']\n", out)
        self.assertTrue(out.endswith("2\n"), out)

    def test_a_shell_without_spread(self):
        os.symlink(os.path.join(SDK, "sh", "spread-worker.sh"), self.path("spread-worker.sh"))
        self.file("worker.sh", '. ./spread-worker.sh\nanswer() { spread_ok "<$1>"; }\nspread_run answer\n')
        line = re.search(r"`(printf .*?worker\.sh)`", PAGE)[1].replace("\\|", "|")
        self.assertEqual(self.outside(["sh", "-c", line]).splitlines()[-1], '[0,"ok","<some text>"]')


if __name__ == "__main__":
    unittest.main()
