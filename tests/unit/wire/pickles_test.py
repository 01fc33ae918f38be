"""tests/golden/pickles.json against the Python at hand: what was recorded is what it reads."""

import os
import pickle
import re
import sys
import unittest

GOLDEN = os.path.join(os.environ["SPREAD_SOURCE"], "tests", "golden")
sys.path.insert(0, GOLDEN)
import json

import encoding
import pickles

Other = pickles.Other


def from_hex(text):
    expanded = re.sub(r"\(([0-9a-f]+)\*(\d+)\)", lambda m: m.group(1) * int(m.group(2)), text)
    return bytes.fromhex(expanded)


class Unpickler(pickle.Unpickler):
    """The script that recorded them was the main module."""

    def find_class(self, module, name):
        return super().find_class("pickles" if module == "__main__" else module, name)


def load(data):
    import io

    stream = io.BytesIO(data)
    value = Unpickler(stream).load()
    assert not stream.read(), "bytes are left over"
    return value


def as_msgpack(value):
    try:
        return encoding.to_hex(pickles.as_msgpack(value))
    except (pickles.Foreign, RecursionError):
        return None


class Pickles(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(GOLDEN, "pickles.json"), encoding="ascii") as f:
            self.golden = json.load(f)

    def test_what_was_recorded_is_read_as_the_value_that_is_claimed(self):
        compared = 0
        for case in self.golden["read"]:
            if case["name"].startswith("numpy"):
                continue  # for a machine that has it; the bytes stay as they were recorded
            with self.subTest(name=case["name"], protocol=case["protocol"]):
                value, so, se = load(from_hex(case["hex"]))
                self.assertEqual(as_msgpack(value), case["msgpack"])
                self.assertEqual((so, se), (None, None))
                compared += 1
        self.assertGreater(compared, 200)

    def test_what_spread_writes_is_read_as_the_value(self):
        compared = 0
        for case in self.golden["write"]:
            with self.subTest(name=case["name"], bytes=case["bytes"]):
                data = from_hex(case["hex"])
                if case["bytes"] == 2 and case["name"] == "bytes":
                    # Python 3 refuses the str of Python 2 that is no ASCII, unless it is told.
                    self.assertRaises(UnicodeDecodeError, pickle.loads, data)
                    value = pickle.loads(data, encoding="bytes")
                else:
                    value = pickle.loads(data)
                self.assertEqual(as_msgpack(value), case["msgpack"])
                compared += 1
        self.assertGreaterEqual(compared, 18)


if __name__ == "__main__":
    unittest.main()
