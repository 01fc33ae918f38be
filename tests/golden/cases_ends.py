"""How a worker's output ends, in each order of close, beat, bye and tail."""

from encoding import frame, pack, to_hex, to_json

HELLO = [None, "hello", {"wire": 1}]
PROMISES = [None, "hello", {"wire": 1, "features": ["beat"]}]
READY, BEAT, BYE = [None, "ready"], [None, "beat"], [None, "bye"]
CLOSE, END = "close", "end"
OK = [0, "ok", 1]

# Steps: a number is a task that is sent, CLOSE the end of the worker's input, a list a message that
# it writes, bytes what it writes besides, END the end of its output. What follows is said of it, in
# order, and its tail.
CASES = {
    "a promise: close, beat, bye, tail": (
        [PROMISES, 0, OK, CLOSE, BEAT, BYE, b"tail\n", END], ["hello", "ok 0"], b"tail\n"),
    "a promise: beat, close, bye, tail": (
        [PROMISES, 0, BEAT, OK, BEAT, CLOSE, BYE, b"tail\n", END], ["hello", "ok 0"], b"tail\n"),
    "a promise: close, answer, beat, bye, tail": (
        [PROMISES, 0, CLOSE, BEAT, OK, BEAT, BYE, b"tail\n", END], ["hello", "ok 0"], b"tail\n"),
    "a promise: close before the hello": (
        [CLOSE, PROMISES, BEAT, READY, BEAT, BYE, b"tail\n", END], ["hello", "ready"], b"tail\n"),
    "a promise: close behind the hello": (
        [PROMISES, CLOSE, READY, BYE, b"tail\n", END], ["hello", "ready"], b"tail\n"),
    "a promise: bye, close, tail": (
        [PROMISES, 0, 1, OK, BYE, CLOSE, b"tail\n", END], ["hello", "ok 0", "retires"], b"tail\n"),
    "a promise: bye, tail, close": (
        [PROMISES, 0, OK, BYE, b"ta", CLOSE, b"il\n", END], ["hello", "ok 0", "retires"], b"tail\n"),
    "a promise: close, bye with a task unanswered": (
        [PROMISES, 0, CLOSE, BYE, b"tail\n", END], ["hello", "retires"], b"tail\n"),
    "a promise: a beat behind the bye is tail": (
        [PROMISES, CLOSE, BYE, BEAT, END], ["hello"], BEAT),
    "a promise: a second bye is tail": ([PROMISES, CLOSE, BYE, BYE, END], ["hello"], BYE),
    "a promise: a ready behind the bye is tail": ([PROMISES, CLOSE, BYE, READY, END], ["hello"], READY),
    "a promise: a tail that begins with a newline": (
        [PROMISES, CLOSE, BYE, b"\ntail", END], ["hello"], b"\ntail"),
    "a promise: text between close and bye": (
        [PROMISES, CLOSE, b"print\n", BYE, b"tail", END], ["hello", "stray"], b"tail"),
    "a promise: no bye": ([PROMISES, 0, OK, CLOSE, BEAT, END], ["hello", "ok 0"], b""),
    "a promise: ended inside a beat": ([PROMISES, CLOSE, b"\xc6\0\0\0\x07\x92\xc0", END],
                                       ["hello", "broken"], b""),
    "no promise: beat, close, tail": ([HELLO, 0, BEAT, OK, CLOSE, b"tail\n", END], ["hello", "ok 0"],
                                      b"tail\n"),
    "no promise: close, beat": ([HELLO, 0, OK, CLOSE, BEAT, END], ["hello", "ok 0"], BEAT),
    "no promise: close, bye, tail": ([HELLO, 0, OK, CLOSE, BYE, b"tail\n", END], ["hello", "ok 0"],
                                     b"tail\n"),
    "no promise: close, bye, bye": ([HELLO, 0, OK, CLOSE, BYE, BYE, END], ["hello", "ok 0"], BYE),
    "no promise: close, tail, bye": ([HELLO, 0, OK, CLOSE, b"tail\n", BYE, END], ["hello", "ok 0"],
                                     [b"tail\n", BYE]),
    "no promise: no task, close, ready, bye": ([HELLO, CLOSE, READY, BYE, b"tail", END],
                                               ["hello", "ready"], b"tail"),
    "no promise: close, a newline and bye": (
        [HELLO, 0, OK, CLOSE, b'\n[null,"bye"]\n', b"tail\n", END], ["hello", "ok 0"], b"tail\n"),
    "no promise: close, a tail that begins with a newline": (
        [HELLO, 0, OK, CLOSE, b"\n", END], ["hello", "ok 0"], b"\n"),
    "no promise: close, a tail that begins as a message": (
        [HELLO, 0, OK, CLOSE, [7, "ok", "abcdefghij" * 10], b"tail", END], ["hello", "ok 0"],
        [[7, "ok", "abcdefghij" * 10], b"tail"]),
    "no promise: close, a tail that is a part of one": (
        [HELLO, 0, OK, CLOSE, b"\xc6\0\0\0\x06\x92\xc0", END], ["hello", "ok 0"],
        b"\xc6\0\0\0\x06\x92\xc0"),
    "no promise: a frame without its newline, a print, close, a newline": (
        [HELLO, 0, b"\xc6\0\0\0\x06\x93\0\xa2ok\x01print", CLOSE, b"\ntail", END],
        ["hello", "ok 0", "stray"], b"\ntail"),
    "no hello, no task: close, bye": ([CLOSE, BYE, END], [], BYE),
    "no promise: bye, close, beat": ([HELLO, 0, OK, BYE, CLOSE, BEAT, END],
                                     ["hello", "ok 0", "retires"], BEAT),
    "no hello: beat, close, tail": ([BEAT, 0, OK, CLOSE, b"tail\n", END], ["ok 0"], b"tail\n"),
    "all: a promise is not asked for": (["all", PROMISES, BEAT, BYE, b"tail\n", END], ["hello"],
                                        [BEAT, BYE, b"tail\n"]),
}
ONE_WIRE = {
    "no promise: a frame without its newline, a print, close, a newline": "msgpack",
    "a promise: ended inside a beat": "msgpack",
    "no promise: close, a newline and bye": "json",
}


def encoded(part, wire):
    if isinstance(part, bytes):
        return part
    return frame(pack(part), True) if wire == "msgpack" else to_json(part).encode() + b"\n"


def cases():
    found = []
    for name, (steps, said, tail) in CASES.items():
        for wire in ("msgpack", "json"):
            if ONE_WIRE.get(name, wire) != wire:
                continue
            parts = tail if isinstance(tail, list) and type(tail[0]) in (list, bytes) else [tail]
            found.append({
                "name": name,
                "wire": wire,
                "steps": [s if isinstance(s, (int, str)) else {"hex": to_hex(encoded(s, wire))}
                          for s in steps],
                "said": said,
                "tail": to_hex(b"".join(encoded(part, wire) for part in parts)),
            })
    return found
