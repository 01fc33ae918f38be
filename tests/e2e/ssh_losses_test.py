"""Hosts that cannot be reached, connections that are lost, and what is left on the far side when
the near one is gone: nothing."""

import os
import signal
import unittest

from spread_testing import PUPPET, Gate, do, json_lines, living_processes
from sshd import SshTest

GIVEN_UP = r"spread: host {0} cannot be reached \(ssh: .*Connection refused; try: ssh {0} true\).*"
IGNORE_TERM = ["ignore", int(signal.SIGTERM)]


class Lines:
    """The stderr of a run that goes on, line by line."""

    def __init__(self, running):
        self.stream = running.process.stderr
        self.text = ""

    def until(self, part):
        while line := self.stream.readline().decode():
            self.text += line
            if part in line:
                return
        raise AssertionError(f"{part!r} has not been said:\n{self.text}")


class Unreachable(SshTest):
    def test_tasks_of_a_host_that_is_down_go_elsewhere(self):
        # h2 is held until the other host has been given up, so that it must have been tried; the
        # first task is the one that it was given.
        gate = self.gate()
        wait = do(["wait", gate.path], answer="here")
        running = self.start(
            *("run", "-S", "1/down,1/h2", "--in", "json", "--start-all", "--start-retries", "1"),
            *("--out", "records", "--", *PUPPET),
        )
        running.write(json_lines([wait] * 5))
        said = Lines(running)
        said.until("cannot be reached")
        gate.open(5)
        result = running.finish()
        result.err = said.text + result.err
        self.assertEqual(result.status, 0, result)
        self.assertEqual([record["host"] for record in result.values], ["h2"] * 5)
        self.assertEqual([record["attempts"] for record in result.values], [1] * 5)
        # Once, and nothing else.
        self.assert_only_told(result, GIVEN_UP.format("down") + "; going on without it")

    def test_status_255_of_ssh_gets_a_hint(self):
        result = self.spread(
            "run", "-S", "1/down", "--start-retries", "1", "--", "cat", input="a\n"
        )
        self.assert_run(result, 1, "\n")
        self.assert_told(result, GIVEN_UP.format("down"))

    def test_run_ends_at_once_when_all_hosts_are_down(self):
        # Its input stays open.
        running = self.start("run", "-S", "1/down,1/down2", "--bench", "1h", "--", "cat")
        running.write("a\nb\nc\n")
        running.process.wait()
        result = running.finish()
        self.assert_run(result, 3, "\n\n\n")
        self.assert_told(result, GIVEN_UP.format("down"))
        self.assert_told(result, GIVEN_UP.format("down2"))
        self.assert_told(result, r"spread: none of 3 tasks was computed")

    def test_host_that_cannot_be_asked_for_its_cpus_is_named(self):
        command = ("run", "-S", "down,1/h2", "--in", "json", "--", *PUPPET)
        result = self.spread(*command, input="1\n2\n")
        self.assert_run(result, 0, [1, 2])
        self.assert_only_told(result, GIVEN_UP.format("down") + "(; going on without it)?")

    def test_all_counts_the_commands_that_never_started(self):
        result = self.spread("all", "-S", "1/h2,1/down,1/h3", "--", "sh", "-c", "echo $SPREAD_HOST")
        self.assert_run(result, 1, "h2\nh3\n")
        self.assert_only_told(result, GIVEN_UP.format("down") + "; going on without it")

    def test_wrong_key_is_refused_and_told(self):
        os.unlink(os.path.join(self.sshd.folder, "user_key.pub"))
        result = self.spread("run", "-S", "1/h2", "--start-retries", "1", "--", "cat", input="a\n")
        self.assert_run(result, 1, "\n")
        self.assert_told(result, r"spread: host h2 cannot be reached \(.*Permission denied.*; try: ssh h2 true\)")

    def test_ssh_that_is_not_installed(self):
        os.unlink(os.path.join(self.sshd.bin, "ssh"))
        self.environment["PATH"] = self.sshd.bin
        result = self.spread("run", "-S", "1/h2", "--", "cat", input="a\n")
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, r"spread: .*\bssh\b.*No such file or directory.*")


class Lost(SshTest):
    def hang_on(self, post, *before):
        """The first to compute it tells host and pid and hangs; the next one is done at once."""
        tell = ["child", "sh", "-c", f"echo $SPREAD_HOST $PPID > {post.path}"]
        return do(["once", self.path("once"), *before, tell, ["hang"]], answer="taken over")

    def cut_in_the_middle(self, stop):
        post = self.post()
        running = self.start(
            *("run", "-S", "1/h2,1/h3", "--in", "json", "--kill-grace", "1", "--", *PUPPET),
        )
        running.write(json_lines([self.hang_on(post, IGNORE_TERM), 1, 2, 3]))
        host, pid = post.line().split()
        pidfd = os.pidfd_open(int(pid))
        if stop:
            self.sshd.stop(host)
        self.sshd.cut(host)
        result = running.finish()
        self.assert_run(result, 0, ["taken over", 1, 2, 3])
        # Though no process was there any more to send it a signal, but for the guard.
        self.assert_gone(pidfd)
        return result

    def test_task_of_a_lost_connection_is_taken_over(self):
        self.cut_in_the_middle(stop=False)

    def test_task_of_a_lost_host_is_taken_over(self):
        self.cut_in_the_middle(stop=True)

    def test_host_that_comes_back_is_used_again(self):
        # The only host: the second connection computes what the first has lost.
        post = self.post()
        running = self.start("run", "-S", "1/h2", "--in", "json", "--", *PUPPET)
        running.write(json_lines([0]))
        self.assertEqual(running.read_line(), "0\n")
        running.write(json_lines([self.hang_on(post), 2]))
        post.line()
        self.sshd.cut("h2")
        self.assert_run(running.finish(), 0, ["taken over", 2])
        self.assertEqual(len(self.sshd.sessions["h2"]), 2)

    def test_task_of_a_host_that_is_gone_for_good_is_given_up(self):
        post = self.post()
        running = self.start("run", "-S", "1/h2", "--in", "json", "--", *PUPPET)
        running.write(json_lines([0]))
        self.assertEqual(running.read_line(), "0\n")
        running.write(json_lines([self.hang_on(post), 2]))
        post.line()
        self.sshd.stop("h2")
        self.sshd.cut("h2")
        result = running.finish()
        self.assert_run(result, 2, "null\nnull\n")
        self.assert_told(result, GIVEN_UP.format("h2"))


class NothingIsLeft(SshTest):
    """Far away, only the guard can end a worker that does not look at its pipes."""

    def start_hanging(self, *options, workers=2):
        """Every slot computes for ever, deaf to TERM. The pidfds of all that runs there."""
        post = self.post()
        far = do(IGNORE_TERM, ["background", "sleep", "1000"], ["tell", post.path], ["hang"])
        running = self.start(
            *("run", "-S", f"{workers - 1}/h2,1/h3", "--kill-grace", "1", "--in", "json"),
            *(*options, "--", *PUPPET),
        )
        running.write(json_lines([far] * workers))
        pids = [int(pid) for pid in post.lines(workers)]
        # The worker, what it has started, and the guard are one process group.
        processes = [pid for group in pids for pid in living_processes(group)]
        self.assertGreaterEqual(len(processes), 3 * workers)
        return running, [os.pidfd_open(pid) for pid in processes]

    def assert_all_gone(self, pidfds):
        for pidfd in pidfds:
            self.assert_gone(pidfd)

    def test_after_kill_9_of_the_master(self):
        running, pidfds = self.start_hanging(workers=3)
        running.signal(signal.SIGKILL)
        running.process.wait()
        self.assert_all_gone(pidfds)

    def test_after_two_signals(self):
        running, pidfds = self.start_hanging()
        running.signal(signal.SIGTERM)
        Lines(running).until("waiting")
        running.signal(signal.SIGTERM)
        running.process.wait()
        self.assertEqual(running.finish().status, 128 + signal.SIGTERM)
        self.assert_all_gone(pidfds)

    def test_after_a_time_out(self):
        post = self.post()
        far = do(IGNORE_TERM, ["tell", post.path], ["hang"])
        running = self.start(
            *("run", "-S", "1/h2", "--timeout", "300%", "--window", "1", "--kill-grace", "1"),
            *("--in", "json", "--", *PUPPET),
        )
        # The first one may hold the worker's start, and does not count for the median.
        running.write(json_lines([0, 1, 2, 3, far]))
        pidfd = os.pidfd_open(int(post.line()))
        result = running.finish()
        self.assert_run(result, 1, [0, 1, 2, 3, None])
        self.assert_told(result, r"spread: task 5 .*failed on h2: .*[Tt]ime-?out.*")
        self.assert_gone(pidfd)

    def test_after_halt_now(self):
        gate = Gate(self.path("failing"))
        self.addCleanup(gate.close)
        post = self.post()
        far = do(IGNORE_TERM, ["tell", post.path], ["hang"])
        fail = do(["wait", gate.path], ["answer", "error", {"type": "E", "message": "m"}])
        running = self.start(
            *("run", "-S", "1/h2,1/h3", "--halt", "now,fail=1", "--kill-grace", "1"),
            *("--in", "json", "--", *PUPPET),
        )
        running.write(json_lines([far, fail]))
        pidfd = os.pidfd_open(int(post.line()))
        gate.open()
        result = running.finish()
        self.assertEqual(result.status, 1, result)
        self.assert_gone(pidfd)


if __name__ == "__main__":
    unittest.main()
