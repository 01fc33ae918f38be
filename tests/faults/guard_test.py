"""The guard program: what it holds, what it outlives, what it ends, and how it is started where much is
forbidden."""

import errno
import os
import resource
import signal
import struct
import unittest

from confinement import MS_NOEXEC, forbid, may_mount, mount_over
from map_testing import MapTest, marked_processes, tell, wait_at
from spread_testing import living_processes

NAME = "spread-guard"
# spread/guard/guard_table.h
HEADER = "iiI4xQ64s"


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def find_guard(master):
    """Its pid, once it has its name: then it has done all that it does before it waits."""
    while True:
        for pid in children(master):
            with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                if name.read() == NAME + "\n":
                    return pid


def read_table(master):
    """What its guard would be told: children that are being started, groups."""
    with open(f"/proc/{master}/maps", encoding="utf-8") as maps:
        [place] = {line.split("-")[0] for line in maps if NAME in line}
    with open(f"/proc/{master}/mem", "rb", buffering=0) as memory:
        memory.seek(int(place, 16))
        _, starting, used, _, _ = struct.unpack(HEADER, memory.read(struct.calcsize(HEADER)))
        return starting, struct.unpack(f"{used}i", memory.read(4 * used))


# As with a process namespace: root may have one, and CI is root.
needs_mounts = unittest.skipUnless(
    may_mount(), "a mount of its own is not to be had here (a chroot whose / is no mount point?)"
)


class GuardTest(MapTest):
    def begin(self, *options, jobs=2, before=None, **how):
        """Jobs that wait, each with a child that does."""
        self.told, self.way = self.post(), self.gate()
        script = f"( {wait_at(self.way)}; : ) & {tell(self.told, '$$')}; {wait_at(self.way)}; : {{}}"
        items = map(str, range(2 * jobs))
        running = self.start_map(f"-j{jobs}", *options, script, ":::", *items, stdin=None,
                                 preexec_fn=before, **how)
        self.groups = [int(pid) for pid in self.told.lines(jobs)]
        return running

    def kill(self, running):
        running.process.kill()
        running.process.wait()

    def assert_all_end(self):
        for group in self.groups:
            self.wait_until_gone(group)
        self.assertTrue(self.told.is_empty())

    def assert_kill_leaves_nothing(self, running):
        """Of children in the table, which a guard without /proc knows, too."""
        starting, table = 1, ()
        while starting or not set(self.groups) <= set(table):
            starting, table = read_table(running.pid)
        guard = os.pidfd_open(find_guard(running.pid))
        self.kill(running)
        self.assert_all_end()
        self.assert_gone(guard)

    def temporary(self):
        """The folder for temporary files, its own."""
        path = self.path("tmp")
        os.mkdir(path)
        self.environment["TMPDIR"] = path
        return path


class Killed(GuardTest):
    def test_of_fifty_children_nothing_is_left(self):
        running = self.begin(jobs=50)
        pidfds = [os.pidfd_open(pid) for group in self.groups for pid in living_processes(group)]
        self.assertGreaterEqual(len(pidfds), 100)
        self.kill(running)
        for pidfd in pidfds:
            self.assert_gone(pidfd)
        self.assert_all_end()

    def test_of_workers_nothing_is_left(self):
        post, gate = self.post(), self.gate()
        worker = f"while read -r x; do {tell(post, '$$')}; {wait_at(gate)}; echo $x; done"
        running = self.start("run", "-j3", "--start-all", "--wire", "lines", "--", "sh", "-c", worker,
                             ":::", *"abc", stdin=None)
        groups = [int(pid) for pid in post.lines(3)]
        self.kill(running)
        for group in groups:
            self.wait_until_gone(group)

    def test_children_of_a_large_environment_are_found_by_their_mark(self):
        # What it reads of /proc at a time is less.
        self.environment.update({f"FILL_{n}": "x" * 1000 for n in range(100)})
        post, gate = self.post(), self.gate()
        script = f"echo $SPREAD_RUN >>{post.path}; {wait_at(gate)}; : {{}}"
        for jobs in (5, 17):
            with self.subTest(jobs):
                gate.open(1000)
                running = self.start_map("-u", "-j6", script, ":::", *map(str, range(500)), stdin=None)
                mark = post.lines(jobs)[0]
                running.process.kill()
                gate.shut()
                running.process.wait()
                while marked_processes(mark):
                    pass
                while not post.is_empty():
                    post.line()


class Alone(GuardTest):
    """It holds nothing but its pipe and its master's pidfd, and nothing but the death of its master makes it act."""

    def assert_holds_nothing_else(self, guard, pidfd):
        folder = f"/proc/{guard}/fd"
        held = {fd: os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)}
        self.assertEqual(sorted(held), ["0", "1"] if pidfd else ["0"], held)
        self.assertRegex(held["0"], r"pipe:\[\d+\]")
        if pidfd:
            self.assertEqual(held["1"], "anon_inode:[pidfd]")

    def check(self, before=None, pidfd=True):
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        high = os.dup2(theirs, 900)
        running = self.begin(before=before, pass_fds=(theirs, high))
        os.close(theirs)
        os.close(high)
        guard = find_guard(running.pid)
        self.assert_holds_nothing_else(guard, pidfd)
        self.assertEqual(os.readlink(f"/proc/{guard}/cwd"), "/")
        self.assertEqual((os.getsid(guard), os.getpgid(guard)), (guard, guard))
        with open(f"/proc/{guard}/environ", "rb") as environ:
            self.assertEqual(environ.read(), b"")
        self.assert_kill_leaves_nothing(running)

    def test_it_holds_nothing_else(self):
        self.check()

    def test_where_the_kernel_opens_no_pidfd_its_pipe_has_to_do(self):
        self.check(lambda: forbid("pidfd_open", why=errno.ENOSYS), pidfd=False)

    def test_where_the_kernel_has_no_close_range(self):
        self.check(lambda: forbid("close_range", why=errno.ENOSYS))

    @needs_mounts
    def test_where_neither_close_range_nor_proc_is_there(self):
        def confine():
            mount_over("/proc")
            forbid("close_range", why=errno.ENOSYS)

        self.check(confine)

    def test_no_signal_but_kill_ends_it(self):
        running = self.begin()
        guard = find_guard(running.pid)
        for number in sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}):
            os.kill(guard, number)
        self.assert_kill_leaves_nothing(running)

    def test_at_an_ordinary_end_it_has_gone_before_its_master(self):
        running = self.begin()
        guard = os.pidfd_open(find_guard(running.pid))
        self.way.open(100)
        self.assert_run(running.finish(), 0, "", "")
        self.assert_gone(guard)


class Start(GuardTest):
    """From memory; else from a file that is gone at once; else not, which is told."""

    TOLD = r"spread: cannot start the guard \(from memory: .*{}; .*{}\): after kill -9 of spread .*"

    def started_from(self, before=None):
        """What its program is called."""
        folder = self.temporary()
        running = self.begin(before=before)
        program = os.readlink(f"/proc/{find_guard(running.pid)}/exe")
        self.assertEqual(os.listdir(folder), [])
        self.assert_kill_leaves_nothing(running)
        self.assertEqual(os.listdir(folder), [])
        self.assertEqual(running.finish().err, "")
        return program.replace(folder, "TMP")

    def test_from_memory(self):
        self.assertEqual(self.started_from(), f"/memfd:{NAME} (deleted)")

    def assert_started_from_a_file(self, *names, why=errno.EPERM):
        program = self.started_from(lambda: forbid(*names, why=why))
        self.assertRegex(program, rf"TMP/{NAME}-\w+ \(deleted\)")

    def test_from_a_file_where_memory_is_not_executed(self):
        self.assert_started_from_a_file("execveat", why=errno.EACCES)

    def test_from_a_file_where_the_kernel_executes_no_descriptor(self):
        self.assert_started_from_a_file("execveat", why=errno.ENOSYS)

    def test_from_a_file_where_there_is_no_memfd(self):
        self.assert_started_from_a_file("memfd_create")

    def assert_runs_without(self, before, *reasons):
        result = self.map("echo", ":::", "a", "b", preexec_fn=before)
        self.assert_run(result, 0, "a\nb\n")
        self.assert_only_told(result, self.TOLD.format(*reasons))

    @needs_mounts
    def test_where_files_of_the_folder_are_not_executed_either(self):
        folder = self.temporary()

        def confine():
            mount_over(folder, MS_NOEXEC)
            forbid("execveat")

        self.assert_runs_without(confine, "Operation not permitted", "Permission denied")

    def test_where_no_file_can_be_made_either(self):
        self.environment["TMPDIR"] = self.path("none")
        self.assert_runs_without(lambda: forbid("execveat"), "Operation not permitted",
                                 "No such file or directory")

    def test_where_no_memory_can_be_shared(self):
        self.environment["TMPDIR"] = self.path("none")
        result = self.map("echo", ":::", "a", preexec_fn=lambda: forbid("memfd_create"))
        self.assert_run(result, 0, "a\n")
        self.assert_only_told(result, r"spread: cannot start the guard \(memfd_create: .*; .*\): .*")


    def limit_files(self, size):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    def test_where_files_may_not_grow_to_a_megabyte(self):
        self.assertEqual(self.started_from(self.limit_files(1000000)), f"/memfd:{NAME} (deleted)")

    def test_where_files_may_hardly_grow(self):
        result = self.map("echo", ":::", "a", preexec_fn=self.limit_files(1000))
        self.assert_run(result, 0, "a\n")
        self.assert_only_told(
            result, r"spread: cannot start the guard \(.*File too large\): .* \(ulimit -f\)"
        )


@needs_mounts
class WithoutProc(GuardTest):
    def hide(self):
        mount_over("/proc")

    def test_runs_work(self):
        result = self.map("echo", ":::", *"abc", preexec_fn=self.hide)
        self.assert_run(result, 0, "a\nb\nc\n", "")
        worker = ("run", "-j2", "--wire", "lines", "--", "cat", ":::", *"abc")
        self.assert_run(self.spread(*worker, preexec_fn=self.hide), 0, "a\nb\nc\n", "")
        blocks = self.spread("pipe", "--block", "4", "cat", input="a\nb\nc\n", preexec_fn=self.hide)
        self.assert_run(blocks, 0, "a\nb\nc\n", "")

    def test_what_the_table_has_ends_with_the_master(self):
        self.assert_kill_leaves_nothing(self.begin(jobs=20, before=self.hide))

    def test_from_a_file(self):
        def confine():
            mount_over("/proc")
            forbid("execveat")

        self.temporary()
        self.assert_kill_leaves_nothing(self.begin(before=confine))


if __name__ == "__main__":
    unittest.main()
