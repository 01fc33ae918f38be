"""The rows of the speed table: what is measured, which contenders run, with which command line.

This file and the other *_rows.py alone know the command lines. A row's first
contender is its limit."""

import os
import shlex
import sys

import gang_rows
import line_rows
import map_rows
import relay_rows
import wire_rows
from contenders import Contender, Row

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")


class Table:
    def __init__(self, spread, build, echo, quick):
        self.spread = spread
        self.echo = echo
        self.bench = os.path.join(build, "bench")
        self.quick = quick

    def limit(self, name, *args):
        return [os.path.join(self.bench, "limit_" + name), *map(str, args)]

    def run(self, *args):
        return [self.spread, "run", *map(str, args)]

    def tasks(self, n):
        return max(n // 10, 1000) if self.quick else n

    def python(self, script, *args):
        return [sys.executable, os.path.join(PEERS, script), *map(str, args)]

    def pool(self, n, chunk=1, factor=None, **kwargs):
        return Contender(f"multiprocessing.Pool.imap, chunk {chunk}",
                         self.python("pool.py", "--chunk", chunk), n, factor=factor, **kwargs)

    def futures(self, n, chunk=1):
        return Contender(f"ProcessPoolExecutor.map, chunk {chunk}",
                         self.python("futures.py", "--chunk", chunk), n)

    def threads(self, n, *args, factor=None):
        return Contender("thread per worker, pickles (spread_jobs' shape)",
                         self.python("thread_per_worker.py", *args), n, factor=factor)

    def paexec(self, n):
        script = os.path.join(PEERS, "paexec_echo")
        sh = ["paexec", "-n", "+2", "-c", f"sh {script}.sh"]
        awk = ["paexec", "-n", "+2", "-c", f"mawk -W interactive -f {script}.awk"]
        return [Contender("paexec, sh worker", sh, n, unordered=True),
                Contender("paexec, mawk worker", awk, n, unordered=True, needs=("mawk",))]

    def rows(self):
        return [self.row_echo(), self.row_watched(),
                self.row_watched_1ms(), self.row_window1(), self.row_window1_free(), self.row_big(),
                self.row_many(), self.row_many_tasks(), self.row_stream(), self.row_head(),
                self.row_start(), *wire_rows.rows(self), *line_rows.rows(self),
                *map_rows.rows(self), *gang_rows.rows(self),
                *relay_rows.rows(self)]

    def row_echo(self):
        n = self.tasks(4_000_000)
        own = self.limit("echo", "--worker")
        return Row("echo", "16 B echo, adaptive window, 2 workers", [
            Contender("limit: C epoll, window 64", self.limit("echo", "-w", 64), n, "limit"),
            Contender("spread, SDK worker", self.run("-j2", "--", self.echo), n, "spread",
                      ratio=1.5, needs=(self.echo,)),
            Contender("spread, limit's worker", self.run("-j2", "--", *own), n, "spread"),
            Contender("spread --window 64, limit's worker",
                      self.run("-j2", "--window", 64, "--", *own), n, "spread"),
            Contender("limit with the SDK worker", self.limit("echo", "-w", 64, "--", self.echo),
                      n, "bare", needs=(self.echo,)),
            Contender("limit, no input or output", self.limit("echo", "-w", 64, "-n", n), n,
                      "bare"),
            Contender("C epoll, window 1024", self.limit("echo", "-w", 1024), n, "bare"),
            self.pool(self.tasks(30_000), 1, factor=50),
            self.pool(self.tasks(1_000_000), 64, factor=1),
            self.futures(self.tasks(10_000), 1),
            self.futures(self.tasks(300_000), 64),
            self.threads(self.tasks(30_000)),
            *self.paexec(self.tasks(30_000)),
        ])

    def row_watched(self):
        return self.watched("watched", "16 B echo", self.tasks(2_000_000), (), (1.02, 1.4, 2))

    def row_watched_1ms(self):
        return self.watched("watched-1ms", "tasks of 1 ms", self.tasks(4_000), ("-e", "0.001"),
                            (1.02, 1.02, 1.02))

    def watched(self, key, title, n, slow, goals):
        """What it costs to look on: each beside the same run that nothing looks at."""
        own = self.limit("echo", "--worker", *slow)
        bar, log, events = goals

        def spread(name, *options, ratio=None, check=None):
            return Contender("spread --window 64" + name,
                             self.run("-j2", "--window", 64, *options, "--", *own), n, "spread",
                             ratio=ratio, check=check)
        records = self.run("-j2", "--window", 64, "--out", "records", "--", *own)
        values = ["sh", "-c", shlex.join(records) + r""" | sed 's/.*"value":"\([^"]*\)".*/\1/' """]
        return Row(key, title + ", window 64, 2 workers, with something that looks on", [
            Contender("limit: spread --window 64", self.run("-j2", "--window", 64, "--", *own), n,
                      "limit"),
            spread(" --progress", "--progress", ratio=bar),
            spread(" --joblog", "--joblog", "/dev/null", ratio=log),
            spread(" --out records", "--out", "records", ratio=log, check=values),
            spread(" --events", "--events", "/dev/null", ratio=events),
        ])

    def window1(self, key, title, one_cpu, extra):
        n = self.tasks(200_000)
        return Row(key, title, [
            Contender("limit: C epoll, one in flight", self.limit("echo", "-w", 1), n, "limit"),
            *extra,
            Contender("limit with the SDK worker",
                      self.limit("echo", "-w", 1, "--", self.echo), n, "bare",
                      needs=(self.echo,)),
            Contender("spread --window 1, SDK worker",
                      self.run("-j2", "--window", 1, "--", self.echo), n, "spread",
                      ratio=1.15 if one_cpu else None, needs=(self.echo,)),
            Contender("spread --window 1, limit's worker",
                      self.run("-j2", "--window", 1, "--", *self.limit("echo", "--worker")), n,
                      "spread"),
            self.pool(self.tasks(30_000), 1, factor=5),
            self.futures(self.tasks(10_000), 1),
            self.threads(self.tasks(30_000)),
            *self.paexec(self.tasks(30_000)),
        ], one_cpu=one_cpu)

    def row_window1(self):
        return self.window1("window1", "16 B echo, one in flight, 2 workers, all on one CPU", True,
                            [])

    def row_window1_free(self):
        n = self.tasks(200_000)
        threads = self.limit("echo", "-w", 1, "-t")
        return self.window1(
            "window1-free", "16 B echo, one in flight, 2 workers, any CPU", False,
            [Contender("C thread per worker, blocking", threads, n, "bare"),
             Contender("C thread per worker, blocking, pinned", [*threads, "-p"], n, "bare")])

    def row_big(self):
        n = 128 if self.quick else 512
        binary = ("--in", "msgpack", "--out", "msgpack")
        return Row("big", "1 MiB payloads, 2 workers", [
            Contender("limit: C epoll, pipes of 1 MiB", self.limit("big"), n, "limit"),
            Contender("spread, SDK worker", self.run("-j2", *binary, "--", self.echo), n, "spread",
                      ratio=1.1, needs=(self.echo,)),
            Contender("spread, limit's worker",
                      self.run("-j2", *binary, "--", *self.limit("big", "--worker")), n, "spread"),
            Contender("limit, no input or output", self.limit("big", "-n", n), n, "bare"),
            Contender("multiprocessing.Pool.imap, chunk 1", self.python("pool.py", "--bin"),
                      128),
            self.threads(n, "--bin", factor=1.5),
        ], binary=True, memory=True)

    def row_many(self):
        n = 1000
        own = self.limit("many", "--worker")
        flags = ("-j1000", "--start-all")
        return Row("many", "1000 workers: start, one task each, stop", [
            Contender("limit: C epoll", self.limit("many", "-j", 1000, "-w", 16), n, "limit"),
            Contender("spread, limit's worker", self.run(*flags, "--", *own), n, "spread",
                      ratio=1.1, mib=16),
            Contender("spread, SDK worker", self.run(*flags, "--", self.echo), n, "spread",
                      mib=16, needs=(self.echo,)),
            Contender("limit with the SDK worker",
                      self.limit("many", "-j", 1000, "-w", 16, "--", self.echo), n, "bare",
                      needs=(self.echo,)),
            Contender("multiprocessing.Pool.imap, chunk 1", self.python("pool.py", "-j", 1000), n),
        ], memory=True, unit="s")

    def row_many_tasks(self):
        n = self.tasks(1_000_000)
        own = self.limit("many", "--worker")
        flags = ("-j1000", "--start-all")
        return Row("many-tasks", "1000 workers: many tasks, start and stop included", [
            Contender("limit: C epoll, window 16", self.limit("many", "-j", 1000, "-w", 16), n,
                      "limit"),
            Contender("spread --window 16, limit's worker",
                      self.run(*flags, "--window", 16, "--", *own), n, "spread", mib=16),
            Contender("spread, limit's worker", self.run(*flags, "--", *own), n, "spread",
                      mib=16),
            Contender("multiprocessing.Pool.imap, chunk 1", self.python("pool.py", "-j", 1000),
                      self.tasks(20_000)),
        ], memory=True)

    def row_stream(self):
        n = self.tasks(10_000_000)
        blocks = ["parallel", "--will-cite", "-k", "-j2", "--pipe", "--block", "1M", "cat"]
        return Row("stream", f"{n:,} lines, in order", [
            Contender("limit: C epoll, window 64", self.limit("stream", "-w", 64), n, "limit"),
            Contender("spread, SDK worker", self.run("-j2", "--", self.echo), n, "spread",
                      ratio=1.5, mib=16, needs=(self.echo,)),
            Contender("spread, limit's worker",
                      self.run("-j2", "--", *self.limit("stream", "--worker")), n, "spread"),
            self.pool(n, 64),
            Contender("GNU parallel --pipe -k (blocks, not tasks)", blocks, n),
        ], memory=True)

    def row_head(self):
        n = self.tasks(10_000_000)
        slow = 1 if self.quick else 10
        worker = self.limit("stream", "--worker", "-s", slow)
        return Row("head", f"{n:,} lines, in order, the first takes {slow} s", [
            Contender("limit: C epoll, window 64", self.limit("stream", "-s", slow), n, "limit"),
            Contender("spread, limit's worker", self.run("-j2", "--", *worker), n, "spread",
                      mib=16),
        ], memory=True, rounds_max=2)

    def row_start(self):
        own = self.limit("start", "--worker")
        one = ("-j1", "--")
        return Row("start", "start-up: one trivial task", [
            Contender("limit: bare posix_spawn and pipe", self.limit("start"), 1, "limit"),
            Contender("spread, limit's worker", self.run(*one, *own), 1, "spread", ratio=2),
            Contender("spread, SDK worker", self.run(*one, self.echo), 1, "spread",
                      needs=(self.echo,)),
            Contender("(what measuring costs: /bin/true)", ["/bin/true"], 1, "bare"),
            Contender("xargs -n1 echo", ["xargs", "-n1", "echo"], 1),
            Contender("GNU parallel echo", ["parallel", "--will-cite", "echo"], 1, factor=30),
            Contender("paexec, sh worker",
                      ["paexec", "-n", "+1", "-c", "sh " + os.path.join(PEERS, "paexec_echo.sh")],
                      1),
            Contender("multiprocessing.Pool", self.python("pool.py", "-j", 1), 1),
            Contender("ProcessPoolExecutor", self.python("futures.py", "-j", 1), 1),
        ], unit="ms", repeats=5 if self.quick else 20)
