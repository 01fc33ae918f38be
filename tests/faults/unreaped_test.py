"""A process that is dead and cannot be reaped: a tracer that does not go on holds it. (One that
sits in the kernel, for a dead NFS server, say, is the same to its parent.)"""

import os
import signal
import unittest

from map_testing import MapTest, is_signal_pending
from spread_testing import PYTHON

# It reports its tracer, which is stopped, and waits.
TRACED = """
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PTRACER, PTRACE_SEIZE = 0x59616d61, 0x4206
libc.prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # it would stop for its tracer
read, write = os.pipe()
traced = os.getpid()
if os.fork() == 0:
    os.setsid()
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    seized = libc.ptrace(PTRACE_SEIZE, traced, 0, 0)
    with open(sys.argv[1], "w") as post:
        post.write(f"{os.getpid()} {seized}\\n")
    for fd in (0, 1, 2):
        os.close(fd)
    os.write(write, b".")
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
os.read(read, 1)
if len(sys.argv) > 2:
    os._exit(0)
signal.pause()
"""


class Held(MapTest):
    def start_traced(self, *words):
        self.told = self.post()
        self.file("traced.py", TRACED)
        running = self.start(*words, stdin=None)
        tracer, seized = map(int, self.told.line().split())
        self.addCleanup(os.kill, tracer, signal.SIGKILL)
        self.assertEqual(seized, 0, "ptrace is not permitted here")
        self.tracer = tracer
        return running

    def assert_ends_when_killed(self, running):
        for _ in range(3):
            running.signal(signal.SIGINT)
            while is_signal_pending(running.pid, signal.SIGINT):
                pass
        self.assertEqual(running.finish().status, 130)

    def test_a_job_that_was_killed_does_not_hold_the_run(self):
        self.assert_ends_when_killed(
            self.start_traced("map", "-j2", f"exec {PYTHON} traced.py post; : {{}}", ":::", "a")
        )

    def test_a_worker_that_was_killed_does_not_hold_the_run(self):
        self.assert_ends_when_killed(
            self.start_traced("run", "-j1", "--wire", "lines", "--", PYTHON, "traced.py", "post",
                              ":::", "a")
        )

    def test_a_job_that_ended_by_itself_is_waited_for_without_a_spin(self):
        running = self.start_traced("map", "-j1", f"exec {PYTHON} traced.py post {{}}", ":::", "end")
        before = self.switches(running.pid)
        while self.switches(running.pid) < before + 5:  # it looks now and then
            pass
        self.assertLess(self.ticks(running.pid), 100)
        os.kill(self.tracer, signal.SIGKILL)
        self.assert_run(running.finish(), 0, "", "")

    def switches(self, pid):
        """How often it has waited for something."""
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return int(status.read().rpartition("\nvoluntary_ctxt_switches:")[2].split()[0])

    def ticks(self, pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(") ")[2].split()
        return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    unittest.main()
