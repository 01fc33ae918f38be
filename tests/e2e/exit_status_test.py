"""Exit statuses, one by one."""

import contextlib
import os
import resource
import signal
import subprocess
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines

FAIL = do(["answer", "error", {"type": "E", "message": "m"}])


class OfRun(SpreadTest):
    def test_0_all_tasks_succeeded(self):
        self.assert_run(self.puppet([1, None, False, ""]), 0, [1, None, False, ""], "")

    def test_0_there_were_none(self):
        self.assert_run(self.puppet([]), 0, "", "")

    def test_0_a_worker_has_ended_badly_when_all_was_answered(self):
        script = self.script("worker", '#!/bin/sh\nread -r line; echo "$line"; exit 9\n')
        result = self.spread("run", "-j1", "--wire", "lines", "--", script, input="a\n")
        self.assert_run(result, 0, "a\n")

    def test_count_of_the_tasks_that_failed(self):
        for count in (1, 2, 99, 100):
            with self.subTest(count):
                result = self.puppet([0] + [FAIL] * count)
                self.assert_run(result, count, [0] + [None] * count)

    def test_101_more_than_100_failed(self):
        for count in (101, 102, 300):
            with self.subTest(count):
                self.assert_run(self.puppet([FAIL] * count), 101, [None] * count)

    def test_failed_lost_and_not_computed_are_counted_together(self):
        fatal = do(["answer", "fatal", {"type": "F", "message": "m"}])
        tasks = [0, FAIL, do(["kill", 9]), fatal, 4, 5]
        result = self.puppet(tasks, "--window", "1", "--crash-retries", "1")
        self.assert_run(result, 5, [0] + [None] * 5)
        self.assert_told(
            result,
            r"spread: 5 of 6 tasks did not succeed: 2 failed, 1 lost, 2 not computed",
        )

    def test_1_to_100_no_worker_is_left(self):
        result = self.spread(
            *("run", "-j1", "--start-retries", "1", "--", "sh", "-c", "exit 77"), input="a\nb\n"
        )
        self.assert_run(result, 2, "\n\n")

    def test_at_least_1_when_only_the_input_was_bad(self):
        result = self.spread("run", "-j1", "--in", "msgpack", "--", *PUPPET, input=b"\xc1")
        self.assert_run(result, 1, b"")

    def test_255_no_worker_can_be_started(self):
        result = self.spread("run", "-j2", "--", "./nothing", input="a\nb\n")
        self.assertEqual(result.status, 255, result)

    def test_255_cannot_write(self):
        with open("/dev/full", "wb") as full:
            result = self.spread("run", "-j1", "--", *PUPPET, input="a\n", stdout=full)
        self.assertEqual(result.status, 255, result)

    def test_255_cannot_write_the_joblog_or_the_events(self):
        # Nothing more is begun, so that a later --resume does nothing twice.
        for option in ("--joblog", "--events"):
            with self.subTest(option):
                script = f"echo >>ran-{option}; exit 0; : {{}}"
                result = self.spread("map", "-j2", option, "/dev/full", script,
                                     input="x\n" * 500)
                self.assertEqual(result.status, 255, result)
                self.assert_told(
                    result, rf"spread: cannot write {option} /dev/full: No space left on device"
                )
                ran = 0
                if os.path.exists(self.path(f"ran-{option}")):
                    with open(self.path(f"ran-{option}"), encoding="ascii") as file:
                        ran = len(file.readlines())
                self.assertLess(ran, 20, "as many as are begun in one turn")
                told = [line for line in result.err.splitlines() if "cannot write" in line]
                self.assertLessEqual(len(told), 2, result)

    def test_255_a_joblog_that_grows_too_large_and_what_runs_is_delivered(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        result = self.puppet(range(1000), "--joblog", "log", preexec_fn=limit)
        self.assertEqual(result.status, 255, result)
        values = result.values
        done = [n for n, value in enumerate(values) if value is not None]
        self.assertEqual([values[n] for n in done], done)
        self.assert_told(result, r"spread: cannot write --joblog log: File too large")

    def test_events_that_nobody_reads_any_more_are_one_warning(self):
        read, write = os.pipe()
        os.close(read)
        try:
            result = self.puppet(range(10), "--events", f"fd:{write}", pass_fds=[write])
            self.assert_run(result, 0, list(range(10)), "spread: nobody reads --events "
                            f"fd:{write} any more: no more events are written\n")
        finally:
            os.close(write)

    def test_255_cannot_read_standard_input(self):
        closed = {"stdin": subprocess.DEVNULL, "preexec_fn": lambda: os.close(0)}
        for words in ((), ("-a", "-")):
            running = self.start("run", "-j1", *words, "--", *PUPPET, **closed)
            self.assert_run(running.finish(), 255, "", "spread: cannot read standard input: "
                            "Bad file descriptor\n")

    def test_0_a_closed_standard_input_that_is_not_to_be_read(self):
        closed = {"stdin": subprocess.DEVNULL, "preexec_fn": lambda: os.close(0)}
        file = self.file("tasks", "a\n")
        for words in (("-a", file, "--", *PUPPET), ("--", *PUPPET, ":::", "a")):
            running = self.start("run", "-j1", *words, **closed)
            self.assert_run(running.finish(), 0, "a\n", "")
        running = self.start("all", "-j1", "--", "cat", **closed)
        self.assert_run(running.finish(), 0, "", "")

    def test_255_bad_usage(self):
        self.assert_run(self.spread("run", "--nonsense", "--", "true"), 255, "")

    def test_128_and_the_number_of_the_signal(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(status):
                running = self.start("run", "-j1", "--in", "json", "--", *PUPPET, bufsize=0)
                running.write("1\n")
                self.assertEqual(running.read_line(), "1\n")
                running.signal(number)
                # All that was read has been computed; the input was never to end.
                running.process.wait()
                self.assert_run(running.finish(), status, "")

    def test_128_and_the_number_of_the_first_of_several_signals(self):
        post = self.post()
        running = self.start("run", "-j1", "--in", "json", "--kill-grace", "0.1", "--", *PUPPET)
        running.write(json_lines([do(["ignore", 15], ["tell", post.path], ["hang"])]))
        pidfd = os.pidfd_open(int(post.line()))
        running.signal(signal.SIGINT)
        self.assertIn(b"waiting", running.process.stderr.readline())
        running.signal(signal.SIGTERM)
        self.assert_gone(pidfd)
        self.assert_run(running.finish(), 130, [None])

    def test_141_the_reader_of_the_output_has_gone(self):
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.process.stdout.close()
        running.process.stdout = None
        with contextlib.suppress(BrokenPipeError):  # it may have noticed already
            running.write("1\n")
        self.assert_run(running.finish(), 141, "", "")


class OfAll(SpreadTest):
    def all_with(self, script, slots):
        return self.spread("all", f"-j{slots}", "--", "sh", "-c", script)

    def test_halt_ends_the_others(self):
        script = "[ {worker} = 1 ] && exit 3; exec sleep 1000"
        result = self.spread("all", "-j3", "--halt", "now,fail=1", "--", "sh", "-c", script)
        self.assertEqual(result.status, 1, result)

    def test_0_all_commands_succeeded(self):
        self.assert_run(self.all_with("exit 0", 3), 0, "", "")

    def test_count_of_the_commands_that_ended_non_zero(self):
        self.assert_run(self.all_with("exit $((SPREAD_WORKER % 2))", 5), 2, "")
        self.assert_run(self.all_with("kill -9 $$", 2), 2, "")

    def test_101_more_than_100_ended_non_zero(self):
        self.assert_run(self.all_with("exit 3", 100), 100, "")
        self.assert_run(self.all_with("exit 3", 101), 101, "")
        self.assert_run(self.all_with("exit 3", 103), 101, "")

    def test_commands_that_never_started_count(self):
        lists = ("--worker", "true", "--worker", "/nonexistent/a", "--worker", "false")
        self.assert_run(self.spread("all", *lists), 2, "")

    def test_255_none_can_be_started(self):
        result = self.spread("all", "-j2", "--", "/nonexistent/a")
        self.assert_run(result, 255, "")

    def test_128_and_the_number_of_the_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                post = self.post(f"post{int(number)}")
                running = self.start(
                    *("all", "-j1", "--kill-grace", "0.1", "--"),
                    *("sh", "-c", f"echo up >{post.path}; exec sleep 1000"),
                )
                post.line()
                running.signal(number)
                running.process.wait()
                self.assert_run(running.finish(), 128 + number, "")

    def test_141_the_reader_of_the_output_has_gone(self):
        running = self.start("all", "-j1", "--", "yes")
        running.process.stdout.close()
        running.process.stdout = None
        self.assert_run(running.finish(), 141, "", "")


class OfOthers(SpreadTest):
    def test_0_help_and_version(self):
        for words in (("--help",), ("-h",), ("help",), ("run", "--help"), ("--version",)):
            self.assertEqual(self.spread(*words).status, 0, words)

    def test_0_dry_run(self):
        result = self.spread("run", "-j2", "--dry-run", "--", "./nothing", input="a\n")
        self.assertEqual((result.status, result.err), (0, ""), result)

    def test_255_dry_run_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            result = self.spread("run", "-j1", "--dry-run", "--", "true", stdout=full)
        self.assertEqual(result.status, 255, result)
        self.assertIn("No space left on device", result.err)

    def test_255_help_that_cannot_be_written(self):
        for words in (("--help",), ("--version",)):
            with self.subTest(words), open("/dev/full", "wb") as full:
                result = self.spread(*words, stdout=full)
                self.assertEqual(result.status, 255, result)
                self.assertIn("No space left on device", result.err)


if __name__ == "__main__":
    unittest.main()
