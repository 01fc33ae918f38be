"""From the first prep item to the last answer."""

import os
import re
import sys
import threading

from . import hooks, memory, process
from .channel import is_again, say
from .codecs import bare_failure
from .errors import Busy, Fatal, InputEnded, ProtocolError, TaskError, TooOld, describe
from .handlers import Handlers

VERSION = "0.1"


def run(handler, prep, capture, window, subtask, on_slice, build):
    """See spread_worker.run()."""
    channel = process.take_over()
    if channel.reader is not None:
        raise RuntimeError("run() a second time: the input has ended, and stdout is the tail's")
    channel.reader, channel.working = threading.get_ident(), True
    try:
        limit = memory.limit_of_environment()
        handlers = Handlers(handler, prep, subtask, on_slice, build)
        handlers.prepare(start(channel, window, os.environ.get("SPREAD_PREP", "0")))
    except (Exception, SystemExit) as e:
        fail_start(channel, e)
    try:
        answer_all(channel, handlers, capture, limit)
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(1)  # The master is gone; the grace time is running (process.watch_master).
    except InputEnded:
        sys.exit(1)
    finally:
        process.give_back(channel)
        hooks.end()


def answer_all(channel, handlers, capture, limit=None):
    """From ready to the end of the input."""
    channel.capture = process.Capture() if capture else None
    channel.call = handlers.register(channel.chunk)
    channel.run_subtask = lambda task: run_subtask(channel, task)
    channel.send([None, "ready"], may_wait=False)
    serve(channel, handlers, limit)
    channel.flush()


def tell(*message):
    """False, and nothing done, outside of a handler."""
    channel = process.at_work()
    if channel is None or channel.task is None:
        return False
    channel.send([channel.task] + [part for part in message if part is not None], may_wait=True)
    return True


def retire():
    """See spread_worker.retire()."""
    channel = process.at_work()
    if channel is None:
        raise RuntimeError("retire() outside of a worker")
    if "bye" not in channel.features:
        raise TooOld("bye")
    channel.retiring = True


def start(channel, window, text):
    if channel.codec is None:
        raise ImportError("python3-msgpack is not installed here; install it, or use --wire json")
    if not re.match(r"[0-9]+\Z", text):
        raise ValueError("SPREAD_PREP is not a number: %r" % text)
    hello = {"wire": 1, "prep": int(text), "window": window, "lang": "python",
             "sdk": "spread_worker " + VERSION}
    if channel.beats:
        hello["features"] = ["beat"]
    channel.send([None, "hello", hello], may_wait=False)
    items = []
    while len(items) < int(text):
        body = channel.read()
        if body is None:
            raise ProtocolError("input ended after %d of %s prep items" % (len(items), text))
        items.append(channel.codec.decode(body))
    return items


def fail_start(channel, error):
    failure = describe(error)
    say("preparation failed: %(type)s: %(message)s" % failure)
    try:
        if channel.codec is None:
            os.write(channel.fd_out, bare_failure(failure))
        else:
            channel.send([None, "error", failure], may_wait=False)
    except OSError:
        pass
    channel.working = False
    sys.exit(1)


def prepare_again(channel, handlers, items):
    channel.flush()  # It may take long.
    try:
        handlers.prepare(items)
    except (Exception, SystemExit) as e:
        if channel.is_lent:
            raise
        fail_start(channel, e)
    if channel.capture:
        channel.capture.pass_on()


def serve(channel, handlers, limit):
    while not channel.retiring:
        try:
            task = channel.next_task()
            if task is None:
                if not channel.beats:
                    return
                break
            if is_again(task):
                prepare_again(channel, handlers, task[2])
                continue
            answer = answer_of(channel, task)
        except ProtocolError as e:
            channel.flush()
            channel.misfed(str(e))
        more = channel.has_task() if channel.commons else channel.has_more()
        send_answer(channel, answer, more)
        if limit and answer[1] != "busy" and limit.is_exceeded():
            channel.retiring = True
    channel.end_beats()
    channel.send([None, "bye"], may_wait=False)


def run_subtask(channel, task):
    """Another task, while the one in work waits. What is printed belongs to the one that prints it."""
    outer = channel.capture
    if outer:
        channel.capture = process.Capture()
    try:
        send_answer(channel, answer_of(channel, task), may_wait=False)
    finally:
        if outer:
            channel.capture.stop()
            channel.capture = outer


def send_answer(channel, answer, may_wait):
    if channel.is_abandoned:
        raise InputEnded()  # A handler has caught it.
    printed = channel.capture.take() if channel.capture else []
    if answer[1] != "busy":  # A refusal carries none: the task has not begun.
        answer.extend(printed)
    try:
        channel.send(answer, may_wait=may_wait)
    except (TypeError, ValueError, OverflowError, RecursionError) as e:
        channel.send([answer[0], "error", describe(e)] + printed, may_wait=False)


def answer_of(channel, task):
    if not (isinstance(task, list) and len(task) >= 2 and type(task[0]) is int and task[0] >= 0):
        raise ProtocolError("input is not a task [id, payload]; is SPREAD_PREP passed on?")
    id, payload = task[:2]
    outer = channel.task, channel.meta, channel.rounds, channel.payload, channel.ranging
    channel.task, channel.payload, channel.ranging = id, payload, None
    channel.meta = task[2] if len(task) > 2 and isinstance(task[2], dict) else {}
    channel.rounds = 0
    try:
        if type(payload) is TaskError:
            raise payload
        return [id, "ok", channel.call(payload)]
    except Busy as e:
        return [id, "busy", e.seconds] + ([e.reason] if e.reason else [])
    except Fatal as e:
        return [id, "fatal", {"type": str(e.type), "message": str(e.message)}]
    except BaseException as e:  # sys.exit() in a handler, too, is the end of a task only.
        if isinstance(e, (KeyboardInterrupt, InputEnded)):
            raise
        return [id, "error", describe(e)]
    finally:
        channel.task, channel.meta, channel.rounds, channel.payload, channel.ranging = outer
