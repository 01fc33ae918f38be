"""Rows of wires and SDKs: what a task costs where it is not a C program on the msgpack wire."""

import os
import sys

from contenders import Contender, Row

SDK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "worker_sdk")
ECHO = "import spread_worker; spread_worker.run(lambda x: x)"


def rows(table):
    return [json_wire(table), python(table)]


def json_wire(table):
    n = table.tasks(2_000_000)
    own = table.limit("echo", "--worker")
    window = ("-j1", "--window", 64)
    both = ("--in", "json", "--out", "json")
    return Row("json", "16 B strings in JSON lines there and back, window 64, 1 worker", [
        Contender("limit: spread, lines, msgpack wire", table.run(*window, "--", *own), n,
                  "limit"),
        Contender("spread --in json --out json", table.run(*window, *both, "--", *own), n,
                  "spread", ratio=2),
        Contender("spread --wire json", table.run(*window, "--wire", "json", "--", *own), n,
                  "spread", ratio=2),
        Contender("spread --in json --out json --wire json",
                  table.run(*window, *both, "--wire", "json", "--", *own), n, "spread", ratio=2),
    ], line_bytes=16)


def python(table):
    n = table.tasks(500_000)
    worker = ["env", f"PYTHONPATH={os.path.join(SDK, 'python')}", sys.executable, "-c", ECHO]
    window = ("-j1", "--window", 64)
    return Row("python", "16 B echo, window 64, 1 worker of the Python SDK", [
        Contender("limit: C epoll, its own worker", table.limit("echo", "-j", 1, "-w", 64), n,
                  "limit"),
        Contender("spread, Python SDK", table.run(*window, "--", *worker), n, "spread"),
        Contender("spread --wire json, Python SDK",
                  table.run(*window, "--wire", "json", "--", *worker), n, "spread"),
    ])
