"""What a worker sends, and what it should not."""

from cases_down import VALUES
from encoding import Ext, Raw, describe, frame, message_of, pack, to_hex, to_json, up_message

HELLO = {
    "wire": 1,
    "window": 1024,
    "slots": 4,
    "prep": 2,
    "features": ["x"],
    "lang": "python",
    "sdk": "spread_worker 0.1",
}
ERROR = {"type": "ValueError", "message": "bad input"}
TRACED = {"type": "ValueError", "message": "bad input", "trace": "line 1\nline 2\n"}
# The limit is that of the value; the message around it does not count.
DEEPEST = b"\x91" * 255 + b"\x90"
DEEPEST_OK = {
    "message": {
        "id": 7,
        "kind": "ok",
        "value": {"$msgpack": to_hex(DEEPEST)},
        "so": "",
        "se": "",
    },
    "value_hex": to_hex(DEEPEST),
}
BODIES = {
    "error": [7, "error", ERROR],
    "error with trace": [7, "error", TRACED],
    "error with so and se": [7, "error", ERROR, "out\n", "err\n"],
    "error without keys": [7, "error", {}],
    "error with unknown key": [7, "error", {"type": "T", "message": "m", "colour": "red"}],
    "error as text": [7, "error", "it did not work"],
    "fatal": [7, "fatal", {"type": "NoModel", "message": "model.bin is empty"}],
    "fatal with so and se": [7, "fatal", TRACED, "out", "err"],
    "busy": [7, "busy", 0.5],
    "busy integer": [7, "busy", 2],
    "busy with reason": [7, "busy", 2.5, "load average 14"],
    "busy reason nil": [7, "busy", 1.0, None],
    "busy negative": [7, "busy", -1],
    "progress": [7, "progress", 0.25],
    "progress with text": [7, "progress", 1, "done"],
    "progress text nil": [7, "progress", 0.5, None],
    "log": [7, "log", "cache miss"],
    "log beyond ASCII": [7, "log", "\u018f\n\u20ac"],
    "log debug": [7, "log", "cache miss", "debug"],
    "log info": [7, "log", "cache miss", "info"],
    "log warning": [7, "log", "cache miss", "warning"],
    "log error": [7, "log", "cache miss", "error"],
    "log level nil": [7, "log", "cache miss", None],
    "log level unknown": [7, "log", "cache miss", "shout"],
    "log level that is no text": [7, "log", "cache miss", 3],
    "ok with so": [7, "ok", 1, "printed\n"],
    "ok with se only": [7, "ok", 1, None, "warned\n"],
    "ok with so and se": [7, "ok", [1, 2], "so", "se"],
    "ok with empty so": [7, "ok", 1, "", ""],
    "ok with an extra element": [7, "ok", 1, "so", "se", "later"],
    "hello": [None, "hello", HELLO],
    "hello wire only": [None, "hello", {"wire": 1}],
    "hello empty": [None, "hello", {}],
    "hello unknown key": [None, "hello", {"wire": 1, "colour": [1, {"a": 2}]}],
    "ready": [None, "ready"],
    "ready with an extra element": [None, "ready", {"later": 1}],
    "prep error": [None, "error", {"type": "FileNotFoundError", "message": "model.bin"}],
    "unknown kind with nil id": [None, "shout", 1, 2],
    "unknown kind with nil id, bare": [None, "shout"],
    "bye": [None, "bye"],
    "beat": [None, "beat"],
    "beat with an extra element": [None, "beat", 2.5],
    "beat with an id": [7, "beat"],
    "stderr": [None, "stderr", "a line\n"],
    "hello that promises beats": [None, "hello", {"wire": 1, "features": ["batch", 7, "beat"]}],
    "bye with an extra element": [None, "bye", "later"],
    "ask": [None, "ask", 1, "whoami"],
    "ask without an op": [None, "ask", 1],
    "ask with an op that is no text": [None, "ask", 1, 2],
    "ask with an op that is a list": [None, "ask", 1, ["whoami"], 7, 5],
    "ask with an op that is nil": [None, "ask", 1, None],
    "ask for no task": [None, "ask", 0, "whoami", None],
    "ask for a task": [None, "ask", 2**63 - 1, "sing", 7],
    "ask for what is no task": [None, "ask", 2, "sing", "7"],
    "ask for a negative task": [None, "ask", 2, "sing", -7],
    "ask with arguments": [None, "ask", 3, "sing", 7, [1, {"a": None}], "x"],
    "ask for a collective": [None, "ask", 4, "collective", 7, 0, "barrier", None],
    "ask for a collective of an array": [
        None,
        "ask",
        5,
        "collective",
        7,
        1,
        "allreduce",
        ["sum", {"dtype": "i2", "shape": [1, 2], "data": b"\x01\x00\xff\xff"}],
    ],
    "ask to put": [None, "ask", 6, "put", 7, "grid", [1.5, None]],
    "ask to get": [None, "ask", 7, "get", 7, "grid"],
    "ask to submit": [None, "ask", 8, "submit", 7, [1, {"a": None}]],
    "ask to submit nothing": [None, "ask", 8, "submit", 7, []],
    "ask to submit with a common part": [None, "ask", 8, "submit", 2**52, ["x"], [1.5, None]],
    "ask which are ready": [None, "ask", 9, "ready", 7, [2**52, 2**52 + 1]],
    "ask to wait for one": [None, "ask", 10, "wait", 7, [2**52, 2**52 + 1], 1],
    "ask to wait for all": [None, "ask", 10, "wait", 7, [2**52], None],
    "ask to fetch": [None, "ask", 11, "fetch", 7, [2**52 + 1, 2**52]],
    "ask for a sub-pool": [None, "ask", 12, "subpool", 7, 2],
    "ask with an argument and no task": [None, "ask", 3, "sing", None, 1.5],
    "cancelled": [7, "cancelled"],
    "hello of a relay": [None, "hello", {"wire": 1, "workers": 64}],
    "unknown kind": [7, "maybe", 1],
    "unknown kind, bare": [7, "maybe"],
}


def cases(add):
    for name, value in VALUES.items():
        body = [7, "ok", value]
        add(
            "ok " + name,
            "up",
            "msgpack",
            frame(pack(body), True),
            expect=[up_message(body)],
            canonical=True,
        )
        if name not in ("float integral", "map with integer keys"):
            add(
                "ok " + name,
                "up",
                "json",
                b"\n" + to_json(body).encode() + b"\n",
                expect=[up_message(body)],
            )
    for name, body in BODIES.items():
        if name.startswith("unknown kind") or name == "beat with an id":
            expect = [{"message": {"id": body[0], "kind": "unknown", "name": body[1]}}]
        else:
            expect = [up_message(body)]
        add(name, "up", "msgpack", frame(pack(body), True), expect=expect, canonical=True)
        if name not in ("hello", "ready"):
            add(name, "up", "json", b"\n" + to_json(body).encode() + b"\n", expect=expect)
    for name in ("hello", "ready"):
        data = to_json(BODIES[name]).encode() + b"\n"
        add(name, "up", "json", data, expect=[up_message(BODIES[name])])
    body = [7, "ok", 1, b"\xff bytes", b"\xfe"]
    add("so and se as bin", "up", "msgpack", frame(pack(body)), expect=[up_message(body)])
    up_encodings(add)
    up_streams(add)
    up_hostile(add)
    up_json(add)
    up_lines(add)


def ok(id, value=1):
    return [id, "ok", value]


def up_encodings(add):
    """Other encodings of the same message, which no encoder of spread writes."""
    for name, raw in (
        ("uint8", b"\xcc\x07"),
        ("uint16", b"\xcd\0\x07"),
        ("uint32", b"\xce\0\0\0\x07"),
        ("uint64", b"\xcf" + bytes(7) + b"\x07"),
        ("int8", b"\xd0\x07"),
        ("int16", b"\xd1\0\x07"),
        ("int32", b"\xd2\0\0\0\x07"),
        ("int64", b"\xd3" + bytes(7) + b"\x07"),
    ):
        add(
            "id as " + name,
            "up",
            "msgpack",
            frame(b"\x93" + raw + pack("ok") + b"\x01"),
            expect=[up_message(ok(7))],
        )
    for name, raw in (("array16", b"\xdc\0\x03"), ("array32", b"\xdd\0\0\0\x03")):
        add(
            "message as " + name,
            "up",
            "msgpack",
            frame(raw + b"\x07" + pack("ok") + b"\x01"),
            expect=[up_message(ok(7))],
        )
    for name, raw in (
        ("str8", b"\xd9\x02ok"),
        ("str16", b"\xda\0\x02ok"),
        ("str32", b"\xdb\0\0\0\x02ok"),
    ):
        add(
            "kind as " + name,
            "up",
            "msgpack",
            frame(b"\x93\x07" + raw + b"\x01"),
            expect=[up_message(ok(7))],
        )
    for name, raw, number in (
        ("float32", b"\xca\x3f\x00\x00\x00", 0.5),
        ("uint16", b"\xcd\x01\0", 256),
    ):
        body = [7, "busy", Raw(raw, number)]
        message = message_of([7, "busy", number])
        add("seconds as " + name, "up", "msgpack", frame(pack(body)), expect=[{"message": message}])
    add(
        "id 2^63-1",
        "up",
        "msgpack",
        frame(pack(ok(2**63 - 1))),
        expect=[up_message(ok(2**63 - 1))],
    )


def up_streams(add):
    one, two = frame(pack(ok(1)), True), frame(pack(ok(2)), True)
    m1, m2 = up_message(ok(1)), up_message(ok(2))

    def stream(name, data, *expect, **rest):
        add(name, "up", "msgpack", data, expect=list(expect), **rest)

    def stray(data):
        return {"stray": to_hex(data)}

    stream("two frames", one + two, m1, m2)
    stream("two frames without newlines", frame(pack(ok(1))) + frame(pack(ok(2))), m1, m2)
    stream("newlines at boundaries are skipped", b"\n\n" + one + b"\n\n\n" + two + b"\n", m1, m2)
    for name, text in (
        ("a line", b"hello\n"),
        ("without newline", b"hello"),
        ("schwa", "\u018fli ba\u015fla\n".encode()),
        ("bytes C6 8F", b"\xc6\x8f"),
        ("a name that has an array header in byte 6", "\u018fli\u015f gəldi\n".encode()),
        ("schwa, schwa, schwa", "\u018f\u0259\u0259 \u018f\n".encode()),
        ("binary", bytes(range(128, 192)) * 4),
        ("many C6", b"\xc6" * 64),
        ("latin-1", b"\xc6bler og p\xc6rer\n"),
        ("newline inside", b"a\n\nb"),
        ("a header and text", b"\xc6\x00\x00\x00\x06hello"),
        ("an array of one", frame(b"\x91\x07\xc0\xc0")),
        ("an array with a string in front", frame(pack(["a", "b"]))),
        ("a map", frame(pack({"a": 1, "b": 2}))),
        ("a header of length 0", b"\xc6\0\0\0\0"),
        ("a header of length 2", b"\xc6\0\0\0\x02\x92\x07"),
        ("a 4 GiB header and text", b"\xc6\xff\xff\xff\xff hello"),
    ):
        stream("stray: " + name, text + one, stray(text), m1)
        stream("stray after a frame: " + name, one + text + two, m1, stray(text), m2)


def up_hostile(add):
    def hostile(name, data, *expect, **rest):
        add(name, "up", "msgpack", data, expect=list(expect), **rest)

    def broken(reason):
        return {"broken": reason}

    def incomplete(data, at_end):
        return {"incomplete": to_hex(data), "at_end": at_end}

    hostile(
        "4 GiB header alone", b"\xc6\xff\xff\xff\xff", incomplete(b"\xc6\xff\xff\xff\xff", "stray")
    )
    hostile("4 GiB frame", b"\xc6\xff\xff\xff\xff" + pack(ok(7)), broken("too long"))
    hostile(
        "one byte more than the limit", b"\xc6\x40\x00\x00\x01" + pack(ok(7)), broken("too long")
    )
    at_limit = b"\xc6\x40\x00\x00\x00" + pack(ok(7))
    hostile("exactly the limit", at_limit, incomplete(at_limit, "cut"))
    small = frame(pack(ok(7, "x" * 60)))
    hostile("longer than a small --max-frame", small, broken("too long"), max_frame=64)
    hostile(
        "as long as a small --max-frame",
        frame(pack(ok(7, "x" * 57))),
        up_message(ok(7, "x" * 57)),
        max_frame=64,
    )
    whole = frame(pack(ok(7, "hello")))
    for n in range(1, len(whole)):
        at_end = "stray" if n < 7 else "cut"
        hostile("cut after %d bytes" % n, whole[:n], incomplete(whole[:n], at_end))
    hostile(
        "a frame, then a cut one",
        whole + whole[:9],
        up_message(ok(7, "hello")),
        incomplete(whole[:9], "cut"),
    )
    hostile("nesting bomb", frame(b"\x93\x07\xa2ok" + b"\x91" * 100000 + b"\x01"), broken("nested"))
    hostile(
        "nesting bomb of maps",
        frame(b"\x93\x07\xa2ok" + b"\x81\x01" * 1000 + b"\x01"),
        broken("nested"),
    )
    start = b"\x93\x07\xa2ok"
    hostile("a value nested 256 deep", frame(start + DEEPEST), DEEPEST_OK)
    hostile("a value nested 257 deep", frame(start + b"\x91" + DEEPEST), broken("nested"))
    hostile("value is cut inside the frame", frame(b"\x93\x07\xa2ok\xa5hel"), broken("value"))
    hostile("bytes after the value", frame(pack(ok(7)) + b"\x01"), broken("value"))
    hostile("fewer elements than the header says", frame(b"\x94\x07\xa2ok\x01"), broken("value"))
    hostile(
        "array32 of 4 G in the value",
        frame(b"\x93\x07\xa2ok\xdd\xff\xff\xff\xff\x01"),
        broken("value"),
    )
    hostile(
        "map32 of 4 G in the value",
        frame(b"\x93\x07\xa2ok\xdf\xff\xff\xff\xff\x01"),
        broken("value"),
    )
    hostile(
        "str32 of 4 G in the value",
        frame(b"\x93\x07\xa2ok\xdb\xff\xff\xff\xff\x01"),
        broken("value"),
    )
    hostile(
        "ext32 of 4 G in the value",
        frame(b"\x93\x07\xa2ok\xc9\xff\xff\xff\xff\x01\x01"),
        broken("value"),
    )
    hostile(
        "message is an array32 of 4 G",
        frame(b"\xdd\xff\xff\xff\xff\x07\xa2ok\x01"),
        broken("value"),
    )
    hostile("byte C1", frame(b"\x93\x07\xa2ok\xc1"), broken("value"))
    hostile("negative id", frame(b"\x93\xd0\xff\xa2ok\x01"), broken("id"))
    hostile("id of 2^63", frame(b"\x93\xcf\x80" + bytes(7) + b"\xa2ok\x01"), broken("id"))
    hostile("ok without a value", frame(pack([7, "ok"])), broken("shape"))
    hostile("busy without seconds", frame(pack([7, "busy"])), broken("shape"))
    hostile("busy with text", frame(pack([7, "busy", "long"])), broken("shape"))
    hostile("error with a number", frame(pack([7, "error", 3])), broken("shape"))
    hostile("progress with text in front", frame(pack([7, "progress", "half"])), broken("shape"))
    hostile("log with a number", frame(pack([7, "log", 3])), broken("shape"))
    for name, rest in (
        ("nothing", []),
        ("a negative seq", [-1, "whoami"]),
        ("a seq that is a text", ["1", "whoami"]),
        ("a seq above 2^63-1", [2**63, "whoami"]),
    ):
        hostile("ask with " + name, frame(pack([None, "ask"] + rest)), broken("shape"))
    hostile("hello with a list", frame(pack([None, "hello", [1]])), broken("shape"))
    echo = [7, "hello"]
    hostile(
        "echoed task", frame(pack(echo)), {"message": {"id": 7, "kind": "unknown", "name": "hello"}}
    )
    hostile(
        "echoed task with a number",
        frame(pack([7, 3])),
        {"message": {"id": 7, "kind": "unknown", "name": ""}},
    )


def up_json(add):
    def case(name, data, *expect, **rest):
        add(name, "up", "json", data, expect=list(expect), **rest)

    def stray(data):
        return {"stray": to_hex(data)}

    m1, m2 = up_message(ok(1)), up_message(ok(2))
    one, two = b'[1,"ok",1]\n', b'[2,"ok",1]\n'
    case("two lines", one + two, m1, m2)
    case("white space", b' \t[ 1 , "ok" ,\t1 ] \r\n', m1)
    case("blank lines", b"\n \r\n\t\n" + one + b"\n\n" + two, m1, m2)
    case("escapes in the kind", b'[1,"\\u006fk",1]\n', m1)
    case("surrogate pair", b'[1,"ok","\\ud83d\\ude00"]\n', up_message(ok(1, "\U0001f600")))
    case("half a surrogate pair", b'[1,"ok","\\ud83d"]\n', up_message(ok(1, "\ufffd")))
    case("raw UTF-8", '[1,"ok","\u20ac"]\n'.encode(), up_message(ok(1, "\u20ac")))
    case("float", b'[1,"ok",1.0]\n', up_message(ok(1, 1.0)))
    case("float with exponent", b'[1,"ok",1e3]\n', up_message(ok(1, 1000.0)))
    case("minus zero", b'[1,"ok",-0]\n', up_message(ok(1, -0.0)))
    case(
        "NaN",
        b'[1,"ok",[NaN,Infinity,-Infinity]]\n',
        up_message(ok(1, [float("nan"), float("inf"), float("-inf")])),
    )
    case("bin", b'[1,"ok",{"$bin":"AP8="}]\n', up_message(ok(1, b"\x00\xff")))
    case(
        "bin with a second key",
        b'[1,"ok",{"$bin":"AP8=","a":1}]\n',
        up_message(ok(1, {"$bin": "AP8=", "a": 1})),
    )
    case("bin that is not base64", b'[1,"ok",{"$bin":"A"}]\n', up_message(ok(1, {"$bin": "A"})))
    case("ext", b'[1,"ok",{"$ext":[5,"YWJj"]}]\n', up_message(ok(1, Ext(5, b"abc"))))
    for name, text in (
        ("a line", b"hello\n"),
        ("R's print", b'[1] "text"\n'),
        ("an object", b'{"a":1}\n'),
        ("an array of one", b"[1]\n"),
        ("text in front", b'x [1,"ok",1]\n'),
        ("an array of strings", b'["a","b"]\n'),
        ("a number", b"12\n"),
        ("an id with a fraction", b'[1.5,"ok",1]\n'),
        ("invalid UTF-8", b"\xff\xfe\n"),
        ("without newline, closed by the SDK's newline", b"hello\n"),
    ):
        case("stray: " + name, text + one, stray(text), m1)
    for name, text, reason in (
        ("cut value", b'[1,"busy",[1,2\n', "value"),
        ("two values", b'[1,"busy",1] [2]\n', "value"),
        ("invalid UTF-8 in a string", b'[1,"log","\xff"]\n', "value"),
        ("a newline in a string", b'[1,"log","a\nb"]\n', "value"),
        ("ok without a value", b'[1,"ok"]\n', "shape"),
        ("busy with text", b'[1,"busy","long"]\n', "shape"),
        ("negative id", b'[-1,"ok",1]\n', "id"),
        ("id of 2^63", b'[9223372036854775808,"ok",1]\n', "id"),
        ("nesting bomb", b'[1,"ok",' + b"[" * 100000 + b"]" * 100000 + b"]\n", "nested"),
        ("a value nested 257 deep", b'[1,"ok",' + b"[" * 257 + b"]" * 257 + b"]\n", "nested"),
    ):
        case(name, text, {"broken": reason})
    for name, text, value, *rest in (
        ("a word as the result", b'[1,"ok",abc]\n', "abc"),
        ("cut result", b'[1,"ok",[1,2\n', "[1,2"),
        ("two results", b'[1,"ok",1] [2]\n', "1] [2"),
        ("invalid UTF-8 in a result", b'[1,"ok","\xff"]\n', '"\\xff"'),
        ("a newline in a result", b'[1,"ok","a\nb"]\n', '"a', stray(b'b"]\n')),
    ):
        error = {"type": "BadResult", "message": "the answer is not JSON: " + value}
        case(name, text + two, up_message([1, "error", error]), *rest, m2)
    deepest = b"[" * 256 + b"]" * 256
    case("a value nested 256 deep", b'[7,"ok",' + deepest + b"]\n", DEEPEST_OK)
    case(
        "longer than a small --max-frame",
        b'[1,"ok","' + b"x" * 64 + b'"]\n',
        {"broken": "too long"},
        max_frame=64,
    )
    case(
        "no newline at the end",
        b'[1,"ok",1]',
        {"incomplete": to_hex(b'[1,"ok",1]'), "at_end": "cut"},
    )
    case(
        "echoed task", b'[7,"hello"]\n', {"message": {"id": 7, "kind": "unknown", "name": "hello"}}
    )
    case("a printed list", b"[7, 2, 3]\n", {"message": {"id": 7, "kind": "unknown", "name": ""}})


def up_lines(add):
    def case(name, data, *expect):
        add(name, "up", "lines", data, expect=list(expect))

    def line(value):
        return {
            "message": {"id": None, "kind": "ok", "value": describe(value), "so": "", "se": ""},
            "value_hex": to_hex(pack(value)),
        }

    case("a line", b"hello\n", line("hello"))
    case("an empty line", b"\n", line(""))
    case("carriage return is kept", b"a\r\n", line("a\r"))
    case("bytes that are not UTF-8", b"\xff\n", line(b"\xff"))
    case("looks like JSON", b'[1,"ok",1]\n', line('[1,"ok",1]'))
    case("two lines", b"1\n2\n", line("1"), line("2"))
    case("no newline at the end", b"1\n2", line("1"), {"incomplete": "32", "at_end": "cut"})
