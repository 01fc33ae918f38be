"""The worker of pool_test.cc: a task is [op, argument]."""

import os
import signal
import sys

import spread_worker


def work(task):
    op, argument = task
    if op == "echo":
        return argument
    if op == "pid":
        return os.getpid()
    if op == "environment":
        return os.environ.get(argument, "")
    if op == "directory":
        return os.getcwd()
    if op == "fail":
        print("said to stdout")
        print("said to stderr", file=sys.stderr)
        raise ValueError(argument)
    if op == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if op == "fatal":
        raise spread_worker.Fatal(argument)
    if op == "read":  # until there is something in a FIFO
        with open(argument, encoding="utf-8") as fifo:
            return fifo.read()
    if op == "ask":
        return spread_worker.ask(*argument)
    if op == "progress":
        spread_worker.progress(argument, "half of it")
        return None
    if op == "log":
        spread_worker.log(argument)
        return None
    raise KeyError(op)


spread_worker.run(work)
print("tail")
