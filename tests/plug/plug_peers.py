"""scripts/pull-the-plug peers: the plugs of plug.py, pulled out of other programs that run many tasks, each with
its best options. A table of each tells what came of the output, how the run ended out of which something was pulled,
and how many processes were left. What these programs do is no failure of this script: it ends with 0."""

import collections
import os
import shutil
import subprocess
import sys
import tempfile
import time

import plug

LOGINS_PATIENCE = 600  # where each task is a login of its own
HERE = os.path.dirname(os.path.abspath(__file__))


class Run(plug.Plug):
    program = plug.SPREAD


class Jobs(plug.Plug):
    """One process for each task."""

    def __init__(self, folder):
        super().__init__(folder)
        self.job = self.file(f"job-{self.mark}", '#!/bin/sh\nsleep "${PLUG_SLEEP:-0.03}"\nprintf "%040d\\n" $(($1 * $1))\n')
        os.chmod(self.job, 0o755)

    def workers(self, pid):
        """The shells that run the job, wherever they are below."""
        return [process for process in self.living() if words_of(process)[1:2] == [self.job]]


class Map(Jobs):
    name, program = "spread map", plug.SPREAD

    def command(self, *options):
        return [plug.SPREAD, "map", "-k", f"-j{plug.SLOTS}", "--retries", "3", "-a", self.path("tasks"), *options, self.job]


class Parallel(Jobs):
    name, program = "GNU parallel", "parallel"
    timeout = ("--timeout", "1")

    def command(self, *options):
        return ["parallel", "--will-cite", "-k", f"-j{plug.SLOTS}", "--retries", "3", "-a", self.path("tasks"), *options,
                self.job]

    @staticmethod
    def journal(path):
        return ["--joblog", path, "--resume"]

    @staticmethod
    def went_on(parts):
        """It prints nothing again."""
        return b"".join(parts)


class Xargs(Jobs):
    """Of time-outs it knows nothing; timeout(1) does."""

    name, program = "xargs", "xargs"
    timeout = ("timeout", "1")
    hosts = None

    def command(self, *options):
        return ["xargs", f"-P{plug.SLOTS}", "-n1", "-a", self.path("tasks"), *options, self.job]

    @staticmethod
    def journal(path):
        return None


class Pool(plug.Plug):
    name, program = "multiprocessing.Pool", sys.executable
    timeout = ("--timeout", "1")
    hosts = None

    def command(self, *options):
        return [sys.executable, os.path.join(HERE, "pool.py"), self.path("tasks"), *options]

    @staticmethod
    def journal(path):
        return None


def words_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            return words.read().decode(errors="replace").split("\0")
    except OSError:
        return []


def version(program):
    """The first line of what it says of itself."""
    said = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return said.stdout.splitlines()[0]


def compared(out):
    """What is there of the output that was to be."""
    if out == plug.EXPECTED:
        return "the same"
    there, wanted = (collections.Counter(text.splitlines()) for text in (out, plug.EXPECTED))
    missing, more = sum((wanted - there).values()), sum((there - wanted).values())
    differences = [f"{missing} of {plug.TASKS} lines missing"] * (missing > 0) + [f"{more} too many"] * (more > 0)
    return ", ".join(differences) or "the same in another order"


def cell(contender, pull):
    """(what came of it, how many processes were left)"""
    contender.left_before, contender.status = 0, 0
    cuts = pull is plug.Plug.connection_cut
    if cuts and contender.hosts is None:
        return "knows no hosts", "-"
    if pull is plug.Plug.guard_killed and contender.program != plug.SPREAD:
        return "has none", "-"
    contender.patience = LOGINS_PATIENCE if cuts else plug.PATIENCE
    try:
        out = pull(contender)
        result = "begins anew" if out is None else compared(out)
        if contender.status != 0:
            result += f"; signal {-contender.status}" if contender.status < 0 else f"; status {contender.status}"
        elif not result.startswith("the same"):
            result += "; status 0" + ("" if contender.said else ", without a word")
    except plug.CannotBe as why:
        return str(why), "-"
    except plug.Hangs:
        result = f"hangs (after {contender.patience} s)"
    return result, str(contender.left_before + contender.left())


def rows_of(contender):
    for name, pull in plug.ROWS:
        print(f"{contender.name}: {name} ...", file=sys.stderr, flush=True)
        start = time.monotonic()
        result, left = cell(contender, pull)
        contender.end_all()
        yield name, f"{time.monotonic() - start:.1f}", result, left


def main():
    with tempfile.TemporaryDirectory(prefix="spread-plug-") as folder:
        for kind in (Run, Map, Parallel, Xargs, Pool):
            if sys.argv[1:] and kind.name not in sys.argv[1:]:
                continue
            if shutil.which(kind.program) is None:
                print(f"\n{kind.name}: not installed")
                continue
            own = os.path.join(folder, kind.__name__)
            os.mkdir(own)
            print(f"\n{kind.name} ({version(kind.program)})", end="")
            plug.print_table([("pulled", "seconds", "output", "left running"), *rows_of(kind(own))])


if __name__ == "__main__":
    main()
