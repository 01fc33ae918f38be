"""What `spread map` exits with, and what it says of the jobs that failed."""

import os
import unittest

from map_testing import MapTest, failures


def exits(*statuses):
    """How jobs `exit N` with these statuses are told, by number."""
    return [(n, f"exit status {s}", f"exit {s}") for n, s in enumerate(statuses, 1) if s]


class Counted(MapTest):
    def test_nothing_failed(self):
        self.assert_run(self.map("true", ":::", *"abc"), 0, "", "")

    def test_number_of_jobs_that_failed(self):
        result = self.map("-j1", "exit {}", ":::", "0", "3", "0", "255", "1")
        self.assert_run(result, 3, "", failures(*exits(0, 3, 0, 255, 1), of=5))

    def test_a_hundred_and_more(self):
        for count, status in ((100, 100), (101, 101), (300, 101)):
            with self.subTest(count):
                result = self.map("false", input="x\n" * count)
                self.assertEqual((result.status, result.out), (status, ""), result)
                self.assert_told(result, rf"spread: {count} of {count} jobs failed: exit status 1: false x")

    def test_gnu_parallels_is_the_default(self):
        result = self.map("--exit-status", "parallel", "exit {}", ":::", "3", "4")
        self.assertEqual(result.status, 2)

    def test_own_errors_are_255(self):
        for words in (("--bogus",), ("-a", "nowhere", "echo"), ("--jl", "/nowhere/x", "echo")):
            with self.subTest(words):
                result = self.map(*words)
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assertRegex(result.err, r"\Aspread: [^\n]*\n\Z")


class Told(MapTest):
    def test_the_end_of_each_job_with_its_last_lines(self):
        script = 'for i in 1 2 3 4 5; do echo "line $i" >&2; done; exit {}'
        result = self.map("-j1", script, ":::", "0", "7")
        lines = "".join(f"line {n}\n" for n in range(1, 6))
        told = failures(
            (2, "exit status 7", script.replace("{}", "7")), of=2
        )
        # They are on the screen.
        self.assert_run(result, 1, "", lines * 2 + told)

    def test_last_lines_that_are_not_on_the_screen_any_more(self):
        script = 'if [ {} = 1 ]; then for i in 1 2 3 4 5; do echo "line $i" >&2; done; exit 7; fi; seq 1000'
        result = self.map("-j1", script, ":::", "1", "2")
        self.assertEqual(result.status, 1)
        self.assert_told(result, r"spread: 1 of 2 jobs failed \(job 1\): exit status 7: .*",
                         r"    \| line 3", r"    \| line 4", r"    \| line 5")

    def test_jobs_that_fail_in_the_same_way_are_told_together(self):
        result = self.map("-j1", "exit {}", ":::", *"3031003")
        self.assert_run(result, 4, "", "spread: jobs 1, 3, 7: exit status 3: exit 3\n"
                        "spread: job 4: exit status 1: exit 1\nspread: 4 of 7 jobs failed\n")

    def test_a_command_that_is_not_there_is_told_once(self):
        result = self.map("-j1", "--results", "d", "nowhere-found {}", ":::", "1", "2", "3")
        self.assert_run(result, 3, "")
        self.assertEqual(result.err.count("\n"), 2, result)
        self.assert_told(result, "spread: 3 of 3 jobs failed: exit status 127: nowhere-found 1",
                         r"    \| .*nowhere-found.*not found")

    def test_a_word_that_no_shell_knows_is_told_once_and_not_by_a_shell(self):
        result = self.map("nowhere-found", ":::", "1", "2", "3")
        self.assert_run(result, 3, "", "spread: 3 of 3 jobs failed: cannot start nowhere-found: "
                        "No such file or directory: nowhere-found 1\n")

    def test_signal(self):
        result = self.map("-j1", "kill -{} $$", ":::", "TERM", "KILL")
        self.assert_run(result, 2, "")
        self.assert_told(
            result,
            r"spread: job 1: killed by signal 15 \(Terminated\): kill -TERM \$\$",
            r"spread: job 2: killed by signal 9 \(Killed.*\): kill -KILL \$\$",
        )

    def test_command_that_is_not_there(self):
        result = self.map("nowhere-found", "x", ":::", "a")
        how = "cannot start nowhere-found: No such file or directory"
        self.assert_run(result, 1, "", failures((1, how, "nowhere-found x a"), of=1))

    def test_command_that_cannot_be_run(self):
        file = self.file("text", "x")
        result = self.map(file, "x", ":::", "a")
        told = failures((1, f"cannot start {file}: Permission denied", f"{file} x a"), of=1)
        self.assert_run(result, 1, "", told)

    def test_no_more_than_five_ways(self):
        result = self.map("-j1", "exit {}", ":::", *map(str, range(1, 26)))
        self.assertEqual(result.err.splitlines(), [
            *(f"spread: job {n}: exit status {n}: exit {n}" for n in range(1, 6)),
            "spread: 20 more jobs failed, each in another way (-v shows all)",
            "spread: 25 of 25 jobs failed",
        ])
        result = self.map("-j1", "-v", "exit {}", ":::", *map(str, range(1, 26)))
        self.assertEqual(result.err.splitlines()[-26:], [
            *(f"spread: job {n}: exit status {n}: exit {n}" for n in range(1, 26)),
            "spread: 25 of 25 jobs failed",
        ])

    def test_what_a_job_prints_does_not_move_the_cursor(self):
        result = self.map("printf '\\033[2Jx\\r\\n' >&2; exit 1; : {}", ":::", "a")
        summary = result.err.partition("spread: ")[2]
        self.assertNotIn("\x1b", summary)
        self.assertNotIn("\r", summary)


    def test_names_do_not_move_the_cursor(self):
        for words in (("no\x1b[2J/x", "y"), ("--wd", "/no\x1b[2J", "cat"), ("false", "\x9b2J"),
                      ("--joblog", "/no\x1b[2J/x", "false"), ("--results", "/dev/null/\x1b", "cat")):
            with self.subTest(words):
                result = self.map(*words, ":::", "a")
                self.assertNotEqual(result.status, 0)
                self.assertNotIn("\x1b", result.err)
                self.assertNotIn("\x9b", result.err)


class Halt(MapTest):
    def halt(self, how, *statuses, status, ran, options=("-j1",)):
        script = "echo {#}; exit {}"
        result = self.map(*options, "--halt", how, script, ":::", *map(str, statuses))
        self.assert_run(result, status, "".join(f"{n}\n" for n in range(1, ran + 1)))
        left = len(statuses) - ran
        if left:
            was = "1 job was" if left == 1 else f"{left} jobs were"
            self.assert_told(result, f"spread: {was} not run: --halt was reached")
        return result

    def test_never(self):
        self.halt("never", 1, 2, 3, status=3, ran=3)

    def test_first_failure_gives_its_own_status(self):
        for how in ("soon,fail=1", "now,fail=1", "1", "2"):
            with self.subTest(how):
                self.halt(how, 0, 7, 0, 0, status=7, ran=2)

    def test_some_failures(self):
        # Two failed, and two were not run.
        for when in ("soon", "now"):
            self.halt(f"{when},fail=2", 7, 0, 8, 0, 0, status=4, ran=3)

    def test_failures_in_per_cent(self):
        for how in ("soon,fail=40%", "now,fail=40%", "40%"):
            with self.subTest(how):
                self.halt(how, 0, 7, 8, 0, 0, status=40, ran=3)

    def test_successes(self):
        for how in ("soon,success=1", "now,success=1", "-1", "-2"):
            with self.subTest(how):
                self.halt(how, 7, 0, 0, status=0, ran=2)
        self.halt("soon,success=2", 7, 0, 8, 0, 0, status=0, ran=4)

    def test_done(self):
        for how in ("soon,done=2", "now,done=2"):
            with self.subTest(how):
                result = self.halt(how, 0, 0, 0, 0, status=2, ran=2)
                self.assertEqual(result.err, "spread: 2 jobs were not run: --halt was reached\n")

    def test_reached_with_the_last_job_is_no_failure(self):
        self.halt("soon,done=2", 0, 0, status=0, ran=2)
        self.halt("now,done=2", 0, 0, status=0, ran=2)

    def test_not_reached(self):
        self.halt("soon,fail=2", 0, 7, 0, status=1, ran=3)

    def two_running(self, when):
        """The second fails when its gate opens, while the first waits at its own."""
        post, first, second = self.post(), self.gate("first"), self.gate("second")
        script = (
            f"echo {{}} >>{post.path}; head -c1 <{{}} >/dev/null; echo {{/}}; test {{/}} = first"
        )
        running = self.start_map(
            *("-j2", "--unordered", "--halt", f"{when},fail=1", script),
            *(":::", first.path, second.path, "third"),
            stdin=None,
        )
        post.lines(2)
        second.open()
        self.assertEqual(running.read_line(), "second\n")
        return running, first

    def test_now_kills_what_runs(self):
        running, _ = self.two_running("now")
        result = running.finish()
        self.assert_run(result, 1, "")
        told = "spread: 1 job was not finished, and 1 job was not run: --halt was reached"
        self.assert_told(result, told)

    def test_soon_lets_finish_what_runs(self):
        running, first = self.two_running("soon")
        first.open()
        result = running.finish()
        self.assertEqual((result.status, result.out), (1, "first\n"), result)
        self.assert_told(result, "spread: 1 job was not run: --halt was reached")

    def test_retries_come_before_a_failure_counts(self):
        script = "echo x >>n; test $(wc -l <n) -ge {}"
        result = self.map("-j1", "--retries", "3", "--halt", "now,fail=1", script, ":::", "3", "1")
        self.assert_run(result, 0, "", "")

    def test_nonsense(self):
        told = "expected never, or now|soon,fail|success|done=N or =N%"
        for value in ("soon", "now,fail=0", "x,done=1", "now,fail=101%", "3", ""):
            result = self.map("--halt", value, "touch", "started", ":::", "a")
            told_it = f"spread: --halt: {told}, not '{value}' (try 'spread map --help')\n"
            self.assert_run(result, 255, "", told_it)
            self.assertFalse(os.path.exists(self.path("started")))


class LikeXargs(MapTest):
    def xargs(self, *words, status):
        result = self.map("-j1", "--exit-status", "xargs", *words)
        self.assertEqual(result.status, status, result)

    def test_all_succeed(self):
        self.xargs("echo", ":::", "a", status=0)

    def test_some_failed(self):
        self.xargs("exit {}", ":::", "0", "1", "125", "0", status=123)

    def test_one_exited_with_255(self):
        self.xargs("exit {}", ":::", "255", "1", status=124)

    def test_one_was_killed(self):
        self.xargs("kill -9 $$; : {}", ":::", "a", status=125)
        self.xargs("--timeout", "0.1", "sleep 1000; : {}", ":::", "a", status=125)

    def test_cannot_be_run(self):
        self.xargs(self.file("text", "x"), "x", ":::", "a", status=126)

    def test_not_found(self):
        self.xargs("nowhere-found", "x", ":::", "a", status=127)

    def test_stops_where_xargs_stops(self):
        there = self.file("text", "x")
        for words, how in (
            (("-c", "touch {#}; exit {}", ":::", "255", "0"), "exit status 255"),
            (("-c", "touch {#}; kill -{} $$", ":::", "9", "0"), "killed by signal 9.*"),
            (("{}", ":::", "./nowhere-found", "true"), "cannot start ./nowhere-found: No such.*"),
            (("{}", "x", ":::", there, "true"), f"cannot start {there}: Permission denied"),
        ):
            with self.subTest(how):
                mode = () if words[0] == "-c" else ("-q",)
                result = self.map("-j1", "--exit-status", "xargs", *mode, *words)
                self.assert_told(
                    result,
                    f"spread: 1 job was not run: job 1: {how}, where xargs stops "
                    r"\(--exit-status xargs\)",
                )
        self.assertFalse(os.path.exists(self.path("2")))

    def test_what_runs_may_finish(self):
        # The first job ends when the second has begun, and the second goes on until the first is
        # gone: its parent has reaped it, which `kill -0` sees.
        script = (
            "if [ {} = 1 ]; then echo $$ > pid.tmp; mv pid.tmp pid; "
            "while [ ! -e begun ]; do :; done; exit 255; fi; "
            ": > begun; while [ ! -e pid ]; do :; done; "
            'while kill -0 "$(cat pid)" 2>/dev/null; do :; done; echo done'
        )
        result = self.map("-j2", "--exit-status", "xargs", script, ":::", "1", "2", "3")
        self.assertEqual((result.status, result.out), (124, "done\n"), result)
        self.assert_told(result, r"spread: 1 job was not run: job 1: exit status 255, .*")

    def test_the_rest_of_the_input_is_not_read(self):
        result = self.map("-j1", "--exit-status", "xargs", "exit {}", input="255\n" + "0\n" * 100000)
        self.assertEqual((result.status, result.out), (124, ""), result)
        self.assert_told(result, "spread: the rest of the input was not read: job 1: exit status 255.*")

    def test_exit_status_126_and_127_of_a_program_that_ran_are_a_failure_like_others(self):
        self.xargs("exit {}", ":::", "126", "127", "0", status=123)

    def test_parallels_status_does_not_stop(self):
        result = self.map("-j1", "exit {}", ":::", "255", "0")
        self.assert_run(result, 1, "", failures(*exits(255, 0), of=2))

    def test_own_error_is_still_255(self):
        self.xargs("-a", "nowhere", "echo", status=255)

    def test_no_such_kind(self):
        result = self.map("--exit-status", "x", "echo")
        told = "spread: --exit-status: expected parallel or xargs, not 'x'"
        self.assert_run(result, 255, "", told + " (try 'spread map --help')\n")


if __name__ == "__main__":
    unittest.main()
