"""A worker without SDK that does what its tasks say, and so can do everything wrong.

A task is answered with itself, unless it is a map with "do": a list of steps, done one by one
before the answer, which is "answer" if that is given, else the id. The steps are the functions
below whose names begin with step_. A prep item that is a map with "do" is carried out, too.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

import msgpack

NO_ANSWER = object()


def read_exactly(size):
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            return None
        data += piece
    return data


def read_frame():
    header = read_exactly(5)
    if header is None:
        return None
    return msgpack.unpackb(
        read_exactly(int.from_bytes(header[1:], "big")), strict_map_key=False, raw=False
    )


def write(data):
    while data:
        data = data[os.write(1, data) :]


def frame(message):
    body = msgpack.packb(message)
    return b"\xc6" + len(body).to_bytes(4, "big") + body


class Puppet:
    def __init__(self):
        self.id = None
        self.held = []

    # ------------------------------------------------------------ how to end

    def step_kill(self, number):
        os.kill(os.getpid(), number)
        time.sleep(1000)  # a signal to oneself may come a little later

    def step_exit(self, status):
        os._exit(status)

    def step_hang(self):
        time.sleep(1000)

    def step_ignore(self, number):
        signal.signal(number, signal.SIG_IGN)

    def step_answer_term(self, path):
        """A TERM is told, and nothing more."""
        signal.signal(signal.SIGTERM, lambda *_: self.step_tell(path))

    # ------------------------------------------------------------ what the test sees and decides

    def step_tell(self, path, text=None):
        """Writes a line to a fifo or file, by default the pid."""
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid() if text is None else text}\n")

    def step_wait(self, path):
        """Until the test opens the gate (or is gone)."""
        with open(path, "rb", buffering=0) as gate:
            gate.read(1)

    def step_once(self, path, *steps):
        """The steps, but only for the worker that comes first."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return None
        return self.perform(steps)

    # ------------------------------------------------------------ what goes to fd 1

    def step_raw(self, latin1):
        """Each character is one byte."""
        write(latin1.encode("latin-1"))

    def step_print(self, text, end="\n"):
        print(text, end=end, flush=True)

    def step_puts(self, text):
        """What a library in C would do: its own buffer, the same descriptor."""
        libc = ctypes.CDLL(None)
        libc.puts(text.encode())
        libc.fflush(None)

    def step_child(self, *command):
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def step_background(self, *command):
        subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def step_stderr(self, text):
        print(text, file=sys.stderr, flush=True)

    def step_close(self, fd):
        os.close(fd)

    def step_send(self, message):
        """A whole message, whatever it is; "ID" in it is this task's id."""
        write(frame([self.id if part == "ID" else part for part in message]) + b"\n")

    # ------------------------------------------------------------ how to answer

    def step_answer(self, *parts):
        """Another answer than ok: ["answer", "busy", 0.5]."""
        write(frame([self.id, *parts]) + b"\n")
        return NO_ANSWER

    def step_no_answer(self):
        return NO_ANSWER

    def step_hold(self):
        """Answers only when a later task says release."""
        self.held.append(self.id)
        return NO_ANSWER

    def step_release(self):
        for held in self.held:
            write(frame([held, "ok", "held"]) + b"\n")
        self.held = []

    # ------------------------------------------------------------

    def perform(self, steps):
        result = None
        for name, *arguments in steps:
            done = getattr(self, "step_" + name)(*arguments)
            result = done if done is not None else result
        return result

    def run(self):
        for _ in range(int(os.environ.get("SPREAD_PREP", "0"))):
            item = read_frame()
            if isinstance(item, dict):
                self.perform(item.get("do", []))
        while (task := read_frame()) is not None:
            self.id, payload = task
            answer, steps = payload, []
            if isinstance(payload, dict) and "do" in payload:
                answer, steps = payload.get("answer", self.id), payload["do"]
            if self.perform(steps) is not NO_ANSWER:
                write(frame([self.id, "ok", answer]) + b"\n")
        if tail := os.environ.get("PUPPET_TAIL"):
            write(tail.encode())


Puppet().run()
