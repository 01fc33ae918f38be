"""The rows of `spread map` and `spread pipe`: commands instead of workers."""

import functools
import shutil

from contenders import Contender, Row, is_gnu_parallel

TRUE = "/bin/true"
ECHO = "/bin/echo"
GNU = ("parallel", "--will-cite")
PIPE_BLOCK = ("--block", "1M")


@functools.cache
def moreutils():
    """Its `parallel` goes by another name where GNU's is installed."""
    ours = shutil.which("parallel")
    if shutil.which("parallel.moreutils") is None and ours and not is_gnu_parallel():
        return ours
    return "parallel.moreutils"


def silent(name, argv, n, kind="peer", **more):
    """Runs TRUE; that the jobs really are run is checked with ECHO in its place, whose lines come
    in any order."""
    check = [word.replace(TRUE, ECHO) for word in argv]
    return Contender(name, argv, n, kind, check=check, unordered=True, **more)


def in_batches(name, argv, n, kind="peer", **more):
    """Runs TRUE for many items; the check prints them one to a line, one job after the other."""
    check = ["-j1" if word == "-j2" else "-P1" if word == "-P2" else word for word in argv]
    at = check.index(TRUE)
    check[at:at + 1] = ["/usr/bin/printf", "%s\\n"]
    return Contender(name, argv, n, kind, check=check, **more)


def rows(table):
    return [row_u(table), row_captured(table), row_j8(table), row_start(table), row_memory(table),
            row_pipe(table), row_pipe_stream(table)]


def spread(table, name, words, n, make=Contender, argv=None, **more):
    """`words` begin with the subcommand; `argv`: where spread is not started directly."""
    argv = argv or [table.spread, *words]
    return make(name, argv, n, "spread", subcommand=(table.spread, words[0]), **more)


def moreutils_silent(jobs, n, **more):
    # It takes items as arguments only. One shell and one cat for thousands of jobs do not count.
    script = f'set -f; exec "$0" -j{jobs} {TRUE} -- $(cat)'
    return silent(f"moreutils parallel -j{jobs}", ["sh", "-c", script, moreutils()], n,
                  needs=(moreutils(),), **more)


def row_u(table):
    n = table.tasks(6000)
    return Row("map-u", "one process a line, /bin/true, output not captured, 2 at a time", [
        silent("limit: C posix_spawn loop", table.limit("map", "-j2", TRUE), n, "limit"),
        spread(table, "spread map -u", ["map", "-u", "-j2", TRUE], n, silent, ratio=1.05),
        silent("C, a thread per slot", table.limit("map", "-j2", "-t", TRUE), n, "bare"),
        silent("xargs -P2", ["xargs", "-P2", "-n1", TRUE], n, factor=1),
        moreutils_silent(2, n),
        silent("GNU parallel -u", [*GNU, "-u", "-j2", TRUE], table.tasks(1000)),
    ])


def row_captured(table):
    n = table.tasks(6000)
    return Row("map", "one process a line, /bin/echo, stdout and stderr captured, in order, "
               "2 at a time", [
        Contender("limit: C posix_spawn, two pipes, epoll", table.limit("map", "-j2", "-c", ECHO),
                  n, "limit"),
        spread(table, "spread map", ["map", "-j2", ECHO], n, ratio=1.08),
        spread(table, "spread map --unordered", ["map", "-j2", "--unordered", ECHO], n,
               unordered=True),
        Contender("C, not captured", table.limit("map", "-j2", ECHO), n, "bare", unordered=True),
        Contender("GNU parallel -k", [*GNU, "-k", "-j2", ECHO], table.tasks(1000), factor=8),
    ])


def row_j8(table):
    n = table.tasks(6000)
    return Row("map-j8", "one process a line, /bin/true, 8 at a time", [
        silent("limit: C posix_spawn loop", table.limit("map", "-j8", TRUE), n, "limit"),
        spread(table, "spread map -u", ["map", "-u", "-j8", TRUE], n, silent, ratio=1.0),
        spread(table, "spread map, captured, in order", ["map", "-j8", TRUE], n, silent),
        silent("C, captured, in order", table.limit("map", "-j8", "-c", TRUE), n, "bare"),
        silent("C, a thread per slot", table.limit("map", "-j8", "-t", TRUE), n, "bare"),
        silent("xargs -P8", ["xargs", "-P8", "-n1", TRUE], n),
        moreutils_silent(8, n, factor=1),
        silent("GNU parallel -u", [*GNU, "-u", "-j8", TRUE], table.tasks(1000)),
    ])


def row_start(table):
    return Row("map-start", "map's start-up: one trivial command", [
        Contender("limit: C posix_spawn, two pipes", table.limit("map", "-j1", "-c", ECHO), 1,
                  "limit"),
        spread(table, "spread map", ["map", "-j1", ECHO], 1, ratio=2),
        spread(table, "spread map -u", ["map", "-u", "-j1", ECHO], 1),
        Contender("(what measuring costs: /bin/true)", [TRUE], 1, "bare"),
        Contender("xargs", ["xargs", "-n1", ECHO], 1),
        Contender("GNU parallel", [*GNU, ECHO], 1),
    ], unit="ms", repeats=5 if table.quick else 20)


def row_memory(table):
    n = table.tasks(1_000_000)
    return Row("map-memory", f"memory of the master, {n:,} items", [
        in_batches("limit: C, 1000 items a job", table.limit("map", "-j2", "-n", 1000, TRUE), n,
                   "limit"),
        spread(table, "spread map -n 1000", ["map", "-j2", "-n", "1000", TRUE], n, in_batches,
               mib=8),
        spread(table, "spread map -X", ["map", "-j2", "-X", TRUE], n, in_batches, mib=8),
        spread(table, "spread map, one item a job", ["map", "-j2", TRUE], table.tasks(20_000),
               silent, mib=8),
        in_batches("xargs -P2", ["xargs", "-P2", TRUE], n),
        # -q: the check's format holds a backslash.
        in_batches("GNU parallel -X", [*GNU, "-k", "-q", "-j2", "-X", TRUE], table.tasks(200_000)),
    ], memory=True)


def row_pipe(table):
    n = table.tasks(20_000_000)
    gnu = [*GNU, "-k", "-j2"]
    return Row("pipe", f"{n:,} lines of a file through `cat`, in blocks of 1 MiB, in order", [
        Contender("limit: C, splice and epoll", table.limit("pipe", "-j2", "cat"), n, "limit"),
        spread(table, "spread pipe", ["pipe", "-j2", *PIPE_BLOCK, "--", "cat"], n),
        spread(table, "spread pipe --pipepart",
               ["pipe", "-j2", "--pipepart", "-a", "{input}", *PIPE_BLOCK, "--", "cat"], n),
        Contender("GNU parallel --pipe", [*gnu, "--pipe", *PIPE_BLOCK, "cat"], n, factor=1),
        Contender("GNU parallel --pipepart",
                  [*gnu, "--pipepart", "-a", "{input}", *PIPE_BLOCK, "cat"], n, factor=1),
    ])


def row_pipe_stream(table):
    n = table.tasks(20_000_000)

    def fed(*argv):
        return ["sh", "-c", 'cat | exec "$0" "$@"', *argv]

    words = ["pipe", "-j2", *PIPE_BLOCK, "--", "cat"]
    return Row("pipe-stream", f"{n:,} lines from a pipe through `cat`, in blocks of 1 MiB, "
               "in order", [
        Contender("limit: C, read, write, splice", fed(*table.limit("pipe", "-j2", "cat")), n,
                  "limit"),
        spread(table, "spread pipe", words, n, argv=fed(table.spread, *words)),
        Contender("GNU parallel --pipe", fed(*GNU, "-k", "-j2", "--pipe", *PIPE_BLOCK, "cat"), n,
                  factor=1, needs=("parallel",)),
    ])
