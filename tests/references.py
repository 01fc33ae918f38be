#!/usr/bin/python3
"""Holds comments and documents against the tree: what they name must exist.

references.py [--root DIR]   checks a tree; first, always, that the check itself can fail: a small
fake tree (references_examples.py) must be found guilty of exactly its rotten names.

Of comments and documents:
  path     one that begins with a folder of the root, of spread/, tests/ or docs/ exists there or
           beside the file, with its ending or without; `core/` is a folder, `scheduler.h` is a file
           somewhere
  option   `--name` is an option of spread or of a program of this tree
  word     a prose folder of the table says who acts: no "we", no "nobody"
  section  `docs/x.md, section 3`, `docs/x.md, "Heading"` and `decision 7` exist; on a page with
           numbered headings so does `section 3`, which is its own or, of `protocol, section 3`,
           the protocol's
  name     a name of the code (snake_case, camelCase, A::b, f()) occurs in code; of A::b both parts
           in one file. f(2) is a page of the system's manual.
Of comments in C++:
  name     a single word in backquotes occurs in the code of the file's folder
Of Markdown:
  link     the file and its #anchor exist

tests/references.txt names the exceptions; one that is not needed is reported, too. Decision records
are history: their links and sections are checked, and the paths in "Code: ...", which says where
the decision lives now. CHANGELOG.md is not looked at.
"""

import argparse
import bisect
import os
import posixpath
import re
import sys

import references_examples
from references_table import Table

FOLDERS = ("bench", "cmake", "docs", "examples", "libspread", "scripts", "spread", "tests", "worker_sdk", ".ci")
TOP_FILES = (".md", ".txt", ".json", "LICENSE", ".clang-format", ".clang-tidy")
NOT_READ = ("tests/fuzz/corpus/", "tests/golden/help/", "tests/golden/frames", "tests/references")
BASES = ("", "spread/", "tests/", "docs/", "libspread/include/", "worker_sdk/cpp/include/")
CPP = (".h", ".hpp", ".cc", ".cpp")

# Longest first: a raw string may hold quotes, a string may hold what looks like a comment.
CPP_TOKEN = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|(?P<prose>//[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)
# A string that begins a line is a docstring.
PYTHON_TOKEN = re.compile(
    r'(?:^|(?<=\n))[ \t]*(?P<prose>[rR]?""".*?"""|\#[^\n]*)'
    r'|""".*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'"
    r"|(?P<comment>\#[^\n]*)",
    re.DOTALL,
)
SCRIPT_TOKEN = re.compile(r"(?:^|(?<=\s))(?P<prose>\#(?![\[!])[^\n]*)")
MARKER = re.compile(r'^[ \t]*(?://[/!]?<?|#+|\*(?!/)|/\*)|^[ \t]*r?"""|"""$', re.MULTILINE)

WORD = re.compile(r"[^\W\d]\w*")
PATH = re.compile(r"(?<![\w/.~<>$*{}@%=:-])(?:\.\./)*[\w.-]+(?:/[\w.*-]+)+/?")
FOLDER = re.compile(r"`(\w[\w.-]*)/`")
FILE = re.compile(r"(?<![\w/.~<>$*{}%-])\w[\w-]*\.(?:h|hpp|cc|py|md|cmake)\b(?!\()")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*\w")
NAME = re.compile(r"(?<![\w/.$@%\\-])(?:[^\W\d]\w*::)*~?[^\W\d]\w*(?:\(\w*\))?")
QUOTED_NAME = re.compile(r"`([^\W\d][\w:.>-]*)(?:\([^`]*\))?`")
NAME_OF_CODE = re.compile(r"\w_|::|[a-z][A-Z]|[A-Z]{2}[a-rt-z]")
MANUAL_PAGE = re.compile(r"\([1-8]\)$")
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
SECTION = re.compile(
    r"(?P<page>docs/[\w-]+\.md),?"
    r'(?:\s+section\s+(?P<number>\d+)|\s*(?P<titles>"[^"]+"(?:\s+and\s+"[^"]+")*))'
)
OWN_SECTION = re.compile(r"(?<!\.md, )(?:\b(protocol),\s+)?\bsection\s+(\d+)")
DECISION = re.compile(r"\bdecision\s+(\d+)", re.IGNORECASE)
# Of a decision record: what is before its "Code: ...", that paragraph, and the rest.
CODE_LINES = re.compile(r"\A(.*?)(\bCode: (?:[^\n]+\n)+|\Z).*", re.DOTALL)
ACTOR = re.compile(
    r"(?<!\d )\b(we|us|our|ours|ourselves|nobody|somebody|someone|anybody|anyone|everybody|whoever)\b",
    re.IGNORECASE,
)
QUOTATION = re.compile(r'"[^"\n]*(?:\n[^"\n]*)?"|`[^`\n]*`|\'[^\'\n]*\'(?!\w)|```.*?```', re.DOTALL)


def blank(text):
    """White space of the same shape, so that line numbers stay true."""
    return re.sub(r"[^\n]", " ", text)


def split(path, text):
    """The prose of a file, in its place, and the code without it."""
    if path.endswith(".md"):
        return text, ""
    if path.endswith(CPP):
        token = CPP_TOKEN
    elif path.endswith(".py") or text.startswith("#!/usr/bin/python3"):
        token = PYTHON_TOKEN
    else:
        token = SCRIPT_TOKEN
    prose, code, at = [], [], 0
    for match in token.finditer(text):
        name = match.lastgroup
        if name not in ("prose", "comment"):
            continue
        begin, end = match.span(name)
        code.append(text[at:begin])
        prose += [blank(text[at:begin]), MARKER.sub(lambda m: blank(m.group()), match.group(name))]
        at = end
    code.append(text[at:])
    return "".join(prose), " ".join(code)


def anchor(heading):
    """What GitHub makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


class Tree:
    """The texts of a tree, and what can be named in them."""

    def __init__(self, texts):
        self.texts = {}  # path -> (prose, code)
        self.paths = set(texts)
        self.basenames = {posixpath.basename(path) for path in texts}
        self.words = {}  # file -> the words of its code
        self.folder_words = {}
        self.options = set()
        for path, text in texts.items():
            for at, letter in enumerate(path):
                if letter == "/":
                    self.paths.add(path[:at])
            if path.startswith(NOT_READ) or path == "CHANGELOG.md":
                continue
            prose, code = split(path, text)
            self.texts[path] = (prose, code)
            self._learn(path, code)
        # A program or a test of ours is called as its source, less the ending.
        self.stems = {posixpath.splitext(path)[0] for path in self.paths}
        self.all_words = set().union(*self.words.values())
        # "names that begin with take_"
        self.all_words |= {w[: at + 1] for w in self.all_words for at, c in enumerate(w) if c == "_"}
        self.all_words |= {posixpath.basename(stem) for stem in self.stems}
        # What a path may begin with.
        self.tops = {
            path.removeprefix(base).split("/")[0]
            for base in BASES
            for path in texts
            if path.startswith(base) and "/" in path.removeprefix(base)
        }

    def _learn(self, path, code):
        words = set(WORD.findall(code))
        self.words[path] = words
        self.folder_words.setdefault(posixpath.dirname(path), set()).update(words)
        if path.startswith(("spread/options/", "spread/cli/")):
            for names in re.findall(r'"((?:--?[\w-]+[, ]*)+)"', code):
                self.options.update(re.split("[, ]+", names))
        self.options.update(re.findall(r'add_argument\("(--[\w-]+)"', code))

    def headings(self, page):
        return HEADING.findall(re.sub(r"```.*?```", "", self.texts[page][0], flags=re.DOTALL))

    def numbers(self, page):
        """Those of its headings."""
        if not page.endswith(".md") or page not in self.texts:
            return ()
        return [h.partition(".")[0] for h in self.headings(page) if re.match(r"\d+\. ", h)]

    def has_path(self, name, beside):
        for base in (*BASES, posixpath.dirname(beside) + "/"):
            path = posixpath.normpath(base + name)
            if path in self.paths or path in self.stems:
                return True
            if "*" in path and any(p.startswith(path.split("*")[0]) for p in self.paths):
                return True
        return False

    def has_word(self, name):
        return name in self.all_words or name.endswith("s") and name[:-1] in self.all_words

    def together(self, names):
        return any(words.issuperset(names) for words in self.words.values())


class Page:
    """One file under the check."""

    def __init__(self, tree, table, path):
        self.tree = tree
        self.table = table
        self.path = path
        self.prose = tree.texts[path][0]
        self.lines = [match.start() for match in re.finditer("\n", self.prose)]
        self.is_markdown = path.endswith(".md")
        self.is_record = path.startswith("docs/decisions/")

    def problem(self, match, text):
        line = bisect.bisect_left(self.lines, match.start()) + 1
        return f"{self.path}:{line}: {text}"

    def check(self):
        if self.is_markdown:
            yield from self.check_links()
        yield from self.check_sections()
        if self.table.is_plain(self.path):
            yield from self.check_actors()
        if self.is_record:
            self.prose = CODE_LINES.sub(lambda match: blank(match[1]) + match[2], self.prose)
            yield from self.check_paths()
            return
        self.prose = LINK.sub(lambda match: blank(match.group()), self.prose)
        yield from self.check_paths()
        yield from self.check_options()
        yield from self.check_names()
        if self.path.endswith(CPP):
            yield from self.check_quoted_names()

    def check_links(self):
        for match in LINK.finditer(self.prose):
            target, _, fragment = match.group(1).partition("#")
            if "://" in target:
                continue
            page = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), target))
            page = page if target else self.path
            if page not in self.tree.paths:
                yield self.problem(match, f"link to {target}, which is not there")
            elif fragment and fragment not in map(anchor, self.tree.headings(page)):
                yield self.problem(match, f"link to #{fragment}: {page} has no such heading")

    def check_sections(self):
        for match in SECTION.finditer(self.prose):
            page = match["page"]
            headings = self.tree.headings(page) if page in self.tree.texts else []
            titles = [re.sub(r"^\d+\. ", "", heading) for heading in headings]
            if match["number"] and not any(h.startswith(match["number"] + ".") for h in headings):
                yield self.problem(match, f"{page} has no section {match['number']}")
            for title in re.findall(r'"([^"]+)"', match["titles"] or ""):
                if " ".join(title.split()).rstrip(",.:") not in titles:
                    yield self.problem(match, f'{page} has no section "{title}"')
        numbers = self.tree.numbers(self.path)
        for match in OWN_SECTION.finditer(self.prose) if numbers else ():
            there = self.tree.numbers("docs/protocol.md") if match[1] else numbers
            if match[2] not in there:
                yield self.problem(match, f"there is no {match.group()}")
        for match in DECISION.finditer(self.prose):
            if not self.tree.has_path(f"docs/decisions/{int(match[1]):04}-*", ""):
                yield self.problem(match, f"there is no decision {match[1]}")

    def check_paths(self):
        for match in PATH.finditer(self.prose):
            name = match.group().rstrip(".")
            if name.split("/")[0] not in self.tree.tops or self.table.allows("name", name):
                continue
            if not self.tree.has_path(name, self.path):
                yield self.problem(match, f"there is no {name}")
        for match in FOLDER.finditer(self.prose):
            if not self.tree.has_path(match[1], self.path) and not self.table.allows("name", match[1]):
                yield self.problem(match, f"there is no folder {match[1]}")
        for match in FILE.finditer(self.prose):
            name = match.group()
            if name not in self.tree.basenames and not self.table.allows("name", name):
                yield self.problem(match, f"no file is called {name}")

    def check_options(self):
        for match in OPTION.finditer(self.prose):
            name = match.group()
            if name not in self.tree.options and not self.table.allows("option", name):
                yield self.problem(match, f"there is no option {name}")

    def check_names(self):
        for match in NAME.finditer(self.prose):
            text = match.group()
            name = re.sub(r"\(.*", "", text).replace("~", "")
            if not text.endswith("()") and not NAME_OF_CODE.search(name):
                continue
            if MANUAL_PAGE.search(text) or self.table.allows("name", name):
                continue
            parts = name.split("::")
            if parts[0] == "std":
                continue
            if not all(self.tree.has_word(part) for part in parts):
                yield self.problem(match, f"nothing in the code is called {name}")
            elif len(parts) > 1 and not self.tree.together(parts):
                yield self.problem(match, f"no file has all of {name}")

    def check_quoted_names(self):
        here = self.tree.folder_words.get(posixpath.dirname(self.path), set())
        for match in QUOTED_NAME.finditer(self.prose):
            for name in WORD.findall(match.group(1)):
                if name not in here and not self.table.allows("name", name):
                    yield self.problem(match, f"no code in this folder has `{name}`")

    def check_actors(self):
        text = QUOTATION.sub(lambda match: blank(match.group()), self.prose)
        for match in ACTOR.finditer(text):
            if match.group() != "US":
                yield self.problem(match, f'"{match.group()}": say who it is')


def check(texts, table):
    """All that is rotten in a tree, as lines."""
    tree = Tree(texts)
    for path in sorted(tree.texts):
        yield from Page(tree, table, path).check()
    for line, kind, name in table.unused(texts):
        yield f"tests/references.txt:{line}: {kind} {name} is not needed"


def read_tree(root):
    texts = {}
    for folder in FOLDERS:
        for directory, folders, files in os.walk(os.path.join(root, folder)):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for file in files:
                path = os.path.relpath(os.path.join(directory, file), root)
                with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
                    texts[path] = stream.read()
    for path in os.listdir(root):
        if path.endswith(TOP_FILES):
            with open(os.path.join(root, path), encoding="utf-8") as stream:
                texts[path] = stream.read()
    return texts


def self_test():
    """The check must find every rotten name of the examples and nothing else."""
    table = Table(references_examples.TABLE)
    found = sorted(line.split(": ")[0] for line in check(references_examples.texts(), table))
    expected = sorted(references_examples.expected())
    if found == expected:
        return []
    missed = [place for place in expected if found.count(place) < expected.count(place)]
    wrong = [place for place in found if found.count(place) > expected.count(place)]
    return [f"self-test: not found: {missed}", f"self-test: found wrongly: {wrong}"]


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=here)
    root = parser.parse_args().root
    problems = self_test()
    if not problems:
        with open(os.path.join(root, "tests", "references.txt"), encoding="utf-8") as stream:
            table = Table(stream.read())
        problems.extend(check(read_tree(root), table))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("tests/references.txt is the list of names that belong to others", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
