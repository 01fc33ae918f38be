"""What tests of `spread map` have in common: its jobs are lines of shell, which tell a Post what
they do and wait at a Gate."""

import fcntl
import os
import re
import sys
import termios

from spread_testing import SpreadTest, living_processes


def failures(*jobs, of, not_run=""):
    """What stderr says at the end. `jobs`: (number, how it ended, command), of which no two that
    follow each other ended in the same way."""
    text = ""
    total = f"spread: {len(jobs)} of {of} job{'s' if of != 1 else ''} failed"
    if len(jobs) == 1:
        number, how, command = jobs[0]
        which = f" (job {number})" if of > 1 else ""
        text = f"{total}{which}: {how}: {command}\n"
    elif jobs:
        text = "".join(f"spread: job {number}: {how}: {command}\n" for number, how, command in jobs)
        text += f"{total}\n"
    return text + (f"spread: {not_run}\n" if not_run else "")


def tell(post, text="{}"):
    """A job's command that reports `text`, a word of shell."""
    return f"echo {text} >>{post.path}"


def wait_at(gate):
    """A job's command that ends when the gate lets it through."""
    return f"head -c1 <{gate.path} >/dev/null"


class MapTest(SpreadTest):
    def map(self, *words, input="", **how):
        return self.spread("map", *words, input=input, **how)

    def start_map(self, *words, **how):
        return self.start("map", *words, **how)

    def read(self, name, mode="r"):
        text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
        with open(self.path(name), mode, **text) as file:
            return file.read()

    def wait_for_line(self, running, start):
        """Reads stderr to a line that begins so. The line."""
        for line in running.process.stderr:
            if line.decode().startswith(start):
                return line.decode()
        return self.fail(f"the run ended without telling: {start}")

    def wait_until_gone(self, group):
        """No process is left in a job's process group. One that has been killed may take a moment."""
        while living_processes(group):
            pass

    def close_output(self, running):
        """The reader of its stdout goes away."""
        running.process.stdout.close()
        running.process.stdout = None


def marked_processes(mark):
    """The pids of those that were started by the run whose SPREAD_RUN this is."""
    marked = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if f"SPREAD_RUN={mark}".encode() in file.read().split(b"\0"):
                    marked.append(int(name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return marked


def is_polled(pid, fd):
    """Whether what the process has at `fd` is in one of its epoll sets."""
    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
        inode = re.search(r"ino:\s*(\d+)", info.read()).group(1)
    wanted = f"ino:{int(inode):x}"
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
                if any(l.startswith("tfd:") and wanted in l.split() for l in info):
                    return True
        except FileNotFoundError:
            pass
    return False


def is_asleep(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2][0] == "S"


def write_until_held(running, data):
    """Writes `data` to its input again and again until it does not read any more: the pipe is full,
    and no process waits for what is in it. How much was taken."""
    pipe = running.process.stdin
    os.set_blocking(pipe.fileno(), False)
    written = 0
    while written < 64 << 20:
        try:
            written += os.write(pipe.fileno(), data[written % len(data) :])
            continue
        except BlockingIOError:
            pass
        if is_asleep(running.pid) and not is_polled(running.pid, 0):
            break
    os.set_blocking(pipe.fileno(), True)
    return written


def wait_until_half_full(pipe):
    """Until much has been written to the pipe, of which `pipe` is the end to read from. (Quite
    full it need not become: a page may be used for less than it holds.)"""
    size = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    held = bytearray(4)
    while int.from_bytes(held, sys.byteorder) < size // 2:
        fcntl.ioctl(pipe, termios.FIONREAD, held)


def is_signal_pending(pid, number):
    """Whether the process has been sent the signal, and has not taken note of it."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        pending = re.search(r"ShdPnd:\s*(\w+)", status.read()).group(1)
    return bool(int(pending, 16) & 1 << (number - 1))
