"""Shards, lists of tasks, and prep items that come again, in the Python SDK."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Worker, golden_bytes

CHUNK = {"SPREAD_CHUNK": "4"}
# So many seconds pass at each look at the clock.
CLOCK = """
class Clock:
    now = 0.0
    def __call__(self):
        self.now += self.step
        return self.now
spread_worker.shards.clock = clock = Clock()
"""


def shard(start, stop, **more):
    return dict({"index": 1, "total": 4, "start": start, "stop": stop, "max": 2**63 - 1}, **more)


def failure(type, message):
    return ["error", {"type": type, "message": message}]


class Shard(unittest.TestCase):
    CODE = """
def handler(payload):
    found = spread_worker.shard()
    return [list(found), found.stop - found.start, found.parts]
spread_worker.run(handler)
"""

    def test_is_what_the_payload_says(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(self.CODE, wire=wire) as w:
                w.hello()
                plain = shard(2**62, 2**62 + 5)
                parts = shard(0, 2, parts=[["a", "b"], [3]])
                self.assertEqual(
                    [answer[1:] for answer in w.ask(plain, parts)],
                    [["ok", [[1, 4, 2**62, 2**62 + 5, 2**63 - 1, []], 5, []]],
                     ["ok", [[1, 4, 0, 2, 2**63 - 1, [["a", "b"], [3]]], 2, [["a", "b"], [3]]]]])

    def test_what_is_none_fails_and_says_why(self):
        without = shard(0, 1)
        del without["stop"]
        with Worker(self.CODE) as w:
            w.hello()
            for payload, why in (
                (None, "its payload is of type NoneType, and no map"),
                ([1], "its payload is of type list, and no map"),
                ({}, "its 'index' is missing"),
                (without, "its 'stop' is missing"),
                (shard(0, 1.5), "its 'stop' is no integer"),
                (shard(True, 2), "its 'start' is no integer"),
                (shard(3, 2), "its 'start' is above its 'stop'"),
                (shard(0, 2, parts=3), "its 'parts' are no list"),
            ):
                with self.subTest(payload=payload):
                    w.task(7, payload)
                    message = w.message()
                    self.assertEqual(message[1:], failure("NoShard", "the task is no shard: " + why))

    def test_may_be_given_where_there_is_no_master(self):
        code = """
import spread_worker as w
def simulate(payload):
    return [w.shard(payload).index, sum(w.range(payload)), len(w.range(payload))]
print(simulate({"index": 3, "total": 4, "start": 5, "stop": 8, "max": 8}))
try: w.shard()
except w.TaskError as e: print(e.type)
w.register(lambda payload: [sum(w.range()), w.map([dict(payload, stop=6)])] if w.shard().stop == 8 else sum(w.range()))
print(w.map([{"index": 3, "total": 4, "start": 5, "stop": 8, "max": 8}]))
"""
        env = {k: v for k, v in os.environ.items() if not k.startswith("SPREAD_")}
        env["PYTHONPATH"] = harness.SDK
        out = subprocess.run([sys.executable, "-c", code], env=env, stdout=-1, check=True).stdout
        self.assertEqual(out.decode(), "[3, 18, 3]\nNoShard\n[[18, [5]]]\n")

    def test_a_star_import_does_not_hide_the_built_in_range(self):
        with Worker("from spread_worker import *\nrun(lambda x: [list(range(x)), shard is not None])") as w:
            w.hello()
            self.assertEqual(w.ask(2), [[0, "ok", [[0, 1], True]]])


class Range(unittest.TestCase):
    def fractions(self, code, payload, step):
        """The progress told by a handler with this body, and its answer."""
        lines = "".join("    %s\n" % text for text in code.strip().splitlines())
        code = CLOCK + "clock.step = %r\ndef handler(payload):\n%sspread_worker.run(handler)" % (step, lines)
        with Worker(code) as w:
            w.hello()
            w.task(7, payload)
            told = []
            while True:
                message = w.message()
                if message[1] != "progress":
                    return told, message[2]
                self.assertEqual(len(message), 3)
                told.append(message[2])

    def test_gives_the_numbers_and_tells_how_far_it_is(self):
        told, value = self.fractions("return list(spread_worker.range())", shard(10, 20), 0.25)
        self.assertEqual(value, list(range(10, 20)))
        self.assertEqual(told, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
        self.assertIs(type(told[-1]), float)

    def test_tells_it_five_times_a_second_and_at_its_end(self):
        told, _ = self.fractions("return sum(spread_worker.range())", shard(0, 100), 0.0625)
        self.assertEqual(told, [n / 100 for n in range(4, 100, 4)] + [1.0])

    def test_tells_its_end_however_short_it_is(self):
        told, value = self.fractions("return sum(spread_worker.range())", shard(3, 5), 0.001)
        self.assertEqual((told, value), ([1.0], 7))
        told, value = self.fractions("return list(spread_worker.range())", shard(3, 3), 0.001)
        self.assertEqual((told, value), ([1.0], []))

    def test_looks_at_the_clock_behind_every_16th_of_tiny_ones(self):
        # A look takes 0.0005 s here: that is what 16 of them seem to have taken.
        code = "for i in spread_worker.range(): pass\nreturn round(clock.now / clock.step)"
        told, looks = self.fractions(code, shard(0, 16 * 1000 + 15), 0.0005)
        self.assertEqual(looks, 1 + 4 + 1000)  # At the beginning; behind 1, 2, 4 and 8 numbers.
        self.assertEqual(len(told), 3)

    def test_is_lazy(self):
        code = """
from itertools import islice
return [len(spread_worker.range()), list(islice(spread_worker.range(), 2)), repr(spread_worker.range())]
"""
        told, value = self.fractions(code, shard(0, 2**63 - 1), 0.001)
        self.assertEqual(value, [2**63 - 1, [0, 1], "range(0, %d)" % (2**63 - 1)])
        self.assertEqual(told, [])

    def test_that_is_left_tells_nothing_more(self):
        code = "for i in spread_worker.range():\n    if i == 13: return i"
        self.assertEqual(self.fractions(code, shard(10, 20), 0.25), ([0.1, 0.2, 0.3], 13))

    def test_the_first_one_tells(self):
        twice = "numbers = spread_worker.range()\nreturn [sum(numbers), sum(numbers), sum(spread_worker.range())]"
        self.assertEqual(self.fractions(twice, shard(0, 4), 0.25), ([0.25, 0.5, 0.75, 1.0], [6, 6, 6]))
        nested = """
pairs = 0
for i in spread_worker.range():
    for j in spread_worker.range(): pairs += 1
return pairs
"""
        self.assertEqual(self.fractions(nested, shard(0, 4), 0.25), ([0.25, 0.5, 0.75, 1.0], 16))
        own = "return [sum(spread_worker.range(dict(payload, stop=2))), sum(spread_worker.range(payload))]"
        self.assertEqual(self.fractions(own, shard(0, 4), 0.25), ([0.25, 0.5, 0.75, 1.0], [1, 6]))

    def test_that_is_gone_on_with_in_a_later_task_tells_nothing_there(self):
        code = CLOCK + """
clock.step = 0.25
kept = []
def handler(payload):
    kept.append(iter(spread_worker.range()))
    return list(kept[0]) if len(kept) == 2 else next(kept[0])
spread_worker.run(handler)
"""
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask(shard(0, 3), shard(5, 9)), [[0, "ok", 0], [1, "ok", [1, 2]]])

    def test_of_a_sub_task_leaves_that_of_its_parent_alone(self):
        code = CLOCK + """
clock.step = 0.25
def handler(payload):
    found = []
    for i in spread_worker.range():
        found.append(i)
        if spread_worker.parent() is None and i == 0: spread_worker.wait([spread_worker.Subtask(5)])
    return found
spread_worker.run(handler)
"""
        with Worker(code, env={"SPREAD_FEATURES": "ask,subtasks"}) as w:
            w.hello()
            w.task(4, shard(0, 2))
            self.assertEqual(w.message()[1], "ask")
            w.send_value([5, shard(7, 9), {"parent": 4}])
            w.send_value([None, "answer", 1, [5]])
            self.assertEqual(
                [w.message() for _ in range(6)],
                [[5, "progress", 0.5], [5, "progress", 1.0], [5, "ok", [7, 8]],
                 [4, "progress", 0.5], [4, "progress", 1.0], [4, "ok", [0, 1]]])


class Lists(unittest.TestCase):
    SQUARE = "spread_worker.run(lambda x: x * x)"

    def test_a_handler_is_called_for_each(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(self.SQUARE, wire=wire, env=CHUNK) as w:
                w.hello()
                self.assertEqual(w.ask([1, 2, 3], [4]), [[0, "ok", [1, 4, 9]], [1, "ok", [16]]])

    def test_have_the_golden_bytes(self):
        for code in ("spread_worker.run(lambda x: x)", "spread_worker.run(on_slice=lambda xs: xs)"):
            for name in ("list of a chunk", "list of a chunk of one"):
                for wire in ("msgpack", "json"):
                    with self.subTest(name=name, wire=wire), Worker(code, wire=wire, env=CHUNK) as w:
                        w.hello()
                        w.send(golden_bytes("down", wire, "task " + name))
                        w.message()
                        self.assertEqual(w.raw, golden_bytes("up", wire, "ok " + name))

    def test_a_handler_for_lists_is_given_them(self):
        code = "spread_worker.run(on_slice=lambda xs: [[len(xs), x] for x in xs])"
        with Worker(code, env=CHUNK) as w:
            w.hello()
            self.assertEqual(w.ask(["a", "b"], ["c"]), [[0, "ok", [[2, "a"], [2, "b"]]], [1, "ok", [[1, "c"]]]])

    def test_a_handler_for_lists_is_given_lists_of_one_elsewhere(self):
        for env in ({}, {"SPREAD_CHUNK": ""}):
            with Worker("spread_worker.run(on_slice=lambda xs: [[len(xs), x] for x in xs])", env=env) as w:
                w.hello()
                self.assertEqual(w.ask("a", ["b", "c"]), [[0, "ok", [1, "a"]], [1, "ok", [1, ["b", "c"]]]])

    def test_a_handler_for_lists_knows_its_shard(self):
        with Worker("spread_worker.run(on_slice=lambda shards: [sum(spread_worker.range())])") as w:
            w.hello()
            w.task(7, shard(1, 4))
            self.assertEqual([w.message(), w.message()], [[7, "progress", 1.0], [7, "ok", 6]])

    def test_results_are_counted(self):
        code = """
class Array:  # as numpy's
    def __init__(self, value): self.value = value
    def tolist(self): return self.value
spread_worker.run(on_slice=lambda xs: eval(xs[0], dict(globals(), xs=xs)))
"""
        lists = "on_slice returns a list of results, and not "
        with Worker(code, env=CHUNK) as w:
            w.hello()
            for text, expected in (
                ("[1, 2, 3]", ["ok", [1, 2, 3]]),
                ("(1, 2, 3)", ["ok", [1, 2, 3]]),
                ("(x for x in 'abc')", ["ok", ["a", "b", "c"]]),
                ("Array([1, 2, 3])", ["ok", [1, 2, 3]]),
                ("[xs.pop() and 4 for _ in 'abc']", ["ok", [4, 4, 4]]),
                ("[1, 2]", failure("BadResult", "2 results for 3 payloads")),
                ("Array([1])", failure("BadResult", "1 result for 3 payloads")),
                ("[]", failure("BadResult", "0 results for 3 payloads")),
                ("Array(1.5)", failure("BadResult", lists + "float")),
                ("None", failure("BadResult", lists + "NoneType")),
                ("'abc'", failure("BadResult", lists + "str")),
                ("{1: 1, 2: 2, 3: 3}", failure("BadResult", lists + "dict")),
            ):
                with self.subTest(text=text):
                    w.task(7, [text, 2, 3])
                    self.assertEqual(w.message()[1:], expected)
        with Worker("spread_worker.run(on_slice=lambda xs: xs + xs)") as w:
            w.hello()
            self.assertEqual(w.ask(1), [[0] + failure("BadResult", "2 results for 1 payload")])

    def test_an_exception_is_that_of_the_list(self):
        code = """
def handler(x):
    if x == "fail": raise ValueError("no")
    if x == "busy": raise spread_worker.Busy(2.5, "load")
    if x == "fatal": raise spread_worker.Fatal("no model")
    if x == "object": return object()
    return x
"""
        for end in ("run(handler)", "run(on_slice=lambda xs: [handler(x) for x in xs])"):
            with self.subTest(end=end), Worker(code + "spread_worker." + end, env=CHUNK) as w:
                w.hello()
                found = w.ask(["a", "fail", "b"], ["busy"], ["a", "fatal"], ["object"], ["a", "b"])
                self.assertEqual((found[0][1], found[0][2]["type"]), ("error", "ValueError"))
                self.assertEqual(found[1], [1, "busy", 2.5, "load"])
                self.assertEqual(found[2], [2, "fatal", {"type": "Fatal", "message": "no model"}])
                self.assertEqual((found[3][1], found[3][2]["type"]), ("error", "TypeError"))
                self.assertEqual(found[4], [4, "ok", ["a", "b"]])

    def test_what_is_no_list_fails(self):
        why = "SPREAD_CHUNK is set, and the payload is no list of payloads"
        with Worker(self.SQUARE, env=CHUNK) as w:
            w.hello()
            self.assertEqual(w.ask(3, [3]), [[0] + failure("PayloadError", why), [1, "ok", [9]]])

    def test_hooks_are_around_each_call(self):
        code = """
called = []
spread_worker.before_task(lambda: called.append("<"))
spread_worker.after_task(lambda: called.append(">"))
def handler(x):
    called.append(x)
    return "".join(called)
"""
        for end, first in (("run(handler)", ["<a", "<a><b"]),
                           ("run(on_slice=lambda xs: [handler(x) for x in xs])", ["<a", "<ab"])):
            with self.subTest(end=end), Worker(code + "spread_worker." + end, env=CHUNK) as w:
                w.hello()
                self.assertEqual(w.ask(["a", "b"], ["c"]), [[0, "ok", first], [1, "ok", [first[1] + "><c"]]])

    def test_what_is_printed_is_that_of_the_list(self):
        code = "spread_worker.run(lambda x: print(x), capture=True)"
        with Worker(code, env=CHUNK) as w:
            w.hello()
            self.assertEqual(w.ask(["a", "b"], ["c"]),
                             [[0, "ok", [None, None], "a\nb\n"], [1, "ok", [None], "c\n"]])

    def test_each_of_them_may_be_a_shard_and_none_tells_progress(self):
        with Worker("spread_worker.run(lambda x: sum(spread_worker.range()))", env=CHUNK) as w:
            w.hello()
            self.assertEqual(w.ask([shard(0, 3), shard(3, 6)]), [[0, "ok", [3, 12]]])

    def test_children_are_told_nothing_of_them(self):
        with Worker("import os\nspread_worker.run(lambda x: os.environ.get('SPREAD_CHUNK'))", env=CHUNK) as w:
            w.hello()
            self.assertEqual(w.ask([1]), [[0, "ok", [None]]])


class Build(unittest.TestCase):
    def answers(self, code, *payloads, items=(), env=None):
        with Worker(code, prep=len(items), env=env) as w:
            w.hello()
            for item in items:
                w.send_value(item)
            return [answer[2] for answer in w.ask(*payloads)]

    def test_has_the_items_as_arguments_and_hands_on_what_it_returns(self):
        for build, items, handler, expected in (
            ("lambda: 5", (), "lambda x, five: x + five", 7),
            ("lambda path, n: [path, n]", ("m", 3), "lambda x, made: [x, made]", [2, ["m", 3]]),
            ("lambda a, b: (b, a)", (1, 3), "lambda x, b, a: [x, b, a]", [2, 3, 1]),
            ("lambda: ()", (), "lambda x: x", 2),
            ("lambda: None", (), "lambda x: x", 2),
        ):
            with self.subTest(build=build):
                run = "spread_worker.run(%s, build=%s)" % (handler, build)
                self.assertEqual(self.answers(run, 2, items=items), [expected])

    def test_hands_it_on_to_a_handler_for_lists_and_to_one_of_sub_tasks(self):
        on_slice = "spread_worker.run(on_slice=lambda xs, a, b: [[x, a, b] for x in xs], build=lambda *items: items)"
        self.assertEqual(self.answers(on_slice, ["x", "y"], items=(1, 2), env=CHUNK), [[["x", 1, 2], ["y", 1, 2]]])
        with Worker("spread_worker.run(lambda x, a: x, subtask=lambda x, common, a: [x, common, a], build=lambda: 8)") as w:
            w.hello()
            w.send_value([3, "s", {"parent": 1}])
            self.assertEqual(w.message(), [3, "ok", ["s", None, 8]])

    def test_with_other_arguments_than_it_takes_fails_the_start(self):
        with Worker("spread_worker.run(abs, build=lambda a: a)", prep=2) as w:
            w.hello()
            w.send_value(1)
            w.send_value(2)
            message = w.message()
            self.assertEqual(message[:2] + [message[2]["type"]], [None, "error", "TypeError"])
            self.assertIn("2 were given", message[2]["message"])

    def test_run_refuses_what_excludes_each_other(self):
        for arguments, why in (
            ("abs, on_slice=abs", "run() takes a handler or on_slice, and not both"),
            ("abs, prep=abs, build=abs", "run() takes prep or build, and not both"),
            ("build=abs", "run() needs a handler, or on_slice"),
        ):
            with self.subTest(arguments=arguments), Worker("spread_worker.run(%s)" % arguments) as w:
                message = w.message()
                self.assertEqual(message[:2] + [message[2]["message"]], [None, "error", why])
                self.assertEqual(w.status(), 1)


class Again(unittest.TestCase):
    CODE = """
calls = 0
def build(*items):
    global calls
    calls += 1
    return [calls, list(items)]
spread_worker.run(lambda x, made: made, build=build)
"""

    def test_prepares_anew_from_the_golden_bytes(self):
        items = ["model.bin", 4, {"a": [1.5, None]}]
        for end in ("build=build", "prep=lambda items: build(*items)"):
            code = self.CODE.replace("build=build", end)
            for wire in ("msgpack", "json"):
                with self.subTest(wire=wire, end=end), Worker(code, wire=wire) as w:
                    w.hello()
                    self.assertEqual(w.ask(1), [[0, "ok", [1, []]]])
                    w.send(golden_bytes("down", wire, "prepare again"))
                    self.assertEqual(w.ask(1, 2), [[0, "ok", [2, items]], [1, "ok", [2, items]]])
                    w.send(golden_bytes("down", wire, "prepare again of nothing"))
                    w.send(golden_bytes("down", wire, "prepare again of many"))
                    self.assertEqual(w.ask(1), [[0, "ok", [4, list(range(16))]]])
                    self.assertEqual(len(w.ready), 1)

    def test_a_worker_that_prepares_nothing_goes_on(self):
        with Worker("spread_worker.run(abs)") as w:
            w.hello()
            w.send(golden_bytes("down", "msgpack", "prepare again of nothing"))
            self.assertEqual(w.ask(-1), [[0, "ok", 1]])

    def test_lets_go_of_the_old_first(self):
        code = """
alive = 0
class Model:
    def __init__(self):
        global alive
        alive += 1
        self.alive = alive
    def __del__(self):
        global alive
        alive -= 1
spread_worker.run(lambda x, model: model.alive, build=Model)
"""
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask(1), [[0, "ok", 1]])
            w.send_value([None, "prep", []])
            self.assertEqual(w.ask(1), [[0, "ok", 1]])

    def test_what_is_printed_meanwhile_is_no_tasks(self):
        code = self.CODE.replace("calls += 1", "calls += 1; print('made', calls)")
        with Worker(code.replace("build=build", "build=build, capture=True")) as w:
            w.hello()
            w.send_value([None, "prep", []])
            self.assertEqual(w.ask(1), [[0, "ok", [2, []]]])
            self.assertEqual(w.errors(), "made 1\nmade 2\n")

    def test_the_answer_before_it_does_not_wait_for_it(self):
        # All three are read at once; what prepares waits for the test.
        code = """
import os
calls = []
def build():
    calls.append(1)
    if len(calls) > 1: os.read(GATE, 1)
spread_worker.run(lambda x: x, build=build)
"""
        gate, held = os.pipe()
        with Worker("GATE = %d\n" % gate + code, pass_fds=(gate,)) as w:
            w.hello()
            w.send(harness.frame([1, "a"]) + harness.frame([None, "prep", []]) + harness.frame([2, "b"]))
            self.assertEqual(w.message(), [1, "ok", "a"])
            os.write(held, b".")
            self.assertEqual(w.message(), [2, "ok", "b"])
        os.close(gate)
        os.close(held)

    def test_a_failure_is_told_and_ends_the_worker(self):
        code = """
calls = []
def build():
    calls.append(1)
    if len(calls) > 1: raise OSError("no model")
spread_worker.at_exit(lambda: print("tail"))
spread_worker.run(lambda x: x, build=build)
"""
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask("a"), [[0, "ok", "a"]])
            w.send_value([None, "prep", []])
            w.task(1, "b")
            message = w.message()
            self.assertEqual(message[:2] + [message[2]["type"], message[2]["message"]],
                             [None, "error", "OSError", "no model"])
            self.assertIsNone(w.message())
            self.assertEqual(w.status(), 1)

    def test_waits_for_the_end_of_a_task_that_waits(self):
        code = """
calls = []
def handler(x, made):
    if spread_worker.parent() is not None: return made
    spread_worker.wait([spread_worker.Subtask(5)])
    return [made, len(calls)]
spread_worker.run(handler, build=lambda: (calls.append(1), len(calls))[1])
"""
        with Worker(code, env={"SPREAD_FEATURES": "ask,subtasks"}) as w:
            w.hello()
            w.task(4, "x")
            self.assertEqual(w.message()[1], "ask")
            w.send_value([None, "prep", []])
            w.send_value([5, "s", {"parent": 4}])
            self.assertEqual(w.message(), [5, "ok", 1])
            w.send_value([None, "answer", 1, [5]])
            self.assertEqual(w.message(), [4, "ok", [1, 1]])
            w.send_value([6, "s", {"parent": 4}])
            self.assertEqual(w.message(), [6, "ok", 2])


class InThisProcess(unittest.TestCase):
    def run_python(self, code):
        env = {k: v for k, v in os.environ.items() if not k.startswith("SPREAD_")}
        env["PYTHONPATH"] = harness.SDK
        code = "import io, spread_worker as w\n" + code
        return subprocess.run([sys.executable, "-c", code], env=env, stdout=-1, check=True).stdout.decode()

    def test_one_shot_knows_its_shard(self):
        code = """
task = {"index": 0, "total": 1, "start": 1, "stop": 4, "max": 4}
print(w.one_shot(lambda x, by: by * sum(w.range()), task, build=lambda a, b: a + b, items=[2, 3]))
print(w.one_shot(None, 5, on_slice=lambda xs: [x * x for x in xs]))
try: w.shard()
except w.TaskError as e: print(e.type)
"""
        self.assertEqual(self.run_python(code), "30\n25\nNoShard\n")

    def test_lists_and_prep_items_again(self):
        code = """
calls = []
def build(*items):
    calls.append(items)
    if items == (0,): raise ValueError("no model")
    return len(calls)
stdin = io.BytesIO(b'9\\n[1,[1,2]]\\n[null,"prep",[3,4]]\\n[2,[5]]\\n[null,"prep",[0]]\\n')
stdout = io.BytesIO()
try: w.run_on(stdin, stdout, on_slice=lambda xs, n: [x * n for x in xs], build=build, items=1, wire="json", chunk=True)
except ValueError as e: print(e)
print(stdout.getvalue().decode().split("\\n", 1)[1], calls)
"""
        self.assertEqual(self.run_python(code).split(), "no model [null,\"ready\"] [1,\"ok\",[1,2]] "
                         "[2,\"ok\",[10]] [(9,), (3, 4), (0,)]".split())


if __name__ == "__main__":
    unittest.main()
