"""Signals: Ctrl-C through a real pseudo-terminal, and the master's own sudden death."""

import fcntl
import os
import pty
import signal
import termios
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines

SIGTERM = int(signal.SIGTERM)


class Interrupted(SpreadTest):
    """A run with two workers that compute, and two tasks that wait."""

    def compute(self, *options, before=None):
        self.reports, self.way = self.post(), self.gate()
        steps = [["tell", self.reports.path], ["wait", self.way.path]]
        if before:
            steps.insert(0, before)
        tasks = [do(*steps, answer="done")] * 4
        running = self.run_them(tasks, "-j2", "--window", "1", *options)
        self.pids = [int(pid) for pid in self.reports.lines(2)]
        self.pidfds = [os.pidfd_open(pid) for pid in self.pids]
        return running

    def run_them(self, tasks, *options):
        file = self.file("tasks", json_lines(tasks))
        return self.start(
            *("run", "--in", "json", "-a", file, *options, "--", *PUPPET), stdin=None
        )

    def interrupt(self, running):
        running.signal(signal.SIGINT)

    def assert_workers_gone(self):
        for pid, pidfd in zip(self.pids, self.pidfds):
            self.assert_gone(pidfd)
            self.assert_none_left(pid)

    def test_once_lets_running_tasks_finish_and_starts_no_more(self):
        running = self.compute()
        self.interrupt(running)
        self.wait_for_first(running)
        self.way.open(2)
        result = running.finish()
        self.assert_run(result, 130, ["done", "done", None, None])
        self.assert_workers_gone()
        self.assertTrue(self.reports.is_empty())

    def test_twice_terminates(self):
        running = self.compute()
        self.interrupt(running)
        self.wait_for_first(running)
        self.interrupt(running)
        result = running.finish()
        self.assert_run(result, 130, [None] * 4)
        self.assert_workers_gone()

    def test_says_what_is_waited_for(self):
        running = self.compute("--kill-grace", "1m", "--shutdown-timeout", "90s")
        self.interrupt(running)
        self.assertEqual(self.wait_for_first(running),
                         b"spread: waiting up to 60 s for 2 tasks (again: end them now)\n")
        self.way.open(2)
        self.assert_run(running.finish(), 130, ["done", "done", None, None])

    def test_workers_that_have_never_answered_have_the_kill_grace(self):
        # head answers nothing before it ends, and it waits for more lines than it is given.
        running = self.start("run", "--wire", "lines", "-j1", "--kill-grace", "0.1", "--",
                             "head", "-n", "2")
        running.write("1\n2\n3\n")
        running.close_input()
        while not self.children(running.pid):
            pass
        running.signal(signal.SIGTERM)
        self.assert_run(running.finish(), 143, "\n\n\n")

    def children(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [child for child in file.read().split() if self.name_of(child) == "head"]

    def name_of(self, pid):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                return file.read().strip()
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def test_three_times_kills(self):
        # The grace is endless: only the third can end it. Signals that come too fast are one, so
        # each waits for what the one before it has done.
        terms = self.post("terms")
        running = self.compute("--kill-grace", "1h", before=["answer_term", terms.path])
        self.interrupt(running)
        self.wait_for_first(running)
        self.interrupt(running)
        terms.lines(2)
        self.interrupt(running)
        result = running.finish()
        self.assert_run(result, 130, [None] * 4)
        self.assert_workers_gone()

    def test_once_has_a_grace_time_for_what_does_not_finish(self):
        running = self.compute(
            *("--shutdown-timeout", "0.1", "--kill-grace", "0.1"), before=["ignore", SIGTERM]
        )
        self.interrupt(running)
        result = running.finish()
        self.assert_run(result, 130, [None] * 4)
        self.assert_workers_gone()

    def test_all_tells_that_it_was_us_who_killed(self):
        post = self.post()
        running = self.start(
            *("all", "-j1", "--kill-grace", "0.1", "--"),
            *("sh", "-c", f"trap : TERM; echo up >{post.path}; sleep 1000; sleep 1001"),
        )
        post.line()
        running.signal(SIGTERM)
        self.assertIn(b"waiting", running.process.stderr.readline())
        running.signal(SIGTERM)
        result = running.finish()
        self.assert_run(result, 143, "")
        self.assert_told(
            result,
            r"spread: worker 0 on localhost: ended by spread \(the run was interrupted again\), "
            r"killed by signal 9 \(Killed\)(; its last words: .*)?",
        )

    def test_term_and_hup_are_the_same_with_their_own_status(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                folder = self.path(str(int(number)))
                os.mkdir(folder)
                post, gate = self.post(f"{int(number)}/post"), self.gate(f"{int(number)}/gate")
                wait = do(["tell", post.path], ["wait", gate.path], answer="done")
                running = self.run_them([wait] * 2, "-j1", "--window", "1")
                post.line()
                running.signal(number)
                self.wait_for_first(running)
                gate.open()
                self.assert_run(running.finish(), 128 + number, ["done", None])

    def test_while_input_is_open(self):
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.write("1\n")
        self.assertEqual(running.read_line(), "1\n")
        running.signal(signal.SIGINT)
        running.process.wait()
        self.assertEqual(running.finish().status, 130)

    def test_sigint_ignored_by_our_parent(self):
        # `spread ... &` in a script: INT is ignored there, and workers have it as usual.
        result = self.spread(
            "all", "-j1", "--", "sh", "-c", "grep SigIgn /proc/self/status",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        self.assertEqual((result.status, result.err), (0, ""))
        ignored = int(result.out.split()[1], 16)
        self.assertEqual(ignored & 1 << (signal.SIGINT - 1), 0)

    def test_sigchld_ignored_by_our_parent(self):
        result = self.spread(
            *("run", "-j2", "--in", "json", "--", *PUPPET),
            input=json_lines(range(10)),
            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        )
        self.assert_run(result, 0, list(range(10)), "")

    def wait_for_first(self, running):
        """Until the first signal has been handled."""
        for line in running.process.stderr:
            if line.startswith(b"spread: waiting "):
                return line
        return self.fail("the run ended")


class CtrlC(Interrupted):
    """The same through the keyboard of a terminal, whose signal goes to the whole group."""

    def run_them(self, tasks, *options):
        file = self.file("tasks", json_lines(tasks))
        self.terminal, theirs = pty.openpty()
        self.addCleanup(os.close, self.terminal)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        running = self.start(
            *("run", "--in", "json", "-a", file, "--no-bar", *options, "--", *PUPPET),
            stdin=theirs,
            preexec_fn=take_terminal,
        )
        os.close(theirs)
        return running

    def interrupt(self, running):
        os.write(self.terminal, b"\x03")

    test_all_tells_that_it_was_us_who_killed = None
    test_while_input_is_open = None
    test_sigint_ignored_by_our_parent = None
    test_sigchld_ignored_by_our_parent = None
    test_term_and_hup_are_the_same_with_their_own_status = None


class MasterKilled(SpreadTest):
    def kill_while_computing(self, count, *before, then=("hang",), options=()):
        post = self.post()
        task = do(*before, ["tell", post.path], list(then))
        running = self.start(
            *("run", "-j", count, "--in", "json", "--window", "1", *options, "--", *PUPPET)
        )
        running.write(json_lines([task] * count))
        pids = [int(pid) for pid in post.lines(count)]
        pidfds = [os.pidfd_open(pid) for pid in pids]
        running.process.kill()
        running.process.wait()
        for pidfd in pidfds:
            self.assert_gone(pidfd)
        return pids

    def test_nothing_is_left_after_kill_9_while_all_workers_compute(self):
        self.kill_while_computing(3)

    def test_nothing_is_left_of_workers_that_ignore_term(self):
        ignore = ["ignore", SIGTERM]
        self.kill_while_computing(3, ignore, options=("--kill-grace", "0.2"))

    def test_nothing_is_left_of_stopped_workers(self):
        self.kill_while_computing(2, then=["kill", int(signal.SIGSTOP)])

    def test_nothing_is_left_of_what_workers_started(self):
        # Ended with the group: the child's pid is waited for as well.
        post = self.post("children")
        told = self.post("told")
        text = f"trap '' TERM; echo $$ >> {post.path}; while :; do sleep 1; done"
        task = do(["background", "sh", "-c", text], ["tell", told.path], ["hang"])
        running = self.start("run", "-j1", "--in", "json", "--kill-grace", "0.2", "--", *PUPPET)
        running.write(json_lines([task]))
        pidfd = os.pidfd_open(int(post.line()))
        told.line()
        running.process.kill()
        running.process.wait()
        self.assert_gone(pidfd)

    def test_guard_is_gone_after_an_ordinary_run(self):
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.write("1\n")
        running.read_line()
        with open(f"/proc/{running.pid}/task/{running.pid}/children", encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
        pidfds = [os.pidfd_open(pid) for pid in children]
        running.close_input()
        self.assertEqual(running.process.wait(), 0)
        self.assertGreaterEqual(len(pidfds), 2)
        for pidfd in pidfds:
            self.assert_gone(pidfd)


if __name__ == "__main__":
    unittest.main()
