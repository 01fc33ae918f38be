"""Large answers on the wires without a length: what it costs to read them is counted, in system
calls of the master; a clock would only measure who else uses the machine."""

import unittest

from spread_testing import PYTHON, SpreadTest, peak_memory_kb

# Answers a number with so many bytes, and "?" with how often its master has called read() so far.
WORKER = r"""
import json, os, re, sys
for n, line in enumerate(sys.stdin):
    task = json.loads(line)[1] if sys.argv[1] == "json" else line.rstrip("\n")
    if task == "?":
        with open("/proc/%d/io" % os.getppid()) as io:
            text = re.search(r"syscr: (\d+)", io.read()).group(1)
    else:
        text = "z" * int(task)
    if sys.argv[1] == "json":
        text = '[%d,"ok","%s"]' % (n, text)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
"""
MEGABYTE = 1 << 20


class LongLine(SpreadTest):
    def reads_of(self, wire, *sizes):
        """By the master, for a worker's answers of these sizes."""
        tasks = "".join(f"{task}\n" for task in ["?", *sizes, "?"])
        result = self.spread(
            *("run", "--wire", wire, "-j1", "--window", "1", "--out", "text"),
            *("--", PYTHON, self.script("worker.py", WORKER), wire),
            input=tasks,
        )
        self.assert_run(result, 0, err="")
        before, *answers, after = result.out.splitlines()
        self.assertEqual([len(answer) for answer in answers], list(sizes))
        return int(after) - int(before)

    def test_answer_is_read_in_pipefuls(self):
        for wire in ("json", "lines"):
            with self.subTest(wire):
                # A pipe gives 4 KiB at least, and mostly 64.
                self.assertLess(self.reads_of(wire, MEGABYTE), MEGABYTE // 4096 + 100)

    def test_answers_of_150_kb_are_read_in_pipefuls(self):
        for wire in ("json", "lines"):
            with self.subTest(wire):
                self.assertLess(self.reads_of(wire, *[150_000] * 4), 600_000 // 4096 + 100)


class Prep(SpreadTest):
    def test_items_are_held_once_for_all_workers(self):
        # No worker reads its prep items before the gate opens: all of them wait in the queues.
        size, workers = 20 * MEGABYTE, 16
        item = self.file("item", b"x" * size + b"\n")
        for wire in ("msgpack", "json"):
            with self.subTest(wire):
                post, gate = self.post(f"post-{wire}"), self.gate(f"gate-{wire}")
                script = f"echo started >{post.path}; dd bs=1 count=1 <{gate.path} >/dev/null 2>&1; cat >/dev/null"
                running = self.start(
                    *("run", "--wire", wire, f"-j{workers}", "--start-all", "--no-history"),
                    *("--prep-file", item, "--", "sh", "-c", script),
                )
                post.lines(workers)
                self.assertLess(peak_memory_kb(running.pid) / 1024, 8 * size / MEGABYTE)
                running.close_input()
                gate.open(workers)
                running.finish()


if __name__ == "__main__":
    unittest.main()
