"""--wire lines --window N: filters that buffer, and what becomes of those that do not answer every
line with one line."""

import json
import unittest

from spread_testing import PYTHON, SpreadTest

LINES = [str(n) for n in range(1, 5001)]
INPUT = "".join(line + "\n" for line in LINES)
ABOUT = (
    r" any of its answers from task {} \(line {}\) on may be that of another line; --window of --wire "
    r"lines is for what answers every line with one line"
)


class Window(SpreadTest):
    def lines(self, *words, window="2000", **how):
        how.setdefault("input", INPUT)
        return self.spread("run", "--wire", "lines", "--window", window, *words, **how)


class Buffers(Window):
    """Nothing of what they write comes before 4 KiB of it are there, or their input has ended."""

    FILTERS = (("tr", "1", "x"), ("sed", "s/1/x/g"), ("awk", '{ gsub("1", "x"); print }'))
    DONE = INPUT.replace("1", "x")

    def test_answers_come_in_order(self):
        for command in self.FILTERS:
            for slots in ("-j1", "-j2", "-j7"):
                with self.subTest(command=command, slots=slots):
                    result = self.lines(slots, "--", *command)
                    self.assert_run(result, 0, self.DONE, "")

    def test_answers_belong_to_their_lines_without_order(self):
        result = self.lines("-j3", "--unordered", "--out", "records", "--", "tr", "1", "x")
        self.assert_run(result, 0, err="")
        records = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(len(records), len(LINES))
        for record in records:
            self.assertEqual(record["value"], LINES[record["id"]].replace("1", "x"))

    def test_input_that_fits_into_a_buffer(self):
        result = self.lines("-j2", "--", "tr", "1", "x", input="1\n2\n3\n")
        self.assert_run(result, 0, "x\n2\n3\n", "")

    def test_window_that_no_worker_fills(self):
        for window in ("2", "5000", "1000000"):
            with self.subTest(window):
                result = self.lines("-j2", "--", "tr", "1", "x", window=window, input="1\n2\n3\n")
                self.assert_run(result, 0, "x\n2\n3\n", "")

    def test_lines_that_are_longer_than_pipes_and_buffers(self):
        text = "".join(str(n % 10) * 200_000 + "\n" for n in range(20))
        for options in ((), ("--window-bytes", "100M"), ("--read-ahead", "1")):
            with self.subTest(options):
                result = self.lines("-j2", *options, "--", "sed", "s/1/x/g", input=text)
                self.assertEqual((result.status, result.err), (0, ""))
                self.assertEqual(result.out, text.replace("1", "x"))

    def test_prep_items_get_no_answer(self):
        awk = "NR == 1 { prep = $0; next } { print prep $0 }"
        result = self.lines("-j2", "--prep", "p", "--", "awk", awk, input="1\n2\n")
        self.assert_run(result, 0, "p1\np2\n", "")

    def test_without_window_one_line_is_under_way(self):
        # It reads two lines before it answers the first: it would wait for ever.
        script = self.script("two", "#!/bin/sh\nread -r a; read -r b && echo late; echo $a\n")
        running = self.start("run", "--wire", "lines", "-j1", "--timeout", "0.2", "--", script)
        running.write("1\n2\n")
        running.close_input()
        self.assertNotIn("late", running.finish().out)


class Miscounts(Window):
    def check(self, result, told, status=255):
        self.assertEqual(result.status, status, result)
        self.assertRegex(result.err, r"\Aspread: worker \d on localhost: " + told + r"\n")
        self.assertEqual(result.err.count("may be that of another line"), 1, result.err)

    def test_line_left_out(self):
        told = "it has written 1 line fewer than it was given, so" + ABOUT.format(1, 1)
        self.check(self.lines("-j1", "--", "sed", "4000d"), told)

    def test_line_left_out_at_once(self):
        told = "it has written 1 line fewer than it was given, so" + ABOUT.format(1, 1)
        self.check(self.lines("-j1", "--", "sed", "-u", "2d", input="1\n2\n3\n"), told)

    def test_line_written_twice(self):
        told = "it has written more lines than it was given, so" + ABOUT.format(1, 1)
        for command in (("sed", "4000p"), ("sed", "-u", "2p"), ("sed", "p")):
            with self.subTest(command):
                self.check(self.lines("-j1", "--", *command), told)

    def test_line_behind_the_last(self):
        told = "it has written more lines than it was given, so" + ABOUT.format(1, 1)
        for last in ('END { print "total" }', 'END { printf "total" }'):
            with self.subTest(last):
                self.check(self.lines("-j1", "--", "awk", "1; " + last, input="1\n2\n"), told)

    def test_end_before_the_last_line(self):
        result = self.lines("-j1", "--", "sed", "3q", input="1\n2\n3\n4\n5\n")
        told = "it has written 2 lines fewer than it was given, so" + ABOUT.format(1, 1)
        self.check(result, told)
        self.assertEqual(result.out, "1\n2\n3\n\n\n")

    def test_first_line_is_that_of_the_worker(self):
        # A file is there at once: the first one is given a window of it, then the second one.
        script = self.script("second", "#!/bin/sh\n[ $SPREAD_WORKER = 0 ] && exec cat\nexec sed 5p\n")
        result = self.lines("-j2", "-a", self.file("rows", INPUT), "--", script)
        told = "it has written more lines than it was given, so"
        self.check(result, told + ABOUT.format(2001, "2001 of .*rows"))

    def test_it_is_not_tried_again(self):
        script = self.script("once", f"#!/bin/sh\necho start >>{self.path('log')}\nexec sed 2d\n")
        result = self.lines("-j1", "--retries", "3", "--", script, input="1\n2\n3\n")
        self.assertEqual(result.status, 255, result)
        with open(self.path("log"), encoding="ascii") as log:
            self.assertEqual(log.read(), "start\n")

    def test_no_line_wrong_where_the_window_is_one(self):
        script = 'while read -r line; do echo "$line"; done; echo total'
        result = self.lines("-j1", "--", "sh", "-c", script, window="1", input="1\n")
        self.assertEqual((result.status, result.out), (0, "1\ntotal\n"), result)


class Deaths(Window):
    def dies_once(self, how):
        """A filter that flushes line 3000 and then dies, at its first start."""
        died = self.path("died")
        return self.script(
            "dies", f"#!/bin/sh\nif [ -e {died} ]; then exec cat; fi\n: >{died}\nsed -u 3000q\n{how}\n"
        )

    def test_death_is_that_of_one_task_and_loses_nothing(self):
        for how in ("exit 3", "kill -9 $$"):
            for slots in ("-j1", "-j2"):
                with self.subTest(how=how, slots=slots):
                    result = self.lines(slots, "--", self.dies_once(how))
                    self.assert_run(result, 0, INPUT, "")

    def test_retries_after_a_time_out(self):
        hung = self.path("hung")
        script = self.script(
            "hangs",
            f"#!/bin/sh\nif [ -e {hung} ]; then exec cat; fi\n: >{hung}\nsed -u 2q\nexec sleep 1000\n",
        )
        result = self.lines("-j1", "--timeout", "1", "--retries", "0", "--", script, input="1\n2\n3\n4\n")
        self.assert_run(result, 0, "1\n2\n3\n4\n", "")

    def test_halt_now_ends_a_worker_whose_input_is_closed(self):
        script = self.script("slow", "#!/bin/sh\nread -r a; echo $a; exec sleep 1000\n")
        result = self.lines("-j1", "--halt", "now,done=1", "--", script, input="1\n2\n3\n")
        self.assertEqual(result.out, "1\n\n\n")
        self.assertNotIn("another line", result.err)

    def test_first_signal_lets_it_write_what_it_holds(self):
        post = self.post()
        python = f"""
import sys
with open({post.path!r}, "w", buffering=1) as post:
    for line in sys.stdin:
        print("x" + line, end="")
        print(line, end="", file=post)
"""
        words = ("run", "--wire", "lines", "--window", "10", "-j1", "--", PYTHON, "-c", python)
        running = self.start(*words, bufsize=0)
        running.write("1\n2\n")
        self.assertEqual(post.lines(2), ["1", "2"])
        running.signal(15)
        result = running.finish()
        self.assertEqual((result.status, result.out), (128 + 15, "x1\nx2\n"), result)


class Refusals(Window):
    def test_one_try_of_a_crash_is_one_line_at_a_time(self):
        result = self.lines("--crash-retries", "1", "--", "cat", input="1\n")
        self.assertEqual(result.status, 255)
        self.assert_only_told(
            result,
            r"spread: --crash-retries 1 gives a worker one line at a time, so that it is known which "
            r"one it died of; leave out --window 2000 .*",
        )


if __name__ == "__main__":
    unittest.main()
