"""The collectives of the Python SDK: what is asked, and what is made of the replies."""

import array
import json
import os
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SDK, Worker, golden_bytes, plain

FEATURES = {"SPREAD_FEATURES": "ask,meta"}
# A handler for every call: the payload is Python.
CALLS = """
import array, spread_worker as w
def numbers(v):
    return v.tolist() if hasattr(v, "tolist") else v
def handler(text):
    return eval(text)
spread_worker.run(handler)
"""
WIRES = ("msgpack", "json")
I4 = {"dtype": "i4", "shape": [2], "data": struct.pack("<2i", 1, -2)}


class Members(unittest.TestCase):
    CODE = CALLS

    def setUp(self):
        self.workers = {}
        for wire in WIRES:
            worker = Worker(self.CODE, wire=wire, env=FEATURES)
            self.addCleanup(worker.__exit__)
            worker.hello()
            self.workers[wire] = worker

    def call(self, text, asked, reply, meta=None, kind="answer"):
        """The result of a handler that evaluates `text`, as rank 1 of 3; it asks `asked` (op and
        arguments), each time, and is given `reply`."""
        results = []
        for wire, worker in self.workers.items():
            worker.send_value([7, text, meta or {"rank": 1, "size": 3}])
            for question, answer in zip(asked, reply):
                message = worker.message()
                self.assertEqual(message[:2], [None, "ask"], message)
                self.assertEqual(message[3:], [question[0], 7] + self.on(wire, question[1:]))
                worker.send_value([None, kind, message[2], answer])
            results.append(worker.message())
        self.assertEqual(results[0][:2], results[1][:2])
        return results[0][2] if results[0][1] == "ok" else results[0]

    def on(self, wire, value):
        """As a message of that wire is read here."""
        if wire == "msgpack":
            return list(value)
        return plain(value)

    def one(self, text, kind, value, reply, **rest):
        return self.call(text, [("collective", 0, kind, value)], [reply], **rest)


class Gang(Members):
    def test_a_member_knows_its_place(self):
        text = "[w.rank(), w.size(), w.number_of_workers(), w.is_root()]"
        self.assertEqual(self.call(text, [], []), [1, 3, 3, False])
        self.assertEqual(self.call(text, [], [], {"rank": 0, "size": 1}), [0, 1, 1, True])

    def test_each_call_is_a_question(self):
        root = {"rank": 0, "size": 3}
        self.assertIsNone(self.one("w.barrier()", "barrier", None, None))
        self.assertEqual(self.one("w.broadcast('mine')", "broadcast", None, "a"), "a")
        self.assertEqual(self.one("w.broadcast('a')", "broadcast", "a", "a", meta=root), "a")
        self.assertEqual(self.one("w.allgather({'a': 1})", "allgather", {"a": 1}, [5, None, 6]), [5, None, 6])
        found = self.one("sorted(w.exchange('x', [1]).items())", "exchange", ["x", [1]], ["a", "c"])
        self.assertEqual(found, [[0, "a"], [2, "c"]])
        self.assertIsNone(self.one("w.reduce(5, 'max')", "reduce", ["max", 5], None))
        self.assertEqual(self.one("w.reduce(5)", "reduce", ["sum", 5], 8, meta=root), 8)
        self.assertEqual(self.one("w.allreduce(5, 'min')", "allreduce", ["min", 5], 3), 3)
        self.assertEqual(self.one("w.scatter()", "scatter", None, "b"), "b")
        for values in ("[4, 5, 6]", "(n for n in (4, 5, 6))", "dict.fromkeys((4, 5, 6))"):
            self.assertEqual(self.one("w.scatter(%s)" % values, "scatter", [4, 5, 6], 4, meta=root), 4)
        self.assertIsNone(self.call("w.put('x', [1])", [("put", "x", [1])], [None]))
        found = self.call("sorted(w.get('x').items())", [("get", "x")], [[[0, "a"], [2, [1]]]])
        self.assertEqual(found, [[0, "a"], [2, [1]]])
        found = self.one("w.local_results([1], 'r')", "allgather", [[1], "r"], [[[0], "q"], [[1], "r"]])
        self.assertEqual(
            found,
            [
                {"number": 0, "parameters": [0], "results": "q"},
                {"number": 1, "parameters": [1], "results": "r"},
            ],
        )

    def test_rounds_count_from_0_in_each_task(self):
        for _ in range(2):
            self.call(
                "[w.barrier(), w.put('x', 1), w.barrier()]",
                [("collective", 0, "barrier", None), ("put", "x", 1), ("collective", 1, "barrier", None)],
                [None] * 3,
            )

    def test_a_float_stays_a_float(self):
        # JSON says 3 where the sum is 3.0.
        self.assertEqual(self.one("repr(w.allreduce(1.5))", "allreduce", ["sum", 1.5], 3), "3.0")
        self.assertEqual(self.one("repr(w.allreduce(1))", "allreduce", ["sum", 1], 3), "3")

    def test_what_is_refused_raises_with_the_masters_words(self):
        why = {"type": "GangFailed", "message": "rank 2: killed by signal 9"}
        calls = {
            "barrier()": ("collective", 0, "barrier", None),
            "allgather(1)": ("collective", 0, "allgather", 1),
            "put('x', 1)": ("put", "x", 1),
            "get('x')": ("get", "x"),
        }
        for text, asked in calls.items():
            found = self.call("w." + text, [asked], [why], kind="refused")
            self.assertEqual((found[1], found[2]["type"]), ("error", "GangFailed"))
            self.assertEqual(found[2]["message"], why["message"])
        other = {"type": "BadAsk", "message": "no"}
        found = self.call("w.put('x', 1)", [calls["put('x', 1)"]], [other], kind="refused")
        self.assertEqual(found[2]["type"], "Refused")
        found = self.call("w.barrier()", [calls["barrier()"]], [other], kind="refused")
        self.assertEqual((found[2]["type"], found[2]["message"]), ("GangFailed", "no"))
        self.assertEqual(self.call("issubclass(w.GangFailed, w.Refused)", [], []), True)

    def test_the_worker_goes_on_behind_a_failure(self):
        why = {"type": "GangFailed", "message": "rank 2: it failed"}
        self.call("w.barrier()", [("collective", 0, "barrier", None)], [why], kind="refused")
        self.assertIsNone(self.one("w.barrier()", "barrier", None, None))

    def test_arrays_are_typed_ones(self):
        for letter, dtype in zip("bhilqBHILQfd", "i1 i2 i4 i8 i8 u1 u2 u4 u8 u8 f4 f8".split()):
            form = "<2" + letter.replace("l", "q").replace("L", "Q")
            data = struct.pack(form, 1, 2)
            value = {"dtype": dtype, "shape": [2], "data": data}
            double = dict(value, data=struct.pack(form, 2, 4))
            found = self.one(
                "(lambda a: [type(a).__name__, a.typecode, a.tolist()])(w.allreduce(array.array(%r, [1, 2])))"
                % letter,
                "allreduce",
                ["sum", value],
                double,
            )
            self.assertEqual(found, ["array", letter, [2, 4]])

    def test_a_memoryview_has_axes(self):
        value = {"dtype": "u1", "shape": [2, 3], "data": b"abcdef"}
        text = "(lambda v: [type(v).__name__, list(v.shape), v.tolist()])(w.%s)"
        view = "memoryview(b'abcdef').cast('B', [2, 3])"
        expected = ["memoryview", [2, 3], [[97, 98, 99], [100, 101, 102]]]
        found = self.one(text % ("allreduce(%s, 'max')" % view), "allreduce", ["max", value], value)
        self.assertEqual(found, expected)
        value = {"dtype": "i2", "shape": [2, 1, 2], "data": struct.pack("<4h", 1, 2, 3, 4)}
        found = self.one(
            "[v.tolist() for v in w.allgather(memoryview(array.array('h', [1, 2, 3, 4])).cast('B').cast('h', [2, 1, 2]))]",
            "allgather",
            value,
            [value] * 3,
        )
        self.assertEqual(found, [[[[1, 2]], [[3, 4]]]] * 3)

    def test_gather_is_over_the_first_axis(self):
        text = "numbers(w.gather(array.array('i', [1, -2]), (1, 2, 0)))"
        self.assertIsNone(self.one(text, "gather", [[1, 2, 0], I4], None))
        whole = {"dtype": "i4", "shape": [3], "data": struct.pack("<3i", 9, 1, -2)}
        root = {"rank": 0, "size": 3}
        self.assertEqual(self.one(text, "gather", [[1, 2, 0], I4], whole, meta=root), [9, 1, -2])

    def test_arrays_in_lists_and_maps_of_ranks(self):
        mine = "array.array('i', [1, -2])"
        found = self.one("[v.tolist() for v in w.exchange('x', %s).values()]" % mine, "exchange", ["x", I4], [I4, I4])
        self.assertEqual(found, [[1, -2]] * 2)
        found = self.one(
            "w.scatter([%s] * 3).tolist()" % mine, "scatter", [I4] * 3, I4, meta={"rank": 0, "size": 3}
        )
        self.assertEqual(found, [1, -2])
        found = self.one(
            "[r['results'].tolist() for r in w.local_results(1, %s)]" % mine, "allgather", [1, I4], [[1, I4]]
        )
        self.assertEqual(found, [[1, -2]])

    def test_what_cannot_be_sent_is_no_call(self):
        for text, name in (
            ("w.allgather(memoryview(b'ab').cast('c'))", "TypeError"),
            ("w.allgather({1, 2})", "TypeError"),
            ("w.allreduce(1, 'xor')", "ValueError"),
        ):
            self.assertEqual(self.call(text, [], [])[2]["type"], name)

    def test_what_is_no_list_cannot_be_scattered(self):
        for meta in ({"rank": 0, "size": 3}, {"attempt": 2}):
            for values, name in (("None", "NoneType"), ("5", "int")):
                found = self.call("w.scatter(%s)" % values, [], [], meta)[2]
                told = "scatter takes a list with an element for each member, and no " + name
                self.assertEqual((found["type"], found["message"]), ("TypeError", told))
        for values in ("[]", "[1, 2]"):
            found = self.call("w.scatter(%s)" % values, [], [], {"attempt": 2})[2]
            told = "rank 0: it called scatter with what is no list of 1"
            self.assertEqual((found["type"], found["message"]), ("GangFailed", told))

    def test_outside_of_a_gang_every_call_is_the_identity(self):
        calls = {
            "[w.rank(), w.size(), w.is_root(), w.number_of_workers()]": [0, 1, True, 1],
            "w.barrier()": None,
            "w.broadcast([1])": [1],
            "w.allgather('a')": ["a"],
            "w.exchange('x', 1)": {},
            "w.reduce(2.5)": 2.5,
            "w.allreduce('a', 'max')": "a",
            "w.scatter([7])": 7,
            "w.gather(array.array('b', [1, 2]), [2]).tolist()": [1, 2],
            "w.put('x', 1)": None,
            "w.get('x')": {},
            "w.local_results(1, 2)": [{"number": 0, "parameters": 1, "results": 2}],
        }
        for text, expected in calls.items():
            # With an empty third element, and with one that is about another thing.
            self.assertEqual(self.call(text, [], [], {"attempt": 2}), expected, text)
        found = self.call("w.gather(array.array('b', [1, 2]), [3])", [], [], {"attempt": 1})
        self.assertEqual(found[2]["type"], "GangFailed")
        self.assertIn("mismatched sizes", found[2]["message"])
        code = "import json, spread_worker as w\nprint(json.dumps([w.size(), w.allgather(5), w.get('x')]))"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SPREAD_")}
        out = subprocess.check_output(
            [sys.executable, "-c", code], env=dict(environment, PYTHONPATH=SDK), timeout=60
        )
        self.assertEqual(json.loads(out), [1, [5], {}])


class NumpyScalars(Members):
    # What the SDK uses of numpy, for two dtypes and no axes.
    CODE = """
import struct, sys, types
numpy = types.ModuleType("numpy")
class dtype(str):
    kind = property(lambda self: {"uint8": "u", "bool": "b"}[self])
    itemsize = 1
    def newbyteorder(self, order):
        return self
class generic:
    def __init__(self, number):
        self.number = number
    def item(self):
        return self.number
class uint8(generic): pass
class bool_(generic): pass
class ndarray:
    shape = ()
    def __init__(self, number, name):
        self.number, self.dtype = number, dtype(name)
    def astype(self, *_, **__):
        return self
    def tobytes(self):
        return struct.pack("B", self.number)
    def reshape(self, shape):
        assert shape == []
        return self
    def __getitem__(self, at):
        assert at == ()
        return self.number
class MaskedArray(ndarray): pass
numpy.generic, numpy.ndarray = generic, ndarray
numpy.asarray = lambda value: ndarray(value.number, type(value).__name__.rstrip("_"))
numpy.frombuffer = lambda data, dtype: ndarray(data[0], "uint8")
sys.modules["numpy"] = numpy
sys.modules["numpy.ma"] = types.ModuleType("numpy.ma")
sys.modules["numpy.ma"].MaskedArray = MaskedArray
""" + CALLS
    U1 = {"dtype": "u1", "shape": [], "data": b"\xc8"}

    def test_are_reduced_in_their_own_type(self):
        text = "(lambda v: [type(v).__name__, v.item()])(w.allreduce(uint8(200), 'max'))"
        self.assertEqual(self.one(text, "allreduce", ["max", self.U1], self.U1), ["uint8", 200])
        self.assertIsNone(self.one("w.reduce(uint8(200))", "reduce", ["sum", self.U1], None))

    def test_of_another_dtype_are_not_reduced(self):
        found = self.call("w.allreduce(bool_(1))", [], [])[2]
        self.assertEqual((found["type"], found["message"]), ("TypeError", "a number of dtype bool cannot be sent"))

    def test_a_mask_is_not_lost(self):
        for call in ("allreduce(%s)", "allgather(%s)", "put('x', %s)"):
            found = self.call("w." + call % "MaskedArray(1, 'uint8')", [], [])[2]
            self.assertEqual(found["type"], "TypeError")
            self.assertIn("a masked array cannot be sent", found["message"])


class EndOfInput(unittest.TestCase):
    CODE = """
import os, spread_worker as w
def handler(payload):
    kind, caught = payload
    try:
        w.barrier() if kind == "barrier" else w.ask("whoami") if kind == "ask" else w.wait([w.Subtask(9)])
    except {"Exception": Exception, "BaseException": BaseException}[caught]:
        return "caught"
w.at_exit(lambda: print("last words"))
spread_worker.run(handler)
print("behind run")
"""

    def test_a_task_that_waits_has_no_answer(self):
        features = {"SPREAD_FEATURES": "ask,meta,subtasks"}
        for wire in WIRES:
            for kind in ("barrier", "ask", "wait"):
                # That nothing but the end of a message is missing changes nothing.
                for caught, cut in (("Exception", b""), ("BaseException", b""), ("Exception", b"\xc6\0")):
                    with self.subTest(wire=wire, kind=kind, caught=caught), Worker(self.CODE, wire, env=features) as w:
                        w.hello()
                        meta = {"rank": 1, "size": 3} if kind == "barrier" else {}
                        w.send_value([7, [kind, caught], meta])
                        self.assertEqual(w.message()[:2], [None, "ask"])
                        w.send(cut)
                        w.close()
                        self.assertEqual(w.rest(), b"last words\n")
                        self.assertEqual((w.status(), w.errors()), (1, ""))

    def test_nor_has_one_that_waits_inside_another(self):
        features = {"SPREAD_FEATURES": "ask,meta,subtasks"}
        with Worker(self.CODE, "json", env=features) as w:
            w.hello()
            w.task(7, ["wait", "Exception"])
            w.message()
            w.send_value([9, ["wait", "Exception"], {"parent": 7, "depth": 1}])
            self.assertEqual(w.message()[:2], [None, "ask"])
            w.close()
            self.assertEqual(w.rest(), b"last words\n")
            self.assertEqual((w.status(), w.errors()), (1, ""))


class GoldenBytes(unittest.TestCase):
    CODE = """
import spread_worker as w
def handler(n):
    for _ in range(3):
        w.whoami()
    w.barrier()
    array = memoryview(b"\\x01\\x00\\xff\\xff").cast("h", [1, 2])
    total = w.allreduce(array, "sum")
    w.put("grid", [1.5, None])
    return [total.tolist(), sorted(w.get("grid").items())]
w.run(handler)
"""

    def test_questions_and_answers_are_the_golden_ones(self):
        for wire in WIRES:
            with self.subTest(wire=wire), Worker(self.CODE, wire=wire, env=FEATURES) as w:
                w.hello()
                w.send_value([7, None, {"rank": 1, "size": 3}])
                for _ in range(3):
                    w.send_value([None, "answer", w.message()[2], {}])
                for asked, reply in (
                    ("ask for a collective", [None, "answer", 4, None]),
                    ("ask for a collective of an array", "answer to a collective of an array"),
                    ("ask to put", [None, "answer", 6, None]),
                    ("ask to get", "answer to a get"),
                ):
                    w.message()
                    self.assertEqual(w.raw, golden_bytes("up", wire, asked))
                    if isinstance(reply, str):
                        w.send(golden_bytes("down", wire, reply))
                    else:
                        w.send_value(reply)
                found = [[[2, -2]], [[0, [1.5, None]], [2, "x"]]]
                self.assertEqual(w.message(), [7, "ok", found])


class NumpyArrays(unittest.TestCase):
    """Run where numpy is installed; the conversion of arrays has no other test."""

    def setUp(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed")
        self.numpy = numpy

    def test_are_sent_and_given_back(self):
        np = self.numpy
        sys.path.insert(0, SDK)
        from spread_worker import collectives

        for dtype in collectives.DTYPES:
            for value in (
                np.arange(6, dtype=dtype).reshape(2, 3),
                np.arange(6, dtype=dtype).reshape(2, 3).T,
                np.arange(12, dtype=dtype)[::2],
                np.arange(6, dtype=">" + dtype),
                np.array(5, dtype=dtype),
                np.empty((2, 0), dtype=dtype),
            ):
                sent = collectives._encoded(value)
                self.assertEqual(sent["data"], value.astype("<" + dtype).tobytes())
                back = collectives._decoded(sent, value)
                self.assertEqual((back.dtype, back.shape), (np.dtype(dtype), value.shape))
                self.assertTrue((back == value).all())
                back[...] = 0  # can be written to
        masked = np.ma.array([1, 2], mask=[0, 1])
        for value in (np.zeros(2, "f2"), np.zeros(2, "c8"), np.zeros(2, bool), np.array(["a"]), masked, np.ma.masked):
            with self.assertRaises(TypeError):
                collectives._encoded(value)


if __name__ == "__main__":
    unittest.main()
