"""Argument lists that cannot be exec'd, slots that nobody needs, and input that is not there."""

import os
import unittest

from spread_testing import PUPPET, SQUARE, SpreadTest, do, json_lines, shell_words


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
