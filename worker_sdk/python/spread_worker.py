"""A worker for spread, in one file: copy it beside your program, or put it on PYTHONPATH.

    import spread_worker
    spread_worker.run(lambda x: x * x)

Speaks wire 1 of docs/protocol.md: msgpack where the `msgpack` package is installed, else JSON
(`--wire json`) with the standard library alone. Python 3.6 or newer, Linux and other POSIX systems.

The protocol leaves file descriptors 0 and 1 before anything else happens: when this module is
imported in a process that spread has started (SPREAD_WIRE is set), else at the beginning of run().
From then on descriptor 0 is /dev/null and 1 is stderr, for Python, C libraries and child processes
alike, so nothing that is printed can damage the protocol. When run() returns, the real stdout is
back, and what is printed then is the worker's tail.
"""

import base64
import binascii
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

READ_SIZE = 1 << 20
# Answers may wait for company this long, and only while a further task has been read already
# (docs/protocol.md section 6). The flusher's period is the promise; the other saves system calls.
BATCH_SECONDS = 0.001
FLUSHER_SECONDS = 0.01
BATCH_BYTES = 1 << 16
CAPTURE_MAX = 1 << 20
GRACE_SECONDS = 5.0


class Busy(Exception):
    """Raise it in a handler: not now, give this task to someone else, and me nothing for about
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
        context = None
        if prep is not None:
            context = prep(items)
        elif items:
            raise TaskError("PrepError", "%d prep items, but this worker takes none" % len(items))
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
        return b"\xc6" + struct.pack(">I", len(body)) + body + b"\n"

    def decode(self, body):
        return msgpack.unpackb(body, **self._options)

    @staticmethod
    def id_of(body):
        """The id of a task whose payload cannot be decoded."""
        try:
            unpacker = msgpack.Unpacker(raw=True)
            unpacker.feed(body)
            return unpacker.unpack() if unpacker.read_array_header() == 2 else None
        except Exception:
            return None

    @staticmethod
    def find(buffer, at, _scanned):
        """Where the next value begins and ends; None if it is not complete. It is searched from
        `at`, and is known not to end before `scanned`."""
        if len(buffer) - at < 5:
            return None
        if buffer[at] != 0xC6:
            raise ProtocolError("input is not wire msgpack: byte %02x instead of c6" % buffer[at])
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
        if len(value) == 1:
            try:
                if "$bin" in value:
                    return base64.b64decode(value["$bin"], validate=True)
                if "$ext" in value:
                    code, data = value["$ext"]
                    return Ext(code, base64.b64decode(data, validate=True))
            except (TypeError, ValueError, binascii.Error):
                pass  # A map that happens to have that key.
        return value

    def encode(self, message):
        # A newline in front, so that someone else's unfinished line does not swallow the message;
        # not of hello and ready, which `spread all` wants as the very first bytes.
        start = "" if message[1] in ("hello", "ready") else "\n"
        return (start + self._encode(message) + "\n").encode("utf-8", "surrogatepass")

    def decode(self, body):
        text = body.decode("utf-8")
        return self._marked(text) if '{"$' in text else json.loads(text)

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
        self.fd_in, self.fd_out = fd_in, fd_out
        self.pid = os.getpid()
        self.codec = None
        self.capture = None
        self.task = None
        self._buffer, self._at, self._scanned = bytearray(), 0, 0
        self._out, self._lock, self._last_write = bytearray(), threading.Lock(), 0.0
        self._wanted, self._armed, self._flusher = threading.Event(), False, None

    def read(self):
        """The next value's bytes; None at the end of the input."""
        while True:
            found = self.codec.find(self._buffer, self._at, self._scanned)
            if found:
                first, self._at = found
                self._scanned = self._at
                return self._buffer[first:self._at]
            self._scanned = len(self._buffer)
            if self._at:
                del self._buffer[:self._at]
                self._scanned, self._at = self._scanned - self._at, 0
            self._check_process()
            try:
                chunk = os.read(self.fd_in, READ_SIZE)
            except BlockingIOError:  # Someone who shares the pipe made it non-blocking.
                _wait(self.fd_in, select.POLLIN)
                continue
            if not chunk:
                if self._buffer:
                    raise ProtocolError("input ended inside a message")
                return None
            self._buffer += chunk

    def has_more(self):
        """Whether a whole further task has been read already."""
        try:
            return self.codec.find(self._buffer, self._at, self._scanned) is not None
        except ProtocolError:
            return False  # read() will say it.

    def send(self, message, may_wait):
        self._check_process()
        with self._lock:
            self._out += self.codec.encode(message)
            late = time.monotonic() - self._last_write >= BATCH_SECONDS
            if may_wait and not late and len(self._out) < BATCH_BYTES:
                self._arm()
            else:
                self._write()

    def flush(self):
        self._check_process()
        with self._lock:
            self._write()

    def _write(self):
        view = memoryview(self._out)
        try:
            while view:
                try:
                    view = view[os.write(self.fd_out, view):]
                except BlockingIOError:
                    _wait(self.fd_out, select.POLLOUT)
        finally:
            view.release()
            self._out = bytearray()  # Also after a broken pipe: nobody will ever read it.
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
                    return  # The main thread meets the same error, or _watch_master ends us.

    def _check_process(self):
        # A fork that fell out of its handler would answer the parent's task a second time.
        if os.getpid() != self.pid:
            _say("a child process returned into run(), and is ended")
            os._exit(70)


_channel = None


def _wait(fd, events):
    poll = select.poll()  # select() is limited to descriptors below 1024.
    poll.register(fd, events)
    poll.poll()


def _start_thread(target, *args):
    """False where no more are allowed: what they are for can be done without."""
    try:
        threading.Thread(target=target, args=args, daemon=True).start()
        return True
    except RuntimeError:
        return False


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
    # A child that imports this module is no worker of spread's.
    os.environ.pop("SPREAD_WIRE", None)
    _channel = _Channel(fd_in, fd_out)
    if wire == "json":
        _channel.codec = _JsonCodec()
    elif msgpack is not None:
        _channel.codec = _MsgpackCodec()
    grace = float(os.environ.get("SPREAD_GRACE", GRACE_SECONDS))
    if not _start_thread(_watch_master, _channel, grace):
        _say("no thread can be started (ulimit -u?): the end of spread will be noticed late")
    return _channel


def _give_back(channel):
    """The real stdout is descriptor 1 again: the tail begins."""
    sys.stdout.flush()
    if channel.capture:
        channel.capture.stop()
    else:
        _flush_c()  # What C's stdio still holds is not part of the tail.
    os.dup2(channel.fd_out, 1)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=False)


def _watch_master(channel, grace):
    """Ends the process when nobody wants its answers: stdout has no reader and stdin has ended.

    Blocks in poll: errors and hang-ups are reported without being asked for. The end of stdin
    comes second, since it would be reported for ever while tasks are still being read.
    """
    _wait(channel.fd_out, 0)
    _wait(channel.fd_in, getattr(select, "POLLRDHUP", 0))
    time.sleep(grace)
    os._exit(1)


def _flush_c():
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
        sys.stdout.flush()
        sys.stderr.flush()
        _flush_c()
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
        sys.stdout.flush()
        sys.stderr.flush()
        _flush_c()
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
        texts = self.take()
        for fd, saved in zip((1, 2), self._saved):
            os.dup2(saved, fd)
            os.close(saved)
        sys.stderr.write("".join(filter(None, texts)))  # Printed by a thread, between tasks.
        sys.stderr.flush()


def _start(channel, window):
    """hello, then exactly the prep items."""
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
    body = b"\x93\xc0\xa5error\x82" + texts
    return b"\xc6" + struct.pack(">I", len(body)) + body + b"\n"


def _serve(channel, call):
    while True:
        try:
            body = channel.read()
            if body is None:
                return
            answer = _answer(channel, call, body)
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


def _answer(channel, call, body):
    problem = None
    try:
        task = channel.codec.decode(body)
    except Exception as e:
        task, problem = [channel.codec.id_of(body), None], e
    if not (isinstance(task, list) and len(task) == 2 and type(task[0]) is int and task[0] >= 0):
        raise ProtocolError("input is not a task [id, payload]; is SPREAD_PREP passed on?")
    id = channel.task = task[0]
    try:
        if problem is not None:
            raise TaskError("PayloadError", "the payload cannot be decoded: %s" % problem)
        return [id, "ok", call(task[1])]
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
        found = {"type": error.type, "message": error.message}
        if error.trace is not None:
            found["trace"] = error.trace
    else:
        import traceback
        try:
            message = str(error)
        except Exception:
            message = "(its text cannot be had)"
        found = {"type": type(error).__name__, "message": message}
        trace = error.__traceback__
        while trace and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        if trace:
            found["trace"] = "".join(traceback.format_exception(type(error), error, trace))
    return {k: str(v).encode("utf-8", "backslashreplace").decode() for k, v in found.items()}


def _tell(*message):
    channel = _channel
    if channel is None or channel.task is None or os.getpid() != channel.pid:
        return False
    channel.send([channel.task] + [part for part in message if part is not None], may_wait=True)
    return True


if "SPREAD_WIRE" in os.environ:
    _take_over()
