"""What the Python SDK says and understands, byte for byte where tests/golden says so."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Worker, frame, golden_bytes, line

ECHO = "spread_worker.run(lambda x: x)"
# One handler for every message: the payload says which.
KINDS = """
def handler(x):
    if x == "error": raise spread_worker.TaskError("ValueError", "bad input")
    if x == "trace": raise spread_worker.TaskError("ValueError", "bad input", "line 1\\nline 2\\n")
    if x == "busy": raise spread_worker.Busy(0.5)
    if x == "reason": raise spread_worker.Busy(2.5, "load average 14")
    if x == "fatal": raise spread_worker.Fatal("model.bin is empty", type="NoModel")
    if x == "progress": spread_worker.progress(0.25)
    if x == "log": spread_worker.log("cache miss")
    if x == "so": print("printed")
    if x == "se": import sys; print("warned", file=sys.stderr)
    return 1
"""


def cases(direction, wire, prefix):
    for case in harness.golden():
        if (case["direction"], case["wire"]) == (direction, wire) and case["name"].startswith(
            prefix
        ):
            yield case["name"], bytes.fromhex(harness.from_hex(case["hex"])), case


class GoldenBytes(unittest.TestCase):
    def test_an_echoed_payload_is_byte_for_byte_the_golden_answer(self):
        answers = {name[3:]: data for name, data, _ in cases("up", "msgpack", "ok ")}
        count = 0
        with Worker(ECHO) as w:
            w.hello()
            for name, data, _ in cases("down", "msgpack", "task "):
                # ExtType refuses negative codes, so an error comes back.
                if name[5:] not in answers or name == "task ext negative":
                    continue
                with self.subTest(name=name):
                    w.send(data)
                    w.message()
                    self.assertEqual(w.raw, answers[name[5:]])
                    count += 1
        self.assertGreater(count, 50)

    def test_json_payloads_are_echoed(self):
        count = 0
        with Worker(ECHO, wire="json") as w:
            w.hello()
            for name, data, _ in cases("down", "json", "task "):
                with self.subTest(name=name):
                    w.send(data)
                    id, payload = json.loads(data.decode())[:2]
                    self.assertEqual(w.message(), [id, "ok", payload])
                    count += 1
        self.assertGreater(count, 50)

    def test_bin_and_ext_have_their_types_in_both_wires(self):
        code = "spread_worker.run(lambda x: repr(x))"
        expected = {
            "task bin8": "b'\\x00\\xff\\xfe\\x80'",
            "task ext8": "Ext(5, b'abc')",
            "task ext negative": "Ext(-128, b'ab')",
        }
        for wire in ("msgpack", "json"):
            with Worker(code, wire=wire) as w:
                w.hello()
                for name, text in expected.items():
                    with self.subTest(wire=wire, name=name):
                        w.send(golden_bytes("down", wire, name))
                        self.assertEqual(w.message(), [7, "ok", text])

    def test_prep_items_arrive_as_they_are(self):
        for wire in ("msgpack", "json"):
            found = list(cases("down", wire, "prep "))
            code = "spread_worker.run(lambda x, items: items, prep=lambda items: items)"
            with self.subTest(wire=wire), Worker(code, wire=wire, prep=len(found)) as w:
                self.assertEqual(w.hello()["prep"], len(found))
                w.send(b"".join(data for _, data, _ in found))
                w.task(0, None)
                self.assertEqual(w.message()[:2], [0, "ok"])
                # Behind the header, the echoed array holds exactly the bytes that were sent.
                for _, data, _ in found:
                    value = data[5:] if wire == "msgpack" else data.rstrip(b"\n")
                    self.assertIn(value, w.raw)

    def test_each_kind_of_answer_is_the_golden_one(self):
        for payload, name in (
            ("error", "error"),
            ("trace", "error with trace"),
            ("busy", "busy"),
            ("reason", "busy with reason"),
            ("fatal", "fatal"),
            ("progress", "progress"),
            ("log", "log"),
        ):
            with self.subTest(name=name), Worker(KINDS + "spread_worker.run(handler)") as w:
                w.hello()
                w.task(7, payload)
                w.message()
                self.assertEqual(w.raw, golden_bytes("up", "msgpack", name))
                if payload in ("progress", "log"):
                    self.assertEqual(w.message(), [7, "ok", 1])

    def test_each_kind_of_answer_is_the_golden_one_in_json(self):
        for payload, name in (
            ("error", "error"),
            ("trace", "error with trace"),
            ("busy", "busy"),
            ("reason", "busy with reason"),
            ("fatal", "fatal"),
            ("progress", "progress"),
            ("log", "log"),
        ):
            with self.subTest(name=name), Worker(
                KINDS + "spread_worker.run(handler)", wire="json"
            ) as w:
                w.hello()
                w.task(7, payload)
                w.message()
                self.assertEqual(w.raw, golden_bytes("up", "json", name))

    def test_captured_output_is_the_golden_so_and_se(self):
        with Worker(KINDS + "spread_worker.run(handler, capture=True)") as w:
            w.hello()
            for payload, name in (("so", "ok with so"), ("se", "ok with se only"), ("none", None)):
                w.task(7, payload)
                message = w.message()
                if name:
                    self.assertEqual(w.raw, golden_bytes("up", "msgpack", name))
                else:
                    self.assertEqual(message, [7, "ok", 1])

    def test_a_failed_preparation_is_the_golden_one(self):
        code = (
            "def prep(items): raise spread_worker.TaskError('FileNotFoundError', 'model.bin')\n"
            "spread_worker.run(lambda x, c: x, prep=prep)"
        )
        with Worker(code) as w:
            w.hello()
            w.message()
            self.assertEqual(w.raw, golden_bytes("up", "msgpack", "prep error"))
            self.assertEqual(w.status(), 1)


class Messages(unittest.TestCase):
    def answers(self, code, *payloads, **options):
        with Worker(code, **options) as w:
            w.hello()
            found = w.ask(*payloads)
            w.close()
            self.assertEqual(w.rest(), b"")
            self.assertEqual(w.status(), 0)
            return found

    def test_hello_says_what_the_worker_is(self):
        with Worker(ECHO, prep=None) as w:
            hello = w.hello()
            self.assertEqual(
                (hello["wire"], hello["window"], hello["prep"], hello["lang"]),
                (1, 1024, 0, "python"),
            )

    def test_the_window_can_be_set(self):
        with Worker("spread_worker.run(lambda x: x, window=3)") as w:
            self.assertEqual(w.hello()["window"], 3)

    def test_an_exception_is_an_error_with_type_message_and_trace(self):
        (error,) = self.answers("spread_worker.run(lambda x: 1 / x)", 0)
        self.assertEqual(error[:2], [0, "error"])
        self.assertEqual(
            (error[2]["type"], error[2]["message"]), ("ZeroDivisionError", "division by zero")
        )
        self.assertIn("<lambda>", error[2]["trace"])
        self.assertNotIn("spread_worker", error[2]["trace"])

    def test_the_next_task_is_computed_after_an_error(self):
        found = self.answers("spread_worker.run(lambda x: 1 / x)", 0, 2)
        self.assertEqual(found[1], [1, "ok", 0.5])

    def test_exit_in_a_handler_fails_its_task_only(self):
        found = self.answers("import sys\nspread_worker.run(lambda x: x and sys.exit('no'))", 1, 0)
        self.assertEqual((found[0][2]["type"], found[0][2]["message"]), ("SystemExit", "no"))
        self.assertEqual(found[1], [1, "ok", 0])

    def test_a_result_that_cannot_be_sent_fails_its_task_only(self):
        for wire in ("msgpack", "json"):
            code = "spread_worker.run(lambda x: [1, {'deep': {1, 2}}] if x else 'fine')"
            found = self.answers(code, 1, 0, wire=wire)
            self.assertEqual(found[0][2]["type"], "TypeError")
            self.assertEqual(found[1], [1, "ok", "fine"])

    def test_an_integer_that_is_too_large_fails_its_task_only(self):
        found = self.answers("spread_worker.run(lambda x: 2**x)", 70, 3)
        self.assertEqual([m[1] for m in found], ["error", "ok"])
        self.assertEqual(found[0][2]["type"], "OverflowError")
        self.assertEqual(found[0][2]["message"], "integers end at 2^64; this has 71 bits")

    def test_numbers_with_tolist_are_sent_as_plain_ones(self):
        code = (
            "class Array:\n  def tolist(self): return [1, 2]\n"
            "spread_worker.run(lambda x: {'a': Array()})"
        )
        for wire in ("msgpack", "json"):
            self.assertEqual(self.answers(code, 1, wire=wire), [[0, "ok", {"a": [1, 2]}]])

    def test_text_that_is_not_utf8_comes_back_as_the_same_bytes(self):
        body = b"\x92\x07\xa2\xff\xfe"
        with Worker(ECHO) as w:
            w.hello()
            w.send(b"\xc6\0\0\0\x05" + body)
            w.message()
            self.assertIn(b"\xa2\xff\xfe", w.raw)

    def test_nan_and_infinity_are_json_tokens(self):
        with Worker("spread_worker.run(lambda x: float(x))", wire="json") as w:
            w.hello()
            w.task(1, "nan")
            w.message()
            self.assertEqual(w.raw, b'\n[1,"ok",NaN]\n')

    def test_a_payload_that_cannot_be_decoded_fails_its_task_only(self):
        with Worker(ECHO) as w:
            w.hello()
            w.send(b"\xc6\0\0\0\x06" + b"\x92\x07\xd5\xff\x01\x02")  # A timestamp of two bytes.
            answer = w.message()
            self.assertEqual(answer[:2], [7, "error"])
            self.assertEqual(answer[2]["type"], "PayloadError")
            self.assertEqual(w.ask(5), [[0, "ok", 5]])

    def test_a_payload_that_cannot_be_decoded_fails_none_that_came_with_it(self):
        for wire, encode, bad in (
            ("msgpack", frame, b"\xc6\0\0\0\x06" + b"\x92\x07\xd5\xff\x01\x02"),
            ("msgpack", frame, b"\xc6\0\0\0\x04" + b"\x92\x07\xa5x"),  # It ends too early.
            ("json", line, b"[7,nothing]\n"),
        ):
            with self.subTest(bad), Worker(ECHO, wire=wire) as w:
                w.hello()
                w.send(b"".join(encode([i, "a"]) for i in range(7)) + bad + encode([8, {"b": [1]}]))
                found = [w.message() for _ in range(9)]
                self.assertEqual(found[:7], [[i, "ok", "a"] for i in range(7)])
                self.assertEqual((found[7][:2], found[7][2]["type"]), ([7, "error"], "PayloadError"))
                self.assertEqual(found[8], [8, "ok", {"b": [1]}])

    def test_what_came_before_something_that_is_no_task_is_answered(self):
        for wire, encode, bad in (("msgpack", frame, b"no frame"), ("json", line, b"no line\n")):
            with self.subTest(wire), Worker(ECHO, wire=wire) as w:
                w.hello()
                w.send(b"".join(encode([i, i]) for i in range(5)) + bad)
                self.assertEqual([w.message() for _ in range(5)], [[i, "ok", i] for i in range(5)])
                self.assertEqual(w.status(), 2)

    def test_a_busy_without_a_number_is_the_handlers_error(self):
        found = self.answers("def h(x): raise spread_worker.Busy('soon')\nspread_worker.run(h)", 1)
        self.assertEqual(found[0][2]["type"], "ValueError")

    def test_big_payloads_pass(self):
        size = 3 << 20
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(ECHO, wire=wire) as w:
                w.hello()
                (answer,) = w.ask("x" * size)
                self.assertEqual(len(answer[2]), size)

    def test_bytes_one_at_a_time_are_understood(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire), Worker(ECHO, wire=wire) as w:
                w.hello()
                for byte in golden_bytes("down", wire, "task nested map"):
                    w.send(bytes([byte]))
                self.assertEqual(w.message()[:2], [7, "ok"])

    def test_ids_come_back(self):
        with Worker(ECHO) as w:
            w.hello()
            for id in (0, 127, 128, 65536, 2**32, 2**63 - 1):
                w.send(golden_bytes("down", "msgpack", "task id %d" % id))
                self.assertEqual(w.message(), [id, "ok", "p"])

    def test_many_tasks_at_once_are_answered_in_order(self):
        with Worker(ECHO) as w:
            w.hello()
            w.send(b"".join(frame([i, i]) for i in range(5000)))
            self.assertEqual(
                [w.message() for _ in range(5000)], [[i, "ok", i] for i in range(5000)]
            )

    def test_progress_and_log_outside_of_a_task_are_harmless(self):
        code = (
            "spread_worker.progress(0.5)\nspread_worker.log('early')\n"
            "spread_worker.run(lambda x: x)"
        )
        with Worker(code) as w:
            w.hello()
            self.assertEqual(w.ask(1), [[0, "ok", 1]])
            self.assertIn("early", w.errors())

    def test_a_question_that_cannot_be_asked_says_why(self):
        code = """
import threading
def handler(name):
    def call():
        try:
            found.append(spread_worker.whoami() if name == "whoami" else spread_worker.ask(name))
        except Exception as e:
            found.append([type(e).__name__, str(e)])
    found = []
    call()
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return found
spread_worker.run(handler)
"""
        old = ["TooOld", "this spread is too old: it does not know 'ask'"]
        stray = ["RuntimeError", "ask() in another thread than the handler's, which reads the answers"]
        for features in (None, "", "bye,subtasks"):
            env = {} if features is None else {"SPREAD_FEATURES": features}
            with self.subTest(features=features), Worker(code, env=env) as w:
                w.hello()
                for name in ("whoami", "sing"):
                    self.assertEqual(w.ask(name), [[0, "ok", [old, old]]])
        with Worker(code, env={"SPREAD_FEATURES": "ask"}) as w:
            w.hello()
            w.task(0, "whoami")
            w.send_value([None, "answer", w.message()[2], {}])
            self.assertEqual(w.message(), [0, "ok", [{}, stray]])

    def test_an_answer_does_not_wait_for_the_long_task_behind_it(self):
        # The second task waits for a byte that is written only after the first answer arrived.
        read, write = os.pipe()
        code = "import os\nspread_worker.run(lambda fd: os.read(fd, 1) if fd else None)"
        try:
            with Worker(code, pass_fds=[read]) as w:
                w.hello()
                # Enough short ones that the last of them is delayed for company.
                w.send(b"".join(frame([i, 0]) for i in range(50)) + frame([50, read]))
                self.assertEqual([w.message()[0] for _ in range(50)], list(range(50)))
                os.write(write, b"x")
                self.assertEqual(w.message(), [50, "ok", b"x"])
        finally:
            os.close(read)
            os.close(write)


class JsonWire(unittest.TestCase):
    def test_needs_nothing_but_the_standard_library(self):
        with Worker("spread_worker.run(lambda x: x * x)", wire="json", block_msgpack=True) as w:
            w.hello()
            self.assertEqual(w.ask(3, 1.5), [[0, "ok", 9], [1, "ok", 2.25]])

    def test_hello_begins_at_byte_0_and_later_messages_with_a_newline(self):
        with Worker(ECHO, wire="json") as w:
            w.hello()
            self.assertEqual(w.raw[:1], b"[")
            w.ask(1)
            self.assertEqual(w.raw, b'\n[0,"ok",1]\n')

    def test_without_msgpack_the_msgpack_wire_is_refused_by_name(self):
        with Worker(ECHO, block_msgpack=True) as w:
            message = w.message()
            self.assertEqual(message[:2], [None, "error"])
            self.assertIn("python3-msgpack", message[2]["message"])
            self.assertIn("--wire json", message[2]["message"])
            self.assertEqual(w.status(), 1)

    def test_a_map_with_a_bin_key_that_is_none_stays_a_map(self):
        with Worker(ECHO, wire="json") as w:
            w.hello()
            for value in ({"$bin": "A"}, {"$bin": "AP8=", "b": 1}, {"$ext": 3}, {"$bin": None}):
                self.assertEqual(w.ask(value), [[0, "ok", value]])

    def test_other_pythons_can_be_tried(self):
        # SPREAD_PYTHONS="python3.6 python3.13": json needs no package, so any version will do.
        for python in ["python3"] + os.environ.get("SPREAD_PYTHONS", "").split():
            with self.subTest(python=python), Worker(
                KINDS + "spread_worker.run(handler, capture=True)", wire="json", python=python
            ) as w:
                w.hello()
                found = w.ask("so", "busy", "error", "x")
                self.assertEqual(found[0], [0, "ok", 1, "printed\n"])
                self.assertEqual([m[1] for m in found], ["ok", "busy", "error", "ok"])


if __name__ == "__main__":
    unittest.main()
