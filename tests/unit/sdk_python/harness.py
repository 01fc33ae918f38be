"""Drives a worker over real pipes with bytes from tests/golden; no master needed."""

import base64
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile

import msgpack  # Needed, not optional: without python3-msgpack these tests fail.

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SDK = os.path.join(ROOT, "worker_sdk", "python")
GOLDEN = os.path.join(ROOT, "tests", "golden")
# Nothing here waits for time to pass; this only ends a test that would hang.
DEADLINE = 60


def golden():
    with open(os.path.join(GOLDEN, "frames.json"), encoding="ascii") as f:
        return json.load(f)["cases"]


def from_hex(text):
    """Bytes of the golden notation: c6(00*3)0a."""
    return re.sub(r"\(([0-9a-f]+)\*(\d+)\)", lambda m: m.group(1) * int(m.group(2)), text)


def golden_bytes(direction, wire, name):
    found = [
        c for c in golden() if (c["direction"], c["wire"], c["name"]) == (direction, wire, name)
    ]
    return bytes.fromhex(from_hex(found[0]["hex"]))


def frame(value):
    body = msgpack.packb(value, use_bin_type=True)
    return b"\xc6" + struct.pack(">I", len(body)) + body


def line(value):
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def plain(value):
    """As JSON has it."""
    if isinstance(value, bytes):
        return {"$bin": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def unpack(data):
    # An ext is a tuple here: ExtType refuses negative codes.
    return msgpack.unpackb(
        data,
        raw=False,
        strict_map_key=False,
        unicode_errors="surrogateescape",
        ext_hook=lambda code, data: ("ext", code, data),
    )


def messages(data, wire):
    """Those that a worker has written, one behind the other."""
    if wire == "json":
        return [json.loads(text) for text in data.splitlines() if text]
    found = []
    while data:
        (size,) = struct.unpack(">I", data[1:5])
        found.append(unpack(data[5:5 + size]))
        data = data[5 + size:].removeprefix(b"\n")
    return found


class Worker:
    """A process that runs `code`, with `import spread_worker` in front of it."""

    def __init__(
        self,
        code,
        wire="msgpack",
        prep=None,
        env=None,
        block_msgpack=False,
        python=None,
        argv=None,
        stdin=None,
        pass_fds=(),
        sockets=False,
    ):
        block = "import sys; sys.modules['msgpack'] = None\n" if block_msgpack else ""
        environment = dict(os.environ, PYTHONPATH=SDK, PYTHONDONTWRITEBYTECODE="1")
        # Unset: unbuffered C streams would hide what these tests are about.
        environment.pop("PYTHONUNBUFFERED", None)
        for name, value in (("SPREAD_WIRE", wire), ("SPREAD_PREP", prep)):
            environment.pop(name, None)
            if value is not None:
                environment[name] = str(value)
        environment.update(env or {})
        self.wire = wire or "msgpack"
        self._errors = tempfile.TemporaryFile()
        command = argv or [python or sys.executable, "-c", block + "import spread_worker\n" + code]
        ours, theirs = socket.socketpair() if sockets else (None, None)  # As some sshds do.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=theirs or subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        if sockets:
            self.process.stdout = ours.makefile("rb", buffering=0)
            ours.close()
            theirs.close()
        self.ready = []
        self._unread = b""
        self._at_end = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream:
                stream.close()

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def task(self, id, payload):
        self.send_value([id, payload])

    def send_value(self, value):
        self.send(frame(value) if self.wire == "msgpack" else line(plain(value)))

    def close(self):
        self.process.stdin.close()

    def _more(self):
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        if not ready:
            raise AssertionError("no output; stderr: %r" % self.errors())
        chunk = os.read(self.process.stdout.fileno(), 1 << 20)
        self._at_end = not chunk
        self._unread += chunk

    def _take(self):
        if self.wire == "json":
            text = self._unread
            skip = 1 if text.startswith(b"\n") else 0
            end = text.find(b"\n", skip) + 1
            if not end or text[skip : skip + 1] != b"[":
                return None
            self.raw, self._unread = text[:end], text[end:]
            return json.loads(self.raw.decode("utf-8"))
        if len(self._unread) < 5 or self._unread[0] != 0xC6:
            return None
        end = 5 + struct.unpack(">I", self._unread[1:5])[0] + 1
        if len(self._unread) < end:
            return None
        self.raw, self._unread = self._unread[:end], self._unread[end:]
        if self.raw[-1:] != b"\n":
            raise AssertionError("no newline behind the frame: %r" % self.raw)
        return unpack(self.raw[5:-1])

    def message(self):
        """The next message; `raw` is its bytes. None at the end or where no message begins. A ready
        is taken by the way: `ready` has the bytes of all that came."""
        while True:
            found = self._take()
            if found == [None, "ready"]:
                self.ready.append(self.raw)
            elif found is not None or self._at_end:
                return found
            else:
                self._more()

    def hello(self):
        message = self.message()
        if not message or message[1] != "hello":
            raise AssertionError("no hello but %r; stderr: %r" % (message, self.errors()))
        return message[2]

    def rest(self):
        """All bytes up to the end of stdout that are no message: the tail."""
        while not self._at_end:
            self._more()
        before = self._unread
        if self._take() == [None, "ready"]:
            self.ready.append(self.raw)
        else:
            self._unread = before
        rest, self._unread = self._unread, b""
        return rest

    def status(self):
        return self.process.wait(timeout=DEADLINE)

    def errors(self):
        # pread: the worker shares the file's offset and may still be writing.
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def ask(self, *payloads):
        """Sends the payloads as tasks 0, 1, ... and returns the answers."""
        for id, payload in enumerate(payloads):
            self.task(id, payload)
        return [self.message() for _ in payloads]
