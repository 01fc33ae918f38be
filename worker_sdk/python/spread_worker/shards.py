"""Which piece of a range, or of arrays, the task in work is (docs/shards.md)."""

import builtins
import collections
import time

from . import serve, subtasks
from .errors import TaskError

PROGRESS_SECONDS = 0.2
# The clock is asked behind every number, and behind every 16th where those take no time.
STRIDE_MAX = 16
TINY_SECONDS = 0.001
clock = time.monotonic

Shard = collections.namedtuple("Shard", "index total start stop max parts")
Shard.__doc__ = """Piece `index` of `total`: the numbers from `start` to `stop` - 1, of `max` in all. `parts` is a list
with a piece of each array, empty where there are none."""


def shard(payload=None):
    """The Shard that the task in work is, or that this payload is. A task that is none fails."""
    if payload is None:
        payload = subtasks.in_work().payload
    problem = None
    if not isinstance(payload, dict):
        problem = "its payload is of type %s, and no map" % type(payload).__name__
    else:
        numbers = [payload.get(key) for key in Shard._fields[:5]]
        for key, number in zip(Shard._fields, numbers):
            if type(number) is not int:
                problem = "its %r is %s" % (key, "missing" if number is None else "no integer")
                break
        else:
            parts = payload.get("parts", [])
            if numbers[2] <= numbers[3] and isinstance(parts, list):
                return Shard(*(numbers + [parts]))
            problem = "its 'start' is above its 'stop'" if isinstance(parts, list) else "its 'parts' are no list"
    raise TaskError("NoShard", "the task is no shard: " + problem)


def range(payload=None):
    """The numbers of shard(payload), as the built-in range has them. The first of a task that is gone through
    tells how far it is: at most five times a second, and once at its end."""
    found = shard(payload)
    is_own = payload is None or payload is subtasks.in_work().payload
    return Numbers(found.start, found.stop, is_own)


class Numbers:
    """From `start` to `stop` - 1; may be gone through more than once."""
    def __init__(self, start, stop, tells):
        self.start, self.stop, self._tells = start, stop, tells

    def __len__(self):
        return self.stop - self.start

    def __repr__(self):
        return "range(%d, %d)" % (self.start, self.stop)

    def __iter__(self):
        # A progress is that of the task in work: here is the sign that this is still the same one.
        place, sign = subtasks.in_work(), object()
        if not self._tells or place.ranging is not None:
            yield from builtins.range(self.start, self.stop)
            return
        place.ranging = sign
        at, stride = self.start, 1
        told = looked = clock()
        while at < self.stop:
            end = min(at + stride, self.stop)
            yield from builtins.range(at, end)
            at, now = end, clock()
            stride = min(2 * stride, STRIDE_MAX) if now - looked < TINY_SECONDS else 1
            looked = now
            if now - told >= PROGRESS_SECONDS and at < self.stop and place.ranging is sign:
                told = now
                serve.tell("progress", (at - self.start) / (self.stop - self.start))
        if place.ranging is sign:
            serve.tell("progress", 1.0)
