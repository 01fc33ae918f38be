"""What the reader of the Python SDK does grows with what it reads, not with its square: the bytes are
counted that it copies and looks through. So what came before must not be copied nor searched once
more for each piece of a large message that comes."""

import os
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness

sys.path.insert(0, harness.SDK)
from spread_worker import channel, codecs


class Cost:
    """Of all that is done with a Buffer, in bytes."""

    bytes = 0

    @classmethod
    def add(cls, size):
        cls.bytes += size


class Buffer(bytearray):
    """The channel's. Of what the reader does not use today, all bytes count."""

    def find(self, what, start=0, end=None):
        at = super().find(what, start, len(self) if end is None else end)
        Cost.add((len(self) if at < 0 else at) - start)
        return at

    def __iadd__(self, more):
        Cost.add(len(more))
        return super().__iadd__(more)

    def __getitem__(self, key):
        found = super().__getitem__(key)
        Cost.add(len(found) if isinstance(key, slice) else 1)
        return found

    def __delitem__(self, key):
        super().__delitem__(key)
        Cost.add(len(self))  # moved to the front

    def __bytes__(self):
        Cost.add(len(self))
        return b"".join([self])


def counted(name):
    def method(self, *args):
        Cost.add(len(self))
        found = getattr(bytearray, name)(self, *args)
        return Buffer(found) if isinstance(found, bytearray) else found

    return method


for each in ("__add__", "__radd__", "__contains__", "__eq__", "copy", "count", "decode", "endswith",
             "index", "partition", "replace", "rfind", "rindex", "rpartition", "split", "splitlines",
             "startswith", "strip"):
    if hasattr(bytearray, each):
        setattr(Buffer, each, counted(each))


class Reader(unittest.TestCase):
    BYTES = 400_000
    # Each is put into the buffer, looked at, and taken out of it.
    PER_BYTE_MAX = 5

    def read_all(self, codec, pieces):
        """The tasks that a channel finds in the pieces."""
        left = list(reversed(pieces))
        Cost.bytes = 0
        with mock.patch.object(channel, "bytearray", Buffer, create=True):
            reader = channel.Channel(-1, -1)
        reader.codec = codec
        tasks = []
        with mock.patch.object(os, "read", lambda _fd, _size: left.pop() if left else b""):
            while True:
                task = reader.next_task()
                if task is None:
                    return tasks
                tasks.append(task)
                reader.has_more()

    def check(self, payloads, piece_bytes):
        for codec, encode in ((codecs.JsonCodec(), harness.line),
                              (codecs.MsgpackCodec(), harness.frame)):
            with self.subTest(codec.name):
                tasks = [[id, payload] for id, payload in enumerate(payloads)]
                whole = b"".join(map(encode, tasks))
                pieces = [whole[at:at + piece_bytes] for at in range(0, len(whole), piece_bytes)]
                self.assertEqual(self.read_all(codec, pieces), tasks)
                self.assertGreaterEqual(Cost.bytes, len(whole), "its buffer is not a Buffer any more")
                self.assertLess(Cost.bytes / len(whole), self.PER_BYTE_MAX)

    def test_what_was_read_together_is_decoded_together(self):
        """Decoded one by one, tasks of 16 bytes take twice as long."""
        for codec, encode in ((codecs.JsonCodec(), harness.line),
                              (codecs.MsgpackCodec(), harness.frame)):
            with self.subTest(codec.name), mock.patch.object(codec, "decode",
                                                             wraps=codec.decode) as decode:
                tasks = [[id, "0123456789abcdef"] for id in range(1000)]
                self.assertEqual(self.read_all(codec, [b"".join(map(encode, tasks))]), tasks)
                self.assertLessEqual(decode.call_count, 2)

    def test_one_large_message_in_small_pieces(self):
        self.check(["x" * self.BYTES], 500)

    def test_large_messages_one_behind_the_other(self):
        self.check(["x" * (self.BYTES // 4)] * 4, 700)

    def test_many_small_messages_in_large_pieces(self):
        self.check(["x" * 30] * (self.BYTES // 40), 100_000)

    def test_messages_in_pieces_that_cut_them(self):
        self.check(["x" * 300] * (self.BYTES // 300), 111)


if __name__ == "__main__":
    unittest.main()
