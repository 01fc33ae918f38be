"""Malformed input of every kind: one line that names the place and the reason, and nothing is
started where it can be known before; in a stream that runs it is a failed task of its own."""

import os
import unittest

from spread_testing import PUPPET, SpreadTest


class BeforeAnythingStarts(SpreadTest):
    def refuse(self, *options, told, marker=True, face="all"):
        path = self.path("started")
        touch = ("--", "touch", path) if marker else ()
        result = self.spread(face, *options, *touch, input="a\n")
        self.assert_run(result, 255, "", f"spread: {told}\n")
        self.assertFalse(os.path.exists(path))

    def test_the_marker_of_these_tests_marks(self):
        path = self.path("started")
        self.assert_run(self.spread("all", "-j1", "--", "touch", path), 0, "", "")
        self.assertTrue(os.path.exists(path))

    def test_worker_words(self):
        for words, told in (
            ('cat "x', """'cat "x': a " that is never closed at column 5"""),
            ("cat 'x", "'cat 'x': a ' that is never closed at column 5"),
            ("cat \\", r"'cat \': a \ with nothing after it at column 5"),
            ("[]", "'[]': no words"),
            ('["cat"', """'["cat"': not a JSON array of strings and numbers: wrong at column 7"""),
            ('["cat",null]', """'["cat",null]': not a JSON array of strings and numbers: word 2 is null"""),
        ):
            with self.subTest(words):
                self.refuse("--worker", words, told=f"--worker {told}")

    def test_worker_without_words(self):
        for words in ("", " "):
            result = self.spread("all", "--worker", words)
            self.assert_run(result, 255, "")
            self.assert_only_told(result, r"spread: --worker.*(expected a program|no words).*")

    def test_args_file(self):
        for text, told in (
            ('# lists\n\ncat "x\n', 'args:3: a " that is never closed at column 5'),
            ('["cat"]\n["cat", true]\n', "args:2: not a JSON array of strings and numbers: word 2 is true or false"),
            ("cat\n[\n", "args:2: not a JSON array of strings and numbers: wrong at column 2"),
            ("# none\n\n", "args: no lists in it"),
            ("", "args: no lists in it"),
        ):
            with self.subTest(text):
                self.file("args", text)
                self.refuse("--args-file", "args", told=f"--args-file: {told}")
        self.refuse(
            *("--args-file", "none"),
            told="--args-file: cannot read none: No such file or directory",
        )
        self.refuse(
            *("--args-file", self.folder),
            told=f"--args-file: cannot read {self.folder}: Is a directory",
        )

    def test_hosts(self):
        for hosts, told in (
            ("x/n1", "'x/n1': expected [N/][user@]host"),
            ("0/n1", "'0/n1': 0 slots; leave the host out instead"),
            ("2/", "'2/': the host's name is missing"),
            ("n1,,n2", "'': the host's name is missing"),
            ("-oProxyCommand=x", "'-oProxyCommand=x': a name cannot begin with -"),
            ("@group", "'@group': host groups are not supported"),
            ("n[1-9]", "'n[1-9]': ranges in [ ] are not supported; write the names out"),
        ):
            with self.subTest(hosts):
                self.refuse("-S", hosts, told=f"-S: host {told}")

    def test_host_file(self):
        self.file("hosts", "# mine\n:\n@group\n")
        self.refuse(
            "--slf", "hosts", told="--slf: hosts:3: host '@group': host groups are not supported"
        )
        self.file("hosts", "# none\n")
        self.refuse("--slf", "hosts", told="--slf: hosts: no hosts in it")
        self.refuse("--slf", "none", told="--slf: cannot read none: No such file or directory")

    def test_launch_template(self):
        self.refuse(
            "--launch", 'a "b', told="""--launch 'a "b': a " that is never closed at column 3"""
        )

    def test_prep_json(self):
        for text, told in (
            ("{", "expected a key in quotes at byte 2"),
            ("1 2", "text behind the value at byte 3"),
            ('"a', "a string without its closing quote at byte 1"),
            ("[1,", "expected a value at byte 4"),
            ("99999999999999999999", "the integer 99999999999999999999 is outside [-2^63, 2^64)"),
        ):
            with self.subTest(text):
                suffix = " at byte 1" if text.startswith("9") else ""
                self.refuse("--prep-json", text, told=f"--prep-json {text}: {told}{suffix}")

    def test_prep_file(self):
        for form, text, told in (
            ("json", "1\n[\n", "items line 2: expected a value at byte 2"),
            ("csv", "a,b\n1,2\n3\n", "items line 3: 1 column, but the header has 2"),
            ("csv", 'a\n"1\n', "items line 2: the quote that is opened here is never closed"),
            ("csv", "a,a\n1,2\n", 'items line 1: the header: two columns are called "a"'),
            ("msgpack", b"\x01\xc1", "items offset 1: c1 is no msgpack"),
            (
                *("msgpack", b"\x01\xa3a"),
                "items offset 1: the msgpack object that begins here is cut off after 2 bytes",
            ),
        ):
            with self.subTest(form=form, text=text):
                self.file("items", text)
                self.refuse("--in", form, "--prep-file", "items", told=f"--prep-file: {told}")
        self.refuse(
            "--prep-file", "none", told="--prep-file: cannot read none: No such file or directory"
        )

    def test_prep_item_that_the_wire_cannot_carry(self):
        marker = self.path("started")
        options = ("-j2", "--wire", "lines", "--prep", "fine", "--prep", "a\nb")
        result = self.spread("all", *options, "--", "touch", marker)
        self.assert_run(result, 255, "")
        self.assertRegex(result.err, r"\Aspread: prep item 2: .*newline.*--wire lines.*\n\Z")
        self.assertFalse(os.path.exists(marker))

    def test_task_files(self):
        none = "cannot read none: No such file or directory"
        self.refuse("--start-all", "-a", "none", face="run", told=none)
        # Also behind one that can be read.
        self.file("tasks", "1\n")
        self.refuse("--start-all", "-a", "tasks", "-a", "none", face="run", told=none)
        self.refuse(
            *("--start-all", "--", "touch", self.path("started"), "::::", "none"),
            face="run",
            marker=False,
            told=f":::: {none}",
        )

    def test_task_file_that_is_a_directory(self):
        self.refuse(
            *("--start-all", "-a", self.folder),
            face="run",
            told=f"cannot read {self.folder}: Is a directory",
        )


class InTheStream(SpreadTest):
    """One worker; the tasks before and behind the bad one are computed."""

    def run_on(self, form, text, out="json"):
        options = ("-j1", "--in", form, "--out", out)
        return self.spread("run", *options, "--", *PUPPET, input=text)

    def test_json_lines(self):
        bad = [
            (b'{"a":}', "expected a value at byte 6"),
            (b'{"a" 1}', "expected ':' at byte 6"),
            (b"{1:2}", "expected a key in quotes at byte 2"),
            (b"[1,2", "expected ',' or ']' at byte 5"),
            (b'"x', "a string without its closing quote at byte 1"),
            (b'"\\q"', "an unknown escape at byte 2"),
            (b'"a\tb"', "a control character in a string at byte 3"),
            (b'"\xff"', "a string that is not UTF-8 at byte 2"),
            (b"1 2", "text behind the value at byte 3"),
            (b"nul", "expected a value at byte 1"),
            (b"\xff", "expected a value at byte 1"),
            (b"01", "a number with a leading zero at byte 1"),
            (b"1.", "a number without digits behind its point at byte 1"),
            (b"1e999", "the number 1e999 is too large for a double at byte 1"),
            (
                b"18446744073709551616",
                "the integer 18446744073709551616 is outside [-2^63, 2^64) at byte 1",
            ),
        ]
        text = b"1\n" + b"".join(record + b"\n" for record, _ in bad) + b"2\n"
        count = len(bad)
        result = self.run_on("json", text)
        told = [
            f"spread: task {n + 1} failed: BadInput: stdin line {n + 1}: {why}\n"
            for n, (_, why) in enumerate(bad, 1)
        ]
        told.append(f"spread: {count} of {count + 2} tasks did not succeed: {count} failed\n")
        self.assertEqual(result.err[: len("".join(told))], "".join(told))
        self.assert_run(result, count, [1, *[None] * count, 2])

    def test_csv_rows(self):
        text = 'a,b\n1,2\n3\n4,5,6\n\n7,"8"x\n9,10\n'
        result = self.run_on("csv", text)
        self.assert_run(result, 3, [{"a": "1", "b": "2"}, *[None] * 3, {"a": "9", "b": "10"}])
        self.assert_told(
            result,
            r"spread: task 2 failed: BadInput: stdin line 3: 1 column, but the header has 2",
            r"spread: task 3 failed: BadInput: stdin line 4: 3 columns, but the header has 2",
            r"spread: task 4 failed: BadInput: stdin line 6: text after a closing quote",
        )

    def test_place_is_the_line_of_the_file(self):
        self.file("one", "1\n2\n")
        self.file("two", "\n3\n[\n")
        result = self.spread(
            "run", "-j1", "--in", "json", "-a", "one", "-a", "two", "--", *PUPPET
        )
        self.assert_run(result, 1, [1, 2, 3, None])
        self.assert_told(
            result, r"spread: task 4 failed: BadInput: two line 3: expected a value at byte 2"
        )

    def test_bad_records_reach_no_worker_and_start_none(self):
        marker = self.path("started")
        result = self.spread("run", "-j1", "--in", "json", "--", "touch", marker, input="{\n[\n")
        self.assert_run(result, 2, [None, None])
        self.assertFalse(os.path.exists(marker))

    def test_end_of_the_input(self):
        """What is before it is computed; what is behind cannot be understood."""
        cut = "the msgpack object that begins here is cut off after 2 bytes"
        quote = "the quote that is opened here is never closed"
        for form, text, values, told in (
            ("msgpack", b"\x01\x02\xc1\x03", [1, 2], "stdin offset 2: c1 is no msgpack"),
            ("msgpack", b"\xc1", [], "stdin offset 0: c1 is no msgpack"),
            ("msgpack", b"\x01\x92\x01", [1], f"stdin offset 1: {cut}"),
            ("msgpack", b"\x01\xa3a", [1], f"stdin offset 1: {cut}"),
            ("csv", 'a\n1\n\n2,"x\n3\n', None, f"stdin line 4: {quote}"),
            ("csv", 'a\n1\n"x\n3\n', [{"a": "1"}], f"stdin line 3: {quote}"),
            ("csv", '"a', [], f"stdin line 1: {quote}"),
            ("csv", "a,a\n1,2\n", [], 'stdin line 1: the header: two columns are called "a"'),
        ):
            with self.subTest(form=form, text=text):
                result = self.run_on(form, text)
                self.assertIn(result.status, range(1, 101), result)
                if values is not None:
                    self.assertEqual(result.values, values, result)
                self.assertIn(f"spread: {told}; no more input is read\n", result.err)


if __name__ == "__main__":
    unittest.main()
