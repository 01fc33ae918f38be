#!/usr/bin/python3
"""Holds the sources against cmake/layers.txt: who may include what, and who may use which name.

layers.py [--root DIR]   checks a tree; first, always, that the check itself can fail: a small fake
tree with one violation of every kind must be found guilty of exactly those.
"""

import argparse
import fnmatch
import os
import re
import sys
import tempfile

# Longest first: a raw string may hold quotes, a string may hold what looks like a comment.
TOKEN = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCES = (".h", ".hpp", ".cc", ".cpp")


class Table:
    """layers.txt, read."""

    def __init__(self, text):
        self.layers = {}  # folder -> [folder or folder/file.h]
        self.includes = []  # ([pattern], [place]), packages among them
        self.words = []  # (compiled regex, [place])
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            kind, _, rest = line.partition(" ")
            # A regex may hold colons; the last one ends it.
            left, colon, right = rest.rpartition(":")
            if not colon:
                raise ValueError(f"layers.txt:{number}: no colon: {line}")
            places = right.split()
            if kind == "layer":
                self._add_layer(number, left.strip(), places)
                continue
            for place in places:
                if place.split("/")[0] not in self.layers:
                    raise ValueError(f"layers.txt:{number}: {place} is not in a layer")
            if kind == "package":
                self.includes.append((left.split()[1:], places))
            elif kind == "include":
                self.includes.append((left.split(), places))
            elif kind == "word":
                self.words.append((re.compile(left), places))
            else:
                raise ValueError(f"layers.txt:{number}: unknown kind {kind}")

    def _add_layer(self, number, folder, below):
        for name in below:
            if name.split("/")[0] not in self.layers:
                raise ValueError(f"layers.txt:{number}: {folder} uses {name}, not written above it")
        self.layers[folder] = below


def blank(match):
    """White space of the same shape, so that line numbers stay true."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m) if m.group().startswith(("//", "/*")) else m.group(), text)


def without_comments_and_strings(text):
    return TOKEN.sub(blank, text)


def admitted(places, folder, name):
    return any(
        place == folder or fnmatch.fnmatchcase(f"{folder}/{name}", place) for place in places
    )


def check_includes(table, path, folder, name, text):
    for match in INCLUDE.finditer(without_comments(text)):
        where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
        bracket, included = match.groups()
        if included.startswith("spread/"):
            parts = included.split("/")
            target = parts[1] if len(parts) > 2 else "main"
            if target not in table.layers:
                yield f"{where}: {included} is in no layer of cmake/layers.txt"
            elif target != folder and not admitted(
                table.layers[folder], target, "/".join(parts[2:])
            ):
                yield f"{where}: {folder}/ may not include {included}"
            continue
        if bracket == '"':
            yield f'{where}: write our own headers from the root: "spread/...", not "{included}"'
        for patterns, places in table.includes:
            if any(fnmatch.fnmatchcase(included, pattern) for pattern in patterns):
                if not admitted(places, folder, name):
                    yield f"{where}: {folder}/ may not include <{included}>"


def check_words(table, path, folder, name, text):
    code = without_comments_and_strings(text)
    for regex, places in table.words:
        if admitted(places, folder, name):
            continue
        for match in regex.finditer(code):
            where = f"{path}:{code.count(chr(10), 0, match.start()) + 1}"
            yield f"{where}: {folder}/ may not use {match.group().strip()}"


def sources_below(root, top):
    for directory, folders, files in os.walk(os.path.join(root, top)):
        folders.sort()
        for file in sorted(files):
            if file.endswith(SOURCES):
                path = os.path.relpath(os.path.join(directory, file), root)
                with open(os.path.join(root, path), encoding="utf-8") as stream:
                    yield path, stream.read()


def check(root, table):
    """All violations of a tree, as lines."""
    for path, text in sources_below(root, "spread"):
        parts = path.split(os.sep)
        folder = parts[1] if len(parts) > 2 else "main"
        name = "/".join(parts[2:]) if len(parts) > 2 else parts[1]
        if folder not in table.layers:
            yield f"{path}: {folder}/ is not a layer of cmake/layers.txt"
            continue
        yield from check_includes(table, path, folder, name, text)
        yield from check_words(table, path, folder, name, text)
    # A worker is compiled on machines that have nothing of spread but the SDK.
    for path, text in sources_below(root, "worker_sdk"):
        for match in INCLUDE.finditer(without_comments(text)):
            parts = match.group(2).split("/")
            if parts[0] == "spread" and len(parts) > 2 and parts[1] in table.layers:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: the SDK may not include {match.group(2)}"


FAKE_TABLE = r"""
layer api:
layer base: api
layer core: api base
layer report: api core/event.h
layer io: api base
layer main: api
package boost boost/*: io
include thread: io/thread_pool.cc
word \berrno\b: base/posix* io
"""
# path -> (text, the lines of it that must be found guilty)
FAKE_TREE = {
    "spread/base/upward.h": ('#include "spread/core/scheduler.h"\n', [1]),
    "spread/base/posix_read.cc": ("int f() { return errno; }\n", []),
    "spread/base/other.cc": ("int f() { return errno; }\n", [1]),
    "spread/core/fine.cc": (
        '#include "spread/base/fd.h"\n#include <vector>\n// errno\n/* errno\n */ int x = 1\'000;\n'
        'const char* s = "errno // ";\nauto r = R"(\n"errno)";\n',
        [],
    ),
    "spread/core/after_text.cc": ('const char* s = "//";\nint e = errno;\n', [2]),
    "spread/core/boost.cc": ("#include <boost/asio/post.hpp>\n", [1]),
    "spread/core/hidden.cc": ("/* a\n*/\n  #  include <thread>\n", [3]),
    "spread/core/relative.cc": ('#include "scheduler.h"\n', [1]),
    "spread/core/stranger.cc": ('#include "spread/nowhere/x.h"\n', [1]),
    "spread/report/event.cc": (
        '#include "spread/core/event.h"\n#include "spread/core/scheduler.h"\n',
        [2],
    ),
    "spread/io/asio.cc": ("#include <boost/asio/post.hpp>\nint f() { return errno; }\n", []),
    "spread/io/thread_pool.cc": ("#include <thread>\n", []),
    "spread/io/loop.cc": ("#include <thread>\n", [1]),
    "spread/main.cc": ('#include "spread/api/x.h"\n#include "spread/core/x.h"\n', [2]),
    "worker_sdk/cpp/include/spread/worker.hpp": (
        "#include <spread/worker_detail.hpp>\n#include <spread/base/bytes.h>\n",
        [2],
    ),
}


def self_test():
    """The check must find every planted violation and nothing else."""
    expected = sorted(f"{path}:{line}" for path, (_, lines) in FAKE_TREE.items() for line in lines)
    expected.append("spread/unknown/x.h")
    with tempfile.TemporaryDirectory() as root:
        tree = {path: text for path, (text, _) in FAKE_TREE.items()}
        tree["spread/unknown/x.h"] = "\n"
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                stream.write(text)
        found = sorted(line.split(": ")[0] for line in check(root, Table(FAKE_TABLE)))
    if found != sorted(expected):
        return [f"self-test: expected {sorted(expected)}", f"self-test: found    {found}"]
    for bad in ("layer base: api\n", "layer api:\nword x: nowhere\n", "layer api\n", "lair api:\n"):
        try:
            Table(bad)
        except ValueError:
            continue
        return [f"self-test: a bad table was accepted: {bad!r}"]
    return []


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=here)
    root = parser.parse_args().root
    problems = self_test()
    if not problems:
        with open(os.path.join(root, "cmake", "layers.txt"), encoding="utf-8") as stream:
            table = Table(stream.read())
        if not any(True for _ in sources_below(root, "spread")):
            problems.append(f"{root}: no sources below spread/")
        problems.extend(check(root, table))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
