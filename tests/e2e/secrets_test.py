"""The values of --env are never arguments of a process, here or on the other machine: all users of
either may read those. A program there looks at the arguments of all processes of this machine,
which is both."""

import os
import unittest

from spread_testing import PYTHON, SpreadTest
from sshd import SshTest

# Says "seen" and the process for each of all whose arguments hold a secret, and whether it has them
# itself: as a job (its argument) or as a worker of --wire lines.
SPY = """\
import os, sys
TOKEN = os.environ["TOKEN"]
def look():
    found = []
    for pid in os.listdir("/proc"):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file: words = file.read()
        except OSError:
            continue
        for secret in (TOKEN, "of-a-function" + "-" + TOKEN[-4:]):
            if secret.encode() in words: found.append(f"seen {pid} {words!r}")
    return "; ".join(found) or "nothing seen " + TOKEN
if len(sys.argv) > 1:
    print(look())
for line in sys.stdin:
    print(look(), flush=True)
"""
TOKEN = "s3cret-0f-this-t3st-4711"
FUNCTION = "() {  echo of-a-function-4711\n}"


class Secrets:
    hosts = ()

    def setUp(self):
        super().setUp()
        self.spy = self.file("spy.py", SPY)
        self.environment.update({"TOKEN": TOKEN, "BASH_FUNC_greet%%": FUNCTION})

    def look(self, *words, seen=f"nothing seen {TOKEN}\n", **how):
        result = self.spread(*words, **how)
        self.assertEqual((result.status, result.out), (0, seen), result)
        self.assertNotIn(TOKEN, result.err)

    def env(self):
        return ("--env", "TOKEN,greet")

    def test_of_workers(self):
        self.look("run", *self.hosts, *self.env(), "--wire", "lines", "--", PYTHON, self.spy, input="x\n")

    def test_of_all(self):
        self.look("all", "-j1", *self.hosts, *self.env(), "--", PYTHON, self.spy, "once")

    def test_of_jobs(self):
        self.look("map", *self.hosts, *self.env(), PYTHON, self.spy, ":::", "x")

    def test_of_jobs_that_use_the_function(self):
        script = f"greet >/dev/null; {PYTHON} {self.spy} {{}}"
        self.look("map", *self.hosts, *self.env(), "--shell-path", "/bin/bash", script, ":::", "x")

    def test_of_filters(self):
        self.look("pipe", *self.hosts, *self.env(), "--round-robin", PYTHON, self.spy, input="x\n")
        self.look("pipe", *self.hosts, *self.env(), PYTHON, self.spy, input="x\n")

    def test_of_what_is_shown_beforehand(self):
        for words in (("run", "--", "cat"), ("map", "echo", ":::", "x")):
            result = self.spread(words[0], *self.hosts, *self.env(), "--dry-run", *words[1:])
            self.assertEqual(result.status, 0, result)
            self.assertNotIn(TOKEN, result.out + result.err)
            self.assertNotIn("4711", result.out + result.err)

    def test_of_what_is_told_meanwhile(self):
        result = self.spread("run", *self.hosts, *self.env(), "-v", "--events", self.path("events"), "--joblog",
                             self.path("joblog"), "--wire", "lines", "--", "cat", input="x\n")
        self.assertEqual(result.out, "x\n", result)
        self.assertNotIn("4711", result.err)
        for name in ("events", "joblog"):
            with open(self.path(name), encoding="utf-8") as file:
                self.assertNotIn("4711", file.read())


class OverSsh(Secrets, SshTest):
    hosts = ("-S", "1/h2")


class ByOtherPrograms(Secrets, SpreadTest):
    """What a launcher is given, it writes down."""

    def setUp(self):
        super().setUp()
        self.given = self.path("given")
        self.launcher = self.file("launcher", f'#!/bin/sh\nprintf "%s\\n" "$@" >>{self.given}\nshift; exec "$@"\n')
        os.chmod(self.launcher, 0o755)
        self.hosts = ("-S", "1/n1", "--launch", f"{self.launcher} {{host}}")

    def look(self, *words, **how):
        super().look(*words, **how)
        with open(self.given, encoding="utf-8") as file:
            self.assertNotIn("4711", file.read())


class BySshOfTheUser(ByOtherPrograms):
    """Called as ssh is: the host, and one word for a shell."""

    def setUp(self):
        super().setUp()
        login = self.file("login", f'#!/bin/sh\nprintf "%s\\n" "$@" >>{self.given}\nshift; exec sh -c "$1"\n')
        os.chmod(login, 0o755)
        self.hosts = ("-S", "1/n1", "--ssh", login)


if __name__ == "__main__":
    unittest.main()
