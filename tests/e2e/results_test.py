"""spread results, and spread journal repair: docs/journal.md."""

import json
import os
import signal
import stat
import subprocess

from spread_testing import PUPPET, PYTHON, SPREAD, SpreadTest, do, json_lines

ECHO = """import sys
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
"""


class ResultsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.journal = self.path("j")

    def run_with(self, *words, **how):
        return self.spread(words[0], "--journal", self.journal, *words[1:], **how)

    def results(self, *words, **how):
        return self.spread("results", *words, self.journal, **how)

    def echo(self, *options, **how):
        worker = self.file("echo.py", ECHO)
        return self.run_with("run", "--wire", "lines", *options, "--", PYTHON, worker, **how)

    def bytes(self):
        with open(self.journal, "rb") as file:
            return file.read()


class OfRun(ResultsTest):
    def test_is_what_the_run_wrote_in_each_form(self):
        tasks = json_lines([do(answer=1), do(answer="a\nb"), do(answer={"x": [1, None]}), do(answer=4.5)])
        for form in ("text", "json", "msgpack", "csv"):
            with self.subTest(form):
                self.journal = self.path("j-" + form)
                run = self.run_with("run", "-j3", "--in", "json", "--out", form, "--", *PUPPET, input=tasks)
                self.assertEqual(run.status, 0, run)
                shown = self.results()
                self.assertEqual((shown.status, shown.raw), (0, run.raw), shown)

    def test_another_form_is_shown_when_asked(self):
        self.echo(input="a\nb\n")
        self.assertEqual(self.results("--out", "json").out, '"A"\n"B"\n')
        self.assertEqual(self.results("--out0").out, "A\0B\0")
        records = [json.loads(line) for line in self.results("--out", "records").out.splitlines()]
        self.assertEqual([(r["id"], r["status"], r["value"], r["host"]) for r in records],
                         [(0, "ok", "A", "localhost"), (1, "ok", "B", "localhost")])

    def test_of_a_table_the_values_are_shown(self):
        self.run_with("run", "--in", "json", "--out", "csv", "--", *PUPPET, input=json_lines([do(answer=1), do(answer=2)]))
        self.assertEqual(self.results("--out", "json").out, "1\n2\n")

    def test_lines_stay_those_of_their_tasks(self):
        # The second is the one that has no answer; the run was ended when the third had its own.
        worker = self.file("w.py", "import os, signal, sys\n"
                           "for line in sys.stdin:\n"
                           "    if line == 'b\\n': sys.stdin.read()\n"
                           "    print(line.strip().upper(), flush=True)\n"
                           "    if line == 'c\\n': sys.stdin.readline()\n")
        process = self.start("run", "--journal", self.journal, "-j2", "--window", "1", "--wire", "lines", "--unordered", "--durable",
                             "answer", "--", PYTHON, worker).process
        process.stdin.write(b"a\nb\nc\n")
        process.stdin.flush()
        seen = [process.stdout.readline(), process.stdout.readline()]
        process.kill()
        process.wait()
        self.assertEqual(sorted(seen), [b"A\n", b"C\n"])
        self.assertEqual(self.results().out, "A\n\nC\n")
        ids = [json.loads(line)["id"] for line in self.results("--out", "records").out.splitlines()]
        self.assertEqual(ids, [0, 2])

    def test_what_a_resume_by_content_has_not_read_again_is_counted(self):
        self.assertEqual(self.echo(input="a\nb\nc\n").status, 0)
        worker = self.path("echo.py")
        run = self.start("run", "--journal", self.journal, "--resume=content", "--wire", "lines", "--", PYTHON, worker,
                         stdin=subprocess.PIPE).process
        run.stdin.write(b"x\nb\n")
        run.stdin.flush()
        self.assertEqual(run.stdout.readline() + run.stdout.readline(), b"X\nB\n")
        run.kill()
        run.communicate()
        result = self.results()
        self.assertEqual((result.status, result.out), (0, "X\nB\n"), result)
        self.assertRegex(result.err, "^spread: .*: 2 results of the parts before are not shown: .*\n$")
        again = self.spread("run", "--journal", self.journal, "--resume=content", "--wire", "lines", "--", PYTHON, worker,
                            input="x\nb\nc\na\n")
        self.assertEqual((again.status, again.out), (0, "X\nB\nC\nA\n"), again)
        result = self.results()
        self.assertEqual((result.out, result.err), ("X\nB\nC\nA\n", ""), result)

    def test_failed_ones_are_told_in_a_line_each(self):
        tasks = json_lines([do(answer=1), do(["answer", "error", {"type": "Odd", "message": "no\nnever"}])])
        self.run_with("run", "--in", "json", "--", *PUPPET, input=tasks)
        shown = self.results("--failed")
        self.assertEqual((shown.status, shown.out), (0, "task 2: Odd: no never\n"), shown)
        self.assertEqual([json.loads(line)["id"] for line in self.results("--failed", "--out", "records").out.splitlines()], [1])


class OfJobs(ResultsTest):
    def test_is_what_they_printed_with_its_tags(self):
        run = self.run_with("map", "-k", "--tag", "echo {}; echo no {} >&2; exit 3", ":::", "a", "b")
        shown = self.results()
        self.assertEqual((run.status, shown.status), (2, 0), shown)
        self.assertEqual((shown.out, shown.err), ("a\ta\nb\tb\n", "a\tno a\nb\tno b\n"))

    def test_large_output_and_pipe(self):
        lines = "".join(f"{n:07}\n" for n in range(100000))
        self.run_with("pipe", "--block", "300k", "cat", input=lines)
        self.assertEqual(self.results().out, lines)

    def test_failed_ones_are_told_as_they_ended(self):
        self.run_with("map", "test {} != b || exit 3", ":::", "a", "b")
        self.assertRegex(self.results("--failed").out, r"^job 2: exit status 3: test b != b \|\| exit 3\n$")

    def test_records(self):
        run = self.run_with("map", "-k", "--out", "records", "echo {}; echo no >&2", ":::", "a", "b")
        self.assertEqual(self.results().out, run.out)
        self.journal = self.path("plain")
        self.run_with("map", "-k", "echo {}; echo no >&2", ":::", "a", "b")
        records = [json.loads(line) for line in self.results("--out", "records").out.splitlines()]
        self.assertEqual([(r["id"], r["stdout"], r["stderr"], r["host"]) for r in records],
                         [(0, "a\n", "no\n", "localhost"), (1, "b\n", "no\n", "localhost")])

    def test_other_forms_are_refused(self):
        self.run_with("map", "echo", ":::", "a")
        result = self.results("--out", "json")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertEqual(len(result.err.splitlines()), 1, result)


class Follows(ResultsTest):
    def start_run(self, *options):
        worker = self.file("echo.py", ECHO)
        return self.start("run", "--journal", self.journal, *options, "--wire", "lines", "--", PYTHON, worker,
                          stderr=subprocess.DEVNULL).process

    def follow(self, *options):
        return self.start("results", "-f", *options, self.journal).process

    def one_task(self, run, task):
        run.stdin.write(task)
        run.stdin.flush()
        self.assertEqual(run.stdout.readline(), task.upper())

    def test_answers_come_while_the_run_goes_on_and_it_ends_with_it(self):
        run = self.start_run()
        self.one_task(run, b"a\n")
        follower = self.follow()
        self.assertEqual(follower.stdout.readline(), b"A\n")
        self.assertEqual(self.results().out, "A\n")
        self.one_task(run, b"b\n")
        self.assertEqual(follower.stdout.readline(), b"B\n")
        self.assertIsNone(follower.poll())
        run.communicate()
        out, err = follower.communicate()
        self.assertEqual((follower.returncode, out, err), (0, b"", b""))

    def test_ends_when_the_run_is_gone(self):
        run = self.start_run()
        self.one_task(run, b"a\n")
        follower = self.follow()
        self.assertEqual(follower.stdout.readline(), b"A\n")
        run.kill()
        run.wait()
        out, err = follower.communicate()
        self.assertEqual((follower.returncode, out), (0, b""))
        self.assertIn(b"has not come to its end", err)

    def test_goes_on_with_the_file_of_a_take_over(self):
        first = self.start_run()
        self.one_task(first, b"a\n")
        follower = self.follow()
        self.assertEqual(follower.stdout.readline(), b"A\n")
        second = self.start_run("--resume", "--take-over")
        self.one_task(second, b"a\n")
        self.one_task(second, b"b\n")
        self.assertEqual(follower.stdout.readline(), b"B\n")
        second.communicate()
        out, err = follower.communicate()
        self.assertEqual((follower.returncode, out), (0, b""), err)
        first.kill()
        first.communicate()

    def test_another_journal_in_its_place_is_an_error(self):
        run = self.start_run()
        self.one_task(run, b"a\n")
        follower = self.follow()
        self.assertEqual(follower.stdout.readline(), b"A\n")
        other = self.path("other")
        self.spread("map", "--journal", other, "echo", ":::", "x")
        os.rename(other, self.journal)
        out, err = follower.communicate()
        self.assertEqual((follower.returncode, out), (255, b""), err)
        run.kill()
        run.communicate()


class BadJournals(ResultsTest):
    def refused(self, *words):
        result = self.spread(*words)
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        return result.err

    def test_what_is_none_is_refused(self):
        self.refused("results", self.path("missing"))
        self.refused("results", self.file("text", "no journal at all"))
        self.refused("results", self.file("empty", ""))
        self.refused("results", self.path("."))
        self.refused("results")
        self.refused("journal", "mend", "a", "b")
        self.refused("journal", "repair", "a")
        self.echo(input="a\n")
        self.refused("results", "--failed", "--out", "json", self.journal)

    def test_a_torn_tail_is_told_wherever_it_is(self):
        self.echo(input="a\nb\n")
        whole = self.bytes()
        sizes, told = range(len(whole) - 1, 16, -7), 0
        for size in sizes:
            result = self.spread("results", self.file("torn", whole[:size]))
            self.assertIn(result.status, (0, 255), result)
            told += result.err.count("no whole record") + result.err.count("no run has begun")
            self.assertLessEqual(len(result.err.splitlines()), 1, (size, result))
            self.assertIn(result.out, ("", "A\n", "A\nB\n"))
        # All but those that are cut between two records.
        self.assertGreater(told, len(sizes) * 3 // 4)

    def test_a_damaged_one_is_refused_and_repaired(self):
        lines = "".join(f"{n}\n" for n in range(30000))
        self.run_with("pipe", "--block", "20k", "cat", input=lines)
        spoilt = bytearray(self.bytes())
        spoilt[len(spoilt) // 2] ^= 1
        bad, good = self.file("bad", bytes(spoilt)), self.path("good")
        self.assertRegex(self.refused("results", bad), r"damaged at byte \d+ .*spread journal repair")
        repaired = self.spread("journal", "repair", bad, good)
        self.assertRegex(repaired.out, r"^\d+ records copied, \d+ bytes left out \(\d+ damaged")
        self.assertEqual(stat.S_IMODE(os.stat(good).st_mode), 0o600)
        shown = self.spread("results", good)
        self.assertEqual(shown.status, 0, shown)
        self.assertTrue(0 < len(shown.out) < len(lines))
        self.assertIn("already", self.refused("journal", "repair", bad, good))
        with open(bad, "rb") as file:
            self.assertEqual(file.read(), bytes(spoilt))
        again = self.spread("pipe", "--journal", good, "--resume", "--block", "20k", "cat", input=lines)
        self.assertEqual((again.status, again.out == lines), (0, True), again.err)

    def test_one_with_any_byte_wrong_never_ends_it_by_a_signal(self):
        self.echo("--out", "csv", input="a\nb\n")
        whole = self.bytes()
        for at in range(16, len(whole), 11):
            spoilt = bytearray(whole)
            spoilt[at] ^= 0x41
            result = self.spread("results", self.file("bad", bytes(spoilt)))
            self.assertIn(result.status, (0, 255), (at, result))


class Reader(ResultsTest):
    def test_one_who_leaves_ends_it(self):
        self.run_with("pipe", "--block", "100k", "cat", input="line\n" * 200000)
        process = subprocess.Popen([SPREAD, "results", self.journal], stdout=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        self.assertIn(process.wait(), (141, -signal.SIGPIPE))
