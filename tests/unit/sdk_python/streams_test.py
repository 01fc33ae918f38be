"""A handler at work in the process of a test or a debugger: run_on() and one_shot()."""

import contextlib
import io
import os
import socket
import subprocess
import sys
import tempfile
import traceback
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness

sys.path.insert(0, harness.SDK)
import spread_worker


def fail(x):
    raise ValueError("no %s" % x)


class RunOn(unittest.TestCase):
    def answers(self, tasks, handler, wire="msgpack", **how):
        encode = {"msgpack": harness.frame, "json": harness.line}[wire]
        out = io.BytesIO()
        spread_worker.run_on(io.BytesIO(b"".join(map(encode, tasks))), out, handler, wire=wire, **how)
        messages = harness.messages(out.getvalue(), wire)
        self.assertEqual([m[1] for m in messages[:2]], ["hello", "ready"])
        return messages[2:]

    def test_tasks_of_a_file_are_answered_into_another(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire):
                answers = self.answers([[3, "a"], [5, "b"]], lambda x: x * 2, wire)
                self.assertEqual(answers, [[3, "ok", "aa"], [5, "ok", "bb"]])

    def test_failures_are_answers(self):
        ((id, kind, failure),) = self.answers([[0, "way"]], fail)
        self.assertEqual((id, kind, failure["type"], failure["message"]), (0, "error", "ValueError", "no way"))

    def test_prep_items_come_first(self):
        answers = self.answers(["a", 7, [0, 1]], lambda x, c: [x, c], prep=lambda items: items, items=2)
        self.assertEqual(answers, [[0, "ok", [1, ["a", 7]]]])

    def test_what_prep_raises_is_raised(self):
        with self.assertRaisesRegex(ValueError, "no model"):
            spread_worker.run_on(io.BytesIO(), io.BytesIO(), fail, prep=lambda _: fail("model"))

    def test_progress_and_log_are_messages_and_prints_are_captured_if_that_is_wanted(self):
        def handler(x):
            spread_worker.progress(0.5)
            spread_worker.log("hm")
            print("printed")

        answers = self.answers([[0, 1]], handler, capture=True)
        self.assertEqual(answers, [[0, "progress", 0.5], [0, "log", "hm"], [0, "ok", None, "printed\n"]])

    def test_descriptors_0_to_2_stay_what_they_are_and_it_can_be_done_again(self):
        before = [os.fstat(fd) for fd in (0, 1, 2)]

        def handler(x):
            return [os.fstat(fd) == stat for fd, stat in enumerate(before)]

        for _ in range(3):
            self.assertEqual(self.answers([[0, 1]], handler), [[0, "ok", [True] * 3]])

    def test_sockets_and_descriptors_are_streams_too(self):
        ours, theirs = socket.socketpair()
        with ours, theirs, tempfile.TemporaryFile() as out:
            ours.sendall(harness.frame([0, 1]) + harness.frame([1, "x" * 100000]))
            ours.shutdown(socket.SHUT_WR)
            with theirs.makefile("rb") as stdin:
                spread_worker.run_on(stdin, out.fileno(), lambda x: x)
            out.seek(0)
            answers = harness.messages(out.read(), "msgpack")[2:]
        self.assertEqual(answers, [[0, "ok", 1], [1, "ok", "x" * 100000]])

    def test_what_is_not_the_protocol_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "input is not wire msgpack"):
            spread_worker.run_on(io.BytesIO(b"hello, world\n"), io.BytesIO(), fail, wire="msgpack")

    def test_questions_are_asked_where_the_other_side_answers_them(self):
        tasks = [[0, 1], [None, "answer", 1, {"engine": "test"}]]
        answers = self.answers(tasks, lambda x: spread_worker.whoami(), features=["ask"])
        self.assertEqual(answers, [[None, "ask", 1, "whoami", 0], [0, "ok", {"engine": "test"}]])

    def test_an_unknown_wire_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "wire is msgpack or json"):
            spread_worker.run_on(io.BytesIO(), io.BytesIO(), fail, wire="lines")


class OneShot(unittest.TestCase):
    def test_values_are_as_they_come_out_of_the_wire(self):
        self.assertEqual(spread_worker.one_shot(lambda x: (x, {"a": 2.0}), (1, b"b")), [[1, b"b"], {"a": 2.0}])

    def test_prep_is_given_its_items(self):
        found = spread_worker.one_shot(lambda x, c: [x, c], 1, prep=lambda items: items, items=[(1,), "x"])
        self.assertEqual(found, [1, [[1], "x"]])

    def test_items_without_a_prep_are_an_error(self):
        with self.assertRaisesRegex(spread_worker.TaskError, "2 prep items"):
            spread_worker.one_shot(len, "x", items=[1, 2])

    def test_what_the_handler_raises_is_raised_there(self):
        try:
            spread_worker.one_shot(fail, "way")
            self.fail("it was not raised")
        except ValueError as e:
            self.assertEqual(traceback.extract_tb(e.__traceback__)[-1].name, "fail")

    def test_sub_tasks_run_in_the_process(self):
        def handler(x):
            return spread_worker.map([x - 1] * 2) if x > 1 else x

        self.assertEqual(spread_worker.one_shot(handler, 3), [[1, 1], [1, 1]])

    def test_log_and_prints_go_to_the_terminal(self):
        out, err = io.StringIO(), io.StringIO()

        def handler(x):
            spread_worker.progress(0.5)
            spread_worker.log("hm")
            print("printed")

        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            spread_worker.one_shot(handler, 1)
        self.assertEqual((out.getvalue(), err.getvalue()), ("printed\n", "hm\n"))

    def test_a_debugger_stops_in_the_handler(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "worker.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write("import spread_worker\n"
                           "def handle(x):\n    doubled = 2 * x\n    breakpoint()\n    return doubled\n"
                           "print('result', spread_worker.one_shot(handle, 21))\n")
            environment = {"PYTHONPATH": harness.SDK, "PATH": os.environ["PATH"]}
            done = subprocess.run([sys.executable, path], input=b"p doubled\nc\n", stdout=subprocess.PIPE,
                                  env=environment, timeout=harness.DEADLINE, check=True)
        self.assertIn(b"(Pdb) 42\n", done.stdout)
        self.assertIn(b"result 42\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
