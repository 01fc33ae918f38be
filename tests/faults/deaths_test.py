"""Workers that die: what is blamed, what is tried again, and how a run without workers ends."""

import unittest

from spread_testing import PUPPET, SQUARE, SUMMARY, SpreadTest, do, json_lines, shell_words


class WorkerDies(SpreadTest):
    def test_task_that_kills_its_worker_is_given_up_after_3_and_all_others_are_delivered(self):
        tries = self.path("tries")
        poison = do(["tell", tries, "x"], ["kill", 9])
        tasks = [1, 2, poison, *range(3, 40)]
        result = self.puppet(tasks, "-j2")
        self.assert_run(result, 1, [1, 2, None, *range(3, 40)])
        with open(tries, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 3)
        self.assert_only_told(
            result,
            r"spread: task 3 .*was lost.*: its worker died 3 times, the last time: .*signal 9.*",
            r"spread: 1 of 40 tasks did not succeed: 1 lost",
            r"spread: lost: 3 \(1 task\)",
        )

    def test_crash_retries_is_how_often_a_deadly_task_is_tried(self):
        for given, tried in (("1", 1), ("2", 2), ("4", 4)):
            with self.subTest(given):
                tries = self.path("tries" + given)
                poison = do(["tell", tries, "x"], ["kill", 9])
                result = self.puppet([0, poison, 2], "--crash-retries", given)
                self.assert_run(result, 1, [0, None, 2])
                with open(tries, encoding="utf-8") as file:
                    self.assertEqual(len(file.readlines()), tried)

    def test_task_that_kills_its_worker_once_is_computed_by_the_next(self):
        once = do(["once", self.path("first"), ["kill", 11]], answer="done")
        result = self.puppet([0, once, 2])
        self.assert_run(result, 0, [0, "done", 2], "")

    def test_tasks_sent_behind_a_deadly_one_are_not_blamed(self):
        # All eight are in the pipe of one worker when the first kills it, again and again.
        poison = do(["kill", 9])
        result = self.puppet([0, poison, *range(2, 8)], "--window", "8")
        self.assert_run(result, 1, [0, None, 2, 3, 4, 5, 6, 7])

    def test_answers_still_in_the_pipe_of_a_dead_worker_count(self):
        # The worker that is given task 2 dies of it, but has answered 0 and 1 before; with one try only, a
        # second run of them would be an error to be seen.
        once = self.path("once")
        tasks = [
            do(["tell", once, "a"], answer="a"),
            do(["tell", once, "b"], answer="b"),
            do(["kill", 9]),
        ]
        result = self.puppet(tasks, "--crash-retries", "2", "--window", "3")
        self.assert_run(result, 1, ["a", "b", None])
        with open(once, encoding="utf-8") as file:
            self.assertEqual(file.read(), "a\nb\n")

    def test_exit_status_and_last_words_are_in_the_message(self):
        dies = do(["stderr", "out of cheese"], ["exit", 7])
        result = self.puppet([0, dies], "--crash-retries", "1")
        self.assert_run(result, 1, [0, None])
        self.assert_only_told(
            result,
            r"out of cheese",
            r"spread: task 2 .*was lost.*: .*ended with 1 task unanswered.*exit status 7.*"
            r"out of cheese.*",
            SUMMARY,
            r"spread: lost: 2 \(1 task\)",
        )

    def test_who_closes_its_stdout_and_lives_on_is_told_so(self):
        # The first one has answered, and may be leaving; the next is at nothing else.
        closes = do(["close", 1], ["hang"])
        result = self.puppet([0, closes, 2], "--crash-retries", "1", "--kill-grace", "0.1")
        self.assert_run(result, 1, [0, None, 2])
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: it closed its stdout and went on, killed by signal 15 .*",
            r"spread: task 2 .*was lost.*: it closed its stdout with 1 task unanswered, "
            r"killed by signal 15 \(Terminated\)",
            SUMMARY,
            r"spread: lost: 2 \(1 task\)",
        )

    def test_memory_is_suspected_only_where_somebody_else_has_killed(self):
        result = self.puppet([0, do(["kill", 9])], "--crash-retries", "1")
        self.assert_told(result, r"spread: task 2 .*was lost.*signal 9 \(Killed; out of memory.*")
        deaf = do(["ignore", 15], ["close", 1], ["hang"])
        result = self.puppet([0, deaf], "--crash-retries", "1", "--kill-grace", "0.1")
        self.assert_told(result, r"spread: task 2 .*was lost.*signal 9 \(Killed\)")

    def test_a_clean_exit_with_a_task_unanswered_is_no_crash_but_in_the_end_the_task_is_lost(self):
        result = self.puppet([0, do(["exit", 0]), 2], "--crash-retries", "1")
        self.assert_run(result, 1, [0, None, 2])
        self.assert_only_told(
            result,
            r"spread: task 2 .*was lost.*: 3 workers in a row left \(bye, or exit status 0\) with it as their "
            r"first task, and answered nothing",
            SUMMARY,
            r"spread: lost: 2 \(1 task\)",
        )

    def test_non_zero_exit_after_all_answers_is_a_warning(self):
        script = self.script("worker", f"#!/bin/sh\n{shell_words(SQUARE)}\nexit 3\n")
        result = self.spread("run", "-j1", "--in", "json", "--", script, input="1\n2\n")
        self.assert_run(result, 0, [1, 4])
        self.assert_only_told(result, r"spread: worker 0 on localhost: .*exit status 3.*")


class AllWorkersDie(SpreadTest):
    def test_run_ends_at_once_and_lists_what_was_not_computed(self):
        # No worker ever answers: 3 launch failures for each of the two slots, and then the end,
        # though the input stays open.
        running = self.start("run", "-j2", "--in", "json", "--", *PUPPET)
        running.write(json_lines([do(["exit", 4])] * 5))
        running.process.wait()
        result = running.finish()
        self.assert_run(result, 5, [None] * 5)
        self.assert_told(result, r"spread: none of 5 tasks was computed")
        self.assertIn("exit status 4", result.err)

    def test_command_that_ends_without_reading(self):
        result = self.spread("run", "-j2", "--", "true", input="a\nb\nc\n")
        self.assert_run(result, 3, "\n\n\n")
        self.assert_run(result, 3, err="spread: true ended before its first answer (exit status 0), tried 3 times\n"
                        "spread: none of 3 tasks was computed\n")

    def test_message_of_a_failed_preparation_is_told(self):
        says = do(["send", [None, "error", {"type": "NoModel", "message": "model.bin: gone"}]])
        result = self.puppet([1], "--prep-json", json_lines([says]).strip(), "--start-retries", "1")
        self.assert_run(result, 1, [None])
        self.assert_told(result, r"spread: .*preparation failed: NoModel: model.bin: gone.*")

    def test_start_retries_is_how_often_a_launch_is_tried(self):
        for given in (1, 2):
            with self.subTest(given):
                starts = self.path(f"starts{given}")
                script = self.script("worker", f"#!/bin/sh\necho x >> {starts}\nexit 1\n")
                result = self.spread(
                    "run", "-j1", "--start-retries", given, "--", script, input="a\n"
                )
                self.assert_run(result, 1, "\n")
                with open(starts, encoding="utf-8") as file:
                    self.assertEqual(len(file.readlines()), given)

    def test_one_slot_is_enough_to_go_on(self):
        bad = self.script("bad", "#!/bin/sh\nexit 1\n")
        result = self.spread(
            "run",
            *("--worker", bad, "--worker", shell_words(SQUARE), "--in", "json", "--start-all"),
            input=json_lines(range(20)),
        )
        self.assert_run(result, 0, [n * n for n in range(20)])


if __name__ == "__main__":
    unittest.main()
