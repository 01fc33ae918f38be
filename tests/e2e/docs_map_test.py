"""What docs/from-parallel.md and docs/from-xargs.md show is true: every command in a ```console
block prints what stands below it: those of spread and, where it is installed, those of the peer. tests/support/page_testing.py says
how."""

import re
import shutil
import subprocess
import sys
import unittest

from page_testing import PageTest, read
from spread_testing import SPREAD

FILES = {
    "a b.txt": "one\n",
    "c.txt": "two\n",
    "list": "a b.txt\nc.txt\n",
    "pairs.tsv": "one\t1\ntwo\t2\n",
}
PEERS = {"parallel": "GNU parallel", "xargs": "GNU findutils"}


def peers_of(command):
    """The peers that it calls; `--exit-status xargs` is no call."""
    return [name for name in PEERS if re.search(rf"(?<!status )\b{name} ", command)]


def is_there(name):
    """Whether it is GNU's: moreutils has a `parallel`, too."""
    if shutil.which(name) is None:
        return False
    told = subprocess.run(
        [name, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout
    return PEERS[name] in told


class Examples(PageTest):
    FILES = FILES

    def test_ours_print_what_the_pages_say(self):
        for page in ("from-parallel.md", "from-xargs.md"):
            self.assertGreater(self.check(page, lambda command: not peers_of(command)), 15)

    def check_theirs(self, page, name):
        if not is_there(name):
            told = f"{PEERS[name]} is not installed: what docs/{page} says of it was NOT checked"
            print(f"\n*** {told} ***", file=sys.stderr)
            self.skipTest(told)
        self.assertGreater(self.check(page, lambda command: name in peers_of(command)), 10)

    def test_gnu_parallel_prints_what_the_page_says(self):
        self.check_theirs("from-parallel.md", "parallel")

    def test_xargs_prints_what_the_page_says(self):
        self.check_theirs("from-xargs.md", "xargs")


class Tables(unittest.TestCase):
    def test_every_option_of_xargs_is_in_its_page(self):
        if not is_there("xargs"):
            self.skipTest("GNU xargs is not installed")
        told = subprocess.run(["xargs", "--help"], capture_output=True, text=True, check=True)
        options = set(re.findall(r"(?<![\w-])(--?[a-zA-Z0-9][\w-]*)", told.stdout))
        self.assertGreater(len(options), 30)
        page = read("from-xargs.md")
        missing = [name for name in options if not re.search(rf"`{name}\b", page)]
        self.assertEqual(missing, [])

    def test_every_option_of_map_that_they_name_exists(self):
        """An option that a page says is spelled the same must be one of spread."""
        ours = subprocess.run(
            [SPREAD, "map", "--help"], capture_output=True, text=True, check=True
        ).stdout
        for page in ("from-parallel.md", "from-xargs.md"):
            for row in re.findall(r"^\| (.*?) \| = \|", read(page), re.MULTILINE):
                for name in re.findall(r"`(--?[a-zA-Z0-9][\w-]*)", row):
                    with self.subTest(page=page, option=name):
                        self.assertRegex(ours, rf"(?m)^  .*(?<![\w-]){re.escape(name)}(?![\w-])")


if __name__ == "__main__":
    unittest.main()
