"""A master that speaks to `spread relay` in frames, written a second time from docs/relay.md. What it
says is queued and goes out while it waits for something; what the relay says is sorted by worker."""

import os
import select

import msgpack

FRAME = b"\xc6"
UNDERWAY_MAX = 256 * 1024
PIECE_MAX = 64 * 1024


def frame(*elements):
    body = msgpack.packb(elements)
    return FRAME + len(body).to_bytes(4, "big") + body


BEGIN = frame(None, "relay")


class Worker:
    """What has been seen of worker k."""

    def __init__(self):
        self.out, self.err = b"", b""
        self.given = self.taken = 0
        self.ups, self.downs = [], []
        self.words = []  # of all its frames, one after the other, runs of the same as one


class RelayMaster:
    def __init__(self, running, wire="msgpack"):
        self._running, process = running, running.process
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        self._wire, self._waiting, self._bytes = wire, bytearray(), bytearray()
        os.set_blocking(self._to, False)
        self.reads = True
        self.hello = None
        self.ended = False  # there is no more to be read
        self.deaf = False  # the relay reads no more
        self.beats = 0
        self.bye = False
        self.workers = {}

    def __getitem__(self, k):
        return self.workers.setdefault(k, Worker())

    # ------------------------------------------------------------ to the relay

    def send_bytes(self, data):
        self._waiting += data

    def send(self, *elements):
        self.send_bytes(frame(*elements))

    def begin(self):
        self.send_bytes(BEGIN)

    def start(self, *ks, **environment):
        for k in ks:
            self.send(k, "start", environment)

    def give(self, k, data):
        """All of it, whatever the relay has taken."""
        self[k].given += len(data)
        for at in range(0, len(data), PIECE_MAX):
            self.send(k, "in", bytes(data[at : at + PIECE_MAX]))

    def feed(self, k, data):
        """As much of it as the relay may be given now; the rest."""
        room = UNDERWAY_MAX - (self[k].given - self[k].taken)
        self.give(k, data[:room])
        return data[room:]

    def close(self):
        """The end of the relay's input, behind all that waits."""
        self.wait(lambda: not self._waiting)
        self._running.close_input()

    # ------------------------------------------------------------ from the relay

    def wait(self, met):
        """Until `met()`; it has to come before the end of what the relay says."""
        while not met():
            if self.ended:
                raise AssertionError(f"the relay has ended, and {self.state()}")
            self.turn()

    def wait_for_end(self):
        while not self.ended:
            self.turn()

    def turn(self):
        """One wait for whatever comes, or can be sent, first."""
        readable = [self._from] if self.reads and not self.ended else []
        writable = [self._to] if self._waiting and not self.deaf else []
        readable, writable, _ = select.select(readable, writable, [])
        if writable:
            try:
                del self._waiting[: os.write(self._to, self._waiting[: 1 << 20])]
            except BrokenPipeError:
                self.deaf = True
                self._waiting.clear()
        if readable:
            self.take(os.read(self._from, 1 << 20))

    def write_or_read(self):
        """Reads only what it has to, so that the relay takes what waits."""
        self.reads = not select.select([], [self._to], [], 0)[1]
        self.turn()

    def take(self, data):
        self.ended = not data
        self._bytes += data
        while self._take_one():
            pass

    def _take_one(self):
        if self.hello is None and self._wire == "json":
            line, newline, rest = bytes(self._bytes).partition(b"\n")
            if newline:
                self.hello, self._bytes = line, bytearray(rest)
            return bool(newline)
        if len(self._bytes) < 5:
            return False
        assert self._bytes[:1] == FRAME, bytes(self._bytes[:80])
        size = 5 + int.from_bytes(self._bytes[1:5], "big")
        if len(self._bytes) < size:
            return False
        message = msgpack.unpackb(bytes(self._bytes[5:size]))
        del self._bytes[:size]
        if self.hello is None:
            assert message[:2] == [None, "hello"], message
            self.hello = message[2]
        else:
            self._take_message(*message)
        return True

    def _take_message(self, k, word, *rest):
        if k is None:
            assert word in ("beat", "bye") and not rest, (word, rest)
            self.beats += word == "beat"
            self.bye = self.bye or word == "bye"
            return
        assert not self.bye, "something comes behind its bye"
        worker = self[k]
        if worker.words[-1:] != [word]:
            worker.words.append(word)
        if word == "out":
            worker.out += rest[0]
        elif word == "err":
            worker.err += rest[0]
        elif word == "took":
            worker.taken += rest[0]
        elif word == "up":
            worker.ups.append(tuple(rest))
            worker.given = worker.taken = 0
        elif word == "down":
            worker.downs.append(tuple(rest))
        else:
            assert word in ("end", "deaf") and not rest, (word, rest)

    def state(self):
        return {k: (w.words, w.downs, w.out[-200:], w.err[-200:]) for k, w in self.workers.items()}
