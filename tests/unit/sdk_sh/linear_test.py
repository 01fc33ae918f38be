"""What the reader of the shell SDK does grows with what it reads, not with its square. What a shell
does is counted in what `set -x` writes, which has each byte of a variable as often as a command is
given it, and in its calls of read(2) and what these brought. So a line must not be put together from
pieces, nor cut off bit by bit."""

import array
import fcntl
import os
import sys
import termios
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from worker_test import SHELLS, harness, shell_worker

HANDLER = "handler() { spread_ok_json ${#1}; }\nset -x\nspread_run handler\n"


class Reader(unittest.TestCase):
    BYTES = 20_000
    PIECE_BYTES = 500

    def send_in_pieces(self, worker, data):
        """Each when the one before has been read."""
        held = array.array("i", [0])
        for at in range(0, len(data), self.PIECE_BYTES):
            worker.send(data[at : at + self.PIECE_BYTES])
            while True:
                fcntl.ioctl(worker.process.stdin, termios.FIONREAD, held)
                if held[0] == 0:
                    break

    def cost(self, shell, text):
        """What one task with this text costs: {what: count}."""
        with shell_worker(HANDLER, shell) as worker:
            worker.hello()
            worker.task(0, "first")
            self.assertEqual(worker.message(), [0, "ok", 5])
            before = self.counts(worker)
            self.send_in_pieces(worker, harness.line([1, text]))
            self.assertEqual(worker.message(), [1, "ok", len(text)])
            # The next task is waited for, so all of this one has been counted.
            worker.task(2, "last")
            worker.message()
            after = self.counts(worker)
        return {what: after[what] - before[what] for what in before}

    @staticmethod
    def counts(worker):
        with open(f"/proc/{worker.process.pid}/io", encoding="ascii") as file:
            io = dict(line.split(": ") for line in file.read().splitlines())
        return {"bytes of commands": os.fstat(worker._errors.fileno()).st_size,
                "calls of read": int(io["syscr"]), "bytes read": int(io["rchar"])}

    def check(self, text):
        for shell in SHELLS:
            with self.subTest(shell):
                once = self.cost(shell, text * (self.BYTES // len(text)))
                twice = self.cost(shell, text * (2 * self.BYTES // len(text)))
                for what, cost in once.items():
                    self.assertLess(twice[what], 2.2 * cost, what)

    def test_plain_text(self):
        self.check("x")

    def test_text_with_escapes(self):
        self.check('line "1"\n' + "x" * 100)


if __name__ == "__main__":
    unittest.main()
