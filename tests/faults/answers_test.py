"""Answers other than a value, and values that come in another order, with output, or after a hello
that asks for something else."""

import os
import re
import unittest

from spread_testing import PUPPET, PYTHON, SOURCE, SpreadTest, do, json_lines

FAIL = do(["answer", "error", {"type": "E", "message": "m"}])
FATAL = do(["answer", "fatal", {"type": "NoLicence", "message": "expired"}])


def statuses(result):
    return [record["status"] for record in result.values]


class Busy(SpreadTest):
    def lines_of(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read().split()

    def test_refused_task_goes_to_another_worker_unblamed(self):
        # The worker that is asked first rests for longer than this test may take.
        given = self.path("given")
        task = do(["tell", given], ["once", self.path("once"), ["answer", "busy", 1000]])
        result = self.puppet([task], "-j2", "--start-all", "--out", "records")
        self.assert_run(result, 0, err="")
        self.assertEqual((statuses(result), result.values[0]["attempts"]), (["ok"], 1), result)
        first, second = self.lines_of(given)
        self.assertNotEqual(first, second)

    def test_only_worker_is_asked_again_after_its_rest(self):
        given = self.path("given")
        refuses = ["once", self.path("once"), ["answer", "busy", 0.01, "no room"]]
        result = self.puppet([do(["tell", given], refuses, answer="done"), 1])
        self.assert_run(result, 0, ["done", 1], "")
        self.assertEqual(len(self.lines_of(given)), 2)

    def test_refusals_do_not_use_up_tries(self):
        # Two refusals, then a failure: with two tries there is one left, and it succeeds.
        script = self.script(
            "worker",
            "#!/bin/sh\nn=0\nwhile read -r line; do\n"
            "  n=$((n + 1))\n"
            "  case $n in\n"
            """  1|2) echo '[0,"busy",0.01]' ;;\n"""
            """  3) echo '[0,"error",{"type":"E","message":"m"}]' ;;\n"""
            """  *) echo '[0,"ok","done"]' ;;\n"""
            "  esac\ndone\n",
        )
        options = ("-j1", "--wire", "json", "--retries", "2")
        self.assert_run(self.spread("run", *options, "--", script, input="x\n"), 0, "done\n", "")

    def test_what_was_sent_behind_a_refused_task_is_answered_first(self):
        order = self.path("order")
        tasks = [do(["tell", order, str(n)], answer=n) for n in range(4)]
        tasks[0]["do"].append(["once", self.path("once"), ["answer", "busy", 0.01]])
        result = self.puppet(tasks, "--window", "4")
        self.assert_run(result, 0, [0, 1, 2, 3], "")
        self.assertEqual(self.lines_of(order), ["0", "1", "2", "3", "0"])

    def test_max_busy_gives_up_a_task_that_is_only_refused(self):
        result = self.puppet([do(["answer", "busy", 0.01]), 1], "--max-busy", "0.05")
        self.assert_run(result, 1, [None, 1])
        self.assert_told(
            result,
            r"spread: 1 of 2 tasks did not succeed: 1 not computed",
            r"spread: not computed: 1 \(1 task\)",
            r"spread: not computed because every worker .* was busy, for longer than --max-busy",
        )


class Error(SpreadTest):
    def test_next_try_is_elsewhere(self):
        for retries in (2, 3):
            with self.subTest(retries):
                post, gate = self.post(f"post{retries}"), self.gate(f"gate{retries}")
                both = [do(["tell", post.path], ["wait", gate.path])] * 2
                running = self.start(
                    *("run", "-j2", "--window", "1", "--in", "json", "--retries", retries),
                    *("--", *PUPPET),
                    bufsize=0,
                )
                running.write(json_lines(both))
                workers = set(post.lines(2))
                gate.open(2)
                # Both have nothing to do when the task comes.
                self.assertEqual([running.read_line(), running.read_line()], ["0\n", "1\n"])
                fails = do(["tell", post.path], *FAIL["do"])
                running.write(json_lines([fails]))
                running.close_input()
                self.assert_run(running.finish(), 1, [None])
                self.assertEqual(set(post.lines(2)), workers)
                if retries == 3:
                    self.assertIn(post.line(), workers)
                self.assertTrue(post.is_empty())

    def test_failure_that_a_further_try_makes_good_is_not_told(self):
        once = do(["once", self.path("once"), *FAIL["do"]], answer="done")
        self.assert_run(self.puppet([0, once, 2], "--retries", "2"), 0, [0, "done", 2], "")

    def test_type_message_and_task_are_told_and_the_worker_goes_on(self):
        pids = self.path("pids")
        told = ["tell", pids]
        result = self.puppet([do(told), do(told, *FAIL["do"]), do(told)])
        self.assert_run(result, 1, [0, None, 2])
        self.assert_only_told(
            result,
            r"spread: task 2 \(line 2: .*\) failed on localhost: E: m",
            r"spread: 1 of 3 tasks did not succeed: 1 failed",
        )
        with open(pids, encoding="utf-8") as file:
            self.assertEqual(len(set(file.read().split())), 1)

    def test_first_20_failures_are_told_and_the_others_counted(self):
        result = self.puppet([do(["answer", "error", {"type": "E", "message": f"m{n}"}]) for n in range(25)])
        self.assert_run(result, 25, [None] * 25)
        told = re.findall(r"^spread: task (\d+) .*failed on localhost: E: m\d+$", result.err, re.M)
        self.assertEqual(told, [str(n) for n in range(1, 21)], result)
        self.assert_told(
            result,
            r"spread: 25 of 25 tasks did not succeed: 25 failed",
            r"spread: failed: 1-25 \(25 tasks\)",
        )


class Places(SpreadTest):
    def test_tasks_that_fail_in_the_same_way_are_told_once(self):
        result = self.puppet([FAIL] * 25 + [1])
        self.assert_run(result, 25, [None] * 25 + [1])
        self.assert_only_told(
            result,
            r"spread: task 1 \(line 1: .*\) failed on localhost: E: m",
            r"spread: tasks that fail in the same way are only counted",
            r"spread: 25 of 26 tasks did not succeed: 25 failed",
            r"spread: failed: 1-25 \(25 tasks\)",
        )

    def test_place_is_that_in_the_file(self):
        first = self.file("first", "1\n\n" + json_lines([FAIL]))
        second = self.file("second", "\n" + json_lines([do(["answer", "error", {"message": "other"}])]))
        result = self.spread("run", "--in", "json", "-j1", "-a", first, "-a", second, "--", *PUPPET)
        self.assert_run(result, 2, [1, None, None])
        self.assert_told(
            result,
            rf"spread: task 2 \(line 3 of {first}: .*\) failed on localhost: E: m",
            rf"spread: task 3 \(line 2 of {second}: .*\) failed on localhost: other",
        )

    def test_rows_of_a_table_have_the_line_where_they_begin(self):
        rows = self.file("rows.csv", 'a\n"x\ny"\n7\n')
        worker = self.script("worker", """#!/bin/sh
            read line; echo '[0,"ok",1]'
            read line; echo '[1,"error",{"type":"E","message":"m"}]'""")
        result = self.spread("run", "--in", "csv", "--wire", "json", "-j1", "-a", rows, "--", worker)
        self.assert_run(result, 1)
        self.assert_told(result, rf'spread: task 2 \(line 4 of {rows}: {{"a":"7"}}\) failed on localhost: E: m')

    def test_trace_of_the_first_and_the_place_in_the_users_code(self):
        script = self.file("csvw.py", """import spread_worker
def f(task):
    return int(task)
spread_worker.run(f)
""")
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        command = ("run", "-j1", "--", PYTHON, script)
        result = self.spread(*command, ":::", "a", "b", "1")
        self.assert_run(result, 2, "\n\n1\n")
        self.assert_told(
            result,
            r"spread: task 1 \(a\) failed on localhost: ValueError: .*'a' \(csvw\.py:3, in f\)",
            r"spread: its trace \(--traces: those of all\):",
            r"Traceback .*",
            r"spread: task 2 \(b\) failed on localhost: ValueError: .*'b' \(csvw\.py:3, in f\)",
        )
        self.assertEqual(result.err.count("Traceback"), 1, result)
        result = self.spread("run", "--traces", *command[1:], ":::", "a", "b", "1")
        self.assertEqual(result.err.count("Traceback"), 2, result)


class Fatal(SpreadTest):
    def test_tasks_not_sent_are_not_computed(self):
        result = self.puppet([0, FATAL, 2, 3], "--window", "1")
        self.assert_run(result, 3, [0, None, None, None])
        self.assert_only_told(
            result,
            r"spread: task 2 \(line 2: .*\) failed on localhost: NoLicence: expired",
            r"spread: 3 of 4 tasks did not succeed: 1 failed, 2 not computed",
            r"spread: not computed: 3-4 \(2 tasks\)",
            r"spread: not computed because task 2 was fatal",
        )

    def test_what_the_same_worker_had_been_sent_is_delivered(self):
        result = self.puppet([0, FATAL, 2, 3], "--window", "4")
        self.assert_run(result, 1, [0, None, 2, 3])

    def test_what_another_worker_computes_is_delivered(self):
        post, gate = self.post(), self.gate()
        slow = do(["tell", post.path], ["wait", gate.path], answer="late")
        running = self.start(
            *("run", "-j2", "--window", "1", "--in", "json", "--unordered", "--", *PUPPET),
            bufsize=0,
        )
        running.write(json_lines([slow]))
        post.line()
        running.write(json_lines([FATAL, 2, 3]))
        # The end has been decided when this comes, and the slow one computes still.
        self.assertEqual(running.read_line(), "null\n")
        gate.open()
        running.close_input()
        result = running.finish()
        self.assertEqual(result.status, 3, result)
        self.assertEqual(sorted(result.out.split()), ['"late"', "null", "null"], result)

    def test_it_is_not_tried_again(self):
        tries = self.path("tries")
        result = self.puppet([do(["tell", tries], *FATAL["do"])], "--retries", "3")
        self.assert_run(result, 1, [None])
        with open(tries, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 1)

    def test_input_that_is_still_open_is_not_waited_for(self):
        running = self.start("run", "-j1", "--in", "json", "--", *PUPPET)
        running.write(json_lines([FATAL]))
        running.process.wait()
        result = running.finish()
        self.assert_run(result, 1, [None])
        self.assert_told(result, r"spread: the rest of the input was not read: task 1 was fatal")


class OtherOrder(SpreadTest):
    def test_results_of_one_worker_that_answers_backwards(self):
        last = do(["send", [1, "ok", "b"]], ["send", [0, "ok", "a"]], answer="c")
        tasks = [do(["no_answer"]), do(["no_answer"]), last]
        self.assert_run(self.puppet(tasks, "--window", "3"), 0, ["a", "b", "c"], "")

    def test_unordered_results_come_as_they_were_answered(self):
        last = do(["send", [1, "ok", "b"]], ["send", [0, "ok", "a"]], answer="c")
        tasks = [do(["no_answer"]), do(["no_answer"]), last]
        result = self.puppet(tasks, "--window", "3", "--unordered")
        self.assert_run(result, 0, ["b", "a", "c"], "")

    def test_a_worker_that_dies_has_answered_what_it_has_answered(self):
        # Of the three it was sent the last is answered, the first kills it, and the second was only
        # behind: 3 is not computed twice, 1 and 2 are.
        seen = self.path("seen")
        dies = ["once", self.path("once"), ["send", [3, "ok", "early"]], ["kill", 9]]
        tasks = [
            "proven",
            do(dies, answer=1),
            do(["tell", seen, "2"], answer=2),
            do(["tell", seen, "3"], answer="again"),
        ]
        result = self.puppet(tasks, "--window", "4")
        self.assert_run(result, 0, ["proven", 1, 2, "early"], "")
        with open(seen, encoding="utf-8") as file:
            self.assertEqual(file.read(), "2\n")


class Attached(SpreadTest):
    """What an answer brings along as its stdout and stderr."""

    def test_blocks_are_headed_by_the_number_of_the_task(self):
        shows = do(["answer", "ok", "x", "one\ntwo\n", "three\n"])
        result = self.puppet([*range(7), shows])
        err = "#slot so7 ------\none\ntwo\n#slot se7 ------\nthree\n"
        self.assert_run(result, 0, [*range(7), "x"], err)

    def test_what_is_empty_has_no_block(self):
        tasks = [
            do(["answer", "ok", 0, "", ""]),
            do(["answer", "ok", 1, None, "err\n"]),
            do(["answer", "ok", 2, "out\n"]),
        ]
        err = "#slot se1 ------\nerr\n#slot so2 ------\nout\n"
        self.assert_run(self.puppet(tasks), 0, [0, 1, 2], err)

    def test_error_answers_have_them_too(self):
        fails = do(["answer", "error", {"type": "E", "message": "m"}, "out", "err"])
        result = self.puppet([0, fails])
        self.assert_run(result, 1, [0, None])
        self.assert_told(
            result,
            *(r"#slot so1 ------", r"out", r"#slot se1 ------", r"err"),
            r"spread: task 2 \(line 2: .*\) failed on localhost: E: m",
        )

    def test_blocks_of_several_workers_are_never_interleaved(self):
        count, lines = 40, 400
        tasks = [
            do(["answer", "ok", n, f"out {n}\n" * lines, f"err {n}\n" * lines])
            for n in range(count)
        ]
        result = self.puppet(tasks, "-j4")
        self.assert_run(result, 0, list(range(count)))
        blocks = re.findall(r"#slot so(\d+) ------\n((?:out .*\n)+)", result.err)
        blocks += re.findall(r"#slot se(\d+) ------\n((?:err .*\n)+)", result.err)
        self.assertEqual(len(blocks), 2 * count)
        for number, text in blocks:
            self.assertEqual(set(text.splitlines()), {f"{text[:3]} {number}"})
            self.assertEqual(text.count("\n"), lines)


class Hello(SpreadTest):
    def greet(self, tasks, hello, *options):
        """Every worker says hello while it is prepared; its prep item is the only one."""
        item = json_lines([do(["send", [None, "hello", hello]])]).strip()
        return self.puppet(tasks, "--prep-json", item, *options)

    def test_same_number_of_prep_items_is_fine(self):
        hello = {"wire": 1, "prep": 1, "features": ["x"], "lang": "l", "sdk": "s 1"}
        self.assert_run(self.greet([1, 2], hello), 0, [1, 2], "")

    def test_unknown_keys_are_ignored_with_one_warning_for_all_workers(self):
        hello = {"wire": 1, "colour": "blue", "taste": {"a": [1]}}
        result = self.greet([1, 2], hello, "-j2", "--start-all")
        self.assert_run(result, 0, [1, 2])
        self.assert_only_told(
            result,
            r"spread: worker [01] on localhost: its hello has the key 'colour', which this spread "
            r"does not know; such keys are ignored",
        )
        self.assertEqual(result.err.count("\n"), 1)

    def test_late_hello_is_ignored_with_one_warning(self):
        # Obeyed, the second would end the run, and the third kill the worker.
        for late in ({"wire": 1, "prep": 7}, {"wire": 2}, {"window": "?"}):
            with self.subTest(late):
                says = do(["send", [None, "hello", late]], ["send", [None, "hello", late]])
                result = self.greet([says, 1], {"wire": 1}, "-j1")
                self.assert_run(result, 0, [0, 1])
                self.assert_only_told(
                    result,
                    r"spread: worker 0 on localhost: it said hello after its first message; "
                    r"a late hello is ignored",
                )
                self.assertEqual(result.err.count("\n"), 1)

    def test_hello_behind_an_answer_is_late_though_it_is_the_first(self):
        says = do(["send", [None, "hello", {"wire": 1, "prep": 7}]])
        result = self.puppet([0, says])
        self.assert_run(result, 0, [0, 1])
        self.assert_told(result, r"spread: worker 0 on localhost: .*late hello.*")

    def test_another_number_of_prep_items_ends_the_run(self):
        for count in (0, 3):
            with self.subTest(count):
                result = self.greet([1, 2, 3], {"wire": 1, "prep": count}, "-j2")
                self.assert_run(result, 255, [None, None, None])
                why = rf"worker [01] on localhost: it wants {count} prep items, and is given 1"
                self.assert_told(
                    result,
                    rf"spread: {why}",
                    r"spread: none of 3 tasks was computed",
                )

    def test_no_task_is_charged_for_it(self):
        result = self.greet([1, 2], {"wire": 1, "prep": 2}, "--out", "records")
        self.assertEqual(result.status, 255, result)
        self.assertEqual(statuses(result), ["not computed"] * 2)

    def test_run_ends_though_the_input_is_open(self):
        item = json_lines([do(["send", [None, "hello", {"wire": 1, "prep": 2}]])]).strip()
        running = self.start(
            "run", "-j1", "--in", "json", "--prep-json", item, "--", *PUPPET
        )
        running.write("1\n")
        running.process.wait()
        self.assertEqual(running.finish().status, 255)

    def test_window_of_a_hello_is_never_exceeded(self):
        # Nothing is read behind a task before it is answered, and so it can be seen who is sent
        # one: with a window of 1 the second task goes to the second worker.
        post, gate = self.post(), self.gate()
        hello = {"wire": 1, "window": 1}
        item = json_lines([do(["send", [None, "hello", hello]])]).strip()
        running = self.start("run", "-j2", "--in", "json", "--prep-json", item, "--", *PUPPET)
        running.write(json_lines([do(["tell", post.path], ["wait", gate.path])] * 2))
        self.assertEqual(len(set(post.lines(2))), 2)
        gate.open(2)
        running.close_input()
        self.assert_run(running.finish(), 0, [0, 1], "")

    def test_another_wire_is_a_launch_failure(self):
        result = self.greet([1, 2], {"wire": 2})
        self.assert_run(result, 2, [None, None])
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: it speaks wire 2, and this spread speaks wire 1",
            r"spread: none of 2 tasks was computed",
        )


if __name__ == "__main__":
    unittest.main()
