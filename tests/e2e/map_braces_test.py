"""Braces that were meant as a placeholder and are none: replacement strings of GNU parallel, and
names that are nearly a column's."""

import os
import unittest

from map_testing import MapTest


class Braces(MapTest):
    def refuse(self, *words, told, subcommand="map", input="", then=(":::", "a")):
        """Before anything has run."""
        path = self.path("started")
        result = self.spread(subcommand, *words, *then, input=input)
        self.assert_run(result, 255, "")
        self.assertRegex(result.err, rf"\Aspread: [^\n]*{told}[^\n]*\n\Z")
        self.assertFalse(os.path.exists(path))

    def test_a_rename_with_perl_in_braces_moves_nothing(self):
        names = [self.file(name, name) for name in ("a.jpeg", "b.jpeg", "c.jpeg")]
        for words in (("mv", "{}", "{= $_=uc =}"), ("mv {} '{= $_=uc =}'",)):
            result = self.map(*words, ":::", *names)
            self.assert_run(result, 255, "")
            self.assertRegex(result.err, r"\Aspread: '\{= \$_=uc =\}' is GNU parallel's [^\n]*\n\Z")
            self.assertTrue(all(map(os.path.exists, names)))

    def test_are_refused_wherever_placeholders_stand(self):
        mark = f"touch {self.path('started')}"
        self.refuse(f"{mark}; echo {{+/}}", told=r"\{//\} is the directory \(--literal-braces ")
        self.refuse("-c", mark, "{##}", told="count the input before")
        self.refuse("echo", "x{0#}", told=r"printf %04d \{#\}.* \(-q passes")
        self.refuse("--tagstring", "{+/}", mark, told=r"--tagstring: '\{\+/\}'")
        self.refuse("--wd", "{:2}", mark, told=r"--wd: '\{:2\}'")
        self.refuse("--results", "x{...}", mark, told="--results: ")
        self.refuse("--return", "{^a}", mark, told="--return: ")
        self.refuse("--transferfile", "{#a}", mark, told="--transferfile: ")

    def test_in_pipe_are_those_that_need_no_item(self):
        self.refuse("echo {##}", subcommand="pipe", told="count the input before", then=())
        self.refuse("echo", "{= seq() =}", subcommand="pipe", told="Perl", then=())
        run = self.spread("pipe", "awk", "{...}", input="a\n")
        self.assertNotRegex(run.err, "GNU parallel's")
        self.assert_run(self.spread("pipe", "awk", "{print $2}", input="a b\n"), 0, "b\n", "")

    def test_are_passed_where_that_is_asked_for(self):
        self.assert_run(self.map("-q", "echo", "{##}", ":::", "a"), 0, "{##} a\n", "")
        literal = ("--literal-braces", "--tagstring", "{+/}")
        self.assert_run(self.map(*literal, "echo {= =}", ":::", "a"), 0, "{+/}\t{= =} a\n", "")
        piped = self.spread("pipe", "--literal-braces", "echo '{##}'; cat", input="a\n")
        self.assert_run(piped, 0, "{##}\na\n", "")


class Columns(MapTest):
    def test_that_are_nearly_called_so_are_refused(self):
        for braces in ("{nmae}", "{Name}", "{na me}", "{naem.}"):
            for words in (("echo", braces), (f"echo '{braces}'",)):
                with self.subTest(words):
                    result = self.map("--header", ":", *words, input="name\nx\n")
                    self.assert_run(result, 255, "")
                    told = r"'{.*}' is no column; did you mean {name}\? \(.* passes it as it is\)"
                    self.assertRegex(result.err, rf"(?m)^spread: {told}$")
        self.assert_run(
            self.map("--header", ":", "-q", "echo", "{nmae}", input="name\nx\n"), 0, "{nmae} x\n", ""
        )

    def test_of_other_names_are_text_and_told_once(self):
        told = (
            "spread: no column is called {colour}, which stays as it is; the columns are name, x\n"
        )
        rows = "name,x\nb,1\nc,2\n"
        for words in (("echo", "{colour}", "{name}"), ("echo {colour} {name}",)):
            result = self.map("--csv", "--header", ":", *words, input=rows)
            self.assert_run(result, 0, "{colour} b\n{colour} c\n", told)
        dry = self.map("--csv", "--header", ":", "--dry-run", "echo", "{colour}", "{x}", input=rows)
        self.assertIn(told, dry.err)

    def test_a_byte_order_mark_is_no_part_of_a_name(self):
        rows = b"\xef\xbb\xbfname,x\nb,1\n"
        for how in (("--colsep", ","), ("--csv",)):
            result = self.map(*how, "--header", ":", "echo", "{name}", input=rows)
            self.assert_run(result, 0, "b\n", "")
        one = self.map("--header", ":", "echo", "{name}", input=b"\xef\xbb\xbfname\nb\n")
        self.assert_run(one, 0, "b\n", "")


if __name__ == "__main__":
    unittest.main()
