"""spread's own output: closed by its reader, full, or not read for a while."""

import array
import fcntl
import os
import re
import select
import signal
import subprocess
import termios
import threading
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines


class ClosedOutput(SpreadTest):
    def test_head_1_is_141_and_nothing_on_stderr(self):
        # The input is endless: only the end of the reader can end the run.
        forever = subprocess.Popen(["yes", "1"], stdout=subprocess.PIPE)
        self.addCleanup(forever.wait)
        self.addCleanup(forever.kill)
        self.addCleanup(forever.stdout.close)
        running = self.start(
            *("run", "-j2", "--in", "json", "--", *PUPPET), stdin=forever.stdout
        )
        head = subprocess.run(["head", "-1"], stdin=running.process.stdout, capture_output=True)
        running.process.stdout.close()
        running.process.stdout = None
        self.assertEqual(head.stdout, b"1\n")
        self.assert_run(running.finish(), 141, "", "")

    def test_reader_that_goes_away_while_nothing_is_written(self):
        # All workers compute; the master learns of it without a write.
        post, gate = self.post(), self.gate()
        wait = do(["tell", post.path], ["wait", gate.path])
        running = self.start("run", "-j2", "--in", "json", "--window", "1", "--", *PUPPET)
        running.write(json_lines([wait] * 3))
        pids = [int(pid) for pid in post.lines(2)]
        running.process.stdout.close()
        running.process.stdout = None
        self.assert_run(running.finish(), 141, "", "")
        for pid in pids:
            self.assert_none_left(pid)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = self.spread(
                *("run", "-j2", "--in", "json", "--", *PUPPET),
                input=json_lines(range(10)),
                stdout=full,
            )
        self.assertEqual(result.status, 255, result)
        self.assert_told(
            result, r"spread: cannot write to standard output: No space left on device"
        )

    def test_full_disk_ends_an_endless_run(self):
        with open("/dev/full", "wb") as full:
            running = self.start("run", "-j1", "--in", "json", "--", *PUPPET, stdout=full)
        running.write("1\n")
        running.process.wait()
        self.assertEqual(running.finish().status, 255)

    def test_full_disk_in_all(self):
        with open("/dev/full", "wb") as full:
            result = self.spread("all", "-j2", "--", "echo", "tail", stdout=full)
        self.assertEqual(result.status, 255, result)

    def test_closed_stderr_does_not_stop_the_run(self):
        read, write = os.pipe()
        os.close(read)
        try:
            result = self.spread(
                *("run", "-j1", "--in", "json", "--", *PUPPET),
                input=json_lines([do(["stderr", "e"]), 1]),
                stderr=write,
            )
            self.assertEqual((result.status, result.values), (0, [0, 1]))
        finally:
            os.close(write)


class UnreadErrors(SpreadTest):
    """A stderr that is not read holds the run, as stdout does, and nothing of it is lost."""

    def start_loud(self, tasks, each=1000, stdout=subprocess.PIPE):
        """A line of so many bytes on stderr for each task; the end of the pipe, and the run."""
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        tasks = self.file("tasks", json_lines([do(["stderr", "e" * (each - 1)])] * tasks))
        running = self.start("run", "-j2", "--in", "json", "-a", tasks, "--kill-grace", "0.2",
                             "--", *PUPPET, stdin=subprocess.DEVNULL, stdout=stdout, stderr=write)
        os.close(write)
        return read, running

    @staticmethod
    def size_of(read):
        size = 0
        while piece := os.read(read, 65536):
            size += len(piece)
        return size

    def test_holds_the_end(self):
        tasks = 300
        read, running = self.start_loud(tasks)
        for _ in range(tasks):
            self.assertTrue(running.process.stdout.readline())
        # All results are out; what was said is still to be read.
        self.assertEqual(self.size_of(read), tasks * 1000)
        self.assertEqual(running.process.wait(), 0)

    def test_holds_workers_whose_text_has_no_room(self):
        read, running = self.start_loud(1000, 20000, stdout=subprocess.DEVNULL)
        self.assertEqual(self.size_of(read), 20000000)
        self.assertEqual(running.process.wait(), 0)

    def test_is_given_up_after_a_signal(self):
        tasks = 300
        _, running = self.start_loud(tasks)
        for _ in range(tasks):
            running.process.stdout.readline()
        running.signal(signal.SIGTERM)
        self.assertEqual(running.process.wait(), 128 + signal.SIGTERM)

    def test_and_unread_results_are_given_up_after_three(self):
        # Neither takes a byte: both are the same pipe, which is full.
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        os.set_blocking(write, False)
        os.write(write, bytes(fcntl.fcntl(write, fcntl.F_GETPIPE_SZ)))
        os.set_blocking(write, True)
        post = self.post()
        script = f"echo here > {post.path}; while read -r line; do echo $line; echo $line >&2; done"
        running = self.start("run", "-j1", "--wire", "lines", "--kill-grace", "0.2", "--", "sh",
                             "-c", script, stdout=write, stderr=write)
        os.close(write)
        running.write("line\n" * 3)
        post.line()
        # Different ones, since two of the same are one while the first has not been taken.
        three = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        for number in three:
            running.signal(number)
        self.assertIn(running.process.wait(), [128 + number for number in three])


class BackPressure(SpreadTest):
    def test_stopped_reader_of_our_output_holds_the_input(self):
        # cat is stopped before the run; the run then takes in what fits into its queues, and no
        # more: the writer of the input meets a full pipe that is not emptied any more.
        read, write = os.pipe()
        reader = subprocess.Popen(["cat"], stdin=read, stdout=subprocess.PIPE)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        self.addCleanup(reader.stdout.close)
        unread = os.dup(read)
        self.addCleanup(os.close, unread)
        os.close(read)
        reader.send_signal(signal.SIGSTOP)
        os.waitpid(reader.pid, os.WUNTRACED)
        running = self.start(
            *("run", "-j1", "--in", "json", "--read-ahead", "10"),
            *("--reorder-mem", "64K", "--spill-max", "0", "--", *PUPPET),
            stdout=write,
        )
        os.close(write)
        line = json_lines(["x" * 10000]).encode()
        written = 0
        os.set_blocking(running.process.stdin.fileno(), False)
        # The pipes and queues between this test and cat hold far less than this.
        while written < 64 << 20 and not (
            self.is_full(unread) and self.is_blocked(running.pid, running.process.stdin)
        ):
            try:
                written += os.write(running.process.stdin.fileno(), line[written % len(line) :])
            except BlockingIOError:
                pass
        self.assertLess(written, 64 << 20)
        os.set_blocking(running.process.stdin.fileno(), True)
        reader.send_signal(signal.SIGCONT)

        # What was cut off by the full pipe is made whole, which may have to wait for its reader.
        def write_rest():
            if written % len(line):
                running.write(line[written % len(line) :])
            running.close_input()

        writer = threading.Thread(target=write_rest)
        writer.start()
        out = reader.stdout.read()
        writer.join()
        self.assert_run(running.finish(), 0, "", "")
        self.assertEqual(len(out.splitlines()), -(-written // len(line)))

    def is_full(self, pipe):
        """No further page fits into the pipe that `pipe` reads from."""
        unread = array.array("i", [0])
        fcntl.ioctl(pipe, termios.FIONREAD, unread)
        return unread[0] > fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) - 4096

    def is_blocked(self, pid, pipe):
        """The input pipe is full, and the master sleeps and has no interest in its fd 0."""
        if select.select([], [pipe], [], 0)[1]:
            return False
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            if stat.read().rpartition(") ")[2][0] != "S":
                return False
        return not self.is_polled(pid)

    def is_polled(self, pid):
        """Whether the pipe of fd 0 is in one of the process's epoll sets."""
        with open(f"/proc/{pid}/fdinfo/0", encoding="ascii") as info:
            inode = re.search(r"ino:\s*(\d+)", info.read()).group(1)
        wanted = f"ino:{int(inode):x}"
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                for line in info:
                    if line.startswith("tfd:") and wanted in line.split():
                        return True
        return False


if __name__ == "__main__":
    unittest.main()
