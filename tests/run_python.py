#!/usr/bin/python3
"""Run one unittest file for ctest: run_python.py FILE [unittest options].

`python3 -m unittest` alone would call a file without tests a success, and would hide skipped
tests. Here a file without tests fails; a file whose tests were all skipped exits 77, which ctest
shows as skipped; with SPREAD_REQUIRE_SSH=1 a skipped test in a file named ssh_* is a failure, and
with SPREAD_NO_SKIPS=1 any that allowed_skips.txt does not list (skips.py).
"""

import os
import sys
import unittest

import skips

SKIPPED = 77


def main() -> int:
    path = os.path.abspath(sys.argv[1])
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(path))
    program = unittest.main(
        module=name, argv=[name, *sys.argv[2:]], exit=False, verbosity=2, buffer=False
    )
    result = program.result
    if not result.wasSuccessful():
        return 1
    if result.testsRun == 0:
        print(f"{path}: no tests in it", file=sys.stderr)
        return 1
    if result.skipped:
        if skips.are_bad([(test.id(), reason) for test, reason in result.skipped]):
            return 1
        if name.startswith("ssh_") and os.environ.get("SPREAD_REQUIRE_SSH") == "1":
            print("SPREAD_REQUIRE_SSH=1: a skipped ssh test is a failure", file=sys.stderr)
            return 1
        if len(result.skipped) >= result.testsRun:
            return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
