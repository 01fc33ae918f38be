"""The master is killed at a random moment, and the run resumed until it is done: the output is that
of a run that was left alone, and nothing of what was killed lives on. SPREAD_KILLS says how often. SPREAD_SEED begins with that round."""

import collections
import json
import os
import random
import signal
import sys

from spread_testing import PYTHON, SpreadTest

# A task dies with its worker, once, if it is to; some take part of a worker's time.
WORKER = """import json, os, sys
for line in sys.stdin:
    id, task = json.loads(line)[:2]
    if task["dies"]:
        try: os.close(os.open(task["dies"], os.O_CREAT | os.O_EXCL))
        except FileExistsError: pass
        else: os._exit(3)
    print(json.dumps([id, "ok", task["text"] * task["times"]]), flush=True)
"""
JOB = """#!/bin/sh
if [ "$2" != - ] && (set -C; : > "$2") 2>/dev/null; then exit 3; fi
echo "$1"
"""
FILTER = """#!/bin/sh
if [ "$1" != - ] && (set -C; : > "$1") 2>/dev/null; then exit 3; fi
sed 's/^/x/'
"""


class KillMaster(SpreadTest):
    deadline = 600

    def tasks(self, dice, name):
        """Each with the file by which it knows that it has died already, or none."""
        return [(f"{name}.{n}", self.path(f"{name}.{n}") if dice.random() < 0.03 else "")
                for n in range(dice.randrange(20, 300))]

    def run_case(self, dice, name):
        worker = self.file("worker.py", WORKER)
        tasks = [{"text": text, "dies": dies, "times": dice.choice((1, 1, 1, 50, 3000))}
                 for text, dies in self.tasks(dice, name)]
        data = "".join(json.dumps(task) + "\n" for task in tasks)
        words = ["run", f"-j{dice.randrange(1, 5)}", "--wire", "json", "--in", "json", "--window",
                 str(dice.choice((1, 3, 64))), "--crash-retries", "9", "--", PYTHON, worker]
        return words, data, "".join(json.dumps(task["text"] * task["times"]) + "\n" for task in tasks)

    def map_case(self, dice, name):
        script = self.script("job", JOB)
        tasks = self.tasks(dice, name)[:60]
        data = "".join(f"{text}\t{dies or '-'}\n" for text, dies in tasks)
        tag = dice.random() < 0.5
        words = ["map", "-k", f"-j{dice.randrange(1, 5)}", "--retries", "3", "--colsep", "\t",
                 *(["--tagstring", "{1}"] if tag else []), script, "{1}", "{2}"]
        return words, data, "".join((text + "\t") * tag + text + "\n" for text, _ in tasks)

    def pipe_case(self, dice, name):
        script = self.script("filter", FILTER)
        lines = [f"{name} {n}\n" for n in range(dice.randrange(100, 5000))]
        dies = self.path(name + ".dies")
        words = ["pipe", "-k", f"-j{dice.randrange(1, 4)}", "--retries", "3", "--block",
                 str(dice.choice((500, 5000, 50000))), script, dice.choice(("-", dies))]
        return words, "".join(lines), "".join("x" + line for line in lines)

    def part(self, words, stdin, kill_at):
        """Reads so many bytes of the output, slowly, and kills it; or to its end."""
        with open(stdin, "rb") as data:
            run = self.start(*words, stdin=data)
        out = b""
        while kill_at is None or len(out) < kill_at:
            piece = os.read(run.process.stdout.fileno(), 4096 if kill_at is None else min(512, kill_at - len(out)))
            if not piece:
                break
            out += piece
        if kill_at is not None:
            run.process.kill()
        ended = run.finish()
        self.counted["kills"] += ended.status == -signal.SIGKILL
        return ended.status, out + ended.raw, ended.err

    def round(self, seed):
        dice = random.Random(seed)
        case = dice.choice((self.run_case, self.map_case, self.pipe_case))
        words, data, expected = case(dice, f"r{seed}")
        stdin, journal = self.file("data", data), self.path(f"j{seed}")
        words = [words[0], "--journal", journal, "--resume", "--durable",
                 dice.choice(("none", "none", "batch")), *words[1:]]
        parts = dice.randrange(1, 4)
        for _ in range(parts):
            self.part(words, stdin, dice.randrange(len(expected) + 1))
        status, out, err = self.part(words, stdin, None)
        lost = collections.Counter(expected.splitlines()) - collections.Counter(out.decode().splitlines())
        self.counted.update({words[0]: 1, "resumes": parts, "results": expected.count("\n"), "lost": sum(lost.values())})
        self.assertEqual(status, 0, f"seed {seed}: {words}\n{err}")
        self.assertTrue(out.decode() == expected, f"seed {seed}: {words}: another output\n{err}")

    def test_it_goes_on_to_the_same_bytes(self):
        first = int(os.environ.get("SPREAD_SEED", random.randrange(10**9)))
        print(f"SPREAD_SEED={first}", file=sys.stderr)
        self.environment["SPREAD_TEST_MARK"] = mark = f"kill-{first}"
        self.counted = collections.Counter(run=0, map=0, pipe=0, kills=0, resumes=0, results=0, lost=0)
        for seed in range(first, first + int(os.environ.get("SPREAD_KILLS", 60))):
            with self.subTest(seed=seed):
                self.round(seed)
        print("counted:", ", ".join(f"{what} {count}" for what, count in self.counted.items()), file=sys.stderr)
        for process in self.marked(mark):
            # The guard ends them; how soon depends on the load of the machine.
            self.assert_gone(process)

    def marked(self, mark):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if f"SPREAD_TEST_MARK={mark}\0".encode() not in file.read():
                        continue
                yield os.pidfd_open(int(pid))
            except OSError:
                continue
