#!/usr/bin/python3
"""Holds the tables of docs/security.md and docs/limits.md against the tree: each row names tests, and they exist.

tables.py [--root DIR]   checks a tree; first, always, that the check itself can fail: a small fake tree
must be found guilty of exactly its faults.

The last column of a table that is called "test" names files in backquotes, and behind each what is in
it: a class or function of Python, a suite or a test of GoogleTest. A column that is called "name" has options and
constants of spread in backquotes; each constant whose name ends in Max is somewhere on docs/limits.md.
"""

import argparse
import os
import re
import sys
import tempfile

PAGES = ("docs/security.md", "docs/limits.md")
CONSTANT = re.compile(r"\bconstexpr\b[^;={]*?\b(k[A-Z]\w*)\s*[={]|\b(k[A-Z]\w*) = [^;,]+[;,]")
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


def sources(root):
    for folder, _, names in os.walk(os.path.join(root, "spread")):
        for name in sorted(names):
            if name.endswith((".h", ".cc")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, root), file.read()


def check_names(root, where, cell, code):
    names = QUOTED.findall(cell)
    if not names:
        yield f"{where}: names no option and no constant"
    for name in names:
        if name.startswith("--"):
            if not re.search(rf'[",]{name}[",]', code["options"]):
                yield f"{where}: there is no option {name}"
        elif re.fullmatch(r"\w+", name) and not re.search(rf"\b{name}\b", code["all"]):
            yield f"{where}: spread/ has no {name}"


def check_all_are_told(root, page):
    with open(os.path.join(root, page), encoding="utf-8") as file:
        told = set(QUOTED.findall(file.read()))
    for path, text in sources(root):
        for name in sorted({a or b for a, b in CONSTANT.findall(text)}):
            if name.endswith("Max") and name not in told:
                yield f"{path}: {name} is not on {page}"


def read_code(root):
    code = {"all": "", "options": ""}
    for path, text in sources(root):
        code["all"] += text
        if path.startswith("spread/options/"):
            code["options"] += text
    return code


def check_page(root, page, code):
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
            if "name" in header:
                yield from check_names(root, where, cells[header.index("name")], code)
    if tables == 0:
        yield f"{page}: has no table of tests"


def check(root):
    code = read_code(root)
    for page in PAGES:
        yield from check_page(root, page, code)
    yield from check_all_are_told(root, "docs/limits.md")


FAKE = {
    "docs/security.md": "| threat | test |\n|---|---|\n"
    "| a | `tests/a_test.py`: `Good`, `test_good`; `tests/b_test.cc`: `Suite`, `IsGood` |\n"
    "| b | `tests/a_test.py`: `Gone` |\n"
    "| c | `tests/none.py`: `Good` |\n"
    "| d | no test yet |\n"
    "| e | `Good` |\n"
    "| f | `tests/a_test.py`: `Good` | more |\n"
    "\n| who | why |\n|---|---|\n| no table of tests | |\n",
    "docs/limits.md": "| what | name | test |\n|---|---|---|\n"
    "| a | `--good`, `kGoodMax` | `tests/a_test.py`: `Good` |\n"
    "| b | `--gone` | `tests/a_test.py`: `Good` |\n"
    "| c | `kGoneMax` | `tests/a_test.py`: `Good` |\n"
    "| d | none | `tests/a_test.py`: `Good` |\n",
    "spread/options/rows.h": '{"--good"}\n',
    "spread/a.h": "constexpr int kGoodMax = 1, kSecretMax = 2;\nstatic constexpr long kHiddenMax{3};\n",
    "tests/a_test.py": "class Good:\n    def test_good(self):\n        Gone()\n",
    "tests/b_test.cc": "TEST_F(Suite, IsGood) {}\n",
}
GUILTY = [
    "docs/security.md:4: tests/a_test.py has no Gone",
    "docs/security.md:5: there is no tests/none.py",
    "docs/security.md:6: names no test",
    "docs/security.md:7: Good stands behind no file of tests/",
    "docs/security.md:8: 3 cells under 2 titles",
    "docs/limits.md:4: there is no option --gone",
    "docs/limits.md:5: spread/ has no kGoneMax",
    "docs/limits.md:6: names no option and no constant",
    "spread/a.h: kHiddenMax is not on docs/limits.md",
    "spread/a.h: kSecretMax is not on docs/limits.md",
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
