"""--timeout: what hangs is really dead afterwards, and everything else is delivered."""

import os
import signal
import unittest

from spread_testing import PUPPET, SUMMARY, SpreadTest, do, json_lines

# Room enough for a worker to start on a busy machine: the tasks after the hung one must not time
# out, and the clock of a worker's first task includes its start.
TIMEOUT = "2"


class Timeout(SpreadTest):
    def check_hung(self, *before, then=("hang",), options=("-j1",)):
        """Task 1 does `before` and hangs; returns the result when its process is gone."""
        post = self.post()
        hung = do(*before, ["tell", post.path], list(then))
        running = self.start(
            *("run", "--in", "json", "--timeout", TIMEOUT, *options, "--", *PUPPET)
        )
        running.write(json_lines([0, hung, 2, 3]))
        pid = int(post.line())
        pidfd = os.pidfd_open(pid)
        running.close_input()
        self.assert_gone(pidfd)
        result = running.finish()
        self.assert_none_left(pid)
        return result

    def test_hung_task_is_dead_and_the_others_are_delivered(self):
        result = self.check_hung()
        self.assert_run(result, 1, [0, None, 2, 3])
        self.assert_only_told(result, r"spread: task 2 .*failed.*: .*no answer within .* s; .*", SUMMARY)

    def test_hung_task_that_ignores_term_is_dead_too(self):
        ignore = ["ignore", int(signal.SIGTERM)]
        result = self.check_hung(ignore, options=("-j1", "--kill-grace", "0.2"))
        self.assert_run(result, 1, [0, None, 2, 3])

    def test_stopped_worker_is_dead_too(self):
        result = self.check_hung(then=["kill", int(signal.SIGSTOP)])
        self.assert_run(result, 1, [0, None, 2, 3])

    def test_what_the_hung_task_started_dies_with_it(self):
        # Its child holds the pipes open; that it is gone, too, is looked at in check_hung().
        result = self.check_hung(["background", "sleep", "1000"])
        self.assert_run(result, 1, [0, None, 2, 3])

    def test_child_that_ignores_term_dies_with_it(self):
        child = ["background", "sh", "-c", "trap '' TERM; sleep 1000"]
        result = self.check_hung(child, options=("-j1", "--kill-grace", "0.2"))
        self.assert_run(result, 1, [0, None, 2, 3])

    def test_retries_count_a_timeout_as_a_failure(self):
        hung = do(["once", self.path("once"), ["hang"]], answer="at last")
        result = self.puppet([0, hung, 2], "--timeout", TIMEOUT, "--retries", "2", "-j2")
        self.assert_run(result, 0, [0, "at last", 2], "")

    # That tasks behind a slow one are not charged for it takes real time to see; it is tested in
    # virtual time (tests/sim/scenarios_test.cc).
    def test_tasks_behind_a_hung_one_go_back_unmarked(self):
        hung = do(["hang"])
        tasks = [0, hung, *range(2, 8)]
        result = self.puppet(tasks, "--timeout", TIMEOUT, "--window", "8", "--out", "records")
        self.assertEqual(result.status, 1, result)
        self.assertEqual([r["status"] for r in result.values], ["ok", "failed"] + ["ok"] * 6)
        self.assertEqual([r["attempts"] for r in result.values], [1] * 8)
        self.assertEqual(result.values[1]["error"]["type"], "Timeout")

    def test_percent_of_the_median_needs_three_successes(self):
        hung = do(["hang"])
        result = self.puppet([0, 1, 2, 3, hung, 5], "--timeout", "300%", "--window", "1")
        self.assert_run(result, 1, [0, 1, 2, 3, None, 5])
        self.assert_only_told(result, r"spread: task 5 .*failed.*: .*no answer within .* s; .*", SUMMARY)


if __name__ == "__main__":
    unittest.main()
