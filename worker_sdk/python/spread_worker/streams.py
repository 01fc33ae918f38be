"""A handler at work in this process, with a debugger or in a test: nothing of what the SDK does to a
process that spread has started is done to this one."""

import threading

from . import hooks, process, serve, subtasks
from .channel import READ_SIZE, Channel
from .codecs import JsonCodec, MsgpackCodec, msgpack


class StreamChannel(Channel):
    """On two file objects. Each message is written at once: no thread is left behind."""
    is_lent = True

    def __init__(self, stdin, stdout, codec, features):
        super().__init__(None, None)
        self.codec, self.features = codec, frozenset(features)
        self._stdin, self._stdout = stdin, stdout
        self._read = getattr(stdin, "read1", stdin.read)

    def misfed(self, why):
        raise ValueError(why)

    def _read_some(self):
        return self._read(READ_SIZE) or b""

    def _write_all(self, view):
        while view:  # A raw file may take a part.
            view = view[self._stdout.write(view) or 0:]
        if hasattr(self._stdout, "flush"):
            self._stdout.flush()

    def send(self, message, may_wait):
        super().send(message, may_wait=False)


def codec_named(wire):
    """None: the one that spread would speak by default, as far as it is there."""
    if wire not in (None, "msgpack", "json"):
        raise ValueError("wire is msgpack or json, and not %r" % (wire,))
    if wire == "json" or wire is None and not msgpack:
        return JsonCodec()
    if not msgpack:
        raise ImportError("python3-msgpack is not installed here; wire='json' does without it")
    return MsgpackCodec()


def opened(stream, mode):
    """Of a descriptor a file object, which does not close it."""
    return open(stream, mode, buffering=0, closefd=False) if isinstance(stream, int) else stream


def run_on(stdin, stdout, handlers, items, capture, wire, features, chunk):
    """See spread_worker.run_on()."""
    channel = StreamChannel(opened(stdin, "rb"), opened(stdout, "wb"), codec_named(wire), features)
    channel.chunk = chunk
    outer, process.channel = process.channel, channel
    channel.reader, channel.working = threading.get_ident(), True
    try:
        handlers.prepare(serve.start(channel, 1024, str(items)))
        serve.answer_all(channel, handlers, capture)
    finally:
        channel.working = False
        if channel.capture:
            channel.capture.stop()
        process.channel = outer
        hooks.end()


def one_shot(handlers, task, items):
    """See spread_worker.one_shot()."""
    codec = codec_named(None)

    def sent(value):
        encoded = codec.encode(["", value])
        start, end = codec.find(encoded, 0, 0)
        return codec.decode(encoded[start:end])[1]

    handlers.prepare([sent(item) for item in items])
    call, place = handlers.register(chunk=False), subtasks.in_work()
    outer = place.payload, place.ranging
    place.payload, place.ranging = sent(task), None
    try:
        return sent(call(place.payload))
    finally:
        place.payload, place.ranging = outer
