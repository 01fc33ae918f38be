"""Signs of life, from a process of their own: a handler may hold the interpreter lock for minutes.

The process writes a beat to the worker's stdout every so many seconds. A pipe takes up to PIPE_BUF
bytes as a whole, so a beat cannot come into the middle of a write that is no longer; the worker
hands what is longer, and everything where stdout is no pipe, to the process, which writes it between
two beats. So there is no lock, which a thread could hold while it waits for the interpreter's.
docs/decisions/0022-beats.md has the reasons.
"""

import os
import select
import signal
import stat
import struct
import warnings

SIZE = struct.Struct(">Q")
COPY_BYTES = 1 << 16


class Beats:
    """The worker's end. Beats begin with the first write, the hello."""
    def __init__(self, link, direct):
        self._link, self._direct, self._begun = link, direct, False

    def takes(self, size):
        """Whether so many bytes are for write(), and not for the descriptor itself."""
        return not self._begun or size > self._direct

    def write(self, data):
        # In one call: between two, this thread might wait for the interpreter's lock, and the process
        # for the rest.
        head = SIZE.pack(len(data))
        sent = self._link.sendmsg([head, data]) - len(head)
        if sent < len(data):  # A signal came, or it is larger than one call takes.
            self._link.sendall(data[sent:])
        self._begun = True
        if not self._link.recv(1):
            raise BrokenPipeError("the process that writes answers is gone")

    def end(self):
        """When it has returned, no beat follows."""
        try:
            self._link.shutdown(1)
            self._link.recv(1)
        except OSError:
            pass
        self._link.close()


def start(fd_out, beat, seconds):
    """None where there can be none. `beat`: its bytes, at most PIPE_BUF."""
    import socket
    worker = os.getpid()
    is_pipe = stat.S_ISFIFO(os.fstat(fd_out).st_mode)
    try:
        ours, theirs = socket.socketpair()
        with warnings.catch_warnings():  # Threads that a library has started do not matter to this child.
            warnings.simplefilter("ignore")
            child = os.fork()
    except OSError:
        return None
    if child == 0:
        # A grandchild, so that a handler that waits for all its children does not wait for this one.
        try:
            if os.fork() == 0:
                Writer(fd_out, theirs.fileno(), beat, seconds, worker).run()
        finally:
            os._exit(0)
    theirs.close()
    try:
        os.waitpid(child, 0)
    except ChildProcessError:
        pass  # The program has others ask for it.
    if not ours.recv(1):
        return None
    return Beats(ours, select.PIPE_BUF if is_pipe else 0)


class Writer:
    """The process. It lives as long as the worker's end of the link, so that it never keeps stdout
    open for longer than the worker would."""
    def __init__(self, fd_out, link, beat, seconds, worker):
        self._out, self._link, self._beat, self._worker = fd_out, link, beat, worker
        self._milliseconds = max(1, int(seconds * 1000))

    def run(self):
        self._leave_the_rest()
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        os.write(self._link, b".")
        timeout = None
        while True:
            if not poll.poll(timeout):
                state = self._worker_state()
                if state in "ZX":
                    return
                if state not in "Tt":  # One that is stopped is to be missed.
                    self._write(self._beat)
            elif not self._copy():
                return
            else:
                timeout = self._milliseconds

    def _leave_the_rest(self):
        """What the worker has open it may want to close; and only its end is to end this process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        for name in os.listdir("/dev/fd"):
            if int(name) > 2 and int(name) not in (self._out, self._link):
                try:
                    os.close(int(name))
                except OSError:
                    pass  # That of the listing.

    def _copy(self):
        """One write of the worker. False at its end, after which a beat would stand inside it."""
        left = self._read(SIZE.size)
        left = left and SIZE.unpack(left)[0]
        while left:
            piece = os.read(self._link, min(left, COPY_BYTES))
            if not piece:
                return False
            self._write(piece)
            left -= len(piece)
        if left == 0:
            os.write(self._link, b".")
        return left == 0

    def _read(self, size):
        data = b""
        while len(data) < size:
            piece = os.read(self._link, size - len(data))
            if not piece:
                return None
            data += piece
        return data

    def _write(self, data):
        while data:
            try:
                data = data[os.write(self._out, data):]
            except BlockingIOError:  # Another process that shares the pipe made it non-blocking.
                poll = select.poll()
                poll.register(self._out, select.POLLOUT)
                poll.poll()

    def _worker_state(self):
        """As the kernel has it: "T" is stopped, "Z" and "X" dead. A child of the worker may hold the
        link for longer than the worker lives."""
        try:
            with open("/proc/%d/stat" % self._worker, "rb") as file:
                return file.read().rpartition(b") ")[2][:1].decode()
        except OSError:
            return "X" if os.path.exists("/proc/self/stat") else "R"
