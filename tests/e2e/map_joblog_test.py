"""--joblog, --resume and --resume-failed of `spread map`."""

import os
import subprocess
import unittest

from map_testing import MapTest, failures

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"


class Joblog(MapTest):
    def log(self, name="log"):
        """Its lines, each a list of columns, without times; the header is checked."""
        lines = self.read(name).split("\n")
        self.assertEqual(lines[0], HEADER)
        self.assertEqual(lines.pop(), "")
        jobs = []
        for line in lines[1:]:
            columns = line.split("\t")
            self.assertEqual(len(columns), 9, line)
            started, duration = float(columns.pop(2)), float(columns.pop(2))
            self.assertGreater(started, 1.5e9)
            self.assertGreaterEqual(duration, 0)
            jobs.append(columns)
        return jobs

    def logged(self, *words, name="log", **how):
        self.map("-j1", "--joblog", name, *words, **how)
        return self.log(name)


class Columns(Joblog):
    def test_each(self):
        for option in ("--joblog", "--jl"):
            result = self.map("-j1", option, "log", "echo {}; exit {}", ":::", "0", "3")
            self.assertEqual(result.status, 1)
            jobs = [
                ["1", "localhost", "2", "2", "0", "0", "echo 0; exit 0"],
                ["2", "localhost", "2", "2", "3", "0", "echo 3; exit 3"],
            ]
            self.assertEqual(self.log(), jobs)

    def test_signal_is_not_taken_for_a_success(self):
        jobs = self.logged("kill -{} $$", ":::", "9", "15")
        self.assertEqual([job[4:6] for job in jobs], [["137", "9"], ["143", "15"]])

    def test_timeout(self):
        jobs = self.logged("--timeout", "0.1", "sleep 1000; : {}", ":::", "a")
        self.assertEqual([job[4:6] for job in jobs], [["-1", "15"]])

    def test_command_that_is_not_there(self):
        jobs = self.logged("nowhere-found", "x", ":::", "a")
        self.assertEqual([job[4:] for job in jobs], [["127", "0", "nowhere-found x a"]])

    def test_one_line_for_a_job_that_was_tried_again(self):
        script = "echo x >>n; test $(wc -l <n) = {}"
        jobs = self.logged("--retries", "5", script, ":::", "3")
        self.assertEqual([job[0] for job in jobs], ["1"])
        self.assertEqual(jobs[0][4], "0")

    def test_line_is_written_when_the_job_ends(self):
        gate = self.gate()
        script = f"case {{}} in b) head -c1 <{gate.path} >/dev/null;; esac; echo {{}}"
        running = self.start_map("-j1", "--jl", "log", script, ":::", "a", "b", "c", stdin=None)
        self.assertEqual(running.read_line(), "a\n")
        while len(self.read("log").splitlines()) < 2:
            pass
        self.assertEqual([job[0] for job in self.log()], ["1"])
        gate.open()
        self.assertEqual(running.finish().status, 0)
        self.assertEqual([job[0] for job in self.log()], ["1", "2", "3"])

    def test_job_that_was_not_run_has_no_line(self):
        jobs = self.logged("--halt", "soon,done=1", "echo", ":::", "a", "b")
        self.assertEqual([job[0] for job in jobs], ["1"])

    def test_command_is_one_line_whatever_the_item(self):
        items = ("a\tb", "c\nd", "e\\f", "g\r", "")
        jobs = self.logged("echo", ":::", *items)
        commands = ["echo 'a\\tb'", "echo 'c\\nd'", "echo 'e\\\\f'", "echo 'g\\r'", "echo ''"]
        self.assertEqual([job[-1] for job in jobs], commands)

    def test_again_is_a_new_log_and_plus_appends(self):
        self.logged("echo", ":::", "a", "b")
        self.assertEqual([job[-1] for job in self.logged("echo", ":::", "c")], ["echo c"])
        self.map("-j1", "--jl", "+log", "echo", ":::", "d")
        # One header, so that it stays a table.
        self.assertEqual([job[-1] for job in self.log()], ["echo c", "echo d"])

    def test_file_that_cannot_be_written(self):
        result = self.map("--jl", "/nowhere/log", "touch", "started", ":::", "a")
        told = "spread: --joblog: cannot write /nowhere/log: No such file or directory\n"
        self.assert_run(result, 255, "", told)
        self.assertFalse(os.path.exists(self.path("started")))

    def test_disk_full_is_told(self):
        result = self.map("--jl", "/dev/full", "echo", ":::", "a")
        self.assert_told(result, r"spread: .*(joblog|/dev/full).*No space left on device.*")


class Resume(Joblog):
    def run_some(self, *items, script="echo {}; exit {}", options=()):
        return self.map("-j1", "--jl", "log", *options, script, ":::", *items)

    def test_what_is_in_the_log_is_neither_run_nor_printed_again(self):
        self.run_some("0", "3", "0", options=("--halt", "soon,done=2"))
        result = self.run_some("0", "3", "0", "4", options=("--resume",))
        told = failures((4, "exit status 4", "echo 4; exit 4"), of=4)
        self.assert_run(result, 1, "0\n4\n", told)
        self.assertEqual([job[0] for job in self.log()], ["1", "2", "3", "4"])

    def test_resume_failed_runs_those_again_that_failed(self):
        self.run_some("0", "3", "0")
        result = self.run_some("0", "3", "0", options=("--resume-failed",))
        told = failures((2, "exit status 3", "echo 3; exit 3"), of=3)
        self.assert_run(result, 1, "3\n", told)
        self.assertEqual([job[0] for job in self.log()], ["1", "2", "3", "2"])

    def test_resume_failed_looks_at_the_last_try(self):
        script = "echo {} >>ran; test $(grep -c {} ran) -ge {}"
        for status in (1, 1, 0, 0):
            result = self.run_some("1", "3", script=script, options=("--resume-failed",))
            self.assertEqual((result.status, result.out), (status, ""), result)
        self.assertEqual(self.read("ran").split(), ["1", "3", "3", "3"])

    def test_command_that_has_changed_is_run(self):
        # GNU parallel looks at the number alone, and skips what was never run.
        self.run_some("0", "0")
        result = self.run_some("0", "0", script="echo new {}", options=("--resume",))
        self.assert_run(result, 0, "new 0\nnew 0\n", "")

    def test_input_that_has_changed_is_run(self):
        self.run_some("a", "b", "c", script="echo {}")
        result = self.run_some("a", "x", "b", "c", script="echo {}", options=("--resume",))
        self.assert_run(result, 0, "x\nb\nc\n", "")

    def test_commands_that_share_a_log_are_told_apart(self):
        for script in ("echo a {}", "echo b {}"):
            self.map("--jl", "+log", script, ":::", "1", "2")
        for script in ("echo a {}", "echo b {}"):
            self.assert_run(self.map("--jl", "log", "--resume", script, ":::", "1", "2"), 0, "", "")

    def test_item_on_stdin_is_a_part_of_the_job(self):
        for command in (("cat",), ("cat; echo '!' # {}",)):
            with self.subTest(command):
                options = ("--jl", f"log{len(command[0])}", "--resume", "--stdin", *command)
                self.map(*options, input="a\nb\n")
                result = self.map(*options, input="a\nx y\nz\n")
                end = "" if command == ("cat",) else "!\n"
                self.assert_run(result, 0, f"x y\n{end}z\n{end}", "")
        shown = self.map("--dry-run", "--stdin", "cat; echo '!'", ":::", "a 'b'")
        again = subprocess.run(["sh", "-c", shown.out], capture_output=True, check=True)
        self.assertEqual(again.stdout, b"a 'b'\n!\n")

    def test_dry_run_shows_what_is_left(self):
        words = ("test {} != 2", ":::", "1", "2", "3")
        self.map("--jl", "log", *words)
        log = self.read("log")
        for option, left in (("--resume", ""), ("--resume-failed", "test 2 != 2\n")):
            result = self.map("--jl", "log", option, "--dry-run", *words, "4")
            note = "spread: the shell of the script is /bin/sh\n"
            self.assert_run(result, 0, left + "test 4 != 2\n", note)
        self.assertEqual(self.read("log"), log)

    def test_slot_numbers_need_not_be_the_same(self):
        words = ("echo {} {%} >&2", ":::", *"abcdefgh")
        self.map("-j4", "--jl", "log", *words)
        self.assert_run(self.map("-j2", "--jl", "log", "--resume", *words), 0, "", "")

    def test_without_a_log_everything_is_run(self):
        result = self.run_some("a", script="echo {}", options=("--resume",))
        self.assert_run(result, 0, "a\n", "")
        self.assertEqual([job[0] for job in self.log()], ["1"])

    def test_line_that_was_cut_off_is_no_line(self):
        self.run_some("a", "b", script="echo {}")
        text = self.read("log")
        self.file("log", text[:-3])
        result = self.run_some("a", "b", script="echo {}", options=("--resume",))
        self.assert_run(result, 0, "b\n", "")
        self.assertEqual([job[0] for job in self.log()], ["1", "2"])

    def test_after_kill_9_of_the_master(self):
        gate = self.gate()
        script = f"case {{}} in b) head -c1 <{gate.path} >/dev/null;; esac; echo {{}}"
        words = ("-j1", "--jl", "log", script, ":::", "a", "b", "c")
        running = self.start_map(*words, stdin=None)
        self.assertEqual(running.read_line(), "a\n")
        while len(self.read("log").splitlines()) < 2:
            pass
        running.process.kill()
        running.process.wait()
        gate.open(2)
        result = self.map("--resume", *words)
        self.assert_run(result, 0, "b\nc\n", "")

    def test_items_of_any_bytes(self):
        items = (b"a\tb", b"c\\nd", b"\xff\xfe", b"", b"'", b" x ")
        data = b"\0".join((*items, b"c\nd")) + b"\0"
        words = ("-0", "-j1", "--jl", "log", "printf", "%s.")
        self.assertEqual(self.map(*words, input=data).status, 0)
        self.assert_run(self.map("--resume", *words, input=data), 0, b"", "")
        # A TAB is not \t.
        other = data.replace(b"a\tb", b"a\\tb")
        self.assert_run(self.map("--resume", *words, input=other), 0, b"a\\tb.", "")

    def test_log_of_something_else(self):
        self.file("log", "this is\nno joblog\n")
        result = self.run_some("a", options=("--resume",))
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, r"\Aspread: --resume: .*\blog\b.*\n\Z")
        self.assertEqual(self.read("log"), "this is\nno joblog\n")

    def test_needs_a_log(self):
        for option in ("--resume", "--resume-failed"):
            told = f"spread: {option} needs --journal or --joblog, to know what was done"
            result = self.map(option, "echo", ":::", "a")
            self.assert_run(result, 255, "", told + " (try 'spread map --help')\n")


if __name__ == "__main__":
    unittest.main()
