"""Text on a worker's standard output that is no answer."""

import sys
import unittest

from spread_testing import SpreadTest, do, json_lines

HINT = (
    r"spread: worker 0 on localhost printed text on its standard output, which is for answers; "
    r".*"
)


class StrayOutput(SpreadTest):
    def check(self, *steps, told):
        """Every task does the steps; nothing is lost, and what is `told` is seen on stderr."""
        result = self.puppet([0, do(*steps, answer="fine"), 2])
        self.assert_run(result, 0, [0, "fine", 2])
        self.assert_only_told(result, HINT, *told)

    def test_print_of_the_worker(self):
        self.check(["print", "hello there"], told=[r"hello there"])

    def test_puts_of_a_library_in_c(self):
        self.check(["puts", "from the library"], told=[r"from the library"])

    def test_print_of_a_child_process(self):
        self.check(["child", "echo", "from the child"], told=[r"from the child"])

    def test_print_without_a_newline(self):
        self.check(["print", "no newline", ""], told=[r"no newline"])

    def test_print_that_begins_with_schwa(self):
        # C6 8F: the byte that every frame begins with.
        self.check(["print", "Əlvida dünya"], told=[r"Əlvida dünya"])

    def test_print_of_schwa_alone_without_a_newline(self):
        self.check(["print", "Ə", ""], told=[r"Ə"])

    def test_print_of_the_frame_byte_alone(self):
        self.check(["raw", "\xc6"], told=[r"\ufffd"])

    def test_latin_1_that_begins_with_the_frame_byte(self):
        self.check(["raw", "\xc6gypten und \xc6neas\n"], told=[r"\ufffdgypten und \ufffdneas"])

    def test_empty_lines_are_no_output(self):
        result = self.puppet([0, do(["print", "\n\n"], answer=1), 2])
        self.assert_run(result, 0, [0, 1, 2], "")

    def test_hint_comes_once(self):
        result = self.puppet([do(["print", f"line {n}"]) for n in range(5)])
        self.assert_run(result, 0, [0, 1, 2, 3, 4])
        self.assert_only_told(result, HINT, *(f"line {n}" for n in range(5)))
        self.assertEqual(result.err.count("printed text on its standard output"), 1)

    def test_a_megabyte_without_newline(self):
        result = self.puppet([0, do(["print", "x" * 1000000, ""], answer="fine"), 2])
        self.assert_run(result, 0, [0, "fine", 2])
        self.assertEqual(result.err.replace("\n", "").count("x" * 1000), 1000)

    def test_print_while_idle_is_shown_at_once_and_is_no_tail(self):
        worker = ("import json, sys\n"
                  "for line in sys.stdin:\n"
                  "    print(json.dumps([json.loads(line)[0], 'ok', 1]), flush=True)\n"
                  "    print('while idle', flush=True)\n"
                  "print('tail')\n")
        running = self.start("run", "-j1", "--in", "json", "--wire", "json", "--", sys.executable,
                             "-c", worker)
        running.write("0\n")
        self.assertEqual(running.read_line(), "1\n")
        # Its stdin is open still.
        self.assertRegex(running.process.stderr.readline().decode(), HINT)
        self.assertEqual(running.process.stderr.readline(), b"while idle\n")
        self.assert_run(running.finish(), 0, "tail\n", "")

    def test_print_during_preparation(self):
        prep = '{"do":[["print","loading the model"]]}'
        result = self.puppet([0, 1], "--prep-json", prep)
        self.assert_run(result, 0, [0, 1])
        self.assert_only_told(result, HINT, r"loading the model")

    def test_strict_makes_it_an_error(self):
        result = self.puppet(
            [0, do(["print", "hello"]), 2], "--strict", "--crash-retries", "1"
        )
        self.assert_run(result, 1, [0, None, 2])
        self.assert_told(result, r'spread: task 2 .*was lost.*--strict.*"hello.*')

    def test_strict_is_told_once_though_the_next_start_works(self):
        # Nothing is proven yet, so it is tried again; but it must not pass unseen.
        once = do(["once", self.path("once"), ["raw", "banner\n"]])
        result = self.puppet([0, 1], "--strict", "--prep-json", json_lines([once]).strip())
        self.assert_run(result, 0, [0, 1])
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: it wrote what is no part of the protocol, and "
            r'--strict was given: "banner"',
        )

    def test_worker_that_never_gets_along_with_strict_is_told_once(self):
        always = json_lines([do(["raw", "banner\n"])]).strip()
        result = self.puppet([0], "--strict", "--prep-json", always)
        self.assert_run(result, 1, [None])
        self.assertEqual(result.err.count("worker 0 on localhost: it wrote"), 1, result)

    def test_strict_allows_the_newline_behind_a_frame(self):
        result = self.puppet([0, 1, 2], "--strict")
        self.assert_run(result, 0, [0, 1, 2], "")


class NotAWorker(SpreadTest):
    def test_cat_gets_a_hint_and_no_hang(self):
        result = self.spread("run", "-j1", "--start-retries", "1", "--", "cat", input="a\nb\n")
        self.assertIn(result.status, (2, 255))
        self.assertEqual(result.out, "\n\n")
        self.assert_told(result, r"spread: .*it echoes its input.*--wire lines.*")

    def test_cat_with_wire_lines_is_a_worker(self):
        result = self.spread("run", "-j1", "--wire", "lines", "--", "cat", input="a\nb\n")
        self.assert_run(result, 0, "a\nb\n", "")

    def test_a_program_that_prints_and_ends(self):
        result = self.spread("run", "-j1", "--start-retries", "1", "--", "echo", "hi", input="a\n")
        self.assert_run(result, 1, "\n")
        self.assert_told(result, HINT, r"hi")

    def test_more_than_one_line_per_task_in_wire_lines(self):
        # In one write: of lines that come later it is unknown which task they belong to.
        text = "#!/bin/sh\nwhile read -r x; do printf '%s\\n%s\\n' \"$x\" again; done\n"
        twice = self.script("twice", text)
        result = self.spread(
            *("run", "-j1", "--wire", "lines", "--crash-retries", "1", "--", twice),
            input="a\nb\n",
        )
        self.assertNotEqual(result.status, 0, result)
        self.assertIn("more than one line", result.err)


if __name__ == "__main__":
    unittest.main()
