"""The texts that spread makes for other programs, tried with those programs: the man pages with
groff, completions with bash, zsh and fish themselves; and what the program does before anything runs."""

import os
import re
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

ZSH_SETUP = r"""
PROMPT= RPS1= fpath=($PWD/functions $fpath)
autoload -Uz compinit
compinit -u -D
unset zle_bracketed_paste
report() { print -r -- "$BUFFER" >result; exit }
zle -N report
bindkey '^X' report
bindkey '^I' complete-word
print -n ready
"""

# An interactive zsh on a terminal of its own; it has loaded everything when it says so.
ZSH_DRIVER = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source $1"
zpty -r -m shell seen '*ready*'
zpty -w -n shell "$2"$'\t\x18'
while zpty -r shell seen; do :; done
cat result
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

    def offers(self, *words, known=""):
        """What is offered for the last of `words`, which stand behind `spread`."""
        result = subprocess.run(
            ["bash", "--norc", "-c", known + DRIVER, "bash", self.script, "spread", *words],
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
        self.assertEqual(set(self.offers("r")), {"run", "relay", "results", "retrieve"})
        self.assertEqual(set(self.offers("h")), {"hosts", "history", "help"})
        self.assertEqual(self.offers("help", "al"), ["all"])

    def test_options_of_the_subcommand_only(self):
        self.assertEqual(self.offers("run", "--ret"), ["--retries"])
        self.assertEqual(self.offers("all", "--ret"), [])
        self.assertEqual(self.offers("map", "--res"), ["--results", "--resume", "--resume-failed"])
        self.assertEqual(self.offers("hosts", "--ch"), ["--check"])

    def test_values_of_an_option(self):
        self.assertEqual(self.offers("run", "--wire", ""), ["msgpack", "json", "lines", "pickle"])
        self.assertEqual(self.offers("run", "--in", "c"), ["csv"])
        self.assertEqual(self.offers("run", "-v", "--out", "rec"), ["records"])
        self.assertEqual(self.offers("map", "-t", "--out", ""), ["text", "records"])
        self.assertEqual(self.offers("map", "--exit-status", "x"), ["xargs"])

    def test_values_behind_an_equals_sign(self):
        # Readline's words: COMP_WORDBREAKS has the equals sign.
        self.assertEqual(self.offers("run", "--wire", "=", "l"), ["lines"])
        self.assertEqual(self.offers("run", "--wire", "="), ["msgpack", "json", "lines", "pickle"])
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

    def test_files_where_nothing_is_known_of_the_command(self):
        for words in (("map", "gzip"), ("pipe", "gzip"), ("all", "--", "gzip"), ("map", "gzip", "-9")):
            self.assertEqual(self.offers(*words, "tas"), ["tasks.txt"])
        self.assertEqual(self.offers("map", "gzip", "-d", ":::", "tas"), ["tasks.txt"])
        self.assertIn("bash", self.offers("pipe", "bas"))

    def test_own_completion_of_the_command(self):
        # What the package bash-completion has.
        known = "_command_offset() { [[ ${COMP_WORDS[$1]} == gzip ]] && COMPREPLY=(--best); }"
        self.assertEqual(self.offers("map", "gzip", "--be", known=known), ["--best"])
        self.assertEqual(self.offers("map", "gzipp", "tas", known=known), ["tasks.txt"])
        self.assertEqual(self.offers("map", "gzip", ":::", "tas", known=known), ["tasks.txt"])

    def test_words_behind_the_worker_are_not_ours(self):
        self.assertEqual(self.offers("run", "cat", "--ret"), [])
        self.assertEqual(self.offers("run", "--", "cat", "--ret"), [])

    def test_files_behind_colons(self):
        self.assertEqual(self.offers("run", "--", "w", "::::", "ta"), ["tasks.txt"])

    def test_history(self):
        self.assertEqual(self.offers("history", "s"), ["show"])
        self.assertEqual(self.offers("history", "show", "--hi"), ["--history"])

    def test_sweep(self):
        self.assertEqual(self.offers("sweep", "a=list:1", "tas"), ["tasks.txt"])
        self.assertEqual(self.offers("sweep", "a=list:1", "--sam"), ["--samples"])


class OtherShells(unittest.TestCase):
    """What TAB makes of a command line in zsh, and what fish offers for one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name in ("tasks.txt", "other.txt"):
            open(os.path.join(self.folder, name), "w", encoding="utf-8").close()
        os.mkdir(os.path.join(self.folder, "logs"))
        self.environment = {**os.environ, "HOME": self.folder, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        self.environment["PATH"] = os.path.dirname(SPREAD) + ":" + os.environ["PATH"]

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def zsh(self, line):
        """The line after TAB behind it, typed into an interactive zsh."""
        os.makedirs(os.path.join(self.folder, "functions"), exist_ok=True)
        self.write("functions/_spread", spread("--completion", "zsh", check=True).stdout)
        setup = self.write("setup.zsh", ZSH_SETUP)
        result = subprocess.run(
            ["zsh", "-f", "-c", ZSH_DRIVER, "zsh", setup, line],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            check=True,
        )
        return result.stdout.rstrip("\n")

    def test_zsh(self):
        for line, completed in (
            ("spread pi", "spread pipe "),
            ("spread help hi", "spread help history "),
            ("spread run --retri", "spread run --retries="),
            ("spread map --dry", "spread map --dry-run "),
            ("spread all --retri", "spread all --retri"),
            ("spread run -v --wire li", "spread run -v --wire lines "),
            ("spread run --wire=js", "spread run --wire=json "),
            ("spread run -a tas", "spread run -a tasks.txt "),
            ("spread map -j3 --spill-dir lo", "spread map -j3 --spill-dir logs/"),
            ("spread map gzi", "spread map gzip "),
            ("spread map -k nosuchcommand tas", "spread map -k nosuchcommand tasks.txt "),
            ("spread run -- nosuchcommand tas", "spread run -- nosuchcommand tasks.txt "),
            ("spread map gzip ::: tas", "spread map gzip ::: tasks.txt "),
            ("spread map cat --dry", "spread map cat --dry"),
            ("spread history re", "spread history reset "),
            ("spread sweep a=list:1 tas", "spread sweep a=list:1 tasks.txt "),
        ):
            with self.subTest(line):
                self.assertEqual(self.zsh(line), completed)

    def fish(self, line):
        script = self.write("spread.fish", spread("--completion", "fish", check=True).stdout)
        result = subprocess.run(
            ["fish", "--no-config", "-c", f'source {script}; complete -C "$argv[1]"', "--", line],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            check=True,
        )
        self.assertEqual(result.stderr, "")
        return [offer.split("\t")[0] for offer in result.stdout.splitlines()]

    def test_fish(self):
        for line, offers in (
            ("spread pi", ["pipe"]),
            ("spread help hi", ["history"]),
            ("spread run --retri", ["--retries"]),
            ("spread map --dry", ["--dry-run"]),
            ("spread all --retri", []),
            ("spread run -v --wire li", ["lines"]),
            ("spread run --wire=js", ["--wire=json"]),
            ("spread run -a tas", ["tasks.txt"]),
            ("spread map -j3 --spill-dir lo", ["logs/"]),
            ("spread map -k nosuchcommand tas", ["tasks.txt"]),
            ("spread run -- nosuchcommand tas", ["tasks.txt"]),
            ("spread map gzip ::: tas", ["tasks.txt"]),
            ("spread map ::: tas", ["tasks.txt"]),
            ("spread map cat --dry-r", []),
            ("spread history re", ["reset"]),
            ("spread sweep a=list:1 tas", ["tasks.txt"]),
            ("spread run --tails st", ["stderr", "stdout"]),
        ):
            with self.subTest(line):
                self.assertEqual(sorted(self.fish(line)), offers)
        self.assertIn("gzip", self.fish("spread map gzi"))


def groff(page, *options):
    """The page as a terminal shows it, without bold and underlined letters."""
    result = subprocess.run(
        ["groff", "-man", "-Tutf8", *options, "-P-cbou"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout, result.stderr


class ManPages(unittest.TestCase):
    SUBCOMMANDS = ("run", "gang", "oneshot", "check", "relay", "pool", "map", "pipe", "xargs", "all", "sweep", "results", "journal",
                   "hosts", "history", "status", "retrieve", "attach", "stop", "clean")

    def test_groff_has_nothing_to_warn_about(self):
        for words in ((), *((name,) for name in self.SUBCOMMANDS)):
            with self.subTest(page=words):
                _, warnings = groff(spread("--man", *words, check=True).stdout, "-ww")
                self.assertEqual(warnings, "")

    def test_page_of_the_program_leads_to_the_others(self):
        text, _ = groff(spread("--man", check=True).stdout)
        for name in self.SUBCOMMANDS:
            self.assertIn(f"spread-{name}(1)", text)
        for part in ("SPREAD(1)", "EXIT STATUS", "ENVIRONMENT", "--version"):
            self.assertIn(part, text)

    def test_page_of_a_subcommand(self):
        text, _ = groff(spread("--man", "map", check=True).stdout)
        for part in ("SPREAD-MAP(1)", "--resume-failed", "{.}", "EXIT STATUS", "spread-run(1)"):
            self.assertIn(part, text)
        self.assertNotIn("spread-map(1)", text)

    def test_quotes_and_hyphens_can_be_copied(self):
        text, _ = groff(spread("--man", "run", check=True).stdout, "-rLL=200n")
        self.assertIn("spread run --worker './w --gpu 0'", text)

    def test_page_of_no_subcommand(self):
        result = spread("--man", "report")
        self.assertEqual((result.returncode, result.stdout), (255, ""))
        self.assertIn("spread: unknown subcommand 'report'", result.stderr)

    def test_the_build_writes_one_for_each_subcommand(self):
        daily_and_more = "\n".join(spread("--help").stdout.split("\n\n")[2:4])
        names = set(re.findall(r"^  (\w+) ", daily_and_more, re.MULTILINE))
        names -= {"help", "version"}
        self.assertEqual(names, set(self.SUBCOMMANDS))
        folder = os.path.join(os.environ["SPREAD_BUILD"], "share", "man", "man1")
        if not os.path.isdir(folder):
            self.skipTest("the program was built for another machine")
        for name in ("spread", *(f"spread-{name}" for name in names)):
            with open(os.path.join(folder, f"{name}.1"), encoding="utf-8") as file:
                words = name.split("-")[1:]
                self.assertEqual(file.read(), spread("--man", *words).stdout)


class Program(unittest.TestCase):
    def test_usage_error_is_one_line_and_255(self):
        result = spread("run", "--window", "0", "--", "true")
        self.assertEqual(result.returncode, 255)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertRegex(result.stderr, r"^spread: --window: .*try 'spread run --help'\)\n$")

    def test_unknown_subcommand(self):
        result = spread("report", "true")
        self.assertEqual(result.returncode, 255)
        self.assertIn("spread: unknown subcommand 'report'", result.stderr)

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
