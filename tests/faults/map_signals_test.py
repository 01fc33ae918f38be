"""Signals to `spread map`, through kill and through the keyboard of a terminal, and its death."""

import contextlib
import fcntl
import os
import pty
import signal
import termios
import unittest

from map_testing import (
    MapTest, is_asleep, is_signal_pending, marked_processes, tell, wait_at, wait_until_half_full
)
from spread_testing import living_processes


class Stopped(MapTest):
    """Ctrl-Z, and fg."""

    def wait_until_stopped(self, pid):
        """D: a shell that was stopped between the vfork and the exec of its child."""
        state = ""
        while state not in ("T", "D"):
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                state = stat.read().rpartition(") ")[2][0]

    def test_jobs_stop_and_go_on_with_it(self):
        post, gate = self.post(), self.gate()
        # A group of its own, as a shell with job control makes it: an orphaned one does not stop.
        running = self.start_map("-j2", f"{tell(post, '$$')}; {wait_at(gate)}; echo {{}}", ":::",
                                 *"abc", stdin=None, process_group=0)
        jobs = post.lines(2)
        running.signal(signal.SIGTSTP)
        _, status = os.waitpid(running.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        for job in jobs:
            self.wait_until_stopped(job)  # the signal may be on its way
        gate.open(3)
        self.assertTrue(post.is_empty())
        running.signal(signal.SIGCONT)
        self.assert_run(running.finish(), 0, "a\nb\nc\n", "")

    def test_workers_of_run_stop_too(self):
        post, gate = self.post(), self.gate()
        script = f"read -r x; {tell(post, '$$')}; {wait_at(gate)}; echo $x"
        running = self.start("run", "-j1", "--wire", "lines", "--", "sh", "-c", script,
                             process_group=0)
        running.write("a\n")
        running.close_input()
        worker = post.line()
        running.signal(signal.SIGTSTP)
        os.waitpid(running.pid, os.WUNTRACED)
        self.wait_until_stopped(worker)
        running.signal(signal.SIGCONT)
        gate.open()
        self.assert_run(running.finish(), 0, "a\n", "")


class BeforeTheFirstJob(MapTest):
    def opens_fifo(self, pid):
        """It waits for the other side. Kernels that do not tell: it waits."""
        with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
            return is_asleep(pid) and file.read() in ("wait_for_partner", "fifo_open", "0", "")

    def test_fifo_that_nobody_opens_does_not_hold_signals_off(self):
        os.mkfifo(self.path("fifo"))
        for words in (("-a", "fifo", "echo"), ("--jl", "fifo", "echo", ":::", "a")):
            with self.subTest(words):
                running = self.start_map(*words, stdin=None)
                while not self.opens_fifo(running.pid):
                    pass
                running.signal(signal.SIGTERM)
                self.assertEqual(running.finish().status, -signal.SIGTERM)


class Interrupted(MapTest):
    """Four jobs on two slots: two tell their pid, have a child, and wait."""

    def begin(self, *options, before=""):
        self.told, self.way = self.post(), self.gate()
        script = (
            f"{before}( {wait_at(self.gate('for-ever'))}; : ) & {tell(self.told, '$$')};"
            f" {wait_at(self.way)}; kill $! 2>/dev/null; echo done {{}}"
        )
        running = self.run_it("-j2", *options, script, ":::", *"abcd")
        self.groups = [int(pid) for pid in self.told.lines(2)]
        return running

    def run_it(self, *words):
        return self.start_map(*words, stdin=None)

    def interrupt(self, running):
        running.signal(signal.SIGINT)

    def assert_nothing_left(self):
        for group in self.groups:
            self.wait_until_gone(group)
        self.assertTrue(self.told.is_empty())

    def test_once_lets_running_jobs_finish_and_starts_no_more(self):
        running = self.begin()
        self.interrupt(running)
        self.wait_for_line(running, "spread: waiting ")
        self.way.open(2)
        result = running.finish()
        self.assert_run(result, 130, "done a\ndone b\n")
        self.assert_told(result, r"spread: 2 jobs were not run: the run was interrupted")
        self.assertTrue(self.told.is_empty())

    def test_twice_terminates(self):
        running = self.begin()
        self.interrupt(running)
        self.wait_for_line(running, "spread: waiting ")
        self.interrupt(running)
        result = running.finish()
        self.assert_run(result, 130, "")
        self.assert_told(result, r"spread: 2 jobs were not finished, and 2 jobs were not run: the run was interrupted")
        self.assert_nothing_left()

    def test_three_times_kills(self):
        # The grace is endless: only the third can end it.
        # Not a shell's trap: a TERM that comes just before its read(2) would wait for ever.
        terms, self.told = self.post("terms"), self.post()
        code = (
            "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]);"
            f"open('{self.told.path}', 'a').write(str(os.getpid()) + chr(10));\n"
            f"while signal.sigwait([signal.SIGTERM]): open('{terms.path}', 'a').write('x' + chr(10))"
        )
        running = self.run_it("-j2", "--kill-grace", "1h", "/usr/bin/python3", "-c", code, ":::",
                              *"abcd")
        self.groups = [int(pid) for pid in self.told.lines(2)]
        self.interrupt(running)
        self.wait_for_line(running, "spread: waiting ")
        self.interrupt(running)
        terms.lines(2)
        self.interrupt(running)
        self.assert_run(running.finish(), 130, "")
        self.assert_nothing_left()

    def test_reader_that_does_not_read_does_not_hold_the_third(self):
        # As with a pager. What is still in the pipes of jobs and in spread's memory is given up.
        for options in ((), ("--lb",), ("--out=records",)):
            with self.subTest(options):
                running = self.run_it("-j2", *options, "yes {} || :", ":::", "a", "b")
                wait_until_half_full(running.process.stdout.fileno())
                self.interrupt(running)
                self.wait_for_line(running, "spread: waiting ")
                for _ in range(2):
                    self.interrupt(running)
                    while is_signal_pending(running.pid, signal.SIGINT):
                        pass
                running.process.wait()
                self.assertEqual(running.finish().status, 130)

    def test_term_hup_and_int_have_their_own_status(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                os.mkdir(self.path(str(int(number))))
                post, gate = self.post(f"{int(number)}/post"), self.gate(f"{int(number)}/gate")
                script = f"{tell(post)}; {wait_at(gate)}; echo done {{}}"
                running = self.run_it("-j1", script, ":::", "a", "b")
                post.line()
                running.signal(number)
                self.wait_for_line(running, "spread: waiting ")
                gate.open()
                # Never 0, as a job was not run.
                self.assert_run(running.finish(), 128 + number, "done a\n")

    def test_while_input_is_open(self):
        running = self.start_map("-j1", "echo")
        running.write("a\n")
        self.assertEqual(running.read_line(), "a\n")
        running.signal(signal.SIGTERM)
        running.process.wait()
        self.assertEqual(running.finish().status, 143)

    def test_jobs_that_do_not_react_are_killed(self):
        before = "trap '' TERM; "
        running = self.begin("--kill-grace", "0.1", before=before)
        self.interrupt(running)
        self.wait_for_line(running, "spread: waiting ")
        self.interrupt(running)
        self.assert_run(running.finish(), 130, "")
        self.assert_nothing_left()


class CtrlC(Interrupted):
    """The same through a terminal, whose signal goes to the whole foreground group."""

    def run_it(self, *words):
        self.terminal, theirs = pty.openpty()
        self.addCleanup(os.close, self.terminal)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        running = self.start_map("--no-bar", *words, stdin=theirs, preexec_fn=take_terminal)
        os.close(theirs)
        return running

    def interrupt(self, running):
        os.write(self.terminal, b"\x03")

    test_term_hup_and_int_have_their_own_status = None
    test_reader_that_does_not_read_does_not_hold_the_third = None
    test_while_input_is_open = None


class MasterKilled(MapTest):
    def kill_it(self, *options, before="", jobs=3, then=None):
        """kill -9 of the master while each job and a child of its own wait. The groups."""
        post, gate = self.post(), self.gate()
        script = (
            f"{before}( {wait_at(gate)}; : ) & {tell(post, '$$')}; {then or wait_at(gate)}; : {{}}"
        )
        items = map(str, range(2 * jobs))
        running = self.start_map(f"-j{jobs}", *options, script, ":::", *items, stdin=None)
        groups = [int(pid) for pid in post.lines(jobs)]
        pidfds = [os.pidfd_open(pid) for group in groups for pid in living_processes(group)]
        running.process.kill()
        running.process.wait()
        for pidfd in pidfds:
            self.assert_gone(pidfd)
        for group in groups:
            self.wait_until_gone(group)
        self.assertTrue(post.is_empty())

    def test_nothing_is_left_of_jobs_and_their_children(self):
        self.kill_it()

    def test_nothing_is_left_in_other_modes(self):
        for number, option in enumerate(("-u", "--lb", "--unordered", "--results=d")):
            with self.subTest(option):
                self.folder = os.path.join(self.folder, str(number))
                os.mkdir(self.folder)
                self.kill_it(option)

    def test_nothing_is_left_of_jobs_that_ignore_term(self):
        self.kill_it("--kill-grace", "0.2", before="trap '' TERM; ")

    def test_nothing_is_left_of_stopped_jobs(self):
        self.kill_it(then="kill -STOP $$", jobs=2)

    def test_nothing_is_left_of_jobs_that_are_just_being_started(self):
        # Jobs come and go until the master is killed after some of them; those that had been started,
        # and of which it may not have known yet, would then wait for ever.
        post, gate = self.post(), self.gate()
        script = f"echo $SPREAD_RUN >>{post.path}; {wait_at(gate)}; : {{}}"
        # Jobs are started in the background where as many run as there are CPUs.
        two = sorted(os.sched_getaffinity(0))[:2]
        for jobs in (1, 2, 3, 9, 20, 41, 60, 83):
            with self.subTest(jobs):
                gate.open(1000)
                items = map(str, range(1000))
                running = self.start_map("-u", "-j6", script, ":::", *items, stdin=None,
                                         preexec_fn=lambda: os.sched_setaffinity(0, two))
                mark = post.lines(jobs)[0]
                running.process.kill()
                gate.shut()
                running.process.wait()
                while marked_processes(mark):
                    pass
                while not post.is_empty():
                    post.line()

    def test_guard_is_gone_after_an_ordinary_run(self):
        running = self.start_map("-j1", "echo")
        running.write("a\n")
        running.read_line()
        with open(f"/proc/{running.pid}/task/{running.pid}/children", encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
        pidfds = []
        for pid in children:
            # The job has ended, and may be reaped at this moment.
            with contextlib.suppress(ProcessLookupError):
                pidfds.append(os.pidfd_open(pid))
        self.assertGreaterEqual(len(pidfds), 1)
        running.close_input()
        self.assertEqual(running.process.wait(), 0)
        for pidfd in pidfds:
            self.assert_gone(pidfd)


if __name__ == "__main__":
    unittest.main()
