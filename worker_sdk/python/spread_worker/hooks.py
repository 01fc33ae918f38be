"""What is called around every task, and at the end of the worker."""

import atexit
import os

from .channel import say

_before, _after, _at_exit = [], [], []


def before_task(function):
    """Calls function() before every task and sub-task, in the order given. What it raises fails that
    task, whose handler is not called then. Returns the function: it serves as a decorator."""
    _before.append(function)
    return function


def after_task(function):
    """Calls function() after every task and sub-task, also after one that has failed. What it raises
    is told on stderr, and changes nothing. Returns the function."""
    _after.append(function)
    return function


def at_exit(function):
    """Calls function() once when the worker ends: when run() has sent the last answer, and what is
    printed is its tail. The last one given is called first. Returns the function."""
    if not _at_exit:
        atexit.register(end, os.getpid())
    _at_exit.append(function)
    return function


def around(call, *arguments):
    """call(*arguments), with what is to be called before and after it."""
    try:
        for function in _before:
            function()
        return call(*arguments)
    finally:
        for function in _after:
            _told(function)


def end(pid=None):
    if pid not in (None, os.getpid()):
        return  # A child that came to its end.
    while _at_exit:
        _told(_at_exit.pop())


def _told(function):
    try:
        function()
    except Exception as e:
        say("%s: %s: %s" % (getattr(function, "__name__", function), type(e).__name__, e))
