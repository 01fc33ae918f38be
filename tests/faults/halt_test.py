"""--halt: when a run stops early, what still happens then, and with which status it ends."""

import os
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines

FAIL = do(["answer", "error", {"type": "E", "message": "m"}])
# What 1 worker with a window of 1 makes of these, one after the other: 0, failure, 2, failure, ...
MIXED = [0, FAIL, 2, FAIL, 4, FAIL, 6, 7]


class Condition(SpreadTest):
    """After how many tasks of MIXED it stops, and the status."""

    def check(self, halt, done, status):
        for when in ("soon", "now"):
            with self.subTest(halt=f"{when},{halt}"):
                result = self.puppet(MIXED, "--window", "1", "--halt", f"{when},{halt}")
                self.check_result(result, done, status)

    def check_result(self, result, done, status):
        values = [None if task == FAIL else task for task in MIXED[:done]]
        rest = len(MIXED) - done
        self.assert_run(result, status, values + [None] * rest)
        if rest:
            failed = values.count(None)
            last = len(MIXED)
            which = f"{done + 1}-{last} \\({rest} tasks\\)" if rest > 1 else f"{last} \\(1 task\\)"
            counts = f"{failed} failed, {rest} not computed" if failed else f"{rest} not computed"
            self.assert_told(
                result,
                rf"spread: {failed + rest} of {len(MIXED)} tasks did not succeed: {counts}",
                rf"spread: not computed: {which}",
                r"spread: not computed because --halt was reached",
            )

    def test_first_failure_has_the_status_of_a_failed_task(self):
        self.check("fail=1", 2, 1)

    def test_number_of_failures(self):
        self.check("fail=2", 4, 6)
        self.check("fail=3", 6, 5)

    def test_number_of_failures_that_is_not_reached(self):
        self.check("fail=4", 8, 3)

    def test_number_of_successes_is_success(self):
        self.check("success=1", 1, 0)
        self.check("success=2", 3, 0)

    def test_number_of_successes_that_is_not_reached(self):
        self.check("success=6", 8, 3)

    def test_number_of_tasks_done(self):
        self.check("done=1", 1, 7)
        self.check("done=4", 4, 6)
        self.check("done=9", 8, 3)

    def test_percentage_of_failures_is_the_status(self):
        # Of those that have ended, of which there must be three: 1/3, then 2/4.
        self.check("fail=30%", 3, 30)
        self.check("fail=45%", 4, 45)
        self.check("fail=51%", 8, 3)

    def test_percentage_of_successes(self):
        self.check("success=60%", 3, 0)
        self.check("success=67%", 8, 3)

    def test_old_forms(self):
        for form, done, status in (
            *(("0", 8, 3), ("1", 2, 1), ("2", 2, 1)),
            *(("-1", 1, 0), ("-2", 1, 0), ("45%", 4, 45), ("never", 8, 3)),
        ):
            with self.subTest(form):
                result = self.puppet(MIXED, "--window", "1", "--halt", form)
                self.check_result(result, done, status)

    def test_status_counts_when_more_than_100_are_not_computed(self):
        result = self.puppet(range(200), "--window", "1", "--halt", "soon,done=50")
        self.assert_run(result, 101, [*range(50)] + [None] * 150)


class OthersAtWork(SpreadTest):
    """One worker computes when the other's answer ends the run."""

    def halt(self, halt, last, *options):
        self.post_, self.gate_ = self.post("p" + halt), self.gate("g" + halt)
        slow = do(["tell", self.post_.path], ["wait", self.gate_.path], answer="late")
        running = self.start(
            *("run", "-j2", "--window", "1", "--in", "json", "--unordered", "--halt", halt),
            *("--kill-grace", "0.2", *options, "--", *PUPPET),
            bufsize=0,
        )
        running.write(json_lines([slow]))
        self.pid = int(self.post_.line())
        self.pidfd = os.pidfd_open(self.pid)
        running.write(json_lines([last, "next"]))
        return running

    def test_soon_waits_for_what_was_sent_and_sends_nothing_more(self):
        for halt, last, answer, status in (
            ("soon,fail=1", FAIL, "null\n", 1),
            ("soon,success=1", 1, "1\n", 0),
            ("soon,done=1", 1, "1\n", 1),
        ):
            with self.subTest(halt):
                running = self.halt(halt, last)
                self.assertEqual(running.read_line(), answer)
                self.gate_.open()
                running.process.wait()
                result = running.finish()
                self.assertEqual(result.status, status, result)
                self.assertEqual(sorted(result.out.split()), ['"late"', "null"], result)
                self.assert_gone(self.pidfd)

    def test_now_kills(self):
        for halt, last, out, status in (
            ("now,fail=1", FAIL, [None, None, None], 1),
            ("now,success=1", 1, [1, None, None], 0),
            ("now,done=1", 1, [1, None, None], 2),
        ):
            with self.subTest(halt):
                running = self.halt(halt, last)
                # The gate stays closed.
                self.assert_gone(self.pidfd)
                self.assert_none_left(self.pid)
                running.process.wait()
                result = running.finish()
                self.assertEqual(result.status, status, result)
                self.assertEqual(result.values, out, result)

    def test_now_kills_those_that_ignore_term_too(self):
        post = self.post()
        slow = do(["ignore", 15], ["tell", post.path], ["hang"])
        running = self.start(
            *("run", "-j2", "--window", "1", "--in", "json", "--halt", "now,fail=1"),
            *("--kill-grace", "0.1", "--", *PUPPET),
        )
        running.write(json_lines([slow]))
        pidfd = os.pidfd_open(int(post.line()))
        running.write(json_lines([FAIL]))
        self.assert_gone(pidfd)
        self.assert_run(running.finish(), 1, [None, None])


class OpenInput(SpreadTest):
    def test_end_is_not_waited_for(self):
        for halt, task, status in (
            *(("soon,fail=1", FAIL, 1), ("now,fail=1", FAIL, 1)),
            *(("soon,success=1", 1, 0), ("now,done=1", 1, 1)),
        ):
            with self.subTest(halt):
                running = self.start("run", "-j1", "--in", "json", "--halt", halt, "--", *PUPPET)
                running.write(json_lines([task]))
                running.process.wait()
                result = running.finish()
                self.assert_run(result, status, [None if task == FAIL else task])
                self.assert_told(
                    result, r"spread: the rest of the input was not read: --halt was reached"
                )


class Tries(SpreadTest):
    def test_failure_counts_when_its_tries_are_used_up(self):
        for retries, once_fails, out, status in (
            ("2", True, [0, "done", 2], 0),
            ("2", False, [0, None, None], 1),
        ):
            with self.subTest(once_fails=once_fails):
                fails = do(["once", self.path("once"), *FAIL["do"]], answer="done")
                options = ("--window", "1", "--retries", retries, "--halt", "now,fail=1")
                result = self.puppet([0, fails if once_fails else FAIL, 2], *options)
                self.assert_run(result, status, out)

    def test_lost_task_is_a_failure(self):
        options = ("--window", "1", "--crash-retries", "1", "--halt", "now,fail=1")
        result = self.puppet([0, do(["kill", 9]), 2], *options)
        self.assert_run(result, 1, [0, None, None])

    def test_bad_record_is_a_failure(self):
        options = ("-j1", "--window", "1", "--in", "json", "--halt", "soon,fail=1")
        result = self.spread("run", *options, "--", *PUPPET, input="{\n")
        self.assert_run(result, 1, [None])


if __name__ == "__main__":
    unittest.main()
