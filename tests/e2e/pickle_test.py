"""--wire pickle: workers of gmisclib.spread_jobs as they are, on real processes (docs/pickle.md)."""

import fractions
import io
import json
import os
import pickle
import random
import re
import unittest
from collections import OrderedDict

from spread_testing import PYTHON, SpreadTest

# The loop as spread_jobs' own page has it, but for what Python 3 calls the module and the streams.
LOOP = """import sys
import pickle as cPickle
import pickle as CP
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
{before}
while True:
        try:
                control = cPickle.load(stdin)
        except EOFError:
                break
        d, so, se = compute(control)
        cPickle.dump((d, so, se), stdout, CP.HIGHEST_PROTOCOL)
        stdout.flush()
stdout.close()
"""

# As a script has them that does not import gmisclib.
CLASSES = """import os, time
class TooBusy(Exception):
    def __init__(self, delay):
        Exception.__init__(self)
        self.delay = delay
class RemoteException(Exception):
    def __init__(self, *s):
        Exception.__init__(self, *s)
        self.index = ''
        self.comment = ''
class Other:
    def __init__(self, a):
        self.a = a
def once(name):
    try:
        os.close(os.open(sys.argv[1] + name, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
"""

TAKES = "value: {!r}\n"


class PickleTest(SpreadTest):
    def loop(self, compute, name="loop.py"):
        """A worker with this body of compute(control)."""
        body = "".join("    " + line + "\n" for line in compute.splitlines())
        before = CLASSES + "def compute(control):\n" + body
        return [PYTHON, self.file(name, LOOP.format(before=before)), self.path("once")]

    def run_loop(self, compute, tasks, *options, **how):
        text = "".join(json.dumps(task) + "\n" for task in tasks)
        worker = how.pop("worker", None) or self.loop(compute)
        return self.spread("run", "--wire", "pickle", "--in", "json", *options, "--", *worker,
                           input=text, **how)


class AsItIs(PickleTest):
    VALUES = [None, True, 1, -(1 << 40), (1 << 63) - 1, 1.5, "text", "é€😀", [], [1, [2]],
              {"a": {"b": []}}, "x" * 100_000, list(range(3000))]

    def test_results_are_the_values_in_the_order_of_the_tasks(self):
        result = self.run_loop("return control, [], []", self.VALUES, "-j3")
        self.assertEqual([json.loads(line) for line in result.out.splitlines()], self.VALUES)
        self.assertEqual((result.status, result.err), (0, ""))

    def test_a_task_is_the_payload_alone_unless_the_page_is_believed(self):
        result = self.run_loop("return repr(control), None, None", ["a", "b"], "-j1")
        self.assert_run(result, 0, "\"'a'\"\n\"'b'\"\n", "")
        result = self.run_loop("return repr(control), None, None", ["a", "b"], "-j1",
                               "--pickle-task", "pair")
        self.assert_run(result, 0, "\"(0, 'a')\"\n\"(1, 'b')\"\n", "")

    def test_prep_items_are_one_pickle_each_and_None_ends_them(self):
        worker = self.loop("return [prep, control], None, None")
        text = LOOP.format(before=CLASSES + "prep = list(iter(lambda: cPickle.load(stdin), None))\n"
                           "def compute(control): return [prep, control], None, None\n")
        worker = [PYTHON, self.file("prep.py", text)]
        result = self.run_loop("", [7], "--prep", "one", "--prep-json", "[2]", "--prep-json", "null",
                               worker=worker)
        self.assert_run(result, 0, '[["one",[2]],7]\n', "")

    def test_what_a_task_printed_is_shown_in_whole_blocks(self):
        result = self.run_loop("return control, ['a\\n', 'b\\n'], ['c\\n']", [1], "-j1")
        self.assert_run(result, 0, "1\n", "#slot so0 ------\na\nb\n#slot se0 ------\nc\n")
        result = self.run_loop("return control, None, None", [1], "-j1")
        self.assert_run(result, 0, "1\n", "")

    def test_answers_of_every_protocol_are_read(self):
        for protocol in range(6):
            loop = LOOP.replace("CP.HIGHEST_PROTOCOL", str(protocol))
            text = loop.format(before="def compute(x): return {'x': x, 's': {1}, 'b': b'\\xff'}, ['o'], None")
            with self.subTest(protocol=protocol):
                result = self.run_loop("", [1, "é"], "-j1", "--show-output", "none",
                                       worker=[PYTHON, self.file("protocol.py", text)])
                expected = '{"x":%s,"s":[1],"b":{"$bin":"/w=="}}\n'
                self.assert_run(result, 0, expected % 1 + expected % '"é"', "")

    def test_an_answer_larger_than_pipes_and_buffers(self):
        result = self.run_loop("return 'x' * 20_000_000, None, None", [1, 2], "-j2", "--out", "text")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertTrue(result.out == ("x" * 20_000_000 + "\n") * 2)

    def test_a_payload_larger_than_pipes_and_buffers(self):
        result = self.run_loop("return len(control), None, None", ["x" * 5_000_000] * 3, "-j2")
        self.assert_run(result, 0, "5000000\n" * 3, "")

    def test_bytes_are_those_of_python_2_or_3(self):
        tasks = [{"$bin": "/wA="}]
        result = self.run_loop("return repr(control), None, None", tasks, "--pickle-bytes", "3")
        self.assert_run(result, 0, "\"b'\\\\xff\\\\x00'\"\n", "")
        result = self.run_loop("return repr(control), None, None", tasks, "--start-retries", "1")
        self.assertNotEqual(result.status, 0)
        self.assertIn("UnicodeDecodeError", result.err)

    def test_what_a_worker_writes_behind_the_end_of_its_input_is_its_tail(self):
        text = LOOP.replace("stdout.close()", "print('3 in all')").format(
            before="def compute(x): return x, None, None")
        result = self.run_loop("", [1, 2, 3], "-j1", worker=[PYTHON, self.file("tail.py", text)])
        self.assert_run(result, 0, "1\n2\n3\n3 in all\n", "")

    def test_commands_of_all_are_sent_pickled_prep_items(self):
        worker = [PYTHON, "-c", "import pickle,sys; print(pickle.load(sys.stdin.buffer))"]
        result = self.spread("all", "--wire", "pickle", "--prep-json", "[1]", "--", *worker)
        self.assert_run(result, 0, "[1]\n", "")

    def test_the_loop_of_the_document_is_a_worker(self):
        with open(os.path.join(os.environ["SPREAD_SOURCE"], "docs", "pickle.md"), encoding="utf-8") as f:
            loop = re.search(r"```python\n(.*?)```", f.read(), re.DOTALL).group(1)
        worker = self.file("doc.py", "def compute(x):\n    return x * x, None, None\n" + loop)
        result = self.run_loop("", [1, 2, 3], worker=[PYTHON, worker])
        self.assert_run(result, 0, "1\n4\n9\n", "")

    def test_one_task_can_be_tried(self):
        result = self.spread("oneshot", "--task", '{"a": 1}', "--wire", "pickle", "--",
                             *self.loop("return control, ['so\\n'], ['se\\n']"))
        self.assert_run(result, 0, 'STDOUT:\nso\nSTDERR:\nse\nd={"a":1}\n', "")


class Objects(PickleTest):
    def test_another_object_is_carried_as_its_pickle(self):
        result = self.run_loop("return Other(control), ['o\\n'], []", [[1, 2]], "--show-output", "none")
        self.assertEqual((result.status, result.err), (0, ""))
        carried = result.out
        self.assertTrue(carried.startswith('{"$ext":[80,"'), carried)
        # Sent to a worker, it is the object again.
        again = self.spread("run", "--wire", "pickle", "--in", "json", "--", *self.loop(
            "return [type(control).__name__, control.a], None, None"), input=carried)
        self.assert_run(again, 0, '["Other",[1,2]]\n', "")

    def test_a_payload_that_no_pickle_can_hold_is_that_tasks_failure(self):
        result = self.run_loop("return control, None, None",
                               [1, {"$ext": [5, "AA=="]}, {"$ext": [80, "AA=="]}, 4], "-j1")
        self.assertEqual(result.out, "1\nnull\nnull\n4\n")
        self.assertIn("payload has an ext of type 5, which is nothing in Python", result.err)
        self.assertIn("payload has an ext of type 80 with no pickle in it: byte 1 is no opcode",
                      result.err)


class Refusals(PickleTest):
    def test_a_refused_task_is_computed_later(self):
        compute = ("if control == 2 and once('busy'): return TooBusy(0.01), 'disk full', 'ignored'\n"
                   "return control, None, None")
        events = self.path("events")
        result = self.run_loop(compute, [1, 2, 3], "-j1", "-v", "--events", events)
        self.assertEqual((result.status, result.out), (0, "1\n2\n3\n"))
        self.assertIn("disk full", result.err)
        with open(events) as f:
            told = [json.loads(line) for line in f]
        self.assertEqual([e["message"] for e in told if e.get("kind") == "busy"], ["disk full"])

    def test_a_remote_exception_ends_the_run_and_says_all_that_it_has(self):
        compute = ("if control != 2: return control, None, None\n"
                   "e = RemoteException('ValueError', 'bad input')\n"
                   "e.index, e.comment = 'index=1', 'so: abc'\n"
                   "return e, ['o\\n'], None")
        result = self.run_loop(compute, [1, 2, 3], "-j1")
        self.assertEqual((result.status, result.out), (2, "1\nnull\nnull\n"))
        self.assertIn("#slot so1 ------\no\n", result.err)
        self.assertIn("failed on localhost: RemoteException: ValueError: bad input (index=1; so: abc)",
                      result.err)
        self.assertIn("not computed because task 2 was fatal", result.err)
        result = self.run_loop(compute, [1, 2, 3], "-j1", "--pickle-remote", "error")
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n"))


class Ends(PickleTest):
    def test_a_worker_that_leaves_after_an_answer_retires(self):
        compute = "if once('left%s' % control): raise SystemExit\nreturn control, None, None"
        result = self.run_loop("seen = globals().setdefault('seen', [])\n"
                               "if len(seen) == 3: raise SystemExit\n"
                               "seen.append(control)\nreturn control, None, None",
                               range(10), "-j2", "--crash-retries", "1")
        self.assert_run(result, 0, "".join("%d\n" % n for n in range(10)), "")

    def test_a_null_task_that_ends_its_worker_is_lost_and_the_others_stand(self):
        result = self.run_loop("if control is None: raise SystemExit\nreturn control, None, None",
                               [1, None, 3, 4], "-j2")
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n4\n"))
        self.assertIn("task 2 (line 2: null) was lost", result.err)

    def test_a_task_that_kills_its_worker_is_lost_and_the_others_stand(self):
        result = self.run_loop("if control == 2: os._exit(3)\nreturn control, None, None",
                               [1, 2, 3, 4], "-j2")
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n4\n"))
        self.assertIn("exit status 3", result.err)

    def test_a_print_ends_the_worker_and_its_line_is_shown(self):
        result = self.run_loop("if control == 2: print('half way', flush=True)\n"
                               "return control, None, None", [1, 2, 3], "-j1", "--crash-retries", "1")
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n"))
        self.assertIn('it wrote "half way", which is no pickle', result.err)

    def test_an_answer_that_is_no_tuple_of_three_is_named(self):
        text = LOOP.replace("(d, so, se), stdout", "d, stdout").format(
            before="def compute(x): return [x], None, None")
        result = self.run_loop("", [1], worker=[PYTHON, self.file("bare.py", text)])
        self.assertEqual(result.status, 1)
        self.assertIn("it answered with a list of 1 instead of a tuple (d, so, se)", result.err)

    def test_a_second_answer_to_a_task_ends_the_worker(self):
        text = LOOP.replace("cPickle.dump((d, so, se), stdout, CP.HIGHEST_PROTOCOL)",
                            "stdout.write(cPickle.dumps((d, so, se)) * 2)")
        worker = [PYTHON, self.file("twice.py", text.format(before="def compute(x): return x, None, None"))]
        result = self.run_loop("", [1, 2], "-j1", worker=worker)
        self.assertEqual(result.out, "1\n2\n")
        self.assertIn("it wrote an answer while it had no task: more than one answer per task?",
                      result.err)

    def test_a_hung_task_meets_its_deadline(self):
        result = self.run_loop("if control == 2: time.sleep(1000)\nreturn control, None, None",
                               [1, 2, 3], "-j1", "--timeout", "1")
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n"))


class Hostile(PickleTest):
    def answer(self, data, *options):
        """A worker that answers its first task with these bytes, and the others in order."""
        text = ("import pickle, sys\n"
                "for n in range(2):\n"
                "    control = pickle.load(sys.stdin.buffer)\n"
                "    data = %r if control == 1 else pickle.dumps((control, None, None))\n"
                "    sys.stdout.buffer.write(data); sys.stdout.buffer.flush()\n"
                "sys.stdin.read()\n" % data)
        return self.run_loop("", [2, 1], "-j1", "--crash-retries", "1", *options,
                             worker=[PYTHON, self.file("hostile.py", text)])

    def test_nothing_is_looked_up_or_called(self):
        class Evil:
            def __reduce__(self):
                return os.system, ("touch %s" % path,)

        path = self.path("called")
        result = self.answer(pickle.dumps((Evil(), None, None)))
        self.assertEqual(result.status, 0)
        self.assertFalse(os.path.exists(path))

    def test_a_memo_bomb_is_its_tasks_failure(self):
        bomb = b"(](lp0\n" + b"".join(b"0(lp%d\ng%d\nag%d\na" % (n, n - 1, n - 1) for n in range(1, 41))
        result = self.answer(bomb.replace(b"](l", b"(l", 1) + b"NNt.")
        self.assertEqual((result.status, result.out), (1, "2\nnull\n"))
        self.assertIn("the answer has more than --max-frame", result.err)

    def test_what_is_refused_is_named(self):
        for data, name in ((b"\x80\x02(Nq\x00NQNt.", "BINPERSID"), (b"\x80\x02(\x82\x01NNt.", "EXT1")):
            with self.subTest(name):
                result = self.answer(data)
                self.assertEqual((result.status, result.out), (1, "2\nnull\n"))
                self.assertIn("(%s) is " % name, result.err)

    def test_a_claim_beyond_max_frame_is_refused_at_once(self):
        result = self.answer(b"\x80\x02(T\xff\xff\xff\x7f", "--max-frame", "1000")
        self.assertEqual((result.status, result.out), (1, "2\nnull\n"))
        self.assertIn("byte 4 (BINSTRING) goes beyond --max-frame 1000", result.err)


class Streams(PickleTest):
    """--in pickle and --out pickle: what pickle.dump leaves in a file, one behind the other."""

    ECHO = "return control, None, None"

    def stream(self, values, protocol=2):
        return b"".join(pickle.dumps(value, protocol) for value in values)

    def loads(self, data):
        stream = io.BytesIO(data)
        values = []
        while stream.tell() < len(data):
            values.append(pickle.load(stream))
        return values

    def test_what_goes_in_comes_out_byte_for_byte(self):
        """Tuples, sets, shared and recursive lists, and objects that spread knows nothing of."""
        recursive = []
        recursive.append(recursive)
        values = [(1, 2), {3}, "é", b"\xff", recursive, [recursive] * 2, OrderedDict(a=1),
                  fractions.Fraction(1, 3), 1 << 100, ValueError("nope"), range(3)]
        for protocol in range(6):
            with self.subTest(protocol=protocol):
                data = self.stream(values, protocol)
                # Its answers are of the highest protocol: frames, and memo entries that are counted.
                result = self.spread("run", "--wire", "pickle", "--in", "pickle", "-j2", "--",
                                     *self.loop(self.ECHO), input=data)
                self.assertEqual((result.status, result.err), (0, ""))
                found = self.loads(result.raw)
                self.assertEqual([repr(v) for v in found], [repr(v) for v in values])

    def test_a_pair_holds_what_goes_in(self):
        values = [(1, "a"), [[]] * 3, {2: (3,)}]
        for protocol in range(6):
            result = self.spread("run", "--wire", "pickle", "--in", "pickle", "--pickle-task", "pair",
                                 "--", *self.loop(self.ECHO), input=self.stream(values, protocol))
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(self.loads(result.raw), list(enumerate(values)))

    def test_other_wires_have_the_values(self):
        result = self.spread("run", "--wire", "json", "--in", "pickle", "--out", "json", "--", *self.json_echo(),
                             input=self.stream([(1, {2}), "é", {"a": b"\xff"}]))
        self.assert_run(result, 0, '[1,[2]]\n"é"\n{"a":{"$bin":"/w=="}}\n', "")

    def json_echo(self):
        text = ("import json, sys\n"
                "for line in sys.stdin:\n"
                "    id, value = json.loads(line)\n"
                "    print(json.dumps([id, 'ok', value]), flush=True)\n")
        return [PYTHON, self.file("echo.py", text)]

    def test_results_of_any_wire_are_written_and_None_where_there_is_none(self):
        text = ("import json, sys\n"
                "for line in sys.stdin:\n"
                "    id, value = json.loads(line)\n"
                "    kind = 'error' if value == 2 else 'ok'\n"
                "    print(json.dumps([id, kind, 'no' if value == 2 else {'x': value}]), flush=True)\n")
        result = self.spread("run", "--wire", "json", "--in", "json", "--out", "pickle", "--", PYTHON,
                             self.file("fails.py", text), input='1\n2\n"é"\n')
        self.assertEqual(result.status, 1)
        self.assertEqual(self.loads(result.raw), [{"x": 1}, None, {"x": "é"}])

    def test_bytes_are_written_for_python_2_or_3(self):
        for style, expected in (("2", "ÿ"), ("3", b"\xff")):
            result = self.spread("run", "--wire", "json", "--in", "json", "--out", "pickle",
                                 "--pickle-bytes", style, "--", *self.json_echo(), input='{"$bin":"/w=="}\n')
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(pickle.loads(result.raw, encoding="latin-1"), expected)

    def test_what_is_no_pickle_ends_the_input_and_the_place_is_named(self):
        result = self.spread("run", "--wire", "pickle", "--in", "pickle", "--out", "json", "--",
                             *self.loop(self.ECHO), input=self.stream([1, 2]) + b"oops")
        self.assertEqual(result.out, "1\n2\n")
        self.assertNotEqual(result.status, 0)
        self.assertIn("stdin offset 10: the pickle that begins here is none: byte 1 (OBJ)", result.err)

    def test_prep_items_of_a_file(self):
        with open(self.path("prep.pickle"), "wb") as f:
            f.write(self.stream([(1, 2), None]))
        text = LOOP.format(before=CLASSES + "prep = list(iter(lambda: cPickle.load(stdin), None))\n"
                           "def compute(control): return [repr(prep), control], None, None\n")
        result = self.spread("run", "--wire", "pickle", "--in", "pickle", "--out", "json", "--prep-file",
                             self.path("prep.pickle"), "--", PYTHON, self.file("prep.py", text),
                             input=self.stream([7]))
        self.assert_run(result, 0, '["[(1, 2)]",7]\n', "")

    def test_random_values_are_the_same_to_python_on_both_sides(self):
        seed = int(os.environ.get("SPREAD_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"SPREAD_SEED={seed}", flush=True)
        draw = random.Random(seed)

        def value(depth):
            kind = draw.randrange(11 if depth > 0 else 7)
            if kind < 7:
                return (None, draw.random() < 0.5, draw.randrange(-(1 << 63), 1 << 64) >> draw.randrange(64),
                        draw.gauss(0, 1e9), "".join(map(chr, draw.choices((0, 34, 92, 233, 8364, 128512), k=5))),
                        draw.randbytes(draw.randrange(300)), "x" * draw.randrange(300))[kind]
            items = [value(depth - 1) for _ in range(draw.randrange(5))]
            if kind == 7:
                return items
            if kind == 8:
                return [items, items]  # the same one twice
            return {draw.choice((n, str(n), float(n))): item for n, item in enumerate(items)}

        values = [value(4) for _ in range(200)]
        with self.subTest(seed=seed):
            data = b"".join(pickle.dumps(v, draw.randrange(6)) for v in values)
            # Read, and written for Python 3; read again from the answers of any protocol.
            echo = "return control, None, None"
            text = LOOP.replace("CP.HIGHEST_PROTOCOL", "hash(repr(control)) % 6").format(
                before="def compute(control): return control, None, None")
            packed = self.spread("run", "--wire", "pickle", "--in", "pickle", "--out", "msgpack", "--",
                                 *self.loop(echo), input=data)
            self.assertEqual((packed.status, packed.err), (0, ""))
            result = self.spread("run", "--wire", "pickle", "--in", "msgpack", "--out", "pickle",
                                 "--pickle-bytes", "3", "--", PYTHON, self.file("any.py", text),
                                 input=packed.raw)
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual([repr(v) for v in self.loads(result.raw)], [repr(v) for v in values])

    def test_a_stream_that_is_large_is_read_in_proportion(self):
        values = [{"n": n, "text": "x" * 100} for n in range(20000)]
        result = self.spread("run", "--wire", "pickle", "--in", "pickle", "-j2", "--",
                             *self.loop(self.ECHO), input=self.stream(values))
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(self.loads(result.raw), values)


class CommandLine(PickleTest):
    def test_what_pickles_have_not_is_refused(self):
        for words, message in (
            (("--window", "2"), "--window 2: a worker of --wire pickle has one task at a time"),
            (("--task-meta",), "--task-meta: --wire pickle sends the payload only"),
            (("--subpool", "1"), "--subpool: --wire pickle has no sub-tasks"),
            (("--log", "x"), "--log: --wire pickle has no log messages"),
            (("--chunk", "2"), "--chunk: --wire pickle has a pickle for each task"),
            (("--reprep-after-failure",), "--reprep-after-failure: --wire pickle has no message"),
            (("--lost-after", "3"), "--lost-after: --wire pickle has no beats"),
        ):
            with self.subTest(words):
                result = self.spread("run", "--wire", "pickle", *words, "--", "true")
                self.assertEqual(result.status, 255)
                self.assertIn(message, result.err)
        result = self.spread("gang", "-n", "2", "--wire", "pickle", "--", "true")
        self.assertIn("--wire pickle has no ranks and no collectives", result.err)

    def test_options_of_pickles_are_refused_without_them(self):
        for option, value in (("--pickle-task", "pair"), ("--pickle-bytes", "3"), ("--pickle-remote", "error")):
            result = self.spread("run", option, value, "--", "true")
            self.assertEqual(result.status, 255)
            self.assertIn(option + " is for --wire pickle", result.err)
        self.assertIn("--pickle-bytes is for --wire pickle and --out pickle",
                      self.spread("run", "--pickle-bytes", "3", "--", "true").err)


if __name__ == "__main__":
    unittest.main()
