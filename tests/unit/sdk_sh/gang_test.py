"""The collectives of the shell SDK, in every shell that is here: what is asked, and what is made of the
replies."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sdk_python"))
import harness
from worker_test import SHELLS, shell_worker

CODE = """
. '%s'
handler() {
    if eval "$1"; then spread_ok_json "$SPREAD_ANSWER"; else spread_gang_failed; fi
}
spread_run handler
""" % os.path.join(harness.ROOT, "worker_sdk", "sh", "spread-gang.sh")
FEATURES = {"SPREAD_FEATURES": "ask,meta"}
MEMBER, ROOT = {"rank": 1, "size": 3}, {"attempt": 1, "rank": 0, "size": 3}
# What spread reads, and what it does not: a line with that would be the worker's end.
JSON = [
    *("0", "-0", "-1.5e3", "18446744073709551615", "9999999999999999999", "-9223372036854775808", "1e308", "1E+5", "1e-999"),
    *('""', '"a\\"b"', '"\\u00e9\\\\\\/"', '"é€😀"', '"\x7f"', '"[1"', '"a,b:c}"', "true", "false", "null", "NaN", "-Infinity"),
    *("[]", "{ }", " [ 1 , 2 ] ", "[\n1\n]", '[1,"a",{"b":[null,{"c":true}],"d":{}}]', '["]","{"]', "[" * 255 + "]" * 255),
]
NO_JSON = [
    *("", "abc", "01", "-", "1.", ".5", "+1", "1e", "1e400", "-1e400", "18446744073709551616", "-9223372036854775809", "9" * 30),
    *('"a', 'a"', '"a"b"', '"a""b"', '"a" "b"', '"\\x"', '"\\u12"', '"\t"', '"\x01"', '"\\"', "'a'", "tru", "nulll", "NaNN"),
    *("1 2", "1,2", "[1", "1]", "[1,]", "[,1]", "[1 2]", "[1],[2]", "[}", '{"a"}', '{"a":}', "{1:2}", '{"a":1,}', '{"a":1 "b":2}'),
    *(b'"\xff"', b'"\xc3"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf5\x80\x80\x80"', "[" * 256 + "]" * 256),
]
ARRAY = '{"dtype":"u1","shape":[2],"data":{"$bin":"AQI="}}'


class Gang(unittest.TestCase):
    def each_shell(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(CODE, shell, env=FEATURES) as worker:
                worker.hello()
                yield worker

    def call(self, worker, text, asked, reply, meta=MEMBER, kind="answer"):
        worker.send_value([7, text, meta])
        message = worker.message()
        self.assertEqual(message[:2] + message[3:], [None, "ask", asked[0], 7] + asked[1:])
        worker.send_value([None, kind, message[2], reply])
        return worker.message()

    def test_each_call_is_a_question(self):
        array = {"dtype": "u1", "shape": [2], "data": {"$bin": "AQI="}}
        calls = (
            ("barrier", MEMBER, ["barrier", None], None),
            ("broadcast '\"a b\"'", MEMBER, ["broadcast", None], [1, {"a": "]"}]),
            ("broadcast '\"a b\"'", ROOT, ["broadcast", "a b"], "a b"),
            ("allgather 5", MEMBER, ["allgather", 5], [4, 5, 6]),
            ("exchange 'the \"x\"' '[5]'", MEMBER, ["exchange", ['the "x"', [5]]], [4, 6]),
            ("reduce max 5", MEMBER, ["reduce", ["max", 5]], None),
            ("allreduce 'su\"m\\' 1", MEMBER, ["allreduce", ['su"m\\', 1]], None),
            ("allreduce sum '%s'" % ARRAY, MEMBER, ["allreduce", ["sum", array]], array),
            ("gather '[0,2,1]' '%s'" % ARRAY, MEMBER, ["gather", [[0, 2, 1], array]], None),
            ("scatter '[1,2,3]'", MEMBER, ["scatter", None], "b"),
            ("scatter '[1,[2],3]'", ROOT, ["scatter", [1, [2], 3]], 1),
        )
        for worker in self.each_shell():
            for text, meta, asked, reply in calls:
                found = self.call(
                    worker, "spread_" + text, ["collective", 0] + asked, reply, meta
                )
                self.assertEqual(found, [7, "ok", reply])
            found = self.call(worker, "spread_put x '[1]'", ["put", "x", [1]], None)
            self.assertEqual(found, [7, "ok", None])
            found = self.call(worker, "spread_get x", ["get", "x"], [[0, 5], [2, "a"]])
            self.assertEqual(found, [7, "ok", [[0, 5], [2, "a"]]])

    def test_what_spread_reads_is_asked_and_nothing_else(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), tempfile.NamedTemporaryFile() as file:
                with shell_worker(CODE, shell, env=FEATURES) as worker:
                    worker.hello()
                    for text in JSON + NO_JSON:
                        file.seek(0)
                        file.truncate()
                        file.write(text if isinstance(text, bytes) else text.encode())
                        file.flush()
                        worker.send_value([7, "spread_allgather \"$(cat '%s')\"" % file.name, MEMBER])
                        message = worker.message()
                        if text in JSON:
                            self.assertEqual(message[3:7], ["collective", 7, 0, "allgather"], text)
                            worker.send_value([None, "answer", message[2], 1])
                            self.assertEqual(worker.message(), [7, "ok", 1])
                        else:
                            self.assertEqual(message[:2], [7, "error"], text)
                            self.assertIn("spread_allgather takes JSON", message[2]["message"])

    def test_a_refusal_names_the_call_and_the_value(self):
        calls = {
            "broadcast abc": "abc",
            "allgather '\"a'": '"a',
            "exchange x '[1'": "[1",
            "reduce sum": "",
            "allreduce sum 1e400": "1e400",
            "allreduce sum 99999999999999999999999": "9" * 23,
            "allreduce sum '1],[2'": "1],[2",
            "gather '[1' 1": "[1",
            "gather '[1]' abc": "abc",
            "scatter '[1'": "[1",
            "put x abc": "abc",
            "put x": "",
            "ask put '\"x\"' abc": "abc",
            "allgather %s" % ("y" * 100): "y" * 60,
        }
        for worker in self.each_shell():
            for text, value in calls.items():
                for meta in (ROOT, None):
                    worker.send_value([7, "spread_" + text] + ([meta] if meta else []))
                    call = "spread_" + (text.split(" ")[0] if text[:4] != "ask " else "ask put")
                    told = "%s takes JSON, with numbers of at most 64 bits, and not '%s'" % (call, value)
                    self.assertEqual(worker.message(), [7, "error", {"type": "BadAsk", "message": told}])

    def test_a_failure_is_told_where_nothing_was_asked(self):
        lost = {"type": "Subshell", "message": "why is not known: a call of spread in a subshell?"}
        for worker in self.each_shell():
            for text in ("unset SPREAD_ANSWER; (spread_barrier)", "spread_rank; spread_barrier | cat; false"):
                worker.send_value([7, text, MEMBER])
                self.assertEqual(worker.message(), [7, "error", lost])
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(CODE, shell, env={"SPREAD_FEATURES": "meta"}) as worker:
                worker.hello()
                for text in ("spread_barrier", "spread_get x", "spread_ask whoami"):
                    worker.send_value([7, text, MEMBER])
                    told = 'this spread is too old: it does not know "ask"'
                    self.assertEqual(worker.message(), [7, "error", {"type": "TooOld", "message": told}])

    def test_the_end_of_the_input_ends_a_worker_that_waits(self):
        code = CODE.replace("spread_run", "last() { echo last words; }\nspread_at_exit last\nspread_run") + "echo more\n"
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(code, shell, env=FEATURES) as worker:
                worker.hello()
                worker.send_value([7, "spread_barrier", MEMBER])
                self.assertEqual(worker.message()[:2], [None, "ask"])
                worker.close()
                self.assertEqual(worker.rest(), b"last words\n")
                self.assertEqual((worker.status(), worker.errors()), (1, ""))

    def test_rounds_count_from_0_in_each_task(self):
        for worker in self.each_shell():
            for _ in range(2):
                worker.send_value([7, "spread_barrier && spread_barrier", MEMBER])
                for called in (0, 1):
                    message = worker.message()
                    self.assertEqual(message[3:], ["collective", 7, called, "barrier", None])
                    worker.send_value([None, "answer", message[2], None])
                self.assertEqual(worker.message(), [7, "ok", None])

    def test_a_member_knows_its_place(self):
        for worker in self.each_shell():
            for meta, place in ((MEMBER, (1, 3)), (ROOT, (0, 3)), ({"rank": 10, "size": 12}, (10, 12))):
                for text, number in zip(("spread_rank", "spread_size", "spread_number_of_workers"), place + place[1:]):
                    worker.send_value([7, text, meta])
                    self.assertEqual(worker.message(), [7, "ok", number])
                worker.send_value([7, "SPREAD_ANSWER=; spread_is_root && SPREAD_ANSWER=5 || SPREAD_ANSWER=6", meta])
                self.assertEqual(worker.message(), [7, "ok", 5 if place[0] == 0 else 6])

    def test_what_is_refused_is_the_tasks_error(self):
        why = {"type": "GangFailed", "message": "rank 2: killed by signal 9"}
        for worker in self.each_shell():
            for text, asked in (
                ("spread_barrier", ["collective", 0, "barrier", None]),
                ("spread_get x", ["get", "x"]),
            ):
                found = self.call(worker, text, asked, why, kind="refused")
                self.assertEqual(found, [7, "error", why])

    def test_outside_of_a_gang_every_call_is_the_identity(self):
        calls = {
            "rank": 0,
            "size": 1,
            "barrier": None,
            "broadcast '[1]'": [1],
            "allgather '\"a\"'": ["a"],
            "exchange x 1": [],
            "reduce sum 2.5": 2.5,
            "allreduce max 7": 7,
            "gather ' [2]' '%s'" % ARRAY: json.loads(ARRAY),
            "scatter ' [ \"a,]\" ] '": "a,]",
            "is_root": 0,
            "scatter '[{\"a\":[1]}]'": {"a": [1]},
            "put x 1": None,
            "get x": [],
        }
        for worker in self.each_shell():
            for text, expected in calls.items():
                for meta in ([], [{"attempt": 2}]):
                    worker.send_value([7, "spread_" + text] + meta)
                    self.assertEqual(worker.message(), [7, "ok", expected], text)

    def test_outside_of_a_gang_lengths_are_looked_at(self):
        no_list = "rank 0: it called scatter with what is no list of 1"
        calls = {
            "scatter '[1, 2]'": no_list,
            "scatter '[]'": no_list,
            "scatter '{\"a\":1}'": no_list,
            "scatter": no_list,
            "gather '[3]' '%s'" % ARRAY: "rank 0: mismatched sizes: it sent 2 along the first axis, and sizes says [3]",
            "gather '[2,1]' '%s'" % ARRAY: "rank 0: mismatched sizes: it sent 2 along the first axis, and sizes says [2,1]",
            "gather '[1]' '[1]'": "rank 0: it called gather of what is no array with an axis",
        }
        for worker in self.each_shell():
            for text, told in calls.items():
                worker.task(7, "spread_" + text)
                self.assertEqual(worker.message(), [7, "error", {"type": "GangFailed", "message": told}])


if __name__ == "__main__":
    unittest.main()
