#!/usr/bin/python3
"""Run one GoogleTest program for ctest: run_gtest.py PROGRAM [its options]. Alone it would call a run
with skipped tests a success: skips.py says which may be."""

import json
import os
import subprocess
import sys
import tempfile

import skips


def main() -> int:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        done = subprocess.run([*sys.argv[1:], f"--gtest_output=json:{report.name}"], check=False)
        if done.returncode != 0:
            # A signal's number is what the shell would say.
            return done.returncode if done.returncode > 0 else 128 - done.returncode
        told = json.load(report)
    if told["tests"] == 0:
        print(f"{sys.argv[1]}: no tests in it", file=sys.stderr)
        return 1
    program = os.path.basename(sys.argv[1])
    skipped = [
        (f"{program}.{suite['name']}.{test['name']}", "GTEST_SKIP")
        for suite in told["testsuites"]
        for test in suite["testsuite"]
        if test["result"] == "SKIPPED"
    ]
    return 1 if skips.are_bad(skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
