"""Tasks are sent when they come and results leave when they can: input that trickles, input without
an end, output that is read at once."""

import os
import subprocess
import unittest

import msgpack
from spread_testing import PUPPET, SpreadTest, do, json_lines


class Trickle(SpreadTest):
    """The next task is written only when the result of the one before has been read."""

    def follow(self, steps, *options):
        """`steps`: pairs of what is written and what then must come."""
        running = self.start("run", "-j2", *options, "--", *PUPPET, bufsize=0)
        for written, result in steps:
            running.write(written)
            read = b""
            while len(read) < len(result):
                read += os.read(running.process.stdout.fileno(), len(result) - len(read))
            self.assertEqual(read, result)
        running.close_input()
        return running.finish()

    def test_lines(self):
        steps = [(b"%d\n" % n, b"%d\n" % n) for n in range(5)]
        self.assert_run(self.follow(steps), 0, "", "")

    def test_lines_of_other_delimiters(self):
        self.assert_run(self.follow([(b"a\0", b"a\n"), (b"b\0", b"b\n")], "-0"), 0, "", "")
        self.assert_run(self.follow([(b"a,", b"a\n"), (b"b,", b"b\n")], "-d", ","), 0, "", "")

    def test_json(self):
        steps = [(b'{"a": 1}\n', b'{"a":1}\n'), (b"[]\n", b"[]\n")]
        self.assert_run(self.follow(steps, "--in", "json"), 0, "", "")

    def test_msgpack_needs_nothing_behind_an_object(self):
        values = [msgpack.packb(value) for value in (1, "abc", [1, {"a": None}], 2.5)]
        steps = [(value, value) for value in values]
        self.assert_run(self.follow(steps, "--in", "msgpack"), 0, b"", "")

    def test_csv(self):
        steps = [(b"a,b\n1,2\n", b'{"a":"1","b":"2"}\n'), (b'"x\ny",\n', b'{"a":"x\\ny","b":""}\n')]
        self.assert_run(self.follow(steps, "--in", "csv"), 0, "", "")

    def test_last_line_without_newline_is_a_task_when_the_input_ends(self):
        self.assert_run(self.follow([(b"a\n", b"a\n"), (b"b", b"")]), 0, "b\n", "")

    def test_record_that_comes_byte_by_byte(self):
        steps = [(bytes([byte]), b"") for byte in b'["ab", 1]'] + [(b"\n", b'["ab",1]\n')]
        self.assert_run(self.follow(steps, "--in", "json"), 0, "", "")

    def test_file_that_is_a_fifo(self):
        path = self.path("fifo")
        os.mkfifo(path)
        running = self.start("run", "-j1", "-a", path, "--", *PUPPET, stdin=None, bufsize=0)
        with open(path, "wb", buffering=0) as fifo:
            for n in range(3):
                fifo.write(b"%d\n" % n)
                self.assertEqual(running.read_line(), f"{n}\n")
        self.assert_run(running.finish(), 0, "", "")

    def test_records_and_failures_leave_at_once_too(self):
        running = self.start(
            *("run", "-j1", "--in", "json", "--out", "records", "--", *PUPPET), bufsize=0
        )
        for task, status in ((1, "ok"), (do(["answer", "error", {"type": "E"}]), "failed")):
            running.write(json_lines([task]))
            self.assertIn(f'"status":"{status}"', running.read_line())
        running.write("{\n")
        self.assertIn('"type":"BadInput"', running.read_line())
        running.close_input()
        self.assert_run(running.finish(), 2, "")


class WhileOthersCompute(SpreadTest):
    def test_earlier_results_leave_while_a_later_task_is_computed(self):
        gate = self.gate()
        running = self.start(
            "run", "-j2", "--window", "1", "--in", "json", "--", *PUPPET, bufsize=0
        )
        running.write(json_lines([1, 2, do(["wait", gate.path], answer="late"), 4]))
        running.close_input()
        self.assertEqual([running.read_line(), running.read_line()], ["1\n", "2\n"])
        gate.open()
        self.assert_run(running.finish(), 0, ["late", 4], "")

    def test_later_results_wait_for_an_earlier_task(self):
        post, gate = self.post(), self.gate()
        running = self.start(
            "run", "-j2", "--window", "1", "--in", "json", "--", *PUPPET, bufsize=0
        )
        running.write(json_lines([do(["wait", gate.path], answer="late"), 2]))
        # When the third is at work, the second has been answered.
        running.write(json_lines([do(["tell", post.path], answer=3)]))
        post.line()
        gate.open()
        running.close_input()
        self.assert_run(running.finish(), 0, ["late", 2, 3], "")


class AtHand(SpreadTest):
    """What is decided, or can be read, without any descriptor becoming ready."""

    def test_payloads_that_the_wire_cannot_carry_fail_and_the_rest_goes_on(self):
        result = self.spread("run", "-j1", "-0", "--wire", "lines", "--", "cat",
                             input=b"a\nb\0c\0d\ne\0")
        self.assertEqual((result.status, result.out), (2, "\nc\n\n"), result)
        self.assert_told(result, r"spread: task 1 .*failed.*BadPayload.*",
                         r"spread: failed: 1, 3 \(2 tasks\)")

    def test_such_a_payload_is_not_tried_again(self):
        result = self.spread("run", "-j2", "-0", "--wire", "lines", "--retries", "0", "--", "cat",
                             input=b"a\nb\0c\0")
        self.assertEqual((result.status, result.out), (1, "\nc\n"), result)

    def test_more_bad_records_than_are_ever_read_ahead(self):
        result = self.spread("run", "-j1", "--in", "json", "--read-ahead", "10", "--", *PUPPET,
                             input="x\n" * 25000 + "1\n")
        self.assertEqual(result.status, 101, result)
        self.assertEqual(result.out, "null\n" * 25000 + "1\n")

    def test_a_short_read_ahead_leaves_no_worker_idle(self):
        post, gate = self.post(), self.gate()
        tasks = [do(["tell", post.path], ["wait", gate.path]) for _ in range(4)]
        running = self.start("run", "-j4", "--read-ahead", "1", "--window", "1", "--in", "json",
                             "--", *PUPPET)
        running.write(json_lines(tasks))
        post.lines(4)  # all four at the same time
        gate.open(4)
        running.close_input()
        self.assert_run(running.finish(), 0, None, "")


class Endless(SpreadTest):
    def test_results_come_though_the_input_never_ends(self):
        forever = subprocess.Popen(["yes", "12"], stdout=subprocess.PIPE)
        self.addCleanup(forever.wait)
        self.addCleanup(forever.kill)
        self.addCleanup(forever.stdout.close)
        running = self.start("run", "-j2", "--", *PUPPET, stdin=forever.stdout)
        # More than is ever read ahead.
        for _ in range(30000):
            self.assertEqual(running.process.stdout.readline(), b"12\n")
        running.process.stdout.close()
        running.process.stdout = None
        self.assert_run(running.finish(), 141, "", "")

    def test_device_without_end(self):
        running = self.start("run", "-j1", "-0", "-a", "/dev/zero", "--", *PUPPET, stdin=None)
        for _ in range(1000):
            self.assertEqual(running.process.stdout.readline(), b"\n")
        running.process.stdout.close()
        running.process.stdout = None
        self.assert_run(running.finish(), 141, "", "")


if __name__ == "__main__":
    unittest.main()
