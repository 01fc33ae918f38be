"""What the master sends: prep items and tasks."""

from encoding import Ext, Raw, describe, frame, pack, to_hex, to_json

INTEGERS = [
    0,
    1,
    127,
    128,
    255,
    256,
    65535,
    65536,
    2**32 - 1,
    2**32,
    2**63 - 1,
    2**63,
    2**64 - 1,
    -1,
    -32,
    -33,
    -128,
    -129,
    -32768,
    -32769,
    -(2**31),
    -(2**31) - 1,
    -(2**63),
]
VALUES = {
    "nil": None,
    "true": True,
    "false": False,
    "empty string": "",
    "string": "hello",
    "text with escapes": 'quote " backslash \\ slash / newline \n tab \t return \r bell \a end',
    "text beyond ASCII": "\u00e9 \u018f \u20ac \U0001f600",
    "text with DEL": "\x7f",
    "NUL in text": "a\0b",
    "looks like a frame": "\xc6\0\0\0\x03",
    "fixstr 31": "x" * 31,
    "str8 32": "x" * 32,
    "str8 255": "y" * 255,
    "str16 256": "z" * 256,
    "str32 65536": "w" * 65536,
    "empty bin": b"",
    "bin8": b"\x00\xff\xfe\x80",
    "bin16 256": b"\xc6" * 256,
    "bin32 65536": b"\n" * 65536,
    "ext fix1": Ext(1, b"a"),
    "ext fix16": Ext(42, bytes(range(16))),
    "ext negative": Ext(-128, b"ab"),
    "ext8": Ext(5, b"abc"),
    "ext8 empty": Ext(127, b""),
    "ext16": Ext(6, b"e" * 256),
    "float": 1.5,
    "float integral": 3.0,
    "float tiny": 5e-324,
    "float third": 1 / 3,
    "empty array": [],
    "empty map": {},
    "array of 15": [0] * 15,
    "array of 16": [0] * 16,
    "list of a chunk": [1, "x", None, {"a": [2.5]}],
    "list of a chunk of one": [["x"]],
    "array of 65536": [0] * 65536,
    "map of 16": {"k%02d" % i: i for i in range(16)},
    "nested map": {"a": {"b": [1, {"c": None}]}, "": [[], {}]},
    "deep": None,
    "map with integer keys": {1: "one", -1: "minus one"},
}
for _ in range(200):
    VALUES["deep"] = [VALUES["deep"]]

for n in INTEGERS:
    VALUES["integer %d" % n] = n


def both_down(add, name, body, message, value):
    add(
        name,
        "down",
        "msgpack",
        frame(pack(body)),
        message=message,
        value_hex=to_hex(pack(value)),
        canonical=True,
    )


def cases(add):
    for name, value in VALUES.items():
        task = {"kind": "task", "id": 7, "payload": describe(value)}
        both_down(add, "task " + name, [7, value], task, value)
        # Keys that are no strings become strings.
        if name == "map with integer keys":
            continue
        text = to_json([7, value]).encode() + b"\n"
        plain = not any(c in text for c in (b"\\u", b"\\/")) and b"\x7f" not in text
        add(
            "task " + name,
            "down",
            "json",
            text,
            message=task,
            value_hex=to_hex(pack(value)),
            canonical=plain and name not in ("float tiny",),
        )
    for special in (float("nan"), float("inf"), float("-inf")):
        task = {"kind": "task", "id": 0, "payload": describe(special)}
        both_down(add, "task " + repr(special), [0, special], task, special)
        add(
            "task " + repr(special),
            "down",
            "json",
            b"[0,null]\n",
            sent=describe(special),
            message={"kind": "task", "id": 0, "payload": None},
            value_hex="c0",
        )
    for id in (0, 127, 128, 65536, 2**32, 2**63 - 1):
        task = {"kind": "task", "id": id, "payload": "p"}
        both_down(add, "task id %d" % id, [id, "p"], task, "p")
        add(
            "task id %d" % id,
            "down",
            "json",
            to_json([id, "p"]).encode() + b"\n",
            message=task,
            value_hex=to_hex(pack("p")),
            canonical=True,
        )
    for name, value, meta in (
        ("attempt", "p", {"attempt": 1}),
        ("a later attempt", [1, {"a": 2}], {"attempt": 300}),
        ("a member of a gang", "p", {"rank": 1, "size": 3}),
        ("unknown keys", None, {"attempt": 2, "colour": 7}),
        ("worker of a relay", "p", {"worker": 3}),
        ("a sub-task", [1, 2], {"attempt": 1, "parent": 7, "depth": 1}),
        (
            "a sub-task of a sub-task, with a common part",
            "p",
            {"attempt": 2, "parent": 2**52, "depth": 16, "common": 2**52 + 5},
        ),
    ):
        message = {"kind": "task", "id": 7, "payload": value, "meta": meta}
        for wire, data in (
            ("msgpack", frame(pack([7, value, meta]))),
            ("json", to_json([7, value, meta]).encode() + b"\n"),
        ):
            add(
                "task with meta: " + name,
                "down",
                wire,
                data,
                message=message,
                value_hex=to_hex(pack(value)),
                meta_hex=to_hex(pack(meta)),
                canonical=True,
            )
    for name, body in (
        ("answer", [None, "answer", 1, {"engine": "spread", "slots": 2}]),
        (
            "answer to a collective of an array",
            [None, "answer", 5, {"dtype": "i2", "shape": [1, 2], "data": b"\x02\x00\xfe\xff"}],
        ),
        ("answer to a get", [None, "answer", 7, [[0, [1.5, None]], [2, "x"]]]),
        (
            "refused since the gang has failed",
            [None, "refused", 4, {"type": "GangFailed", "message": "rank 2: killed by signal 9"}],
        ),
        ("answer to a submit", [None, "answer", 8, [2**52, 2**52 + 1]]),
        (
            "answer to a fetch",
            [
                None,
                "answer",
                9,
                [
                    ["ok", {"a": [1.5, None]}],
                    ["error", {"type": "ValueError", "message": "no", "trace": "line 1\nline 2\n"}],
                    ["error", {"type": "NoResponse", "message": "killed by signal 9"}],
                ],
            ],
        ),
        (
            "refused since a sub-task is not known",
            [None, "refused", 10, {"type": "UnknownSubtask", "message": "fetch names 5"}],
        ),
        ("answer nil", [None, "answer", 2**63 - 1, None]),
        ("refused", [None, "refused", 2, {"type": "UnknownOp", "message": "it is not known"}]),
    ):
        kind = body[1]
        message = {"kind": kind, "seq": body[2], "value": describe(body[3])}
        for wire, data in (
            ("msgpack", frame(pack(body))),
            ("json", to_json(body).encode() + b"\n"),
        ):
            value_hex = to_hex(pack(body[3]))
            add(name, "down", wire, data, message=message, value_hex=value_hex, canonical=True)
    body = [None, "cancel", 300]
    for wire, data in (("msgpack", frame(pack(body))), ("json", to_json(body).encode() + b"\n")):
        message = {"kind": "cancel", "id": 300}
        add("cancel", "down", wire, data, message=message, value_hex="", canonical=True)
    for name, body in (
        ("common", [None, "common", 2**52, {"data": [1, 2.5, "x"]}]),
        ("common nil", [None, "common", 2**52 + 5, None]),
        ("common is over", [None, "common", 2**52]),
    ):
        value_hex = "".join(to_hex(pack(value)) for value in body[3:])
        for wire, data in (
            ("msgpack", frame(pack(body))),
            ("json", to_json(body).encode() + b"\n"),
        ):
            message = {"kind": "common", "k": body[2]}
            if body[3:]:
                message["value"] = describe(body[3])
            add(name, "down", wire, data, message=message, value_hex=value_hex, canonical=True)
    for name, items in (
        ("prepare again", ["model.bin", 4, {"a": [1.5, None]}]),
        ("prepare again of nothing", []),
        ("prepare again of many", list(range(16))),
    ):
        body = [None, "prep", items]
        for wire, data in (
            ("msgpack", frame(pack(body))),
            ("json", to_json(body).encode() + b"\n"),
        ):
            message = {"kind": "again", "items": describe(items)}
            add(name, "down", wire, data, message=message, value_hex=to_hex(pack(items)), canonical=True)
    float32 = Raw(b"\xca\x3f\xc0\x00\x00", 1.5)
    both_down(
        add,
        "task float32",
        [7, float32],
        {"kind": "task", "id": 7, "payload": describe(1.5)},
        float32,
    )
    for name in ("nil", "string", "nested map", "bin8", "str32 65536", "integer 0", "empty array"):
        value = VALUES[name]
        prep = {"kind": "prep", "value": describe(value)}
        both_down(add, "prep " + name, value, prep, value)
        add(
            "prep " + name,
            "down",
            "json",
            to_json(value).encode() + b"\n",
            message=prep,
            value_hex=to_hex(pack(value)),
            canonical=True,
        )
    task_like = {"kind": "prep", "value": [0, "not a task"]}
    both_down(add, "prep that looks like a task", [0, "not a task"], task_like, [0, "not a task"])
    for name, value, line in (
        ("string", "hello", b"hello"),
        ("empty string", "", b""),
        ("bin", b"\xff\xc6", b"\xff\xc6"),
        ("number", 12, b"12"),
        ("float", 1.5, b"1.5"),
        ("nil", None, b"null"),
        ("carriage return", "a\r", b"a\r"),
        ("map", {"a": [1, "x"]}, b'{"a":[1,"x"]}'),
    ):
        add(
            "task " + name,
            "down",
            "lines",
            line + b"\n",
            canonical=True,
            value_hex=to_hex(pack(value)),
            message={"kind": "task", "id": 7, "payload": describe(value)},
        )
    add(
        "task with a newline",
        "down",
        "lines",
        b"",
        refused="newline",
        value_hex=to_hex(pack("a\nb")),
        message={"kind": "task", "id": 7, "payload": "a\nb"},
    )
