"""Which tests may be skipped where everything has to run (.ci/run sets SPREAD_NO_SKIPS=1): those that
allowed_skips.txt lists, with the reason. Any other skipped test is a failure there."""

import fnmatch
import os
import sys

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "allowed_skips.txt")


def allowed(path=LIST):
    """The patterns of the list. A line without a reason is an error."""
    patterns = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            pattern, _, reason = line.partition(" ")
            if not reason.strip():
                raise SystemExit(f"{path} line {number}: {pattern} has no reason")
            patterns.append(pattern)
    return patterns


def are_bad(skipped, path=LIST):
    """Tells (name, reason) of each skipped test; whether one of them is a failure here."""
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}", file=sys.stderr)
    if os.environ.get("SPREAD_NO_SKIPS") != "1":
        return False
    patterns = allowed(path)
    bad = [name for name, _ in skipped if not any(fnmatch.fnmatchcase(name, p) for p in patterns)]
    for name in bad:
        print(f"SPREAD_NO_SKIPS=1: {name} is not in {path}: a failure", file=sys.stderr)
    return bool(bad)
