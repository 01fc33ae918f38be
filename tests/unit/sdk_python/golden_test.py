"""The golden bytes themselves: up to date, and what a second reading of the document says."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import reference_decoder


def data_of(text):
    return bytes.fromhex(harness.from_hex(text))


class Golden(unittest.TestCase):
    def test_frames_json_is_what_generate_writes(self):
        script = os.path.join(harness.GOLDEN, "generate.py")
        subprocess.run([sys.executable, script, "--check"], check=True)

    def test_every_verdict_follows_from_the_document(self):
        count = 0
        for case in harness.golden():
            if case["direction"] == "up":
                with self.subTest(wire=case["wire"], name=case["name"]):
                    self.check_up(case)
                    count += 1
        self.assertGreater(count, 200)

    def check_up(self, case):
        found = reference_decoder.decode(
            data_of(case["hex"]), case["wire"], case.get("max_frame", 1 << 30)
        )
        self.assertEqual(len(found), len(case["expect"]), found)
        for item, expected in zip(found, case["expect"]):
            if "stray" in expected or "incomplete" in expected:
                for key in ("stray", "incomplete"):
                    if key in expected:
                        self.assertEqual(item[key], data_of(expected[key]))
                self.assertEqual(item.get("at_end"), expected.get("at_end"))
            elif "broken" in expected:
                self.assertEqual(item, expected)
            else:
                self.check_message(item, expected)

    def check_message(self, item, expected):
        described = {
            k: v for k, v in expected["message"].items() if k not in ("value", "error", "hello")
        }
        self.assertEqual(item["message"], described)
        if "value_hex" in expected:
            data = data_of(expected["value_hex"])
            if described["kind"] == "ask":  # One behind the other.
                data = bytes([0x90 + described["arguments"]]) + data
            value = harness.unpack(data)
            self.assertTrue(reference_decoder.same(item["value"], value), (item["value"], value))

    def test_every_down_frame_of_wire_msgpack_decodes(self):
        for case in harness.golden():
            if case["direction"] == "down" and case["wire"] == "msgpack":
                with self.subTest(name=case["name"]):
                    data, message = data_of(case["hex"]), case["message"]
                    self.assertEqual(data[:5], b"\xc6" + (len(data) - 5).to_bytes(4, "big"))
                    value = data_of(case["value_hex"])
                    if message["kind"] == "prep":
                        self.assertEqual(data[5:], value)
                        continue
                    found = harness.unpack(data[5:])
                    if message["kind"] == "task":
                        self.assertEqual(found[0], message["id"])
                        self.assertEqual(found[2:], [message["meta"]] if "meta" in message else [])
                        value += data_of(case.get("meta_hex", ""))
                    elif message["kind"] == "cancel":
                        self.assertEqual(found, [None, "cancel", message["id"]])
                    elif message["kind"] == "again":
                        self.assertEqual(found[:2], [None, "prep"])
                        self.assertEqual(len(found), 3)
                    elif message["kind"] == "common":
                        self.assertEqual(found[:3], [None, "common", message["k"]])
                        self.assertEqual(len(found), 4 if "value" in message else 3)
                    else:
                        self.assertEqual(found[:3], [None, message["kind"], message["seq"]])
                    self.assertTrue(data.endswith(value))

    def test_names_are_unique(self):
        names = [(c["direction"], c["wire"], c["name"]) for c in harness.golden()]
        self.assertEqual(len(names), len(set(names)))


class Document(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(harness.ROOT, "docs", "protocol.md"), encoding="utf-8") as f:
            self.text = f.read()

    def bytes_of(self, arrow):
        listing = re.search(r"```hexdump\n(.*?)```", self.text, re.DOTALL).group(1)
        rows = re.findall(r"^%s ((?:[0-9a-f]{2}(?: |$))+)" % arrow, listing, re.MULTILINE)
        return bytes.fromhex("".join(rows))

    def test_the_example_session_is_what_the_comments_say(self):
        self.assertEqual(
            self.bytes_of("->"),
            harness.frame("abc") + harness.frame([0, 3]) + harness.frame([1, "x"]),
        )
        error = [1, "error", {"type": "TypeError", "message": "not a number"}]
        expected = b"".join(
            harness.frame(m) + b"\n"
            for m in ([None, "hello", {"wire": 1, "prep": 1}], [0, "ok", 9], error)
        )
        self.assertEqual(self.bytes_of("<-"), expected + b"done\n")

    def test_the_worker_in_the_document_is_the_example(self):
        printed = re.search(r"```python\n(.*?)```", self.text, re.DOTALL).group(1)
        with open(
            os.path.join(harness.ROOT, "examples", "square", "square.py"), encoding="utf-8"
        ) as f:
            self.assertEqual(f.read(), printed)

    def test_the_worker_without_an_sdk_answers(self):
        script = os.path.join(harness.ROOT, "examples", "square", "square.py")
        data = harness.frame([0, 3]) + harness.frame([1, {}])
        out = subprocess.run(
            [sys.executable, script], input=data, stdout=subprocess.PIPE, check=True
        ).stdout
        first = harness.frame([0, "ok", 9])
        self.assertEqual(out[: len(first)], first)
        self.assertEqual(harness.unpack(out[len(first) + 5 :])[:2], [1, "error"])


if __name__ == "__main__":
    unittest.main()
