"""The sub-tasks of the Python SDK: what is asked, what runs while a task waits, hooks, and the same
without a master."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, SDK, Worker, frame, line
import subtask_master

FEATURES = {"SPREAD_FEATURES": "ask,meta,bye,subtasks"}
FIRST = subtask_master.FIRST
WIRES = ("msgpack", "json")
# A handler for every call: the payload is Python.
CALLS = """
import spread_worker as w
saved = []
def handler(text):
    return eval(text)
"""
RUN = CALLS + "w.run(handler)\n"
SUM = os.path.join(ROOT, "tests", "e2e", "subtask_workers", "sum.py")


class WithMaster(unittest.TestCase):
    def workers(self, code=RUN, env=FEATURES, **rest):
        for wire in WIRES:
            with self.subTest(wire=wire), Worker(code, wire=wire, env=env, **rest) as worker:
                worker.hello()
                yield worker

    def asked(self, worker, op, *arguments, task=7):
        message = worker.message()
        self.assertEqual(message[:2] + message[3:], [None, "ask", op, task] + list(arguments))
        return message[2]

    def reply(self, worker, value, *question, kind="answer", task=7):
        worker.send_value([None, kind, self.asked(worker, *question, task=task), value])


class Calls(WithMaster):
    def test_each_call_is_a_question(self):
        a, b = FIRST, FIRST + 1
        for worker in self.workers():
            worker.task(7, "[saved.extend(w.submit([1, {'a': None}])), [s.id for s in saved]][1]")
            self.reply(worker, [a, b], "submit", [1, {"a": None}])
            self.assertEqual(worker.message(), [7, "ok", [a, b]])
            worker.task(7, "[s.id for s in w.submit(iter('x'), {'c': 1})]")
            self.reply(worker, [b + 1], "submit", ["x"], {"c": 1})
            self.assertEqual(worker.message(), [7, "ok", [b + 1]])
            worker.task(7, "[s.id for s in w.ready(saved)] + [saved[0].ready()]")
            self.reply(worker, [b], "ready", [a, b])
            self.reply(worker, [], "ready", [a])
            self.assertEqual(worker.message(), [7, "ok", [b, False]])
            worker.task(7, "[s.id for s in w.wait(saved) + w.wait(saved[::-1], 1)]")
            self.reply(worker, [a, b], "wait", [a, b], None)
            self.reply(worker, [b], "wait", [b, a], 1)
            self.assertEqual(worker.message(), [7, "ok", [a, b, b]])
            worker.task(7, "w.results(saved[::-1])")
            self.reply(worker, [["ok", 5], ["ok", None]], "fetch", [b, a])
            self.assertEqual(worker.message(), [7, "ok", [5, None]])
            worker.task(7, "w.subpool(3)")
            self.reply(worker, 2, "subpool", 3)
            self.assertEqual(worker.message(), [7, "ok", 2])
            worker.task(7, "w.map([4, 5], 'c')")
            self.reply(worker, [a, b], "submit", [4, 5], "c")
            self.reply(worker, [["ok", 16], ["ok", 25]], "fetch", [a, b])
            self.assertEqual(worker.message(), [7, "ok", [16, 25]])

    def test_a_failure_is_a_value_or_an_exception(self):
        lost = ["error", {"type": "NoResponse", "message": "killed by signal 9"}]
        own = ["error", {"type": "KeyError", "message": "'a'", "trace": "t"}]
        for worker in self.workers():
            worker.task(7, "[[e.type, e.message, e.trace] for e in w.results([w.Subtask(1), w.Subtask(2)])]")
            self.reply(worker, [lost, own], "fetch", [1, 2])
            found = [["NoResponse", "killed by signal 9", None], ["KeyError", "'a'", "t"]]
            self.assertEqual(worker.message(), [7, "ok", found])
            worker.task(7, "w.Subtask(2).result()")
            self.reply(worker, [own], "fetch", [2])
            self.assertEqual(worker.message(), [7, "error", own[1]])
            worker.task(7, "w.map([1, 2, 3])")
            self.reply(worker, [1, 2, 3], "submit", [1, 2, 3])
            self.reply(worker, [["ok", 1], lost, own], "fetch", [1, 2, 3])
            self.assertEqual(worker.message(), [7, "error", lost[1]])

    def test_what_is_refused_raises_with_the_masters_words(self):
        why = {"type": "UnknownSubtask", "message": "fetch names 5"}
        for worker in self.workers():
            worker.task(7, "w.Subtask(5).result()")
            self.reply(worker, why, "fetch", [5], kind="refused")
            found = worker.message()
            self.assertEqual((found[1], found[2]["type"], found[2]["message"]), ("error", "Refused", "fetch names 5"))

    def test_an_older_master_is_asked_nothing(self):
        for worker in self.workers(env={"SPREAD_FEATURES": "ask,meta"}):
            for call in ("submit([])", "ready([])", "wait([])", "results([])", "map([])", "subpool(1)"):
                worker.task(7, "w." + call)
                found = worker.message()
                self.assertEqual(found[:2] + [found[2]["type"]], [7, "error", "TooOld"])
                self.assertIn("'subtasks'", found[2]["message"])


class Nested(WithMaster):
    def test_a_sub_task_runs_while_its_parent_waits_and_all_else_later(self):
        meta = {"attempt": 1, "parent": 7, "depth": 1}
        for worker in self.workers():
            worker.task(7, "[w.parent(), w.wait([w.Subtask(1)]), w.meta(), w.parent()]")
            seq = self.asked(worker, "wait", [1], None)
            worker.task(8, "'later'")
            worker.send_value([1, "[w.parent(), w.meta()['depth'], w.common()]", meta])
            self.assertEqual(worker.message(), [1, "ok", [7, 1, None]])
            # A task of another worker's, deeper down.
            worker.send_value([3, "w.parent()", dict(meta, parent=2, depth=2)])
            self.assertEqual(worker.message(), [3, "ok", 2])
            worker.send_value([None, "answer", seq, []])
            self.assertEqual(worker.message(), [7, "ok", [None, [], {}, None]])
            self.assertEqual(worker.message(), [8, "ok", "later"])

    def test_a_sub_task_runs_while_its_parent_asks_what_is_ready(self):
        meta = {"attempt": 1, "parent": 7, "depth": 1}
        for worker in self.workers():
            worker.task(7, "[[s.id for s in w.ready([w.Subtask(1)])], w.parent()]")
            seq = self.asked(worker, "ready", [1])
            worker.task(8, "'later'")
            worker.send_value([1, "[w.parent(), w.ready([w.Subtask(2)])]", meta])
            inner = self.asked(worker, "ready", [2], task=1)
            worker.send_value([2, "w.parent()", dict(meta, parent=1, depth=2)])
            self.assertEqual(worker.message(), [2, "ok", 1])
            worker.send_value([None, "answer", inner, []])
            self.assertEqual(worker.message(), [1, "ok", [7, []]])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", [[1], None]])
            self.assertEqual(worker.message(), [8, "ok", "later"])

    def test_the_reply_to_a_parent_may_come_while_its_sub_task_asks(self):
        for worker in self.workers():
            worker.task(7, "[s.id for s in w.wait([w.Subtask(1), w.Subtask(2)], 1)]")
            outer = self.asked(worker, "wait", [1, 2], 1)
            worker.send_value([1, "[w.subpool(1), w.wait([])]", {"parent": 7, "depth": 1}])
            inner = self.asked(worker, "subpool", 1, task=1)
            worker.send_value([None, "answer", outer, [2]])
            worker.send_value([None, "answer", inner, 4])
            self.reply(worker, [], "wait", [], None, task=1)
            self.assertEqual(worker.message(), [1, "ok", [4, []]])
            self.assertEqual(worker.message(), [7, "ok", [2]])

    def test_a_sub_task_that_came_too_early_runs_when_its_parent_waits(self):
        for worker in self.workers():
            worker.task(7, "[w.subpool(1), w.wait([w.Subtask(1)])][0]")
            seq = self.asked(worker, "subpool", 1)
            worker.send_value([1, "'early'", {"parent": 7, "depth": 1}])
            worker.send_value([None, "answer", seq, 1])
            seq = self.asked(worker, "wait", [1], None)
            self.assertEqual(worker.message(), [1, "ok", "early"])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", 1])

    def test_a_failure_of_a_sub_task_leaves_its_parent_alone(self):
        for worker in self.workers():
            worker.task(7, "[w.wait([w.Subtask(1)]), w.progress(0.5), w.parent()][2]")
            seq = self.asked(worker, "wait", [1], None)
            meta = {"parent": 7, "depth": 1}
            worker.send_value([1, "1/0", meta])
            self.assertEqual(worker.message()[2]["type"], "ZeroDivisionError")
            worker.send_value([1, "w.progress(0.25)", meta])
            self.assertEqual(worker.message(), [1, "progress", 0.25])
            self.assertEqual(worker.message(), [1, "ok", None])
            worker.send_value([1, "(_ for _ in ()).throw(w.Busy(2))", meta])
            self.assertEqual(worker.message(), [1, "busy", 2])
            worker.send_value([1, "lambda: 0", meta])
            self.assertEqual(worker.message()[:2], [1, "error"])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "progress", 0.5])
            self.assertEqual(worker.message(), [7, "ok", None])

    def test_the_common_part_is_kept_until_it_is_over(self):
        for worker in self.workers():
            worker.send_value([None, "common", 40, {"a": [1]}])
            worker.send_value([None, "common", 41, None])
            meta = {"parent": 7, "depth": 1, "common": 40}
            worker.send_value([1, "w.common()", meta])
            self.assertEqual(worker.message(), [1, "ok", {"a": [1]}])
            worker.send_value([None, "common", 40])
            worker.send_value([2, "[w.common(), len(spread_worker.process.channel.commons)]", meta])
            self.assertEqual(worker.message(), [2, "ok", [None, 1]])

    def test_the_end_of_a_common_part_is_no_task_that_an_answer_may_wait_for(self):
        # Written together, so that all is read by then: each answer with whether it may wait.
        code = CALLS + (
            "send = spread_worker.serve.send_answer\n"
            "def noted(channel, answer, may_wait):\n"
            "    send(channel, answer + [may_wait], may_wait)\n"
            "spread_worker.serve.send_answer = noted\n"
            "w.run(handler)\n"
        )
        for worker in self.workers(code):
            encode = frame if worker.wire == "msgpack" else line
            meta = {"parent": 7, "depth": 1, "common": 40}
            for task, then in (([1, "w.common()", meta], [2, "w.common()", meta]), ([8, "1"], [9, "2"])):
                values = [[None, "common", 40, "c"], [None, "common", 41, "d"], task, [None, "common", 41], then]
                worker.send(b"".join(map(encode, values + [[None, "common", 40]])))
                found = [worker.message() for _ in range(2)]
                self.assertEqual([each[-1] for each in found], [True, False], found)
            self.assertEqual(found[0], [8, "ok", 1, True])

    def test_the_end_of_the_input_ends_the_wait(self):
        for worker in self.workers():
            worker.task(7, "w.wait([w.Subtask(1)])")
            self.asked(worker, "wait", [1], None)
            worker.close()
            self.assertIsNone(worker.message())
            self.assertEqual(worker.status(), 1)

    def test_what_is_printed_belongs_to_the_task_that_prints_it(self):
        code = CALLS + "w.run(handler, capture=True)\n"
        for worker in self.workers(code):
            worker.task(7, "[print('a'), w.wait([w.Subtask(1)]), print('d')] and 7")
            seq = self.asked(worker, "wait", [1], None)
            meta = {"parent": 7, "depth": 1}
            worker.send_value([1, "[print('b'), w.wait([w.Subtask(2)]), print('c')] and 1", meta])
            inner = self.asked(worker, "wait", [2], None, task=1)
            worker.send_value([2, "__import__('os').system('echo 2; echo 3 >&2')", dict(meta, parent=1)])
            self.assertEqual(worker.message(), [2, "ok", 0, "2\n", "3\n"])
            worker.send_value([None, "answer", inner, [2]])
            self.assertEqual(worker.message(), [1, "ok", 1, "b\nc\n"])
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message(), [7, "ok", 7, "a\nd\n"])
            worker.task(8, "print('e')")
            self.assertEqual(worker.message(), [8, "ok", None, "e\n"])

    def test_sub_tasks_may_have_a_handler_of_their_own(self):
        code = CALLS + "w.run(handler, subtask=lambda payload, common: [payload, common])\n"
        for worker in self.workers(code):
            worker.send_value([None, "common", 4, "c"])
            worker.send_value([1, "x", {"parent": 7, "depth": 1, "common": 4}])
            self.assertEqual(worker.message(), [1, "ok", ["x", "c"]])
            worker.task(7, "1 + 1")
            self.assertEqual(worker.message(), [7, "ok", 2])

    def test_both_handlers_have_the_context(self):
        code = "spread_worker.run(lambda p, c: [p, c], lambda items: 'ctx', subtask=lambda p, k, c: [p, k, c])\n"
        for worker in self.workers(code):
            worker.send_value([1, "x", {"parent": 7, "depth": 1}])
            self.assertEqual(worker.message(), [1, "ok", ["x", None, "ctx"]])
            worker.task(7, "y")
            self.assertEqual(worker.message(), [7, "ok", ["y", "ctx"]])


class CommonScript(unittest.TestCase):
    def test_gives_its_sum_at_every_depth(self):
        for wire in WIRES:
            with self.subTest(wire=wire), Worker("", wire=wire, env=FEATURES, argv=[sys.executable, SUM]) as worker:
                worker.hello()
                for n, levels in ((5, 0), (0, 1), (4, 1), (3, 3), (1, 16)):
                    master = subtask_master.Master(worker)
                    found = master.run(7, [n, levels])
                    self.assertEqual(found, ["ok", subtask_master.expected(n, levels)], (n, levels))
                    self.assertEqual(master.depth_max, levels if n else 0)
                    self.assertEqual(master.subtasks, {}, "all are fetched")


class Hooks(WithMaster):
    CODE = (
        CALLS
        + """
trace = []
w.before_task(lambda: trace.append(["before", w.parent()]))
w.after_task(lambda: trace.append(["after", w.parent()]))
@w.before_task
def picky():
    if w.meta().get("attempt") == 9: raise ValueError("not this one")
@w.after_task
def broken(): raise ValueError("told")
w.at_exit(lambda: print("second"))
w.at_exit(lambda: print("first"))
w.run(handler)
print("last")
"""
    )

    def test_are_called_around_each_task_and_sub_task(self):
        for worker in self.workers(self.CODE):
            worker.task(7, "len(w.wait([w.Subtask(1)]))")
            seq = self.asked(worker, "wait", [1], None)
            worker.send_value([1, "1/0", {"parent": 7, "depth": 1}])
            worker.message()
            worker.send_value([None, "answer", seq, [1]])
            self.assertEqual(worker.message()[:2], [7, "ok"])
            worker.task(8, "list(trace)")
            expected = [["before", None], ["before", 7], ["after", 7], ["after", None], ["before", None]]
            self.assertEqual(worker.message(), [8, "ok", expected])
            self.assertIn("broken: ValueError: told", worker.errors())

    def test_an_exception_in_front_fails_that_task(self):
        for worker in self.workers(self.CODE):
            worker.send_value([7, "trace.append('called')", {"attempt": 9}])
            found = worker.message()
            self.assertEqual((found[1], found[2]["message"]), ("error", "not this one"))
            worker.task(8, "'called' in trace, trace[-2][0]")
            self.assertEqual(worker.message(), [8, "ok", [False, "after"]])

    def test_those_at_exit_write_the_tail_once(self):
        for worker in self.workers(self.CODE):
            worker.close()
            self.assertEqual(worker.rest(), b"first\nsecond\nlast\n")
            self.assertEqual(worker.status(), 0)


class WithoutMaster(unittest.TestCase):
    """A plain call of the SDK in a program of its own."""

    def result(self, code):
        code = "import spread_worker as w\n" + code
        environment = dict(os.environ, PYTHONPATH=SDK)
        for name in ("SPREAD_WIRE", "SPREAD_FEATURES"):
            environment.pop(name, None)
        done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=-1, stderr=-1, universal_newlines=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_none_are_submitted_at_every_depth(self):
        code = """
def handler(n): return 1 + sum(w.map([n + 1] if n < 16 else []))
w.register(handler)
print(handler(0))
w.register(lambda n: w.map([n + 1]))
try: w.map([1])
except w.SubtaskError as e: print(e)
"""
        self.assertEqual(self.result(code)[0], "17")
        self.assertIn("depth 16 submits no others", self.result(code)[1])

    def test_sub_tasks_run_in_the_process_when_they_are_waited_for(self):
        code = """
def handler(n):
    print("run", n, w.parent(), w.common())
    if n == 3: raise KeyError(n)
    return n * n
w.register(handler)
s = w.submit([2, 3, 4], "c")
print("submitted")
print([each.id for each in w.wait(s, 1)])
print([getattr(r, "type", r) for r in w.results(s[::-1])])
try: s[0].result()
except w.Refused as e: print(e.type)
print(w.parent(), w.common(), w.subpool(3))
"""
        self.assertEqual(
            self.result(code),
            [
                "submitted",
                "run 2 0 c",
                "[1]",
                "run 4 0 c",
                "run 3 0 c",
                "[16, 'KeyError', 4]",
                "UnknownSubtask",
                "None None 3",
            ],
        )

    def test_a_loop_that_asks_what_is_ready_comes_to_an_end(self):
        code = """
def handler(n):
    print("run", n)
    return n
w.register(handler)
left = s = w.submit([5, 6, 7])
while left:
    found = w.ready(left)
    print([each.id for each in found])
    left = [each for each in left if each not in found]
print([each.id for each in w.ready(s)], w.ready([]), w.results(s))
s = w.submit([8, 9])
w.wait(s[1:])
print([each.id for each in w.ready(s)], s[0].ready(), w.results(s))
"""
        loop = ["run 5", "[1]", "run 6", "[2]", "run 7", "[3]", "[1, 2, 3] [] [5, 6, 7]"]
        self.assertEqual(self.result(code), loop + ["run 9", "run 8", "[4, 5] True [8, 9]"])

    def test_the_common_script_gives_its_sum(self):
        code = """
import runpy
total = runpy.run_path(%r)["total"]
w.register(total)
print(total([5, 0]), total([0, 1]), total([3, 3]), total([1, 16]))
try: total([1, 17])
except w.SubtaskError as e: print(e.type)
w.before_task(lambda: print("before", w.parent()))
w.at_exit(lambda: print("exit"))
w.register(None, subtask=lambda payload, common: [payload, common])
print(w.map(["x"], 1))
""" % SUM
        sums = [subtask_master.expected(*payload) for payload in ((5, 0), (0, 1), (3, 3), (1, 16))]
        lines = [" ".join(map(str, sums)), "Refused", "before 0", "[['x', 1]]", "exit"]
        self.assertEqual(self.result(code), lines)

    def test_a_handler_must_be_registered(self):
        code = """
try: w.map([1])
except RuntimeError as e: print(e)
"""
        self.assertEqual(self.result(code), ["outside of a worker, sub-tasks need register()"])


if __name__ == "__main__":
    unittest.main()
