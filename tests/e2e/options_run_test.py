"""The options that say when a run stops, what is put on record, and how much may be under way: each
with what it changes."""

import json
import os
import re
import shlex
import unittest

from spread_testing import PUPPET, PYTHON, SQUARE, SpreadTest, do, json_lines, shell_words

FAIL = do(["answer", "error", {"type": "E", "message": "m"}])


def first(row):
    return int(row[0])


def most_in_flight(events):
    """At one worker, by the record of what was sent and answered."""
    now = most = 0
    for event in events:
        if event["event"] == "task_sent":
            now += 1
        elif event["event"] == "task_answered":
            now -= 1
        most = max(most, now)
    return most


class WhenToStop(SpreadTest):
    def run_one(self, tasks, *options):
        return self.puppet(tasks, "-j1", "--window", "1", *options)

    def test_never_is_the_default(self):
        for options in ((), ("--halt", "never")):
            result = self.run_one([FAIL, 1, FAIL, 2], *options)
            self.assert_run(result, 2, [None, 1, None, 2])

    def test_fail(self):
        for when in ("soon", "now"):
            result = self.run_one([0, FAIL, 2, 3], "--halt", f"{when},fail=1")
            self.assertEqual(result.status, 1, result)
            self.assertEqual(result.values[:2], [0, None])
            self.assertEqual(set(result.values[2:]) | {None}, {None})
            self.assertIn("halt", result.err)

    def test_fail_counts_tasks_whose_tries_are_used_up(self):
        once = do(["once", self.path("f"), ["answer", "error", {"type": "E"}]], ["answer", "ok", 1])
        result = self.run_one([once, 2], "--halt", "now,fail=1", "--retries", "2")
        self.assertEqual(result.status, 0, result)

    def test_two_fails(self):
        result = self.run_one([FAIL, 1, FAIL, 3], "--halt", "soon,fail=2")
        self.assertEqual(result.values[:3], [None, 1, None])
        self.assertNotIn(3, result.values)
        self.assertGreaterEqual(result.status, 2)

    def test_percent_of_fails_is_the_status(self):
        result = self.run_one([1, FAIL, FAIL, 3, 4], "--halt", "soon,fail=60%")
        self.assertEqual(result.status, 60, result)
        self.assertNotIn(3, result.values)

    def test_success(self):
        result = self.run_one([FAIL, 1, 2], "--halt", "now,success=1")
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.values[:2], [None, 1])
        self.assertNotIn(2, result.values)

    def test_done(self):
        result = self.run_one([FAIL, 1, 2], "--halt", "soon,done=2")
        self.assertEqual(result.values[:2], [None, 1], result)
        self.assertNotIn(2, result.values)
        self.assertGreaterEqual(result.status, 1)

    def test_now_kills_and_soon_waits(self):
        for when, value in (("now", None), ("soon", "late")):
            with self.subTest(when):
                post, gate = self.post("post" + when), self.gate("gate" + when)
                slow = do(["tell", post.path], ["wait", gate.path], answer="late")
                fails = do(["wait", gate.path], *FAIL["do"])
                running = self.start(
                    *("run", "-j2", "--in", "json", "--halt", f"{when},fail=1", "--window", "1"),
                    *("--kill-grace", "0.2", "--", *PUPPET),
                )
                running.write(json_lines([slow]))
                pidfd = os.pidfd_open(int(post.line()))
                if when == "now":  # The gate is read by the second only: the first hangs for good.
                    fails = FAIL
                running.write(json_lines([fails]))
                if when == "soon":
                    gate.open(2)
                self.assert_gone(pidfd)
                result = running.finish()
                self.assertEqual((result.status, result.values), (1, [value, None]), result)

    def test_retries(self):
        for retries, status in (("1", 1), ("2", 1), ("3", 0), ("0", 0)):
            with self.subTest(retries):
                count = self.path("count" + retries)
                # Fails twice.
                script = self.script(
                    "worker",
                    "#!/bin/sh\nwhile read -r line; do\n"
                    f"  echo x >> {count}\n"
                    f"  if [ $(wc -l < {count}) -lt 3 ]; then\n"
                    """    echo '[0,"error",{"type":"E","message":"m"}]'\n"""
                    """  else echo '[0,"ok","done"]'; fi\ndone\n""",
                )
                options = ("-j1", "--wire", "json", "--out", "json", "--retries", retries)
                result = self.spread("run", *options, "--", script, input="x\n")
                self.assert_run(result, status, [None if status else "done"])
                with open(count, encoding="utf-8") as file:
                    self.assertEqual(len(file.readlines()), min(3, int(retries) or 3))

    def test_max_busy(self):
        busy = do(["answer", "busy", 0.01])
        result = self.puppet([1, busy, 3], "--max-busy", "0.2", "--out", "records")
        self.assertEqual(result.status, 1, result)
        self.assertEqual([r["status"] for r in result.values], ["ok", "not computed", "ok"])
        self.assertEqual([r["value"] for r in result.values], [1, None, 3])

    def test_timeout_of_all_is_for_the_whole_command(self):
        result = self.spread("all", "-j1", "--timeout", "0.2", "--", "sleep", "1000")
        self.assert_run(result, 1, "")
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: still running after --timeout 0.2 s, "
            r"killed by signal 15 \(Terminated\)",
        )

    def test_timeout_of_all_counts_though_the_command_ends_well_after_it(self):
        script = "trap 'exit 0' TERM; while :; do read -r line <{}; done".format(self.gate().path)
        result = self.spread("all", "-j1", "--timeout", "0.2", "--", "sh", "-c", script)
        self.assert_run(result, 1, "")
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: still running after --timeout 0.2 s, exit status 0",
        )


class OnRecord(SpreadTest):
    def joblog(self, *options, tasks):
        path = self.path("log")
        result = self.puppet(tasks, "--window", "1", "--joblog", path, *options)
        with open(path, encoding="utf-8") as file:
            header, *lines = file.read().splitlines()
        names = "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command".split()
        self.assertEqual(header.split("\t"), names)
        rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
        return result, sorted(rows, key=lambda row: int(row["Seq"]))

    def test_joblog(self):
        dies, hangs = do(["kill", 9]), do(["hang"])
        # The median is of three successes that are no worker's first.
        tasks = ["a\tb\nc", FAIL, dies, *range(7, 13), hangs]
        options = ("--crash-retries", "2", "--timeout", "300%", "--retries", "1")
        result, rows = self.joblog(*options, tasks=tasks)
        self.assertEqual(result.values, ["a\tb\nc", None, None, *range(7, 13), None], result)
        seen = [(row["Seq"], row["Host"], row["Exitval"], row["Signal"]) for row in rows]
        ends = [("0", "0"), ("1", "0"), ("-1", "0"), *[("0", "0")] * 6, ("-1", "15")]
        self.assertEqual(seen, [(str(n + 1), "localhost", *end) for n, end in enumerate(ends)])
        self.assertEqual(rows[0]["Command"], r"a\tb\nc")
        self.assertEqual(rows[3]["Command"], "7")
        for row in rows:
            self.assertRegex(row["Starttime"], r"\A\d{10,}\.\d{3}\Z")
            self.assertRegex(row["JobRuntime"], r"\A *\d+\.\d{3}\Z")
            self.assertRegex(row["Send"] + "," + row["Receive"], r"\A\d+,\d+\Z")

    def test_joblog_of_all_has_a_line_for_each_worker(self):
        path = self.path("log")
        script = ["sh", "-c", "case {worker} in 2) echo hello;; 3) exit 3;; 4) kill -9 $$;; esac"]
        hangs = ["sleep", "1000"]
        result = self.spread(
            *("all", "--joblog", path, "--prep", "abc", "--timeout", "2", "-j3"),
            *("--worker", shell_words(hangs), "--worker", "/nonexistent/a", "--", *script),
        )
        self.assert_run(result, 4)
        with open(path, encoding="utf-8") as file:
            rows = sorted((line.split("\t") for line in file.read().splitlines()[1:]), key=first)
        seen = [(seq, host, *rest) for seq, host, _, _, *rest in rows]
        words = [shell_words(script).replace("{worker}", str(n)) for n in range(2, 5)]
        self.assertEqual(
            seen,
            [
                ("1", "localhost", "4", "0", "-1", "15", shell_words(hangs)),
                ("2", "localhost", "0", "0", "-1", "0", "/nonexistent/a"),
                ("3", "localhost", "4", "6", "0", "0", words[0]),
                ("4", "localhost", "4", "0", "3", "0", words[1]),
                ("5", "localhost", "4", "0", "137", "9", words[2]),
            ],
        )
        for row in rows:
            self.assertRegex(row[2], r"\A\d{10,}\.\d{3}\Z")
            self.assertRegex(row[3], r"\A *\d+\.\d{3}\Z")

    def test_joblog_that_cannot_be_written_is_known_before_anything_starts(self):
        result = self.puppet([do(["tell", self.path("ran")])], "--joblog", "/no/where/log")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: --joblog: .*/no/where/log: No such file.*")
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_events_to_a_file(self):
        path = self.path("events")
        tasks = [do(["send", ["ID", "progress", 0.5, "half"]], ["send", ["ID", "log", "hello"]])]
        tasks += [FAIL, 2]
        self.environment["PUPPET_TAIL"] = "tail\n"
        result = self.puppet(tasks, "--events", path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        events = [json.loads(line) for line in text.splitlines()]
        kinds = [event["event"] for event in events]
        self.assertEqual((kinds[0], kinds[-1]), ("run_started", "run_ended"), result)
        times = [event["time"] for event in events]
        self.assertEqual(times, sorted(times))
        finished = {e["task"]: e["status"] for e in events if e["event"] == "task_finished"}
        self.assertEqual(finished, {0: "ok", 1: "failed", 2: "ok"})
        self.assertEqual(events[-1]["exit_status"], 1)
        wanted = {"worker_started", "worker_ready", "worker_ended", "worker_tail"}
        wanted |= {"task_sent", "task_answered", "task_progress", "worker_log"}
        self.assertEqual(wanted - set(kinds), set())

    def test_events_to_a_descriptor_while_they_happen(self):
        post, gate = self.post(), self.gate()
        fd = os.open(post.path, os.O_WRONLY)
        self.addCleanup(os.close, fd)
        running = self.start(
            *("run", "-j1", "--in", "json", "--events", f"fd:{fd}", "--", *PUPPET), pass_fds=(fd,)
        )
        running.write(json_lines([do(["wait", gate.path])]))
        while (event := json.loads(post.line()))["event"] != "task_sent":
            pass
        self.assertEqual((event["task"], event["worker"], event["attempt"]), (0, 0, 1))
        gate.open()
        while (event := json.loads(post.line()))["event"] != "task_answered":
            pass
        self.assertEqual((event["task"], event["kind"]), (0, "ok"))
        self.assert_run(running.finish(), 0, [0], "")

    def test_busy_answers_are_events(self):
        path = self.path("events")
        busy = do(["once", self.path("b"), ["answer", "busy", 0.01]])
        self.assert_run(self.puppet([busy], "--events", path), 0, [0])
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        kinds = [event["kind"] for event in events if event["event"] == "task_answered"]
        self.assertEqual(kinds, ["busy", "ok"])

    def answers(self, tasks, *options):
        path = self.path("events")
        result = self.puppet(tasks, "--window", "1", "--events", path, *options)
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        return result, [event for event in events if event["event"] == "task_answered"]

    def test_answers_that_are_tried_again_are_events_with_their_duration(self):
        once = do(["once", self.path("e"), *FAIL["do"]], answer="done")
        hung = do(["once", self.path("h"), ["hang"]], answer="done")
        dead = do(["once", self.path("k"), ["kill", 9]], answer="done")
        _, answers = self.answers([0, once, hung, dead], "--retries", "2", "--timeout", "2")
        kinds = {n: [a["kind"] for a in answers if a["task"] == n] for n in range(4)}
        self.assertEqual(
            kinds, {0: ["ok"], 1: ["error", "ok"], 2: ["timeout", "ok"], 3: ["crash", "ok"]}
        )
        for answer in answers:
            self.assertGreater(answer["seconds"], 0, answer)
            if answer["kind"] == "timeout":
                self.assertGreaterEqual(answer["seconds"], 2)

    def test_last_crash_of_a_lost_task_is_an_event_too(self):
        _, answers = self.answers([0, do(["kill", 9])], "--crash-retries", "2")
        self.assertEqual([a["kind"] for a in answers], ["ok", "crash", "crash"])

    def test_a_lost_task_had_no_response(self):
        """gmisclib's NoResponse, in records and events."""
        path = self.path("events")
        result = self.puppet([0, do(["kill", 9])], "--crash-retries", "1", "--out", "records", "--events", path)
        lost = result.values[1]
        self.assertEqual((lost["status"], lost["error"]["type"]), ("lost", "NoResponse"))
        with open(path, encoding="utf-8") as file:
            finished = [e for e in map(json.loads, file) if e["event"] == "task_finished"]
        self.assertEqual(finished[1]["error_type"], "NoResponse")

    def test_fatal_answers_are_told_as_fatal(self):
        fatal = do(["answer", "fatal", {"type": "F", "message": "no licence"}])
        _, answers = self.answers([fatal])
        self.assertEqual([(a["kind"], a["message"]) for a in answers], [("fatal", "no licence")])

    def test_events_cannot_be_written(self):
        for target in ("/no/where/events", "fd:77"):
            result = self.puppet([1], "--events", target)
            self.assert_run(result, 255, "")
            self.assert_only_told(result, r"spread: --events.*: .*")

    def test_explain(self):
        for option in ("-v", "--explain"):
            result = self.puppet([1, 2], option)
            self.assert_run(result, 0, [1, 2])
            lines = [line for line in result.err.splitlines() if line.startswith("[")]
            told = "\n".join(re.sub(r"^\[ *\d+\.\d+\] ", "", line) for line in lines)
            self.assertRegex(told, r"(?m)^start worker 0 on localhost: \w+")
            command = re.escape(shlex.join(PUPPET))
            self.assertRegex(told, rf"(?m)^worker 0 has started on localhost, process \d+: {command}$")
            self.assertRegex(told, r"(?m)^send task 2 to worker 0: \w+")
            self.assertRegex(told, r"(?m)^close the input of worker 0: \w+")
            self.assertRegex(told, r"(?m)^1 worker was started, 1 to be waited for$")
            self.assertRegex(result.err, r"(?m)^localhost +1 +1 +2 +0 ")

    def test_explain_tells_how_long_a_worker_that_refused_rests_and_why(self):
        """gmisclib G5: that many seconds, 0.8 to 1.4 times what it asked for, and the root of how long the
        refusal took."""
        refuses = do(["once", self.path("once"), ["answer", "busy", 0.25, "load 14"]])
        result = self.puppet([refuses], "-v")
        told = re.search(r"worker 0 rests for ([0-9.]+) s: it refused task 1 for 0.25 s, load 14\n", result.err)
        self.assertGreaterEqual(float(told[1]), 0.2)

    def test_events_of_workers_have_their_argument_lists(self):
        """gmisclib G10: what is called at the end of a worker is given its argument list."""
        path = self.path("events")
        self.environment["PUPPET_TAIL"] = "tail\n"
        words = [*PUPPET, "{worker}"]
        result = self.spread("run", "--in", "json", "-j1", "--events", path, "--", *words, input=b"1\n")
        self.assert_run(result, 0, "1\ntail\n")
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        told = {e["event"]: e["arguments"] for e in events if "arguments" in e}
        self.assertEqual(told, dict.fromkeys(["worker_started", "worker_tail"], [*PUPPET, "0"]))

    def test_bar_summary_and_events_count_tasks_that_no_worker_had(self):
        for words in (("--bar",), ("--summary",), ("--events", self.path("e")), ("-v",)):
            with self.subTest(words):
                result = self.spread(
                    *("run", "--in", "json", "-j1", *words, "--", *PUPPET), input="1\n{\n3\n"
                )
                self.assert_run(result, 1, [1, None, 3])

    def test_summary(self):
        result = self.puppet([1, FAIL, 3], "--summary")
        self.assert_run(result, 1, [1, None, 3])
        rows = {line.split()[0]: line.split() for line in result.err.splitlines() if line}
        titles = "workers starts tasks failed busy seconds s/task tasks/s"
        self.assertEqual(rows["workers"], titles.split())
        self.assertEqual(rows["localhost"][1:6], ["1", "1", "3", "1", "0"], result)
        self.assertEqual(rows["all"][1:6], ["1", "1", "3", "1", "0"], result)


class UnderWay(SpreadTest):
    def in_flight(self, tasks, *options):
        events = self.path("events")
        file = self.file("tasks", json_lines(tasks))
        result = self.spread(
            *("run", "-j1", "--in", "json", "-a", file, "--events", events, *options),
            *("--", *PUPPET),
        )
        self.assertEqual(result.status, 0, result)
        with open(events, encoding="utf-8") as lines:
            return most_in_flight(map(json.loads, lines))

    def test_window(self):
        for window in (1, 3, 8):
            self.assertEqual(self.in_flight(["x"] * 50, "--window", window), window)

    def test_window_bytes(self):
        tasks = ["x" * 1000] * 50
        for size, most in (("1", 1), ("2500", 3), ("64K", 20)):
            seen = self.in_flight(tasks, "--window", "20", "--window-bytes", size)
            self.assertEqual(seen, most, size)

    def test_read_ahead(self):
        # Each task tells, and waits. The file is read no further than a few buffers beyond.
        post, gate = self.post(), self.gate()
        task = do(["tell", post.path, "x"], ["wait", gate.path], pad="x" * 10000)
        for options, limit in ((("--read-ahead", "2"), 2 << 20), ((), 1 << 40)):
            path = self.file("tasks", json_lines([task] * 800))
            with open(path, "rb") as file:
                running = self.start(
                    *("run", "-j1", "--window", "1", "--in", "json", *options, "--", *PUPPET),
                    stdin=file,
                )
                for _ in range(20):
                    post.line()
                    gate.open()
                read = os.lseek(file.fileno(), 0, os.SEEK_CUR)
                self.assertLess(read, limit)
                if not options:
                    self.assertGreater(read, 2 << 20)
                running.signal(9)
                running.process.wait()

    def test_max_frame(self):
        # Asked for so many bytes.
        sizes = ("run", "-j1", "--in", "json", "--max-frame", "150", "--crash-retries", "1", "--")
        worker = (PYTHON, self.file("sizes.py", SIZES))
        result = self.spread(*sizes, *worker, input="90\n200\n100\n")
        self.assert_run(result, 1, ["x" * 90, None, "x" * 100])
        self.assert_told(result, r"spread: task 2 .*was lost.*frame of 2\d+ bytes.*--max-frame 150.*")

    def test_record_longer_than_max_frame_is_a_failed_task(self):
        result = self.puppet(["x" * 200, "y" * 90], "--max-frame", "150")
        self.assert_run(result, 1, [None, "y" * 90])
        self.assert_told(result, r"spread: task 1 failed: .*stdin line 1: longer than 150 bytes")

    def test_shutdown_timeout_and_kill_grace(self):
        script = self.script(
            "stays", f"#!/bin/sh\ntrap '' TERM\n{shell_words(SQUARE)}\nwhile :; do sleep 1; done\n"
        )
        result = self.spread(
            *("run", "-j1", "--in", "json", "--shutdown-timeout", "0.1", "--kill-grace", "0.1"),
            *("--", script),
            input="3\n",
        )
        self.assert_run(result, 0, [9])
        self.assert_only_told(
            result,
            r"spread: worker 0 on localhost: still running 0.1 s after the end of its input, "
            r"killed by signal 9 \(Killed\)",
        )

    def backwards(self, *options):
        return self.spread(
            *("run", "-j1", "--window", "100", "--in", "json", "--reorder-mem", "64K", *options),
            *("--", PYTHON, self.file("backwards.py", BACKWARDS)),
            input=json_lines(range(100)),
        )

    def test_results_that_have_no_room_in_memory_are_spilled(self):
        os.mkdir(self.path("spill"))
        for options in (("--spill-dir", self.path("spill")), ("--spill-max", "1G"), ()):
            result = self.backwards(*options)
            self.assertEqual((result.status, result.err), (0, ""), options)
            heads = [value[:8] for value in result.values]
            self.assertEqual(heads, [f"{n:08d}" for n in range(100)])

    def test_spill_directory_that_is_not_there_is_known_before_anything_starts(self):
        result = self.backwards("--spill-dir", "/no/where")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*--spill-dir.*/no/where.*No such file.*")


# Answers with so many bytes as it is asked for.
SIZES = """\
import sys, msgpack
i, o = sys.stdin.buffer, sys.stdout.buffer
while h := i.read(5):
    id, size = msgpack.unpackb(i.read(int.from_bytes(h[1:], "big")))
    b = msgpack.packb([id, "ok", "x" * size])
    o.write(b"\\xc6" + len(b).to_bytes(4, "big") + b)
    o.flush()
"""

# Reads a hundred tasks, and answers the last one first, with 10 KB each.
BACKWARDS = """\
import sys, msgpack
i, o = sys.stdin.buffer, sys.stdout.buffer
ids = []
for _ in range(100):
    ids.append(msgpack.unpackb(i.read(int.from_bytes(i.read(5)[1:], "big")))[0])
for id in reversed(ids):
    b = msgpack.packb([id, "ok", f"{id:08d}" * 1250])
    o.write(b"\\xc6" + len(b).to_bytes(4, "big") + b)
o.flush()
i.read()
"""


if __name__ == "__main__":
    unittest.main()
