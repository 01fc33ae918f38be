"""Rows of long lines, at 1, 10 and 100 MB: every reader on the way is to take time that grows with the
size, so the tables' times per MB are to stay about the same from row to row."""

import os
import sys

from contenders import Contender, Row

SDK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "worker_sdk")
ECHO = "import spread_worker; spread_worker.run(lambda x: x)"


def rows(table):
    return [row(table, megabytes) for megabytes in (1, 10, 100)]


def row(table, megabytes):
    n = max((10 if table.quick else 100) // megabytes, 1)
    python = ["env", f"PYTHONPATH={os.path.join(SDK, 'python')}", sys.executable, "-c", ECHO]

    def spread(name, *args, **kwargs):
        return Contender("spread, " + name, table.run("-j1", *args), n, "spread", **kwargs)

    return Row(f"line-{megabytes}", f"lines of {megabytes} MB there and back, 1 worker", [
        Contender("limit: cat", ["/bin/cat"], n, "limit"),
        spread("--wire lines, cat", "--wire", "lines", "--", "cat"),
        spread("--wire json, Python SDK", "--wire", "json", "--", *python),
        spread("Python SDK", "--", *python),
        spread("C++ SDK", "--", table.echo, needs=(table.echo,)),
        spread("--in json, C++ SDK", "--in", "json", "--out", "json", "--", table.echo,
               needs=(table.echo,)),
    ], line_bytes=megabytes * 1_000_000, memory=True)
