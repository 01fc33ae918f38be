"""Workers that talk to each other, as parameter_sweep's parallel managers and Eidolon's process server
have them: what these promise, and what they did wrong, on real processes. docs/seeds.md says what
W3 and its like are."""

import array
import json
import os

from seeds_testing import SeedsTest

# How a range of n is cut for rank r of k: no element twice or left out, whatever n and k are.
CUT = """
def cut(values):
    r, k, n = w.rank(), w.size(), len(values)
    return values[r * n // k:(r + 1) * n // k]
"""
# Each collective with arguments that are right; the worker chooses by name.
CALLS = """
def call(name):
    k = w.size()
    arguments = {"barrier": [], "broadcast": [7], "allgather": [7], "exchange": ["x", 7], "reduce": [7],
                 "allreduce": [7], "gather": [array.array("d", [7]), [1] * k], "scatter": [[7] * k],
                 "local_results": [[7], [8]]}
    return getattr(w, name)(*arguments[name])
"""
COLLECTIVES = ("barrier", "broadcast", "allgather", "exchange", "reduce", "allreduce", "gather",
               "scatter", "local_results")


class Meetings(SeedsTest):
    """What all members call together."""

    def test_no_member_leaves_a_barrier_before_the_last_has_come(self):
        """parameter_sweep W3, Eidolon E7. Each counts its rounds in a byte of a file that all have mapped."""
        worker = self.worker("""
import mmap
def handle(path):
    with open(path, "r+b") as file: counts = mmap.mmap(file.fileno(), w.size())
    wrong = []
    for round in range(1, 101):
        counts[w.rank()] = round
        w.barrier()
        seen = list(counts[:])
        # One that is ahead waits in the next barrier.
        if not all(round <= count <= round + 1 for count in seen): wrong.append([round, seen])
    return wrong
""")
        counts = self.file("counts", bytes(5))
        result = self.gang(5, worker, [counts])
        self.assert_run(result, 0, [[[]] * 5], "")

    def test_what_the_root_has_takes_the_place_of_what_the_others_have(self):
        """parameter_sweep W4, W5: arrays and objects."""
        worker = self.worker("""
def handle(_):
    numbers = w.broadcast(array.array("d", [w.rank() + 0.5] * 3))
    thing = w.broadcast({"rank": w.rank(), "all sorts": [None, True, 2**63, -1.5, "\\u00e4", b"\\x00;"]})
    thing["all sorts"][-1] = list(thing["all sorts"][-1])
    return [type(numbers).__name__, numbers.tolist(), thing]
""")
        result = self.gang(3, worker, [0])
        thing = {"rank": 0, "all sorts": [None, True, 2**63, -1.5, "\u00e4", [0, 59]]}
        self.assert_run(result, 0, [[["array", [0.5] * 3, thing]] * 3], "")

    def test_lists_and_sums_are_the_same_in_all_whoever_comes_first(self):
        """parameter_sweep W6, W7: the same order in every member. Sums of floats depend on the order, so
        it is that of the ranks, and not that of MPI's or of arrival."""
        size, random = 4, self.random()
        worker = self.worker("""
def pass_on(path, byte=None):
    fd = os.open(path, os.O_RDWR)
    os.write(fd, byte) if byte else os.read(fd, 1)
    os.close(fd)
def handle(task):
    place = task["order"].index(w.rank())
    if place > 0: pass_on(task["turns"][place])
    if place + 1 < w.size(): pass_on(task["turns"][place + 1], b".")
    total = w.allreduce(array.array("d", task["values"][w.rank()]), "sum")
    return [w.allgather(task["values"][w.rank()]), total.tolist(), w.reduce(w.rank() + 1, "product")]
""")
        turns = [self.gate(f"turn{place}").path for place in range(size)]
        tasks = []
        for _ in range(20):
            values = [[random.uniform(-1, 1) * 10 ** random.randrange(17) for _ in range(5)]
                      for _ in range(size)]
            order = random.sample(range(size), size)
            tasks.append({"order": order, "turns": turns, "values": values})
        result = self.gang(size, worker, tasks)
        self.assertEqual((result.status, result.err), (0, ""))
        for task, found in zip(tasks, result.values):
            total = [0.0] * 5
            for values in task["values"]:
                total = [a + b for a, b in zip(total, values)]
            for rank in range(size):
                product = 24 if rank == 0 else None
                self.assertEqual(found[rank], [task["values"], total, product])

    def test_the_others_objects_by_their_index_and_not_ones_own(self):
        """Eidolon E8, shareObject with exchange."""
        worker = self.worker("""
def handle(name):
    return sorted(w.exchange(name, {"of": w.rank()}).items())
""")
        result = self.gang(3, worker, ["a", "b"])
        expected = [[[r, {"of": r}] for r in range(3) if r != rank] for rank in range(3)]
        self.assert_run(result, 0, [expected] * 2, "")

    def test_there_may_be_more_members_than_processors(self):
        """Eidolon E1 has no more processes than the machine has processors."""
        size = len(os.sched_getaffinity(0)) + 6
        worker = self.worker("def handle(n): return w.allreduce(n, 'sum')")
        self.assert_run(self.gang(size, worker, [1, 2]), 0, [[size] * size, [2 * size] * size], "")


class Parts(SeedsTest):
    """A range that is cut, and what comes of the parts."""

    def test_parts_that_meet_again_and_again_make_the_whole(self):
        """Eidolon's own test: each appends over its part, all of them sync now and then, and the lists
        one behind the other are the range. Parts may be empty: its cut by floats lost elements."""
        worker = self.worker(CUT + """
def handle(n):
    done = []
    for i, value in enumerate(cut(range(n))):
        done.append(value)
        if i % w.size() == 0: w.put("at", value)
    w.barrier()
    return done
""")
        for size in (1, 4, 7):
            with self.subTest(size=size):
                result = self.gang(size, worker, [100, 3, 0], "--gather", "concat")
                self.assert_run(result, 0, [list(range(n)) for n in (100, 3, 0)], "")

    def test_arrays_are_gathered_behind_each_other_and_may_be_empty(self):
        """parameter_sweep W8. Its MPI ranks may have an empty slice; without parameters it raises."""
        worker = self.worker(CUT + """
def handle(n):
    mine = array.array("d", [value * 0.5 for value in cut(range(n))])
    sizes = w.allgather(len(mine))
    whole = w.gather(mine, sizes)
    return [sizes, whole if whole is None else whole.tolist()]
""")
        result = self.gang(5, worker, [13, 3, 0])
        self.assertEqual((result.status, result.err), (0, ""))
        for n, found in zip((13, 3, 0), result.values):
            sizes = found[0][0]
            self.assertEqual(sum(sizes), n)
            self.assertEqual(found, [[sizes, [i * 0.5 for i in range(n)]]] + [[sizes, None]] * 4)

    def test_sizes_that_do_not_fit_are_told_with_rank_and_numbers(self):
        """parameter_sweep W8: "Gathering arrays to root cannot be done with mismatched sizes"."""
        worker = self.worker("""
def handle(task):
    lengths, sizes = task
    whole = w.gather(array.array("d", [1.5] * lengths[w.rank()]), sizes[w.rank()])
    return whole and whole.tolist()
""")
        good = [[1, 2, 3], [[1, 2, 3]] * 3]
        one_short = [[1, 1, 3], [[1, 2, 3]] * 3]
        another_idea = [[1, 2, 3], [[1, 2, 3], [1, 2, 3], [2, 1, 3]]]
        result = self.gang(3, worker, [good, one_short, good, another_idea, good])
        whole = [[1.5] * 6, None, None]
        self.assert_run(result, 2, [whole, None, whole, None, whole])
        self.assertRegex(result.err, r"rank 1: mismatched sizes: it sent 1 along the first axis, and sizes "
                         r"says 2\b")
        self.assertRegex(result.err, r"rank \d called gather \(round 0\) with mismatched sizes "
                         r"(\[1,2,3\], rank 2 with \[2,1,3\]|\[2,1,3\], rank \d with \[1,2,3\])")

    def test_what_each_has_done_is_known_to_all_and_is_built_for_once(self):
        """parameter_sweep W9 to W11: do_build once per worker, and results that know their process
        number and parameters, the same in every process, ones own among them."""
        built = self.path("built")
        worker = self.worker(CUT + """
def build(items):
    with open(items[0], "a") as file: file.write("built\\n")
    return 10
def handle(parameters, factor):
    mine = cut(parameters)
    everything = w.local_results(mine, [factor * value for value in mine])
    own = [each for each in everything if each["number"] == w.rank()]
    return [everything, own == [{"number": w.rank(), "parameters": mine,
                                 "results": [factor * value for value in mine]}]]
""", "w.run(handle, prep=build)")
        tasks = [[1, 2, 3, 4, 5], [6], []]
        result = self.gang(3, worker, tasks, "--prep", built)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(self.lines_of("built"), ["built"] * 3)
        for parameters, found in zip(tasks, result.values):
            everything = found[0][0]
            self.assertEqual(found, [[everything, True]] * 3)
            self.assertEqual([each["number"] for each in everything], [0, 1, 2])
            self.assertEqual([p for each in everything for p in each["parameters"]], parameters)
            self.assertEqual([r for each in everything for r in each["results"]],
                             [10 * p for p in parameters])


class Left(SeedsTest):
    """What members leave for each other without a meeting: Eidolon E8, shareObject and getObjects."""

    def test_it_is_read_without_waiting_for_those_who_have_left_nothing(self):
        """Rank 1 calls nothing before rank 0 has read twice."""
        gate = self.gate()
        worker = self.worker("""
def handle(gate):
    fd, seen = os.open(gate, os.O_RDWR), []
    if w.rank() == 0:
        seen.append(w.get("x"))
        w.put("x", "mine")
        seen.append(w.get("x"))
        os.write(fd, b".")
    else:
        os.read(fd, 1)
    w.barrier()
    if w.rank() == 1:
        w.put("x", "first")
        w.put("x", "second")
    w.barrier()
    return seen + [sorted(w.get("x").items()), w.get("y")]
""")
        result = self.gang(2, worker, [gate.path])
        self.assert_run(result, 0, [[[{}, {}, [[1, "second"]], {}], [[[0, "mine"]], {}]]], "")

    def test_what_a_failed_gang_has_left_is_not_there_for_the_next(self):
        """Eidolon: after a failure the processes were out of step, and the next job that met hung."""
        worker = self.worker("""
def handle(task):
    seen = w.get("x")
    w.barrier()
    w.put("x", task)
    if w.rank() == 1 and task == "bad": raise ValueError("no such cell")
    w.barrier()
    w.barrier()
    return [seen, sorted(w.get("x").items()), sorted(w.exchange("y", task).items())]
""")
        result = self.gang(3, worker, ["a", "bad", "b"])
        self.assertEqual(result.status, 1)
        self.assertIn("ValueError: rank 1: no such cell", result.err)
        self.assertIsNone(result.values[1])
        for task, found in (("a", result.values[0]), ("b", result.values[2])):
            for rank in range(3):
                others = [[r, task] for r in range(3) if r != rank]
                self.assertEqual(found[rank], [{}, others, others])


class Failures(SeedsTest):
    """Eidolon E7, parameter_sweep's gather: one fails, and no other waits for it in any collective. In both
    a process that died left the others, and all that came after them, waiting for ever; with
    multiprocessing one that raised did, too."""

    WORKER = CALLS + """
def handle(task):
    name, how, told = task
    if how and w.rank() == 1:
        if how == "raise": raise ValueError("no such cell")
        os.kill(os.getpid(), 9)
    try:
        call(name)
    except w.GangFailed as failed:
        with open(told, "a") as file: file.write("%s %d: %s\\n" % (name, w.rank(), failed))
        raise
    return name
"""

    def check(self, how, told):
        """In every collective rank 1 does badly, and between them a gang does well."""
        tasks, expected = [["barrier", "", ""]], [["barrier"] * 3]
        for name in COLLECTIVES:
            tasks += [[name, how, self.path("told")], [name, "", self.path("told")]]
            expected += [None, [name] * 3]
        result = self.gang(3, self.worker(self.WORKER), tasks, "--crash-retries", "1")
        self.assert_run(result, len(COLLECTIVES), expected)
        for name in COLLECTIVES:
            for rank in (0, 2):
                self.assertRegex("\n".join(self.lines_of("told")), f"(?m)^{name} {rank}: {told}")
        self.assertEqual(len(self.lines_of("told")), 2 * len(COLLECTIVES))

    def test_no_member_waits_for_one_that_has_raised(self):
        self.check("raise", "rank 1: .*no such cell")

    def test_no_member_waits_for_one_that_has_died(self):
        self.check("die", "rank 1: .*killed by signal 9")

    def test_a_failure_is_that_of_one_task_and_the_others_have_their_values(self):
        """Eidolon E9: the exception of one is its value, and the others finish. In a gang it is the value
        of all members; those of other gangs finish, at the same time as well."""
        worker = self.worker("""
def handle(n):
    if n == 2 and w.rank() == 0: raise KeyError("two")
    return w.allreduce(n, "sum")
""")
        result = self.spread("gang", "-n2", "-j4", "--in", "json", "--", *worker,
                             input="".join(f"{n}\n" for n in range(6)))
        self.assert_run(result, 1, [[2 * n] * 2 if n != 2 else None for n in range(6)])
        self.assert_told(result, r"spread: task 3 .* failed on localhost: KeyError: rank 0: 'two'.*")


class Watched(SeedsTest):
    def test_the_progress_of_each_member_is_told(self):
        """Eidolon E6: the counts of all processes are one bar, and none is lost at the end."""
        worker = self.worker("""
def handle(n):
    for i in range(n):
        w.progress((i + 1) / n, "part of %d" % w.rank())
        w.barrier()
    return w.rank()
""")
        events = self.path("events")
        result = self.gang(3, worker, [4], "--events", events)
        self.assert_run(result, 0, [[0, 1, 2]], "")
        told = [json.loads(line) for line in self.lines_of("events")]
        ranks = {e["worker"]: e["rank"] for e in told if e["event"] == "task_sent"}
        progress = [e for e in told if e["event"] == "task_progress"]
        for worker, rank in ranks.items():
            self.assertEqual([(e["fraction"], e["text"]) for e in progress if e["worker"] == worker],
                             [((i + 1) / 4, f"part of {rank}") for i in range(4)])
