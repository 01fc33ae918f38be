"""`spread check` over a real ssh: the worker there, and the way to it."""

import os
import re
import unittest

from spread_testing import PYTHON, SOURCE, SQUARE
from sshd import SshTest

SDK = os.path.join(SOURCE, "worker_sdk", "python")


class Ssh(SshTest):
    def check(self, *words):
        result = self.spread("check", *words)
        found = re.findall(r"^(pass|FAIL|n/a) +(\S+) +(.*)$", result.out, re.MULTILINE)
        return result, {name: verdict for verdict, name, _ in found}

    def test_what_keeps_the_protocol_passes_there_too(self):
        self.environment["PYTHONPATH"] = SDK
        worker = os.path.join(SOURCE, "examples", "square", "square_sdk.py")
        result, checks = self.check("-S", "h2", "--", PYTHON, worker)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual({name for name, verdict in checks.items() if name.startswith("launcher") and verdict == "pass"},
                         {name for name in checks if name.startswith("launcher")})
        self.assertEqual((checks["beats"], checks["end-master"]), ("pass", "n/a"))

    def test_a_terminal_is_found(self):
        result, checks = self.check("-S", "h2", "--ssh", "ssh -tt", "--timeout", "2", "--", *SQUARE)
        self.assertEqual((result.status, checks["launcher-terminal"], checks["launcher-bytes"]), (1, "FAIL", "FAIL"))


if __name__ == "__main__":
    unittest.main()
