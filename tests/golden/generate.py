#!/usr/bin/python3
"""Writes frames.json and endings.json, the golden bytes of the worker protocol (docs/protocol.md),
and journals.json, those of journals (docs/journal.md).

Standard library only, with an encoder of its own: golden bytes that came out of the code under
test would prove nothing. `generate.py --check` fails if one of them is out of date.
"""

import json
import os
import sys

import cases_down
import cases_ends
import cases_journal
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
    head = '"protocol": "wire 1", "max_frame": %d' % MAX_FRAME
    return {"frames.json": document(head, CASES),
            "endings.json": document('"protocol": "wire 1"', cases_ends.cases()),
            "journals.json": document('"part": "%s"' % cases_journal.part(), cases_journal.cases())}


def document(head, cases):
    return "{%s, \"cases\": [\n%s\n]}\n" % (head, ",\n".join(map(json.dumps, cases)))


def main():
    for name, text in generate().items():
        path = os.path.join(HERE, name)
        if sys.argv[1:] == ["--check"]:
            with open(path, encoding="ascii") as f:
                if f.read() != text:
                    sys.exit("generate.py: %s is out of date, run tests/golden/generate.py" % name)
            continue
        with open(path, "w", encoding="ascii") as f:
            f.write(text)


if __name__ == "__main__":
    main()
