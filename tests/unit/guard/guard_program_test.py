"""The guard program alone, as its master would start it: a pipe, a table, and processes in it."""

import os
import signal
import struct
import subprocess
import tempfile
import unittest

from spread_testing import BUILD, SOURCE, SpreadTest

# Another one, for another processor with an emulator's name before it: tested by hand.
PROGRAM = os.environ.get("SPREAD_GUARD", os.path.join(BUILD, "guard", "spread_guard_program")).split()
# spread/guard/guard_table.h
HEADER = "iiI4xQ64s"
GROUPS_MAX = 1 << 16
SIZE = struct.calcsize(HEADER) + 4 * GROUPS_MAX


class GuardProgram(SpreadTest):
    def child(self, *words, mark=None, **how):
        """A process in a group of its own, which has told that it is there."""
        words = words or ("sh", "-c", "echo; exec sleep 1000")
        environment = {**os.environ, **({"SPREAD_RUN": mark} if mark else {})}
        how.setdefault("process_group", 0)
        child = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, **how)
        self.addCleanup(self._end, child)
        child.stdout.readline()
        return child

    def guard(self, groups, *, goodbye=0, starting=0, grace_ms=10**9, mark="", pipe=subprocess.DEVNULL, master=None):
        """One whose pipe has ended, though its master, this process, lives. The grace time is longer than any test."""
        table = tempfile.TemporaryFile()
        self.addCleanup(table.close)
        table.truncate(SIZE)
        mark = f"SPREAD_RUN={mark}".encode()
        table.write(struct.pack(HEADER, goodbye, starting, len(groups), grace_ms, mark))
        table.write(struct.pack(f"{len(groups)}i", *groups))
        table.flush()
        if master is None:
            master = os.pidfd_open(os.getpid())
            self.addCleanup(os.close, master)
        guard = subprocess.Popen(PROGRAM, stdin=pipe, stdout=master, stderr=table, env={})
        self.addCleanup(self._end, guard)
        return guard

    def assert_ends(self, guard, *children, by=signal.SIGTERM):
        """Those of whom it waits that they end are reaped here."""
        for child in children:
            self.assertEqual(child.wait(), -by)
        self.assertEqual(guard.wait(), 0)

    def assert_live(self, *children):
        for child in children:
            self.assertIsNone(child.poll())

    def test_groups_of_the_table_end_with_term(self):
        children = [self.child() for _ in range(3)]
        self.assert_ends(self.guard([child.pid for child in children]), *children)

    def test_after_a_goodbye_nothing_is_ended(self):
        child = self.child()
        self.assert_ends(self.guard([child.pid], goodbye=1))
        self.assert_live(child)

    def test_the_end_of_its_master_counts_though_the_pipe_is_open(self):
        child, master = self.child(), self.child()
        read, write = os.pipe()
        ends = os.pidfd_open(master.pid)
        for fd in (read, write, ends):
            self.addCleanup(os.close, fd)
        guard = self.guard([child.pid], pipe=read, master=ends)
        self.assert_live(child, guard)
        master.kill()
        self.assert_ends(guard, child)

    def test_where_there_is_no_pidfd_the_pipe_has_to_do(self):
        child = self.child()
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        words = ["sh", "-c", 'exec "$@" 1>&-', "sh", *PROGRAM]
        program = list(PROGRAM)
        try:
            PROGRAM[:] = words
            guard = self.guard([child.pid], pipe=read)
        finally:
            PROGRAM[:] = program
        self.assert_live(child, guard)
        os.close(write)
        self.assert_ends(guard, child)

    def test_places_that_are_free_are_passed_over(self):
        first, second = self.child(), self.child()
        self.assert_ends(self.guard([0, first.pid, 0, second.pid]), first, second)

    def test_a_negative_number_is_a_process_alone(self):
        child = self.child(process_group=os.getpgrp())
        self.assert_ends(self.guard([-child.pid]), child)

    def test_kill_comes_after_the_grace_time(self):
        child = self.child("sh", "-c", "trap '' TERM; echo; exec sleep 1000")
        self.assert_ends(self.guard([child.pid], grace_ms=1), child, by=signal.SIGKILL)

    def test_what_has_gone_is_not_waited_for(self):
        gone = self.child("echo")
        gone.wait()
        child = self.child()
        self.assert_ends(self.guard([gone.pid, child.pid]), child)

    def test_while_children_are_started_the_marked_are_looked_for(self):
        ours = self.child(mark="77.1")
        # As long as several reads of /proc, with the mark in the middle.
        filled = self.child("env", "-i", *(f"A{n}={'x' * 999}" for n in range(9)), "SPREAD_RUN=77.1",
                            *(f"B{n}={'x' * 999}" for n in range(9)),
                            "sh", "-c", "echo; exec sleep 1000")
        others = [self.child(mark=mark) for mark in ("77.12", "77.", "177.1", None)]
        others.append(self.child("env", "XSPREAD_RUN=77.1", "sh", "-c", "echo; exec sleep 1000"))
        self.assert_ends(self.guard([], starting=1, mark="77.1"), ours, filled)
        self.assert_live(*others)

    def test_where_none_is_started_the_marked_are_not_looked_for(self):
        child = self.child(mark="78.1")
        self.assert_ends(self.guard([], mark="78.1"))
        self.assert_live(child)

    def test_it_is_small_and_depends_on_nothing(self):
        self.assertLessEqual(os.path.getsize(PROGRAM[-1]), 32768)
        headers = subprocess.run(["readelf", "-lW", PROGRAM[-1]], capture_output=True, text=True,
                                 check=True).stdout
        self.assertNotIn("INTERP", headers)
        self.assertNotIn("DYNAMIC", headers)
        self.assertRegex(headers, r"GNU_STACK .* RW ")
        self.assertNotIn("RWE", headers)


class Embedding(SpreadTest):
    def embed(self, size):
        source = self.path("source.cc")
        done = subprocess.run(
            ["cmake", "-D", f"PROGRAM={self.file('program', bytes(range(256)) * (size // 256))}",
             "-D", f"SOURCE={source}", "-D", "BYTES_MAX=32768",
             "-P", os.path.join(SOURCE, "cmake", "embed_guard.cmake")],
            capture_output=True, text=True, check=False)
        return done, source

    def test_every_byte_is_in_the_source(self):
        done, source = self.embed(32768)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(source, encoding="ascii") as file:
            text = file.read()
        values = text[text.index("{\n", text.index("kProgram")) + 2:text.index("};")]
        self.assertEqual(bytes(int(word, 16) for word in values.replace(",", " ").split()),
                         bytes(range(256)) * 128)

    def test_a_program_that_is_too_large_is_refused(self):
        done, source = self.embed(33024)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("33024", done.stderr)
        self.assertFalse(os.path.exists(source))


if __name__ == "__main__":
    unittest.main()
