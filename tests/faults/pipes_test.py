"""Pipes that are full, that are not read, or that another process holds open."""

import os
import subprocess
import unittest

from spread_testing import PUPPET, PYTHON, SPREAD, SpreadTest, do, json_lines, shell_words


class Pipes(SpreadTest):
    def start_with_a_deaf_one(self, *options):
        """Of two workers the first reads nothing until self.way opens. 300 KB of prep items."""
        self.way = self.gate()
        text = f"#!/bin/sh\nhead -c 1 {self.way.path} >&2\nexec {shell_words(PUPPET)}\n"
        running = self.start(
            *("run", "--in", "json", "--start-all", "--window", "1", *options),
            *("--worker", self.script("deaf", text), "--worker", shell_words(PUPPET)),
            *("--prep", "p" * 100000, "--prep", "q" * 100000, "--prep", "r" * 100000),
        )
        running.write(json_lines(range(100)))
        running.close_input()
        return running

    def test_prep_items_larger_than_a_pipe_to_a_worker_that_does_not_read_hold_up_nobody(self):
        running = self.start_with_a_deaf_one("--unordered")
        first = {int(running.read_line()) for _ in range(99)}
        self.way.open()
        rest = running.finish()
        self.assert_run(rest, 0)
        self.assertEqual(first | set(rest.values), set(range(100)))

    def test_worker_that_reads_late_gets_all_its_prep_items(self):
        running = self.start_with_a_deaf_one()
        self.way.open()
        self.assert_run(running.finish(), 0, list(range(100)), ".")

    def test_payloads_and_results_larger_than_a_pipe(self):
        # A worker that reads one and answers one can never be deadlocked.
        tasks = [letter * 1000000 for letter in "abcdefgh"]
        result = self.puppet(tasks, "-j2", "--window", "4")
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.values, tasks)
        self.assertEqual(result.err, "")

    def test_worker_that_reads_everything_before_it_answers(self):
        worker = self.file(
            "late.py",
            """
import msgpack, os, sys
i = sys.stdin.buffer
tasks = []
for n in range(8):
    tasks.append(msgpack.unpackb(i.read(int.from_bytes(i.read(5)[1:], "big"))))
for id, value in reversed(tasks):
    b = msgpack.packb([id, "ok", value])
    sys.stdout.buffer.write(b"\\xc6" + len(b).to_bytes(4, "big") + b)
sys.stdout.buffer.flush()
i.read()
""",
        )
        tasks = [letter * 300000 for letter in "abcdefgh"]
        result = self.spread(
            *("run", "-j1", "--in", "json", "--window", "8", "--window-bytes", "8M"),
            *("--", PYTHON, worker),
            input=json_lines(tasks),
        )
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, tasks)

    def test_grandchild_that_keeps_the_pipe_open(self):
        # It lives on when the worker ends; the run does not wait for it.
        post, gate = self.post(), self.gate()
        holds = ["background", "sh", "-c", f"echo $$ > {post.path}; read x < {gate.path}"]
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.write(json_lines([do(holds, answer="a"), 1]))
        running.close_input()
        pidfd = os.pidfd_open(int(post.line()))
        self.assertEqual(running.process.wait(), 0)
        os.close(pidfd)
        gate.open()
        self.assert_run(running.finish(), 0, ["a", 1], "")

    def test_grandchild_of_a_crashed_worker_that_keeps_the_pipe_open(self):
        gate = self.gate()
        holds = ["background", "sh", "-c", f"read x < {gate.path}"]
        crash = do(["once", self.path("once"), holds, ["kill", 9]], answer="again")
        result = self.puppet([0, crash, 2])
        self.assert_run(result, 0, [0, "again", 2], "")
        gate.open()

    def test_a_megabyte_of_stderr_does_not_stop_a_worker(self):
        loud = do(["child", "sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' e >&2; echo >&2"])
        result = self.puppet([0, loud, 2])
        self.assert_run(result, 0, [0, 1, 2])
        self.assertEqual(result.err, "e" * 1000000 + "\n")

    def test_descriptors_of_the_master_are_not_inherited(self):
        lists = self.script(
            "lists", "#!/bin/sh\nls /proc/self/fd | tr '\\n' ' '\n"
        )
        # 3 is the directory that ls reads; what a caller has opened is descriptors_test.py's.
        self.assert_run(self.spread("all", "-j2", "--", lists), 0, "0 1 2 3 0 1 2 3 ", "")

    def test_standard_descriptors_that_are_closed_from_the_start(self):
        command = shell_words([SPREAD, "run", "-j1", "--wire", "lines", "--", "cat", ":::", "3"])
        for closed in ("<&-", "2>&-", "<&- 2>&-"):
            with self.subTest(closed):
                done = subprocess.run(
                    ["sh", "-c", f"{command} {closed}"],
                    capture_output=True,
                    env=self.environment,
                )
                self.assertEqual((done.returncode, done.stdout), (0, b"3\n"), done.stderr)

    def test_closed_stdout_is_an_error(self):
        command = shell_words([SPREAD, "run", "-j1", "--wire", "lines", "--", "cat", ":::", "3"])
        done = subprocess.run(
            ["sh", "-c", f"{command} >&-"], stderr=subprocess.PIPE, env=self.environment
        )
        self.assertEqual(done.returncode, 255, done.stderr)


if __name__ == "__main__":
    unittest.main()
