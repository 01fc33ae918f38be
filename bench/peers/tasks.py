"""Tasks in and results out for the Python peers: lines, or msgpack bin32 values (--bin)."""

import argparse
import sys


def options(doc):
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("-j", type=int, default=2, help="workers")
    parser.add_argument("--chunk", type=int, default=1, help="tasks sent at a time")
    parser.add_argument("--bin", action="store_true", help="msgpack bin32 values, not lines")
    return parser


def read(binary):
    source = sys.stdin.buffer
    if not binary:
        for line in source:
            yield line.rstrip(b"\n")
        return
    while header := source.read(5):
        yield source.read(int.from_bytes(header[1:], "big"))


def write(results, binary):
    out = sys.stdout.buffer
    for result in results:
        if binary:
            out.write(b"\xc6" + len(result).to_bytes(4, "big"))
            out.write(result)
        else:
            out.write(result + b"\n")
    out.flush()


def echo(payload):
    return payload
