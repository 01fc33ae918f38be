#!/usr/bin/python3
"""Writes frames.json, the golden bytes of the worker protocol (docs/protocol.md).

Standard library only, with an encoder of its own: golden bytes that came out of the code under
test would prove nothing. `generate.py --check` fails if frames.json is out of date.
"""

import json
import os
import sys

import cases_down
import cases_up
from encoding import to_hex

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_FRAME = 1 << 30


CASES = []


def add(name, direction, wire, data, **rest):
    case = {"name": name, "direction": direction, "wire": wire, "hex": to_hex(data)}
    case.update(rest)
    if any(c["name"] == name and c["wire"] == wire and c["direction"] == direction for c in CASES):
        raise ValueError("two cases named " + name)
    CASES.append(case)


def generate():
    cases_down.cases(add)
    cases_up.cases(add)
    lines = ",\n".join(json.dumps(case, sort_keys=False) for case in CASES)
    return '{"protocol": "wire 1", "max_frame": %d, "cases": [\n%s\n]}\n' % (MAX_FRAME, lines)


def main():
    path = os.path.join(HERE, "frames.json")
    text = generate()
    if sys.argv[1:] == ["--check"]:
        with open(path, encoding="ascii") as f:
            if f.read() != text:
                sys.exit("generate.py: frames.json is out of date, run tests/golden/generate.py")
        return
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


if __name__ == "__main__":
    main()
