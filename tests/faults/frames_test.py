"""Frames that are wrong: each is named, costs that worker, and never the master or other tasks."""

import os
import unittest

from spread_testing import PUPPET, PYTHON, SpreadTest, do, json_lines, peak_memory_kb


def header(length):
    return "\xc6" + length.to_bytes(4, "big").decode("latin-1")


class BadFrame(SpreadTest):
    """The bad one is task 1 of 4, in a worker that has answered task 0."""

    def check(self, *steps, told, options=()):
        tasks = [0, do(*steps), 2, 3]
        result = self.puppet(tasks, "--crash-retries", "1", *options)
        self.assert_run(result, 1, [0, None, 2, 3])
        self.assert_told(result, r"spread: task 2 .*was lost.*" + told + r".*")

    def test_header_that_claims_4_gib(self):
        self.check(
            ["raw", header(0xFFFFFFFF) + "\x93\x01\xa2ok\x01"],
            told=r"frame of 4294967295 bytes, more than --max-frame 1073741824",
        )

    def test_header_that_claims_just_more_than_max_frame(self):
        self.check(
            ["raw", header(1001) + "\x93\x01\xa2ok\x01"],
            options=("--max-frame", "1000"),
            told=r"frame of 1001 bytes, more than --max-frame 1000",
        )

    def test_claim_within_the_limit_takes_no_memory(self):
        # 1 GiB is claimed and 10 bytes come.
        gate = self.gate()
        claim = ["raw", header(1 << 30) + "\x93\x01\xa2ok\x01"]
        running = self.start("run", "-j1", "--in", "json", "--crash-retries", "1", "--", *PUPPET)
        running.write(json_lines([0, do(claim, ["stderr", "claimed"], ["wait", gate.path], ["exit", 1])]))
        # What came before on the other pipe has been read when this has.
        self.assertEqual(running.process.stderr.readline(), b"claimed\n")
        self.assertLess(peak_memory_kb(running.pid), 32 * 1024)
        gate.open()
        running.close_input()
        self.assertEqual(running.finish().status, 1)

    def test_nesting_bomb(self):
        bomb = "\x93\x01\xa2ok" + "\x91" * 100000 + "\x01"
        self.check(["raw", header(len(bomb)) + bomb], told=r"not a frame: it nests deeper than 256")

    def test_array_that_claims_4_gi_elements(self):
        body = "\x93\x01\xa2ok\xdd\xff\xff\xff\xff"
        self.check(["raw", header(len(body)) + body], told=r"not a frame: .*")

    def test_frame_that_is_not_one_value(self):
        body = "\x93\x01\xa2ok\x01\x02"
        self.check(["raw", header(len(body)) + body], told=r"not a frame: .*")

    def test_answer_without_a_value(self):
        self.check(["answer", "ok"], told=r"not a frame: .*")

    def test_error_without_a_description(self):
        self.check(["answer", "error", 3], told=r"not a frame: .*")

    def test_unknown_kind_for_a_task(self):
        self.check(["answer", "okay", 3], told=r"unknown kind.*okay.*")

    def test_negative_id(self):
        body = "\x93\xd0\xff\xa2ok\x01"
        self.check(["raw", header(len(body)) + body], told=r"not a frame: .*")

    def test_death_inside_a_frame(self):
        self.check(
            ["raw", header(300) + "\x93\x01\xa2ok" + "x" * 7],
            ["exit", 3],
            told=r"ended inside a frame \(17 of 305 bytes\).*exit status 3",
        )

    def test_death_between_frames(self):
        self.check(["exit", 3], told=r"ended with 1 task unanswered, exit status 3")

    def test_close_of_stdout_inside_a_frame(self):
        self.check(
            ["raw", header(300) + "\x93\x01\xa2ok"],
            ["close", 1],
            ["hang"],
            told=r"ended inside a frame \(10 of 305 bytes\)",
        )

    def test_garbage_behind_an_answer_in_one_write(self):
        # The answer counts; what comes behind it must not be given another task.
        body = "\x93\x01\xa2ok\x07"
        both = header(6) + body + header(6) + "\x93\x01\xa2ok\xc1"
        tasks = [0, do(["raw", both], ["hang"]), *range(2, 10)]
        for window in (1, 4):
            with self.subTest(window=window):
                result = self.puppet(tasks, "--window", window)
                self.assert_run(result, 0, [0, 7, *range(2, 10)])


class UnexpectedAnswers(SpreadTest):
    def test_second_answer_to_a_task_is_dropped_with_one_warning(self):
        twice = do(["send", ["ID", "ok", "first"]])
        result = self.puppet([twice, twice, 2])
        self.assert_run(result, 0, ["first", "first", 2])
        self.assert_only_told(
            result, r"spread: worker 0 on localhost: it answered id 0, which it was not .*"
        )

    def test_second_answer_is_not_taken_for_another_tasks(self):
        twice = do(["send", ["ID", "ok", "first"]])
        result = self.puppet([twice, *range(1, 30)], "--window", "8")
        self.assert_run(result, 0, ["first", *range(1, 30)])

    def test_answers_with_ids_that_it_was_not_given_do_not_hold_the_run(self):
        # It takes its task for another one, has answered that, and waits for the next one.
        wrong = do(["send", [12345678901, "ok", 3]], ["no_answer"])
        result = self.puppet([0, wrong, 2], "--window", "1", "--crash-retries", "1")
        self.assert_run(result, 1, [0, None, 2])
        self.assert_told(result, r"spread: task 2 .*was lost.*it answered id 12345678901, which it "
                                 r"was not given, instead of id 1.*")

    def test_a_worker_that_never_answers_with_the_right_id_is_given_up(self):
        code = (
            "import sys, json\nfor line in sys.stdin:\n"
            " print(json.dumps([json.loads(line)[0] + 1000, 'ok', 1]), flush=True)"
        )
        result = self.spread("run", "--wire", "json", "-j1", "--", PYTHON, "-c", code, ":::",
                             "1", "2", "3")
        self.assert_run(result, 3, "\n\n\n")
        self.assert_told(result, r"spread: worker 0 on localhost.*it answered id 1000, which it .*")

    def test_ten_of_them_cost_the_worker(self):
        wrong = ["send", [0, "ok", 3]]
        result = self.puppet([0, do(*[wrong] * 10), 2], "--crash-retries", "1")
        self.assert_run(result, 1, [0, None, 2])
        self.assert_told(result, r"spread: task 2 .*was lost.*id 0.*")

    def test_nine_do_not(self):
        wrong = ["send", [0, "ok", 3]]
        result = self.puppet([0, do(*[wrong] * 9), 2])
        self.assert_run(result, 0, [0, 1, 2])

    def test_unknown_kind_with_nil_id_is_ignored_with_one_warning(self):
        shout = do(["send", [None, "shout", 1]], ["send", [None, "whisper", 1]])
        result = self.puppet([shout, shout])
        self.assert_run(result, 0, [0, 1])
        self.assert_only_told(result, r"spread: worker 0 on localhost: .*\"shout\".*ignored.*")


class ClosedDescriptors(SpreadTest):
    def test_worker_that_closes_its_stdin_and_goes_on_has_the_kill_grace(self):
        script = "[ -e once ] && exec cat; : >once; read -r a; echo $a; exec 0<&-; exec sleep 1000"
        result = self.spread(
            *("run", "--wire", "lines", "-j1", "--kill-grace", "0.1", "--shutdown-timeout", "1h"),
            *("--", "sh", "-c", script, ":::", "1", "2", "3"),
        )
        self.assert_run(result, 0, "1\n2\n3\n")

    def test_worker_that_closes_stdout_and_goes_on(self):
        # It holds its process open; the task is given to another one.
        post = self.post()
        first = do(["once", self.path("once"), ["tell", post.path], ["close", 1], ["hang"]])
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.write(json_lines([0, first, 2]))
        pidfd = os.pidfd_open(int(post.line()))
        running.close_input()
        self.assert_gone(pidfd)
        self.assert_run(running.finish(), 0, [0, 1, 2])

    def test_worker_that_closes_stdout_while_it_has_nothing_to_do(self):
        self.check_idle_worker_that("close", 1)

    def test_worker_that_closes_stdin_while_it_has_nothing_to_do(self):
        self.check_idle_worker_that("close", 0)

    def test_worker_that_ends_while_it_has_nothing_to_do(self):
        self.check_idle_worker_that("exit", 0)

    def check_idle_worker_that(self, *step):
        """It answers, does the step and tells; then comes a task, which is not lost."""
        post = self.post()
        answers = do(
            ["send", ["ID", "ok", "answered"]],
            ["background", "sh", "-c", f"echo >{post.path} 2>/dev/null"],
            list(step),
            ["hang"],
        )
        running = self.start(
            *("run", "-j1", "--in", "json", "--kill-grace", "0.2"),
            *("--shutdown-timeout", "0.2", "--", *PUPPET),
        )
        running.write(json_lines([answers]))
        self.assertEqual(running.read_line(), '"answered"\n')
        post.line()
        running.write(json_lines([1, 2]))
        running.close_input()
        self.assert_run(running.finish(), 0, [1, 2])


if __name__ == "__main__":
    unittest.main()
