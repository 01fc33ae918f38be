"""Rows of wires and SDKs: what a task costs where it is not a C program on the msgpack wire."""

import os
import sys

from contenders import Contender, Row

SDK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "worker_sdk")
ECHO = "import spread_worker; spread_worker.run(lambda x: x)"


def rows(table):
    return [python(table)]


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
