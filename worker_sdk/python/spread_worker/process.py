"""What the SDK does to the process: descriptors 0 and 1, and the end of the master."""

import fcntl
import os
import select
import sys
import time

from . import beats
from .channel import Channel, refuse, say, start_thread, wait
from .codecs import JsonCodec, MsgpackCodec, msgpack

CAPTURE_MAX = 1 << 20
GRACE_SECONDS = 5.0
channel = None  # From take_over() on.


def take_over():
    """Moves the protocol away from descriptors 0 and 1; the second call finds it done."""
    global channel
    if channel is not None:
        return channel
    wire = os.environ.get("SPREAD_WIRE", "msgpack")
    if wire not in ("msgpack", "json"):
        refuse("speaks --wire msgpack and --wire json, not %s" % wire)
    if os.isatty(0):
        refuse("standard input is a terminal, but this program is a worker; "
               "start it with: spread run -- %s" % " ".join(sys.argv))
    try:
        fd_in = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
        fd_out = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError as e:
        refuse("standard input or output is closed: %s" % e.strerror)
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
    channel = Channel(fd_in, fd_out)
    channel.codec = JsonCodec() if wire == "json" else msgpack and MsgpackCodec()
    channel.features = frozenset(os.environ.pop("SPREAD_FEATURES", "").split(","))
    channel.chunk = os.environ.pop("SPREAD_CHUNK", "") != ""
    beat_seconds = to_seconds(os.environ.pop("SPREAD_BEAT", ""))
    if beat_seconds and channel.codec:  # Before any thread: it forks.
        channel.beats = beats.start(fd_out, channel.codec.encode([None, "beat"]), beat_seconds)
    grace = float(os.environ.get("SPREAD_GRACE", GRACE_SECONDS))
    if not start_thread(watch_master, channel, grace):
        say("no thread can be started (ulimit -u?): the end of spread will be noticed late")
    return channel


def at_work():
    """The channel, from the beginning of run() to its end. Else, and in a child process, None."""
    return channel if channel and channel.working and os.getpid() == channel.pid else None


def to_seconds(text):
    """None: no number above 0."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < 1e6 else None


def give_back(channel):
    """The real stdout is descriptor 1 again: the tail begins."""
    try:
        channel.end()
    except OSError:
        pass  # The master is gone.
    flush_all()  # What C's stdio still holds is not part of the tail.
    if channel.capture:
        channel.capture.stop()
    os.dup2(channel.fd_out, 1)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=False)


def watch_master(channel, grace):
    """Ends the process when stdout has no reader and stdin has ended. poll reports errors and
    hang-ups unasked; the end of stdin it would report for ever while tasks are still being read."""
    wait(channel.fd_out, 0)
    wait(channel.fd_in, getattr(select, "POLLRDHUP", 0))
    time.sleep(grace)
    os._exit(1)


def flush_all():
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        import ctypes
        ctypes.CDLL(None).fflush(None)
    except (ImportError, OSError, AttributeError):
        pass


class Capture:
    """Descriptors 1 and 2 are files while a handler runs. Files and not pipes: a pipe would have to
    be drained by a thread, and a handler that holds the interpreter lock would block on it."""
    def __init__(self):
        import tempfile
        flush_all()
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
        flush_all()
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

    def pass_on(self):
        """What was printed since the last call is no task's: to stderr."""
        text = "".join(filter(None, self.take())).encode()
        while text:
            text = text[os.write(self._saved[1], text):]

    def stop(self):
        self.pass_on()  # Printed by a thread, between tasks.
        for fd, saved in zip((1, 2), self._saved):
            os.dup2(saved, fd)
            os.close(saved)
