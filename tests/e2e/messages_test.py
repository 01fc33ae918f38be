"""What spread says itself holds nothing that a terminal obeys, whatever words are in it: every kind
of message is made with text of a worker, host, file, option or job that tries. (cmake/layers.txt
holds all code to the one function that writes to stderr.)"""

import json
import os
import pty
import re
import unittest

import msgpack

from map_testing import MapTest
from spread_testing import PUPPET, do

# ESC [, U+009B, a bare 9B, BEL, a byte that is no UTF-8, a carriage return within a line.
HOSTILE = b"x\x1b[31m\xc2\x9b2J\x9bK\x07\xff\ry"
SHOWN = r"x\x1b[31m\xc2\x9b2J\x9bK\x07\xff\x0dy"
# The same without what no wire or JSON carries: as UTF-8.
TEXT = "x\x1b[31m\x9b2J\x07\ry"
TEXT_SHOWN = r"x\x1b[31m\xc2\x9b2J\x07\x0dy"
NAME = os.fsdecode(HOSTILE)


def frame(message):
    """As PUPPET has it in ["raw", ...]; HOSTILE stands for each "@"."""
    room = "@" * len(HOSTILE)

    def put(part):
        if isinstance(part, dict):
            return {put(key): put(value) for key, value in part.items()}
        return part.replace("@", room) if isinstance(part, str) else part

    body = msgpack.packb([put(part) for part in message]).replace(room.encode(), HOSTILE)
    return (b"\xc6" + len(body).to_bytes(4, "big") + body).decode("latin-1")


class Messages(MapTest):
    def told(self, *arguments, input=b"", stdout=False):
        """What the command tells on stderr (and stdout)."""
        running = self.start(*arguments)
        out, err = running.process.communicate(input)
        return (out if stdout else b"") + err

    def assert_plain(self, told, shown=SHOWN):
        text = told.decode()  # is UTF-8
        self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
        self.assertIn(shown, text)

    def check(self, *arguments, shown=SHOWN, **how):
        with self.subTest(" ".join(map(str, arguments))[:100]):
            self.assert_plain(self.told(*arguments, **how), shown)

    # ------------------------------------------------------------ words of the command line

    def test_options_and_values(self):
        self.check("run", "--" + NAME, "--", "cat")
        self.check("run", "--window=" + NAME, "--", "cat")
        self.check("map", "--halt", NAME, "echo", ":::", "a")
        self.check("pipe", "--block", NAME, "cat")
        self.check(NAME)
        self.check("help", NAME)
        self.check("history", NAME)
        self.check("hosts", NAME)
        self.check("run", "--wire", NAME, "--", "cat")

    def test_names_of_files(self):
        no_such = self.folder + "/" + NAME + "/file"
        for option in ("-a", "--joblog", "--events", "--slf", "--prep-file"):
            self.check("run", option, no_such, "--", "cat")
        self.check("map", "-a", no_such, "echo")
        self.check("map", "--spill-dir", no_such, "echo", ":::", "a")
        self.check("map", "--results", "/dev/null/" + NAME, "echo", ":::", "a")
        self.check("pipe", "-a", no_such, "cat")
        self.check("all", "--tails", "/dev/null/" + NAME + "/", "true")

    def test_programs(self):
        self.check("run", "--", "./" + NAME, ":::", "1")
        self.check("all", "./" + NAME)
        self.check("run", "--wd", "/" + NAME, "--", "cat", ":::", "1")

    def test_records(self):
        rows = self.file(NAME, "a,b\n1,2,3\n")
        self.check("run", "--in", "csv", "-a", rows, "-j1", "--", *PUPPET)

    # ------------------------------------------------------------ hosts

    def test_hosts(self):
        shouts = self.script("shouts", b"#!/bin/sh\nprintf '" + HOSTILE + b"\\n' >&2\nexit 3\n")
        login = ("--launch", f"{shouts} {{host}}")
        host = os.fsdecode(b"h\xc2\x9b2J\x9b")
        host_shown = r"h\xc2\x9b2J\x9b"
        self.check("hosts", "-S", "hh", *login, stdout=True)
        self.check("hosts", "--check", "-S", "2/hh", *login, stdout=True)
        self.check("map", "-S", "hh", *login, "echo", ":::", "a")
        self.check("run", "-S", "hh", *login, "--", "cat", ":::", "a")
        self.check("hosts", "-S", "1/" + host, *login, stdout=True, shown=host_shown)
        self.check("map", "-S", "1/" + host, *login, "echo", ":::", "a", shown=host_shown)
        self.check("all", "-S", "1/" + host, "--launch", "false {host}", "echo", "a",
                   shown=host_shown)
        self.check("run", "-S", "1/" + host, "--launch", "env", "--summary", "--explain", "--",
                   *PUPPET, input=b"1\n", shown=host_shown)

    def test_history(self):
        self.told("run", "-j2", "--worker", ":", "--worker", ":", "--in", "lines", "--", *PUPPET, NAME,
                  input=b"1\n2\n")
        host = os.fsdecode(b"h\xc2\x9b2J\x9b")
        self.told("run", "-S", f"1/:,1/{host}", "--launch", "env", "--in", "lines", "--", *PUPPET, NAME,
                  input=b"1\n2\n")
        self.check("history", "show", stdout=True)
        self.check("history", "show", stdout=True, shown=r"h\xc2\x9b2J\x9b")

    # ------------------------------------------------------------ workers

    def puppet_told(self, *steps, options=(), shown=SHOWN):
        with self.subTest(str(steps)[:100]):
            task = json.dumps(do(*steps)).encode() + b"\n"
            told = self.told("run", "--in", "json", "-j1", *options, "--", *PUPPET, input=task)
            self.assert_plain(told, shown)

    def test_workers(self):
        self.puppet_told(["raw", frame([0, "error", {"type": "@", "message": "@"}])], ["no_answer"])
        self.puppet_told(["raw", frame([None, "hello", {"wire": 1, "@": 1}])])
        self.puppet_told(["raw", frame([None, "error", {"type": "@", "message": "@"}])], ["exit", 1])
        self.puppet_told(["raw", frame([0, "fatal", "@"])], ["no_answer"])
        self.puppet_told(["raw", frame([0, "log", "@"])])
        self.puppet_told(["raw", frame([0, "@"])], ["exit", 1], shown=r'kind "x\x1b')
        self.puppet_told(["raw", frame([0, "busy", 1, "@"])], ["exit", 1],
                         options=("--explain", "--max-busy", "0.1"), shown="busy")

    def test_workers_in_json(self):
        line = rb'[0,"error",{"type":"E","message":"x\u001b[31m\u009b2J"}]'
        worker = self.script("worker", b"#!/bin/sh\nread line\ncat <<'E'\n" + line + b"\nE\n")
        self.check("run", "--wire", "json", "-j1", "--", worker, ":::", "1",
                   shown=r"x\x1b[31m\xc2\x9b2J")

    def test_logs_of_workers(self):
        log = self.path("log")
        self.puppet_told(["raw", frame([0, "log", "@\n@", "warning"])], ["exit", 1], options=("--log", log))
        with open(log, "rb") as file:
            self.assert_plain(file.read())

    def test_findings_of_a_check(self):
        line = b'[0,"error",{"type":"E","message":"x\\u001b[31m\\u009b2J"}]'
        worker = self.script("worker", b"#!/bin/sh\nread line\ncat <<'E'\n" + line + b"\nE\n")
        self.check("check", "--wire", "json", "--", worker, stdout=True, shown=r"x\x1b[31m\xc2\x9b2J")

    def test_last_words(self):
        dies = self.script("dies", b"#!/bin/sh\nread line\nprintf '" + HOSTILE + b"\\n' >&2\nexit 3\n")
        told = self.told("run", "--wire", "lines", "-j1", "--", dies, ":::", "1")
        said = b"\n".join(l for l in told.split(b"\n") if l.startswith(b"spread: "))
        self.assert_plain(said)

    # ------------------------------------------------------------ jobs

    def test_jobs(self):
        job = self.script("job", b"#!/bin/sh\nprintf '" + HOSTILE + b"\\n' >&2\nexit 3\n")
        # Their stderr is in files, so that what is on stderr is spread's.
        self.check("map", "--results", self.path("r"), job, ":::", NAME)
        self.check("map", "--results", self.path("s"), "--explain", job, ":::", NAME)
        self.check("map", "--results", self.path("t"), "/" + NAME, ":::", "a")
        self.check("map", "--results", self.path("u"), "false {}", ":::", NAME)

    def test_commands_on_a_terminal(self):
        for option in ("-t", "--dry-run"):
            with self.subTest(option):
                master, slave = pty.openpty()
                running = self.start("map", option, "true", ":::", NAME, stdout=slave, stderr=slave)
                os.close(slave)
                told = b""
                try:
                    while data := os.read(master, 4096):
                        told += data
                except OSError:  # EIO: no process has it open any more
                    pass
                os.close(master)
                self.assertEqual(running.process.wait(), 0)
                self.assert_plain(re.sub(rb"\r\n", b"\n", told))

    def test_worker_plan_on_a_terminal(self):
        master, slave = pty.openpty()
        running = self.start("run", "--dry-run", "-j1", "--", "true", NAME, stdout=slave)
        os.close(slave)
        told = os.read(master, 4096)
        os.close(master)
        self.assertEqual(running.finish().status, 0)
        self.assert_plain(re.sub(rb"\r\n", b"\n", told))


if __name__ == "__main__":
    unittest.main()
