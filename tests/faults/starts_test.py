"""Argument lists that cannot be exec'd, slots that no task needs, and input that is not there."""

import json
import os
import unittest

from spread_testing import PUPPET, PYTHON, SQUARE, SpreadTest, do, json_lines, shell_words


class CannotExec(SpreadTest):
    def test_first_argument_list_cannot_be_execd_and_the_others_do_the_work(self):
        result = self.spread(
            "run",
            *("--in", "json", "--worker", "/nonexistent/worker"),
            *("--worker", shell_words(SQUARE), "--worker", shell_words(SQUARE)),
            input=json_lines(range(100)),
        )
        self.assert_run(result, 0, [n * n for n in range(100)])
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost( is given up)?: cannot start /nonexistent/worker: "
            r"No such file or directory",
        )

    def test_none_can_be_execd(self):
        result = self.spread("run", "-j3", "--", "/nonexistent/worker", input="a\nb\n")
        self.assert_run(result, 255, "\n\n")
        self.assert_told(
            result,
            r"spread: worker \d on localhost( is given up)?: cannot start /nonexistent/worker: "
            r"No such file or directory",
        )

    def test_no_permission_is_told_as_such(self):
        file = self.file("worker", "#!/bin/sh\n")
        result = self.spread("run", "-j1", "--", file, input="a\n")
        self.assert_run(result, 255, "\n")
        self.assert_told(result, rf"spread: .*cannot start {file}: Permission denied.*")

    def test_a_script_without_its_interpreter(self):
        script = self.script("worker", "#!/nonexistent/interpreter\n")
        result = self.spread("run", "-j1", "--", script, input="a\n")
        self.assert_run(result, 255, "\n")
        self.assert_told(result, rf"spread: .*cannot start {script}: its interpreter /nonexistent/interpreter is missing")

    def test_working_directory_that_is_not_there(self):
        result = self.spread("run", "-j1", "--wd", "/nonexistent", "--", "cat", input="a\n")
        self.assert_run(result, 255)
        self.assertIn("/nonexistent", result.err)

    def test_prep_item_that_the_wire_cannot_carry(self):
        result = self.spread(
            *("run", "-j1", "--wire", "lines", "--prep", "fine", "--prep-json", '"a\\nb"'),
            *("--", "true", ":::", "1", "2"),
        )
        self.assert_run(result, 255, "")
        self.assert_only_told(
            result,
            r"spread: prep item 2: it contains a newline, which --wire lines cannot send",
        )

    def test_prep_item_that_is_too_long(self):
        for wire, told in (("msgpack", "202 bytes"), ("json", "203 bytes as JSON")):
            result = self.spread(
                *("run", "-j1", "--wire", wire, "--max-frame", "100", "--prep", "x" * 200),
                *("--", "true", ":::", "1"),
            )
            self.assert_run(result, 255, "")
            self.assert_only_told(
                result, rf"spread: prep item 1: it has {told}, more than --max-frame 100 allows"
            )

    def test_in_all_it_counts(self):
        result = self.spread("all", "--worker", "/nonexistent/a", "--worker", "echo b")
        self.assert_run(result, 1, "b\n")
        self.assert_only_told(
            result, r"spread: worker 0 on localhost: cannot start /nonexistent/a: No such file or directory"
        )


class ToldOnce(SpreadTest):
    """A start that fails, whatever the number of slots and tries."""

    def test_error_in_the_worker_has_its_lines_once(self):
        script = self.file("p1.py", "def sq(x)\n")
        result = self.spread(
            *("run", "-j2", "--wire", "json", "--", PYTHON, script), input=json_lines(range(5))
        )
        self.assert_run(result, 5, "\n" * 5)
        lines = result.err.splitlines()
        self.assertEqual(
            lines[0],
            f"spread: {PYTHON} {script} ended before its first answer (exit status 1), tried 3 times:",
        )
        self.assertEqual(lines[1:3], [f'  File "{script}", line 1', "    def sq(x)"])
        self.assertEqual(lines[-2:], ["SyntaxError: expected ':'", "spread: none of 5 tasks was computed"])
        self.assertEqual(len(lines), 6, result)

    def test_one_line_stands_behind(self):
        worker = self.script("worker", "#!/bin/sh\necho no model >&2\nexit 3\n")
        result = self.spread("run", "-j3", "--", worker, input="a\nb\nc\n")
        self.assert_run(result, 3, err=f"spread: {worker} ended before its first answer "
                        "(exit status 3), tried 3 times: no model\n"
                        "spread: none of 3 tasks was computed\n")

    def test_python_that_does_not_find_the_sdk_is_told_how(self):
        self.environment.pop("PYTHONPATH", None)
        script = self.file("worker.py", "import spread_worker\n")
        for how, hint in (
            ((), "PYTHONPATH must name the folder that spread_worker is in"),
            (("-S", "a", "--launch", "env VIA={host}"), "PYTHONPATH goes there only with --env PYTHONPATH"),
        ):
            with self.subTest(hint):
                words = ("run", "-j1", "--start-retries", "1", *how, "--", PYTHON, "-I", script)
                result = self.spread(*words, input="1\n")
                self.assertEqual(result.status, 1)
                self.assertIn(f"(exit status 1; {hint}):\n", result.err)

    def test_try_that_works_tells_of_the_one_before(self):
        worker = self.script("worker", f"#!/bin/sh\nif mkdir {self.path('once')}; then echo busy >&2; exit 1; fi\n"
                             f"exec {shell_words(PUPPET)}\n")
        result = self.spread("run", "-j1", "--in", "json", "--", worker, input="1\n2\n")
        self.assert_run(result, 0, [1, 2])
        self.assert_told(result, rf"spread: {worker} ended before its first answer \(exit status 1\); "
                         "the next one works: busy")

    def test_one_that_says_ready_works_before_it_has_answered(self):
        gate = self.gate()
        worker = self.script("worker", f"#!/bin/sh\nif mkdir {self.path('once')} 2>/dev/null; then echo busy >&2; exit 1; fi\n"
                             "echo '[null,\"hello\",{\"wire\":1}]'; echo '[null,\"ready\"]'\n"
                             f"head -c1 <{gate.path} >/dev/null; read task; echo '[0,\"ok\",1]'\n")
        running = self.start("run", "-j1", "--in", "json", "--wire", "json", "--", worker)
        running.write("1\n")
        running.close_input()
        line = running.process.stderr.readline().decode()
        self.assertRegex(line, r"; the next one works: busy\n\Z")
        gate.open()
        self.assert_run(running.finish(), 0, [1], "")

    def test_what_it_says_while_it_loads_is_not_kept(self):
        gate = self.gate()
        worker = self.script("worker", f"#!/bin/sh\necho loading >&2\nhead -c1 <{gate.path} >/dev/null\n"
                             f"exec {shell_words(PUPPET)}\n")
        running = self.start("run", "-j1", "--in", "json", "--", worker)
        running.write("1\n")
        running.close_input()
        self.assertEqual(running.process.stderr.readline(), b"loading\n")
        gate.open()
        self.assert_run(running.finish(), 0, [1], "")

    def test_options_behind_the_dashes_get_a_hint(self):
        result = self.spread("run", "-j1", "--", "false", "--wire", "json", input="1\n")
        self.assert_run(result, 1, err="spread: false --wire json ended before its first answer "
                        "(exit status 1; --wire was given to it: options of spread stand in front of "
                        "--), tried 3 times\nspread: the only task was not computed\n")

class Silent(SpreadTest):
    """A worker that has had a task for 10 s, by a clock that jumps."""

    def setUp(self):
        super().setUp()
        self.time = self.clock()
        self.events = self.post("events")

    def event(self, name):
        while True:
            event = json.loads(self.events.line())
            if event["event"] == name:
                return event

    def start_run(self, *words, tasks=1, sent=1):
        """A run whose worker has `sent` tasks. Its worker, too."""
        running = self.start("run", "--events", self.events.path, *words)
        running.write("1\n" * tasks)
        worker = self.event("worker_started")["pid"]
        for _ in range(sent):
            self.event("task_sent")
        return running, worker

    def assert_says(self, running, told):
        self.time.forward(10)
        running.write("1\n")  # it takes note
        self.assertRegex(running.process.stderr.readline().decode(), told)

    def test_is_told_what_to_be_with_lines(self):
        running, _ = self.start_run("-j1", "--wire", "lines", "--", "grep", "2")
        self.assert_says(running, ".* answers every line with one line.*sed -u, stdbuf -oL.*grep.*\n")

    def test_is_told_what_to_be_with_frames(self):
        running, _ = self.start_run("-j1", "--wire", "json", "--", "sed", "s/x/y/")
        self.assert_says(running, ".* expected to speak --wire json, and to flush each answer.*\n")

    def test_with_a_full_window_is_told_and_gives_what_it_holds(self):
        running, _ = self.start_run("-j1", "--wire", "lines", "--window", "2", "--", "tr", "1", "x",
                                    tasks=100, sent=2)
        self.assert_says(running, ".* has had 2 lines for 10 s and has answered nothing yet; .*"
                                  "--window above 2, --window-bytes above 65536.*\n")
        # Its input is closed: more is read, and nothing hangs.
        self.assertEqual(running.read_line(), "x\n")


class OnlyWhatIsNeeded(SpreadTest):
    def counting_worker(self):
        starts = self.path("starts")
        script = f'#!/bin/sh\necho "$SPREAD_WORKER" >> {starts}\nexec {shell_words(SQUARE)}\n'
        return self.script("worker", script), starts

    def test_empty_input_starts_none_and_exits_0(self):
        worker, starts = self.counting_worker()
        result = self.spread("run", "-j4", "--", worker, input="")
        self.assert_run(result, 0, "", "")
        self.assertFalse(os.path.exists(starts))

    def test_empty_input_starts_none_even_with_start_all(self):
        result = self.spread("run", "-j4", "--start-all", "--", "/nonexistent", input="")
        self.assert_run(result, 0, "")

    def test_more_workers_than_tasks_starts_no_more_than_tasks(self):
        worker, starts = self.counting_worker()
        result = self.spread("run", "-j50", "--in", "json", "--", worker, input="1\n2\n3\n")
        self.assert_run(result, 0, [1, 4, 9], "")
        with open(starts, encoding="utf-8") as file:
            self.assertLessEqual(len(file.readlines()), 3)

    def test_start_all_starts_every_slot(self):
        post = self.post()
        gate = self.gate()
        prep = do(["tell", post.path])
        running = self.start(
            *("run", "-j5", "--start-all", "--in", "json", "--prep-json"),
            *(json_lines([prep]).strip(), "--", *PUPPET),
        )
        running.write(json_lines([do(["wait", gate.path], answer="late")]))
        self.assertEqual(len(set(post.lines(5))), 5)
        gate.open()
        running.close_input()
        self.assert_run(running.finish(), 0, ["late"], "")

    def test_a_slot_is_started_when_there_is_a_task_for_it(self):
        # The second worker is not there before the second task is.
        post = self.post()
        gate = self.gate()
        running = self.start("run", "-j2", "--window", "1", "--in", "json", "--", *PUPPET)
        running.write(json_lines([do(["tell", post.path], ["wait", gate.path])]))
        first = post.line()
        self.assertTrue(post.is_empty())
        running.write(json_lines([do(["tell", post.path], ["wait", gate.path])]))
        self.assertNotEqual(post.line(), first)
        gate.open(2)
        running.close_input()
        self.assert_run(running.finish(), 0, [0, 1], "")


if __name__ == "__main__":
    unittest.main()
