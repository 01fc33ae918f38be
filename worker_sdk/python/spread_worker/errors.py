"""What a handler may raise, and how a failure is described."""


class Busy(Exception):
    """Raise it in a handler: not now, give this task to another worker, and this one nothing for about
    `seconds`. The task is not blamed."""
    def __init__(self, seconds=1.0, reason=None):
        super().__init__(seconds, reason)
        self.seconds, self.reason = float(seconds), reason and str(reason)


class TaskError(Exception):
    """Raise it in a handler: this task failed. `type` is one word, `message` one line. Every other
    exception does the same with its class, its text and its trace."""
    def __init__(self, type, message, trace=None):
        super().__init__(type, message)
        self.type, self.message, self.trace = type, message, trace


class SubtaskError(TaskError):
    """A sub-task has failed: `type`, `message` and `trace` are those of its failure; "NoResponse" where it
    crashed its workers, "Timeout", "NotComputed". A handler that lets it out has failed likewise."""
    def __init__(self, type, message, trace=None):
        super().__init__(str(type or ""), str(message or ""), trace)

    def __str__(self):
        return "%s: %s" % (self.type, self.message)


class Fatal(Exception):
    """Raise it in a handler: the whole run cannot succeed, and stops."""
    def __init__(self, message, type="Fatal"):
        super().__init__(message)
        self.message, self.type = message, type


class Refused(Exception):
    """The master has refused a question: `type` is one word, `message` one line."""
    def __init__(self, type, message):
        super().__init__(type, message)
        self.type, self.message = type, message

    def __str__(self):
        return self.message


class GangFailed(Refused):
    """A collective cannot be: a member has failed, died, left or called another one. The text names
    its rank and says why. A handler that lets it out has failed its task."""


class InputEnded(BaseException):
    """The input has ended while a question waited: its task is to have no answer, and the process ends.
    What catches every Exception, as a handler may, lets it pass."""


class TooOld(Exception):
    """The spread that has started this worker does not know what was asked for."""
    def __init__(self, ability):
        super().__init__("this spread is too old: it does not know %r" % ability)


class ProtocolError(Exception):
    """What came in cannot be understood: the worker ends."""


def describe(error):
    """The map of an error answer. Text is made UTF-8: a file name may not be."""
    if isinstance(error, TaskError):
        type_name, message, trace = error.type, error.message, error.trace
    else:
        import traceback
        try:
            message = str(error)
        except Exception:
            message = "(its text cannot be had)"
        type_name, trace = type(error).__name__, error.__traceback__
        while trace and trace.tb_frame.f_globals.get("__package__") == __package__:
            trace = trace.tb_next
        trace = trace and "".join(traceback.format_exception(type(error), error, trace))
    found = (("type", type_name), ("message", message), ("trace", trace))
    return {k: str(v).encode(errors="backslashreplace").decode() for k, v in found if v is not None}
