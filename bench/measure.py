"""Runs one command once: how long, what it ended with, the most memory that its process held."""

import dataclasses
import os
import select
import signal
import time


@dataclasses.dataclass
class Outcome:
    seconds: float
    status: int  # as a shell counts: 128+n for signal n
    peak_mib: float | None  # of the process itself, without its children
    stderr: str
    timed_out: bool
    cpu_seconds: float = 0  # user and system, with those of the children that it has waited for

    @property
    def failure(self):
        """Why this run does not count, or None."""
        if self.timed_out:
            return f"killed after {self.seconds:.0f} s"
        if self.status == 0:
            return None
        last = self.stderr.strip().splitlines()
        return f"status {self.status}" + (f": {last[-1][:120]}" if last else "")


class Runner:
    """Runs commands with stdin from a file and stdout to a file, in LC_ALL=C and with a state
    directory of their own, so that no history of earlier runs and no user's setting takes part."""

    def __init__(self, scratch, time_limit):
        self.scratch = scratch
        self.time_limit = time_limit
        self.environ = dict(os.environ, LC_ALL="C", XDG_STATE_HOME=os.path.join(scratch, "state"),
                            PYTHONDONTWRITEBYTECODE="1")

    def run(self, argv, stdin, stdout="/dev/null", memory=False, one_cpu=False):
        errors = os.path.join(self.scratch, "stderr")
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        cpus = os.sched_getaffinity(0)
        if one_cpu:
            # What taskset does, but without its exec inside the measured time.
            os.sched_setaffinity(0, {min(cpus)})
        try:
            begin = time.perf_counter()
            pid = os.posix_spawnp(argv[0], argv, self.environ, file_actions=actions, setpgroup=0)
        finally:
            os.sched_setaffinity(0, cpus)
        try:
            peak, timed_out = self._wait(pid, memory)
            _, status, usage = os.wait4(pid, 0)
            seconds = time.perf_counter() - begin
        except BaseException:
            # It has a process group of its own, so Ctrl-C reached only this script.
            os.killpg(pid, signal.SIGKILL)
            raise
        with open(errors, errors="replace") as f:
            text = f.read()
        code = os.waitstatus_to_exitcode(status)
        return Outcome(seconds, code if code >= 0 else 128 - code, peak, text, timed_out,
                       usage.ru_utime + usage.ru_stime)

    def _wait(self, pid, memory):
        """Until the process ended. Its memory is sampled: wait4's maxrss keeps the size that the
        parent had before exec, and counts the children."""
        deadline = time.monotonic() + self.time_limit
        fd = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        peak = None
        timed_out = False
        pause = 1
        while not poll.poll(pause if memory else 1000 * self.time_limit):
            if memory:
                peak = max(peak or 0, _peak_mib(pid))
                pause = min(pause * 2, 20)
            if time.monotonic() > deadline:
                timed_out = True
                os.killpg(pid, signal.SIGKILL)
        os.close(fd)
        return peak, timed_out


def _peak_mib(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0
