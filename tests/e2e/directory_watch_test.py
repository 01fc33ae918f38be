"""A run in a directory from outside: its log, --detach, attach, stop (docs/run-directories.md)."""

import fcntl
import json
import os
import signal
import termios
import unittest

from directory_testing import DirectoryTest
from spread_testing import PUPPET, PYTHON, SQUARE, do, json_lines
from terminal import Terminal


class WatchTest(DirectoryTest):
    def on_terminal(self, *words, columns=80):
        """`spread WORDS` on a terminal of its own, with Ctrl-C."""
        terminal = Terminal(columns)
        self.addCleanup(terminal.close)

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        running = self.start(
            *words, stdin=terminal.slave, stdout=terminal.slave, stderr=terminal.slave,
            start_new_session=True, preexec_fn=take_terminal,
            env={**self.environment, "TERM": "xterm"},
        )
        os.close(terminal.slave)
        return running, terminal

    def said(self, running, what):
        """Reads stderr until that is there; what was read."""
        told = b""
        while what not in told:
            piece = os.read(running.process.stderr.fileno(), 4096)
            self.assertTrue(piece, told)
            told += piece
        return told.decode()

    def end(self, run):
        """Of a run on a pipe, or on a terminal."""
        self.let(9)
        return run.process.wait()


class Log(WatchTest):
    def test_has_what_is_told_and_what_workers_write(self):
        tasks = json_lines([do(["stderr", "of a worker"]), do(["answer", "error", {"type": "E", "message": "m"}])])
        words = ["run", "--dir", self.dir, "--in", "json", "-j1", "--summary", "--", *PUPPET]
        first = self.spread(*words, input=tasks)
        self.assertEqual(first.status, 1, first)
        for part in ("of a worker\n", "spread: task 2 ", "s in all\n", "did not succeed"):
            self.assertIn(part, first.err)
        self.assertEqual(self.inside("log"), first.err)
        again = self.spread("run", "--dir", self.dir, "--resume-failed")
        self.assertEqual(again.status, 1, again)
        self.assertEqual(self.inside("log"), first.err + again.err)

    def test_has_no_bar(self):
        words = self.gated("a", "b")
        words[1:1] = ["--bar"]
        run, terminal = self.on_terminal(*words)
        terminal.until(r"^\[.*\] 0/2\b")
        self.let()
        terminal.until(r"^\[.*\] 1/2\b")
        run.signal(signal.SIGTERM)
        terminal.until_line("asked to stop|waiting")
        self.assertEqual(self.end(run), 143)
        terminal.until_end()
        told = "".join(line + "\r\n" for line in terminal.screen.lines[:-1])
        self.assertEqual("".join(line + "\n" for line in self.inside("log").splitlines()), self.inside("log"))
        for line in self.inside("log").splitlines():
            self.assertIn(line.replace(" ", ""), told.replace("\r\n", "").replace(" ", ""))
            self.assertNotIn("\x1b", line)
            self.assertNotIn("/2", line)

    def test_is_kept_where_the_reader_of_stderr_has_left(self):
        # Far more than a pipe holds.
        tasks = json_lines([do(["stderr", f"{n} {'x' * 70}"]) for n in range(2000)])
        run = self.start("run", "--dir", self.dir, "--in", "json", "-j1", "--", *PUPPET)
        run.process.stderr.close()
        run.process.stderr = None
        out, _ = run.process.communicate(tasks.encode())
        self.assertEqual((run.process.returncode, out), (0, b""))
        lines = self.inside("log").splitlines()
        self.assertEqual([line.split()[0] for line in lines[:-1]], [str(n) for n in range(2000)])

    def test_has_what_kept_it_from_going_on(self):
        self.file("prep", "1\n")
        made = self.square("--prep-file", "prep", "--dry-run", input="1\n")
        self.assertEqual(made.status, 0, made)
        self.assertNotIn("log", os.listdir(self.dir))
        os.remove(self.path("prep"))
        result = self.spread("run", "--dir", self.dir)
        self.assertEqual(result.status, 255, result)
        self.assertIn("prep", result.err)
        self.assertEqual(self.inside("log"), result.err)


class Attached(WatchTest):
    def test_bar_and_messages(self):
        for columns, bar in ((80, r"^\[█* *\S? *\] 1/3  \S+  ETA \S+  1 slot$"), (40, r"^1/3  \S+  ETA \S+  1 slot$")):
            with self.subTest(columns):
                self.dir = self.path(f"d{columns}")
                run = self.start(*self.gated("a", "b", "c"))
                self.assertEqual(self.post_.line(), "a")
                shows, terminal = self.on_terminal("attach", self.dir, columns=columns)
                terminal.until(r"\b0/3\b")
                self.let()
                terminal.until(bar)
                self.assertLess(terminal.screen.widest, columns)
                run.signal(signal.SIGTERM)
                self.said(run, b"waiting")
                terminal.until_line("asked to stop|waiting")
                terminal.until(r"\b1/3\b")
                self.assertEqual(self.end(run), 143)
                terminal.until_end()
                self.assertEqual(shows.process.wait(), 143)
                shown = "".join(terminal.screen.lines)
                self.assertIn("stopped: 2 of 3 tasks (66 %); status 143", shown)
                self.assertNotRegex(shown, r"\d/3")
                os.remove(self.post_.path), os.remove(self.gate_.path)

    def test_ctrl_c_ends_attach_alone(self):
        run = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        shows, terminal = self.on_terminal("attach", self.dir)
        terminal.until(r"\b0/1\b")
        terminal.press(b"\x03")
        self.assertEqual(shows.process.wait(), -signal.SIGINT)
        self.assertEqual(self.state(), "running")
        self.let()
        self.assertEqual(run.process.wait(), 0)

    def test_lines_where_stderr_is_no_terminal(self):
        run = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        shows = self.start("attach", self.dir)
        self.said(shows, b"begun a\n")
        self.assertEqual(self.end(run), 0)
        result = shows.finish()
        self.assertEqual((result.status, result.out), (0, ""), result)
        lines = result.err.splitlines()
        self.assertRegex(lines[-3], "^spread: journal ")
        self.assertRegex(lines[-2], r"^\[=+\] 1/1  \S+  in \S+$")
        self.assertEqual(lines[-1], "finished: 1 of 1 task (100 %)")
        # Then it shows the log, and has no bar.
        after = self.spread("attach", self.dir)
        self.assertEqual((after.status, after.err), (0, self.inside("log") + lines[-1] + "\n"), after)

    def test_a_line_every_five_seconds_where_stderr_is_no_terminal(self):
        run = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        clock = self.clock()
        shows = self.start("attach", self.dir)
        self.said(shows, b"begun a\n")
        for _ in range(2):
            clock.forward(6)
            self.assertRegex(self.said(shows, b"slot\n"), r"^\[>? *\] 0/1  0/s  1 slot\n$")
        self.assertEqual(self.end(run), 0)
        clock.forward(1)
        self.assertEqual(shows.finish().status, 0)

    def test_of_a_run_that_is_killed_meanwhile(self):
        run = self.start(*self.gated("a", "b"))
        self.assertEqual(self.post_.line(), "a")
        shows, terminal = self.on_terminal("attach", self.dir)
        terminal.until(r"\b0/2\b")
        self.kill(run)
        terminal.until_end()
        self.assertEqual(shows.process.wait(), 255)
        self.assertRegex("".join(terminal.screen.lines), r"^begun agone: 0 of 2 tasks \(0 %\); pid \d+ on ")

    def test_a_part_that_goes_on_has_its_own_rate_and_all_tasks(self):
        run = self.start(*self.gated("a", "b", "c", "d"))
        self.let(2)
        self.assertEqual(self.post_.lines(3), ["a", "b", "c"])
        self.wait_for_status("^running: 2 of 4")
        self.kill(run)
        second = self.start("run", "--dir", self.dir)
        self.assertEqual(self.post_.line(), "c")
        shows, terminal = self.on_terminal("attach", self.dir)
        terminal.until(r"^\[.*\] 2/4  0/s  ETA \S+  1 slot$")
        self.assertEqual(self.end(second), 0)
        self.assertEqual(shows.process.wait(), 0)

    def test_ends_when_its_reader_has_left(self):
        run = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        shows = self.start("attach", self.dir)
        shows.process.stderr.close()
        shows.process.stderr = None
        self.assertIn(shows.process.wait(), (141, -signal.SIGPIPE))
        self.assertEqual(self.end(run), 0)


class Stopped(WatchTest):
    def test_by_a_file_and_gone_on_with(self):
        words = self.gated("a", "b")
        run = self.start(*words)
        self.assertEqual(self.post_.line(), "a")
        self.assertEqual(self.state(), "running")
        self.refused("run", "--dir", self.dir, because="is running")
        self.refused("clean", self.dir, because="is running")
        asked = self.spread("stop", self.dir)
        self.assertEqual((asked.status, asked.out, asked.err), (0, "", ""), asked)
        # It says that it waits before the job may end.
        told = b""
        while b"waiting" not in told:
            told += os.read(run.process.stderr.fileno(), 4096)
        self.let()
        self.assertEqual(run.process.wait(), 143)
        self.assertIn("asked to stop", told.decode())
        self.assertEqual(self.status().split(";")[-1], " status 143")
        self.assertEqual(self.state(), "stopped")
        self.refused("stop", self.dir, because="was stopped")
        self.refused("retrieve", self.dir, because="goes on with it")
        self.let()
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual(self.inside("out"), "done a\ndone b\n")

    def stop(self):
        """Until the run has seen it."""
        asked = self.spread("stop", self.dir)
        self.assertEqual((asked.status, asked.out, asked.err), (0, "", ""), asked)
        while os.path.exists(os.path.join(self.dir, "stop")):
            pass

    def test_twice_ends_jobs_that_do_not_end(self):
        run = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        self.stop()
        self.assertEqual(self.state(), "running")
        self.stop()
        self.assertEqual(run.process.wait(), 143)
        self.assertEqual(self.status(), "stopped: 0 of 1 task (0 %); status 143")
        self.let()
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual(self.inside("out"), "done a\n")

    def test_three_times_ends_workers_that_ignore_it(self):
        post = self.post()
        tasks = json_lines([do(["ignore", signal.SIGTERM], ["ignore", signal.SIGINT], ["tell", post.path, "begun"], ["hang"])])
        run = self.start("run", "--dir", self.dir, "--in", "json", "-j1", "--kill-grace", "40", "--", *PUPPET)
        run.process.stdin.write(tasks.encode())
        run.close_input()
        self.assertEqual(post.line(), "begun")
        # It waits for the task, and then for the end of the worker that was told to end.
        for _ in range(2):
            self.stop()
            self.assertEqual(self.state(), "running")
        self.stop()
        self.assertEqual(run.process.wait(), 143)
        self.assertEqual(self.state(), "stopped")

    def test_a_gang(self):
        self.post_, self.gate_ = self.post(), self.gate()
        worker = self.file("w.py", f"""import json, sys
for line in sys.stdin:
    id, payload, meta = json.loads(line)[:3]
    if meta["rank"] == 0:
        with open({self.post_.path!r}, "w") as post: post.write(f"{{payload}}\\n")
        with open({self.gate_.path!r}) as gate: gate.read(1)
    print(json.dumps([id, "ok", [payload, meta["rank"]]]), flush=True)
""")
        run = self.start("gang", "--dir", self.dir, "-n2", "-j2", "--wire", "json", "--in", "json", "--", PYTHON, worker)
        run.process.stdin.write(b"4\n5\n")
        run.close_input()
        self.assertEqual(self.post_.line(), "4")
        self.stop()
        self.said(run, b"waiting")
        self.let()
        self.assertEqual(run.process.wait(), 143)
        self.assertEqual(self.status(), "stopped: 1 of 2 tasks (50 %); status 143")
        self.let()
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual([json.loads(line) for line in self.inside("out").splitlines()], [[[4, 0], [4, 1]], [[5, 0], [5, 1]]])

    def test_a_run_with_subtasks(self):
        self.post_, self.gate_ = self.post(), self.gate()
        worker = self.file("w.py", """import os, sys, spread_worker as w
def handle(x):
    if isinstance(x, list): return sum(w.map(x))
    with open(sys.argv[1], "w") as post: post.write(f"{x}\\n")
    with open(sys.argv[2]) as gate: os.read(gate.fileno(), 1)
    return x * x
w.run(handle)
""")
        sdk = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")
        self.environment["PYTHONPATH"] = sdk
        run = self.start("run", "--dir", self.dir, "--in", "json", "--out", "json", "-j2", "--window", "1", "--",
                         PYTHON, worker, self.post_.path, self.gate_.path)
        run.process.stdin.write(b"[1, 2]\n[3]\n[4]\n")
        run.close_input()
        self.assertIn(self.post_.line(), ("1", "3"))
        self.stop()
        # What is under way may end, with all that it has submitted.
        self.let(4)
        self.assertEqual(run.process.wait(), 143)
        self.assertRegex(self.status(), "^stopped: [12] of 3 tasks")
        self.let(3)
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual(self.inside("out"), "5\n9\n16\n")

    def test_a_run_that_looks_late(self):
        run = self.start(*self.gated("a", "b"))
        self.assertEqual(self.post_.line(), "a")
        run.signal(signal.SIGSTOP)
        self.assertEqual(self.spread("stop", self.dir).status, 0)
        self.assertEqual(self.spread("stop", self.dir).status, 0)
        run.signal(signal.SIGCONT)
        # Twice before it looked is once.
        self.said(run, b"waiting")
        self.let()
        self.assertEqual(run.process.wait(), 143)
        self.assertEqual(self.inside("out"), "done a\n")

    def test_a_run_that_was_taken_over_ends_and_takes_no_request_of_the_other(self):
        old = self.start(*self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        # It has nothing more to be written.
        self.wait_for_status("^running: 0 of 1 task")
        old.signal(signal.SIGSTOP)
        new = self.start("run", "--dir", self.dir, "--take-over")
        self.assertEqual(self.post_.line(), "a")
        self.assertEqual(self.spread("stop", self.dir).status, 0)
        old.signal(signal.SIGCONT)
        # Though its job goes on.
        ended = old.finish()
        self.assertEqual(ended.status, 255, ended)
        self.assertIn("taken over", ended.err)
        self.said(new, b"waiting")
        self.assertEqual(self.end(new), 143)

    def test_a_request_that_is_left_over_is_none(self):
        self.assertEqual(self.square("--dry-run", input="3\n").status, 0)
        self.file("d/stop", "")
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual((self.inside("out"), os.path.exists(self.dir + "/stop")), ("9\n", False))

    def test_of_a_detached_run_and_a_map_of_many_jobs(self):
        words = self.gated(*"abcdef")
        words[words.index("-j1")] = "-j3"
        words[1:1] = ["--detach"]
        self.assertEqual(self.spread(*words).status, 0)
        self.assertEqual(sorted(self.post_.lines(3)), ["a", "b", "c"])
        self.stop()
        self.let(3)
        attached = self.spread("attach", self.dir)
        self.assertEqual(attached.status, 143, attached)
        self.assertEqual(self.status(), "stopped: 3 of 6 tasks (50 %); status 143")
        self.assertEqual(self.inside("out"), "done a\ndone b\ndone c\n")


class Detached(WatchTest):
    def detach(self, words):
        result = self.spread(words[0], "--detach", *words[1:])
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assertRegex(result.err, r"^spread: runs in .* \(pid \d+\)\n$")
        return int(result.err.split("pid ")[1].split(")")[0])

    def test_goes_on_without_its_terminal(self):
        pid = self.detach(self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.readlink(f"/proc/{pid}/fd/0"), "/dev/null")
        self.assertEqual(os.path.realpath(f"/proc/{pid}/fd/2"), os.path.realpath(self.dir + "/log"))
        self.wait_for_status(rf"^running: 0 of 1 task \(0 %\); pid {pid} on ")
        late = self.spread("retrieve", "--timeout", "0.01", self.dir)
        self.assertEqual((late.status, late.out), (124, ""), late)
        self.assertEqual(len(late.err.splitlines()), 1, late)
        waits = self.start("retrieve", self.dir)
        in_time = self.start("retrieve", "--timeout", "1h", self.dir)
        self.let()
        for each in (waits, in_time):
            got = each.finish()
            self.assertEqual((got.status, got.out, got.err), (0, "done a\n", ""), got)
        again = self.spread("retrieve", "--timeout", "0", self.dir)
        self.assertEqual((again.status, again.out), (0, "done a\n"), again)

    def test_attach_shows_what_it_says_and_ends_as_it_does(self):
        self.detach(self.gated("a"))
        self.assertEqual(self.post_.line(), "a")
        shows = self.start("attach", self.dir)
        self.spread("stop", self.dir)
        told = b""
        while b"waiting" not in told:
            told += os.read(shows.process.stderr.fileno(), 4096)
        self.assertIn(b"asked to stop", told)
        self.let()
        self.assertEqual(shows.process.wait(), 143)
        self.assertIn("stopped: ", shows.process.stderr.read().decode())

    def test_its_name_is_of_the_time(self):
        result = self.spread("map", "--detach", "echo", ":::", "x")
        self.assertEqual(result.status, 0, result)
        name = result.err.split("runs in ")[1].split(" ")[0]
        self.assertRegex(name, r"^spread-\d{8}-\d{6}$")
        got = self.spread("retrieve", name)
        self.assertEqual((got.status, got.out), (0, "x\n"), got)

    def test_a_signal_before_it_begins_ends_it(self):
        os.mkfifo(self.path("hosts"))
        for number in (signal.SIGINT, signal.SIGTERM):
            # It is got ready for as long as its hosts are not there to be read.
            run = self.start("map", "--detach", "--dir", self.dir, "--slf", "hosts", "echo", ":::", "x")
            while not os.path.exists(os.path.join(self.dir, "out")):
                pass
            run.signal(number)
            ended = run.finish()
            self.assertEqual((ended.status, ended.out), (128 + number, ""), ended)
            self.assertEqual(self.status(), "prepared")
            self.assertEqual(self.spread("clean", self.dir).status, 0)

    def test_an_error_before_it_begins_is_told(self):
        result = self.spread("run", "--detach", "--dir", self.dir, "--prep-file", "missing", "--", *SQUARE, input="1\n")
        self.assertEqual(result.status, 255, result)
        self.assertIn("missing", result.err)
        self.assertFalse(os.path.exists(self.dir))
        result = self.spread("run", "--detach", "--dir", self.dir, "--slf", "nohosts", "--", *SQUARE, input="1\n")
        self.assertEqual(result.status, 255, result)
        self.assertIn("nohosts", result.err)
        self.assertFalse(os.path.exists(self.dir))


if __name__ == "__main__":
    unittest.main()
