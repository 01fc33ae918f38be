"""A worker for spread, in one file: copy it beside your program, or put it on PYTHONPATH.

    import spread_worker
    spread_worker.run(lambda x: x * x)

Speaks wire 1 of docs/protocol.md: msgpack where the `msgpack` package is installed, else JSON
(`--wire json`) with the standard library alone. Python 3.6 or newer, Linux and other POSIX systems.

The protocol leaves descriptors 0 and 1 when this module is imported in a process that spread has
started (SPREAD_WIRE is set), else at the beginning of run(). From then on 0 is /dev/null and 1 is
stderr, for Python, C libraries and child processes alike, so that nothing printed can damage it.
When run() returns, the real stdout is back, and what is printed then is the worker's tail.
"""

import base64
import fcntl
import json
import os
import re
import select
import struct
import sys
import threading
import time

try:
    import msgpack
except ImportError:
    msgpack = None

__all__ = ["run", "progress", "log", "Busy", "TaskError", "Fatal", "Ext"]
__version__ = "0.1"
READ_SIZE = CAPTURE_MAX = 1 << 20
# Answers may wait for company this long, and only while a further task has been read already
# (docs/protocol.md section 6). The flusher's period is the promise; the other saves system calls.
BATCH_SECONDS = 0.001
FLUSHER_SECONDS = 0.01
BATCH_BYTES = 1 << 16  # Also of the tasks that are decoded at once.
GRACE_SECONDS = 5.0
_length_behind = struct.Struct(">BI").pack
_channel = None


class Busy(Exception):
    """Raise it in a handler: not now, give this task to another worker, and this one nothing for about
    `seconds`. The task is not blamed."""
    def __init__(self, seconds=1.0, reason=None):
        super().__init__(seconds, reason)
        self.seconds, self.reason = float(seconds), reason and str(reason)


class TaskError(Exception):
    """Raise it in a handler: this task failed. `type` is one word, `message` one line. Every other
    exception does the same with its class, its text and its trace."""
    def __init__(self, type, message, trace=None):
        super().__init__(type, message)
        self.type, self.message, self.trace = type, message, trace


class Fatal(Exception):
    """Raise it in a handler: the whole run cannot succeed, and stops."""
    def __init__(self, message, type="Fatal"):
        super().__init__(message)
        self.message, self.type = message, type


class ProtocolError(Exception):
    """What came in cannot be understood: the worker ends."""


class Ext:
    """A msgpack extension value: `data` bytes and a `code` from 0 to 127 (received: from -128)."""
    def __init__(self, code, data):
        self.code, self.data = code, data

    def __repr__(self):
        return "Ext(%r, %r)" % (self.code, self.data)


def run(handler, prep=None, capture=False, window=1024):
    """Answers tasks until there are no more, then returns; exits if the work cannot be done.

    handler   called with each payload; what it returns is the result. An exception fails the task.
    prep      called once with the list of prep items, before the first task. The handler is then
              called as handler(payload, context), context being what prep returned. An exception
              ends the worker as a launch failure with that message. Prep items given to a worker
              without prep are such a failure too.
    capture   False: what handlers print goes to stderr at once. True: what a handler, its C
              libraries and its child processes print is attached to the answer, and shown by spread
              under the task's number; the first MiB of it. It is lost if the worker crashes.
    window    the most tasks that may wait in this worker's pipe.

    Payloads and results are None, bool, int, float, str, bytes, list, tuple, dict, Ext; what has a
    tolist() method (numpy) is sent as that.
    """
    channel = _take_over()
    try:
        items = _start(channel, window)
        if items and prep is None:
            raise TaskError("PrepError", "%d prep items, but this worker takes none" % len(items))
        context = prep and prep(items)
    except (Exception, SystemExit) as e:
        _fail_start(channel, e)
    channel.capture = _Capture() if capture else None
    call = handler if prep is None else lambda payload: handler(payload, context)
    try:
        channel.send([None, "ready"], may_wait=False)
        _serve(channel, call)
        channel.flush()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(1)  # The master is gone; the grace time is running (_watch_master).
    finally:
        _give_back(channel)


def progress(fraction, text=None):
    """Tells how far the current task is: `fraction` from 0 to 1, and a few words. Cheap; sent
    within some 10 ms. Ignored outside of a handler."""
    _tell("progress", float(fraction), text)


def log(text):
    """A line about the current task, for spread's log. On stderr outside of a handler."""
    if not _tell("log", str(text)):
        print(text, file=sys.stderr)


class _MsgpackCodec:
    name = "msgpack"
    def __init__(self):
        # surrogateescape: a str that is not UTF-8 must come back as the same bytes.
        self._pack = msgpack.Packer(use_bin_type=True, default=self._other,
                                    unicode_errors="surrogateescape").pack
        self._options = {"raw": False, "ext_hook": Ext, "unicode_errors": "surrogateescape"}
        if msgpack.version >= (0, 6):
            self._options["strict_map_key"] = False

    @staticmethod
    def _other(value):
        if isinstance(value, Ext):
            return msgpack.ExtType(value.code, value.data)
        if isinstance(value, int):
            raise OverflowError("integers end at 2^64; this has %d bits" % value.bit_length())
        return _to_plain(value)

    def encode(self, message):
        body = self._pack(message)
        return _length_behind(0xC6, len(body)) + body + b"\n"

    def decode(self, body):
        return msgpack.unpackb(body, **self._options)

    def decode_all(self, piece):
        """The values of the whole messages in front, and their bytes. Any exception: one by one."""
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(piece)
        frames = list(unpacker)
        bodies = b"".join(frames)
        size = len(bodies) + 5 * len(frames)
        if unpacker.tell() != size:
            raise ProtocolError("a frame that is no bin 32")
        return self.decode(_length_behind(0xDD, len(frames)) + bodies), size

    @staticmethod
    def id_of(body):
        try:
            unpacker = msgpack.Unpacker(raw=True)
            unpacker.feed(body)
            return unpacker.unpack() if unpacker.read_array_header() == 2 else None
        except Exception:
            return None

    @staticmethod
    def find(buffer, at, _scanned):
        """Where the next value, from `at` on, begins and ends; None if it is not complete, as it
        is not up to `scanned`; an end of -1 if there is something else."""
        if len(buffer) - at < 5:
            return None
        if buffer[at] != 0xC6:
            return at, -1
        end = at + 5 + int.from_bytes(buffer[at + 1:at + 5], "big")
        return (at + 5, end) if end <= len(buffer) else None


class _JsonCodec:
    name = "json"
    def __init__(self):
        self._encode = json.JSONEncoder(separators=(",", ":"), default=self._other).encode
        self._marked = json.JSONDecoder(object_hook=self._mark).decode

    @staticmethod
    def _other(value):
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$bin": base64.b64encode(value).decode()}
        if isinstance(value, Ext):
            return {"$ext": [value.code, base64.b64encode(value.data).decode()]}
        return _to_plain(value)

    @staticmethod
    def _mark(value):
        try:
            (key, held), = value.items()
            if key == "$bin":
                return base64.b64decode(held, validate=True)
            if key == "$ext":
                code, data = held
                return Ext(code, base64.b64decode(data, validate=True))
        except (TypeError, ValueError):
            pass  # A map of another size, or one that happens to have that key.
        return value

    def encode(self, message):
        # A newline in front, so that another writer's unfinished line does not swallow the message;
        # not of hello and ready, which `spread all` wants as the very first bytes.
        start = "" if message[1] in ("hello", "ready") else "\n"
        return (start + self._encode(message) + "\n").encode("utf-8", "surrogatepass")

    def decode(self, body):
        text = body.decode("utf-8")
        return self._marked(text) if '{"$' in text else json.loads(text)

    def decode_all(self, piece):
        size = piece.rfind(b"\n") + 1
        values = self.decode(b"[%b]" % piece[:max(size - 1, 0)].replace(b"\n", b","))
        if len(values) != piece.count(b"\n"):
            raise ProtocolError("a line that is no value")
        return values, size

    @staticmethod
    def id_of(body):
        found = re.match(rb"\s*\[\s*(\d+)\s*,", body)
        return int(found.group(1)) if found else None

    @staticmethod
    def find(buffer, at, scanned):
        end = buffer.find(b"\n", max(at, scanned))
        return (at, end + 1) if end >= 0 else None


def _to_plain(value):
    if not hasattr(value, "tolist"):
        raise TypeError("a result cannot hold a %s" % type(value).__name__)
    return value.tolist()


class _Channel:
    """The two descriptors of the protocol, their buffers, and the task in work."""
    def __init__(self, fd_in, fd_out):
        self.fd_in, self.fd_out, self.pid = fd_in, fd_out, os.getpid()
        self.codec = self.capture = self.task = None
        self._buffer, self._at, self._scanned = bytearray(), 0, 0
        self._tasks = []  # Those that are decoded, the next one last.
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
            try:
                chunk = os.read(self.fd_in, READ_SIZE)
            except BlockingIOError:  # Another process that shares the pipe made it non-blocking.
                _wait(self.fd_in, select.POLLIN)
                continue
            if not chunk:
                if self._buffer:
                    raise ProtocolError("input ended inside a message")
                return None
            self._buffer += chunk

    def next_task(self):
        """None at the end. Tasks that were read together are decoded together."""
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
        if self._tasks:
            return True
        found = self.codec.find(self._buffer, self._at, self._scanned)
        return found is not None and found[1] >= 0

    def send(self, message, may_wait):
        self._check_process()
        with self._lock:
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

    def _write(self):
        view, self._out = memoryview(self._out), bytearray()
        while view:
            try:
                view = view[os.write(self.fd_out, view):]
            except BlockingIOError:
                _wait(self.fd_out, select.POLLOUT)
        self._last_write = time.monotonic()

    def _arm(self):
        if self._flusher is None:
            self._flusher = _start_thread(self._flush_late)
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
                    return  # The main thread meets the same error, or _watch_master ends the process.

    def _check_process(self):
        # A fork that fell out of its handler would answer the parent's task a second time.
        if os.getpid() != self.pid:
            _say("a child process returned into run(), and is ended")
            os._exit(70)


def _wait(fd, events):
    poll = select.poll()  # select() is limited to descriptors below 1024.
    poll.register(fd, events)
    poll.poll()


def _start_thread(target, *args):
    try:
        threading.Thread(target=target, args=args, daemon=True).start()
        return True
    except RuntimeError:
        return False  # No more are allowed. What they are for can be done without.


def _say(text):
    print("spread_worker:", text, file=sys.stderr, flush=True)


def _refuse(why):
    _say(why)
    sys.exit(2)


def _take_over():
    """Moves the protocol away from descriptors 0 and 1; the second call finds it done."""
    global _channel
    if _channel is not None:
        return _channel
    wire = os.environ.get("SPREAD_WIRE", "msgpack")
    if wire not in ("msgpack", "json"):
        _refuse("speaks --wire msgpack and --wire json, not %s" % wire)
    if os.isatty(0):
        _refuse("standard input is a terminal, but this program is a worker; "
                "start it with: spread run -- %s" % " ".join(sys.argv))
    try:
        fd_in = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
        fd_out = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError as e:
        _refuse("standard input or output is closed: %s" % e.strerror)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # stderr is closed
        os.dup2(null, 1)
        os.dup2(null, 2)
    os.close(null)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # It is stderr now.
    os.environ.pop("SPREAD_WIRE", None)  # A child that imports this is no worker of spread's.
    _channel = _Channel(fd_in, fd_out)
    _channel.codec = _JsonCodec() if wire == "json" else msgpack and _MsgpackCodec()
    grace = float(os.environ.get("SPREAD_GRACE", GRACE_SECONDS))
    if not _start_thread(_watch_master, _channel, grace):
        _say("no thread can be started (ulimit -u?): the end of spread will be noticed late")
    return _channel


def _give_back(channel):
    """The real stdout is descriptor 1 again: the tail begins."""
    _flush_all()  # What C's stdio still holds is not part of the tail.
    if channel.capture:
        channel.capture.stop()
    os.dup2(channel.fd_out, 1)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=False)


def _watch_master(channel, grace):
    """Ends the process when stdout has no reader and stdin has ended. poll reports errors and
    hang-ups unasked; the end of stdin it would report for ever while tasks are still being read."""
    _wait(channel.fd_out, 0)
    _wait(channel.fd_in, getattr(select, "POLLRDHUP", 0))
    time.sleep(grace)
    os._exit(1)


def _flush_all():
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        import ctypes
        ctypes.CDLL(None).fflush(None)
    except (ImportError, OSError, AttributeError):
        pass


class _Capture:
    """Descriptors 1 and 2 are files while a handler runs. Files and not pipes: a pipe would have to
    be drained by a thread, and a handler that holds the interpreter lock would block on it."""
    def __init__(self):
        import tempfile
        _flush_all()
        self._saved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in (1, 2)]
        self._files = []
        for fd in (1, 2):
            file = tempfile.TemporaryFile(buffering=0)
            # Appending, since children that outlive their task write behind a truncation.
            flags = fcntl.fcntl(file, fcntl.F_GETFL)
            fcntl.fcntl(file, fcntl.F_SETFL, flags | os.O_APPEND)
            os.dup2(file.fileno(), fd)
            self._files.append(file)

    def take(self):
        """What was printed since the last call: [], [so], or [so or None, se]."""
        _flush_all()
        texts = [self._take_one(file) for file in self._files]
        while texts and not texts[-1]:
            texts.pop()
        return texts

    @staticmethod
    def _take_one(file):
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return None
        text = os.pread(file.fileno(), CAPTURE_MAX, 0).decode("utf-8", "backslashreplace")
        os.ftruncate(file.fileno(), 0)
        more = size - CAPTURE_MAX
        return text if more <= 0 else text + "\n... %d bytes more\n" % more

    def stop(self):
        texts = self.take()  # Printed by a thread, between tasks.
        for fd, saved in zip((1, 2), self._saved):
            os.dup2(saved, fd)
            os.close(saved)
        print("".join(filter(None, texts)), end="", file=sys.stderr, flush=True)


def _start(channel, window):
    if channel.codec is None:
        raise ImportError("python3-msgpack is not installed here; install it, or use --wire json")
    text = os.environ.get("SPREAD_PREP", "0")
    if not re.match(r"[0-9]+\Z", text):
        raise ValueError("SPREAD_PREP is not a number: %r" % text)
    channel.send([None, "hello", {"wire": 1, "prep": int(text), "window": window, "lang": "python",
                                  "sdk": "spread_worker " + __version__}], may_wait=False)
    items = []
    while len(items) < int(text):
        body = channel.read()
        if body is None:
            raise ProtocolError("input ended after %d of %s prep items" % (len(items), text))
        items.append(channel.codec.decode(body))
    return items


def _fail_start(channel, error):
    failure = _describe(error)
    _say("preparation failed: %(type)s: %(message)s" % failure)
    try:
        if channel.codec is None:
            os.write(channel.fd_out, _bare_failure(failure))
        else:
            channel.send([None, "error", failure], may_wait=False)
    except OSError:
        pass
    sys.exit(1)


def _bare_failure(failure):
    """[nil, "error", {...}] without the msgpack package."""
    words = [w.encode() for w in ("type", failure["type"], "message", failure["message"])]
    texts = b"".join(b"\xda" + struct.pack(">H", len(w)) + w for w in words)
    return _length_behind(0xC6, 9 + len(texts)) + b"\x93\xc0\xa5error\x82" + texts + b"\n"


def _serve(channel, call):
    while True:
        try:
            task = channel.next_task()
            if task is None:
                return
            answer = _answer(channel, call, task)
        except ProtocolError as e:
            channel.flush()
            _refuse(str(e))
        printed = channel.capture.take() if channel.capture else []
        if answer[1] != "busy":  # A refusal carries none: the task has not begun.
            answer.extend(printed)
        try:
            channel.send(answer, may_wait=channel.has_more())
        except (TypeError, ValueError, OverflowError, RecursionError) as e:
            channel.send([answer[0], "error", _describe(e)] + printed, may_wait=False)


def _answer(channel, call, task):
    if not (isinstance(task, list) and len(task) == 2 and type(task[0]) is int and task[0] >= 0):
        raise ProtocolError("input is not a task [id, payload]; is SPREAD_PREP passed on?")
    id, payload = task
    channel.task = id
    try:
        if type(payload) is TaskError:
            raise payload
        return [id, "ok", call(payload)]
    except Busy as e:
        return [id, "busy", e.seconds] + ([e.reason] if e.reason else [])
    except Fatal as e:
        return [id, "fatal", {"type": str(e.type), "message": str(e.message)}]
    except BaseException as e:  # sys.exit() in a handler, too, is the end of a task only.
        if isinstance(e, KeyboardInterrupt):
            raise
        return [id, "error", _describe(e)]
    finally:
        channel.task = None


def _describe(error):
    """The map of an error answer. Text is made UTF-8: a file name may not be."""
    if isinstance(error, TaskError):
        type_name, message, trace = error.type, error.message, error.trace
    else:
        import traceback
        try:
            message = str(error)
        except Exception:
            message = "(its text cannot be had)"
        type_name, trace = type(error).__name__, error.__traceback__
        while trace and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        trace = trace and "".join(traceback.format_exception(type(error), error, trace))
    found = (("type", type_name), ("message", message), ("trace", trace))
    return {k: str(v).encode(errors="backslashreplace").decode() for k, v in found if v is not None}


def _tell(*message):
    channel = _channel
    if channel is None or channel.task is None or os.getpid() != channel.pid:
        return False
    channel.send([channel.task] + [part for part in message if part is not None], may_wait=True)
    return True


if "SPREAD_WIRE" in os.environ:
    _take_over()
