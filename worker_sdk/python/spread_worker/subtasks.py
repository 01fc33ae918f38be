"""Tasks that the task in work hands back to spread (docs/subtasks.md): each call is a question to the
master. Without one they run in this process, when they are waited for."""

from . import hooks, process
from .errors import Refused, SubtaskError, TooOld, describe

DEPTH_MAX = 16  # As the master has it.


class Subtask:
    """What submit() gives for each payload. `id` is unique in the run."""
    __slots__ = ("id",)

    def __init__(self, id):
        self.id = id

    def __repr__(self):
        return "Subtask(%d)" % self.id

    def ready(self):
        """Whether it is finished. As ready() of it alone."""
        return bool(ready([self]))

    def result(self):
        """Its result, which is waited for. Raises SubtaskError where it has failed. Once: then it is
        forgotten, also by results()."""
        (found,) = results([self])
        if isinstance(found, SubtaskError):
            raise found
        return found


def submit(payloads, common=None):
    """Hands these tasks to spread, which sends them to workers as they become free; a list with a
    Subtask for each. `common` is sent to each worker process once: see common()."""
    payloads = list(payloads)
    arguments = [payloads] if common is None else [payloads, common]
    return [Subtask(id) for id in _ask("submit", *arguments)]


def ready(subtasks):
    """Those that are finished, in the order given, at once. Where others are missing and none of these
    is at a worker, this process runs one first: so a loop that asks for those still missing comes to an end."""
    return _chosen(subtasks, "ready")


def wait(subtasks, count=None):
    """Waits until so many of them (None: all) are finished; those that are, in the order given. While
    it waits this process runs sub-tasks of the task in work, with the same handler."""
    return _chosen(subtasks, "wait", count)


def results(subtasks):
    """Waits for all of them; a list of their results, in the order given, with a SubtaskError in the
    place of a result where one has failed. Each can be had once."""
    found = _ask("fetch", [subtask.id for subtask in subtasks])
    return [value if kind == "ok" else _error(value) for kind, value in found]


def map(payloads, common=None):
    """The results of submit(payloads, common), in order. Raises the first SubtaskError of them."""
    found = results(submit(payloads, common))
    for value in found:
        if isinstance(value, SubtaskError):
            raise value
    return found


def subpool(slots):
    """Asks spread to keep so many slots for sub-tasks. The first call of a run counts, or an option
    before it; the number that is kept."""
    return _ask("subpool", slots)


def common():
    """The common part of the sub-task in work; None where there is none."""
    channel = process.at_work()
    return channel.commons.get(channel.meta.get("common")) if channel else _local.common


def parent():
    """The id of the task that has submitted the task in work; None where that is no sub-task."""
    channel = process.at_work()
    return channel.meta.get("parent") if channel else _local.parent


def in_work():
    """What has the `payload` of the task in work, and its `ranging`: the channel, or what stands for it."""
    return process.at_work() or _local


def register(handler, subtask=None):
    """What runs sub-tasks where there is no master: a test of a handler, say. run() does it, too.
    `handler` is called with a sub-task's payload; or `subtask`, with the payload and common()."""
    global _handler, _subtask
    _handler, _subtask = handler, subtask


def call(payload):
    """Of the task in work, whichever it is."""
    if _subtask and parent() is not None:
        return hooks.around(_subtask, payload, common())
    return hooks.around(_handler, payload)


_handler = _subtask = None


def _ask(op, *arguments):
    channel = process.at_work()
    if channel is None:
        return getattr(_local, op)(*arguments)
    if "subtasks" not in channel.features:
        raise TooOld("subtasks")
    waits = op in ("ready", "wait", "fetch")
    return channel.ask(op, *arguments, run=channel.run_subtask if waits else None)


def _chosen(subtasks, op, *arguments):
    subtasks = list(subtasks)
    found = set(_ask(op, [subtask.id for subtask in subtasks], *arguments))
    return [subtask for subtask in subtasks if subtask.id in found]


def _error(description):
    if not isinstance(description, dict):
        description = {"message": str(description)}
    return SubtaskError(*(description.get(key) for key in ("type", "message", "trace")))


class _Local:
    """The answers of this process, where no master gives them."""
    def __init__(self):
        self.parent = self.common = self.payload = self.ranging = None
        self._id = self._last = self._depth = 0
        self._open = {}  # From id to (payload, common) and then to ["ok" or "error", value].

    def submit(self, payloads, common=None):
        if payloads and self._depth >= DEPTH_MAX:
            raise Refused("TooDeep", "a sub-task of depth %d submits no others" % self._depth)
        first, self._last = self._last + 1, self._last + len(payloads)
        for id, payload in enumerate(payloads, first):
            self._open[id] = (payload, common, self._id)
        return list(range(first, self._last + 1))

    def ready(self, ids):
        self._check("ready", ids)
        return self._run_some(ids, len(self._finished(ids)) + 1)

    def wait(self, ids, count=None):
        self._check("wait", ids)
        count = len(ids) if count is None else count
        if not 0 <= count <= len(ids):
            raise Refused("BadAsk", "wait takes a count from 0 to that of its ids, %d" % len(ids))
        return self._run_some(ids, count)

    def fetch(self, ids):
        self._check("fetch", ids)
        for id in ids:
            self._run(id)
        return [self._open.pop(id) for id in ids]

    def subpool(self, slots):
        return slots

    def _check(self, op, ids):
        for id in ids:
            if id not in self._open:
                raise Refused("UnknownSubtask", "%s names %s, which is no sub-task of this task, or "
                              "was fetched" % (op, id))

    def _run_some(self, ids, count):
        """Until so many are finished; those that are."""
        missing = count - len(self._finished(ids))
        for id in ids:
            if missing <= 0:
                break
            missing -= self._run(id)
        return self._finished(ids)

    def _finished(self, ids):
        return [id for id in ids if isinstance(self._open[id], list)]

    def _run(self, id):
        """Whether it had not been run before."""
        task = self._open[id]
        if isinstance(task, list):
            return False
        if _handler is _subtask is None:
            raise RuntimeError("outside of a worker, sub-tasks need register()")
        saved = self.parent, self.common, self._id, self._depth, self.payload, self.ranging
        self.payload, self.common, self.parent = task
        self._id, self._depth, self.ranging = id, self._depth + 1, None
        try:
            self._open[id] = ["ok", call(self.payload)]
        except Exception as e:
            self._open[id] = ["error", describe(e)]
        finally:
            self.parent, self.common, self._id, self._depth, self.payload, self.ranging = saved
        return True


_local = _Local()
