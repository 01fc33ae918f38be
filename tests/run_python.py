#!/usr/bin/python3
"""Run one unittest file for ctest: run_python.py FILE [unittest options].

`python3 -m unittest` alone would call a file without tests a success, and would hide skipped
tests. Here a file without tests fails; a file whose tests were all skipped exits 77, which ctest
shows as skipped; and with SPREAD_REQUIRE_SSH=1 a skipped test in a file named ssh_* is a failure.
"""

import os
import sys
import unittest

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
        for test, reason in result.skipped:
            print(f"skipped: {test}: {reason}", file=sys.stderr)
        if name.startswith("ssh_") and os.environ.get("SPREAD_REQUIRE_SSH") == "1":
            print("SPREAD_REQUIRE_SSH=1: a skipped ssh test is a failure", file=sys.stderr)
            return 1
        if len(result.skipped) >= result.testsRun:
            return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
