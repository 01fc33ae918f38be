"""A worker for spread: copy this folder beside your program, or put the one above on PYTHONPATH.

    import spread_worker
    spread_worker.run(lambda x: x * x)

Speaks wire 1 of docs/protocol.md: msgpack where the `msgpack` package is installed, else JSON
(`--wire json`) with the standard library alone. Python 3.6 or newer, Linux and other POSIX systems.

The protocol leaves descriptors 0 and 1 when this module is imported in a process that spread has
started (SPREAD_WIRE is set), else at the beginning of run(). From then on 0 is /dev/null and 1 is
stderr, for Python, C libraries and child processes alike, so that nothing printed can damage it.
When run() returns, the real stdout is back, and what is printed then is the worker's tail.
"""

import os
import sys

from . import handlers, process, serve, streams
from .codecs import Ext
from .collectives import (allgather, allreduce, barrier, broadcast, exchange, gather, get, is_root,
                          local_results, number_of_workers, put, rank, reduce, scatter, size)
from .errors import Busy, Fatal, GangFailed, Refused, SubtaskError, TaskError, TooOld
from .hooks import after_task, at_exit, before_task
from .shards import Shard, range, shard
from .subtasks import (Subtask, common, map, parent, ready, register, results, submit, subpool,
                       wait)

__all__ = ["run", "run_on", "one_shot", "progress", "log", "meta", "retire", "ask", "whoami", "Busy", "TaskError", "Fatal",
           "Refused", "TooOld", "Ext", "GangFailed", "rank", "size", "is_root", "number_of_workers",
           "barrier", "broadcast", "allgather", "exchange", "reduce", "allreduce", "gather", "scatter",
           "put", "get", "local_results", "Subtask", "SubtaskError", "submit", "ready", "wait", "results",
           "map", "subpool", "common", "parent", "register", "before_task", "after_task", "at_exit",
           "Shard", "shard"]  # And range: `from spread_worker import *` shall not hide the built-in one.
LEVELS = ("debug", "info", "warning", "error")
__version__ = serve.VERSION


def run(handler=None, prep=None, capture=False, window=1024, subtask=None, on_slice=None, build=None):
    """Answers tasks until there are no more, then returns; exits if the work cannot be done.

    handler   called with each payload; what it returns is the result. An exception fails the task.
    prep      called once with the list of prep items, before the first task. The handler is then
              called as handler(payload, context), context being what prep returned. An exception
              ends the worker as a launch failure with that message. Prep items given to a worker
              without prep are such a failure too.
    capture   False: what handlers print goes to stderr at once. True: what a handler, its C
              libraries and its child processes print is attached to the answer, and shown by spread
              under the task's number; the first MiB of it. It is lost if the worker crashes.
    window    the most tasks that may wait in this worker's pipe.
    subtask   called with each sub-task's payload and its common part, instead of `handler`; as
              subtask(payload, common, context) where there is a prep.

    on_slice  instead of a handler: called with a list of payloads, several where spread sends them so
              (run --chunk), else one; it returns as many results, in their order. Where it fails, all
              of them have failed. (A handler is called for each, and where one fails, too.)
    build     instead of prep: called with the prep items as its arguments. What it returns is handed on
              behind the payload or the list: a tuple as several arguments, None as none.

    With --reprep-after-failure prep or build is called again behind a task that has failed.
    Payloads and results are None, bool, int, float, str, bytes, list, tuple, dict, Ext; what has a
    tolist() method (numpy) is sent as that.
    """
    serve.run(handler, prep, capture, window, subtask, on_slice, build)


def run_on(stdin, stdout, handler=None, prep=None, subtask=None, items=0, capture=False, wire=None,
           features=(), on_slice=None, build=None, chunk=False):
    """run() in this process, as often as one likes, on two binary files (io.BytesIO, too) or
    descriptors: for tests and debuggers. stdin holds `items` prep items, then tasks; the hello and the
    answers are written to stdout. Descriptors 0 to 2 stay what they are, nothing watches the master,
    and what prep raises is raised here.

    wire      "msgpack" or "json"; None: msgpack where the package is there.
    features  what the master on these streams knows, as SPREAD_FEATURES has it: ("ask", "bye").
    chunk     whether each task is a list of payloads, as with run --chunk.
    """
    given = handlers.Handlers(handler, prep, subtask, on_slice, build)
    streams.run_on(stdin, stdout, given, items, capture, wire, features, chunk)


def one_shot(handler, task, prep=None, items=(), subtask=None, on_slice=None, build=None):
    """What run() would do with one task, in this process, with nothing around it: the result, as it
    comes out of the wire. What the handler raises comes out as it is, so that `python3 -m pdb` stops
    there; prints, breakpoint() and stdin are the terminal's; sub-tasks run in this process.
    With on_slice, `handler` is None."""
    return streams.one_shot(handlers.Handlers(handler, prep, subtask, on_slice, build), task, items)


def progress(fraction, text=None):
    """Tells how far the current task is: `fraction` from 0 to 1, and a few words. Cheap; sent
    within some 10 ms. Ignored outside of a handler."""
    serve.tell("progress", float(fraction), text)


def log(text, level="info"):
    """A line about the current task, for spread's log. On stderr outside of a handler.

    level     "debug", "info", "warning" or "error": what --log-level and --stderr-level compare.
    """
    if level not in LEVELS:
        raise ValueError("log: level is one of %s, and not %r" % (", ".join(LEVELS), level))
    if not serve.tell("log", str(text), None if level == "info" else level):
        print(text, file=sys.stderr)


def meta():
    """What spread knows of the task in work, a dict: with --task-meta its `attempt`, from 1 on; in a
    gang `rank` and `size`. Empty without these, and outside of a handler."""
    channel = process.channel
    return dict(channel.meta) if channel else {}


def retire():
    """Leaves after the task in work: its answer is sent, tasks behind it go back to the queue, run()
    returns, and spread starts another process in this one's place. For one whose memory has grown,
    or that has done its share. Raises TooOld where spread does not know it."""
    serve.retire()


def ask(op, *arguments):
    """A question to spread, by the thread that runs the handler: the answer, or Refused, whose text
    says why. TooOld where spread answers none. docs/protocol.md lists the ops."""
    channel = process.at_work()
    if channel is None:
        raise RuntimeError("ask() outside of a worker")
    return channel.ask(op, *arguments)


def whoami():
    """Who the master is: {"engine": "spread", "version", "wire", "slots"}. None outside of run(), where
    there is none; else as ask()."""
    return ask("whoami") if process.at_work() else None


if "SPREAD_WIRE" in os.environ:
    process.take_over()
