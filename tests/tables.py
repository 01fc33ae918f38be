#!/usr/bin/python3
"""Holds the tables of docs/security.md against the tree: each row names tests, and they exist.

tables.py [--root DIR]   checks a tree; first, always, that the check itself can fail: a small fake tree
must be found guilty of exactly its faults.

The last column of a table that is called "test" names files in backquotes, and behind each what is in
it: a class or function of Python, a suite or a test of GoogleTest.
"""

import argparse
import os
import re
import sys
import tempfile

PAGES = ("docs/security.md",)
QUOTED = re.compile(r"`([^`]+)`")


def rows(text):
    """(line, header, cells) of each row of each table."""
    header = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if header is None:
            header = cells
        elif not set(line) <= set("|-: "):
            yield number, header, cells


def defines(source, name):
    word = re.escape(name)
    return re.search(rf"^\s*(?:class|def) {word}\b|\bTEST(?:_[FP])?\((?:{word},|\w+,\s*{word}\))", source, re.MULTILINE)


def check_tests(root, where, cell):
    source, found, problems = None, False, []
    for name in QUOTED.findall(cell):
        if name.startswith("tests/"):
            path = os.path.join(root, name)
            if not os.path.isfile(path):
                problems.append(f"{where}: there is no {name}")
                break
            with open(path, encoding="utf-8") as file:
                source = (name, file.read())
        elif source is None:
            problems.append(f"{where}: {name} stands behind no file of tests/")
        elif not defines(source[1], name):
            problems.append(f"{where}: {source[0]} has no {name}")
        else:
            found = True
    if not found and not problems:
        problems.append(f"{where}: names no test")
    return problems


def check_page(root, page):
    with open(os.path.join(root, page), encoding="utf-8") as file:
        text = file.read()
    tables = 0
    for number, header, cells in rows(text):
        if header[-1] != "test":
            continue
        tables += 1
        where = f"{page}:{number}"
        if len(cells) != len(header):
            yield f"{where}: {len(cells)} cells under {len(header)} titles"
        else:
            yield from check_tests(root, where, cells[-1])
    if tables == 0:
        yield f"{page}: has no table of tests"


def check(root):
    for page in PAGES:
        yield from check_page(root, page)


FAKE = {
    "docs/security.md": "| threat | test |\n|---|---|\n"
    "| a | `tests/a_test.py`: `Good`, `test_good`; `tests/b_test.cc`: `Suite`, `IsGood` |\n"
    "| b | `tests/a_test.py`: `Gone` |\n"
    "| c | `tests/none.py`: `Good` |\n"
    "| d | no test yet |\n"
    "| e | `Good` |\n"
    "| f | `tests/a_test.py`: `Good` | more |\n"
    "\n| who | why |\n|---|---|\n| no table of tests | |\n",
    "tests/a_test.py": "class Good:\n    def test_good(self):\n        Gone()\n",
    "tests/b_test.cc": "TEST_F(Suite, IsGood) {}\n",
}
GUILTY = [
    "docs/security.md:4: tests/a_test.py has no Gone",
    "docs/security.md:5: there is no tests/none.py",
    "docs/security.md:6: names no test",
    "docs/security.md:7: Good stands behind no file of tests/",
    "docs/security.md:8: 3 cells under 2 titles",
]


def check_itself():
    with tempfile.TemporaryDirectory() as root:
        for name, text in FAKE.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text)
        found = list(check(root))
        if found != GUILTY:
            sys.exit("tables.py does not find what it must:\n" + "\n".join(found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    root = parser.parse_args().root
    check_itself()
    found = list(check(root))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
