"""Tails: what workers write when all is answered, and what commands write that are no workers."""

import os
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines, shell_words


class TailsOfWorkers(SpreadTest):
    def worker(self, tail, before=""):
        """--worker with that tail; `before` is what a shell does before it ends."""
        command = f"{shell_words(PUPPET)}; {before or ':'}; printf {shell_words([tail])}"
        return ("--worker", shell_words(["sh", "-c", command]))

    def run_workers(self, *options, tasks=(1, 2, 3)):
        return self.spread(
            "run", "--in", "json", "--start-all", *options, input=json_lines(tasks)
        )

    def test_come_after_the_last_result_in_the_order_of_the_workers(self):
        # The first worker ends when the last one has.
        post = self.post()
        first = self.worker(r"first\n", before=f"read -r line <{post.path}")
        last = self.worker(r"last\n", before=f"echo ended >{post.path}")
        result = self.run_workers(*first, *self.worker(r"second\n"), *last)
        self.assert_run(result, 0, "1\n2\n3\nfirst\nsecond\nlast\n", "")

    def test_stdin_stays_open_until_all_tasks_are_final(self):
        # A worker that has nothing to do must not be told to end while another computes.
        post, gate = self.post(), self.gate()
        ends = self.worker("", before=f"echo ended >{post.path}")
        running = self.start(
            *("run", "--in", "json", "--window", "1", "--start-all", *ends, *ends), bufsize=0
        )
        told = ["tell", post.path, "at work"]
        running.write(json_lines([do(told, ["wait", gate.path]), 1]))
        running.close_input()
        self.assertEqual(post.line(), "at work")
        self.assertTrue(post.is_empty())
        gate.open()
        self.assert_run(running.finish(), 0, [0, 1], "")
        self.assertEqual(post.lines(2), ["ended"] * 2)

    def test_are_kept_byte_by_byte(self):
        tail = "".join(f"\\{n:03o}" for n in range(256)) + "no newline"
        result = self.run_workers(*self.worker(tail.replace("%", "%%").replace("\\045", "%%")))
        self.assert_run(result, 0, b"1\n2\n3\n" + bytes(range(256)) + b"no newline", "")

    def test_that_look_like_answers_are_tails(self):
        frame = b"\xc6\0\0\0\x06\x93\x00\xa2ok\x07"
        tail = "".join(f"\\{byte:03o}" for byte in frame)
        self.assert_run(self.run_workers(*self.worker("bye " + tail)), 0, b"1\n2\n3\nbye " + frame)

    def test_newline_behind_the_last_frame_is_no_tail(self):
        # PUPPET writes one behind each answer; the second is the worker's own.
        self.assert_run(self.run_workers(*self.worker("")), 0, "1\n2\n3\n", "")
        self.assert_run(self.run_workers(*self.worker(r"\n")), 0, "1\n2\n3\n\n", "")

    def test_larger_than_a_pipe(self):
        size = 3 << 20
        many = ("--worker", f"sh -c '{shell_words(PUPPET)}; head -c {size} /dev/zero'")
        result = self.run_workers(*many, *self.worker("end"))
        self.assert_run(result, 0, b"1\n2\n3\n" + b"\0" * size + b"end", "")

    def test_of_workers_without_any_task(self):
        result = self.run_workers(*self.worker("a"), *self.worker("b"), tasks=(1,))
        self.assert_run(result, 0, "1\nab", "")

    def test_output_of_a_worker_that_died_is_none(self):
        # PUPPET itself this time: with a shell around it, the shell would write on.
        self.environment["PUPPET_TAIL"] = "tail"
        dies = do(["once", self.path("once"), ["raw", "last words\n"], ["kill", 9]], answer=1)
        result = self.puppet([0, dies])
        self.assert_run(result, 0, "0\n1\ntail")
        self.assertIn("last words\n", result.err)

    def test_failures_do_not_cost_them(self):
        fails = do(["answer", "error", {"type": "E", "message": "m"}])
        result = self.run_workers(*self.worker("tail"), tasks=(1, fails))
        self.assert_run(result, 1, "1\nnull\ntail")


class Forms(SpreadTest):
    """Two workers with different tails, the later one ending first."""

    def run_two(self, *options):
        post = self.path("post")
        if not os.path.exists(post):
            self.post()
        words = shell_words(PUPPET)
        first = f"{words}; read -r line <{post}; echo one; echo two"
        second = f"{words}; printf three; echo ended >{post}"
        lists = [("--worker", shell_words(["sh", "-c", text])) for text in (first, second)]
        return self.spread(
            *("run", "--in", "json", "--start-all", *options, *lists[0], *lists[1]), input="1\n2\n"
        )

    def test_stdout(self):
        for options in ((), ("--tails", "stdout"), ("--tails=stdout",)):
            self.assert_run(self.run_two(*options), 0, "1\n2\none\ntwo\nthree", "")

    def test_stderr(self):
        self.assert_run(self.run_two("--tails", "stderr"), 0, "1\n2\n", "one\ntwo\nthree")

    def test_none(self):
        self.assert_run(self.run_two("--tails", "none"), 0, "1\n2\n", "")

    def test_directory_that_is_made_or_there(self):
        for name in ("there", "there too"):
            os.mkdir(self.path(name))
        for name in ("made/for/it/", "there", "there too/"):
            with self.subTest(name):
                self.assert_run(self.run_two("--tails", name), 0, "1\n2\n", "")
                self.assertEqual(sorted(os.listdir(self.path(name))), ["0", "1"])
                with open(self.path(name) + "/0", encoding="utf-8") as file:
                    self.assertEqual(file.read(), "one\ntwo\n")
                with open(self.path(name) + "/1", encoding="utf-8") as file:
                    self.assertEqual(file.read(), "three")

    def test_files_of_an_earlier_run_are_replaced(self):
        for _ in range(2):
            result = self.spread("all", "-j1", "--tails", "out/", "--", "echo", "new")
            self.assert_run(result, 0, "", "")
        with open(self.path("out/0"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "new\n")

    def test_directory_that_cannot_be_made(self):
        self.file("file", "")
        for name in ("file/", "file/below/"):
            with self.subTest(name):
                marker = self.path("started")
                result = self.spread("all", "--tails", name, "--", "touch", marker)
                self.assert_run(result, 255, "")
                self.assert_only_told(result, rf"spread: --tails {name}: .*(directory|exists)")
                self.assertFalse(os.path.exists(marker))


class PlainCommands(SpreadTest):
    """`spread all` with programs that know nothing of spread."""

    def test_same_command_in_every_slot(self):
        kernel = os.uname().sysname + "\n"
        self.assert_run(self.spread("all", "-j3", "--", "uname", "-s"), 0, kernel * 3, "")

    def test_argument_lists(self):
        result = self.spread("all", "--worker", "echo a", "--worker", "echo b")
        self.assert_run(result, 0, "a\nb\n", "")

    def test_argument_lists_and_a_command(self):
        result = self.spread("all", "--worker", "echo 'a  b' c", "-j2", "--", "echo", "{worker}")
        self.assert_run(result, 0, "a  b c\n1\n2\n", "")

    def test_order_is_that_of_the_workers_whoever_ends_first(self):
        post = self.post()
        result = self.spread(
            *("all", "--worker", f"sh -c 'read -r line <{post.path}; echo first'"),
            *("--worker", f"sh -c 'echo second; echo ended >{post.path}'"),
        )
        self.assert_run(result, 0, "first\nsecond\n", "")

    def test_output_without_newline_and_output_that_looks_like_frames(self):
        frame = b"\xc6\0\0\0\x06\x93\x00\xa2ok\x07"
        with open(self.path("bytes"), "wb") as file:
            file.write(b"\n\n" + frame + b"\xff end")
        result = self.spread("all", "-j2", "--", "cat", "bytes")
        self.assert_run(result, 0, (b"\n\n" + frame + b"\xff end") * 2, "")

    def test_hello_is_the_only_frame_that_is_taken_out(self):
        hello = r"\306\0\0\0\011\223\300\245hello\200"
        result = self.spread("all", "-j1", "--", "printf", hello + r"tail\n")
        self.assert_run(result, 0, "tail\n", "")
        # Not as the very first bytes it is output like all else.
        result = self.spread("all", "-j1", "--", "printf", r"\n" + hello)
        self.assert_run(result, 0, b"\n\xc6\0\0\0\x09\x93\xc0\xa5hello\x80", "")

    def test_stdin_is_at_its_end(self):
        self.assert_run(self.spread("all", "-j2", "--", "cat", input="not for them"), 0, "", "")

    def test_stderr_is_passed_on(self):
        result = self.spread("all", "-j1", "--", "sh", "-c", "echo out; echo err >&2")
        self.assert_run(result, 0, "out\n", "err\n")

    def test_output_is_handed_back_whatever_the_exit_status(self):
        command = "echo out $SPREAD_WORKER; exit $SPREAD_WORKER"
        result = self.spread("all", "-j3", "--", "sh", "-c", command)
        self.assert_run(result, 2, "out 0\nout 1\nout 2\n")
        self.assert_only_told(
            result,
            r"spread: worker 1 on localhost: exit status 1",
            r"spread: worker 2 on localhost: exit status 2",
        )

    def test_none_is_started_twice(self):
        runs = self.path("runs")
        result = self.spread("all", "-j3", "--", "sh", "-c", f"echo x >>{runs}; exit 1")
        self.assertEqual(result.status, 3, result)
        with open(runs, encoding="utf-8") as file:
            self.assertEqual(file.read(), "x\n" * 3)

    def test_forms(self):
        self.assert_run(self.spread("all", "-j2", "--tails", "none", "--", "echo", "x"), 0, "", "")
        result = self.spread("all", "-j2", "--tails", "stderr", "--", "echo", "x")
        self.assert_run(result, 0, "", "x\nx\n")
        result = self.spread("all", "-j2", "--tails", "out/", "--", "echo", "{worker}")
        self.assert_run(result, 0, "", "")
        for number in "01":
            with open(self.path("out/" + number), encoding="utf-8") as file:
                self.assertEqual(file.read(), number + "\n")


if __name__ == "__main__":
    unittest.main()
