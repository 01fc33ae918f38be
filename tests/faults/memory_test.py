"""Whatever the order of completion, memory stays bounded and the order is kept."""

import json
import os
import threading
import unittest

from spread_testing import PUPPET, PYTHON, SpreadTest, do, json_lines, peak_memory_kb

# Answers what it reads, many at a time; the first task waits for the gate. Without the SDK's and
# the puppet's comfort, since it has to do a million of them.
ECHO = r"""
import os, sys
gate = sys.argv[1]
data = b""
while piece := os.read(0, 1 << 16):
    data += piece
    at, answers = 0, []
    while len(data) - at >= 5:
        end = at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")
        if end > len(data):
            break
        body = data[at + 5 : end]
        # [id, payload] -> [id, "ok", payload]; the payload is the last 5 bytes: uint32
        if body[1:-5] == b"\x00":
            with open(gate, "rb", buffering=0) as file:
                file.read(1)
        body = b"\x93" + body[1:-5] + b"\xa2ok" + body[-5:]
        answers.append(b"\xc6" + len(body).to_bytes(4, "big") + body)
        at = end
    data = data[at:]
    if answers:
        answers = b"".join(answers)
        while answers:
            answers = answers[os.write(1, answers) :]
"""

BASE = 0x10000000  # so that every payload is a msgpack integer of 5 bytes


class FlatMemory(SpreadTest):
    deadline = 400

    def test_a_million_tasks_with_the_first_one_slow(self):
        count = 1000000
        gate = self.gate()
        echo = self.file("echo.py", ECHO)
        # The answer to the last task is an event in a fifo: then the first one is let go.
        numbers = (str(n) for n in range(BASE, BASE + count))
        file = self.file("tasks", "\n".join(numbers) + "\n")
        running = self.start(
            *("run", "-j2", "--in", "json", "-a", file, "--reorder-mem", "4M"),
            *("--spill-dir", self.folder, "--", PYTHON, echo, gate.path),
            stdin=None,
        )
        # All but what is read ahead has been read when the whole file has.
        self.wait_until_read(running.pid, file)
        peak = peak_memory_kb(running.pid)
        gate.open()
        expected = BASE
        for line in running.process.stdout:
            if int(line) != expected:
                self.fail(f"{line!r} in place of {expected}")
            expected += 1
        self.assertEqual(expected, BASE + count)
        result = running.finish()
        self.assertEqual((result.status, result.out), (0, ""), result)
        # Where the million took that long, the one that keeps its answer is told of.
        self.assertRegex(result.err, r"\A(spread: worker \d on localhost has had a task for 10 s .*\n)?\Z")
        self.assertLess(peak, 24 * 1024)

    def wait_until_read(self, pid, file):
        """Busy waiting, yes; there is no event for the position in a file."""
        size = os.stat(file).st_size
        while True:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                try:
                    if os.readlink(f"/proc/{pid}/fd/{fd}") != file:
                        continue
                    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                        if int(info.readline().split()[1]) == size:
                            return
                except FileNotFoundError:
                    return  # read to its end and closed
                break
            else:
                return
            os.sched_yield()


class FullReorderBuffer(SpreadTest):
    rest = ["x" * 10000 for _ in range(100)]
    full = 7  # so many of them are more than 64 KB

    def check_full(self, first, *options):
        """100 results of 10 KB wait behind the first task, and only 64 KB may. The first task's
        worker fails when the master has said of as many as fill the buffer that they are there."""
        full, events = self.gate("full"), self.post("events")
        running = self.start(
            *("run", "--in", "json", "-j2", "--reorder-mem", "64K", "--spill-max", "0"),
            *("--events", events.path, *options, "--", *PUPPET),
        )
        running.write(json_lines([first, *self.rest]))
        running.close_input()
        waiting = 0
        while waiting < self.full:
            event = json.loads(events.line())
            waiting += event["event"] == "task_finished" and event["task"] > 0
        full.open()
        # The rest of the events has to be read, or the fifo is full as well.
        reader = threading.Thread(target=self.read_to_the_end, args=(events,), daemon=True)
        reader.start()
        result = running.finish()
        self.assert_run(result, 0, ["head", *self.rest])
        reader.join()

    def read_to_the_end(self, events):
        while json.loads(events.line())["event"] != "run_ended":
            pass

    def once_full(self, *steps):
        """The head task, which at its first try does the steps when the buffer is full."""
        wait = ["wait", self.path("full")]
        return do(["once", self.path("first"), wait, *steps], answer="head")

    def test_head_task_is_tried_again_after_a_crash(self):
        self.check_full(self.once_full(["kill", 9]))

    def test_head_task_is_tried_again_after_an_error(self):
        failed = ["answer", "error", {"type": "Some", "message": "thing"}]
        self.check_full(self.once_full(failed), "--retries", "2")

    def test_head_task_is_tried_again_after_busy(self):
        self.check_full(self.once_full(["answer", "busy", 0.01]))

    def test_head_task_is_tried_again_after_a_time_out(self):
        self.check_full(self.once_full(["hang"]), "--timeout", "2", "--retries", "2")

    def test_head_task_is_lost(self):
        result = self.puppet(
            [do(["kill", 9]), *self.rest],
            *("-j2", "--reorder-mem", "64K", "--spill-max", "0"),
        )
        self.assert_run(result, 1, [None, *self.rest])

    def test_one_worker_alone(self):
        result = self.puppet(
            [do(["once", self.path("first"), ["kill", 9]], answer="head"), *self.rest],
            *("-j1", "--reorder-mem", "64K", "--spill-max", "0", "--window", "8"),
        )
        self.assert_run(result, 0, ["head", *self.rest])


class Spill(SpreadTest):
    def test_spill_file_keeps_order_and_leaves_nothing(self):
        gate = self.gate()
        spill = self.path("spill")
        os.mkdir(spill)
        tasks = [do(["wait", gate.path], answer="head"), *(f"{n:05d}" * 1000 for n in range(200))]
        running = self.start(
            *("run", "-j2", "--in", "json", "--reorder-mem", "64K", "--spill-dir", spill),
            *("--events", self.post("events").path, "--", *PUPPET),
        )
        self.assert_goes_through(running, tasks, gate)
        self.assertEqual(os.listdir(spill), [])

    def assert_goes_through(self, running, tasks, gate):
        def write():
            running.write(json_lines(tasks))
            running.close_input()

        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        gate.open()
        result = running.finish()
        self.assert_run(result, 0, ["head", *tasks[1:]], "")


if __name__ == "__main__":
    unittest.main()
