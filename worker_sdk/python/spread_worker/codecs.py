"""The two wires that a worker in Python can speak, and their values."""

import base64
import json
import re
import struct

try:
    import msgpack
except ImportError:
    msgpack = None

from .errors import ProtocolError

length_behind = struct.Struct(">BI").pack


class Ext:
    """A msgpack extension value: `data` bytes and a `code` from 0 to 127 (received: from -128)."""
    def __init__(self, code, data):
        self.code, self.data = code, data

    def __repr__(self):
        return "Ext(%r, %r)" % (self.code, self.data)


class MsgpackCodec:
    name = "msgpack"
    def __init__(self):
        # surrogateescape: a str that is not UTF-8 must come back as the same bytes.
        self._pack = msgpack.Packer(use_bin_type=True, default=self._other,
                                    unicode_errors="surrogateescape").pack
        self._options = {"raw": False, "ext_hook": Ext, "unicode_errors": "surrogateescape"}
        if msgpack.version >= (0, 6):
            self._options["strict_map_key"] = False

    @staticmethod
    def _other(value):
        if isinstance(value, Ext):
            return msgpack.ExtType(value.code, value.data)
        if isinstance(value, int):
            raise OverflowError("integers end at 2^64; this has %d bits" % value.bit_length())
        return to_plain(value)

    def encode(self, message):
        body = self._pack(message)
        return length_behind(0xC6, len(body)) + body + b"\n"

    def decode(self, body):
        return msgpack.unpackb(body, **self._options)

    def decode_all(self, piece):
        """The values of the whole messages in front, and their bytes. Any exception: one by one."""
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(piece)
        frames = list(unpacker)
        bodies = b"".join(frames)
        size = len(bodies) + 5 * len(frames)
        if unpacker.tell() != size:
            raise ProtocolError("a frame that is no bin 32")
        return self.decode(length_behind(0xDD, len(frames)) + bodies), size

    @staticmethod
    def id_of(body):
        try:
            unpacker = msgpack.Unpacker(raw=True)
            unpacker.feed(body)
            return unpacker.unpack() if unpacker.read_array_header() == 2 else None
        except Exception:
            return None

    @staticmethod
    def find(buffer, at, _scanned):
        """Where the next value, from `at` on, begins and ends; None if it is not complete, as it
        is not up to `scanned`; an end of -1 if there is something else."""
        if len(buffer) - at < 5:
            return None
        if buffer[at] != 0xC6:
            return at, -1
        end = at + 5 + int.from_bytes(buffer[at + 1:at + 5], "big")
        return (at + 5, end) if end <= len(buffer) else None


class JsonCodec:
    name = "json"
    def __init__(self):
        self._encode = json.JSONEncoder(separators=(",", ":"), default=self._other).encode
        self._marked = json.JSONDecoder(object_hook=self._mark).decode

    @staticmethod
    def _other(value):
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$bin": base64.b64encode(value).decode()}
        if isinstance(value, Ext):
            return {"$ext": [value.code, base64.b64encode(value.data).decode()]}
        return to_plain(value)

    @staticmethod
    def _mark(value):
        try:
            (key, held), = value.items()
            if key == "$bin":
                return base64.b64decode(held, validate=True)
            if key == "$ext":
                code, data = held
                return Ext(code, base64.b64decode(data, validate=True))
        except (TypeError, ValueError):
            pass  # A map of another size, or one that happens to have that key.
        return value

    def encode(self, message):
        # A newline in front, so that another writer's unfinished line does not swallow the message;
        # not of hello and ready, which `spread all` wants as the very first bytes.
        start = "" if message[1] in ("hello", "ready") else "\n"
        return (start + self._encode(message) + "\n").encode("utf-8", "surrogatepass")

    def decode(self, body):
        text = body.decode("utf-8")
        return self._marked(text) if '{"$' in text else json.loads(text)

    def decode_all(self, piece):
        size = piece.rfind(b"\n") + 1
        values = self.decode(b"[%b]" % piece[:max(size - 1, 0)].replace(b"\n", b","))
        if len(values) != piece.count(b"\n"):
            raise ProtocolError("a line that is no value")
        return values, size

    @staticmethod
    def id_of(body):
        found = re.match(rb"\s*\[\s*(\d+)\s*,", body)
        return int(found.group(1)) if found else None

    @staticmethod
    def find(buffer, at, scanned):
        end = buffer.find(b"\n", max(at, scanned))
        return (at, end + 1) if end >= 0 else None


def to_plain(value):
    if not hasattr(value, "tolist"):
        raise TypeError("a result cannot hold a %s" % type(value).__name__)
    return value.tolist()


def bare_failure(failure):
    """[nil, "error", {...}] without the msgpack package."""
    words = [w.encode() for w in ("type", failure["type"], "message", failure["message"])]
    texts = b"".join(b"\xda" + struct.pack(">H", len(w)) + w for w in words)
    return length_behind(0xC6, 9 + len(texts)) + b"\x93\xc0\xa5error\x82" + texts + b"\n"
