"""--max-rss of a worker behind a launcher: spread cannot see its memory, so it looks itself."""

import os
import time

LOOK_SECONDS = 1.0


class MemoryLimit:
    """Whether this process and its descendants have more resident memory than so many bytes."""
    def __init__(self, bytes_max):
        self._bytes_max, self._next_look = bytes_max, 0.0
        resident_bytes()  # Where that cannot be told, now is the time to say so.

    def is_exceeded(self):
        """False, too, where it was looked at less than a second ago."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_SECONDS
        return resident_bytes() > self._bytes_max


def resident_bytes():
    """What two of the processes share is counted twice."""
    parents, pages = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                words = file.read().rpartition(b") ")[2].split()  # The name may hold anything.
        except OSError:
            continue  # It has ended.
        parents[int(name)], pages[int(name)] = int(words[1]), int(words[21])
    own = os.getpid()
    total = pages[own]
    for process in pages:
        ancestor = parents[process]
        while ancestor not in (own, 0) and ancestor in parents:
            ancestor = parents[ancestor]
        total += pages[process] if ancestor == own else 0
    return total * os.sysconf("SC_PAGE_SIZE")


def limit_of_environment():
    """None where there is none. Children are told nothing of it."""
    text = os.environ.pop("SPREAD_MAX_RSS", "")
    return MemoryLimit(int(text)) if text else None
