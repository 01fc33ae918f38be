"""A pseudo-terminal, and a small terminal that makes of what goes through it what would stand on the
screen."""

import codecs
import fcntl
import os
import pty
import re
import struct
import termios


class Screen:
    """What a terminal shows: text, CR, LF, ESC [ K, and lines that are too long."""

    def __init__(self, columns):
        self.columns = columns
        self.lines = [""]  # the last one is where the cursor is
        self.at = 0
        self.drawn = []  # every state of a line that was ended with ESC [ K
        self.widest = 0
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""

    def feed(self, data):
        text = self._rest + self.decode(data)
        self._rest = ""
        for piece in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\x1b[^\[]?.*\Z|.", text, re.DOTALL):
            if piece == "\r":
                self.at = 0
            elif piece == "\n":
                self.lines.append("")
            elif piece == "\x1b[K":
                self.lines[-1] = self.lines[-1][: self.at]
                if self.lines[-1]:
                    self.drawn.append(self.lines[-1])
            elif piece.startswith("\x1b"):
                if len(piece) > 8 or re.fullmatch(r"\x1b\[[0-9;]*[A-Za-z]", piece):
                    raise AssertionError(f"a person would see {piece!r}")
                self._rest = piece
            else:
                self.put(piece)

    def put(self, character):
        if self.at == self.columns:
            self.lines.append("")
            self.at = 0
        line = self.lines[-1].ljust(self.at)
        self.lines[-1] = line[: self.at] + character + line[self.at + 1 :]
        self.at += 1
        self.widest = max(self.widest, self.at)


class Terminal:
    """Both ends of a pseudo-terminal, and its screen."""

    def __init__(self, columns):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(columns)
        self.resize(columns)

    def resize(self, columns):
        """A process that has it as its controlling terminal gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.screen.columns = columns

    def press(self, keys):
        os.write(self.master, keys)

    def read(self):
        """Whether there was something, or its users are gone."""
        try:
            data = os.read(self.master, 4096)
        except OSError:  # EIO
            return False
        self.screen.feed(data)
        return True

    def until(self, pattern):
        """The line at the cursor matches."""
        while not re.search(pattern, self.screen.lines[-1]):
            if not self.read():
                raise AssertionError(f"{pattern!r} has not been shown\n{self.screen.lines}")

    def until_line(self, pattern):
        """Some line that is finished matches."""
        while not any(re.search(pattern, line) for line in self.screen.lines[:-1]):
            if not self.read():
                raise AssertionError(f"{pattern!r} has not been shown\n{self.screen.lines}")

    def until_end(self):
        while self.read():
            pass

    def close(self):
        os.close(self.master)
