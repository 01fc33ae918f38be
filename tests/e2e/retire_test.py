"""Workers that leave of their own accord, and what else workers say and ask: bye, ask, levels, meta."""

import json
import os
import re
import unittest

from spread_testing import PYTHON, SpreadTest

SDK_SH = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "sh", "spread-worker.sh")
# Without an SDK: ends with status 0 after so many answers, and does not say so.
SILENT = """import sys, msgpack
i, o = sys.stdin.buffer, sys.stdout.buffer
for _ in range(int(sys.argv[1])):
    h = i.read(5)
    if not h: break
    id, x = msgpack.unpackb(i.read(int.from_bytes(h[1:], "big")))
    b = msgpack.packb([id, "ok", x]); o.write(b"\\xc6" + len(b).to_bytes(4, "big") + b); o.flush()
"""
# Leaves after the tasks that say so; each process is told by its number.
LEAVES = """import os, spread_worker
done = 0
def handle(x):
    global done
    done += 1
    if x == "leave": spread_worker.retire()
    return [x, done]
spread_worker.run(handle)
print("tail of", done)
"""


class WorkerTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")


class Leaves(WorkerTest):
    def test_every_task_is_answered_in_order_though_each_process_ends_after_7(self):
        worker = self.file("worker.py", SILENT)
        joblog = self.path("log")
        tasks = [f"t{i}" for i in range(300)]
        result = self.spread("run", "-j2", "--window", "64", "--joblog", joblog, "--", PYTHON, worker,
                             "7", input="\n".join(tasks) + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out.split(), tasks)
        with open(joblog, encoding="utf-8") as file:
            statuses = [line.split("\t")[6] for line in file][1:]
        self.assertEqual(statuses, ["0"] * 300)

    def test_whoever_says_bye_is_replaced_and_its_tail_is_kept(self):
        worker = self.file("worker.py", LEAVES)
        tasks = ["a", "leave", "b", "c", "leave", "d"]
        result = self.spread("run", "-j1", "--window", "10", "--", PYTHON, worker,
                             input="\n".join(tasks) + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out, '["a",1]\n["leave",2]\n["b",1]\n["c",2]\n["leave",3]\n["d",1]\n'
                                     "tail of 2\ntail of 3\ntail of 1\n")

    def test_a_bye_that_comes_behind_the_close_is_not_in_the_tail(self):
        for newline in ("", "\\n"):
            worker = self.script("worker", "read -r l; echo '[0,\"ok\",1]'; cat >/dev/null\n"
                                 f"printf '{newline}[null,\"bye\"]\\ntail\\n'\n")
            result = self.spread("run", "-j1", "--wire", "json", "--", "sh", worker, input="a\n")
            self.assertEqual((result.status, result.out, result.err), (0, "1\ntail\n", ""))

    def test_the_shell_sdk_leaves_too(self):
        worker = self.script("worker", f""". {SDK_SH}
            handle() {{ [ "$1" != leave ] || spread_retire; spread_ok "$1 $$"; }}
            spread_run handle
            echo tail
            """)
        result = self.spread("run", "-j1", "--wire", "json", "--window", "10", "--", "sh", worker,
                             input="a\nleave\nb\n")
        self.assertEqual((result.status, result.err), (0, ""))
        words = [line.split() for line in result.out.splitlines()]
        self.assertEqual([w[0] for w in words], ["a", "leave", "b", "tail", "tail"])
        self.assertEqual(words[0][1], words[1][1])
        self.assertNotEqual(words[1][1], words[2][1])

    def test_a_line_filter_that_ends_after_some_lines_is_replaced(self):
        result = self.spread("run", "-j1", "--wire", "lines", "--", "sed", "-u", "2q",
                             input="1\n2\n3\n4\n5\n")
        self.assertEqual((result.status, result.out, result.err), (0, "1\n2\n3\n4\n5\n", ""))

    def test_three_that_leave_with_the_task_and_no_answer_lose_it(self):
        worker = self.file("worker.py", """import os, spread_worker
def leave(x):
    if x == "bad":
        spread_worker.process.channel.send([None, "bye"], may_wait=False)
        os._exit(0)
    return x
spread_worker.run(leave)
""")
        result = self.spread("run", "-j1", "--", PYTHON, worker, input="a\nbad\nb\n")
        self.assertEqual((result.status, result.out), (1, "a\n\nb\n"))
        self.assert_told(result, r"spread: task 2 \(line 2: bad\) was lost.*: 3 workers in a row left "
                         r"\(bye, or exit status 0\) with it as their first task, and answered nothing")

    def test_behind_a_launcher_status_0_is_no_retirement(self):
        worker = self.file("worker.py", SILENT)
        result = self.spread("run", "-S", "1/a", "--launch", "env VIA={host}", "--crash-retries", "2",
                             "--", PYTHON, worker, "1", input="x\ny\n")
        self.assertEqual((result.status, result.out), (0, "x\ny\n"))
        events = self.path("events")
        self.spread("run", "-S", "1/a", "--launch", "env VIA={host}", "--window", "2", "--events", events,
                    "--", PYTHON, worker, "1", input="x\ny\n")
        with open(events, encoding="utf-8") as file:
            kinds = [e.get("kind") for e in values(file.read()) if e["event"] == "task_answered"]
        self.assertIn("crash", kinds)

    def test_whoever_only_leaves_is_given_up(self):
        worker = self.script("worker", "echo '[null,\"bye\"]'\ncat >/dev/null\n")
        result = self.spread("run", "-j1", "--wire", "json", "--", "sh", worker, input="1\n2\n3\n4\n")
        self.assertEqual((result.status, result.out), (4, "\n\n\n\n"))
        self.assert_told(result, r"spread: sh .*worker ended before its first answer \(it left by a bye\), tried 3 times",
                         "spread: none of 4 tasks was computed")

    def test_one_that_never_ends_is_ended_after_the_shutdown_timeout(self):
        worker = self.file("worker.py", LEAVES + "import time; time.sleep(1000)\n")
        result = self.spread("run", "-j1", "--shutdown-timeout", "0.2", "--", PYTHON, worker,
                             input="leave\nb\n")
        self.assertEqual(result.out.splitlines()[:2], ['["leave",1]', '["b",1]'])
        self.assert_told(result, r"spread: worker 0 on localhost: still running 0.2 s after .*")


def values(lines):
    return [json.loads(line) for line in lines.splitlines()]


class Asks(WorkerTest):
    ASKS = """import spread_worker
def handle(x):
    if x == "who": return spread_worker.whoami()
    try:
        return spread_worker.ask("sing", x, 8)
    except spread_worker.Refused as e:
        return [e.type, str(e)]
spread_worker.run(handle)
"""

    def test_is_told_who_the_master_is(self):
        worker = self.file("worker.py", self.ASKS)
        for wire in ("msgpack", "json"):
            result = self.spread("run", "-j1", "--wire", wire, "--", PYTHON, worker, input="who\nx\nwho\n")
            self.assertEqual((result.status, result.err), (0, ""))
            who, refused, again = values(result.out)
            self.assertEqual((who["engine"], who["wire"], who["slots"]), ("spread", wire, 1))
            self.assertEqual(again, who)
            self.assertEqual(refused, ["UnknownOp", "this spread does not know the op 'sing'"])

    def test_a_payload_of_the_shell_is_not_taken_for_a_third_element(self):
        worker = self.script("worker", f". {SDK_SH}\nhandle() {{ spread_ok \"$1\"; }}\nspread_run handle\n")
        for payload in ('{"k":"a,{b"}', '{"a":"x,{","b":1}', '{"x,{":1}', '"a,{b:1}"', '[1,{"a":2}]'):
            result = self.spread("run", "-j1", "--wire", "json", "--in", "json", "--", "sh", worker,
                                 input=payload + "\n")
            want = payload if payload[0] != '"' else json.loads(payload)
            self.assertEqual(values(result.out), [want])

    def test_tasks_that_come_in_front_of_the_answer_are_done_later(self):
        worker = self.file("worker.py", self.ASKS)
        tasks = ["who", "x"] * 50
        result = self.spread("run", "-j1", "--window", "100", "--", PYTHON, worker,
                             input="\n".join(tasks) + "\n")
        self.assertEqual(result.status, 0)
        self.assertEqual([isinstance(x, dict) for x in values(result.out)], [True, False] * 50)

    def test_a_question_without_seq_ends_that_worker_only(self):
        worker = self.file("worker.py", """import spread_worker
def handle(x):
    if x == "bad": spread_worker.process.channel.send([None, "ask"], may_wait=False)
    return x
spread_worker.run(handle)
""")
        result = self.spread("run", "-j1", "--", PYTHON, worker, input="a\nbad\nb\n")
        self.assertEqual((result.status, result.out), (1, "a\n\nb\n"))
        self.assert_told(result, r'spread: task 2 .*was lost.*not a frame: "ask" without its third element.*')

    def test_a_question_that_is_wrong_is_refused_though_nothing_else_is_to_be_sent(self):
        for question, why in (('"whoami",77', "it asks for id 77, which it is not working on"),
                              ('"whoami","x"', "its task is no id"),
                              ('"whoami",null,1', "whoami takes no arguments"),
                              ("5,0", "its op is no text"), ("[]", "its op is no text")):
            worker = self.script("worker", "read -r l\n"
                                 f"echo '[null,\"ask\",1,{question}]'\nread -r a\n"
                                 "echo \"[0,\\\"ok\\\",$a]\"\ncat >/dev/null\n")
            result = self.spread("run", "-j1", "--wire", "json", "--", "sh", worker, input="1\n")
            self.assertEqual((result.status, values(result.out)), (
                0, [[None, "refused", 1, {"type": "BadAsk", "message": why}]]))

    def test_an_older_spread_is_told_apart(self):
        worker = self.file("worker.py", """import os
os.environ["SPREAD_FEATURES"] = "ready"
import spread_worker
def handle(x):
    if x == "who": spread_worker.whoami()
    if x == "meta": return spread_worker.meta()
    spread_worker.retire() if x == "retire" else spread_worker.ask("sing")
spread_worker.run(handle)
""")
        result = self.spread("run", "-j1", "--", PYTHON, worker, input="who\nmeta\nretire\nask\n")
        self.assertEqual((result.status, result.out), (3, "\n{}\n\n\n"))
        self.assert_told(result, r"spread: task 3 .*: TooOld: this spread is too old: it does not know 'bye'.*")
        for task in (1, 4):
            self.assert_told(result, r"spread: task %d .*: TooOld: this spread is too old: it does not know 'ask'.*" % task)


class Logs(WorkerTest):
    def test_where_there_are_none_their_options_are_refused(self):
        for options, why in ((("--wire", "lines", "--log", "f"), "--log: --wire lines has no log messages; .*"),
                             (("--wire", "lines", "--stderr-level", "debug"),
                              "--stderr-level: --wire lines has no log messages; .*"),
                             (("--wire", "lines", "--subpool", "1"), "--subpool: --wire lines has no sub-tasks; .*"),
                             (("--log-level", "info"), "--log-level is the least that goes to --log FILE, .*")):
            result = self.spread("run", *options, "--", "cat", input="")
            self.assertEqual(result.status, 255)
            self.assert_told(result, "spread: " + why)

    WORKER = """import spread_worker
def handle(x):
    for level in ("debug", "info", "warning", "error"):
        spread_worker.log(level + " of " + x, level)
    spread_worker.log("two\\nlines")
    return x
spread_worker.run(handle)
"""

    def shown(self, *options):
        worker = self.file("worker.py", self.WORKER)
        result = self.spread("run", "-j1", *options, "--", PYTHON, worker, input="a\n")
        self.assertEqual((result.status, result.out), (0, "a\n"))
        return [re.sub("^spread: worker 0 on localhost: ", "", x) for x in result.err.splitlines()]

    def test_levels_of_stderr_and_file_are_apart(self):
        log = self.path("log")
        self.assertEqual(self.shown(), ["info of a", "warning of a", "error of a", "two", "lines"])
        self.assertEqual(self.shown("--stderr-level", "error"), ["error of a"])
        self.assertEqual(self.shown("--stderr-level", "none", "--log", log), [])
        with open(log, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for line, text in zip(lines, ("debug debug", "info info", "warning warning", "error error")):
            level, text = text.split()
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z %s worker 0 on localhost, "
                             r"task 1: %s of a$" % (level, text))
        self.assertRegex(lines[4], "task 1: two$")
        self.assertEqual(lines[5:], ["    lines"])
        self.shown("--stderr-level", "none", "--log", log, "--log-level", "warning")
        with open(log, encoding="utf-8") as file:
            self.assertEqual([x.split()[1] for x in file], ["warning", "error"])

    def test_a_level_is_one_of_four_words(self):
        result = self.spread("run", "--log-level", "loud", "--", "cat", input="")
        self.assertEqual(result.status, 255)
        self.assert_told(result, "spread: --log-level: expected debug, info, warning or error, not .*")


class Meta(WorkerTest):
    def test_each_attempt_is_told_its_number(self):
        worker = self.file("worker.py", """import spread_worker
def handle(x):
    attempt = spread_worker.meta()["attempt"]
    if attempt < int(x): raise ValueError("not yet")
    return attempt
spread_worker.run(handle)
""")
        for wire in ("msgpack", "json"):
            result = self.spread("run", "-j1", "--task-meta", "--retries", "3", "--wire", wire, "--",
                                 PYTHON, worker, input="1\n2\n3\n")
            self.assertEqual((result.status, result.out), (0, "1\n2\n3\n"))

    def test_without_it_a_task_has_two_elements(self):
        result = self.spread("run", "-j1", "--wire", "json", "--", "sed", "-u",
                             r"s/^\[\([0-9]*\),\(.*\)\]$/[\1,\"ok\",\"\2\"]/", input="7\n")
        self.assertEqual(result.status, 1)  # "7" is a text, and is quoted twice
        result = self.spread("run", "-j1", "--wire", "json", "--in", "json", "--", "sed", "-u",
                             r's/^\[\([0-9]*\),\(.*\)\]$/[\1,"ok",[\2]]/', input="7\n")
        self.assertEqual((result.status, result.out), (0, "[7]\n"))
        result = self.spread("run", "-j1", "--wire", "json", "--in", "json", "--task-meta", "--", "sed",
                             "-u", r's/^\[\([0-9]*\),\(.*\)\]$/[\1,"ok",[\2]]/', input="7\n")
        self.assertEqual((result.status, result.out), (0, '[7,{"attempt":1}]\n'))

    def test_a_worker_that_dies_of_it_gets_a_hint(self):
        worker = self.file("worker.py", """import json, sys
for line in sys.stdin:
    id, x = json.loads(line)
    print(json.dumps([id, "ok", x]), flush=True)
""")
        for option, hint in (("--task-meta", "; --task-meta gives each task a third element, "
                              "which it may not know"), ("--start-all", "")):
            result = self.spread("run", "-j1", "--wire", "json", option, "--", PYTHON, worker, input="a\n")
            self.assertEqual(result.status, 1 if hint else 0)
            if hint:
                self.assert_told(result, r"spread: .* ended before its first answer \(exit status 1"
                                 + hint + r"\), tried 3 times:")

    def test_what_a_run_around_this_one_knows_is_hidden(self):
        self.environment["SPREAD_FEATURES"] = "bye,ask"
        for words in (("all", "-j1", "--", "printenv", "SPREAD_FEATURES"),
                      ("run", "-j1", "--wire", "lines", "--", "sh", "-c",
                       'read l; echo "$SPREAD_FEATURES"; read l', ":::", "a")):
            result = self.spread(*words)
            self.assertEqual((result.status, result.out), (0, "\n"))

    def test_lines_have_no_place_for_it(self):
        result = self.spread("run", "--task-meta", "--wire", "lines", "--", "cat", input="")
        self.assertEqual(result.status, 255)
        self.assert_told(result, r"spread: --task-meta: --wire lines sends the payload only; .*")


if __name__ == "__main__":
    unittest.main()
