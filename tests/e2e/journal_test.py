"""--journal and --resume of run, gang, map and pipe: docs/journal.md, docs/resume.md."""

import json
import os
import random
import signal
import stat
import subprocess
import sys

from spread_testing import PUPPET, PYTHON, SPREAD, SQUARE, SpreadTest, do, json_lines

# Each call leaves a line: what has been run, in all parts of a run together.
NOTED = """import sys
for line in sys.stdin:
    with open(sys.argv[1], "a") as file: file.write(line)
    print(line.strip().upper(), flush=True)
"""


class JournalTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.journal = self.path("j")

    def again(self, *words, **how):
        return self.spread(*words[:1], "--journal", self.journal, "--resume", *words[1:], **how)

    def bytes(self):
        with open(self.journal, "rb") as file:
            return file.read()

    def ran(self):
        try:
            with open(self.path("noted")) as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def noted(self, *options, **how):
        worker = self.file("noted.py", NOTED)
        return self.again("run", "--wire", "lines", *options, "--", PYTHON, worker, self.path("noted"), **how)


class Complete(JournalTest):
    def test_repeating_runs_nothing_prints_the_same_and_ends_the_same(self):
        first = self.noted(input="a\nb\nc\n")
        self.assertEqual((first.status, first.out), (0, "A\nB\nC\n"))
        second = self.noted(input="a\nb\nc\n")
        self.assertEqual((second.status, second.out), (0, "A\nB\nC\n"))
        self.assertEqual(sorted(self.ran()), ["a", "b", "c"])

    def test_totals_are_those_of_all_parts(self):
        tasks = json_lines([do(["answer", "error", {"type": "Odd", "message": "no"}]), 2, 3])
        run = ["run", "--in", "json", "--retries", "2", "--summary", "--events", "events", "-j1"]
        first = self.again(*run, "--", *PUPPET, input=tasks)
        self.assertRegex(first.err, r"\n\d\.\d{3} s in all\n$")
        again = self.again(*run, "--resume-failed", "--", *PUPPET, input=tasks)
        self.assertRegex(again.err, r"\n\d\.\d{3} s in this part; 2 parts took \d\.\d{3} s and 6 attempts in all\n$")
        with open(self.path("events")) as events:
            end = json.loads(events.read().splitlines()[-1])
        self.assertEqual((end["event"], end["parts"], end["parts_attempts"]), ("run_ended", 2, 6), end)
        self.assertGreater(end["parts_seconds"], end["time"])

    def test_failures_are_kept_and_told(self):
        tasks = json_lines([do(answer=1), do(["answer", "error", {"type": "Odd", "message": "no"}]), do(answer=3)])
        run = ["run", "--in", "json", "--", *PUPPET]
        first = self.again(*run, input=tasks)
        second = self.again(*run, input=tasks)
        self.assertEqual((first.status, first.out), (1, "1\nnull\n3\n"), first)
        self.assertEqual((second.status, second.out), (1, "1\nnull\n3\n"), second)
        self.assertIn("Odd: no", second.err)

    def test_failed_ones_are_run_again_when_asked(self):
        job = ["map", "-k", "--resume-failed", "test -e " + self.path("gate") + " || [ {} != b ] && echo {}", ":::", "a", "b", "c"]
        first = self.again(*job)
        self.assertEqual((first.status, first.out), (1, "a\nc\n"), first)
        self.file("gate", "")
        second = self.again(*job)
        self.assertEqual((second.status, second.out), (0, "a\nb\nc\n"), second)

    def test_what_halt_has_left_out_is_left_out_again(self):
        job = ["map", "-k", "-j1", "--halt", "soon,fail=1", "echo {}; test {} != b", ":::", "a", "b", "c", "d"]
        first, second = self.again(*job), self.again(*job)
        self.assertEqual((first.status, first.out), (1, "a\nb\n"), first)
        self.assertEqual((second.status, second.out), (first.status, first.out), second)

    def test_failed_ones_are_run_again_and_all_that_halt_has_left_out(self):
        job = ["map", "-k", "-j1", "--halt", "soon,fail=1", "echo {}; test {} != b -o -e " + self.path("gate"),
               ":::", "a", "b", "c", "d"]
        self.assertEqual(self.again(*job).out, "a\nb\n")
        self.file("gate", "")
        again = self.again(*job[:1], "--resume-failed", *job[1:])
        self.assertEqual((again.status, again.out), (0, "a\nb\nc\nd\n"), again)

    def test_more_at_the_end_is_run(self):
        self.noted(input="a\nb\n")
        more = self.noted(input="a\nb\nc\n")
        self.assertEqual((more.status, more.out), (0, "A\nB\nC\n"))
        self.assertEqual(sorted(self.ran()), ["a", "b", "c"])
        self.assertIn("1 more came at the end", more.err)


class Tasks(JournalTest):
    """Tasks that are no records."""

    WORKER = """import json, os, sys
prep = [sys.stdin.readline() for _ in range(int(os.environ["SPREAD_PREP"]))]
for line in sys.stdin:
    id, p = json.loads(line)[:2]
    with open(sys.argv[1], "a") as file: file.write("x\\n")
    print(json.dumps([id, "ok", p]), flush=True)
"""

    def tasks(self, *options):
        worker = self.file("w.py", self.WORKER)
        result = self.again("run", "--wire", "json", *options, "--", PYTHON, worker, self.path("noted"))
        self.assertEqual(result.status, 0, result)
        return result.out

    def test_a_sweep(self):
        sweep = ["--sweep", "x=uniform:0:1", "--samples", "5", "--seed", "7", "--out", "csv"]
        self.assertEqual(self.tasks(*sweep), self.tasks(*sweep))
        self.assertEqual(len(self.ran()), 5)
        other = self.again("run", "--wire", "json", *sweep[:5], "8", "--out", "csv", "--", PYTHON,
                           self.path("w.py"), self.path("noted"))
        self.assertEqual((other.status, other.out), (255, ""), other)
        self.assertIn("--seed", other.err)

    def test_shards_are_as_many_as_before(self):
        first = self.tasks("--range", "100", "-j", "3")
        self.assertEqual(self.tasks("--range", "100", "-j", "2"), first)
        self.assertEqual(self.ran(), ["x"] * 3)

    def test_results_by_worker(self):
        how = ["--range", "6", "--shards", "6", "-j", "2", "--gather", "by-worker", "--out", "json"]
        self.assertEqual(self.tasks(*how), self.tasks(*how))

    def test_partitions(self):
        part = self.file("part", "".join(f"{n}\n" for n in range(10)))
        first = self.tasks("--partition", part, "-j", "2", "--gather", "list", "--out", "json")
        self.assertEqual(self.tasks("--partition", part, "-j", "4", "--gather", "list", "--out", "json"), first)


class DryRun(JournalTest):
    """--resume --dry-run."""

    def rows(self, result):
        self.assertEqual(result.status, 0, result)
        head, *rows, last = result.out.splitlines()
        return [(int(r.split(None, 2)[0]), int(r.split(None, 2)[1]), r.split(None, 2)[2]) for r in rows], last

    def left_alone(self, call):
        before, names, ran = self.bytes(), sorted(os.listdir(self.folder)), self.ran()
        result = call()
        self.assertEqual((self.bytes(), sorted(os.listdir(self.folder)), self.ran()), (before, names, ran))
        return result

    def test_says_what_is_kept_and_what_is_run_and_does_nothing(self):
        self.noted(input="a\nb\n")
        files = ["--joblog", "log", "--events", "events", "--tails", "tails/", "-o", "out"]
        result = self.left_alone(lambda: self.noted("--dry-run", *files, input="a\nb\nc\n"))
        self.assertEqual(self.rows(result), ([(2, 1, "kept: done"), (1, 3, "run: more input at the end")], "2 kept, 1 to run"))

    def test_failures_and_what_was_left_out(self):
        job = ["-k", "-j1", "--halt", "soon,fail=1", "test {} != b", ":::", "a", "b", "c"]
        self.again("map", *job)
        result = self.left_alone(lambda: self.again("map", "--dry-run", "--joblog", "log", "--results", "dir", *job))
        rows, last = self.rows(result)
        self.assertEqual([(n, first, why[:8]) for n, first, why in rows[:2]], [(1, 1, "kept: do"), (1, 2, "kept: fa")], result)
        self.assertTrue(last.startswith("no more is started") or rows[2][2].startswith("kept: not computed"), result)
        again = self.rows(self.left_alone(lambda: self.again("map", "--dry-run", "--resume-failed", *job)))[0]
        self.assertIn((1, 2, "run again: failed or lost (--resume-failed)"), again)

    def test_of_blocks(self):
        lines = "".join(f"{n}\n" for n in range(6))
        words = ["pipe", "-j1", "-N2", "--halt", "soon,fail=1"]
        job = f"! grep 2 || test -e {self.path('there')}"
        self.again(*words, job, input=lines)
        rows, last = self.rows(self.left_alone(
            lambda: self.again(*words, "--dry-run", "--joblog", "log", "--results", "dir", job, input=lines + "6\n")))
        self.assertEqual(rows[:2], [(1, 1, "kept: done"),
                                    (1, 2, "kept: failed or lost (--resume-failed runs them again)")], last)
        again = self.rows(self.left_alone(
            lambda: self.again(*words, "--dry-run", "--resume-failed", job, input=lines)))[0]
        self.assertIn((1, 2, "run again: failed or lost (--resume-failed)"), again)
        other = self.left_alone(lambda: self.again(*words, "--dry-run", job, input="x\n" + lines))
        self.assertEqual((other.status, other.out, len(other.err.splitlines())), (255, "", 1), other)
        # Blocks that lie in a file are the same.
        with open(self.file("in", lines), "rb") as file:
            same = self.left_alone(lambda: self.again("pipe", "-j1", "--block", "4", "--halt", "soon,fail=1", "--dry-run", job, stdin=file))
        self.assertEqual(self.rows(same)[0][:2], rows[:2], same)

    def test_of_a_run_that_was_killed(self):
        worker = self.file("w.py", "import os, signal, sys\n"
                           "for line in sys.stdin:\n"
                           "    if line == 'c\\n': os.kill(int(os.environ['RUN']), signal.SIGKILL)\n"
                           "    print(line.strip(), flush=True)\n")
        words = ["-j1", "--window", "1", "--wire", "lines", "--durable", "answer", "--", PYTHON, worker]
        shell = 'RUN=$$ exec "$@"'
        subprocess.run(["sh", "-c", shell, "sh", SPREAD, "run", "--journal", self.journal, *words], input=b"a\nb\nc\n", env=self.environment,
                       cwd=self.folder, stdout=subprocess.DEVNULL)
        rows, last = self.rows(self.again("run", "--dry-run", *words, input="a\nb\nc\n"))
        # The answer to b may have been on its way.
        again = "run again: without an answer when the run was cut off"
        self.assertIn(rows, ([(2, 1, "kept: done"), (1, 3, again)], [(1, 1, "kept: done"), (2, 2, again)]))
        self.assertRegex(last, r"^[12] kept, [12] to run$")

    def test_other_lists_of_workers(self):
        lists = ["--wire", "lines", "--worker", "cat", "--worker", "cat -u"]
        self.assertEqual(self.again("run", *lists, input="a\nb\n").status, 0)
        self.assertEqual(self.again("run", *lists, input="a\nb\n").out, "a\nb\n")
        other = self.again("run", *lists[:-2], input="a\nb\n")
        self.assertEqual((other.status, other.out), (255, ""), other)
        self.assertIn("--worker", other.err)

    def test_by_content(self):
        self.noted(input="a\nb\nc\n")
        result = self.left_alone(lambda: self.noted("--resume=content", "--dry-run", input="new\nc\na\n"))
        self.assertEqual(self.rows(result)[0], [(2, 2, "kept: done"), (1, 1, "run: the input is new, or has changed")])

    def test_without_a_journal_all_is_run(self):
        result = self.noted("--dry-run", input="a\nb\n")
        self.assertEqual(self.rows(result), ([(2, 1, "run: there was no run before")], "0 kept, 2 to run"))
        self.assertFalse(os.path.exists(self.journal))

    def test_what_does_not_fit_is_one_line(self):
        self.noted(input="a\nb\nc\n")
        for how, tasks in ([], "a\nx\nc\n"), ([], "a\n"), (["--out", "json"], "a\nb\nc\n"):
            result = self.left_alone(lambda: self.noted("--dry-run", *how, input=tasks))
            self.assertEqual((result.status, result.out, len(result.err.splitlines())), (255, "", 1), result)

    def test_while_the_run_goes_on_no_lock_is_taken(self):
        worker = self.file("noted.py", NOTED)
        run = self.start("run", "--journal", self.journal, "--wire", "lines", "--", PYTHON, worker, self.path("noted")).process
        run.stdin.write(b"a\n")
        run.stdin.flush()
        self.assertEqual(run.stdout.readline(), b"A\n")
        rows, _ = self.rows(self.noted("--dry-run", input="a\nb\n"))
        self.assertEqual(rows[0], (1, 1, "kept: done"))
        out, err = run.communicate(b"b\n")
        self.assertEqual((run.returncode, out), (0, b"B\n"), err)


class Differs(JournalTest):
    def test_without_resume_it_is_left_alone(self):
        self.noted(input="a\n")
        before = self.bytes()
        result = self.spread("run", "--journal", self.journal, "--", *SQUARE, input="1\n")
        self.assertEqual(result.status, 255)
        self.assertIn("--resume", result.err)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertEqual(self.bytes(), before)

    def test_the_first_task_that_is_another_one(self):
        self.noted(input="a\nb\nc\n")
        before = self.bytes()
        result = self.noted(input="a\nx\nc\n")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertIn("line 2", result.err)
        self.assertEqual(self.bytes(), before)
        self.assertEqual(sorted(self.ran()), ["a", "b", "c"])

    def test_fewer_tasks(self):
        self.noted(input="a\nb\nc\n")
        result = self.noted(input="a\n")
        self.assertEqual((result.status, result.out), (255, ""), result)

    def test_another_command_wire_or_form(self):
        self.again("run", "--in", "json", "--", *SQUARE, input="1\n")
        for other, name in [(["run", "--in", "json", "--", "other"], "the command"),
                            (["run", "--in", "json", "--wire", "json", "--", *SQUARE], "--wire"),
                            (["run", "--in", "json", "--out", "records", "--", *SQUARE], "--out"),
                            (["run", "--in", "json", "--prep", "x", "--", *SQUARE], "prep"),
                            (["map", "echo"], "spread run")]:
            result = self.again(*other, input="1\n")
            self.assertEqual((result.status, result.out), (255, ""), result)
            self.assertIn(name, result.err)

    def test_by_content(self):
        self.noted(input="a\nb\nb\nc\n")
        result = self.noted("--resume=content", input="new\nc\nb\na\nb\nb\n")
        self.assertEqual((result.status, result.out), (0, "NEW\nC\nB\nA\nB\nB\n"), result)
        self.assertEqual(sorted(self.ran()), ["a", "b", "b", "b", "c", "new"])
        again = self.noted(input="new\nc\nb\na\nb\nb\n")
        self.assertEqual((again.status, again.out), (0, result.out), again)
        self.assertEqual(len(self.ran()), 6)

    def test_what_cannot_be_repeated_is_refused(self):
        for words in (["map", "-u", "echo"], ["map", "--lb", "echo"], ["pipe", "--round-robin", "cat"]):
            result = self.again(*words, input="")
            self.assertEqual((result.status, result.out), (255, ""), result)
            self.assertIn("--journal", result.err)
            self.assertFalse(os.path.exists(self.journal))


class CutOff(JournalTest):
    """Killed at a random moment, by a task that kills it, until it is done."""

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("SPREAD_SEED", random.randrange(10**6)))
        print(f"SPREAD_SEED={seed}", file=sys.stderr)
        self.random = random.Random(seed)

    def until_done(self, words, data, killer=None):
        """The output of the last part; how many there were."""
        for part in range(1, 100):
            result = self.again(*words, input=data or "")
            if result.status != -signal.SIGKILL:
                return result, part
        self.fail("it does not come to its end")

    # A job that kills its master, once for each name.
    KILL = "test -e {0}.$1 || {{ : > {0}.$1; kill -9 $PPID; }}; echo $1 out; echo $1 err >&2"

    def test_map_is_delivered_once_and_whole(self):
        for options in (["-k"], ["-k", "--tag"]):
            with self.subTest(options=options):
                if os.path.exists(self.journal):
                    os.remove(self.journal)
                name = self.path("killed" + str(len(options)))
                doomed = self.random.sample(range(60), 4)
                items = [str(n) for n in range(60)]
                # Those that are not doomed have been killed already.
                for n in items:
                    if int(n) not in doomed:
                        self.file(os.path.basename(name) + "." + n, "")
                script = self.script("job", "#!/bin/sh\n" + self.KILL.format(name) + "\n")
                words = ["map", *options, "-j3", script, "{}"]
                result, parts = self.until_done(words, "".join(n + "\n" for n in items))
                tag = (lambda n: n + "\t") if "--tag" in options else (lambda n: "")
                self.assertEqual(result.status, 0, result)
                self.assertEqual(result.out, "".join(f"{tag(n)}{n} out\n" for n in items))
                self.assertGreater(parts, 1)

    def test_large_output_of_jobs(self):
        # More than what an answer carries itself, and than a read of a pipe.
        script = self.script("job", "#!/bin/sh\nseq $1 80000; test $1 != 3 -o -e %s || { : > %s; kill -9 $PPID; }\n"
                             % (self.path("once"), self.path("once")))
        words = ["map", "-k", "-j2", script, "{}", ":::", "1", "2", "3", "4"]
        result, parts = self.until_done(words, None)
        expected = "".join("".join(f"{i}\n" for i in range(n, 80001)) for n in (1, 2, 3, 4))
        self.assertEqual(result.status, 0, result.err[:500])
        self.assertTrue(result.out == expected, "the output is another one")
        self.assertEqual(parts, 2)
        result, _ = self.until_done(words, None)
        self.assertTrue(result.out == expected, "the output is another one when it is repeated")

    def test_run_in_every_form(self):
        worker = self.file("w.py", """import json, os, sys
for line in sys.stdin:
    id, p = json.loads(line)[:2]
    if p["kill"] and not os.path.exists(p["kill"]):
        open(p["kill"], "w").close(); os.kill(os.getppid(), 9)
    print(json.dumps([id, "ok", {"x": p["n"], "text": "t" * p["n"]}]), flush=True)
""")
        for options in (["--out", "json"], ["--out", "msgpack"], ["--out", "csv"], ["--gather", "list", "--out", "json"]):
            with self.subTest(options=options):
                tasks = [{"n": n, "kill": ""} for n in range(40)]
                words = ["run", "-j2", "--wire", "json", "--in", "json", *options, "--", PYTHON, worker]
                plain = self.spread(*words, input=json_lines(tasks))
                # The same bytes as tasks that never kill, but for their payloads, which --out csv shows.
                for n in self.random.sample(range(40), 3):
                    tasks[n]["kill"] = self.path(f"k{n}.{options[-1]}.{options[0]}")
                undisturbed = [dict(task) for task in tasks]
                result, parts = self.until_done(words, json_lines(undisturbed))
                self.assertGreater(parts, 1)
                self.assertEqual(result.status, 0, result.err)
                if "csv" not in options:
                    self.assertEqual(result.raw, plain.raw)
                else:
                    again = self.spread(*words, input=json_lines(undisturbed))
                    self.assertEqual(result.raw, again.raw)
                os.remove(self.journal)

    def test_pipe(self):
        data = "".join(f"{n}\n" for n in range(20000))
        script = self.script("job", "#!/bin/sh\ntest \"$SPREAD_SEQ\" != 4 -o -e %s || { : > %s; kill -9 $PPID; }\nsed 's/$/ x/'\n"
                             % (self.path("once"), self.path("once")))
        for how in ([], ["-a"]):
            words = ["pipe", "-k", "--block", "10k", *([] if not how else ["-a", self.file("data", data)]), "env", "SPREAD_SEQ={#}", script]
            result, parts = self.until_done(words, data if not how else None)
            self.assertEqual(result.status, 0, result.err[:500])
            self.assertTrue(result.out == data.replace("\n", " x\n"), "the output is another one")
            os.remove(self.journal)
            if os.path.exists(self.path("once")):
                os.remove(self.path("once"))

    def test_a_signal(self):
        post, gate = self.post(), self.gate()
        words = ["map", "-k", "-j1", "--journal", self.journal, "--resume",
                 "echo {} > %s; test {} != b || read x < %s; echo {}" % (post.path, gate.path), ":::", "a", "b", "c"]
        run = self.start(*words)
        self.assertEqual(post.lines(2), ["a", "b"])
        run.signal(signal.SIGINT)
        gate.open(1, b"\n")
        ended = run.finish()
        self.assertEqual((ended.status, ended.out), (130, "a\nb\n"), ended)
        result = self.spread(*words)
        self.assertEqual((result.status, result.out), (0, "a\nb\nc\n"), result)
        self.assertEqual(post.line(), "c")
        self.assertTrue(post.is_empty())

    def test_a_failure_that_a_signal_has_left_without_its_tries_is_none(self):
        post, gate = self.post(), self.gate()
        words = ["map", "-k", "-j1", "--retries", "2", "--journal", self.journal, "--resume",
                 "echo {} > %s; read x < %s; exit $x" % (post.path, gate.path), ":::", "a"]
        run = self.start(*words)
        self.assertEqual(post.line(), "a")
        run.signal(signal.SIGINT)
        self.assertIn(b"waiting", run.process.stderr.readline())
        gate.open(1, b"1\n")
        ended = run.finish()
        self.assertEqual(ended.status, 130, ended)
        run = self.start(*words)
        self.assertEqual(post.line(), "a")
        gate.open(1, b"1\n")
        self.assertEqual(post.line(), "a")
        gate.open(1, b"0\n")
        self.assertEqual(run.finish().status, 0)

    def test_a_gang(self):
        worker = self.file("w.py", """import json, os, sys
for line in sys.stdin:
    id, p, meta = json.loads(line)[:3]
    if p == 3 and meta["rank"] == 0 and not os.path.exists(sys.argv[1]):
        open(sys.argv[1], "w").close(); os.kill(os.getppid(), 9)
    print(json.dumps([id, "ok", [p, meta["rank"]]]), flush=True)
""")
        words = ["gang", "-n", "2", "-j2", "--wire", "json", "--in", "json", "--", PYTHON, worker, self.path("once")]
        result, parts = self.until_done(words, "1\n2\n3\n4\n")
        self.assertEqual((result.status, parts), (0, 2), result)
        self.assertEqual(result.values, [[[n, 0], [n, 1]] for n in (1, 2, 3, 4)])


class Totals(JournalTest):
    def test_time_and_attempts_are_those_of_all_parts_of_the_killed_ones_too(self):
        clock, gate = self.clock(), self.gate()
        tasks = self.file("tasks", json_lines([do(answer=1), do(["wait", gate.path], answer=2), do(["once", self.path("once"), ["wait", gate.path]])]))
        words = ["run", "-j1", "--in", "json", "-a", tasks, "--", *PUPPET]
        run = self.start(words[0], "--journal", self.journal, *words[1:], stdin=subprocess.DEVNULL)
        self.assertEqual(run.read_line(), "1\n")
        clock.forward(100)
        gate.open()
        self.assertEqual(run.read_line(), "2\n")
        run.signal(signal.SIGKILL)
        run.process.wait()
        result = self.again(*words)
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.err, r"2 of 3 tasks were done before; 2 parts took 100\.\d s and 3 attempts;")


class OutputFile(JournalTest):
    """-o FILE, gone on with in its place."""

    def result(self):
        with open(self.path("out"), "rb") as file:
            return file.read().decode()

    def map(self, *options):
        return self.again("map", "-k", "-o", self.path("out"), *options,
                          "echo {}; test {} != 3 -o -e " + self.path("gate"), ":::", "1", "2", "3", "4")

    def test_what_was_cut_off_is_gone_on_with_in_the_same_file(self):
        script = self.script("job", "#!/bin/sh\ntest $1 != 3 -o -e %s || { : > %s; until test $(wc -c <%s) = 4; do :; done; kill -9 $PPID; }\necho $1\n"
                             % (self.path("once"), self.path("once"), self.path("out")))
        words = ["map", "-k", "-j1", "-o", self.path("out"), script, "{}", ":::", "1", "2", "3", "4"]
        self.assertEqual(self.again(*words).status, -signal.SIGKILL)
        self.assertEqual(self.result(), "1\n2\n")
        inode = os.stat(self.path("out")).st_ino
        self.assertEqual(self.again(*words).status, 0)
        self.assertEqual(self.result(), "1\n2\n3\n4\n")
        self.assertEqual(os.stat(self.path("out")).st_ino, inode)

    def test_a_file_that_was_cut_or_spoilt_is_whole_again(self):
        self.map()
        for spoil in (b"1\n2", b"1\nXX\n3\n4\n", b"1\n2\n3\n4\nand more\n", b""):
            self.file("out", spoil)
            self.map()
            self.assertEqual(self.result(), "1\n2\n3\n4\n")

    def test_a_file_that_is_not_ours_is_left_alone(self):
        self.file("out", "foreign\n")
        result = self.map()
        self.assertEqual(result.status, 255, result)
        self.assertIn("--force", result.err)
        self.assertEqual(self.result(), "foreign\n")
        self.assertEqual(self.map("--force").status, 1)
        self.assertEqual(self.result(), "1\n2\n3\n4\n")

    def test_with_failed_ones_run_again_it_is_replaced(self):
        self.assertEqual(self.map().status, 1)
        before = os.stat(self.path("out")).st_ino
        os.chmod(self.path("out"), 0o640)
        self.file("gate", "")
        self.assertEqual(self.map("--resume-failed").status, 0)
        self.assertEqual(self.result(), "1\n2\n3\n4\n")
        self.assertNotEqual(os.stat(self.path("out")).st_ino, before)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("out")).st_mode), 0o640)
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if "spread-" in name), [])


class File(JournalTest):
    def test_it_is_the_users_alone(self):
        self.noted(input="a\n")
        self.assertEqual(stat.S_IMODE(os.stat(self.journal).st_mode), 0o600)

    def test_one_that_is_foreign_is_left_alone(self):
        self.file("j", "some text that is no journal\n")
        result = self.noted(input="a\n")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertEqual(self.bytes(), b"some text that is no journal\n")

    def test_a_torn_end_is_cut_off_and_told(self):
        self.noted(input="a\nb\n")
        whole = os.path.getsize(self.journal)
        os.truncate(self.journal, whole - 3)
        result = self.noted(input="a\nb\n")
        self.assertEqual((result.status, result.out), (0, "A\nB\n"), result)
        self.assertIn("cut off", result.err)

    def test_damage_in_the_middle_is_refused_with_its_place(self):
        for n in range(3):
            self.noted(input="a\nb\n" + "c\n" * n)
        with open(self.journal, "r+b") as file:
            file.seek(60)
            file.write(b"!!!!")
        result = self.noted(input="a\nb\nc\nc\n")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertIn("damaged at byte 16", result.err)

    def test_one_writer_at_a_time(self):
        post, gate = self.post(), self.gate()
        words = ["map", "-j1", "--journal", self.journal, "--resume",
                 "echo {} > %s; read x < %s; echo {}" % (post.path, gate.path), ":::", "a"]
        run = self.start(*words)
        self.assertEqual(post.line(), "a")
        second = self.spread(*words)
        self.assertEqual((second.status, second.out), (255, ""), second)
        self.assertIn(str(run.pid), second.err)
        self.assertIn("--take-over", second.err)
        gate.open(1, b"\n")
        self.assertEqual(run.finish().status, 0)

    def test_one_that_was_taken_over_is_written_by_one_run_alone(self):
        clock, post, gate = self.clock(), self.post(), self.gate()
        words = ["map", "-k", "-j1", "--journal", self.journal, "--resume"]
        job = ["echo {} > %s; read x < %s; echo {}" % (post.path, gate.path), ":::", "a", "b"]
        old = self.start(*words, *job)
        self.assertEqual(post.line(), "a")
        old.signal(signal.SIGSTOP)
        new = self.start(*words, "--take-over", *job)
        self.assertEqual(post.line(), "a")
        gate.open(3, b"\n")
        self.assertEqual(post.line(), "b")
        ended = new.finish()
        self.assertEqual((ended.status, ended.out), (0, "a\nb\n"), ended)
        clock.forward(1)
        old.signal(signal.SIGCONT)
        ended = old.finish()
        self.assertEqual(ended.status, 255, ended)
        self.assertIn("taken over", ended.err)
        # It has looked before it began b.
        self.assertTrue(post.is_empty())
        again = self.spread(*words, *job)
        self.assertEqual((again.status, again.out), (0, "a\nb\n"), again)
        self.assertTrue(post.is_empty())

    def test_it_cannot_be_written(self):
        result = self.spread("run", "--journal", "/dev/full", "--", *SQUARE, input="1\n")
        self.assertEqual((result.status, result.out), (255, ""), result)
        result = self.spread("run", "--journal", self.path("no/such"), "--", *SQUARE, input="1\n")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertIn("no/such", result.err)

    def test_what_is_told_when_it_is_closed(self):
        self.close_fails(self.journal)
        for durable in ("none", "batch"):
            with self.subTest(durable):
                result = self.again("run", "--durable", durable, "--in", "json", "--", *SQUARE, input="1\n2\n")
                self.assertEqual((result.status, result.out), (255, "1\n4\n"), result)
                self.assertIn(f"journal {self.journal}: cannot close it: Disk quota exceeded\n", result.err)

    def test_a_copy_that_is_told_so_when_it_is_closed_is_removed(self):
        self.again("run", "--", *SQUARE, input="1\n2\n")
        copy = self.file("copy", "")
        self.close_fails(copy)
        os.unlink(copy)
        result = self.spread("journal", "repair", self.journal, copy)
        self.assertEqual((result.status, os.path.exists(copy)), (255, False), result)
        self.assertIn("cannot close it: Disk quota exceeded", result.err)
