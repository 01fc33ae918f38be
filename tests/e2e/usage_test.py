"""Command lines that are wrong: 255, one line that says why and where to read on, and nothing
started."""

import os
import unittest

from spread_testing import SpreadTest


class Wrong(SpreadTest):
    def refuse(self, *words, told, help_of=""):
        result = self.spread(*words, input="a\n")
        asks = f"spread {help_of} --help" if help_of else "spread --help"
        self.assert_run(result, 255, "", f"spread: {told} (try '{asks}')\n")

    def refuse_run(self, *options, told):
        """With a worker that would leave a trace."""
        path = self.path("started")
        words = ("run", "-j1", "--start-all", *options, "--", "touch", path)
        self.refuse(*words, told=told, help_of="run")
        self.assertFalse(os.path.exists(path))

    def test_no_subcommand(self):
        self.refuse(told="no subcommand is given")

    def test_unknown_subcommand(self):
        for name in ("frobnicate", "report"):
            with self.subTest(name):
                result = self.spread(name, "-j1", "--", "true")
                self.assert_run(result, 255, "")
                self.assertTrue(
                    result.err.startswith(f"spread: unknown subcommand '{name}'"), result
                )
                self.assertEqual(result.err.count("\n"), 1)
        hint = "'spread map COMMAND' runs a command for each item"
        self.refuse("report", told=f"unknown subcommand 'report'; {hint}")
        self.refuse("echo", ":::", "a", told=f"unknown subcommand 'echo'; {hint}")
        told = "no subcommand before '-j3': 'spread map -j3 ...' runs a command for each item"
        self.refuse("-j3", "echo", ":::", "a", told=told)

    def test_misspelt_subcommand(self):
        self.refuse("rnu", told="unknown subcommand 'rnu', did you mean 'run'?")

    def test_unknown_option_before_the_subcommand(self):
        self.refuse("--bogus", told="unknown option '--bogus'")

    def test_no_worker(self):
        told = "no worker is named: write it after --, or use --worker or --args-file"
        for words in (("run",), ("run", "-j2"), ("run", "--"), ("run", ":::", "a")):
            self.refuse(*words, told=told, help_of="run")
        told = "no command is named: write it after --, or use --worker or --args-file"
        self.refuse("all", told=told, help_of="all")

    def test_ungrouped_is_for_map(self):
        self.refuse_run("-u", told="-u is for map; use --unordered")

    def test_unknown_options(self):
        for option in ("--bogus", "-Z", "--speculate"):
            self.refuse_run(option, told=f"unknown option '{option}'")

    def test_misspelt_option(self):
        told = "unknown option '--unorderd', did you mean '--unordered'?"
        self.refuse_run("--unorderd", told=told)
        told = "unknown option '--retry', did you mean '--retries'?"
        self.refuse_run("--retry", "3", told=told)
        self.refuse("--hlep", told="unknown option '--hlep', did you mean '--help'?")

    def test_option_that_could_be_several(self):
        self.assert_run(self.spread("run", "--out", "text", "--wire", "lines", "cat"), 0, "", "")
        told = "--sh could be --shards, --show-output or --shutdown-timeout"
        self.refuse_run("--sh", "1", told=told)

    def test_value_for_an_option_without_one(self):
        self.refuse_run("--strict=yes", told="--strict takes no value")

    def test_value_that_is_missing(self):
        for words, told in (
            (("-j",), "-j needs a value: N|FILE"),
            (("--tails",), "--tails needs a value: WHERE"),
            (("--worker",), "--worker needs a value: 'ARG LIST'"),
        ):
            self.refuse("run", *words, told=told, help_of="run")
        # A -- is the end of the options, and no value.
        self.refuse_run("--joblog", told="--joblog needs a value: FILE")

    def test_values(self):
        time = "such as 1.5, 30s, 10m or 2h"
        halt = "expected never, or now|soon,fail|success|done=N or =N%"
        size = "expected a number of bytes such as 65536, 64K or 1.5M"
        slots = "expected a number of slots from 1 to 65536, or N%"
        for option, value, told in (
            *(("-j", value, f"{slots}, not '{value}'") for value in ("x", "0", "-1", "1.5", "")),
            ("-j", "0%", "expected a percentage above 0, not '0%'"),
            *(("--halt", bad, f"{halt}, not '{bad}'") for bad in ("soon", "soon,fail=x")),
            *(("--halt", bad, f"{halt}, not '{bad}'") for bad in ("now,fail=0", "now,fail=101%")),
            ("--halt", "x,done=1", f"{halt}, not 'x,done=1'"),
            ("-j", "65537", f"{slots}, not '65537'"),
            ("--retries", "4294967296", "expected at most 4294967295, not '4294967296'"),
            ("--spill-max", "16E", "expected at most 18446744073709551615 bytes, not '16E'"),
            *(
                (name, "110000d", "expected at most 292 years, not '110000d'")
                for name in ("--timeout", "--bench", "--max-busy")
            ),
            *(
                (name, "-", f"expected {what}, not '-': standard output is for the results")
                for name, what in (("--joblog", "a file"), ("--events", "a file or fd:N"))
            ),
            ("--retries", "-1", "expected a whole number of at least 0, not '-1'"),
            ("--window", "x", "expected a whole number from 1 to 1000000, not 'x'"),
            ("--read-ahead", "0", "expected a whole number of at least 1, not '0'"),
            *((name, "x", f"{size}, not 'x'") for name in ("--max-frame", "--spill-max")),
            ("--bench", "soon", f"expected a time {time}, not 'soon'"),
            ("--max-busy", "0", f"expected a time above 0 {time}, not '0'"),
            ("--wire", "xml", "expected msgpack, json, lines or pickle, not 'xml'"),
            ("--in", "xml", "expected lines, json, msgpack, csv or pickle, not 'xml'"),
            ("--out", "xml", "expected text, json, msgpack, csv, pickle or records, not 'xml'"),
            ("--show-output", "x", "expected slot or none, not 'x'"),
            ("-d", "ab", r"expected one byte: a character, \t, \n, \0 or \xHH, not 'ab'"),
        ):
            with self.subTest(option=option, value=value):
                self.refuse_run(option, value, told=f"{option}: {told}")

    def test_the_wrong_one_of_two_is_refused_whichever_counts(self):
        told = "--retries: expected a whole number of at least 0, not 'x'"
        self.refuse_run("--retries", "1", "--retries", "x", told=told)
        self.refuse_run("--retries", "x", "--retries", "1", told=told)

    def test_options_that_do_not_go_together(self):
        self.refuse_run("--in", "json", "-0", told="-0 is for --in lines only")
        self.refuse_run("--out0", "--out", "json", told="--out0 is for --out text only")

    def test_options_of_run_in_all(self):
        for words, told in (
            (("-a", "file"), "-a is for run, not for all"),
            (("--retries", "2"), "--retries is for run, not for all"),
        ):
            path = self.path("started")
            self.refuse("all", *words, "--", "touch", path, told=told, help_of="all")
            self.assertFalse(os.path.exists(path))
        told = "::: and :::: are for run and map"
        self.refuse("all", "--", "cat", ":::", "a", told=told, help_of="all")

    def test_short_option_with_an_equals_sign(self):
        result = self.spread("run", "-k=3", "--", "true")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*'?-k\b.*")

    def test_descriptor_of_events_that_is_not_open_is_named(self):
        result = self.spread("run", "--events", "fd:99", "--", "true", input="a\n")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: --events fd:99: there is no descriptor 99")

    def test_history_wants_a_verb(self):
        told = "history what? expected show or reset"
        self.refuse("history", told=told, help_of="history")
        self.refuse("history", "eat", told="expected show or reset, not 'eat'", help_of="history")


class Right(SpreadTest):
    def test_options_cut_short_and_other_names_of_gnu_parallel(self):
        result = self.spread("map", "--keeporder", "--dryrun", "echo", ":::", "a", "b")
        self.assert_run(result, 0, "echo a\necho b\n", "")
        options = ("--keep", "--halt-on-error", "now,fail=1", "--termseq", "TERM,200,KILL")
        self.assert_run(self.spread("map", *options, "echo", ":::", "a"), 0, "a\n", "")
        result = self.spread("run", "--summ", "--wire=lines", "--", "sed", "-u", "s/^/=/", ":::", "a")
        self.assertEqual((result.status, result.out), (0, "=a\n"), result)

    def test_version(self):
        result = self.spread("--version")
        self.assert_run(result, 0, err="")
        self.assertRegex(result.out, r"\Aspread \d+\.\d+\.\d+\n\Z")

    def test_options_of_the_worker_are_its_own(self):
        for words in (("--", "echo", "--bogus", "-u"), ("echo", "--bogus", "-u")):
            self.assert_run(self.spread("all", "-j1", *words), 0, "--bogus -u\n", "")

    def test_only_the_first_two_dashes_are_taken_out(self):
        self.assert_run(self.spread("all", "-j1", "--", "echo", "--", "x"), 0, "-- x\n", "")

    def test_help_names_no_subcommand_that_is_not_there(self):
        text = self.spread("--help").out
        for name in ("report",):
            self.assertNotRegex(text, rf"(?m)^  {name}\b")


if __name__ == "__main__":
    unittest.main()
