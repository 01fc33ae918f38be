"""The sub-tasks of the shell SDK, in every shell that is here: what is asked, what runs while a task
waits, and hooks."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sdk_python"))
import harness
import subtask_master
from harness import Worker
from worker_test import SHELLS, shell_worker

FOLDER = os.path.join(harness.ROOT, "worker_sdk", "sh")
SUM = os.path.join(harness.ROOT, "tests", "e2e", "subtask_workers", "sum.sh")
# A handler for every call: the payload is shell.
CODE = """
. '%s'
count=0
handler() {
    if eval "$1"; then spread_ok_json "$SPREAD_ANSWER"; else spread_subtasks_failed; fi
}
spread_run handler
""" % os.path.join(FOLDER, "spread-subtasks.sh")
FEATURES = {"SPREAD_FEATURES": "ask,meta,bye,subtasks"}
A, B = subtask_master.FIRST, subtask_master.FIRST + 1
META = {"attempt": 1, "parent": 7, "depth": 1}


class Subtasks(unittest.TestCase):
    def each_shell(self, env=FEATURES):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(CODE, shell, env=env) as worker:
                worker.hello()
                yield worker

    def asked(self, worker, *question, task=7):
        message = worker.message()
        self.assertEqual(message[:2] + message[3:], [None, "ask", question[0], task] + list(question[1:]))
        return message[2]

    def reply(self, worker, value, *question, kind="answer", task=7):
        worker.send_value([None, kind, self.asked(worker, *question, task=task), value])

    def test_each_call_is_a_question(self):
        ids = "'[%d,%d]'" % (A, B)
        error = ["error", {"type": "NoResponse", "message": "killed"}]
        calls = (
            ("submit '[1,{\"a\":null}]'", ["submit", [1, {"a": None}]], [A, B]),
            ("submit '[\"x\"]' '{\"c\":1}'", ["submit", ["x"], {"c": 1}], [A]),
            ("submit '[\n \"x\"\n]' '{\n \"c\": 1\n}'", ["submit", ["x"], {"c": 1}], [A]),
            ("ready " + ids, ["ready", [A, B]], [B]),
            ("wait " + ids, ["wait", [A, B], None], [A, B]),
            ("wait " + ids + " 1", ["wait", [A, B], 1], [B]),
            ("fetch " + ids, ["fetch", [A, B]], [["ok", "]"], error]),
            ("subpool 3", ["subpool", 3], 2),
        )
        for worker in self.each_shell():
            for text, question, value in calls:
                worker.task(7, "spread_" + text)
                self.reply(worker, value, *question)
                self.assertEqual(worker.message(), [7, "ok", value])

    def test_what_is_refused_is_told(self):
        why = {"type": "UnknownSubtask", "message": "fetch names 5"}
        for worker in self.each_shell():
            worker.task(7, "spread_fetch '[5]'")
            self.reply(worker, why, "fetch", [5], kind="refused")
            self.assertEqual(worker.message(), [7, "error", why])

    def test_what_is_no_json_is_not_asked(self):
        calls = {"submit '[1,]'": "[1,]", "submit '[1]' abc": "abc", "ready": "", "wait '[1]' x": "x", "fetch '[1'": "[1",
                 "subpool abc": "abc"}
        for worker in self.each_shell():
            for text, value in calls.items():
                worker.task(7, "spread_" + text)
                told = "spread_%s takes JSON, with numbers of at most 64 bits, and not '%s'" % (text.split()[0], value)
                self.assertEqual(worker.message(), [7, "error", {"type": "BadAsk", "message": told}])
            worker.task(7, "SPREAD_ANSWER=; (exit 1)")
            self.assertEqual(worker.message()[2]["type"], "Subshell")

    def test_an_older_master_is_asked_nothing(self):
        for worker in self.each_shell({"SPREAD_FEATURES": "ask,meta"}):
            for call in ("submit '[]'", "ready '[]'", "wait '[]'", "fetch '[]'", "subpool 1"):
                worker.task(7, "spread_" + call)
                found = worker.message()
                self.assertEqual((found[1], found[2]["type"]), ("error", "TooOld"))
                self.assertIn("this spread is too old", found[2]["message"])

    def test_a_sub_task_runs_while_its_parent_waits_and_all_else_later(self):
        text = "count=5; spread_wait '[1]'; SPREAD_ANSWER=\"[$SPREAD_ANSWER,$SPREAD_TASK,$count,${#SPREAD_META}]\""
        for worker in self.each_shell():
            worker.task(7, text)
            seq = self.asked(worker, "wait", [1], None)
            later = {"l": [1, {"z": 1}], "parent": 3}
            worker.send_value([8, later])
            worker.send_value([1, "count=6; spread_parent", META])
            self.assertEqual(worker.message(), [1, "ok", 7])
            worker.send_value([1, "spread_progress 0.5; SPREAD_ANSWER=$SPREAD_TASK", META])
            self.assertEqual(worker.message(), [1, "progress", 0.5, ""])
            self.assertEqual(worker.message(), [1, "ok", 1])
            worker.send_value([3, "SPREAD_ANSWER=$SPREAD_META", dict(META, parent=2, depth=2)])
            self.assertEqual(worker.message(), [3, "ok", {"attempt": 1, "parent": 2, "depth": 2}])
            worker.send_value([1, "return 3", META])
            self.assertEqual(worker.message()[2], {"type": "exit", "message": "exit status 3"})
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [[1], 7, 5, 0]])
            self.assertEqual(worker.message()[:2], [8, "error"], "it is no shell")

    def test_a_sub_task_runs_while_its_parent_asks_what_is_ready(self):
        for worker in self.each_shell():
            worker.task(7, "spread_ready '[1]'")
            seq = self.asked(worker, "ready", [1])
            worker.task(8, "SPREAD_ANSWER=8")
            worker.send_value([1, "spread_ready '[2]'", META])
            inner = self.asked(worker, "ready", [2], task=1)
            worker.send_value([2, "spread_parent", dict(META, parent=1, depth=2)])
            self.assertEqual(worker.message(), [2, "ok", 1])
            worker.send_value([None, "answer", inner, []])
            self.assertEqual(worker.message(), [1, "ok", []])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [1]])
            self.assertEqual(worker.message(), [8, "ok", 8])

    def test_what_a_sub_task_reads_for_others_is_handed_on(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1,2]' 1")
            outer = self.asked(worker, "wait", [1, 2], 1)
            worker.send_value([1, "spread_subpool 1; spread_wait '[4]'; spread_common", META])
            inner = self.asked(worker, "subpool", 1, task=1)
            worker.task(8, "SPREAD_ANSWER='\"later\"'")
            worker.send_value([None, "answer", outer, [2]])
            worker.send_value([None, "answer", inner, 4])
            inner = self.asked(worker, "wait", [4], None, task=1)
            worker.send_value([None, "common", 40, {"c": "x"}])
            deep = dict(META, parent=1, depth=2, common=40)
            worker.send_value([4, "spread_common", deep])
            self.assertEqual(worker.message(), [4, "ok", {"c": "x"}])
            worker.send_value([None, "answer", inner, [4]])
            self.assertEqual(worker.message(), [1, "ok", None])
            self.assertEqual(worker.message(), [7, "ok", [2]])
            self.assertEqual(worker.message(), [8, "ok", "later"])
            worker.send_value([9, "spread_common", deep])
            self.assertEqual(worker.message(), [9, "ok", {"c": "x"}])
            worker.send_value([None, "common", 40])
            worker.send_value([9, "spread_common", deep])
            self.assertEqual(worker.message(), [9, "ok", None])

    def test_a_sub_task_that_came_too_early_runs_when_its_parent_waits(self):
        for worker in self.each_shell():
            worker.task(7, "spread_subpool 1; spread_wait '[1]'")
            seq = self.asked(worker, "subpool", 1)
            worker.send_value([None, "common", 40, "c"])
            worker.send_value([1, "spread_common", dict(META, common=40)])
            worker.send_value([None, "answer", seq, 1])
            seq = self.asked(worker, "wait", [1], None)
            self.assertEqual(worker.message(), [1, "ok", "c"])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [1]])

    def test_a_sub_task_that_ends_the_shell_ends_the_worker(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1]'")
            self.asked(worker, "wait", [1], None)
            worker.send_value([1, "exit 0", META])
            self.assertIsNone(worker.message())
            self.assertEqual(worker.status(), 1)

    def test_a_sub_task_may_make_the_worker_leave(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1]'")
            seq = self.asked(worker, "wait", [1], None)
            worker.send_value([1, "spread_retire; SPREAD_ANSWER=1", META])
            self.assertEqual(worker.message(), [1, "ok", 1])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [1]])
            self.assertEqual(worker.message(), [None, "bye"])
            self.assertEqual(worker.status(), 0)

    def test_the_end_of_the_input_ends_the_wait(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1]'")
            self.asked(worker, "wait", [1], None)
            worker.close()
            self.assertIsNone(worker.message())
            self.assertEqual(worker.status(), 1)

    def test_also_inside_another(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1]'")
            self.asked(worker, "wait", [1], None)
            worker.send_value([1, "spread_wait '[2]'", META])
            self.asked(worker, "wait", [2], None, task=1)
            worker.close()
            self.assertIsNone(worker.message())
            self.assertEqual(worker.status(), 1)


class CommonScript(unittest.TestCase):
    def test_gives_its_sum_at_every_depth(self):
        for shell in SHELLS:
            env = dict(FEATURES, SPREAD_SDK=FOLDER)
            with self.subTest(shell=shell), Worker("", "json", env=env, argv=list(shell) + [SUM]) as worker:
                worker.hello()
                for n, levels in ((5, 0), (0, 1), (4, 1), (2, 3), (1, 16)):
                    master = subtask_master.Master(worker)
                    found = master.run(7, [n, levels])
                    self.assertEqual(found, ["ok", subtask_master.expected(n, levels)], (n, levels))
                    self.assertEqual(master.depth_max, levels if n else 0)
                    self.assertEqual(master.subtasks, {}, "all are fetched")


class Hooks(unittest.TestCase):
    CODE = CODE.replace("spread_run", """
trace=
before() { spread_parent || :; trace="$trace before $SPREAD_ANSWER"; }
picky() {
    case $SPREAD_META in
        *'"attempt":7'*) return 7 ;;
        *'"attempt":8'*) spread_error Own no ;;
        *'"attempt":9'*) spread_busy 2; return 1 ;;
    esac
}
waits() { case $SPREAD_META in *'"attempt":3'*) spread_wait '[1]' ;; esac; }
after() { spread_parent || :; trace="$trace after $SPREAD_ANSWER"; spread_ok late; }
broken() { return 5; }
first() { echo first; }
second() { echo second; return 6; }
spread_before_task before
spread_before_task picky
spread_before_task waits
spread_after_task broken
spread_after_task after
spread_at_exit second
spread_at_exit first
spread_run""") + "echo last\n"
    TRACE = "SPREAD_ANSWER=\"\\\"$trace\\\"\""

    def each_shell(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(self.CODE, shell, env=FEATURES) as worker:
                worker.hello()
                yield worker

    def test_are_called_around_each_task_and_sub_task(self):
        for worker in self.each_shell():
            worker.task(7, "spread_wait '[1]'")
            seq = worker.message()[2]
            worker.send_value([1, self.TRACE, META])
            self.assertEqual(worker.message(), [1, "ok", " before  before 7"])
            worker.send_value([2, "return 3", META])
            self.assertEqual(worker.message()[2]["message"], "exit status 3")
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [1]])
            worker.task(8, self.TRACE)
            # A subshell's are gone.
            self.assertEqual(worker.message(), [8, "ok", " before  after  before "])
            worker.close()
            self.assertEqual(worker.status(), 0)
            self.assertIn("broken: exit status 5", worker.errors())
            self.assertIn("a second answer to task 8 is ignored", worker.errors())

    def test_one_in_front_that_fails_or_answers_does_so_for_the_task(self):
        for worker in self.each_shell():
            for attempt, answer in (
                (7, ["error", {"type": "exit", "message": "picky: exit status 7"}]),
                (8, ["error", {"type": "Own", "message": "no"}]),
                (9, ["busy", 2, ""]),
            ):
                worker.send_value([7, "trace='called'; SPREAD_ANSWER=1", {"attempt": attempt}])
                self.assertEqual(worker.message(), [7] + answer)
            worker.task(8, self.TRACE)
            self.assertEqual(worker.message(), [8, "ok", " before  after " * 3 + " before "])

    def test_one_in_front_may_wait(self):
        for worker in self.each_shell():
            worker.send_value([7, "SPREAD_ANSWER='\"mine\"'", {"attempt": 3}])
            seq = worker.message()[2]
            worker.task(8, "SPREAD_ANSWER=8")
            worker.send_value([1, "SPREAD_ANSWER=1", META])
            self.assertEqual(worker.message(), [1, "ok", 1])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", "mine"])
            self.assertEqual(worker.message(), [8, "ok", 8])

    def test_those_at_exit_write_the_tail_once(self):
        for worker in self.each_shell():
            worker.task(7, "spread_retire; SPREAD_ANSWER=1")
            self.assertEqual(worker.message(), [7, "ok", 1])
            self.assertEqual(worker.message(), [None, "bye"])
            self.assertEqual(worker.rest(), b"first\nsecond\nlast\n")
            self.assertEqual(worker.status(), 0)
            self.assertIn("second: exit status 6", worker.errors())


if __name__ == "__main__":
    unittest.main()
