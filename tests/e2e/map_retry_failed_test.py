"""--retry-failed of `spread map`: the joblog's failed commands once more, as GNU parallel has it."""

import os
import shutil
import subprocess
import unittest

from map_testing import MapTest, failures, wait_at
from spread_testing import SPREAD

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
RETRY = ("--retry-failed", "--joblog", "log")


def line(sequence, command, exit_status=1, signal=0, host="localhost"):
    return f"{sequence}\t{host}\t1.000\t     0.000\t0\t0\t{exit_status}\t{signal}\t{command}\n"


class RetryFailed(MapTest):
    def log(self, *lines):
        self.file("log", HEADER + "".join(lines))

    def logged(self):
        """Of each line: the number, Exitval and the command."""
        rows = [row.split("\t") for row in self.read("log").splitlines()]
        return [(int(row[0]), row[6], row[8]) for row in rows if row[0] != "Seq"]

    def retry(self, *options, **how):
        return self.map("-j1", *options, *RETRY, **how)

    def test_what_failed_is_run_with_its_number_and_appended(self):
        self.map("-j1", "--joblog", "log", "echo {}; exit {}", ":::", "0", "3", "0", "4")
        told = failures(
            (2, "exit status 3", "echo 3; exit 3"), (4, "exit status 4", "echo 4; exit 4"), of=4
        )
        self.assert_run(self.retry(), 2, "3\n4\n", told)
        self.assertEqual([row[:2] for row in self.logged()][4:], [(2, "3"), (4, "4")])
        self.assertEqual(self.read("log").count("Seq\t"), 1)

    def test_last_line_of_a_number_counts(self):
        self.log(
            line(1, "echo was"),
            line(2, "echo b", exit_status=0),
            line(3, "echo c"),
            line(3, "echo d", signal=9, exit_status=0),
            line(1, "echo mended", exit_status=0),
            line(2, "echo broke"),
        )
        self.assert_run(self.retry(), 0, "broke\nd\n", "")
        # They are mended now.
        self.assert_run(self.retry(), 0, "", "")

    def test_a_time_out_and_a_command_that_is_not_there_have_failed(self):
        self.log(line(1, "echo a", -1, 15), line(2, "echo b", 127))
        self.assert_run(self.retry(), 0, "a\nb\n", "")

    def test_ok_says_what_has_failed(self):
        self.log(line(1, "echo a", 1), line(2, "echo b", 2), line(3, "echo c", 0))
        self.assert_run(self.retry("--ok", "0,1"), 0, "b\n", "")

    def test_stdin_is_not_read(self):
        self.log(line(1, "cat; echo a"))
        running = self.start_map("-j1", *RETRY, stdin=subprocess.PIPE)
        # Its input does not end before it has.
        self.assertEqual(running.process.stdout.read(), b"a\n")
        self.assertEqual(running.process.wait(), 0)
        running.process.stdin.close()

    def test_line_of_before_may_be_given_again(self):
        self.log(line(1, "echo a"), line(2, "echo b", exit_status=0))
        note = (
            "spread: --retry-failed runs the commands of the joblog; the one that is given, and "
            "its items, are not looked at\n"
        )
        for words in (
            ("rm", "-r", ":::", "x"),
            ("-a", "/nowhere/items", "rm"),
            ("--stdin", "rm"),
            ("-X", "-n2", "--colsep", ",", "--header", ":", "rm", ":::", "x"),
            ("-q", "rm"),
            (":::", "x"),
        ):
            with self.subTest(words):
                self.log(line(1, "echo a"), line(2, "echo b", exit_status=0))
                result = self.map("-j1", *RETRY, *words)
                self.assert_run(result, 0, "a\n", note)

    def test_commands_of_any_bytes(self):
        items = ("a\tb", "c\nd", "e\\nf\\", "g'h \"", "ä €", "", "-x", "$(touch no)", "*")
        self.map("-j1", "--joblog", "log", "printf '<%s>' {} >&2; printf '[%s]' {}; false", ":::", *items)
        result = self.retry()
        self.assertEqual(result.out, "".join(f"[{item}]" for item in items))
        self.assertTrue(result.err.startswith("".join(f"<{item}>" for item in items)), result)
        # What was appended is what was there.
        commands = [row[2] for row in self.logged()]
        self.assertEqual(commands[: len(items)], commands[len(items) :])
        self.assertEqual(self.retry().out, result.out)
        self.assertFalse(os.path.exists(self.path("no")))

    def test_script_of_bash_and_item_on_stdin_are_in_the_command(self):
        self.map("--joblog", "log", "cat <(echo {}); false", ":::", "a", "b c")
        self.map("--joblog", "other", "--stdin", "cat; false", input="it's\n")
        for _ in range(3):
            self.assertEqual(self.retry().out, "a\nb c\n")
            self.assertEqual(self.map("--retry-failed", "--jl", "other").out, "it's\n")

    def test_exported_function_is_in_the_command(self):
        self.environment["BASH_FUNC_greet%%"] = "() {  echo hello $1; false\n}"
        self.map("-j1", "--joblog", "log", "greet {}", ":::", "a", "b c")
        for _ in range(2):
            self.assertEqual(self.retry().out, "hello a\nhello b c\n")
        # What was appended is what was there.
        self.assertEqual([row[2] for row in self.logged()][::2], ["bash -c 'greet a'"] * 3)

    def test_place_that_only_the_item_names(self):
        self.log(line(1, "touch ran"))
        for option in (("--wd", "w/{}"), ("--return", "{.}.out"), ("--transferfile", "{}"),
                       ("--transfer",), ("--trc", "{}.out"), ("--results", "out/{1}")):
            with self.subTest(option):
                name = {"--transfer": "--transferfile", "--trc": "--transferfile"}.get(option[0], option[0])
                told = (f"spread: {name} names a place by the item, and the joblog does not have the item; "
                        "--resume-failed has it, with the line of before\n")
                self.assert_run(self.retry(*option), 255, "", told)
        self.assertEqual(os.listdir(self.folder), ["log"])

    def test_options_of_the_run_are_those_given_now(self):
        self.log(line(2, "echo b"), line(4, "echo d; exit 3"), line(5, "echo e"))
        for options, out in (
            (("--tag",), "echo b\tb\necho d; exit 3\td\necho e\te\n"),
            (("--tagstring", "{#}"), "2\tb\n4\td\n5\te\n"),
            (("-u",), "b\nd\ne\n"),
            (("--lb",), "b\nd\ne\n"),
            (("--halt", "now,fail=1"), "b\nd\n"),
            (("--results", "out"), ""),
        ):
            with self.subTest(options):
                self.log(line(2, "echo b"), line(4, "echo d; exit 3"), line(5, "echo e"))
                result = self.retry(*options)
                self.assertEqual(result.out, out, result)
                self.assertEqual(result.status, 3 if "--halt" in options else 1)
        self.assertEqual(self.read("out/4/stdout"), "d\n")
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["2", "4", "5"])

    def test_number_is_that_of_the_job(self):
        self.log(line(7, "echo $PARALLEL_SEQ $SPREAD_SEQ"))
        self.assert_run(self.retry(), 0, "7 7\n", "")

    def test_order_is_that_of_the_numbers(self):
        gate = self.gate()
        self.log(line(2, f"echo b; echo >{gate.path}"), line(1, f"{wait_at(gate)}; echo a"))
        self.assert_run(self.map("-j2", *RETRY), 0, "a\nb\n", "")

    def test_plus_is_the_same_file(self):
        self.log(line(1, "echo a"))
        result = self.map("--retry-failed", "--joblog", "+log")
        self.assert_run(result, 0, "a\n", "")
        self.assertEqual(self.logged(), [(1, "1", "echo a"), (1, "0", "echo a")])

    def test_dry_run(self):
        self.log(line(1, "echo a"), line(2, "echo b", exit_status=0), line(3, "echo 'c d'"))
        before = self.read("log")
        result = self.retry("--dry-run")
        self.assertEqual((result.status, result.out), (0, "echo a\necho 'c d'\n"))
        self.assertEqual(self.read("log"), before)

    def test_nothing_to_do(self):
        for text in ("", HEADER, HEADER + line(1, "echo a", exit_status=0)):
            with self.subTest(text):
                self.file("log", text)
                self.assert_run(self.retry(), 0, "", "")

    def test_log_that_is_not_there(self):
        for options in ((), ("--dry-run",)):
            told = "--retry-failed: cannot read log: No such file or directory\n"
            result = self.retry(*options)
            self.assertEqual((result.status, result.out), (255, ""))
            self.assertIn(told, result.err)
            self.assertFalse(os.path.exists(self.path("log")))

    def test_log_of_something_else(self):
        for text in ("this is\nno joblog\n", HEADER + line(1, "touch ran") + "x\n"):
            with self.subTest(text):
                self.file("log", text)
                result = self.retry()
                self.assertEqual((result.status, result.out), (255, ""), result)
                number = text.count("\n") if text.startswith("Seq") else 1
                told = rf"\Aspread: --retry-failed: log line {number}: this is no line of a joblog\n\Z"
                self.assertRegex(result.err, told)
                self.assertEqual(self.read("log"), text)
                self.assertFalse(os.path.exists(self.path("ran")))

    def test_line_that_was_cut_off_is_no_line(self):
        self.log(line(1, "echo a"), line(2, "touch ran; rm")[:-4])
        self.assert_run(self.retry(), 0, "a\n", "")
        self.assertEqual([row[0] for row in self.logged()], [1, 1])
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_command_that_is_too_long_for_a_shell(self):
        self.log(line(1, ": " + "x" * 140000))
        result = self.retry()
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertIn(" argument 2 has 140002 bytes, and the kernel takes 131071 ", result.err)
        # There is no item that could go there.
        self.assertNotIn("--stdin", result.err)
        self.assertEqual(self.logged()[-1][2], self.logged()[0][2])

    def test_number_that_no_run_wrote(self):
        self.log(line(10**18, "echo a"))
        result = self.retry()
        self.assert_run(result, 255, "")
        self.assert_told(result, r"spread: --retry-failed: log has a job 1000000000000000000, .*")

    def test_numbers_far_apart(self):
        self.log(line(300000, "echo a"))
        self.assert_run(self.retry(), 0, "a\n", "")

    def test_item_that_only_the_environment_had(self):
        self.map("-j1", "--joblog", "log", 'test "$SPREAD_ITEM" = 2', ":::", "1", "2")
        told = (
            "$SPREAD_ITEM: the joblog does not have the item; --resume-failed has it, with the "
            "line of before"
        )
        result = self.retry()
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertIn(told, result.err)
        command = self.logged()[0][2]
        self.assertEqual(self.logged()[-1], (1, "-1", command))

    def test_needs_a_log_and_excludes_resume(self):
        hint = " (try 'spread map --help')\n"
        told = "spread: --retry-failed needs --joblog, which has the commands" + hint
        self.assert_run(self.map("--retry-failed"), 255, "", told)
        self.log(line(1, "touch ran"))
        for option in ("--resume", "--resume-failed"):
            told = f"spread: --retry-failed and {option} exclude each other" + hint
            self.assert_run(self.retry(option), 255, "", told)
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_only_its_whole_name_means_it(self):
        self.log(line(1, "touch ran"))
        for name in ("--retry", "--retry-f", "--retry-faile", "--retryfailed"):
            result = self.map(name, "--joblog", "log")
            with self.subTest(name):
                if name == "--retryfailed":
                    self.assertEqual(result.status, 0)
                    continue
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assertFalse(os.path.exists(self.path("ran")))
        self.assertIn("did you mean '--retries'?", self.map("--retry", "2", "echo").err)

    def test_output_must_not_go_to_the_log(self):
        self.log(line(1, "echo a"))
        before = self.read("log")
        program = [SPREAD, "map", "--retry-failed", "--joblog", self.path("log")]
        with open(self.path("log"), "ab") as out:
            result = subprocess.run(
                program, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, check=False
            )
        self.assertEqual(result.returncode, 255)
        self.assertEqual(self.read("log"), before)


@unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
class AsGnuParallel(MapTest):
    def parallel(self, *words):
        return subprocess.run(
            ["parallel", "-j1", "-k", *words],
            cwd=self.folder,
            env={**self.environment, "HOME": self.folder, "PARALLEL_SHELL": "/bin/sh"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def compare(self, theirs, ours):
        """Runs again what failed, with each program on a log of its own."""
        there = self.parallel("--retry-failed", "--joblog", theirs)
        here = self.map("-j1", "--retry-failed", "--joblog", ours)
        self.assertEqual((here.status, here.out), (there.returncode, there.stdout.decode()), here)
        logs = []
        for name in (theirs, ours):
            rows = [row.split("\t") for row in self.read(name).splitlines()]
            logs.append([(row[0], row[6], row[7]) for row in rows])
        self.assertEqual(*logs)
        return here

    def test_on_its_joblog(self):
        script = "echo {} a\\nb 'x\\ty' \"ü\"; test {} = 2 && exit 0; exit {}"
        self.parallel("--joblog", "theirs", script, ":::", "1", "2", "3")
        self.file("ours", self.read("theirs"))
        result = self.compare("theirs", "ours")
        self.assertEqual(result.status, 2)
        # And once more: now some lines are spread's.
        self.compare("theirs", "ours")

    def test_on_its_joblog_with_newlines_and_tabs(self):
        script = "echo a\n echo {}; false"
        self.parallel("--joblog", "theirs", script, ":::", "x\ty")
        self.file("ours", self.read("theirs"))
        self.assertEqual(self.compare("theirs", "ours").out, "a\nx\ty\n")

    def test_on_our_joblog(self):
        self.map("-j1", "--joblog", "ours", "echo {}; exit {}", ":::", "0", "3", "0", "4")
        self.file("theirs", self.read("ours"))
        self.assertEqual(self.compare("theirs", "ours").out, "3\n4\n")

    def test_command_and_items_are_not_looked_at(self):
        self.parallel("--joblog", "log", "echo {}; false", ":::", "a")
        words = ("--retry-failed", "--joblog", "log", "touch", "ran", ":::", "b")
        self.assertEqual(self.parallel(*words).stdout, b"a\n")
        self.assertEqual(self.map(*words).out, "a\n")
        self.assertFalse(os.path.exists(self.path("ran")))


if __name__ == "__main__":
    unittest.main()
