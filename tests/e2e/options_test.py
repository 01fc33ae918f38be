"""Every option in --help is used by a test on a command line of spread: a promise of --help
that no test has tried may be broken."""

import ast
import os
import re
import unittest

from spread_testing import SOURCE, SpreadTest

FOLDERS = ("e2e", "faults", "unit/sdk_python", "unit/sdk_cpp", "unit/sdk_sh")


def options_of(help_text):
    """Each option's names, and whether it takes a value, from the lines that begin with one."""
    found = []
    for line in help_text.splitlines():
        heading = re.match(r"  ((?:-[\w-]+|:::+)(?:, -[\w-]+)*)( [^ ]+)?", line)
        if heading:
            found.append((heading[1].split(", "), heading[2] is not None))
    return found


def words_on_command_lines(source):
    """The words of all strings, but for docstrings."""
    tree = ast.parse(source)
    comments = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in comments:
                yield from node.value.split()


class Options(SpreadTest):
    def used_words(self):
        words = set()
        for folder in FOLDERS:
            path = os.path.join(SOURCE, "tests", folder)
            for name in os.listdir(path) if os.path.isdir(path) else ():
                if name.endswith("_test.py"):
                    with open(os.path.join(path, name), encoding="utf-8") as file:
                        words.update(words_on_command_lines(file.read()))
        return words

    def test_every_option_is_used_by_a_test(self):
        words = self.used_words()
        unused = []
        for subcommand in ("run", "map", "pipe", "all", "hosts", "history"):
            help_text = self.spread("help", subcommand).out
            options = options_of(help_text)
            self.assertGreaterEqual(len(options), 3, help_text)
            for names, has_value in options:
                for name in names:
                    starts = (name + "=",) if name.startswith("--") else (name,)
                    used = name in words
                    if has_value and not used:
                        used = any(word.startswith(starts) for word in words)
                    if not used and name not in unused:
                        unused.append(name)
        self.assertEqual(unused, [])

    def test_help_is_found_by_this_test_as_it_is_written(self):
        # A heading that options_of() misses would be an option without a test.
        for subcommand in ("run", "map", "pipe"):
            text, examples, _ = self.spread(subcommand, "--help").out.partition("\nExamples:\n")
            self.assertTrue(examples)
            names = {name for found, _ in options_of(text) for name in found}
            in_prose = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
            self.assertEqual(in_prose - names, set())


class Help(SpreadTest):
    def test_of_a_subcommand_both_ways(self):
        for subcommand in ("run", "map", "pipe", "all", "hosts", "history"):
            asked = self.spread(subcommand, "--help")
            self.assert_run(asked, 0, self.spread("help", subcommand).out, "")
            self.assertTrue(asked.out.startswith(f"Usage: spread {subcommand}"))
            brief = self.spread(subcommand, "-h")
            self.assert_run(brief, 0, err="")
            self.assertTrue(brief.out.startswith(f"Usage: spread {subcommand}"))
            self.assertLessEqual(brief.out.count("\n"), 23)
        self.assert_run(self.spread("help", "help"), 0, self.spread("--help").out, "")
        self.assertLessEqual(self.spread("-h").out.count("\n"), 23)

    def test_version(self):
        result = self.spread("run", "--version")
        self.assert_run(result, 0, self.spread("--version").out, "")
        self.assertRegex(result.out, r"\Aspread \d+\.\d+\.\d+\n\Z")
        for words in (("version",), ("-V",), ("map", "-V")):
            self.assert_run(self.spread(*words), 0, result.out, "")


if __name__ == "__main__":
    unittest.main()
