"""What run() was given: the handlers, and what prep or build has made for them."""

from . import process, subtasks
from .errors import TaskError


class Handlers:
    """Calls what answers a task. prepare() comes before the first one, and may come again."""
    def __init__(self, handler, prep, subtask, on_slice, build):
        if handler is None and on_slice is None:
            raise TypeError("run() needs a handler, or on_slice")
        for both, names in (((handler, on_slice), "a handler or on_slice"), ((prep, build), "prep or build")):
            if None not in both:
                raise TypeError("run() takes %s, and not both" % names)
        self._handler, self._on_slice, self._subtask = handler, on_slice, subtask
        self._prep, self._build = prep, build
        self._made = ()

    def prepare(self, items):
        self._made = ()  # Two models at once may be more than the memory takes.
        if self._prep is not None:
            self._made = (self._prep(items),)
        elif self._build is not None:
            made = self._build(*items)
            self._made = made if type(made) is tuple else () if made is None else (made,)
        elif items:
            raise TaskError("PrepError", "%d prep items, but this worker takes none" % len(items))

    def register(self, chunk):
        """What answers a payload from here on; with `chunk` that is a list of payloads."""
        if self._on_slice is not None:
            handler = self._call_with_list if chunk else self._call_with_list_of_one
        else:
            handler = self._call if self._prep or self._build else self._handler
        subtask = self._subtask and (lambda payload, common: self._subtask(payload, common, *self._made))
        subtasks.register(handler, subtask)
        return self._call_for_list if chunk else subtasks.call

    def _call(self, payload):
        return self._handler(payload, *self._made)

    def _call_with_list(self, payloads):
        count = len(payloads)  # The handler may empty the list.
        return results_of(self._on_slice(payloads, *self._made), count)

    def _call_with_list_of_one(self, payload):
        return self._call_with_list([payload])[0]

    def _call_for_list(self, payloads):
        """For a task frame that is a list. The hooks are around each call of what run() was given."""
        if not isinstance(payloads, list):
            raise TaskError("PayloadError", "SPREAD_CHUNK is set, and the payload is no list of payloads")
        process.channel.ranging = False  # One progress for many would go up and down.
        return subtasks.call(payloads) if self._on_slice else [self._call_for_one(p) for p in payloads]

    @staticmethod
    def _call_for_one(payload):
        process.channel.payload = payload
        return subtasks.call(payload)


def results_of(results, count):
    """What a handler for lists has returned, as a list."""
    if hasattr(results, "tolist"):
        results = results.tolist()
    if isinstance(results, (str, bytes, bytearray, dict, set, frozenset)) or not hasattr(results, "__iter__"):
        raise TaskError("BadResult", "on_slice returns a list of results, and not %s" % type(results).__name__)
    results = list(results)
    if len(results) != count:
        raise TaskError("BadResult", "%s for %s" % (counted(len(results), "result"), counted(count, "payload")))
    return results


def counted(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")
