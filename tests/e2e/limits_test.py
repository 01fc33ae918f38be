"""Workers whose process is replaced: --max-tasks, --max-age, --max-rss, SPREAD_GENERATION."""

import json
import os
import signal
import unittest

from spread_testing import PYTHON, SpreadTest

SDK_SH = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "sh", "spread-worker.sh")
# Answers with its generation and how many tasks it has had, and does as it is told.
COUNTS = """import os, sys, spread_worker
generation = os.environ["SPREAD_GENERATION"]
done, kept = 0, []
def handle(x):
    global done
    done += 1
    if x == "grow": kept.append(b"x" * 100_000_000)
    return [x, generation, done]
if len(sys.argv) > 1:
    with open(sys.argv[1], "w") as post: print("ready", file=post)
spread_worker.run(handle)
print("tail of", generation)
"""
# The same for --wire json without an SDK; what follows the words is its tail.
PLAIN = """n=0
while read -r l; do
    n=$((n + 1)); id=${l#[}; id=${id%%,*}
    echo "[$id,\\"ok\\",[$SPREAD_GENERATION,$n]]"
done
"""


class LimitsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")

    def counts(self, *options, tasks, worker=COUNTS):
        """(answers, tails) of a run of one worker."""
        name = self.file("worker.py", worker)
        result = self.spread("run", "-j1", *options, "--", PYTHON, name, input="\n".join(tasks) + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        lines = result.out.splitlines()
        return [json.loads(line) for line in lines[:len(tasks)]], lines[len(tasks):]


class MaxTasks(LimitsTest):
    def test_each_process_is_sent_exactly_so_many(self):
        tasks = [str(i) for i in range(10)]
        for window in ("1", "2", "64"):
            answers, tails = self.counts("--window", window, "--max-tasks", "3", tasks=tasks)
            self.assertEqual(answers, [[str(i), str(i // 3), i % 3 + 1] for i in range(10)])
            self.assertEqual(tails, [f"tail of {i}" for i in range(4)])

    def test_several_workers_have_tails_by_number_then_generation(self):
        worker = self.script("worker", PLAIN + 'echo "tail of $SPREAD_WORKER $SPREAD_GENERATION"\n')
        result = self.spread("run", "-j3", "--wire", "json", "--window", "4", "--max-tasks", "4", "--",
                             "sh", worker, input="x\n" * 100)
        self.assertEqual((result.status, result.err), (0, ""))
        lines = result.out.splitlines()
        self.assertLessEqual(max(json.loads(line)[1] for line in lines[:100]), 4)
        tails = [line.split()[2:] for line in lines[100:]]
        self.assertEqual(tails, sorted(tails, key=lambda t: (int(t[0]), int(t[1]))))
        self.assertGreaterEqual(len(tails), 25)
        for number in range(3):
            generations = [int(t[1]) for t in tails if t[0] == str(number)]
            self.assertEqual(generations, list(range(len(generations))))

    def test_tails_may_be_more_than_memory_takes(self):
        worker = self.script("worker", PLAIN + "i=0; while [ $i -lt 500 ]; do\n"
                             'echo "tail $SPREAD_GENERATION $i"; i=$((i + 1)); done\n')
        result = self.spread("run", "-j1", "--wire", "json", "--max-tasks", "1", "--reorder-mem", "1000",
                             "--", "sh", worker, input="x\n" * 5)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out.splitlines()[5:],
                         [f"tail {g} {i}" for g in range(5) for i in range(500)])

    def test_filters_have_so_many_lines_each(self):
        worker = self.script("worker", "while read -r l; do echo $l $SPREAD_GENERATION; done\n")
        for window in ((), ("--window", "5")):
            result = self.spread("run", "-j1", "--wire", "lines", *window, "--max-tasks", "2", "--", "sh",
                                 worker, input="0\n1\n2\n3\n4\n")
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(result.out, "0 0\n1 0\n2 1\n3 1\n4 2\n")

    def test_one_that_buffers_gives_what_it_holds(self):
        result = self.spread("run", "-j1", "--wire", "lines", "--window", "5", "--max-tasks", "2", "--",
                             "sed", "s/^/x/", input="0\n1\n2\n3\n4\n")
        self.assertEqual((result.status, result.out, result.err), (0, "x0\nx1\nx2\nx3\nx4\n", ""))

    def test_the_next_one_waits_for_the_end_of_the_one_before(self):
        worker = self.script("worker", PLAIN)
        events = self.path("events")
        result = self.spread("run", "-j1", "--wire", "json", "--max-tasks", "1", "--events", events, "--",
                             "sh", worker, input="x\n" * 4)
        self.assertEqual((result.status, result.err), (0, ""))
        with open(events, encoding="utf-8") as file:
            told = [json.loads(line)["event"] for line in file]
        lives = [event for event in told if event in ("worker_started", "worker_ended")]
        self.assertEqual(lives, ["worker_started", "worker_ended"] * 4)

    def test_a_worker_that_ends_after_every_7_answers_loses_none_of_10000(self):
        worker = self.script("worker", r"""exec sed -u 's/^\[\([0-9]*\),\(.*\)\]$/[\1,"ok",\2]/;7q'""")
        joblog = self.path("log")
        tasks = [str(i) for i in range(10000)]
        result = self.spread("run", "-j2", "--wire", "json", "--window", "64", "--joblog", joblog, "--",
                             "sh", worker, input="\n".join(tasks) + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out.split(), tasks)
        with open(joblog, encoding="utf-8") as file:
            self.assertEqual({line.split("\t")[6] for line in list(file)[1:]}, {"0"})

    def test_members_of_gangs_are_replaced_too(self):
        worker = self.file("worker.py", """import os, spread_worker
done = 0
def handle(x):
    global done
    done += 1
    return [spread_worker.allreduce(1, "sum"), done]
spread_worker.run(handle)
""")
        for options in ((), ("--overlap",)):
            result = self.spread("gang", "-n", "2", "-j", "3", "--max-tasks", "2", *options, "--", PYTHON,
                                 worker, input="x\n" * 9)
            self.assertEqual((result.status, result.err), (0, ""))
            members = [member for gang in result.values for member in gang]
            self.assertEqual(len(members), 18)
            self.assertEqual({total for total, _ in members}, {2})
            self.assertEqual({done for _, done in members}, {1, 2})

    def test_bad_numbers_are_refused(self):
        for option, value in (("--max-tasks", "0"), ("--max-tasks", "x"), ("--max-age", "0"),
                              ("--max-rss", "0"), ("--max-rss", "-1")):
            result = self.spread("run", option, value, "--", "cat", input="")
            self.assertEqual(result.status, 255)
            self.assert_told(result, f"spread: {option}: expected .*")
        for subcommand in ("map", "pipe", "all"):
            result = self.spread(subcommand, "--max-tasks", "3", "--", "cat", input="")
            self.assertEqual(result.status, 255)


# The tail of the first process waits at the gate $1; each says at $2 that it has written it.
GATED = PLAIN + """[ $SPREAD_GENERATION != 0 ] || head -c 1 "$1" >/dev/null
echo "tail of $SPREAD_GENERATION"; exec >&-
echo "end of $SPREAD_GENERATION" >"$2"
"""


class Overlap(LimitsTest):
    def gated(self, *options):
        self.at_gate, self.ends = self.gate(), self.post()
        return self.start("run", "-j1", "--wire", "json", "--max-tasks", "1", *options, "--", "sh",
                          self.script("worker", GATED), self.at_gate.path, self.ends.path)

    def test_the_next_one_answers_before_the_end_of_the_one_before(self):
        run = self.gated("--overlap")
        run.write("x\nx\nx\n")
        # The third one waits for the end of the second one, not for that of the first.
        self.assertEqual([run.read_line() for _ in range(3)], ["[0,1]\n", "[1,1]\n", "[2,1]\n"])
        run.close_input()
        self.assertEqual(self.ends.lines(2), ["end of 1", "end of 2"])
        self.at_gate.open()
        result = run.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out, "tail of 0\ntail of 1\ntail of 2\n")

    def test_a_former_one_that_does_not_end_is_ended(self):
        run = self.gated("--overlap", "--shutdown-timeout", "0.2")
        run.write("x\nx\n")
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, result.out), (0, "[0,1]\n[1,1]\ntail of 1\n"))
        self.assert_told(result, "spread: worker 0 on localhost: still running 0.2 s after the end of its input, .*")

    def test_a_signal_ends_it_too(self):
        run = self.gated("--overlap", "--kill-grace", "0.1")
        run.write("x\nx\n")
        self.assertEqual([run.read_line(), run.read_line()], ["[0,1]\n", "[1,1]\n"])
        run.signal(signal.SIGINT)
        self.assertEqual(run.finish().status, 130)

    def test_it_is_for_processes_that_are_replaced(self):
        result = self.spread("run", "--overlap", "--", "cat", input="")
        self.assertEqual(result.status, 255)
        self.assert_told(result, "spread: --overlap is for processes that are replaced: use --max-tasks, .*")


class MaxAge(LimitsTest):
    def ages(self, *options):
        clock, self.ready = self.clock(), self.post()
        worker = self.file("worker.py", COUNTS)
        return clock, self.start("run", "-j1", "--max-age", "1h", *options, "--", PYTHON, worker,
                                 self.ready.path)

    def test_an_old_one_is_sent_nothing_more(self):
        clock, run = self.ages()
        run.write("a\nb\n")
        answers = [run.read_line(), run.read_line()]
        clock.forward(3600)
        run.write("c\n")
        answers.append(run.read_line())
        run.write("d\n")
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        lines = "".join(answers) + result.out
        self.assertEqual(lines, '["a","0",1]\n["b","0",2]\n["c","1",1]\n["d","1",2]\ntail of 0\ntail of 1\n')

    def test_one_that_is_old_before_its_first_task_is_sent_that_one(self):
        clock, run = self.ages("--start-all")
        self.assertEqual(self.ready.line(), "ready")
        clock.forward(3600)
        run.write("a\n")
        answers = [run.read_line()]
        run.write("b\n")
        answers.append(run.read_line())
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual("".join(answers), '["a","0",1]\n["b","1",1]\n')


class MaxRss(LimitsTest):
    def test_one_that_has_grown_is_replaced(self):
        answers, tails = self.counts("--window", "1", "--max-rss", "80M", tasks=["grow", "a", "b"])
        self.assertEqual(answers, [["grow", "0", 1], ["a", "1", 1], ["b", "1", 2]])
        self.assertEqual(tails, ["tail of 0", "tail of 1"])

    def test_its_children_count(self):
        child = "import sys; x = b'x' * 100_000_000; print(flush=True); sys.stdin.read()"
        worker = f"""import os, subprocess, sys, spread_worker
children = []
def handle(x):
    if x == "grow":
        child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        child.stdout.readline()
        children.append(child)
    return [x, os.environ["SPREAD_GENERATION"]]
spread_worker.run(handle)
for child in children: child.communicate()
"""
        answers, _ = self.counts("--window", "1", "--max-rss", "80M", tasks=["grow", "a"], worker=worker)
        self.assertEqual(answers, [["grow", "0"], ["a", "1"]])

    def test_elsewhere_the_sdk_looks_and_leaves(self):
        python = self.file("worker.py", COUNTS)
        # The shell's own child: it has grown when it says so.
        child = self.file("child.py", "import signal, sys\nx = b'x' * 100_000_000\n"
                          "with open(sys.argv[1], 'w') as fifo: print('grown', file=fifo)\nsignal.pause()\n")
        grown = self.path("grown")
        os.mkfifo(grown)
        shell = self.script("worker", f""". {SDK_SH}
            handle() {{
                if [ "$1" = grow ]; then
                    {PYTHON} {child} {grown} 8<&- 9>&- &
                    read -r _ <{grown}
                fi
                spread_ok_json "[\\"$1\\",\\"$SPREAD_GENERATION\\"]"
            }}
            spread_run handle
            [ $SPREAD_GENERATION != 0 ] || kill $!
            echo "tail of $SPREAD_GENERATION"
            """)
        for wire, words in (("msgpack", (PYTHON, python)), ("json", (PYTHON, python)), ("json", ("sh", shell))):
            result = self.spread("run", "-S", "1/a", "--launch", "env VIA={host}", "--wire", wire,
                                 "--window", "1", "--max-rss", "80M", "--env", "PYTHONPATH", "--", *words,
                                 input="grow\na\nb\n")
            self.assertEqual((result.status, result.err), (0, ""))
            lines = result.out.splitlines()
            self.assertEqual([json.loads(line)[:2] for line in lines[:3]],
                             [["grow", "0"], ["a", "1"], ["b", "1"]])
            self.assertEqual(lines[3:], ["tail of 0", "tail of 1"])

    def test_what_cannot_look_at_itself_elsewhere_is_refused(self):
        result = self.spread("run", "-S", "1/a", "--launch", "env VIA={host}", "--wire", "lines",
                             "--max-rss", "80M", "--", "cat", input="x\n")
        self.assertEqual((result.status, result.out), (255, ""))
        self.assert_told(result, "spread: --max-rss: a worker of --wire lines on a cannot be told to look "
                         "at its memory; use --wire json or msgpack")

    def test_the_limit_of_a_run_around_this_one_is_hidden(self):
        self.environment["SPREAD_MAX_RSS"] = "1"
        worker = self.script("worker", 'while read -r l; do echo "<$SPREAD_MAX_RSS>"; done\n')
        result = self.spread("run", "-j1", "--wire", "lines", "--", "sh", worker, input="x\n")
        self.assertEqual((result.status, result.out), (0, "<>\n"))


if __name__ == "__main__":
    unittest.main()
