"""The options that say where workers run, when a run stops, what is put on record, and how much may
be under way: each with what it changes."""

import json
import os
import re
import subprocess
import unittest

from spread_testing import PUPPET, PYTHON, SQUARE, SpreadTest, do, json_lines, shell_words

FAIL = do(["answer", "error", {"type": "E", "message": "m"}])


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


class WhereWorkersRun(SpreadTest):
    def show(self, *options, what="$SPREAD_HOST/$SPREAD_SLOT/$SPREAD_WORKER/$SPREAD_WORKERS"):
        return self.spread("all", *options, "--", "sh", "-c", f"echo {what}")

    def test_jobs(self):
        for words in (("-j", "2"), ("-j2",), ("-P", "2"), ("-P2",), ("--jobs", "2"), ("--jobs=2",)):
            with self.subTest(words):
                self.assert_run(self.show(*words), 0, "localhost/1/0/2\nlocalhost/2/1/2\n", "")

    def test_jobs_by_default_and_in_percent_are_of_the_usable_cpus(self):
        one = {min(os.sched_getaffinity(0))}
        how = {"preexec_fn": lambda: os.sched_setaffinity(0, one)}
        show = ("--", "sh", "-c", "echo $SPREAD_SLOT")
        self.assert_run(self.spread("all", *show, **how), 0, "1\n", "")
        self.assert_run(self.spread("all", "-j300%", *show, **how), 0, "1\n2\n3\n", "")

    def test_hosts_and_their_slots(self):
        local = ("-j1", "--launch", "local")
        for words in (("-S", "a,2/b"), ("-S", "a", "-S", "2/b"), ("--sshlogin", "a,2/b")):
            with self.subTest(words):
                self.assert_run(self.show(*local, *words), 0, "a/1/0/3\nb/1/1/3\nb/2/2/3\n", "")

    def test_hosts_from_files(self):
        one, two = self.file("one", "# first\n2/a\n\n"), self.file("two", ":\n")
        result = self.show("-j1", "--launch", "local", "--slf", one, "--sshloginfile", two)
        self.assert_run(result, 0, "a/1/0/3\na/2/1/3\nlocalhost/1/2/3\n", "")

    def test_bad_line_of_a_host_file_is_named(self):
        result = self.show("--slf", self.file("hosts", "a\n0x/b\n"))
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*hosts:2: .*")

    def test_launch_template(self):
        result = self.show("-j1", "-S", "a,b", "--launch", "env VIA={host}-1", what="$VIA $0 '$0'")
        self.assert_run(result, 0, "a-1 sh $0\nb-1 sh $0\n", "")

    def test_launch_template_with_the_command_in_the_middle(self):
        launch = """sh -c '"$@" | tr a-z A-Z' x {cmd} {host}"""
        result = self.spread("all", "-j1", "-S", "to", "--launch", launch, "--", "echo", "go")
        self.assert_run(result, 0, "GO TO\n", "")

    def test_wd(self):
        os.mkdir(self.path("in here"))
        result = self.show("-j1", "--wd", "in here", what='"$(pwd -P)"')
        self.assert_run(result, 0, os.path.realpath(self.path("in here")) + "\n", "")

    def test_placeholders(self):
        words = ["{host}", "{slot}", "{worker}", "{prep}", "x{worker}y", "{}", "{#}", "{HOST}"]
        options = ("--launch", "local", "-S", "1/a,2/b", "--prep", "x")
        result = self.spread("all", *options, "--", "echo", *words)
        places = (("a", 1, 0), ("b", 1, 1), ("b", 2, 2))
        out = "".join(f"{h} {s} {w} 1 x{w}y {{}} {{#}} {{HOST}}\n" for h, s, w in places)
        self.assert_run(result, 0, out, "")

    def test_whole_argument_lists(self):
        lists = ["echo 'a  b' {host} \"$HOME\" *", '["echo", "[x]", "{slot}", "\\u00e4"]']
        result = self.spread("all", "--worker", lists[0], "--worker", lists[1])
        self.assert_run(result, 0, "a  b {host} $HOME *\n[x] {slot} ä\n", "")

    def test_args_file(self):
        file = self.file("lists", "# two\necho 'a  b'\n\n[\"echo\", \"c\"]\n")
        result = self.spread("all", "--args-file", file, "-j1", "--", "echo", "own")
        self.assert_run(result, 0, "a  b\nc\nown\n", "")
        result = self.spread("all", "--args-file", self.file("bad", "true\necho 'a\n"))
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*bad:2: .*")

    def test_workers_start_when_there_is_a_task_for_them_or_all_at_once(self):
        self.environment["PUPPET_TAIL"] = "tail\n"
        self.assert_run(self.puppet([1], "-j3"), 0, "1\ntail\n", "")
        self.assert_run(self.puppet([1], "-j3", "--start-all"), 0, "1\n" + 3 * "tail\n", "")

    def test_dry_run_prints_what_would_be_started_and_starts_nothing(self):
        marker = self.path("it's")
        options = ("--launch", "local", "-S", "a,b", "-j1", "--wd", "/tmp")
        result = self.spread("all", "--dry-run", *options, "--", "touch", marker, "{host}")
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(len(result.out.splitlines()), 2)
        self.assertFalse(os.path.exists(marker))
        # And what it prints does just that in a shell.
        command = ["sh", "-c", 'echo "$0$SPREAD_SLOT"', "a b"]
        lines = self.spread("all", "--dry-run", "-j2", "--", *command).raw
        shell = subprocess.run(["sh"], input=lines, capture_output=True, check=True)
        self.assertEqual(shell.stdout, b"a b1\na b2\n")

    def test_bench_is_how_long_a_host_without_slots_is_left_alone(self):
        # Bad until its second start. Only when it has had its task, the others may end.
        post, starts = self.post(), self.path("starts")
        second = self.path("second")
        script = self.script(
            "worker",
            f"#!/bin/sh\nif [ $SPREAD_HOST = bad ]; then echo x >> {starts}\n"
            f"  [ -e {second} ] || {{ : > {second}; exit 1; }}\nfi\nexec {shell_words(PUPPET)}\n",
        )
        gate = self.gate()
        tell = f"echo $SPREAD_HOST > {post.path}"
        task = do(["child", "sh", "-c", tell], ["wait", gate.path])
        running = self.start(
            *("run", "--launch", "local", "-S", "1/good,1/bad", "--in", "json", "--window", "1"),
            *("--start-retries", "1", "--bench", "0.1", "--", script),
        )
        running.write(json_lines([task] * 4))
        self.assertEqual(sorted(post.lines(2)), ["bad", "good"])
        gate.open(4)
        self.assert_run(running.finish(), 0, [0, 1, 2, 3])

    def test_benched_host_is_not_tried_again_before_its_time(self):
        starts = self.path("starts")
        script = self.script(
            "worker",
            f"#!/bin/sh\n[ $SPREAD_HOST = good ] || {{ echo x >> {starts}; exit 1; }}\n"
            f"exec {shell_words(PUPPET)}\n",
        )
        slow = do(["child", "sleep", "0.05"])
        result = self.spread(
            *("run", "--launch", "local", "-S", "1/bad,1/good", "--in", "json"),
            *("--start-retries", "2", "--bench", "1h", "--", script),
            input=json_lines([slow] * 20),
        )
        self.assert_run(result, 0, list(range(20)))
        with open(starts, encoding="utf-8") as file:
            self.assertEqual(file.read(), "x\nx\n")


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
        tasks = ["a\tb\nc", FAIL, dies, 7, 8, hangs]
        options = ("--crash-retries", "2", "--timeout", "300%", "--retries", "1")
        result, rows = self.joblog(*options, tasks=tasks)
        self.assertEqual(result.values, ["a\tb\nc", None, None, 7, 8, None], result)
        seen = [(row["Seq"], row["Host"], row["Exitval"], row["Signal"]) for row in rows]
        ends = [("0", "0"), ("1", "0"), ("-1", "0"), ("0", "0"), ("0", "0"), ("-1", "15")]
        self.assertEqual(seen, [(str(n + 1), "localhost", *end) for n, end in enumerate(ends)])
        self.assertEqual(rows[0]["Command"], r"a\tb\nc")
        self.assertEqual(rows[3]["Command"], "7")
        for row in rows:
            self.assertRegex(row["Starttime"], r"\A\d{10,}\.\d{3}\Z")
            self.assertRegex(row["JobRuntime"], r"\A *\d+\.\d{3}\Z")
            self.assertRegex(row["Send"] + "," + row["Receive"], r"\A\d+,\d+\Z")

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
        self.puppet([busy], "--events", path, "--max-busy", "0.1")
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        kinds = [e.get("kind") for e in events if e["event"] == "task_answered"]
        self.assertIn("busy", kinds)

    def test_events_cannot_be_written(self):
        for target in ("/no/where/events", "fd:77"):
            result = self.puppet([1], "--events", target)
            self.assert_run(result, 255, "")
            self.assert_only_told(result, r"spread: --events: .*")

    def test_explain(self):
        for option in ("-v", "--explain"):
            result = self.puppet([1, 2], option)
            self.assert_run(result, 0, [1, 2])
            lines = [line for line in result.err.splitlines() if line.startswith("[")]
            told = "\n".join(re.sub(r"^\[ *\d+\.\d+\] ", "", line) for line in lines)
            self.assertRegex(told, r"(?m)^start worker 0 on localhost: \w+")
            self.assertRegex(told, r"(?m)^send task 1 to worker 0: \w+")
            self.assertRegex(told, r"(?m)^close the input of worker 0: \w+")
            self.assertRegex(result.err, r"(?m)^localhost +1 +1 +2 +0 ")

    def test_summary(self):
        result = self.puppet([1, FAIL, 3], "--summary")
        self.assert_run(result, 1, [1, None, 3])
        rows = {line.split()[0]: line.split() for line in result.err.splitlines() if line}
        self.assertEqual(rows["workers"], "workers starts tasks failed busy".split() + ["seconds", "s/task", "tasks/s"])
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
        self.assert_told(result, r"spread: task 1 was lost.*: frame of 2\d\d bytes.*--max-frame 150.*")

    def test_record_longer_than_max_frame_is_a_failed_task(self):
        result = self.puppet(["x" * 200, "y" * 90], "--max-frame", "150")
        self.assert_run(result, 1, [None, "y" * 90])
        self.assert_told(result, r"spread: task 0 failed: .*\bstdin line 1: longer than 150 bytes")

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
        self.assert_told(result, r"spread: worker 0 on localhost.*(end of its input|signal 9).*")

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
