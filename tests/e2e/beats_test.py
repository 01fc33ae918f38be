"""Workers behind a launcher that promise beats, and fall silent: only those are lost."""

import json
import os
import signal
import unittest

from spread_testing import PYTHON, SpreadTest

# Answers, but waits at a gate where its task names one. It promises beats on the hosts that its
# argument names, and sends none but where its task wants that.
SILENT = r"""import json, os, sys
here = os.environ["VIA"]
words = ["beat"] if here in sys.argv[1] else []
def say(*message):
    os.write(1, json.dumps(message).encode() + b"\n")
say(None, "hello", {"wire": 1, "features": words})
for line in sys.stdin:
    id, x = json.loads(line)
    if "gate" in x:
        with open(x["post"], "w") as post: post.write(here + "\n")
        with open(x["gate"], "rb", 0) as gate:
            while gate.read(1) == b"b":
                say(None, "beat")
                say(id, "log", "still here")
    if "errors" in x:
        with open(x["post"], "w") as post: post.write(here + "\n")
        sys.stderr.write("e" * x["errors"])
        sys.stderr.flush()
    say(id, "ok", x.get("answer"))
if words:
    say(None, "bye")
    print(x.get("tail", "tail"))
"""


def let_pass(test, seconds):
    """So much time, at least: what a run needs to miss a worker that promised beats."""
    worker = test.script("mute", """echo '[null,"hello",{"features":["beat"]}]'; while read -r l; do :; done\n""")
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    result = test.spread("run", "-S", "1/a", "--launch", "env VIA={host}", "--wire", "json", "--start-retries",
                         "1", "--lost-after", seconds, "--", "sh", worker, input="1\n", env=environment)
    test.assert_told(result, f"spread: .*silent for {seconds} s.*")


class Beats(SpreadTest):
    LOST = "spread: worker 0 on %s: lost: silent for 0.2 s, .*"

    def words(self, *options, promise="a", hosts="1/a", after="0.2"):
        worker = self.file("silent.py", SILENT)
        return ["run", "-S", hosts, "--launch", "env VIA={host}", "--wire", "json", "--in", "json",
                "--lost-after", after, *options, "--", PYTHON, worker, promise]

    def task(self, **more):
        return json.dumps(more) + "\n"

    def waits(self, **more):
        return self.task(gate=self.gate_here.path, post=self.post_here.path, **more)

    def setUp(self):
        super().setUp()
        self.gate_here, self.post_here = self.gate(), self.post()

    def test_silence_is_loss_and_another_does_its_task(self):
        running = self.start(*self.words("--out", "records", "--start-all", hosts="1/a,1/b"))
        running.write(self.waits(answer=7) + self.waits(answer=8))
        running.close_input()
        at_gate = set()
        while at_gate != {"a", "b"}:
            at_gate.add(self.post_here.line())
        self.assertRegex(running.process.stderr.readline().decode(),
                         r"on a ended before its first answer \(lost: silent for 0.2 s\), tried 3 times")
        self.gate_here.open(2)
        result = running.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual([(r["value"], r["host"]) for r in result.values], [(7, "b"), (8, "b")])

    def test_a_task_whose_workers_all_fall_silent_is_lost_with_these_words(self):
        result = self.spread(*self.words("--crash-retries", "2", "--tails", "none"),
                             input=self.task(answer=1) + self.waits() + self.task(answer=2))
        self.assertEqual((result.status, result.out), (1, "1\nnull\n2\n"))
        self.assert_told(result, self.LOST % "a")
        self.assert_told(result, r"spread: task 2 .*was lost.*: lost: silent for 0.2 s.*")

    def test_before_its_first_answer_it_is_a_start_that_failed(self):
        result = self.spread(*self.words("--start-retries", "1"), input=self.waits())
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: .* on a ended before its first answer \(lost: silent for 0.2 s\).*")

    def test_what_promised_none_is_not_lost(self):
        running = self.start(*self.words(promise="none"))
        running.write(self.waits(answer=7))
        running.close_input()
        self.post_here.line()
        let_pass(self, "0.5")
        self.gate_here.open()
        result = running.finish()
        self.assertEqual((result.status, result.out, result.err), (0, "7\n", ""))

    def test_each_beat_puts_it_off(self):
        time = self.clock()
        running = self.start(*self.words("--tails", "none", after="10"))
        running.write(self.waits(answer=7))
        running.close_input()
        self.post_here.line()
        for _ in range(20):
            time.forward(2)
            self.gate_here.open(letter=b"b")
            self.assertIn("still here", running.process.stderr.readline().decode())
        self.gate_here.open()
        result = running.finish()
        self.assertEqual((result.status, result.out, result.err), (0, "7\n", ""))

    def test_the_clock_stands_while_the_output_is_not_read(self):
        running = self.start(*self.words("--tails", "none"))
        running.write(self.task(answer="x" * 1000000) + self.waits(answer=7))
        running.close_input()
        self.post_here.line()
        let_pass(self, "0.5")
        self.gate_here.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, ["x" * 1000000, 7])

    def test_the_clock_stands_while_stderr_is_not_read(self):
        # So it is not read from the worker either, which cannot go on.
        running = self.start(*self.words("--tails", "none"))
        running.write(self.task(answer=1) + self.task(post=self.post_here.path, errors=8000000, answer=7))
        running.close_input()
        self.post_here.line()
        let_pass(self, "0.5")
        result = running.finish()
        self.assertEqual((result.status, result.out), (0, "1\n7\n"))
        self.assertEqual(result.err, "e" * 8000000)

    def test_the_clock_stands_while_spread_is_stopped(self):
        for number in (signal.SIGSTOP, signal.SIGTSTP):
            with self.subTest(number=number):
                time = self.clock()
                # A group of its own: an orphaned one does not stop.
                running = self.start(*self.words("--tails", "none", after="10"), process_group=0)
                running.write(self.waits(answer=7))
                running.close_input()
                self.post_here.line()
                running.signal(number)
                os.waitpid(running.pid, os.WUNTRACED)
                time.forward(1000)
                running.signal(signal.SIGCONT)
                self.assertEqual(os.waitpid(running.pid, os.WCONTINUED)[0], running.pid)
                self.gate_here.open()
                result = running.finish()
                self.assertEqual((result.status, result.out, result.err), (0, "7\n", ""))

    def test_frames_count_until_the_bye_and_then_all_is_tail(self):
        for tail in ("tail", '[null,"beat"]'):
            result = self.spread(*self.words(), input=self.task(answer=7, tail=tail))
            self.assertEqual((result.status, result.out, result.err), (0, f"7\n{tail}\n", ""))

    def test_who_is_asked_and_how_often(self):
        self.environment["SPREAD_BEAT"] = "77"  # of a run around this one
        worker = self.script("worker", 'read -r l\necho "[0,\\"ok\\",\\"$SPREAD_BEAT\\"]"\ncat >/dev/null\n')
        remote = ("-S", "1/a", "--launch", "env VIA={host}")
        for options, beat in ((remote, "2.5"), ((*remote, "--lost-after", "2"), "0.5"),
                              ((*remote, "--lost-after", "none"), ""), (("-j1",), "")):
            result = self.spread("run", *options, "--wire", "json", "--", "sh", worker, input="a\n")
            self.assertEqual((result.status, result.out), (0, beat + "\n"), options)
        features = self.spread("run", "-j1", "--wire", "json", "--", "sh", "-c",
                               'read -r l; echo "[0,\\"ok\\",\\"$SPREAD_FEATURES\\"]"; cat', input="a\n")
        self.assertIn("beat", features.out.strip().split(","))
        for words in (("all", *remote, "--", "printenv", "SPREAD_BEAT"),
                      ("run", *remote, "--wire", "lines", "--", "sh", "-c",
                       'read l; echo "$SPREAD_BEAT"; read l', ":::", "a")):
            result = self.spread(*words)
            self.assertEqual((result.status, result.out), (0, "\n"), words)

    def test_where_there_are_no_beats_the_option_is_refused(self):
        for words, why in ((("run", "--wire", "lines"), "--lost-after: --wire lines has no beats; .*"),
                           (("all",), ".*--lost-after.*run.*"), (("map",), ".*--lost-after.*run.*"),
                           (("pipe",), ".*--lost-after.*run.*")):
            result = self.spread(*words, "--lost-after", "5", "--", "cat", input="")
            self.assertEqual(result.status, 255)
            self.assert_told(result, "spread: " + why)
        result = self.spread("run", "--lost-after", "0", "--", "cat", input="")
        self.assertEqual(result.status, 255)
        self.assert_told(result, r"spread: --lost-after: expected a time above 0.* \(or none\).*")


class SdkBeats(SpreadTest):
    """Real workers; the launcher is env, so that what the test stops is the worker itself."""

    PYTHON_WORKER = """import ctypes, os, spread_worker
def handle(x):
    if "gate" in x:
        gate = os.open(x["gate"], os.O_RDWR)
        with open(x["post"], "w") as post: post.write("%d\\n" % os.getpid())
        # PyDLL does not give up the interpreter's lock.
        ctypes.PyDLL(None).read(gate, ctypes.create_string_buffer(1), 1)
    return x["answer"]
spread_worker.run(handle)
print("tail")
"""

    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")
        self.gate_here, self.post_here = self.gate(), self.post()

    def words(self, *options):
        return ("run", "-S", "1/a", "--launch", "env VIA={host}", "--in", "json", *options)

    def task(self, **more):
        return json.dumps({"gate": self.gate_here.path, "post": self.post_here.path, **more}) + "\n"

    def test_a_task_that_holds_the_interpreter_lock_is_not_lost(self):
        worker = self.file("worker.py", self.PYTHON_WORKER)
        for wire in ("msgpack", "json"):
            running = self.start(*self.words("--lost-after", "0.5", "--wire", wire), "--", PYTHON, worker)
            running.write(self.task(answer="x" * 100000))
            running.close_input()
            self.post_here.line()
            let_pass(self, "1")
            self.gate_here.open()
            result = running.finish()
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(result.out, json.dumps("x" * 100000) + "\ntail\n")

    def test_one_that_is_stopped_is_lost_and_another_does_its_task(self):
        worker = self.file("worker.py", self.PYTHON_WORKER)
        running = self.start(*self.words("--lost-after", "0.5", "--out", "records", "--tails", "none"),
                             "--", PYTHON, worker)
        running.write(json.dumps({"answer": 1}) + "\n" + self.task(answer=7))
        running.close_input()
        os.kill(int(self.post_here.line()), signal.SIGSTOP)
        self.assertRegex(running.process.stderr.readline().decode(),
                         "^spread: worker 0 on a: lost: silent for 0.5 s, ")
        self.gate_here.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual([(r["value"], r["attempts"]) for r in result.values], [(1, 1), (7, 2)])

    def test_a_stopped_worker_in_cpp_is_lost_and_a_slow_one_is_not(self):
        worker = os.path.join(os.environ["SPREAD_BUILD"], "tests", "unit", "sdk_cpp", "sdk_worker")
        run = self.words("--lost-after", "0.5", "--out", "records", "--events", self.path("events"))
        running = self.start(*run, "--", worker, "wait")
        running.write('"a"\n')
        self.assertEqual(json.loads(running.read_line())["value"], "a")
        running.write(json.dumps(self.gate_here.path) + "\n")
        running.close_input()
        let_pass(self, "1")
        with open(self.path("events"), encoding="utf-8") as events:
            pids = [e["pid"] for e in map(json.loads, events) if e["event"] == "worker_started"]
        self.assertEqual(len(pids), 1, "its thread beats")
        os.kill(pids[0], signal.SIGSTOP)
        self.assertRegex(running.process.stderr.readline().decode(),
                         "^spread: worker 0 on a: lost: silent for 0.5 s, ")
        self.gate_here.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual([(r["value"], r["attempts"]) for r in result.values], [(".", 2)])


if __name__ == "__main__":
    unittest.main()
