#!/usr/bin/python3
"""Writes pickles.json: pickles of Python 3 with the values that docs/pickle.md says they are, and values
with the pickles that spread has to write for them.

Mapping and encoder are written here a second time, from the document. The bytes depend on the Python that
runs this, so they are recorded; tests/unit/wire/pickles_test.py holds them against the Python at hand. The
cases of numpy are kept as they are where it is missing.
"""

import collections
import datetime
import decimal
import fractions
import json
import os
import pickle
import pickletools
import struct

import encoding

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "pickles.json")


class Foreign(Exception):
    """Nothing that msgpack has."""


def header(count, *codes):
    return encoding.sized(count, *codes)


def array(items):
    items = list(items)
    return header(len(items), 0x90, 16, (0xDC, ">H"), (0xDD, ">I")) + b"".join(items)


def as_msgpack(v):
    """What docs/pickle.md, "Reading pickles", says of a value, as msgpack."""
    if v is None or isinstance(v, (bool, float)):
        return encoding.pack(v)
    if type(v) is int:
        if not -(1 << 63) <= v < 1 << 64:
            raise Foreign(v)
        return encoding.pack(v)
    if type(v) is str:
        try:
            return encoding.pack(v)
        except UnicodeEncodeError:
            raise Foreign(v)
    if isinstance(v, (bytes, bytearray)):
        return encoding.pack(bytes(v))
    if type(v) in (list, tuple, set, frozenset, collections.deque):
        return array(map(as_msgpack, v))
    if type(v) in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
        pairs = b"".join(as_msgpack(k) + as_msgpack(x) for k, x in v.items())
        return header(len(v), 0x80, 16, (0xDE, ">H"), (0xDF, ">I")) + pairs
    if isinstance(v, complex):
        return array([encoding.pack(v.real), encoding.pack(v.imag)])
    if isinstance(v, datetime.timedelta):
        return encoding.pack(v.total_seconds())
    if isinstance(v, (datetime.date, datetime.time)):
        return encoding.pack(v.isoformat())
    if isinstance(v, (decimal.Decimal, fractions.Fraction)):
        return encoding.pack(str(v))
    raise Foreign(v)


class Other:
    def __init__(self, a):
        self.a = a


def values():
    """Names and values; of each the pickles of all protocols are recorded."""
    utc, west = datetime.timezone.utc, datetime.timezone(-datetime.timedelta(hours=5, minutes=30))
    odd = datetime.timezone(datetime.timedelta(hours=1, seconds=7, microseconds=9), "odd")
    shared = ["x", 1]
    recursive = []
    recursive.append(recursive)
    yield "none", None
    yield "bools", [True, False]
    edges = [s * ((1 << b) + d) for b in (0, 7, 8, 15, 16, 31, 32, 63, 64) for d in (-1, 0, 1) for s in (1, -1)]
    yield "integers", [n for n in edges if -(1 << 63) <= n < 1 << 64]
    yield "integer of 2^64", 1 << 64
    yield "integer below -2^63", -(1 << 63) - 1
    yield "integer of 10^30", 10**30
    yield "long integer", 1 << 5000
    yield "floats", [0.0, -0.0, 1.5, 1e300, 5e-324, float("inf"), float("-inf"), 0.1]
    yield "text", ["", "a", "é", "\\u0041", "a\\", "\\\\u0041", "two\nlines\r", "\0", "€", "\U0001f600", "\x85 '\""]
    yield "long text", ["x" * 255, "y" * 256, "é" * 200]
    yield "half a surrogate pair", "\ud800"
    yield "bytes", [b"", b"a", b"\xff\0\n", b"b" * 256, bytes(range(256))]
    yield "bytearrays", [bytearray(), bytearray(b"\x80a")]
    yield "lists", [[], [1], [[2], []], [7] * 1500]
    yield "tuples", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
    yield "sets", [set(), {1}, frozenset(), frozenset([2])]
    yield "dicts", [{}, {"a": 1}, {1: {2: 3}, (1, "x"): b"\xff"}, {i: i for i in range(40)}]
    yield "ordered dicts", [collections.OrderedDict(), collections.OrderedDict([("z", 1), ("a", [2])])]
    yield "default dicts", [collections.defaultdict(int), collections.defaultdict(list, {"a": [1]}), collections.defaultdict(None, {2: 3})]
    yield "counters", [collections.Counter(), collections.Counter("aab")]
    yield "deques", [collections.deque(), collections.deque([1, 2]), collections.deque([3], 5)]
    yield "complex numbers", [1 + 2j, -0.5j]
    yield "datetimes", [
        datetime.datetime(2026, 11, 30, 2, 10),
        datetime.datetime(1, 1, 1, 23, 59, 59, 999999),
        datetime.datetime(2026, 11, 30, 2, 10, 0, 5, utc),
        datetime.datetime(2026, 11, 30, 2, 10, 7, 0, west),
        datetime.datetime(2026, 11, 30, 2, 10, 7, 0, odd),
        datetime.datetime(2026, 10, 25, 2, 30, fold=1),
    ]
    yield "dates and times", [datetime.date(2026, 1, 2), datetime.time(1, 2, 3), datetime.time(1, 2, 3, 4, utc), datetime.time(0)]
    yield "time spans", [datetime.timedelta(), datetime.timedelta(1, 2, 3), datetime.timedelta(-1), datetime.timedelta(microseconds=-1)]
    yield "decimals", [decimal.Decimal("1.50"), decimal.Decimal("NaN"), fractions.Fraction(1, 3), fractions.Fraction(-2)]
    yield "shared", [shared, shared, {"a": shared}]
    yield "recursive", recursive
    yield "object", Other([1])
    yield "object inside", {"a": [1, Other(2)]}
    yield "class", Other
    yield "exception", ValueError("nope")
    yield "range", range(3)
    try:
        import numpy
    except ImportError:
        return
    scalars = [numpy.int8(-3), numpy.uint8(200), numpy.int64(-(1 << 62)), numpy.uint64((1 << 64) - 1), numpy.float32(0.1), numpy.float64(2.5), numpy.bool_(True), numpy.complex128(1 - 2j), numpy.dtype(">i4").type(7)]
    yield "numpy scalars", scalars
    yield "numpy scalars in the other order of bytes", [numpy.array([258], ">i4")[0], numpy.frombuffer(b"\x3f\xf8" + bytes(6), ">f8")[0]]
    yield "numpy scalar of 16 bit", numpy.float16(1)
    yield "numpy array", numpy.arange(3)


def of_numpy(v):
    """As plain as it is: numpy's scalars have item()."""
    return [x.item() for x in v] if isinstance(v, list) and v and hasattr(v[0], "item") else v


def read_cases():
    for name, value in values():
        for protocol in range(6):
            case = {"name": name, "protocol": protocol}
            try:
                case["msgpack"] = encoding.to_hex(as_msgpack(of_numpy(value)))
            except (Foreign, RecursionError):
                case["msgpack"] = None
            answer = (value, None, None)
            data = pickle.dumps(answer, protocol)
            case["hex"] = encoding.to_hex(data)
            yield case
            if protocol in (2, 4):
                # Without what is remembered in vain, and read by what it is made of alone.
                data = pickletools.optimize(data)
                yield dict(case, name=name + ", optimized", hex=encoding.to_hex(data))


class Writer:
    """Protocol 2 as docs/pickle.md, "Writing pickles", has it."""

    def __init__(self, style):
        self.style = style

    def string(self, data):
        head = b"U" + struct.pack("<B", len(data)) if len(data) < 256 else b"T" + struct.pack("<I", len(data))
        return head + data

    def unicode(self, text):
        data = text.encode()
        return b"X" + struct.pack("<I", len(data)) + data

    def bytes(self, data):
        if self.style == 2:
            return self.string(data)
        if not data:
            return b"c__builtin__\nbytes\n)R"
        return b"c_codecs\nencode\n" + self.unicode(data.decode("latin-1")) + self.unicode("latin1") + b"\x86R"

    def integer(self, n):
        if 0 <= n < 256:
            return b"K" + struct.pack("<B", n)
        if 0 <= n < 65536:
            return b"M" + struct.pack("<H", n)
        if -(1 << 31) <= n < 1 << 31:
            return b"J" + struct.pack("<i", n)
        data = pickle.encode_long(n)
        return b"\x8a" + struct.pack("<B", len(data)) + data

    def value(self, v, key=False):
        if v is None or v is True or v is False:
            return {None: b"N", True: b"\x88", False: b"\x89"}[v]
        if isinstance(v, int):
            return self.integer(v)
        if isinstance(v, float):
            return b"G" + struct.pack(">d", v)
        if isinstance(v, str):
            return self.string(v.encode()) if v.isascii() else self.unicode(v)
        if isinstance(v, bytes):
            return self.bytes(v)
        if isinstance(v, (list, tuple)):
            items = b"".join(self.value(x, key) for x in v)
            if key:
                return b"(" + items + b"t" if v else b")"
            return b"](" + items + b"e" if v else b"]"
        items = b"".join(self.value(k, True) + self.value(x, key) for k, x in v.items())
        return b"}(" + items + b"u" if v else b"}"


def write_values():
    yield "none", None
    yield "bools", [True, False]
    edges = sorted(s * ((1 << b) + d) for b in (0, 7, 8, 15, 16, 31, 32, 40, 63) for d in (-1, 0, 1) for s in (1, -1))
    yield "integers", [n for n in edges if n >= -(1 << 63)] + [(1 << 64) - 1]
    yield "floats", [0.0, -0.0, 1.5, float("inf"), 0.1]
    yield "text", ["", "a", "é", "x" * 255, "y" * 256, "é" * 300]
    yield "bytes", [b"", b"a", b"\xff\0", bytes(range(256)) * 2]
    yield "lists", [[], [[], [1, [2]]]]
    yield "dicts", {"a": {}, "b": {1: 2, None: [True]}, (): 1, (1, ("x", ())): 2}
    yield "list at the top", list(range(300))


def write_cases():
    for name, value in write_values():
        for style in (2, 3):
            data = b"\x80\x02" + Writer(style).value(value) + b"."
            packed = encoding.to_hex(as_msgpack(value))
            yield {"name": name, "bytes": style, "msgpack": packed, "hex": encoding.to_hex(data)}


def main():
    read = list(read_cases())
    if not any(case["name"].startswith("numpy") for case in read):
        with open(FILE, encoding="ascii") as f:
            read += [c for c in json.load(f)["read"] if c["name"].startswith("numpy")]
    cases = {"read": read, "write": list(write_cases())}
    with open(FILE, "w", encoding="ascii") as f:
        f.write("{\n")
        parts = []
        for key, rows in cases.items():
            parts.append('"%s": [\n%s\n]' % (key, ",\n".join(map(json.dumps, rows))))
        f.write(",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
