"""What every test on real processes stands on: run spread, talk to its workers, wait for what they
do. Nothing here sleeps or looks at a clock. A test waits for an observable: a byte in a fifo, an
exit, the end of a pipe; and one deadline for the whole test, which only a hanging one can meet,
ends the wait.
"""

import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest

SPREAD = os.environ["SPREAD"]
SOURCE = os.environ["SPREAD_SOURCE"]
BUILD = os.environ["SPREAD_BUILD"]
PYTHON = "/usr/bin/python3"
WORKERS = os.path.join(SOURCE, "tests", "support", "workers")
SQUARE = [PYTHON, os.path.join(SOURCE, "examples", "square", "square.py")]
# Obeys its tasks; see there for what they may say.
PUPPET = [PYTHON, os.path.join(WORKERS, "puppet.py")]

DEADLINE = 60
# The last word of a run in which not every task succeeded.
SUMMARY = r"spread: \d+ of \d+ tasks? did not succeed: .*"


def do(*steps, **more):
    """A task for PUPPET: do(["kill", 9]) or do(["wait", gate.path], answer=7)."""
    return {"do": list(steps), **more}


def json_lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


# A test run in the background inherits an ignored SIGINT, and what is ignored stays so in spread.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Result:
    """How a run ended."""

    def __init__(self, status, out, err):
        self.status, self.raw, self.err = status, out, err

    @property
    def out(self):
        return self.raw.decode()

    @property
    def values(self):
        """The lines of the output, as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.raw[:2000]!r}\nstderr: {self.err[:4000]}"


class Post:
    """A fifo on which workers report; the test reads one line at a time."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        # Both directions: opening it does not wait for another process, and it never comes to its end.
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._rest = b""

    def line(self):
        while b"\n" not in self._rest:
            self._rest += os.read(self._fd, 4096)
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def is_empty(self):
        return not self._rest and not select.select([self._fd], [], [], 0)[0]

    def close(self):
        os.close(self._fd)


class Gate:
    """A fifo at which workers wait until the test lets so many of them through. They are let
    through, too, when the test is gone."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def open(self, count=1, letter=b"."):
        os.write(self._fd, letter * count)

    def shut(self):
        """No further process passes of those for which it was opened."""
        while select.select([self._fd], [], [], 0)[0]:
            os.read(self._fd, 4096)

    def close(self):
        os.close(self._fd)


class Clock:
    """The monotonic clock of the runs of a test. It goes by what a run does, at 0.1 ms a look, and
    jumps at forward(). A run that waits for a moment takes no note of a jump before something else
    wakes it."""

    def __init__(self, path):
        self._seconds = 1000
        self.path = path
        self.forward(0)

    def forward(self, seconds):
        self._seconds += seconds
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        os.pwrite(fd, self._seconds.to_bytes(8, sys.byteorder), 0)
        os.close(fd)


class Running:
    """A run that goes on while the test does something."""

    def __init__(self, process):
        self.process = process
        self.pid = process.pid
        self._err = None

    def write(self, data):
        self.process.stdin.write(data if isinstance(data, bytes) else data.encode())
        self.process.stdin.flush()

    def close_input(self):
        self.process.stdin.close()
        self.process.stdin = None

    def read_line(self):
        return self.process.stdout.readline().decode()

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self):
        """Its end. What has been read from its stdout already is not in it."""
        out, err = self.process.communicate()
        return Result(self.process.returncode, out or b"", (err or b"").decode("utf-8", "replace"))


class SpreadTest(unittest.TestCase):
    """A directory, a deadline, and no process left behind."""

    maxDiff = None
    deadline = DEADLINE

    def setUp(self):
        signal.signal(signal.SIGALRM, self._too_late)
        signal.alarm(self.deadline)
        self.addCleanup(signal.alarm, 0)
        folder = tempfile.TemporaryDirectory(prefix="spread-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.environment = {
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "XDG_STATE_HOME": os.path.join(self.folder, "state"),
        }

    def _too_late(self, *_):
        raise AssertionError(f"nothing happened for {self.deadline} s: {self.id()}")

    # ------------------------------------------------------------ parts of a test

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def script(self, name, text):
        path = self.file(name, text)
        os.chmod(path, 0o755)
        return path

    def post(self, name="post"):
        post = Post(self.path(name))
        self.addCleanup(post.close)
        return post

    def gate(self, name="gate"):
        gate = Gate(self.path(name))
        self.addCleanup(gate.close)
        return gate

    def clock(self):
        """Of the runs that begin from now on; not of their workers."""
        clock = Clock(self.path("clock"))
        self.environment.update(SPREAD_TEST_CLOCK=clock.path, LD_PRELOAD=self._preloaded("clock"))
        return clock

    def close_fails(self, path):
        """In the runs that begin from now on: closing this file says that the quota is full."""
        self.environment.update(SPREAD_TEST_CLOSE=path, LD_PRELOAD=self._preloaded("close"))

    def removes_as_nfs(self):
        """The runs that begin from now on: a file that is open when it is removed stays as .nfs..."""
        self.environment.update(LD_PRELOAD=self._preloaded("silly"))

    def _preloaded(self, name):
        library = os.path.join(BUILD, "test_workers", f"test_{name}.so")
        self.assertTrue(os.path.exists(library), f"the target test_{name} is not built")
        return library

    # ------------------------------------------------------------ runs

    def start(self, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how):
        """`spread ARGUMENTS` that goes on; ended with all its workers when the test is over."""
        how.setdefault("stderr", subprocess.PIPE)
        how.setdefault("env", self.environment)
        how.setdefault("cwd", self.folder)
        process = subprocess.Popen(
            [SPREAD, *map(str, arguments)], stdin=stdin, stdout=stdout, **how
        )
        self.addCleanup(self._end, process)
        return Running(process)

    def _end(self, process):
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass

    def spread(self, *arguments, input="", **how):
        """`spread ARGUMENTS` with `input` on its stdin, to its end."""
        running = self.start(*arguments, **how)
        data = input if isinstance(input, bytes) else input.encode()
        out, err = running.process.communicate(data)
        status = running.process.returncode
        return Result(status, out or b"", (err or b"").decode("utf-8", "replace"))

    def puppet(self, tasks, *options, **how):
        """A run of PUPPET over `tasks`, JSON in and out; one worker if the options do not say."""
        if not any(str(option).startswith(("-j", "--worker")) for option in options):
            options = ("-j1", *options)
        return self.spread(
            "run", "--in", "json", *options, "--", *PUPPET, input=json_lines(tasks), **how
        )

    # ------------------------------------------------------------ claims

    def assert_run(self, result, status, out=None, err=None):
        """`out`: exact text or bytes, or a list of JSON values. `err`: exact text."""
        self.assertEqual(result.status, status, result)
        if isinstance(out, list):
            self.assertEqual(result.values, out, result)
        elif isinstance(out, bytes):
            self.assertEqual(result.raw, out, result)
        elif out is not None:
            self.assertEqual(result.out, out, result)
        if err is not None:
            self.assertEqual(result.err, err, result)

    def assert_told(self, result, *patterns):
        """Each of the regular expressions matches one whole line of stderr, in this order."""
        lines = iter(result.err.splitlines())
        for pattern in patterns:
            if not any(re.fullmatch(pattern, line) for line in lines):
                self.fail(f"no line (in this order) matches {pattern!r}\n{result!r}")

    def assert_only_told(self, result, *patterns):
        """The lines of stderr are these and no others, in any order."""
        lines = result.err.splitlines()
        for pattern in patterns:
            found = [line for line in lines if re.fullmatch(pattern, line)]
            self.assertTrue(found, f"no line matches {pattern!r}\n{result!r}")
            lines = [line for line in lines if line not in found]
        self.assertEqual(lines, [], result)

    def assert_none_left(self, group):
        """No process lives in a worker's process group; if one does, not after the test."""
        living = living_processes(group)
        if living:
            os.killpg(group, signal.SIGKILL)
        self.assertEqual(living, [])

    def assert_gone(self, pidfd):
        """Waits for the end of a process that was alive when its pidfd was opened."""
        select.select([pidfd], [], [])
        os.close(pidfd)


def living_processes(group):
    """The pids of a process group, but for those that are dead and only wait for their parent to
    ask for their status (in a container there may be none that does)."""
    living = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, _, its_group = file.read().rpartition(") ")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state not in "ZX":
            living.append(int(name))
    return living


def peak_memory_kb(pid):
    """The most that the process has ever had resident."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read()).group(1))


def shell_words(words):
    return shlex.join(map(str, words))
