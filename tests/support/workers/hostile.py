"""A worker that misbehaves in one way, which is its argument: the name of a function that is a @way. Some do it at
their start, others with their first task. `good` is none: it doubles its payloads.

HOSTILE_POST is a fifo: a line is written to it when the misbehaviour begins.
"""

import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time

import msgpack

JSON = os.environ.get("SPREAD_WIRE") == "json"
WAYS = {}
LARGE = 16 << 20
FLOOD = 4 << 20


def way(function):
    WAYS[function.__name__] = function
    return function


def write(data):
    while data:
        data = data[os.write(1, data) :]


def frame_of(body):
    return b"\xc6" + struct.pack(">I", len(body)) + body + b"\n"


def frame(message):
    if JSON:
        return json.dumps(message).encode() + b"\n"
    return frame_of(msgpack.packb(message))


def read_exactly(size):
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            sys.exit()
        data += piece
    return data


def read():
    if JSON:
        line = b""
        while not line.endswith(b"\n"):
            line += read_exactly(1)
        return json.loads(line)
    return msgpack.unpackb(read_exactly(int.from_bytes(read_exactly(5)[1:], "big")))


def tell():
    with open(os.environ["HOSTILE_POST"], "wb", buffering=0) as post:
        post.write(b"begins\n")


def hang():
    while True:
        time.sleep(1000)


def send(*messages):
    # With one call: what comes behind an answer is heard before the master has made anything of that.
    write(b"".join(map(frame, messages)))


def work():
    """As a worker should."""
    while True:
        number, payload = read()[:2]
        send([number, "ok", 2 * payload])


def task():
    """A task has come: now it begins."""
    number, payload = read()[:2]
    tell()
    return number, 2 * payload


# ------------------------------------------------------------ at the start


@way
def text_before_hello():
    tell()
    write(b"Loading the model...\nready.\n")
    send([None, "hello", {"wire": 1}])
    work()


@way
def bytes_before_hello():
    tell()
    write(bytes(range(0x80, 0xC0)) + b"\0\xff\n")
    work()


@way
def hello_of_another_wire():
    tell()
    send([None, "hello", {"wire": 2}])
    work()


@way
def hello_with_wrong_types():
    tell()
    send([None, "hello", {"window": "many", "slots": -1}])
    work()


@way
def hello_too_late():
    number, value = task()
    send([number, "ok", value], [None, "hello", {"wire": 1, "window": 1}], [None, "ready"])
    work()


@way
def preparation_failed():
    tell()
    send([None, "error", {"type": "FileNotFoundError", "message": "model.bin"}])
    hang()


@way
def exits_0_at_once():
    tell()
    sys.exit()


@way
def exhausts_its_memory():
    tell()
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    held = []
    while True:
        held.append(b"x" * (8 << 20))


# ------------------------------------------------------------ frames


@way
def claims_4_gib():
    number, _ = task()
    write(b"\xc6\xff\xff\xff\xff\x93" + bytes([number]) + b"\xa2ok")
    hang()


@way
def cuts_a_frame_and_is_silent():
    number, value = task()
    write(frame([number, "ok", value])[:7])
    hang()


@way
def cuts_a_frame_and_dies():
    number, value = task()
    write(frame([number, "ok", value])[:7])
    os._exit(0)


@way
def value_shorter_than_its_frame():
    number, _ = task()
    write(frame_of(bytes([0x93, number]) + b"\xa2ok\x01\x02\x03"))
    hang()


@way
def nests_deeply():
    number, _ = task()
    if JSON:
        write(b'[%d,"ok",' % number + b"[" * 100000 + b"]" * 100000 + b"]\n")
    else:
        write(frame_of(bytes([0x93, number]) + b"\xa2ok" + b"\x91" * 100000 + b"\xc0"))
    hang()


@way
def array_of_4_gi_elements():
    number, _ = task()
    write(frame_of(bytes([0x93, number]) + b"\xa2ok\xdd\xff\xff\xff\xff"))
    hang()


@way
def answer_byte_by_byte():
    while True:
        number, value = task()
        for byte in frame([number, "ok", value]):
            write(bytes([byte]))


# ------------------------------------------------------------ answers


@way
def answers_twice():
    number, value = task()
    send(*[[number, "ok", value]] * 20)
    work()


@way
def foreign_id():
    while True:
        number, value = task()
        send([number + 1000000, "ok", value])


@way
def negative_id():
    task()
    write(b'[-1,"ok",1]\n' if JSON else frame_of(b"\x93\xd0\xff\xa2ok\x01"))
    hang()


@way
def answers_without_reading():
    tell()
    for number in range(1000000, 1000030):
        send([number, "ok", "invented"])
    hang()


@way
def unknown_kind():
    number, _ = task()
    send([number, "perhaps", 1])
    hang()


@way
def ok_without_a_value():
    number, _ = task()
    send([number, "ok"])
    hang()


@way
def echoes_its_input():
    while True:
        number, value = task()
        send([number, value // 2])


@way
def error_of_16_mib():
    number, _ = task()
    send([number, "error", {"type": "E", "message": "x" * LARGE}])
    work()


@way
def error_that_is_not_utf_8():
    number, _ = task()
    send([number, "error", {"type": b"\xff\xfe", "message": b"\x1b[31m \xc3( \x9b2J"}])
    work()


@way
def not_a_number():
    number, value = task()
    nan, infinity = float("nan"), float("inf")
    send([number, "progress", nan], [number, "progress", infinity], [number, "progress", -infinity])
    send([number, "busy", nan])
    work()


@way
def busy_for_ever():
    while True:
        number, _ = task()
        send([number, "busy", 0.01])


@way
def errors_for_ever():
    while True:
        number, _ = task()
        send([number, "error", {"type": "No", "message": "never"}])


@way
def says_bye_in_the_middle():
    while True:
        task()
        send([None, "bye"])
        hang()


# ------------------------------------------------------------ descriptors


@way
def closes_its_stdout():
    task()
    os.close(1)
    hang()


@way
def closes_its_stdin():
    task()
    os.close(0)
    hang()


@way
def never_reads():
    tell()
    hang()


@way
def reads_and_never_answers():
    task()
    while True:
        read()


@way
def floods_stderr():
    number, value = task()
    for _ in range(FLOOD // 4096):
        os.write(2, b"e" * 4095 + b"\n")
    send([number, "ok", value])
    work()


@way
def floods_stdout():
    task()
    for _ in range(FLOOD // 4096):
        write(b"o" * 4096)
    hang()


@way
def floods_progress():
    number, value = task()
    write(frame([number, "progress", 0.5, "half way"]) * 50000)
    send([number, "ok", value])
    work()


@way
def floods_logs():
    number, value = task()
    write(frame([number, "log", "something to say"]) * 20000)
    send([number, "ok", value])
    work()


@way
def log_of_16_mib():
    number, value = task()
    send([number, "log", "y" * LARGE], [number, "ok", value])
    work()


@way
def asks_and_never_reads():
    task()
    question = frame([None, "ask", 1, "whoami"]) * 1000
    while True:
        write(question)


@way
def submits_without_end():
    """As many sub-tasks as it can have, and none of them fetched."""
    number, _ = task()
    seq = 0
    while True:
        seq += 1
        send([None, "ask", seq, "submit", number, list(range(10000))])
        while (message := read())[0] is not None or message[2] != seq:
            pass
        if message[1] == "refused":
            hang()


@way
def submits_in_its_sub_tasks():
    """Each sub-task hands on another."""
    while True:
        number, payload = task()
        send([None, "ask", number, "submit", number, [payload]])
        hang()


# ------------------------------------------------------------ processes


def dies_by(number):
    task()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)
    hang()


@way
def dies_by_kill():
    dies_by(signal.SIGKILL)


@way
def dies_by_a_fault():
    dies_by(signal.SIGSEGV)


@way
def dies_by_term():
    dies_by(signal.SIGTERM)


@way
def ignores_term():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    task()
    hang()


@way
def stops_itself():
    task()
    os.kill(os.getpid(), signal.SIGSTOP)
    hang()


@way
def grandchild_holds_its_pipes():
    task()
    subprocess.Popen(["sleep", "1000"])
    os._exit(3)


@way
def moves_to_its_masters_group():
    task()
    os.setpgid(0, os.getpgid(os.getppid()))
    hang()


@way
def kills_its_own_group():
    task()
    os.kill(0, signal.SIGKILL)


def main():
    name = sys.argv[1]
    work() if name == "good" else WAYS[name]()


main()
