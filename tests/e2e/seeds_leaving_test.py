"""Workers that die, refuse and leave as those of gmisclib's spread_jobs do: what its page promises them, on
real processes. docs/seeds.md says what G3 and its like are, and where the rest is tested."""

from seeds_testing import SeedsTest
from spread_testing import PYTHON, shell_words

# Without an SDK: ends after so many answers in the way that its words say, and says nothing about it.
LEAVES = """import os, sys, msgpack
i = sys.stdin.buffer
def read():
    head = i.read(5) or sys.exit()
    return msgpack.unpackb(i.read(int.from_bytes(head[1:], "big")))
for _ in range(int(os.environ.get("SPREAD_PREP", "0"))): read()
for _ in range(int(sys.argv[1])):
    id, x = read()
    if x is None: sys.exit()
    b = msgpack.packb([id, "ok", x])
    os.write(1, b"\\xc6" + len(b).to_bytes(4, "big") + b)
os.close(1)
if sys.argv[2] == "reads on": i.read()
"""


class Leaving(SeedsTest):
    def worker_that(self, how, answers=3):
        return [PYTHON, self.file("leaves.py", LEAVES), str(answers), how]

    def test_whoever_closes_stdout_has_left_and_nothing_is_lost(self):
        """gmisclib G12: "It can terminate itself if it wishes by simply closing the standard output and
        exiting." The tasks behind go back unblamed: one crash would lose them here."""
        for how in ("exits", "reads on"):
            with self.subTest(how=how):
                result = self.run_tasks(self.worker_that(how), range(20), "-j2", "--window", "8",
                                        "--crash-retries", "1")
                self.assert_run(result, 0, list(range(20)), "")

    def test_a_task_that_ends_its_worker_in_peace_is_given_up_and_the_others_are_not(self):
        """gmisclib's own worker ends at None and answers nothing: each such task ended one worker, and
        when none was left, its main() waited for ever."""
        worker = self.worker_that("exits", answers=1000)
        result = self.run_tasks(worker, [1, None, 2, 3, None, 4], "-j2")
        self.assert_run(result, 2, [1, None, 2, 3, None, 4])
        self.assert_told(result, r"spread: task \d \(line \d: null\) was lost.*: 3 workers in a row left .*",
                         r"spread: lost: 2, 5 \(2 tasks\)")

    def test_none_as_the_last_prep_item_is_one_like_any_other(self):
        """gmisclib G3: the list of prep items "should contain some terminator", and None is one."""
        worker = self.worker("""
def handle(x, items): return [x, items]
""", "w.run(handle, prep=lambda items: items)")
        result = self.run_tasks(worker, [1], "-j1", "--prep-json", '"a"', "--prep-json", "null")
        self.assert_run(result, 0, [[1, ["a", None]]], "")


class Moody(SeedsTest):
    TEXT = """
import random, zlib
dice = random.Random(zlib.crc32(" ".join(sys.argv[1:] + [os.environ["SPREAD_GENERATION"]]).encode()))
if sys.argv[2] != "0" and dice.random() < 0.3: sys.exit(int(dice.random() < 0.5))
def handle(x):
    if dice.random() < 0.1: raise w.Busy(0.01)
    if dice.random() < 0.05: w.retire()
    print("stdout:" + x)
    print("stderr", file=sys.stderr)
    return x
"""

    def test_the_result_is_the_input_whatever_the_workers_are_like(self):
        """gmisclib's own test: 1 to 4 workers, of which all but the first end at their start in 3 of 10
        cases, and which refuse 1 task in 10; 5 to 25 tasks. Theirs never leave."""
        random = self.random()
        words = shell_words(self.worker(self.TEXT, "w.run(handle, capture=True)"))
        for size in (1, 2, 3, 4):
            tasks = list("abcde") * random.randrange(1, 6)
            with self.subTest(size=size, tasks=len(tasks)):
                lists = [f"--worker={words} {random.randrange(10**6)} {j}" for j in range(size)]
                result = self.spread("run", *lists, input="\n".join(tasks) + "\n")
                self.assert_run(result, 0, "".join(f"{task}\n" for task in tasks))
                self.assertEqual(result.err.count("stdout:"), len(tasks), result)
                self.assertEqual(result.err.splitlines().count("stderr"), len(tasks), result)
