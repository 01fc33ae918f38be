"""Sub-tasks as pySPACE has them, where a running process hands sub-flows back to the pool: what its
backends promise, and what they did wrong, on real processes. docs/seeds.md says what P22 and its
like are."""

import glob
import subprocess

from seeds_testing import SeedsTest
from spread_testing import PYTHON, shell_words

# Blocks until another process has written to the fifo; the other end.
FIFO = """
def hear(path):
    fd = os.open(path, os.O_RDWR)
    os.read(fd, 1)
    os.close(fd)
def say(path):
    fd = os.open(path, os.O_RDWR)
    os.write(fd, b".")
    os.close(fd)
"""
# Without an SDK. Its one task asks three questions before it reads: in one write, or byte by byte.
BARE = """import os, sys, msgpack
i = sys.stdin.buffer
def read(): return msgpack.unpackb(i.read(int.from_bytes(i.read(5)[1:], "big")))
def frame(*message):
    b = msgpack.packb(message)
    return b"\\xc6" + len(b).to_bytes(4, "big") + b
id, payload = read()
asks = (frame(None, "ask", 1, "submit", id, payload) + frame(None, "ask", 2, "ready", id, [])
        + frame(None, "ask", 3, "whoami"))
size = int(sys.argv[1]) or len(asks)
for at in range(0, len(asks), size): os.write(1, asks[at:at + size])
replies = {reply[2]: reply[3] for reply in (read(), read(), read())}
os.write(1, frame(None, "ask", 4, "fetch", id, replies[1]))
while (message := read())[0] is not None: os.write(1, frame(message[0], "ok", 2 * message[1]))
os.write(1, frame(id, "ok", [sorted(replies), replies[2], message[2:]]))
i.read()
"""


class Messages(SeedsTest):
    def test_every_message_is_answered_however_it_is_cut(self):
        """pySPACE P22: execute_subflows was never answered, though the client waits for it. Of two
        messages in one packet the second was not looked at before more bytes came."""
        worker = self.file("bare.py", BARE)
        for size in (0, 1, 7):
            with self.subTest(bytes_at_once=size):
                result = self.run_tasks([PYTHON, worker, str(size)], [[1, 2, "x"]], "-j1")
                values = [["ok", 2], ["ok", 4], ["ok", "xx"]]
                self.assert_run(result, 0, [[[1, 2, 3], [], [4, values]]], "")

    def test_no_payload_is_taken_for_a_part_of_the_protocol(self):
        """pySPACE P22: its messages were cut at `;` and `!END!`, and evaluated as Python."""
        worker = self.worker("""
ODD = ["a;b;!END!", "!END!", "", ";", b"\\x00\\xc6\\xff;!END!\\n", "__import__('os')._exit(9)",
       {"a;b": [None, -1.5, {"!END!": b""}]}, "\\n[0,\\"ok\\",1]\\n", 2**64 - 1, [[]], {"$bin": "!"}]
def handle(payload):
    if w.parent() is not None: return [payload, w.common()]
    return [w.map(ODD, odd) == [[each, odd] for each in ODD] for odd in ODD]
""")
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                result = self.run_tasks(worker, [0], "-j2", "--wire", wire)
                self.assert_run(result, 0, [[True] * 11], "")

    def test_an_unknown_id_is_refused_and_harms_no_other_task(self):
        """pySPACE P24: send_results with an unknown id ended the handler's thread, and all clients hung."""
        ids, asked = self.path("ids"), self.gate("asked")
        told = self.gate("told")
        worker = self.worker(FIFO + """
def refusals(id):
    for op in ("fetch", "ready", "wait"):
        try: yield w.ask(op, [id])
        except w.Refused as refused: yield refused.type
def handle(task):
    if w.parent() is not None: return 2 * task
    name, told, asked, path = task
    if name == "has some":
        subtasks = w.submit([1, 2, 3])
        with open(path, "w") as file: file.write(str(subtasks[0].id))
        say(told)
        hear(asked)
        return w.results(subtasks)
    hear(told)
    found = [*refusals(12), *refusals(2**52 + 99), *refusals(int(open(path).read()))]
    say(asked)
    return found + w.map([4])
""")
        tasks = [[name, told.path, asked.path, ids] for name in ("has some", "asks wrongly")]
        result = self.run_tasks(worker, tasks, "-j2", "--window", "1")
        self.assert_run(result, 0, [[2, 4, 6], ["UnknownSubtask"] * 9 + [8]], "")


class Results(SeedsTest):
    def test_they_are_in_the_order_asked_for_and_had_once(self):
        """pySPACE P24, P26: in any order, each deleted when it is sent."""
        random = self.random()
        worker = self.worker("""
def handle(task):
    if w.parent() is not None: return 10 * task
    count, rounds, again = task
    subtasks = w.submit(range(count))
    found = [w.results([subtasks[i] for i in chosen]) for chosen in rounds]
    try: w.results([subtasks[i] for i in again])
    except w.Refused as refused: return [found, refused.type]
""")
        tasks = []
        for count in (1, 2, 40):
            order = random.sample(range(count), count)
            cuts = sorted(random.choices(range(count + 1), k=3))
            rounds = [order[a:b] for a, b in zip([0] + cuts, cuts + [count])]
            tasks.append([count, rounds, random.sample(order, 1)])
        expected = [[[[10 * i for i in chosen] for chosen in rounds], "UnknownSubtask"]
                    for _, rounds, _ in tasks]
        for slots in ("-j1", "-j3"):
            with self.subTest(slots=slots):
                self.assert_run(self.run_tasks(worker, tasks, slots), 0, expected, "")

    def test_they_are_in_the_order_of_the_sub_tasks_whichever_ends_first(self):
        """pySPACE P26. The first ends when the second has ended, the second when the third has."""
        worker = self.worker(FIFO + """
def handle(task):
    if w.parent() is None: return w.map(task)
    before, after = task
    if before: hear(before)
    if after: say(after)
    return after
""")
        ends = [self.gate(f"end{i}").path for i in range(3)]
        task = [[ends[1], ends[0]], [ends[2], ends[1]], ["", ends[2]]]
        result = self.run_tasks(worker, [task], "-j3")
        self.assert_run(result, 0, [ends], "")

    def test_those_that_are_ready_are_told_before_the_others_are(self):
        """pySPACE P23: the finished ones of those asked for, without waiting; it asked every 10 s. A result
        that is None is not taken for one that is not there, as with Eidolon's Future (E10)."""
        begun, gate = self.gate("begun"), self.gate()
        worker = self.worker(FIFO + """
def handle(task):
    if w.parent() is not None:
        if not task: return task
        say(task[0])
        hear(task[1])
        return "late"
    begun, gate = task
    late, = w.submit([[begun, gate]])
    hear(begun)  # In another worker: this one does not wait.
    quick = w.submit([None, 0, None])
    asked = [quick[2], late, quick[0], quick[1]]
    first = len(w.wait(asked, 1))
    w.wait(quick)
    ready = [asked.index(subtask) for subtask in w.ready(asked)]
    done = [late.ready(), quick[0].ready(), w.results(quick)]
    say(gate)
    return [first >= 1, ready, done, late.result()]
""")
        result = self.run_tasks(worker, [[begun.path, gate.path]], "-j2")
        self.assert_run(result, 0, [[True, [0, 2, 3], [False, True, [None, 0, None]], "late"]], "")

    def test_the_first_failure_by_place_is_raised_and_the_others_finish(self):
        """Eidolon E9, checkResultMap; pySPACE never looked at an exception. The second has failed before the
        first does."""
        failed = self.gate("failed")
        worker = self.worker(FIFO + """
def handle(task):
    if w.parent() is None: return w.map(task)
    name, failed, path = task
    if name == "finish":
        with open(path, "a") as file: file.write("finished\\n")
        return name
    if name == "first": hear(failed)
    else: say(failed)
    raise ValueError("the " + name)
""")
        names = ("finish", "first", "second", "finish")
        task = [[name, failed.path, self.path("done")] for name in names]
        result = self.run_tasks(worker, [task], "-j2")
        self.assert_run(result, 1, [None])
        self.assert_told(result, r"spread: task 1 .* failed on localhost: ValueError: the first.*")
        self.assertEqual(self.lines_of("done"), ["finished"] * 2)


class Pool(SeedsTest):
    def test_shared_data_are_sent_to_each_worker_once(self):
        """pySPACE P22: subflow_data is read once by each process. What spread sends is counted."""
        begun = self.gate("begun")
        worker = self.worker(FIFO + """
def handle(task):
    if w.parent() is not None:
        if task: say(task)
        return [os.getpid(), len(w.common()["model"])]
    subtasks = w.submit([task] + [None] * 40, {"model": "#!model" * 1000})
    hear(task)  # Another worker has begun.
    found = w.results(subtasks)
    return [sorted({pid for pid, _ in found}), {size for _, size in found} == {7000}]
""")
        tee = self.script("tee.sh", f"#!/bin/sh\ntee {self.folder}/input.$$ | {shell_words(worker)}\n")
        result = self.run_tasks([tee], [begun.path], "-j3")
        self.assertEqual((result.status, result.err), (0, ""))
        pids, same = result.values[0]
        self.assertTrue(same)
        times = []
        for name in glob.glob(self.path("input.*")):
            with open(name, "rb") as file:
                times.append(file.read().count(b"#!model" * 1000))
        self.assertGreaterEqual(len(pids), 2)
        self.assertEqual([count for count in times if count], [1] * len(pids))

    def test_the_first_call_says_how_many_slots_are_kept(self):
        """pySPACE P21: the first call of subflow_poolsize counts; whenever it had been made, the run ended
        with a TypeError."""
        worker = self.worker("""
def handle(n):
    if w.parent() is not None: return w.subpool(n)
    return [w.subpool(n), w.subpool(1)] + w.map([1, 3])
""")
        result = self.run_tasks(worker, [2], "-j4")
        self.assert_run(result, 0, [[2, 2, 2, 2]], "")
        result = self.run_tasks(worker, [0, 3], "-j4", "--subpool", "1")
        self.assert_run(result, 0, [[1, 1, 1, 1]] * 2, "")

    def test_a_killed_worker_loses_nothing(self):
        """pySPACE: the result of a killed process of the pool was waited for a million seconds. It is that of
        another worker here, and the task that waits for it is not disturbed."""
        begun = self.gate("begun")
        worker = self.worker(FIFO + """
def handle(task):
    begun, once, starts = task[:3]
    if w.parent() is None:
        with open(starts, "a") as file: file.write("start\\n")
        found = w.map([task + [n] for n in range(7)])
        subtasks = w.submit([task + [7]])
        hear(begun)
        return found + w.results(subtasks + w.submit([task + [n] for n in range(8, 20)]))
    if task[3] == 7 and not os.path.exists(once):
        open(once, "w").close()
        say(begun)
        os.kill(os.getpid(), 9)
    return task[3]
""")
        task = [begun.path, self.path("once"), self.path("starts")]
        result = self.run_tasks(worker, [task], "-j2")
        self.assert_run(result, 0, [list(range(20))], "")
        self.assertEqual(self.lines_of("starts"), ["start"])

    def test_a_killed_worker_that_waits_begins_again(self):
        """The same, where the only worker is that of the task that waits."""
        worker = self.worker("""
def handle(task):
    once, starts = task[:2]
    if w.parent() is None:
        with open(starts, "a") as file: file.write("start\\n")
        return w.map([task + [n] for n in range(20)])
    if task[2] == 7 and not os.path.exists(once):
        open(once, "w").close()
        os.kill(os.getpid(), 9)
    return task[2]
""")
        task = [self.path("once"), self.path("starts")]
        result = self.run_tasks(worker, [task], "-j1")
        self.assert_run(result, 0, [list(range(20))], "")
        self.assertEqual(self.lines_of("starts"), ["start"] * 2)

    def test_many_that_wait_at_the_same_time_hold_up_nothing(self):
        """pySPACE: parents that wait hold every process of a full pool, so that it needs a second one."""
        random = self.random()
        worker = self.worker("""
def handle(tree):
    return 1 + sum(w.map(tree))
""")

        def tree(depth):
            return [tree(depth - 1) for _ in range(random.randrange(4))] if depth else []

        def size(node):
            return 1 + sum(map(size, node))

        trees = [tree(5) for _ in range(8)]
        for slots in ("-j1", "-j3"):
            with self.subTest(slots=slots):
                result = self.run_tasks(worker, trees, slots)
                self.assert_run(result, 0, list(map(size, trees)), "")


class Ways(SeedsTest):
    """pySPACE P20, P26: the worker asks for the name of its backend, and hands sub-flows back, or runs them itself."""

    TEXT = """
def handle(task):
    if w.parent() is not None: return [task * w.common(), os.getpid()]
    found = w.map(task, 10)
    return [(w.whoami() or {}).get("engine"), [value for value, _ in found],
            os.getpid() in {pid for _, pid in found}]
"""

    def test_a_worker_is_told_who_its_master_is(self):
        result = self.run_tasks(self.worker(self.TEXT), [[1, 2, 3]], "-j1")
        self.assert_run(result, 0, [["spread", [10, 20, 30], True]], "")

    def test_without_a_master_the_same_handler_runs_them_itself(self):
        alone = self.worker(self.TEXT, "w.register(handle)\nprint(json.dumps(handle([1, 2, 3])))")
        environment = {k: v for k, v in self.environment.items() if not k.startswith("SPREAD_")}
        done = subprocess.run(alone, env=environment, capture_output=True, check=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("[null, [10, 20, 30], true]\n", ""))
