"""The process around the protocol: stray prints, tail, terminal, the master's end."""

import json
import os
import pty
import select
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Worker, frame, golden_bytes

ECHO = "spread_worker.run(lambda x: x)"
PRINTS = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
def handler(x):
    if x == "print": print("by print")
    if x == "open line": print("no newline", end="")
    if x == "C": libc.puts(b"by puts")
    if x == "child": os.system("echo by a child")
    if x == "descriptor": os.write(1, b"by write\\n")
    if x == "stdin": return sys.stdin.read() + os.popen("cat").read()
    if x == "error": print("before"); raise ValueError("after")
    if x == "binary": os.write(1, b"\\xff\\n")
    if x == "big": print("x" * (3 << 20))
    return "done"
"""


class Stray(unittest.TestCase):
    def test_nothing_that_is_printed_touches_the_protocol(self):
        payloads = ["print", "open line", "C", "child", "descriptor"]
        with Worker(PRINTS + "spread_worker.run(handler)") as w:
            w.hello()
            self.assertEqual(w.ask(*payloads), [[i, "ok", "done"] for i in range(5)])
            w.close()
            self.assertEqual(w.rest(), b"")
            self.assertEqual(w.status(), 0)
            for text in ("by print\n", "no newline", "by puts\n", "by a child\n", "by write\n"):
                self.assertIn(text, w.errors())

    def test_prints_before_run_do_not_touch_it_either(self):
        code = "import os\nprint('banner')\nos.system('echo child banner')\n" + ECHO
        with Worker(code) as w:
            w.hello()
            w.close()
            self.assertEqual(w.rest(), b"")
            self.assertIn("banner\n", w.errors())
            self.assertIn("child banner\n", w.errors())

    def test_without_spread_an_import_changes_nothing(self):
        with Worker("print('plain')", wire=None) as w:
            self.assertEqual(w.rest(), b"plain\n")

    def test_a_child_that_imports_the_module_is_no_worker(self):
        child = "import spread_worker; print('plain')"
        code = (
            "import subprocess, sys\nspread_worker.run(lambda x: "
            "subprocess.check_output([sys.executable, '-c', %r]).decode())" % child
        )
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask(0), [[0, "ok", "plain\n"]])

    def test_a_handler_finds_no_protocol_on_stdin(self):
        with Worker(PRINTS + "spread_worker.run(handler)") as w:
            w.hello()
            self.assertEqual(w.ask("stdin", "x"), [[0, "ok", ""], [1, "ok", "done"]])

    def test_children_do_not_inherit_the_protocol(self):
        code = (
            "import os, subprocess\n"
            "spread_worker.run(lambda x: subprocess.check_output(['ls', '-l', '/proc/self/fd'], "
            "close_fds=False).decode())"
        )
        with Worker(code) as w:
            w.hello()
            listing = w.ask(0)[0][2]
            # stdin is /dev/null; the only pipe is the one that check_output made for stdout.
            self.assertEqual(listing.count("pipe:"), 1, listing)

    def test_a_fork_that_falls_out_of_its_handler_does_not_answer(self):
        code = "import os\nspread_worker.run(lambda x: (os.fork(), x)[1])"
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask(5), [[0, "ok", 5]])
            w.close()
            self.assertEqual(w.rest(), b"")
            self.assertIn("child process returned into run()", w.errors())


class Capture(unittest.TestCase):
    def test_prints_of_every_origin_go_to_their_task(self):
        with Worker(PRINTS + "spread_worker.run(handler, capture=True)") as w:
            w.hello()
            found = w.ask("print", "C", "child", "descriptor", "quiet", "open line")
            self.assertEqual(
                [m[3:] for m in found],
                [
                    ["by print\n"],
                    ["by puts\n"],
                    ["by a child\n"],
                    ["by write\n"],
                    [],
                    ["no newline"],
                ],
            )
            w.close()
            self.assertEqual((w.rest(), w.status(), w.errors()), (b"", 0, ""))

    def test_an_error_carries_what_was_printed_before(self):
        with Worker(PRINTS + "spread_worker.run(handler, capture=True)") as w:
            w.hello()
            (answer,) = w.ask("error")
            self.assertEqual((answer[1], answer[3:]), ("error", ["before\n"]))

    def test_bytes_that_are_not_utf8_are_escaped(self):
        with Worker(PRINTS + "spread_worker.run(handler, capture=True)", wire="json") as w:
            w.hello()
            self.assertEqual(w.ask("binary"), [[0, "ok", "done", "\\xff\n"]])

    def test_the_first_mib_is_kept(self):
        with Worker(PRINTS + "spread_worker.run(handler, capture=True)") as w:
            w.hello()
            text = w.ask("big")[0][3]
            self.assertTrue(text.startswith("x" * (1 << 20)))
            self.assertIn("%d bytes more" % (2 * (1 << 20) + 1), text)

    def test_the_tail_is_not_captured(self):
        with Worker(
            PRINTS + "spread_worker.run(handler, capture=True)\nprint('tail')\n"
            "print('late', file=sys.stderr)"
        ) as w:
            w.hello()
            w.ask("print")
            w.close()
            self.assertEqual((w.rest(), w.errors()), (b"tail\n", "late\n"))


class Ending(unittest.TestCase):
    def test_prints_after_run_are_the_tail(self):
        code = "import os\n" + ECHO + "\nprint('tail', flush=True)\nos.system('echo child')"
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(code, wire=wire) as w:
                w.hello()
                w.ask(1)
                w.close()
                self.assertEqual((w.rest(), w.status()), (b"tail\nchild\n", 0))

    def test_what_c_has_buffered_is_not_part_of_the_tail(self):
        with Worker(PRINTS + "spread_worker.run(handler)\nprint('tail')") as w:
            w.hello()
            w.ask("C")
            w.close()
            self.assertEqual(w.rest(), b"tail\n")

    def test_what_was_read_is_finished_after_the_end_of_stdin(self):
        with Worker(ECHO) as w:
            w.send(b"".join(frame([i, i]) for i in range(100)))
            w.close()
            w.hello()
            self.assertEqual([w.message() for _ in range(100)], [[i, "ok", i] for i in range(100)])
            self.assertEqual(w.status(), 0)

    def test_outside_of_run_nothing_is_written_as_a_frame(self):
        code = """
import json, threading
import spread_worker as w
def outcome(call):
    try:
        return call()
    except Exception as e:
        return str(e)
def outcomes():
    return [outcome(call) for call in (
        lambda: w.ask("sing"), w.whoami, w.retire, w.meta, w.barrier, lambda: w.progress(0.5), lambda: w.log("aside"))]
def handler(n):
    if n == "tell":
        # A thread that has seen this task at work comes to write when it is over.
        global channel
        channel = w.process.channel
    return n
before = outcomes() + [outcome(lambda: w.map([1]))]
w.at_exit(lambda: print(json.dumps(outcomes())))
w.run(handler)
channel.send([0, "progress", 0.5], may_wait=True)
channel.flush()
print(json.dumps([before, outcomes(), [s.id for s in w.submit([1])], w.map([2]), outcome(lambda: w.run(handler))]))
"""
        outside = [each + "() outside of a worker" for each in ("ask", "retire")]
        calls = [outside[0], None, outside[1], {}, None, None, None]
        again = "run() a second time: the input has ended, and stdout is the tail's"
        for wire in ("msgpack", "json"):
            env = {"SPREAD_FEATURES": "ask,bye,subtasks"}
            with self.subTest(wire=wire), Worker(code, wire=wire, env=env) as w:
                w.hello()
                self.assertEqual(w.ask("tell"), [[0, "ok", "tell"]])
                w.close()
                before = calls + ["outside of a worker, sub-tasks need register()"]
                found = [json.loads(text) for text in w.rest().splitlines()]
                self.assertEqual(found, [calls, [before, calls, [2], [2], again]])
                self.assertEqual((w.errors(), w.status()), ("aside\n" * 3, 0))

    def test_an_interrupt_sends_the_answers_that_are_held_back(self):
        code = """
import time
spread_worker.channel.FLUSHER_SECONDS = 3600
def handler(n):
    if n == 99: raise KeyboardInterrupt
    return n
try:
    spread_worker.run(handler)
except KeyboardInterrupt:
    print("tail")
"""
        with Worker(code) as w:
            w.send(b"".join(frame([i, i]) for i in range(100)))
            w.hello()
            self.assertEqual([w.message() for _ in range(99)], [[i, "ok", i] for i in range(99)])
            self.assertEqual((w.rest(), w.status()), (b"tail\n", 0))

    def test_no_tasks_are_no_error(self):
        with Worker("spread_worker.run(lambda x: x)\nprint('tail')") as w:
            w.close()
            w.hello()
            self.assertEqual((w.rest(), w.status()), (b"tail\n", 0))

    def test_input_that_ends_inside_a_task_is_an_error(self):
        for wire, data in (("msgpack", frame([0, "abc"])[:-1]), ("json", b'[0,"ab')):
            with self.subTest(wire=wire), Worker(ECHO, wire=wire) as w:
                w.hello()
                w.send(data)
                w.close()
                self.assertNotEqual(w.status(), 0)
                self.assertIn("inside a message", w.errors())

    def test_input_that_is_no_task_is_an_error(self):
        for data in (
            frame("prep?"),
            frame([1]),
            frame([-1, 2]),
            frame(["a", 2]),
            b"hello\n",
            frame({}),
        ):
            with self.subTest(data=data), Worker(ECHO) as w:
                w.hello()
                w.send(data)
                self.assertEqual(w.status(), 2)
                self.assertEqual(w.rest(), b"")
                self.assertIn("spread_worker: input is not", w.errors())

    def test_answers_before_bad_input_are_sent(self):
        with Worker(ECHO) as w:
            w.hello()
            w.send(frame([0, 5]) + b"garbage")
            self.assertEqual(w.message(), [0, "ok", 5])
            self.assertEqual(w.status(), 2)

    def test_a_terminal_is_refused(self):
        main, terminal = pty.openpty()
        try:
            with Worker(ECHO, stdin=terminal) as w:
                self.assertEqual(w.status(), 2)
                self.assertIn("terminal", w.errors())
                self.assertIn("spread run", w.errors())
        finally:
            os.close(main)
            os.close(terminal)

    def test_the_lines_wire_is_refused(self):
        with Worker(ECHO, wire="lines") as w:
            self.assertEqual(w.status(), 2)
            self.assertIn("not lines", w.errors())


class Shortage(unittest.TestCase):
    def test_of_threads_stops_nobody(self):
        # As under ulimit -u, which does not hold for root.
        code = (
            "import threading\n"
            "def start(self): raise RuntimeError(\"can't start new thread\")\n"
            "threading.Thread.start = start\n"
            "import spread_worker\n" + ECHO
        )
        argv = [sys.executable, "-c", code]
        with Worker("", argv=argv) as w:
            w.hello()
            self.assertEqual(w.ask(*range(20)), [[n, "ok", n] for n in range(20)])
            w.close()
            self.assertEqual(w.status(), 0)
            self.assertIn("no thread can be started (ulimit -u?)", w.errors())


class Preparation(unittest.TestCase):
    PREP = "spread_worker.run(lambda x, c: [c, x], prep=lambda items: len(items))"

    def test_exactly_as_many_items_are_read_as_are_told(self):
        with Worker(self.PREP, prep=2) as w:
            self.assertEqual(w.hello()["prep"], 2)
            w.send(frame([0, "looks like a task"]) + frame(None) + frame([0, "task"]))
            self.assertEqual(w.message(), [0, "ok", [2, "task"]])

    def test_ready_is_said_once_and_after_it(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(self.PREP, wire=wire, prep=1) as w:
                w.hello()
                w.send(frame(1) if wire == "msgpack" else b"1\n")
                w.task(0, "x")
                w.task(1, "y")
                self.assertEqual([w.message()[1], w.message()[1]], ["ok", "ok"])
                self.assertEqual(w.ready, [golden_bytes("up", wire, "ready")])

    def test_no_items_are_an_empty_list(self):
        with Worker(self.PREP) as w:
            w.hello()
            self.assertEqual(w.ask("x"), [[0, "ok", [0, "x"]]])

    def failure(self, code, **options):
        with Worker(code, **options) as w:
            w.hello()
            if options.get("prep"):
                w.send(frame(1))
                w.close()
            message = w.message()
            self.assertEqual(message[:2], [None, "error"])
            self.assertEqual(w.ready, [])
            self.assertEqual(w.status(), 1)
            self.assertIn("preparation failed", w.errors())
            return message[2]

    def test_an_exception_is_told(self):
        failure = self.failure(
            "spread_worker.run(abs, prep=lambda items: open('/nonexistent/model'))"
        )
        self.assertEqual(failure["type"], "FileNotFoundError")
        self.assertIn("/nonexistent/model", failure["message"])

    def test_exit_is_told(self):
        failure = self.failure(
            "import sys\nspread_worker.run(abs, prep=lambda items: sys.exit('no model'))"
        )
        self.assertEqual((failure["type"], failure["message"]), ("SystemExit", "no model"))

    def test_items_for_a_worker_without_prep_are_told(self):
        failure = self.failure("spread_worker.run(lambda x: x)", prep=1)
        self.assertEqual(failure["message"], "1 prep items, but this worker takes none")

    def test_missing_items_are_told(self):
        failure = self.failure(self.PREP, prep=2)
        self.assertIn("1 of 2", failure["message"])

    def test_a_count_that_is_no_number_is_told(self):
        with Worker(self.PREP, prep="two") as w:
            self.assertIn("SPREAD_PREP", w.message()[2]["message"])
            self.assertEqual(w.status(), 1)


class MasterGone(unittest.TestCase):
    def end(self, code, **options):
        """Closes both ends once the handler has begun; returns when the process has ended."""
        with Worker(code, env={"SPREAD_GRACE": "0.1"}, **options) as w:
            w.hello()
            w.task(0, 1)
            self.assertEqual(w.message()[1], "log")
            pidfd = os.pidfd_open(w.process.pid)
            try:
                w.process.stdout.close()
                w.close()
                ended, _, _ = select.select([pidfd], [], [], harness.DEADLINE)
                self.assertTrue(ended, "still running")
            finally:
                os.close(pidfd)
            self.assertEqual(w.status(), 1)

    LOOP = "\ndef h(x):\n  spread_worker.log('begun')\n  while True: %s\nspread_worker.run(h%s)"

    def test_a_computing_worker_ends(self):
        self.end(self.LOOP % ("pass", ""))

    def test_a_blocked_worker_ends(self):
        self.end("import signal" + self.LOOP % ("signal.pause()", ""))

    def test_a_capturing_worker_ends(self):
        self.end(self.LOOP % ("pass", ", capture=True"))

    def test_a_worker_that_ignores_exceptions_ends(self):
        self.end(
            "\ndef h(x):\n  while True:\n    try: spread_worker.log('begun')\n"
            "    except Exception: pass\n"
            "spread_worker.run(h)"
        )

    def test_the_end_of_stdin_alone_does_not_end_a_computation(self):
        read, write = os.pipe()
        code = (
            "import os\ndef h(x):\n  spread_worker.log('begun')\n  return os.read(x, 1)\n"
            "spread_worker.run(h)"
        )
        try:
            with Worker(code, env={"SPREAD_GRACE": "0"}, pass_fds=[read]) as w:
                w.hello()
                w.task(0, read)
                self.assertEqual(w.message()[1], "log")
                w.close()
                os.write(write, b"x")
                self.assertEqual(w.message(), [0, "ok", b"x"])
                self.assertEqual(w.status(), 0)
        finally:
            os.close(read)
            os.close(write)

    def test_a_broken_pipe_ends_the_loop_without_a_traceback(self):
        with Worker(ECHO) as w:
            w.hello()
            w.process.stdout.close()
            w.task(0, 1)
            self.assertEqual(w.status(), 1)
            self.assertEqual(w.errors(), "")


if __name__ == "__main__":
    unittest.main()
