"""`spread check`: what keeps the protocol passes, and each check fails for a worker, or a launcher, that
breaks its rule and no other one."""

import os
import re
import signal
import subprocess
import unittest

from spread_testing import BUILD, PYTHON, SOURCE, SQUARE, SpreadTest

SDK = os.path.join(SOURCE, "worker_sdk")
EXAMPLES = os.path.join(SOURCE, "examples")
with open(os.path.join(SOURCE, "docs", "check.md"), encoding="utf-8") as page:
    PAGE = page.read()

# A worker that does one thing wrong: what its first word says. It reads one frame after the other, and
# writes each answer in a frame.
BROKEN = r"""
import os, select, signal, sys, msgpack
wrong, buffer, held, tasks = sys.argv[1], b"", b"", 0

def take():
    global buffer
    chunk = os.read(0, 1 << 16)
    if wrong == "pieces" and chunk and len(chunk) < 5: sys.exit("half a header")
    buffer += chunk
    return chunk

def frame():
    global buffer
    while len(buffer) < 5 or len(buffer) < 5 + int.from_bytes(buffer[1:5], "big"):
        if wrong == "large" and len(buffer) > 100000: sys.exit("too long")
        if not take(): return None
    size = int.from_bytes(buffer[1:5], "big")
    body, buffer = buffer[5:5 + size], buffer[5 + size:]
    if wrong == "several": buffer = b""
    return msgpack.unpackb(body)

def write(message):
    global held
    body = msgpack.packb(message)
    held += b"\xc6" + len(body).to_bytes(4, "big") + body + b"\n"
    if wrong == "flush": return
    try: os.write(1, held)
    except OSError: signal.pause() if wrong == "end-master" else sys.exit()
    held = b""

if wrong == "start": sys.exit(1)
if wrong == "hello": write([None, "hello", {"wire": 1, "window": 0}])
if wrong == "late hello": write([None, "ready"]); write([None, "hello", {"wire": 1}])
if wrong in ("silent", "no bye"): write([None, "hello", {"wire": 1, "features": ["beat"]}])
if wrong == "wants prep": write([None, "hello", {"wire": 1, "prep": 2}])
if wrong != "prep":
    for _ in range(int(os.environ["SPREAD_PREP"])): frame()
while True:
    if wrong == "no bye":
        while not buffer and not select.select([0], [], [], 0.1)[0]: write([None, "beat"])
    if (task := frame()) is None: break
    tasks += 1
    if wrong == "end-busy" and b"" == (take() if select.select([0], [], [], 0.05)[0] else b"x"): sys.exit()
    if wrong == "answer": continue
    if wrong == "third-element" and len(task) > 2: signal.pause()
    if wrong == "two elements": id, payload = task
    if wrong == "values" and task[1] is None: sys.exit("null")
    if wrong == "questions": write([None, "ask", 1, "whoami", task[0]]); frame(); signal.pause()
    if wrong == "asks": write([None, "ask", 1, "whoami", task[0]]); frame()
    if wrong == "stray": os.write(1, b"a print\n")
    write([task[0] % 65536 if wrong == "ids" else task[0], "ok", task[1]])
    if wrong == "messages" and tasks == 1: write([task[0], "ok", task[1]])
    if wrong == "unknown kind": write([None, "late hello"])
if wrong == "end-unused" and tasks == 0: sys.exit(3)
if wrong == "end-idle" and tasks > 0: signal.pause()
if held: os.write(1, held)
"""

# The same for what leads there; it is given the words to run.
LAUNCHER = r"""
import os, subprocess, sys
wrong, words = sys.argv[1], sys.argv[2:]
if wrong == "launcher-environment": words = [word for word in words if not word.startswith("SPREAD_")]
if wrong == "launcher-terminal": words = ["script", "-qefc", __import__("shlex").join(words), "/dev/null"]
if wrong == "no stdin": os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
# A launcher that takes long is what is looked for: no event could stand for the time.
if wrong == "launcher-latency": __import__("time").sleep(1.2)
if wrong in ("launcher-latency", "no stdin", "launcher-environment", "launcher-terminal", "nothing"):
    os.execvp(words[0], words)
child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def pump(source, target, change, whole):
    held = b""
    while chunk := os.read(source, 4096):
        held += chunk
        size = held.rfind(b"\n") + 1 if whole == "lines" else 0 if whole == "all" else len(held)
        data, held = change(held[:size]), held[size:]
        while data: data = data[os.write(target, data):]
    os.write(target, change(held)) if held else None
def same(data): return data
import threading
def down():
    pump(0, child.stdin.fileno(), same, "lines" if wrong == "launcher-input" else "")
    if wrong != "no end": child.stdin.close()
threading.Thread(target=down, daemon=True).start()
crlf = lambda data: data.replace(b"\n", b"\r\n")
whole = {"launcher-output": "all", "lines": "lines"}.get(wrong, "")
pump(child.stdout.fileno(), 1, crlf if wrong == "launcher-bytes" else same, whole)
status = child.wait()
sys.exit(0 if wrong == "launcher-status" else status)
"""


class CheckTest(SpreadTest):
    deadline = 200

    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SDK, "python")

    def begin(self, *words, limit="5"):
        """Several at once wait for the same seconds. What they print fits in a pipe."""
        return self.start("check", "--timeout", limit, *words, stdin=subprocess.DEVNULL)

    def check(self, *words, **how):
        return self.found(self.begin(*words, **how))

    def found(self, running):
        """The exit status, and the checks: {name: (verdict, what is told)}."""
        result = running.finish()
        found = re.findall(r"^(pass|FAIL|n/a) +(\S+) +(.*)\n(?: +-> (.*)\n)?", result.out, re.MULTILINE)
        return result, {name: (verdict, what, advice) for verdict, name, what, advice in found}

    def named(self, checks, verdict):
        return {name for name, (found, _, _) in checks.items() if found == verdict}

    def begin_broken(self, wrong, *options, **how):
        worker = self.path("broken.py")
        if not os.path.exists(worker):
            self.file("broken.py", BROKEN)
        return self.begin(*options, "--", PYTHON, worker, wrong, **how)

    def broken(self, wrong, *options, **how):
        return self.found_broken(self.begin_broken(wrong, *options, **how))

    def found_broken(self, running):
        """The names of those that fail; and all."""
        result, checks = self.found(running)
        failed = self.named(checks, "FAIL")
        self.assertEqual(result.status, 1 if failed else 0, result)
        for name in failed:
            self.assertTrue(checks[name][2], f"{name}: no advice")
        return failed, checks


class WhatKeepsIt(CheckTest):
    def passes(self, *words):
        return self.passed(self.begin(*words))

    def passed(self, running):
        result, checks = self.found(running)
        self.assertEqual((self.named(checks, "FAIL"), result.status, result.err), (set(), 0, ""), result)
        counts = re.search(r"^(\d+) checks: (\d+) passed, 0 failed, (\d+) not applicable$", result.out, re.MULTILINE)
        self.assertEqual([int(n) for n in counts.groups()],
                         [len(checks), len(self.named(checks, "pass")), len(self.named(checks, "n/a"))])
        return self.named(checks, "pass")

    def test_a_worker_of_each_sdk(self):
        common = {"start", "answer", "flush", "hello", "ids", "several", "pieces", "large", "values",
                  "third-element", "end-unused", "end-idle", "end-busy", "end-master", "stray", "messages"}
        square = os.path.join(EXAMPLES, "square", "square_sdk.py")
        cases = (
            (("--", PYTHON, square), common | {"beats"}),
            (("--wire", "json", "--", PYTHON, square), common | {"beats"}),
            (("--", os.path.join(BUILD, "examples", "echo")), common | {"beats"}),
            (("--wire", "json", "--", "sh", os.path.join(EXAMPLES, "square", "square.sh")), common),
        )
        begun = [self.begin(*words) for words, _ in cases]
        for (words, passed), running in zip(cases, begun):
            with self.subTest(words):
                self.assertEqual(self.passed(running), passed)

    def test_the_loop_on_the_page_of_the_protocol(self):
        with open(os.path.join(SOURCE, "docs", "protocol.md"), encoding="utf-8") as file:
            loop = re.search(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)[1]
        passed = self.passes("--", PYTHON, self.file("loop.py", loop))
        self.assertEqual(passed, {"start", "answer", "flush", "ids", "several", "pieces", "large", "values",
                                  "end-unused", "end-idle", "end-busy", "end-master", "stray", "messages"})
        self.assertEqual(self.passes("--", *SQUARE), passed)

    def test_filters(self):
        wanted = {"start", "answer", "flush", "one-line", "pieces", "large", "end-unused", "end-idle", "end-busy",
                  "end-master"}
        self.assertEqual(self.passes("--wire", "lines", "--", "sed", "-u", "s/a/b/"), wanted)
        self.assertEqual(self.passes("--wire", "lines", "--", "bc"), wanted)

    def test_a_worker_of_spread_jobs(self):
        """Of gmisclib, with pickles: its loop as it is written for Python 3."""
        text = ("import pickle, sys\ni, o = sys.stdin.buffer, sys.stdout.buffer\nwhile True:\n"
                "    try: x = pickle.load(i)\n    except EOFError: break\n"
                "    pickle.dump((x, [], []), o, 2); o.flush()\no.close()\n")
        self.assertEqual(self.passes("--wire", "pickle", "--", PYTHON, self.file("loop.py", text)),
                         {"start", "answer", "flush", "pieces", "large", "end-unused", "end-idle", "end-busy",
                          "end-master"})

    def test_prep_items(self):
        words = os.path.join(EXAMPLES, "square", "grep_words.py")
        passed = self.passes("--prep", "a", "--prep-json", '"b"', "--task", '"a b"', "--", PYTHON, words)
        self.assertIn("prep", passed)

    def test_what_is_wrong_with_the_broken_one_is_its_word_alone(self):
        self.assertEqual(self.broken("nothing")[0], set())

    def test_one_that_asks(self):
        self.assertEqual(self.broken("asks")[1]["questions"][0], "pass")

    def test_two_elements_are_enough_unless_there_will_be_three(self):
        failed, checks = self.broken("two elements")
        self.assertEqual((failed, checks["third-element"][0]), (set(), "n/a"))
        self.assertEqual(self.broken("two elements", "--task-meta")[0], {"third-element"})

    def test_one_that_refuses_or_fails_its_task(self):
        text = "import spread_worker as w\ndef handle(x): raise w.Busy(9, 'load')\nw.run(handle)\n"
        result, checks = self.check("--", PYTHON, self.file("busy.py", text))
        self.assertEqual((result.status, checks["answer"][:2][0]), (0, "pass"))
        self.assertIn("by busy: load; --task", checks["answer"][1])

    def test_a_launcher(self):
        launcher = {f"launcher-{name}" for name in
                    ("bytes", "terminal", "input", "output", "environment", "status", "latency")}
        passed = self.passes("--launch", "env SEEN=1", "--", *SQUARE)
        self.assertLessEqual(launcher | {"launcher"}, passed)
        result, checks = self.check("--launch", f"{PYTHON} {self.file('launcher.py', LAUNCHER)} nothing", "--", *SQUARE)
        self.assertEqual(self.named(checks, "FAIL"), set(), result)

    def test_each_of_several(self):
        result = self.spread("check", "-S", "a,b", "--launch", "env H={host}", "--worker", "false", "--", *SQUARE)
        self.assertEqual(result.status, 1)
        self.assertEqual(re.findall(r"^(\S+).*, on (\S+):$", result.out, re.MULTILINE),
                         [("false", "localhost"), (SQUARE[0], "a"), (SQUARE[0], "b")])
        self.assertEqual(len(re.findall(r"^\d+ checks: ", result.out, re.MULTILINE)), 3)


class WhatBreaksIt(CheckTest):
    def test_each_check_fails_for_what_breaks_its_rule(self):
        alone = ("flush", "ids", "several", "pieces", "large", "values", "third-element", "end-unused", "end-idle",
                 "end-busy", "stray", "messages")
        # What it answers with another id is an answer to nothing, too; and so on.
        too = {"ids": {"messages"}, "several": {"end-busy"}, "end-idle": {"end-busy"}}
        begun = {wrong: self.begin_broken(wrong) for wrong in alone}
        for wrong, running in begun.items():
            with self.subTest(wrong):
                self.assertEqual(self.found_broken(running)[0], {wrong} | too.get(wrong, set()))

    def test_one_that_does_not_start_or_answer(self):
        words = {"start": {"answer", "end-unused"}, "answer": {"answer"}, "questions": {"answer", "questions"}}
        begun = {wrong: self.begin_broken(wrong) for wrong in words}
        for wrong, failed in words.items():
            with self.subTest(wrong):
                found, checks = self.found_broken(begun[wrong])
                self.assertEqual(found, failed)
                self.assertEqual(checks["ids"][:2], ("n/a", "it answers no task"))
        result, checks = self.check("--", "/no/such/program")
        self.assertEqual((result.status, self.named(checks, "FAIL"), self.named(checks, "pass")), (1, {"start"}, set()))
        self.assertIn("cannot start /no/such/program: No such file or directory", checks["start"][1])
        text = "import spread_worker as w\ndef load(_): raise FileNotFoundError('model.bin')\nw.run(len, prep=load)\n"
        result, checks = self.check("--", PYTHON, self.file("fails.py", text))
        self.assertIn("start", self.named(checks, "FAIL"))
        self.assertIn("its preparation failed: FileNotFoundError: model.bin", checks["start"][1])

    def test_hello_and_prep_items(self):
        self.assertIn("hello: window must be", " ".join(self.broken("hello")[1]["hello"]))
        self.assertEqual(self.named(self.broken("late hello")[1], "FAIL"), {"hello", "messages"})
        failed, checks = self.broken("wants prep")
        self.assertIn("prep", failed)
        self.assertIn("it wants 2 prep items, and is given 0", checks["prep"][1])
        failed, checks = self.broken("prep", "--prep", "a", limit="5")
        self.assertIn("prep", failed)
        self.assertIn("it answers without prep items, and with them not", checks["prep"][1])

    def test_beats(self):
        silent, no_bye = self.begin_broken("silent"), self.begin_broken("no bye")
        self.assertEqual(self.found_broken(silent)[0], {"beats"})
        failed, checks = self.found_broken(no_bye)
        self.assertEqual((failed, checks["beats"][1]), ({"beats"}, "it has promised beats, and ends without a bye"))

    def test_a_message_of_no_known_kind(self):
        failed, checks = self.broken("unknown kind")
        self.assertEqual(failed, {"messages"})
        self.assertIn('"late hello"', checks["messages"][1])

    def test_one_that_goes_on_without_a_master(self):
        # Where its answer has no reader, it stays; and it is ended.
        worker = self.file("broken.py", BROKEN)
        result, checks = self.check("--", PYTHON, worker, "end-master", limit="5")
        self.assertEqual((result.status, self.named(checks, "FAIL")), (1, {"end-master"}))
        self.assert_nothing_runs(worker)

    def test_lines(self):
        cases = (
            (["sed", "-u", "p"], {"one-line"}),
            (["sed", "s/a/b/"], {"flush"}),
            (["sort"], {"flush"}),
            (["grep", "--line-buffered", "2"], {"answer", "end-unused"}),
        )
        begun = [self.begin("--wire", "lines", "--", *words, limit="5") for words, _ in cases]
        for (words, failed), running in zip(cases, begun):
            with self.subTest(words):
                result, checks = self.found(running)
                found = self.named(checks, "FAIL")
                if words[0] == "sed" and words[-1] == "p":
                    found &= failed  # When its second lines come decides which other checks they meet.
                self.assertEqual((result.status, found), (1, failed), result)

    def test_what_is_no_worker_at_all(self):
        cases = (["cat"], ["true"], ["yes"], ["cat", "/dev/urandom"], ["sleep", "1000"], ["sh", "-c", "kill -9 $$"])
        # No check is to pass: a short limit only makes it shorter.
        begun = [self.begin("--", *words, limit="0.5") for words in cases]
        for words, running in zip(cases, begun):
            with self.subTest(words):
                result, checks = self.found(running)
                self.assertEqual(result.status, 1)
                self.assertIn("answer", self.named(checks, "FAIL"))
        self.assertIn("it echoes its input", self.check("--wire", "json", "--", "cat")[1]["answer"][1])

    def test_each_check_of_the_launcher_fails_for_what_breaks_its_rule(self):
        launcher = self.file("launcher.py", LAUNCHER)
        cases = (
            ("launcher-bytes", {"launcher-bytes", "launcher-output"}),
            ("launcher-input", {"launcher-input"}),
            ("launcher-output", {"launcher-output", "launcher-terminal", "launcher-input", "launcher-environment",
                                 "launcher-latency"}),
            ("launcher-environment", {"launcher-environment"}),
            ("launcher-status", {"launcher-status"}),
            ("launcher-latency", {"launcher-latency"}),
            ("launcher-terminal", {"launcher-terminal"}),
            ("no stdin", {"launcher-bytes"}),
            ("no end", {"launcher-bytes"}),
        )
        # What "true" does is soon seen; it is not what is asked here.
        begun = [self.begin("--launch", f"{PYTHON} {launcher} '{wrong}'", "--", "true", limit="5") for wrong, _ in cases]
        for (wrong, failed), running in zip(cases, begun):
            with self.subTest(wrong):
                _, checks = self.found(running)
                found = {name for name in self.named(checks, "FAIL") if name.startswith("launcher")}
                self.assertLessEqual(failed if wrong != "launcher-terminal" else {wrong}, found)
                if wrong in ("launcher-status", "launcher-latency", "launcher-environment", "launcher-input"):
                    self.assertEqual(found, failed)

    def test_where_nothing_gets_there_nothing_else_is_tried(self):
        result, checks = self.check("-S", "x", "--launch", "false {host}", "--", *SQUARE)
        self.assertEqual((result.status, self.named(checks, "FAIL"), self.named(checks, "pass")), (1, {"launcher"}, set()))
        self.assertIn("exit status 1", checks["launcher"][1])

    def test_a_launcher_that_keeps_unfinished_lines_is_told(self):
        launcher = self.file("launcher.py", LAUNCHER)
        _, checks = self.check("--launch", f"{PYTHON} {launcher} lines", "--", "true")
        self.assertIn("line by line", checks["launcher-output"][1])
        self.assertEqual(checks["launcher-output"][0], "pass")

    def runs(self, name):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if name.encode() in file.read().split(b"\0"):
                        return True
            except (FileNotFoundError, ProcessLookupError):
                pass
        return False

    def assert_nothing_runs(self, name):
        while self.runs(name):  # What was killed may take a moment.
            os.sched_yield()

    def test_nothing_is_left_behind_a_signal(self):
        worker = self.file("stays.py", "import os, signal, sys\n"
                                       "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                       "open(sys.argv[1], 'w').write('x\\n')\nsignal.pause()\n")
        post = self.post()
        running = self.start("check", "--timeout", "1000", "--", PYTHON, worker, post.path)
        post.line()
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(running.process.wait(), 128 + signal.SIGINT)
        self.assert_nothing_runs(worker)

    def test_nothing_more_is_tried_when_its_reader_is_gone(self):
        post = self.post()
        worker = self.script("worker", f"#!/bin/sh\necho started >{post.path}\nexec sleep 1000\n")
        running = self.start("check", "--timeout", "1000", "--", worker)
        post.line()
        running.process.stdout.close()
        self.assertEqual(running.process.wait(), 141)
        self.assertEqual(running.process.stderr.read(), b"")
        self.assertTrue(post.is_empty())

    def test_nothing_is_left_of_what_a_worker_has_started(self):
        """It ends by itself, and what it leaves has closed its pipes."""
        name = self.file("left.py", "import signal\nwhile True: signal.pause()\n")
        worker = self.script("worker", f"#!/bin/sh\n{PYTHON} {name} <&- >&- 2>&- &\nexec sed -u s/a/b/\n")
        result, _ = self.check("--wire", "lines", "--", worker)
        self.assertEqual(result.status, 0, result)
        self.assert_nothing_runs(name)

    def test_bad_lines(self):
        for words, told in (
            (("--", ), "no worker is named: write it after --, or use --worker or --args-file "
                       "(try 'spread check --help')"),
            (("--task", "{", "--", "cat"), "--task {: expected a key in quotes at byte 2"),
            (("--timeout", "0", "--", "cat"), None),
            (("--timeout", "200%", "--", "cat"), "--timeout: there is no median of one task (try 'spread check --help')"),
            (("-j", "2", "--", "cat"), "-j is for run, not for check (try 'spread check --help')"),
        ):
            with self.subTest(words):
                result = self.spread("check", *words)
                self.assertEqual((result.status, result.out), (255, ""))
                if told:
                    self.assertEqual(result.err, f"spread: {told}\n")


class Page(CheckTest):
    def test_the_table_has_each_check(self):
        """In the order in which they are made."""
        _, checks = self.check("--", *SQUARE)
        named = re.findall(r"^\| `([a-z-]+)` \|", PAGE[PAGE.index("## Every rule"):], re.MULTILINE)
        self.assertEqual(named, list(checks))


if __name__ == "__main__":
    unittest.main()
