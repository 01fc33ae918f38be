"""A worker that misbehaves in one of many ways beside a good one (docs/reliability.md, "Hostile workers"): all
results arrive, in order; what the bad one was given is done by the good one; the memory of the master stays
within its bound; no process is left.

Each way has a test of its own, and a row in the table; both are held against the worker's functions.
"""

import os
import re
import unittest

from spread_testing import PYTHON, SOURCE, SpreadTest, WORKERS, peak_memory_kb

HOSTILE = os.path.join(WORKERS, "hostile.py")
TASKS = 40
EXPECTED = [2 * n for n in range(TASKS)]
# What the master needs for itself, and what a way may cost it beyond that.
BASE_KB = 48 << 10
LARGE_KB = 16 << 10
ALLOWED_KB = {
    # The message, as it came and as it is kept for the end.
    "error_of_16_mib": 3 * LARGE_KB,
    "log_of_16_mib": 8 * LARGE_KB,
    # 64 MiB of replies that it does not read, in a buffer that doubles.
    "asks_and_never_reads": 128 << 10,
    # A million sub-tasks, as docs/subtasks.md allows.
    "submits_without_end": 768 << 10,
}
# Of these nothing comes any more, and only a time-out tells.
SILENT = {
    "cuts_a_frame_and_is_silent", "floods_stdout", "ignores_term", "moves_to_its_masters_group", "never_reads",
    "reads_and_never_answers", "stops_itself", "submits_in_its_sub_tasks", "submits_without_end",
}
# What differs between the codecs, and is in both.
IN_JSON = {
    "text_before_hello", "bytes_before_hello", "hello_with_wrong_types", "cuts_a_frame_and_is_silent",
    "cuts_a_frame_and_dies", "nests_deeply", "answer_byte_by_byte", "answers_twice", "foreign_id", "negative_id",
    "unknown_kind", "ok_without_a_value", "echoes_its_input", "error_of_16_mib", "not_a_number",
    "floods_stdout", "floods_progress", "floods_logs", "log_of_16_mib", "submits_without_end",
}


def ways():
    with open(HOSTILE, encoding="utf-8") as source:
        return re.findall(r"^@way\ndef (\w+)", source.read(), re.M)


class HostileWorker(SpreadTest):
    deadline = 120

    def check(self, name, wire):
        post = self.post()
        self.environment["HOSTILE_POST"] = post.path
        # In the environment of all that comes from this run, and so seen in /proc.
        mark = f"HOSTILE_MARK={self.folder}/{wire}"
        self.environment["HOSTILE_MARK"] = f"{self.folder}/{wire}"
        workers = [f"--worker={PYTHON} {HOSTILE} {each}" for each in (name, "good")]
        timeout = ("--timeout", "1") if name in SILENT else ()
        with open(self.path("err"), "wb") as err:
            running = self.start(
                *("run", "--wire", wire, "--in", "json", "--start-all", "--window", "1"),
                *("--retries", "0", "--crash-retries", "50", "--kill-grace", "0.2", "--shutdown-timeout", "1"),
                *(*timeout, *workers), stderr=err)
        # One task for each, and the rest when the misbehaviour has begun.
        running.write("0\n1\n")
        self.assertEqual(post.line(), "begins")
        running.write("".join(f"{n}\n" for n in range(2, TASKS)))
        lines = [running.read_line() for _ in range(TASKS)]
        memory = peak_memory_kb(running.pid)
        running.close_input()
        tail = running.process.stdout.read().decode()
        status = running.process.wait()
        with open(self.path("err"), encoding="utf-8", errors="replace") as file:
            told = file.read()[-3000:]
        self.assertEqual([line.strip() for line in lines], [str(n) for n in EXPECTED], told)
        self.assertEqual((status, tail), (0, ""), told)
        self.assertLess(memory, BASE_KB + ALLOWED_KB.get(name, 0), told)
        self.assertEqual(marked_processes(mark), [], told)
        self.assertNotIn("\x1b", told)
        self.assertNotIn("internal error", told)


def marked_processes(mark):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                variables = environ.read().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if mark.encode() in variables:
            found.append(int(pid))
    return found


def add_test(name, wire):
    setattr(HostileWorker, f"test_{name}_{wire}", lambda self: self.check(name, wire))


for each in ways():
    add_test(each, "msgpack")
    if each in IN_JSON:
        add_test(each, "json")


class Ways(unittest.TestCase):
    def test_there_are_more_than_30_and_each_has_its_row(self):
        self.assertGreater(len(ways()), 30)
        with open(os.path.join(SOURCE, "docs", "reliability.md"), encoding="utf-8") as page:
            rows = re.findall(r"^\| `(\w+)` \|", page.read(), re.M)
        self.assertEqual(rows, ways())

    def test_what_is_said_of_ways_is_said_of_ways_that_there_are(self):
        self.assertLessEqual({*ALLOWED_KB, *SILENT, *IN_JSON}, {*ways()})


if __name__ == "__main__":
    unittest.main()
