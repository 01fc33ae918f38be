"""Progress as a person sees it: what spread writes goes through a real pseudo-terminal, and a small
terminal makes of it what would stand on the screen."""

import fcntl
import os
import re
import signal
import termios
import unittest

from map_testing import tell, wait_at
from spread_testing import PUPPET, Running, SpreadTest, do, json_lines
from terminal import Terminal


class Input(SpreadTest):
    TOLD = "spread: the input is read from the terminal"

    def typed(self, keys, *words):
        terminal = Terminal(80)
        self.addCleanup(terminal.close)
        running = self.start(*words, stdin=terminal.slave)
        os.close(terminal.slave)
        line = running.process.stderr.readline().decode() if keys else ""
        if keys:
            terminal.press(keys)
        return line, running.finish()

    def test_who_forgot_the_items_is_told_what_is_waited_for(self):
        items = ", a line each; Ctrl-D ends it (others: ::: ITEM... behind the command, or < FILE)\n"
        for words, told in (
            (("map", "echo"), items),
            (("run", "--wire", "lines", "--", "cat"), items),
            (("pipe", "cat"), "; Ctrl-D ends it (a file: < FILE)\n"),
        ):
            with self.subTest(words):
                line, result = self.typed(b"a\n\x04", *words)
                self.assertEqual(line, self.TOLD + told)
                self.assert_run(result, 0, "a\n", "")

    def test_who_did_not_is_told_nothing(self):
        file = self.file("items", "a\n")
        for words in (("map", "echo", ":::", "a"), ("map", "-a", file, "echo"), ("all", "-j1", "echo", "a")):
            with self.subTest(words):
                self.assert_run(self.typed(b"", *words)[1], 0, "a\n", "")


class Progress(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["TERM"] = "xterm"
        self.way = self.gate()
        self.step = do(["wait", self.way.path])

    def on_terminal(self, tasks, *options, columns=80, also_stdout=False):
        """A run whose stderr (and stdout) is a new terminal, with Ctrl-C and all."""
        terminal = Terminal(columns)
        self.addCleanup(terminal.close)
        file = self.file("tasks", json_lines(tasks))
        how = {"stdout": terminal.slave} if also_stdout else {}

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            # A shell that runs the tests in the background has it ignored, and so would spread.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        running = self.start(
            *("run", "--in", "json", "-a", file, "-j1", "--window", "1", *options, "--", *PUPPET),
            stdin=terminal.slave,
            stderr=terminal.slave,
            start_new_session=True,
            preexec_fn=take_terminal,
            **how,
        )
        os.close(terminal.slave)
        return running, terminal

    def finish(self, running: Running, terminal):
        terminal.until_end()
        running.process.stderr = None
        return running.finish()

    # ------------------------------------------------------------ the bar

    def test_bar_shows_counts_that_grow_and_is_erased_at_the_end(self):
        running, terminal = self.on_terminal([self.step] * 4, "--bar")
        for done in range(4):
            terminal.until(rf"^\[.*\] {done}/4\b")
            self.way.open()
        result = self.finish(running, terminal)
        self.assert_run(result, 0, [0, 1, 2, 3])
        self.assertEqual(terminal.screen.lines, [""])
        bars = [line[: line.index("]")].count("█") for line in terminal.screen.drawn]
        self.assertEqual(bars, sorted(bars))
        self.assertGreater(bars[-1], bars[0])

    def test_bar_in_a_terminal_without_utf8(self):
        self.environment["LC_ALL"] = "C"
        running, terminal = self.on_terminal([self.step] * 2, "--bar")
        self.way.open()
        terminal.until(r"^\[=+> *\] 1/2\b")
        self.way.open()
        self.assert_run(self.finish(running, terminal), 0, [0, 1])

    def test_bar_comes_by_itself_when_it_takes_long(self):
        running, terminal = self.on_terminal([self.step] * 2, also_stdout=True)
        terminal.until(r"^\[.*\] 0/2\b")
        self.way.open(2)
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines, ["0", "1", ""])

    # Longer than it takes a bar to come by itself.
    LONG = do(["child", "sleep", "2.5"])

    def test_bar_does_not_come_by_itself_where_results_go_into_a_pipe(self):
        running, terminal = self.on_terminal([self.LONG])
        self.assert_run(self.finish(running, terminal), 0, [0])
        self.assertEqual((terminal.screen.lines, terminal.screen.drawn), ([""], []))

    def in_background(self, *options):
        """A run on a terminal whose foreground is another process group, to its end; the screen."""
        terminal = Terminal(80)
        self.addCleanup(terminal.close)
        file = self.file("tasks", json_lines([self.LONG]))
        words = ["run", "--in", "json", "-a", file, "-j1", *options, "--", *PUPPET]

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            # The shell of a session, which starts a job with &. (stty tostop is not set.)
            if os.fork() > 0:
                os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
            os.setpgid(0, 0)

        running = self.start(
            *words, stdin=terminal.slave, stdout=terminal.slave, stderr=terminal.slave,
            preexec_fn=take_terminal,
        )
        os.close(terminal.slave)
        self.assertEqual(self.finish(running, terminal).status, 0)
        return terminal.screen

    def test_bar_does_not_come_by_itself_in_the_background(self):
        screen = self.in_background()
        self.assertEqual((screen.lines, screen.drawn), (["0", ""], []))

    def test_bar_that_was_asked_for_is_drawn_in_the_background(self):
        screen = self.in_background("--bar")
        self.assertEqual(screen.lines, ["0", ""])
        self.assertNotEqual(screen.drawn, [])

    def test_bar_of_a_file_that_is_being_read_goes_by_its_bytes(self):
        # More than are read ahead.
        running, terminal = self.on_terminal([1] * 40 + [self.step] + [2] * 29960, "--bar", also_stdout=True)
        terminal.until(r"^\[.*\] 40 ~0%  \S+  ETA \S+  1 worker$")
        self.way.open()
        self.assertEqual(self.finish(running, terminal).status, 0)

    def test_workers_are_loading_until_they_answer(self):
        running, terminal = self.on_terminal([self.step] * 2, "--bar")
        terminal.until(r"^\[.*\] 0/2  0/s  1 worker loading$")
        self.way.open()
        terminal.until(r"^\[.*\] 1/2\b.*  1 worker$")
        self.way.open()
        self.assert_run(self.finish(running, terminal), 0, [0, 1])

    def test_failures_are_counted_in_the_bar(self):
        fails = do(["answer", "error", {"type": "E", "message": "m"}])
        running, terminal = self.on_terminal([fails, self.step], "--bar")
        terminal.until(r"^\[.*\] 1/2\b.*\b1 failed\b")
        self.way.open()
        self.assertEqual(self.finish(running, terminal).status, 1)

    def test_no_total_and_no_bar_before_the_end_of_the_input_is_known(self):
        terminal = Terminal(80)
        self.addCleanup(terminal.close)
        running = self.start(
            *("run", "--in", "json", "-j1", "--bar", "--", *PUPPET), stderr=terminal.slave
        )
        os.close(terminal.slave)
        running.write(json_lines([self.step] * 2))
        self.way.open()
        terminal.until(r"^1/2\+.*  still reading$")
        running.close_input()
        terminal.until(r"^\[.*\] 1/2\b")
        self.way.open()
        self.assert_run(self.finish(running, terminal), 0, [0, 1])

    def test_eta_and_progress_are_counts_without_a_bar(self):
        for option in ("--eta", "--progress"):
            with self.subTest(option):
                running, terminal = self.on_terminal([self.step] * 2, option)
                self.way.open()
                terminal.until(r"\b1/2\b.*\b1 sent\b")
                self.assertNotIn("[", "".join(terminal.screen.drawn))
                if option == "--eta":
                    terminal.until(r"^ETA \S+")
                self.way.open()
                self.assert_run(self.finish(running, terminal), 0, [0, 1])
                self.assertEqual(terminal.screen.lines, [""])

    def test_no_bar(self):
        running, terminal = self.on_terminal([self.LONG], "--no-bar", also_stdout=True)
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual((terminal.screen.lines, terminal.screen.drawn), (["0", ""], []))

    def test_dumb_terminal_has_no_bar(self):
        self.environment["TERM"] = "dumb"
        running, terminal = self.on_terminal([self.LONG], also_stdout=True)
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual((terminal.screen.lines, terminal.screen.drawn), (["0", ""], []))

    def test_without_a_terminal_there_is_no_bar(self):
        result = self.puppet([do(["child", "sleep", "2.5"])])
        self.assert_run(result, 0, [0], "")

    def test_without_a_terminal_bar_is_a_last_line_when_asked_for(self):
        result = self.puppet([1, 2], "--bar")
        self.assert_run(result, 0, [1, 2])
        self.assertRegex(result.err, r"\A(\[[=> ]*\] )?2/2 [^\r\x1b]*\n\Z")

    # ------------------------------------------------------------ and what else is written

    def test_messages_do_not_tear_it(self):
        def talk(n):
            return do(["stderr", f"message {n} of the worker"], ["wait", self.way.path])

        fails = do(["answer", "error", {"type": "Sour", "message": "milk"}])
        running, terminal = self.on_terminal([talk(0), talk(1), fails, self.step], "--bar")
        terminal.until(r"^\[.*\] 0/4\b")
        self.way.open()
        terminal.until(r"^\[.*\] 1/4\b")
        self.way.open()
        terminal.until(r"^\[.*\] 3/4\b")
        self.way.open()
        self.finish(running, terminal)
        *lines, last = terminal.screen.lines
        self.assertEqual(last, "")
        self.assertEqual(lines[:2], [f"message {n} of the worker" for n in (0, 1)])
        self.assertRegex(lines[2], r"^spread: task 3 \(line 3 of ")
        self.assertEqual([line for line in lines[3:] if "[" in line], [])

    def test_explanations_do_not_tear_it(self):
        running, terminal = self.on_terminal([self.step] * 3, "--bar", "-v")
        for done in range(3):
            terminal.until(rf"^\[.*\] {done}/3\b")
            self.way.open()
        self.assert_run(self.finish(running, terminal), 0, [0, 1, 2])
        torn = [line for line in terminal.screen.lines if re.search(r"/3 .*\[ *\d+\.\d+\]", line)]
        self.assertEqual(torn, [])
        self.assertRegex("\n".join(terminal.screen.lines), r"\n\[ +\d+\.\d{3}\] send task ")

    def test_results_on_the_same_terminal_do_not_tear_it(self):
        running, terminal = self.on_terminal([self.step] * 3, "--bar", also_stdout=True)
        for done in range(3):
            terminal.until(rf"^\[.*\] {done}/3\b")
            self.way.open()
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines, ["0", "1", "2", ""])

    def test_jobs_that_print_straight_to_the_terminal_have_no_bar_in_their_lines(self):
        running, terminal = self.map_on_terminal(
            *("-u", "-j1", "--bar", *self.LATER, "echo", ":::", "a", "b"),
        )
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines[:2], ["a", "b"])

    def map_on_terminal(self, *words):
        """A run of map whose stdout and stderr are a new terminal."""
        terminal = Terminal(80)
        self.addCleanup(terminal.close)
        running = self.start("map", *words, stdout=terminal.slave, stderr=terminal.slave)
        os.close(terminal.slave)
        return running, terminal

    # When a bar is due is up to spread's own clock, and so is --delay: a job that has been started
    # after a longer one tells that the bar has had its chance.
    LATER = ("--delay", "0.3")

    def test_line_that_a_job_has_begun_is_not_wiped_out(self):
        for stream in (1, 2):
            with self.subTest(stream):
                post = self.post(f"started{stream}")
                script = f"{tell(post)}; printf '{{}}: ' >&{stream}; {wait_at(self.way)}"
                running, terminal = self.map_on_terminal(
                    *("--bar", "-j2", *self.LATER, f"{script}; echo done >&{stream}"),
                    *(":::", "a", "b"),
                )
                post.lines(2)
                self.way.open(2)
                self.assertEqual(self.finish(running, terminal).status, 0)
                self.assertEqual(terminal.screen.lines[:2], ["a: done", "b: done"])

    def test_message_begins_a_line_of_its_own(self):
        for stream in (1, 2):
            with self.subTest(stream):
                running, terminal = self.map_on_terminal(f"printf {{}} >&{stream}; exit 3", ":::", "a")
                self.assertEqual(self.finish(running, terminal).status, 1)
                told = ["a", "spread: 1 of 1 job failed: exit status 3: printf"]
                self.assertEqual([line[:30] for line in terminal.screen.lines[:2]],
                                 [line[:30] for line in told])

    def test_commands_that_are_shown_are_lines_of_their_own(self):
        self.script("job", f"#!/bin/sh\nprintf $1; {wait_at(self.way)}\n")
        running, terminal = self.map_on_terminal("-j1", "-t", "./job", ":::", "a", "b")
        terminal.until("^a$")
        self.way.open(2)
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines, ["./job a", "a", "./job b", "b"])

    def test_bar_comes_back_when_the_line_has_ended(self):
        # Whichever stream ends it.
        script = f"printf 'begun ' >&2; {wait_at(self.way)}; echo {{}}; {wait_at(self.way)}"
        running, terminal = self.map_on_terminal("--bar", script, ":::", "a")
        terminal.until("^begun ")
        self.way.open()
        terminal.until(r"^\[.*\] 0/1\b.*\b\d+ slot")
        self.way.open()
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines, ["begun a", ""])

    def test_bar_is_gone_when_nobody_reads_the_results(self):
        terminal = Terminal(80)
        self.addCleanup(terminal.close)
        running = self.start("map", "--bar", "-j1", f"{wait_at(self.way)}; echo {{}}", ":::", "1", "2",
                             "3", stdin=None, stderr=terminal.slave)
        os.close(terminal.slave)
        terminal.until(r"^\[.*\] 0/3")
        running.process.stdout.close()
        running.process.stdout = None
        self.way.open(3)
        self.assertEqual(self.finish(running, terminal).status, 141)
        self.assertEqual(terminal.screen.lines, [""])

    def test_commands_are_shown_without_what_a_terminal_obeys(self):
        item = "a\x1b[2Jb\rc\x07"
        running, terminal = self.map_on_terminal("-t", "true", ":::", item)
        self.assertEqual(self.finish(running, terminal).status, 0)
        self.assertEqual(terminal.screen.lines, [r"true 'a\x1b[2Jb\x0dc\x07'", ""])
        # A user who reads it from a file wants to paste it.
        result = self.spread("map", "-t", "true", ":::", item)
        self.assert_run(result, 0, [], f"true '{item}'\n")

    # ------------------------------------------------------------ width

    def test_line_fits_into_a_narrow_terminal(self):
        for columns in (12, 20, 40):
            with self.subTest(columns):
                running, terminal = self.on_terminal([self.step] * 2, "--bar", columns=columns)
                terminal.until(r"\b0/2\b")
                self.way.open()
                terminal.until(r"\b1/2\b")
                self.way.open()
                self.assert_run(self.finish(running, terminal), 0, [0, 1])
                self.assertEqual(terminal.screen.lines, [""])
                self.assertLess(terminal.screen.widest, columns)

    def test_line_follows_the_width(self):
        running, terminal = self.on_terminal([self.step] * 3, "--bar", columns=100)
        terminal.until(r"^\[.*\] 0/3\b")
        self.assertGreater(terminal.screen.widest, 40)
        terminal.resize(30)
        terminal.screen.widest = 0
        self.way.open()
        terminal.until(r"\b1/3\b")
        self.assertLess(terminal.screen.widest, 30)
        terminal.resize(100)
        self.way.open()
        terminal.until(r"^\[.{40}\] 2/3\b.*\b1 worker\b")
        self.way.open()
        self.assert_run(self.finish(running, terminal), 0, [0, 1, 2])
        self.assertEqual(terminal.screen.lines, [""])

    def test_terminal_that_does_not_know_its_width(self):
        running, terminal = self.on_terminal([self.step] * 2, "--bar", columns=0)
        terminal.screen.columns = 80
        terminal.until(r"\b0/2\b")
        self.way.open(2)
        self.assert_run(self.finish(running, terminal), 0, [0, 1])

    # ------------------------------------------------------------ Ctrl-C

    def test_ctrl_c_says_what_it_does_and_the_bar_goes_on(self):
        running, terminal = self.on_terminal([self.step] * 3, "--bar")
        terminal.until(r"^\[.*\] 0/3\b")
        terminal.press(b"\x03")
        terminal.until_line(r"waiting up to 5 s for 1 task")
        terminal.until(r"\b0/3\b|\b2/3\b")
        self.way.open()
        result = self.finish(running, terminal)
        self.assert_run(result, 128 + signal.SIGINT, [0, None, None])
        self.assertEqual(terminal.screen.lines[-1], "")
        told = [line for line in terminal.screen.lines[:-1] if not line.startswith("^C")]
        self.assertRegex(told[0], r"^spread: waiting")
        self.assertEqual([line for line in told if not line.startswith("spread: ")], [])

    def test_ctrl_c_twice_terminates(self):
        running, terminal = self.on_terminal([self.step] * 3, "--bar")
        terminal.until(r"^\[.*\] 0/3\b")
        terminal.press(b"\x03")
        terminal.until_line(r"waiting up to 5 s for 1 task")
        terminal.press(b"\x03")
        result = self.finish(running, terminal)
        self.assert_run(result, 128 + signal.SIGINT, [None, None, None])
        self.assertEqual(terminal.screen.lines[-1], "")


if __name__ == "__main__":
    unittest.main()
