"""Journals (docs/journal.md), sound and not, and what a reader says of each."""

import struct

from encoding import pack, to_hex

MAGIC = b"spread journal\n\0"
BLOCK, PAGE = 32768, 4096
WHOLE, FIRST, MIDDLE, LAST, VOID = 1, 2, 3, 4, 5


def table():
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        yield crc


TABLE = list(table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def fragment(offset, kind, data):
    rest = struct.pack("<HB", len(data), kind) + data
    return struct.pack("<I", crc32c(struct.pack("<Q", offset) + rest)) + rest


class Journal:
    """One that is being written. `reads` is what is read of it so far."""

    def __init__(self):
        self.data = bytearray(MAGIC)
        self.reads = []

    def add(self, record, lost=False):
        """Where it begins. `lost`: it will not be read."""
        left = BLOCK - len(self.data) % BLOCK
        if left < 8:
            self.data += bytes(left)
        begin, rest, first = len(self.data), record, True
        while rest or first:
            room = BLOCK - len(self.data) % BLOCK - 7
            kind = (WHOLE if first else LAST) if len(rest) <= room else (FIRST if first else MIDDLE)
            self.data += fragment(len(self.data), kind, rest[:room])
            rest, first = rest[room:], False
        if not lost:
            self.reads.append(["record", begin, len(self.data), to_hex(record)])
        return begin

    def fill(self, end, lost=False):
        """A record up to `end`, in the same block."""
        return self.add(b"f" * (end - len(self.data) - 7), lost)

    def put(self, kind, data):
        begin = len(self.data)
        self.data += fragment(begin, kind, data)
        return begin

    def flip(self, at):
        self.data[at] ^= 64

    def zero(self, begin, end):
        self.data[begin:end] = bytes(end - begin)

    def damaged(self, at):
        self.reads.append(["damaged", at])

    def end(self, torn=False):
        ends = [read[2] for read in self.reads if read[0] == "record"]
        end = ends[-1] if ends else len(MAGIC)
        self.reads.append(["torn", end, len(self.data) - end] if torn else ["end", end])
        return self


def sound():
    j = Journal()
    yield "without records", j.end(), {}
    j = Journal()
    j.add(b"one"), j.add(b"two"), j.add(b"\0")
    yield "three records", j.end(), {}
    j = Journal()
    j.add(b"x" * 70000), j.add(b"end")
    yield "a record in three blocks", j.end(), {}
    for left in range(0, 9):
        j = Journal()
        j.fill(BLOCK - left)
        j.add(b"next")
        yield "%d bytes left in a block" % left, j.end(), {}
    j = Journal()
    j.add(b"x" * (BLOCK - 16 - 7)), j.add(b"y" * (BLOCK - 7)), j.add(b"z" * (BLOCK - 6))
    yield "records as large as blocks", j.end(), {}


def torn():
    j = Journal()
    j.data = bytearray()
    j.reads.append(["end", 16])
    yield "an empty file", j, {}
    for name, left in (("within a head", 5), ("behind a head", 7), ("within data", 9)):
        j = Journal()
        j.add(b"one")
        at = j.add(b"second", lost=True)
        del j.data[at + left :]
        yield "cut off " + name, j.end(torn=True), {}
    j = Journal()
    j.add(b"one"), j.add(b"x" * 70000, lost=True)
    del j.data[2 * BLOCK :]
    yield "a record without its last fragment", j.end(torn=True), {}
    j = Journal()
    j.add(b"one")
    j.data += bytes(3)
    yield "three zeros at the end", j.end(torn=True), {}
    j = Journal()
    j.add(b"one")
    j.data += bytes(3 * BLOCK)
    yield "blocks of zeros at the end", j.end(torn=True), {}
    j = Journal()
    j.add(b"one"), j.add(b"second", lost=True)
    j.flip(len(j.data) - 1)
    yield "the last fragment is bad", j.end(torn=True), {}
    j = Journal()
    j.fill(BLOCK - 5)
    j.data += bytes(2)
    yield "cut off within the padding", j.end(torn=True), {}
    inner = Journal()
    inner.add(b"a record of another")
    j = Journal()
    j.add(b"one"), j.add(bytes(inner.data) + b"behind it", lost=True)
    del j.data[-4:]
    yield "a torn record with a journal in it", j.end(torn=True), {}


def lost():
    j = Journal()
    j.add(b"one")
    begin = j.fill(PAGE + 100, lost=True)
    j.fill(BLOCK, lost=True)
    j.add(b"next")
    j.zero(PAGE, 2 * PAGE)
    yield "a page is lost", j.end(), {"zero_pages": 1, "zero_bytes": BLOCK - begin}
    j = Journal()
    j.fill(PAGE + 100)
    begin = j.add(b"lost" * 100, lost=True)
    j.fill(BLOCK, lost=True)
    j.add(b"next")
    j.zero(begin, 2 * PAGE)
    yield "a page is lost behind its front", j.end(), {"zero_pages": 1, "zero_bytes": BLOCK - begin}
    j = Journal()
    j.fill(BLOCK)
    j.add(b"x" * 2 * BLOCK, lost=True)
    end = j.add(b"next")
    j.zero(2 * BLOCK + PAGE, 2 * BLOCK + 2 * PAGE)
    yield "a page in the middle of a record is lost", j.end(), {
        "zero_pages": 1, "zero_bytes": end - BLOCK}
    j = Journal()
    j.fill(BLOCK), j.fill(2 * BLOCK, lost=True), j.add(b"next")
    j.zero(BLOCK, 2 * BLOCK)
    yield "a block is lost", j.end(), {"zero_pages": 8, "zero_bytes": BLOCK}
    j = Journal()
    j.add(b"one"), j.fill(2 * PAGE, lost=True), j.add(b"next", lost=True)
    j.zero(PAGE, 2 * PAGE)
    yield "a page is lost in the last block", j.end(torn=True), {}


def damaged():
    for name, place in (("checksum", 0), ("length", 4), ("length, far off", 5), ("type", 6), ("data", 7)):
        j = Journal()
        j.add(b"one")
        at = j.add(b"second", lost=True)
        j.add(b"third", lost=True)
        j.flip(at + place)
        j.damaged(at)
        yield "a wrong bit in a %s in the last block" % name, j.end(torn=True), {}
        j = Journal()
        j.add(b"one")
        at = j.add(b"second", lost=True)
        j.fill(BLOCK, lost=True)
        j.flip(at + place)
        j.damaged(at)
        j.add(b"next")
        yield "a wrong bit in a %s" % name, j.end(), {"damaged_bytes": BLOCK - at}
    j = Journal()
    j.add(b"one")
    copy = bytes(j.data[16:])
    j.damaged(len(j.data))
    j.data += copy
    j.add(b"third", lost=True)
    yield "a copy of a fragment", j.end(torn=True), {}
    j = Journal()
    j.fill(BLOCK - 5)
    j.damaged(len(j.data))
    j.add(b"next")
    j.flip(BLOCK - 3)
    yield "padding that is not zero", j.end(), {}
    j = Journal()
    j.damaged(j.put(LAST, b"no begin"))
    j.add(b"one")
    j.put(FIRST, b"no end")
    j.damaged(len(j.data))
    j.add(b"two")
    yield "fragments out of order", j.end(), {"damaged_bytes": 15 + 13}
    j = Journal()
    j.put(9, b"unknown type")
    j.damaged(16)
    j.add(b"one", lost=True)
    yield "a fragment of no known type", j.end(torn=True), {}


def void():
    j = Journal()
    j.add(b"one")
    begin = j.put(FIRST, b"lost")
    j.put(VOID, bytes(100))
    j.put(LAST, b"lost")
    end = len(j.data)
    j.add(b"two")
    yield "what a repair leaves", j.end(), {"void_bytes": end - begin}


SKIPPED = ("zero_pages", "zero_bytes", "damaged_bytes", "void_bytes")

PART = {
    "format": 1, "spread": "1.2.3", "epoch": 4, "host": "n3", "boot": "0f1e 4026531836",
    "pid": 4711, "pid_start": 123456789012, "time": 1790000000, "subcommand": "run",
    "words": ["spread", "run", "", b"\xff"], "identity": {"command": "./square", "digest": b"\0\xfe"},
    "renumbers": True,
}


def cases():
    for kinds in (sound, torn, lost, damaged, void):
        for name, journal, skipped in kinds():
            yield {"name": name, "kind": kinds.__name__, "hex": to_hex(bytes(journal.data)),
                   "reads": journal.reads, "skipped": [skipped.get(key, 0) for key in SKIPPED]}


def part():
    return to_hex(b"P" + pack(PART))
