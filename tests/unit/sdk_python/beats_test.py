"""Signs of life of a worker whose master asks for them."""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Worker, frame, golden_bytes

BEAT = [None, "beat"]
# The lock of the interpreter is held until the test writes to the fifo: PyDLL does not give it up.
HOLDS = """import ctypes, os
def handler(path):
    fd = os.open(path, os.O_RDWR)
    ctypes.PyDLL(None).read(fd, ctypes.create_string_buffer(1), 1)
    return "held"
spread_worker.run(handler)
"""


def asked(code, beat="0.001", **more):
    return Worker(code, env={"SPREAD_BEAT": beat, "SPREAD_FEATURES": "bye"}, **more)


def next_of(worker):
    """The next message that is no beat, and how many of those stood in front of it."""
    beats = 0
    while True:
        message = worker.message()
        if message != BEAT:
            return message, beats
        beats += 1


class Beats(unittest.TestCase):
    def test_none_is_promised_unasked(self):
        for beat in ("", "0", "x", "nan"):
            with asked("spread_worker.run(lambda x: x)", beat=beat) as w:
                self.assertNotIn("features", w.hello())
                w.close()
                self.assertEqual(w.rest(), b"")

    def test_they_are_the_golden_bytes_and_end_with_a_bye(self):
        for wire in ("msgpack", "json"):
            with asked("spread_worker.run(lambda x: x)\nprint('tail')", wire=wire) as w:
                self.assertEqual(w.hello()["features"], ["beat"])
                self.assertEqual(w.message(), BEAT)
                self.assertEqual(w.raw, golden_bytes("up", wire, "beat"))
                w.task(0, "x")
                self.assertEqual(next_of(w)[0], [0, "ok", "x"])
                w.close()
                self.assertEqual(next_of(w)[0], [None, "bye"])
                self.assertEqual(w.raw, golden_bytes("up", wire, "bye"))
                self.assertEqual(w.rest(), b"tail\n")
                self.assertEqual(w.status(), 0)

    def test_they_come_while_a_task_holds_the_interpreter_lock(self):
        with harness.tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            with asked(HOLDS) as w:
                w.hello()
                w.task(0, fifo)
                for _ in range(50):
                    self.assertEqual(w.message(), BEAT)
                with open(fifo, "wb") as gate:
                    gate.write(b".")
                self.assertEqual(next_of(w)[0], [0, "ok", "held"])

    def test_they_come_though_a_thread_has_lost_the_lock_while_it_wrote(self):
        code = """import threading
def hold(path):
    loses = threading.Event()
    def say():
        while True:
            loses.set()
            spread_worker.log("x" * size)
    threading.Thread(target=say, daemon=True).start()
    loses.wait()
    return handler(path)
spread_worker.run(hold)
"""
        with harness.tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            for size in (10, 30000):
                with asked(HOLDS.replace("spread_worker.run(handler)", "size = %d" % size) + code) as w:
                    w.hello()
                    w.task(0, fifo)
                    beats = 0
                    while beats < 50:  # In a row: the lock is held.
                        beats = beats + 1 if w.message() == BEAT else 0
                    with open(fifo, "wb") as gate:
                        gate.write(b".")
                    message = BEAT
                    while message[1] != "ok":
                        message = w.message()

    def test_they_stand_between_frames_however_large_these_are(self):
        sizes = [10, 4000, 4096, 5000, 100000, 3000000, 10, 70000, 8000000] * 3
        for sockets in (False, True):
            with asked("spread_worker.run(lambda n: 'x' * n)", sockets=sockets) as w:
                w.hello()
                beats = 0
                for id, size in enumerate(sizes):
                    w.task(id, size)
                    answer, between = next_of(w)
                    beats += between
                    self.assertEqual((answer[0], len(answer[2])), (id, size))
                while not beats:
                    beats += w.message() == BEAT
                w.close()
                self.assertEqual(next_of(w)[0], [None, "bye"])
                self.assertEqual(w.rest(), b"")

    def test_messages_of_threads_are_whole(self):
        code = """import threading
def handler(n):
    def say():
        for i in range(200): spread_worker.log("x" * (i * n))
    threads = [threading.Thread(target=say) for _ in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
spread_worker.run(handler)
"""
        with asked(code) as w:
            w.hello()
            w.task(0, 50)
            sizes = []
            while True:
                message, _ = next_of(w)
                if message[1] == "ok":
                    break
                sizes.append(len(message[2]))
            self.assertEqual(sorted(sizes), sorted([i * 50 for i in range(200)] * 4))

    def test_one_that_leaves_says_bye_once(self):
        code = "def leave(x): spread_worker.retire(); return x\nspread_worker.run(leave)\nprint('tail')"
        with asked(code) as w:
            w.hello()
            w.task(0, "x")
            self.assertEqual(next_of(w)[0], [0, "ok", "x"])
            self.assertEqual(next_of(w)[0], [None, "bye"])
            self.assertEqual(w.rest(), b"tail\n")

    def test_its_output_ends_with_the_worker_however_that_ends(self):
        for end in ("os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()"):
            with asked("import os\nspread_worker.run(lambda x: %s)" % end) as w:
                w.hello()
                w.task(0, "x")
                self.assertEqual(next_of(w)[0], None)
                self.assertEqual(w.rest(), b"")

    def test_a_child_that_outlives_the_worker_does_not_beat_for_it(self):
        # The child has the worker's stdout, and the link to the process that beats.
        code = """import os, signal
def handler(x):
    if os.fork() == 0:
        signal.pause()
        os._exit(0)
    os.kill(os.getpid(), 9)
spread_worker.run(handler)
"""
        with asked(code) as w:
            w.hello()
            others = writers(w)
            w.task(0, "x")
            self.assertEqual(w.status(), -9)
            for pid in others:
                harness.select.select([pid], [], [])
                os.close(pid)
            os.killpg(w.process.pid, signal.SIGKILL)

    def test_a_handler_that_waits_for_all_its_children_does_not_wait_for_it(self):
        code = """import os
def handler(x):
    if os.fork() == 0: os._exit(0)
    ends = 0
    try:
        while os.wait(): ends += 1
    except ChildProcessError:
        return ends
spread_worker.run(handler)
"""
        with asked(code) as w:
            w.hello()
            w.task(0, "x")
            self.assertEqual(next_of(w)[0], [0, "ok", 1])

    def test_where_no_process_can_be_started_none_are_promised(self):
        refuses = "import os\ndef fork(): raise BlockingIOError()\nos.fork = fork\n"
        with Worker("", env={"SPREAD_BEAT": "0.001"}, argv=[
                sys.executable, "-c", refuses + "import spread_worker\nspread_worker.run(lambda x: x)"]) as w:
            self.assertNotIn("features", w.hello())
            self.assertEqual(w.ask("x"), [[0, "ok", "x"]])
            w.close()
            self.assertEqual(w.rest(), b"")


def writers(worker):
    """pidfds of the processes of the worker's group but for itself."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == worker.process.pid:
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as f:
                if int(f.read().rpartition(b") ")[2].split()[2]) == worker.process.pid:
                    found.append(os.pidfd_open(int(name)))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


if __name__ == "__main__":
    unittest.main()
