"""What `spread map` does with what jobs print: docs/map-output.md through the real program."""

import json
import os
import re
import signal
import unittest

from map_testing import MapTest, tell, wait_at


class Order(MapTest):
    def slow_first(self, *options):
        """Two jobs, of which the first ends when the gate opens, after the second has ended."""
        self.told, self.way = self.post(), self.gate()
        script = (
            f"echo {{}}1; echo {{}}e >&2; case {{}} in a) {tell(self.told)}; {wait_at(self.way)};;"
            f" esac; echo {{}}2"
        )
        items = (":::", "a", "b")
        running = self.start_map("-j2", *options, script, *items, stdin=None)
        self.told.line()
        return running

    def test_blocks_in_the_order_of_the_items(self):
        for options in ((), ("-k",), ("--keep-order",), ("--group",)):
            with self.subTest(options):
                running = self.slow_first(*options)
                self.way.open()
                self.assert_run(running.finish(), 0, "a1\na2\nb1\nb2\n", "ae\nbe\n")
                for fifo in (self.told, self.way):
                    os.remove(fifo.path)

    def test_head_is_live(self):
        # Its first line is here while it still waits.
        running = self.slow_first()
        self.assertEqual(running.read_line(), "a1\n")
        self.way.open()
        self.assert_run(running.finish(), 0, "a2\nb1\nb2\n", "ae\nbe\n")

    def test_stderr_of_the_head_is_live(self):
        running = self.slow_first()
        self.assertEqual(running.process.stderr.readline(), b"ae\n")
        self.way.open()
        self.assert_run(running.finish(), 0, "a1\na2\nb1\nb2\n", "be\n")

    def test_message_is_on_a_line_of_its_own_in_the_stderr_of_the_head(self):
        gate = self.gate()
        script = f": {{}}; printf half >&2; {wait_at(gate)}; echo line >&2"
        running = self.start_map("-j1", script, ":::", "a", stdin=None)
        self.assertEqual(running.process.stderr.read(4), b"half")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.process.stderr.readline(), b"\n")
        self.assertTrue(running.process.stderr.readline().startswith(b"spread: "))
        gate.open()
        self.assert_run(running.finish(), 128 + signal.SIGTERM, "", "line\n")

    def test_next_head_goes_live_with_what_it_has_printed(self):
        post, gate = self.post(), self.gate()
        script = f"echo {{}}1; {tell(post)}; {wait_at(gate)}; echo {{}}2"
        running = self.start_map("-j1", script, ":::", "a", "b", stdin=None)
        self.assertEqual(running.read_line(), "a1\n")
        gate.open()
        self.assertEqual(running.read_line(), "a2\n")
        self.assertEqual(running.read_line(), "b1\n")
        gate.open()
        self.assert_run(running.finish(), 0, "b2\n", "")

    def test_head_is_held_while_it_may_be_tried_again(self):
        # It prints, fails, and is tried again: what the first try has printed never comes.
        post, gate = self.post(), self.gate()
        script = (
            f"echo {{}} >>tries; echo try $(wc -l <tries); {tell(post)}; {wait_at(gate)};"
            f" test $(wc -l <tries) = 2"
        )
        running = self.start_map("--retries", "2", script, ":::", "a", stdin=None)
        post.line()
        gate.open()
        post.line()
        # The last try is live.
        self.assertEqual(running.read_line(), "try 2\n")
        gate.open()
        self.assert_run(running.finish(), 0, "", "")

    def test_unordered(self):
        running = self.slow_first("--unordered")
        self.assertEqual([running.read_line() for _ in range(2)], ["b1\n", "b2\n"])
        self.way.open()
        self.assert_run(running.finish(), 0, "a1\na2\n", "be\nae\n")

    def test_line_buffered(self):
        for option in ("--lb", "--line-buffer"):
            with self.subTest(option):
                running = self.slow_first(option)
                lines = sorted(running.read_line() for _ in range(3))
                self.assertEqual(lines, ["a1\n", "b1\n", "b2\n"])
                self.way.open()
                self.assertEqual(running.finish().out, "a2\n")
                for fifo in (self.told, self.way):
                    os.remove(fifo.path)

    def test_line_buffered_never_breaks_a_line(self):
        post, gate = self.post(), self.gate()
        script = f"printf '{{}} begins '; {tell(post)}; {wait_at(gate)}; echo 'and {{}} ends'"
        running = self.start_map("-j2", "--lb", script, ":::", "a", "b", stdin=None)
        post.lines(2)
        gate.open(2)
        result = running.finish()
        lines = ["a begins and a ends", "b begins and b ends"]
        self.assertEqual(sorted(result.out.splitlines()), lines, result)

    def test_line_buffered_in_order(self):
        running = self.slow_first("--lb", "-k")
        self.assertEqual(running.read_line(), "a1\n")
        self.way.open()
        self.assert_run(running.finish(), 0, "a2\nb1\nb2\n", "ae\nbe\n")

    def test_ungrouped_is_our_own_output(self):
        for option in ("-u", "--ungroup"):
            with self.subTest(option):
                post, gate = self.post(option), self.gate("g" + option)
                script = f"printf '{{}}1 '; {tell(post)}; {wait_at(gate)}; printf '{{}}2 '"
                running = self.start_map("-j1", option, script, ":::", "a", stdin=None)
                post.line()
                # Even before the end of a line.
                self.assertEqual(os.read(running.process.stdout.fileno(), 10), b"a1 ")
                gate.open()
                self.assert_run(running.finish(), 0, "a2 ", "")

    def test_last_line_without_a_newline_stays_so(self):
        result = self.map("-j1", "printf {}", ":::", "a", "b\n", "c")
        self.assert_run(result, 0, "ab\nc", "")

    def test_stdout_and_stderr_are_never_merged(self):
        result = self.map("-j2", "echo out {}; echo err {} >&2", ":::", *"abc")
        self.assert_run(result, 0, "out a\nout b\nout c\n", "err a\nerr b\nerr c\n")

    def test_options_that_exclude_each_other(self):
        for one, other in (
            *(("-u", option) for option in ("-k", "--group", "--lb", "--tag", "--results=d")),
            *(("--lb", "--group"), ("-u", "--out=records"), ("--lb", "--out=records")),
            ("--results=d", "--out=records"),
        ):
            with self.subTest(one=one, other=other):
                result = self.map(one, other, "touch", "started", ":::", "a")
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assertRegex(result.err, r"\Aspread: \S+ and .* exclude each other\b.*\n\Z")
                self.assertFalse(os.path.exists(self.path("started")))


class Tags(MapTest):
    def test_tag(self):
        script = r"printf '1\n2\n'; echo {} >&2"
        result = self.map("-j1", "--tag", script, ":::", "a b", "c")
        self.assert_run(result, 0, "a b\t1\na b\t2\nc\t1\nc\t2\n", "a b\ta b\nc\tc\n")

    def test_tag_with_several_values(self):
        result = self.map("-j1", "--tag", "echo", "x{1}", ":::", "1", ":::", "a", "b")
        self.assert_run(result, 0, "1 a\tx1\n1 b\tx1\n", "")

    def test_tagstring(self):
        words = ("--tagstring", "<{#}:{/.}:{%}>", "echo", "x")
        result = self.map("-j1", *words, ":::", "d/a.c", "b")
        self.assert_run(result, 0, "<1:a:1>\tx d/a.c\n<2:b:1>\tx b\n", "")

    def test_tag_with_line_buffer(self):
        result = self.map("-j2", "--lb", "--tag", r"printf '1\n2\n'; : {}", ":::", "a", "b")
        self.assertEqual(result.err, "")
        self.assertEqual(sorted(result.out.splitlines()), ["a\t1", "a\t2", "b\t1", "b\t2"])

    def test_last_line_without_newline(self):
        result = self.map("-j1", "--tag", r"printf '1\n2'; : {}", ":::", "a", "b")
        self.assert_run(result, 0, "a\t1\na\t2b\t1\nb\t2", "")

    def test_carriage_returns_begin_lines(self):
        result = self.map("-j1", "--tag", r"printf '10%%\r20%%\rx\r\n'; : {}", ":::", "a")
        self.assert_run(result, 0, b"a\t10%\ra\t20%\ra\tx\r\n", "")

    def test_of_a_job_that_prints_nothing(self):
        self.assert_run(self.map("--tag", "true", ":::", "a"), 0, "", "")


class Results(MapTest):
    def test_files_for_each_job_and_nothing_is_shown(self):
        result = self.map("-j2", "--results", "d", "echo o{}; echo e{} >&2", ":::", "a", "b")
        self.assertEqual(result.status, 0, result)
        for number, item in ((1, "a"), (2, "b")):
            self.assertEqual(self.read(f"d/{number}/stdout"), f"o{item}\n")
            self.assertEqual(self.read(f"d/{number}/stderr"), f"e{item}\n")
        self.assert_run(result, 0, "", "")

    def test_last_words_of_a_failed_job_come_from_its_file(self):
        result = self.map("--results", "d", "echo last >&2; exit 3; : {}", ":::", "a")
        self.assert_run(result, 1, "")
        self.assert_told(result, "spread: 1 of 1 job failed: exit status 3: .*",
                         r"    \| last")

    def test_folder_named_by_a_template(self):
        result = self.map("--results=d/x-{/.}-y", "echo", ":::", "q/a.txt")
        self.assertEqual(result.status, 0, result)
        self.assertEqual(self.read("d/x-a-y/stdout"), "q/a.txt\n")

    def test_folder_that_cannot_be_made_of_an_item_is_that_jobs_failure(self):
        result = self.map("-j1", "--results", "d/{}", "echo", ":::", "a", "x" * 300, "b")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 2\))?|job 2): --results: cannot make 'd/x+.*: File name too long: echo x+.*")
        for name in "ab":
            with open(self.path(f"d/{name}/stdout"), encoding="utf-8") as file:
                self.assertEqual(file.read(), name + "\n")

    def test_items_do_not_lead_up_from_the_folder_of_results(self):
        result = self.map("-j1", "--results", "d/e/{}", "echo", ":::", "..", "a/../../../x", "b..c")
        self.assertEqual(result.status, 2, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): --results: the item leads up by '..': 'd/e/..': echo ..")
        self.assertEqual(os.listdir(self.path("d")), ["e"])
        self.assertEqual(os.listdir(self.path("d/e")), ["b..c"])
        result = self.map("--results", "d/../f/{}", "echo", ":::", "a")
        self.assertEqual((result.status, os.listdir(self.path("f"))), (0, ["a"]), result)

    def test_folder_that_cannot_be_made(self):
        file = self.file("file", "")
        result = self.map("--results", file, "echo", ":::", "a")
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, r"spread: --results: .*file.*: Not a directory")


class Records(MapTest):
    def test_each_job_is_an_object_on_a_line(self):
        script = "echo {}; echo e >&2; exit {}"
        result = self.map("-j1", "--out", "records", script, ":::", "0", "3")
        self.assertEqual(result.status, 1)
        first, second = result.values
        for record in (first, second):
            self.assertGreaterEqual(record.pop("seconds"), 0)
        same = {"stderr": "e\n", "signal": 0, "host": "localhost", "attempts": 1}
        self.assertEqual(
            first,
            {"id": 0, "stdout": "0\n", "status": "ok", "exit": 0, "how": "exit status 0",
             "command": "echo 0; echo e >&2; exit 0", **same},
        )
        self.assertEqual(
            second,
            {"id": 1, "stdout": "3\n", "status": "failed", "exit": 3, "how": "exit status 3",
             "command": "echo 3; echo e >&2; exit 3", **same},
        )

    def test_whatever_is_printed_is_valid_json(self):
        data = bytes(range(256)) + b'\xc3\xa4"\\\xe2\x82'
        file = self.file("data", data)
        result = self.map("--out=records", "cat", ":::", file)
        self.assertEqual(json.loads(result.out)["stdout"], data.decode("utf-8", "replace"))

    def test_signals_timeouts_and_jobs_that_were_not_run(self):
        script = "case {} in 1) kill -9 $$;; 2) sleep 1000;; esac"
        result = self.map(
            *("-j1", "--out=records", "--timeout", "0.3", "--halt", "soon,fail=2"),
            *(script, ":::", *"123"),
        )
        told = [(r["status"], r["exit"], r["signal"]) for r in result.values]
        self.assertEqual(told, [("failed", 137, 9), ("failed", -1, 15), ("not computed", -1, 0)])

    def test_text_is_the_default(self):
        self.assert_run(self.map("--out", "text", "echo", ":::", "a"), 0, "a\n", "")
        result = self.map("--out", "json", "echo", ":::", "a")
        told = "spread: --out: expected text or records, not 'json' (try 'spread map --help')\n"
        self.assert_run(result, 255, "", told)


class Waiting(MapTest):
    """What is printed while an earlier job still runs."""

    def behind_a_slow_one(self, *options, jobs=40, each=100000):
        """The first job waits until all others have ended, which it learns from a fifo."""
        post, gate = self.post(), self.gate()
        script = (
            f"case {{}} in 0) {wait_at(gate)}; echo first;;"
            f" *) head -c{each} /dev/zero | tr '\\0' x; echo {{}}; {tell(post)};; esac"
        )
        items = map(str, range(jobs + 1))
        running = self.start_map("-j3", *options, script, ":::", *items, stdin=None)
        return running, post, gate, "first\n" + "".join(
            "x" * each + f"{n}\n" for n in range(1, jobs + 1)
        )

    def test_spills_what_memory_cannot_hold(self):
        os.mkdir(self.path("spill"))
        options = ("--reorder-mem", "64K", "--spill-dir", self.path("spill"))
        running, post, gate, out = self.behind_a_slow_one(*options)
        post.lines(40)
        # A file without a name, so that nothing is left of it whatever happens.
        self.assertEqual(os.listdir(self.path("spill")), [])
        gate.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out, out)

    def test_no_spill_file_holds_jobs_back_and_loses_nothing(self):
        options = ("--reorder-mem", "64K", "--spill-max", "0")
        running, post, gate, out = self.behind_a_slow_one(*options, jobs=10, each=300000)
        gate.open()
        result = running.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.err.count("--spill-max"), 1, result)  # told once
        self.assertEqual(result.out, out)

    def test_huge_output_of_a_job_that_may_be_tried_again(self):
        # It can neither be held nor dropped: its further tries are given up, and it is told.
        options = ("-j1", "--reorder-mem", "64K", "--spill-max", "0", "--retries", "3")
        script = "head -c3000000 /dev/zero | tr '\\0' x; echo {}; exit 1"
        result = self.map(*options, script, ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(result.out, "x" * 3000000 + "a\n")
        self.assert_told(result, r"spread: job 1 has printed more than --reorder-mem and .*")

    def test_record_that_cannot_be_held_ends_the_run(self):
        # Its stdout comes first, and has not ended; of its stderr there is more than can wait.
        options = ("-j1", "--reorder-mem", "64K", "--spill-max", "0", "--out", "records")
        script = "head -c3000000 /dev/zero >&2; echo {}"
        result = self.map(*options, script, ":::", "a", "b")
        self.assertEqual(result.status, 255, result)
        self.assert_told(
            result,
            r"spread: job 1 has printed more to stderr than --reorder-mem and --spill-max .*",
        )
        self.assertEqual([r["status"] for r in result.values][:1], ["not computed"], result)
        self.assertNotIn("not tried again", result.err)

    def test_job_goes_on_when_it_becomes_the_head_with_much_to_print(self):
        # More than stdout takes at once was held of it: what it prints then must be read.
        post, first, second = self.post(), self.gate("first"), self.gate("second")
        much = "head -c3000000 /dev/zero | tr '\\0' x"
        script = (
            f"case {{}} in 1) {wait_at(first)};;"
            f" 2) {much}; {tell(post)}; {wait_at(second)}; {much};; esac"
        )
        with open(self.path("out"), "wb") as out:
            running = self.start_map("-j2", script, ":::", "1", "2", stdin=None, stdout=out)
        post.line()
        first.open()
        while os.path.getsize(self.path("out")) == 0:
            pass
        second.open()
        self.assert_run(running.finish(), 0, "", "")
        self.assertEqual(os.path.getsize(self.path("out")), 6000000)

    def test_memory_is_bounded(self):
        running, post, gate, out = self.behind_a_slow_one("--reorder-mem", "1M", jobs=100)
        post.lines(100)
        with open(f"/proc/{running.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read()).group(1))
        gate.open()
        self.assertEqual(running.finish().out, out)
        # Ten megabytes have been printed; sanitizers need more than that themselves.
        if peak < 40000:
            self.assertLess(peak, 16384)

    def test_spill_directory_that_is_not_there(self):
        result = self.map("--spill-dir", "/nowhere", "touch", "started", ":::", "a")
        told = "spread: --spill-dir: cannot make a spill file in /nowhere: No such file or "
        self.assert_run(result, 255, "", told + "directory\n")
        self.assertFalse(os.path.exists(self.path("started")))


class Progress(MapTest):
    TWO = ("true", ":::", "a", "b")

    def test_without_a_terminal_a_last_line_when_asked_for(self):
        for option, shown in (
            ("--bar", r"\[=+\] 2/2 .* in \S+s\n"),
            ("--eta", r"in \S+s  2/2 .*\n"),
            ("--progress", r"2/2  0 running.*\n"),
            ("--no-bar", ""),
        ):
            with self.subTest(option):
                self.environment["LC_ALL"] = "C"
                result = self.map(option, *self.TWO)
                self.assert_run(result, 0, "")
                self.assertRegex(result.err, rf"\A{shown}\Z")

    def test_summary(self):
        result = self.map("-j1", "--summary", *self.TWO)
        self.assert_run(result, 0, "")
        lines = [line.split() for line in result.err.splitlines()]
        self.assertEqual(lines[0][:3], ["workers", "starts", "tasks"])
        self.assertEqual(lines[2][:4], ["localhost", "1", "1", "2"])

    def test_explain(self):
        result = self.map("-j1", "--explain", *self.TWO)
        self.assert_run(result, 0, "")
        self.assertEqual(len(re.findall(r"send task [12] to worker 0", result.err)), 2, result)
        self.assertIn("localhost", result.err)

    def test_events(self):
        result = self.map("-j1", "--events", "log", "exit {}", ":::", "0", "3")
        self.assertEqual(result.status, 1)
        with open(self.path("log"), encoding="utf-8") as log:
            events = [json.loads(line) for line in log]
        self.assertEqual(events[0]["event"], "run_started")
        self.assertEqual(events[-1]["event"], "run_ended")
        self.assertEqual(events[-1]["exit_status"], 1)
        finished = [(e["task"], e["status"]) for e in events if e["event"] == "task_finished"]
        self.assertEqual(finished, [(0, "ok"), (1, "failed")])

    def test_history(self):
        file = self.path("history.db")
        self.assert_run(self.map("--history", file, *self.TWO), 0, "", "")
        # Local jobs have no faster or slower host to be remembered; that it is taken is enough.
        self.assert_run(self.map("--no-history", *self.TWO), 0, "", "")


if __name__ == "__main__":
    unittest.main()
