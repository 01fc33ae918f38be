"""Who takes part in a row of the speed table, and what the row is."""

import dataclasses
import functools
import os
import shutil
import subprocess


@dataclasses.dataclass
class Contender:
    name: str
    argv: list
    n: int  # tasks; each contender runs about as long as the others, slow ones with fewer
    kind: str = "peer"  # limit | spread | peer; "bare" has no input and no output to verify
    ratio: float | None = None  # goal: at most this many times the limit
    mib: float | None = None  # goal: at most this much memory
    factor: float | None = None  # goal of a peer: spread is at least that many times faster
    beside: bool = False  # a peer: its time is also shown as a multiple of spread's
    unordered: bool = False
    needs: tuple = ()  # programs that must be there
    subcommand: tuple = ()  # (spread, name): what spread must know
    # What shows that a contender without output does its work, where it can be shown.
    check: list | None = None

    def missing(self):
        """What keeps it from running, or None."""
        for program in (self.argv[0], *self.needs):
            if shutil.which(program) is None and os.path.isabs(program):
                return f"missing: {os.path.basename(program)}"
            if shutil.which(program) is None or program == "parallel" and not is_gnu_parallel():
                return "not installed"
        if self.subcommand and not has_subcommand(*self.subcommand):
            return f"this spread has no `{self.subcommand[1]}`"
        return None


@functools.cache
def has_subcommand(spread, name):
    done = subprocess.run([spread, name, "--help"], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


@functools.cache
def is_gnu_parallel():
    """moreutils has another program of that name."""
    done = subprocess.run(["parallel", "--version"], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False)
    return done.stdout.startswith("GNU parallel")


@dataclasses.dataclass
class Row:
    key: str
    title: str
    contenders: list
    binary: bool = False  # input: msgpack bin32 values of 1 MiB, not lines of 16 bytes
    line_bytes: int = 0  # input: JSON strings of so many bytes, a line each
    one_cpu: bool = False
    memory: bool = False
    unit: str = "tasks/s"  # of the speed shown: tasks/s, s or ms for a whole run
    own_clock: bool = False  # no input; contenders check their values and print what they took
    bytes_each: int = 0  # the speed is shown as bytes per second, so many for each task
    repeats: int = 1  # runs within one round, of which the median counts
    rounds_max: int = 1000
