"""The texts that spread makes for other programs, tried with those programs: the man page with
groff, bash completion with a real bash; and what the program does before anything runs."""

import os
import subprocess
import tempfile
import unittest

SPREAD = os.environ["SPREAD"]

# Sets up what readline would, calls the completion function and prints what it offers.
DRIVER = r"""
compopt() { :; }  # works inside a completion only
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_spread spread "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
:
"""


def spread(*arguments, **options):
    return subprocess.run(
        [SPREAD, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options
    )


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.script = os.path.join(cls.folder.name, "spread")
        with open(cls.script, "w", encoding="utf-8") as file:
            file.write(spread("--completion", "bash", check=True).stdout)
        for name in ("tasks.txt", "two words"):
            open(os.path.join(cls.folder.name, name), "w", encoding="utf-8").close()
        os.mkdir(os.path.join(cls.folder.name, "logs"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def offers(self, *words):
        """What is offered for the last of `words`, which stand behind `spread`."""
        result = subprocess.run(
            ["bash", "--norc", "-c", DRIVER, "bash", self.script, "spread", *words],
            capture_output=True,
            text=True,
            cwd=self.folder.name,
            check=True,
        )
        self.assertEqual(result.stderr, "")
        return result.stdout.splitlines()

    def test_bash_registers_it(self):
        result = subprocess.run(
            ["bash", "--norc", "-c", f"source {self.script}; complete -p spread"],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(result.stdout, "complete -F _spread spread\n")

    def test_subcommands(self):
        self.assertEqual(self.offers("r"), ["run"])
        self.assertEqual(set(self.offers("h")), {"hosts", "history", "help"})
        self.assertEqual(self.offers("help", "al"), ["all"])

    def test_options_of_the_subcommand_only(self):
        self.assertEqual(self.offers("run", "--ret"), ["--retries"])
        self.assertEqual(self.offers("all", "--ret"), [])
        self.assertEqual(self.offers("map", "--res"), ["--results", "--resume", "--resume-failed"])
        self.assertEqual(self.offers("hosts", "--ch"), ["--check"])

    def test_values_of_an_option(self):
        self.assertEqual(self.offers("run", "--wire", ""), ["msgpack", "json", "lines"])
        self.assertEqual(self.offers("run", "--in", "c"), ["csv"])
        self.assertEqual(self.offers("run", "-v", "--out", "rec"), ["records"])
        self.assertEqual(self.offers("map", "-t", "--out", ""), ["text", "records"])
        self.assertEqual(self.offers("map", "--exit-status", "x"), ["xargs"])

    def test_values_behind_an_equals_sign(self):
        # Readline's words: COMP_WORDBREAKS has the equals sign.
        self.assertEqual(self.offers("run", "--wire", "=", "l"), ["lines"])
        self.assertEqual(self.offers("run", "--wire", "="), ["msgpack", "json", "lines"])
        self.assertEqual(self.offers("run", "--wire", "=", "lines", "--ret"), ["--retries"])

    def test_files_and_directories(self):
        self.assertEqual(set(self.offers("run", "-a", "t")), {"tasks.txt", "two words"})
        self.assertEqual(self.offers("run", "--spill-dir", ""), ["logs"])
        self.assertEqual(self.offers("run", "--tails", ""), ["stdout", "stderr", "none", "logs"])

    def test_numbers_are_left_to_the_user(self):
        self.assertEqual(self.offers("run", "--retries", ""), [])

    def test_worker_behind_dashes_and_without_them(self):
        self.assertIn("bash", self.offers("run", "-j", "3", "--", "bas"))
        self.assertIn("bash", self.offers("run", "-j", "3", "bas"))
        self.assertIn("tasks.txt", self.offers("run", "--", "cat", "ta"))

    def test_command_of_map(self):
        self.assertIn("bash", self.offers("map", "-k", "bas"))
        self.assertIn("tasks.txt", self.offers("map", "-0", "cat", "ta"))
        self.assertEqual(self.offers("map", "cat", "--ret"), [])
        self.assertEqual(self.offers("map", ":::+", "ta"), ["tasks.txt"])

    def test_words_behind_the_worker_are_not_ours(self):
        self.assertEqual(self.offers("run", "cat", "--ret"), [])
        self.assertEqual(self.offers("run", "--", "cat", "--ret"), [])

    def test_files_behind_colons(self):
        self.assertEqual(self.offers("run", "--", "w", "::::", "ta"), ["tasks.txt"])

    def test_history(self):
        self.assertEqual(self.offers("history", "s"), ["show"])
        self.assertEqual(self.offers("history", "show", "--hi"), ["--history"])


class ManPage(unittest.TestCase):
    def test_groff_has_nothing_to_warn_about(self):
        page = spread("--man", check=True).stdout
        result = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-P-cbou"],
            input=page,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(result.stderr, "")
        for text in ("SPREAD(1)", "EXIT STATUS", "--reorder-mem", "spread history reset n2"):
            self.assertIn(text, result.stdout)

    def test_quotes_and_hyphens_can_be_copied(self):
        page = spread("--man", check=True).stdout
        result = subprocess.run(
            ["groff", "-man", "-Tutf8", "-rLL=200n", "-P-cbou"],
            input=page,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertIn("spread run --worker './w --gpu 0'", result.stdout)


class Program(unittest.TestCase):
    def test_usage_error_is_one_line_and_255(self):
        result = spread("run", "--window", "0", "--", "true")
        self.assertEqual(result.returncode, 255)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertRegex(result.stderr, r"^spread: --window: .*try 'spread run --help'\)\n$")

    def test_unknown_subcommand(self):
        result = spread("gang", "true")
        self.assertEqual(result.returncode, 255)
        self.assertIn("spread: unknown subcommand 'gang'", result.stderr)

    def test_help_goes_to_stdout(self):
        result = spread("run", "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.startswith("Usage: spread run"))

    def test_help_on_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([SPREAD, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 255)
        self.assertIn("No space left on device", result.stderr)


if __name__ == "__main__":
    unittest.main()
