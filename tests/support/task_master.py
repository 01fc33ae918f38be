"""A master that sends tasks to one worker and reads what it says, written a second time from
docs/protocol.md: as a program would that knows neither relays nor scheduling. It never blocks on
what it writes, so whatever it sends goes out while it waits for an answer."""

import json
import os
import select

import msgpack


class TaskMaster:
    def __init__(self, running, wire="msgpack"):
        self.wire = wire
        self._to, self._from = running.process.stdin.fileno(), running.process.stdout.fileno()
        self._running = running
        self._waiting, self._bytes = bytearray(), bytearray()
        os.set_blocking(self._to, False)
        self.messages = []  # all but answers, in order: lists
        self.answers = {}  # id -> what stands behind it
        self.order = []  # of the answers
        self.hello = None
        self.ended = self.bye = self.deaf = False
        self.tail = b""

    # ------------------------------------------------------------ to the worker

    def item(self, value):
        if self.wire == "json":
            self._waiting += json.dumps(value).encode() + b"\n"
        else:
            body = msgpack.packb(value)
            self._waiting += b"\xc6" + len(body).to_bytes(4, "big") + body

    def send(self, *message):
        self.item(message)

    def send_bytes(self, data):
        self._waiting += data

    def close(self):
        """The end of its input, behind all that waits."""
        self.wait(lambda: not self._waiting or self.deaf)
        self._running.close_input()

    @property
    def unsent(self):
        return len(self._waiting)

    # ------------------------------------------------------------ from the worker

    def wait(self, met):
        while not met():
            if self.ended:
                raise AssertionError(f"it has ended, and {self.state()}")
            self.turn()

    def wait_for(self, *ids):
        self.wait(lambda: all(i in self.answers for i in ids))
        return [self.answers[i] for i in ids]

    def wait_for_end(self):
        while not self.ended:
            self.turn()

    def said(self, kind):
        return [message for message in self.messages if message[1] == kind]

    def turn(self, reads=True):
        """One wait for whatever comes, or can be sent, first."""
        readable = [self._from] if reads and not self.ended else []
        writable = [self._to] if self._waiting and not self.deaf else []
        readable, writable, _ = select.select(readable, writable, [])
        if writable:
            try:
                del self._waiting[: os.write(self._to, self._waiting[: 1 << 20])]
            except BrokenPipeError:
                self.deaf = True
        if readable:
            data = os.read(self._from, 1 << 20)
            self.ended = not data
            self._bytes += data
            while self._take_one():
                pass

    def _take_one(self):
        if self.bye:
            self.tail += bytes(self._bytes).removeprefix(b"\n" if self.wire == "msgpack" and not self.tail else b"")
            self._bytes.clear()
            return False
        if self.wire == "json":
            line, newline, rest = bytes(self._bytes).partition(b"\n")
            if newline:
                self._bytes = bytearray(rest)
                self._take(json.loads(line))
            return bool(newline)
        if self._bytes[:1] == b"\n":
            del self._bytes[:1]
        if len(self._bytes) < 5:
            return False
        assert self._bytes[:1] == b"\xc6", bytes(self._bytes[:80])
        size = 5 + int.from_bytes(self._bytes[1:5], "big")
        if len(self._bytes) < size:
            return False
        message = msgpack.unpackb(bytes(self._bytes[5:size]), strict_map_key=False)
        del self._bytes[:size]
        self._take(message)
        return True

    def _take(self, message):
        task, kind, *rest = message
        if self.hello is None:
            assert (task, kind) == (None, "hello"), message
            self.hello = rest[0]
        elif task is not None and kind in ("ok", "error", "fatal", "busy", "cancelled"):
            assert task not in self.answers, f"{task} is answered twice: {message}"
            self.answers[task] = [kind, *rest]
            self.order.append(task)
        else:
            self.bye = self.bye or message == [None, "bye"]
            self.messages.append(message)

    def state(self):
        return {"answers": self.answers, "messages": self.messages, "hello": self.hello}
