"""The two descriptors of the protocol, their buffers, and the task in work."""

import collections
import os
import select
import sys
import threading
import time

from .errors import InputEnded, ProtocolError, Refused, TaskError, TooOld

READ_SIZE = 1 << 20
# Answers may wait for company this long, and only while a further task has been read already
# (docs/protocol.md section 6). The flusher's period is the promise; the other saves system calls.
BATCH_SECONDS = 0.001
FLUSHER_SECONDS = 0.01
BATCH_BYTES = 1 << 16  # Also of the tasks that are decoded at once.


class Channel:
    """The two descriptors of the protocol, their buffers, and the task in work."""
    is_lent = False  # The process is not spread's: streams.py.

    def __init__(self, fd_in, fd_out):
        self.fd_in, self.fd_out, self.pid = fd_in, fd_out, os.getpid()
        self.codec = self.capture = self.task = None
        self.meta, self.features, self.retiring = {}, frozenset(), False
        self.chunk = False  # Task frames are lists of payloads.
        self.call = None  # Answers a payload.
        self.payload = None  # Of the task in work.
        self.ranging = None  # What tells how far that is, shards.range(). False: nothing is to.
        self.working = False  # In run().
        self.is_abandoned = False  # The input has ended while an answer was waited for.
        self.beats = None  # Where they are promised: beats.Beats.
        self.rounds = 0  # Collectives that the task in work has called.
        self.commons = {}  # The common parts of sub-tasks.
        self.run_subtask = None  # Answers one while the task in work waits.
        self.reader = None  # The thread of run().
        self._buffer, self._at, self._scanned = bytearray(), 0, 0
        self._tasks = []  # Those that are decoded, the next one last.
        self._later = collections.deque()  # Those that came while an answer was waited for.
        self._asked, self._replies = 0, {}  # By the question's number; None until it has come.
        self._out, self._lock, self._last_write = bytearray(), threading.Lock(), 0.0
        self._wanted, self._armed, self._flusher = threading.Event(), False, None

    def read(self):
        """The next value's bytes; None at the end of the input."""
        while True:
            first, end = self.codec.find(self._buffer, self._at, self._scanned) or (0, 0)
            if end < 0:
                raise ProtocolError("input is not wire msgpack: byte %02x instead of c6"
                                    % self._buffer[first])
            if end:
                self._at = self._scanned = end
                return self._buffer[first:end]
            self._scanned = len(self._buffer)
            if self._at:
                del self._buffer[:self._at]
                self._scanned, self._at = self._scanned - self._at, 0
            self._check_process()
            chunk = self._read_some()
            if not chunk:
                if self._buffer and not self._replies:
                    raise ProtocolError("input ended inside a message")
                return None
            self._buffer += chunk

    def misfed(self, why):
        """What came in is not the protocol."""
        refuse(why)

    def _read_some(self):
        while True:
            try:
                return os.read(self.fd_in, READ_SIZE)
            except BlockingIOError:  # Another process that shares the pipe made it non-blocking.
                wait(self.fd_in, select.POLLIN)

    def next_task(self):
        """None at the end."""
        if self._later:
            return self._later.popleft()
        while True:
            message = self._next()
            if not is_reply(message):
                return message  # Or prep items that come again. A reply that is not waited for any more is dropped.

    def ask(self, op, *arguments, run=None):
        """The master's answer. Sub-tasks that come in front of it are given to `run`, if there is one;
        other tasks wait. Only by the thread that reads."""
        if "ask" not in self.features:
            raise TooOld("ask")
        if threading.get_ident() != self.reader:
            raise RuntimeError("ask() in another thread than the handler's, which reads the answers")
        self._asked += 1
        seq = self._asked
        self.send([None, "ask", seq, op, self.task] + list(arguments), may_wait=False)
        self._replies[seq] = None
        try:
            while self._replies[seq] is None:
                self._wait_for_reply(run)
            reply = self._replies[seq]
        finally:
            del self._replies[seq]
        if reply[1] == "answer":
            return reply[3]
        raise Refused(reply[3].get("type", ""), reply[3].get("message", ""))

    def _wait_for_reply(self, run):
        """Takes one message. Its reply may be that of a question which waits further up the stack."""
        message = run and self._later_subtask() or self._next()
        if message is None:
            # Spread has closed the input, and wants no answer any more. Where this process has
            # outlived the one that spread has started, an answer would hide how that one ended.
            self.is_abandoned = True
            raise InputEnded()
        if is_reply(message):
            if message[2] in self._replies:
                self._replies[message[2]] = message
        elif run and is_subtask(message):
            run(message)
        else:
            self._later.append(message)

    def _later_subtask(self):
        for message in self._later:
            if is_subtask(message):
                self._later.remove(message)
                return message
        return None

    def _next(self):
        """A task or a reply; None at the end."""
        while True:
            message = self._next_decoded()
            if not self._take_common(message):
                return message

    def _take_common(self, message):
        """Whether it is a common part, or says that one is over."""
        if not is_common(message):
            return False
        if len(message) > 3:
            self.commons[message[2]] = message[3]
        else:
            self.commons.pop(message[2], None)
        return True

    def _next_decoded(self):
        """What was read together is decoded together."""
        if self._tasks:
            return self._tasks.pop()
        body = self.read()
        if body is not None and self.has_more():
            end = self._at + BATCH_BYTES
            try:
                tasks, size = self.codec.decode_all(self._buffer[self._at:end])
                self._at = self._scanned = self._at + size
            except Exception:
                tasks = []
                while self._at < end and self.has_more():
                    tasks.append(self._decode(self.read()))
            self._tasks = tasks[::-1]
        return body if body is None else self._decode(body)

    def _decode(self, body):
        try:
            return self.codec.decode(body)
        except Exception as e:
            problem = TaskError("PayloadError", "the payload cannot be decoded: %s" % e)
            return [self.codec.id_of(body), problem]

    def has_more(self):
        """Whether a whole further task has been read already."""
        if self._tasks or self._later:
            return True
        found = self.codec.find(self._buffer, self._at, self._scanned)
        return found is not None and found[1] >= 0

    def has_task(self):
        """The same, of a task. What says that a common part is over is none, and is taken: behind the last
        task an answer would wait for nothing."""
        while not self._later and self.has_more():
            message = self._next_decoded()
            if not self._take_common(message):
                self._tasks.append(message)
                break
        return self.has_more()

    def send(self, message, may_wait):
        self._check_process()
        with self._lock:
            if not self.working:  # A thread that a handler has left behind.
                return
            self._out += self.codec.encode(message)
            late = time.monotonic() - self._last_write >= BATCH_SECONDS
            if may_wait and not late and len(self._out) < BATCH_BYTES:
                self._armed or self._arm()
            else:
                self._write()

    def flush(self):
        self._check_process()
        with self._lock:
            self._write()

    def end_beats(self):
        """When it has returned, only what is sent stands behind what was sent."""
        if os.getpid() != self.pid:
            return
        with self._lock:
            if self.beats:
                self._write()
                self.beats.end()
            self.beats = None

    def end(self):
        """When it has returned, nothing is written any more."""
        if os.getpid() != self.pid:
            return
        try:
            self.end_beats()
        finally:
            with self._lock:
                self.working = False
                self._write()

    def _write(self):
        view, self._out = memoryview(self._out), bytearray()
        if view and self.beats and self.beats.takes(len(view)):
            self.beats.write(view)
            view = b""
        self._write_all(view)
        self._last_write = time.monotonic()

    def _write_all(self, view):
        while view:
            try:
                view = view[os.write(self.fd_out, view):]
            except BlockingIOError:
                wait(self.fd_out, select.POLLOUT)

    def _arm(self):
        if self._flusher is None:
            self._flusher = start_thread(self._flush_late)
        if not self._flusher:
            self._write()
        elif not self._armed:
            self._armed = True
            self._wanted.set()

    def _flush_late(self):
        """Keeps the promise of 20 ms when the task after a delayed answer is a long one."""
        while True:
            self._wanted.wait()
            self._wanted.clear()
            time.sleep(FLUSHER_SECONDS)
            with self._lock:
                self._armed = False
                try:
                    if self._out:
                        self._write()
                except OSError:
                    return  # The main thread meets the same error, or watch_master ends the process.

    def _check_process(self):
        # A fork that fell out of its handler would answer the parent's task a second time.
        if os.getpid() != self.pid:
            say("a child process returned into run(), and is ended")
            os._exit(70)


def is_reply(message):
    return (isinstance(message, list) and len(message) >= 4 and message[0] is None
            and message[1] in ("answer", "refused"))


def is_common(message):
    return (isinstance(message, list) and len(message) >= 3 and message[0] is None
            and message[1] == "common")


def is_again(message):
    return (isinstance(message, list) and len(message) >= 3 and message[0] is None
            and message[1] == "prep" and isinstance(message[2], list))


def is_subtask(message):
    return (isinstance(message, list) and len(message) >= 3 and isinstance(message[2], dict)
            and "parent" in message[2])


def wait(fd, events):
    poll = select.poll()  # select() is limited to descriptors below 1024.
    poll.register(fd, events)
    poll.poll()


def start_thread(target, *args):
    try:
        threading.Thread(target=target, args=args, daemon=True).start()
        return True
    except RuntimeError:
        return False  # No more are allowed. What they are for can be done without.


def say(text):
    print("spread_worker:", text, file=sys.stderr, flush=True)


def refuse(why):
    say(why)
    sys.exit(2)
