"""--ok: which exit statuses are success; and the small options of GNU parallel beside it: -r, -n that
splits, \\t in --tagstring, files that are input and output."""

import os
import unittest

from map_testing import MapTest


class Ok(MapTest):
    def test_map(self):
        result = self.map("-j1", "--ok", "0,1", "echo {}; exit {}", ":::", "0", "1")
        self.assert_run(result, 0, "0\n1\n", "")
        result = self.map("-j1", "--ok", "0,1", "exit {}", ":::", "0", "1", "2")
        self.assertEqual(result.status, 1)
        self.assertIn("1 of 3 jobs failed", result.err)

    def test_the_list_is_all_of_them(self):
        self.assertEqual(self.map("-j1", "--ok", "3", "exit {}", ":::", "0", "3").status, 1)

    def test_pipe_grep(self):
        for options in (("-N1",), ("--round-robin", "-j1")):
            with self.subTest(options):
                words = ("pipe", *options, "--ok", "0,1", "grep", "b")
                self.assert_run(self.spread(*words, input="a\nc\n"), 0, "", "")
                self.assertEqual(self.spread(*words, input="a\nb\n").out, "b\n")

    def test_all(self):
        words = ("all", "-j1", "--ok", "0,3", "sh", "-c")
        self.assert_run(self.spread(*words, "echo x; exit 3"), 0, "x\n", "")
        self.assertEqual(self.spread(*words, "exit 1").status, 1)

    def test_retries_and_halt(self):
        result = self.map("-j1", "--ok", "0,1", "--retries", "3", "echo try >>n; exit 1", ":::", "a")
        self.assertEqual((result.status, self.read("n")), (0, "try\n"), result)
        result = self.map("-j1", "--ok", "0,1", "--halt", "now,fail=1", "echo {}; exit {}", ":::",
                          "1", "2", "3")
        self.assertEqual((result.status, result.out), (2, "1\n2\n"), result)

    def test_joblog_and_resume(self):
        words = ("-j1", "--ok", "0,1", "--joblog", "log", "echo {}; exit {}", ":::", "1", "2")
        self.assertEqual(self.map(*words).status, 1)
        self.assertEqual([line.split("\t")[6] for line in self.read("log").splitlines()[1:]],
                         ["1", "2"])
        self.assertEqual(self.map("--resume-failed", *words).out, "2\n")

    def test_records(self):
        result = self.map("-j1", "--ok", "0,1", "--out", "records", "exit 1; : {}", ":::", "a")
        self.assertIn('"status":"ok","exit":1', result.out)

    def test_what_cannot_be_run_is_none(self):
        self.assertEqual(self.map("--ok", "127", "nowhere-found", "x", ":::", "a").status, 1)

    def test_values(self):
        for value in ("", "0,", "256", "-1", "a", "0 1"):
            with self.subTest(value):
                result = self.map("--ok", value, "true", ":::", "a")
                self.assertEqual(result.status, 255, result)
                self.assertIn("expected exit statuses from 0 to 255, as in 0,1", result.err)

    def test_not_for_run(self):
        result = self.spread("run", "--ok", "0,1", "--", "cat")
        self.assertEqual(result.status, 255, result)
        self.assertIn("--ok is for", result.err)


class BlankItems(MapTest):
    def items(self, *words, **how):
        return self.map("-j1", "-r", *words, **how).out

    def test_lines(self):
        self.assertEqual(self.items("echo", "x", input="1\n\n \t\n2\n"), "x 1\nx 2\n")
        self.assertEqual(self.items("echo", "ran", input="\n"), "")
        self.assertEqual(self.map("-j1", "echo", "x", input="1\n\n").out, "x 1\nx \n")

    def test_other_sources(self):
        self.assertEqual(self.items("echo", "x", ":::", "", "a", " "), "x a\n")
        self.assertEqual(self.items("-0", "echo", input="a\0 \0\0b\0"), "a\nb\n")
        # A row of empty columns is not blank.
        out = self.items("--colsep", ",", "echo", "{2}{1}", input="1,2\n,\n \n3,4\n")
        self.assertEqual(out, "21\n\n43\n")
        self.assertEqual(self.items("-N2", "echo", input="1\n\n2\n"), "1 2\n")


class TooLong(MapTest):
    # Over 2 MiB, and so more than the kernel takes at once.
    ITEMS = "".join(f"{n:0100d}\n" for n in range(40000))

    def test_n_is_at_most(self):
        result = self.map("-n", "30000", "echo", input=self.ITEMS)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out.split(), self.ITEMS.split())
        self.assertGreater(result.out.count("\n"), 2)

    def test_n_with_places_is_exact(self):
        for words in (("-n", "30000", "echo {1}; : {2}"), ("-N", "30000", "echo")):
            with self.subTest(words):
                # The second one has less, which fits.
                self.assertEqual(self.map(*words, input=self.ITEMS).status, 1)

    def test_n_that_fits_is_not_split(self):
        self.assertEqual(self.map("-j1", "-n", "2", "echo", ":::", *"12345").out, "1 2\n3 4\n5\n")


class TagText(MapTest):
    def test_escapes(self):
        result = self.map("-j1", "--tagstring", r"{1}\t{2}\x", "echo", ":::", "a", ":::", "b")
        self.assert_run(result, 0, "a\tb\\x\ta b\n", "")


class OverwrittenInput(MapTest):
    def refuse(self, result, told):
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertIn(told, result.err)
        self.assertEqual(self.read("in.csv"), "1\n2\n")

    def test_options(self):
        name = self.file("in.csv", "1\n2\n")
        os.link(name, self.path("other.csv"))
        for option in ("--joblog=in.csv", "--joblog=+other.csv", "--events=other.csv",
                       "--results=other.csv"):
            for input in (("-a", "in.csv", "echo"), ("echo", "::::", "./in.csv")):
                with self.subTest(option=option, input=input):
                    self.refuse(self.map(option, *input), "would overwrite the input, ")
            with self.subTest(option), open(name, "rb") as stdin:
                self.refuse(self.map_from(stdin, option, "echo"),
                            "would overwrite the input, standard input")

    def map_from(self, stdin, *words, **how):
        return self.start_map(*words, stdin=stdin, **how).finish()

    def test_output(self):
        name = self.file("in.csv", "1\n2\n")
        with open(name, "ab") as out:
            self.refuse(self.map("-a", "in.csv", "echo", stdout=out), "the output goes to the file")
            with open(name, "rb") as stdin:
                self.refuse(self.map_from(stdin, "echo", stdout=out), "is the input, standard input")
            # What is not read is not overwritten.
            with open(name, "rb") as stdin:
                done = self.map_from(stdin, "echo", ":::", "3", stdout=out)
        self.assertEqual((done.status, self.read("in.csv")), (0, "1\n2\n3\n"))


class NoJoblog(MapTest):
    def test_file_without_a_newline(self):
        for text in ("my only note", "Seq of what", "\0" * 100 + "x"):
            for options in (("--joblog", "note", "--resume"), ("--joblog", "+note")):
                with self.subTest(text=text, options=options):
                    self.file("note", text)
                    result = self.map(*options, "echo", ":::", "a")
                    self.assertEqual((result.status, result.out), (255, ""), result)
                    self.assertIn("no line of a joblog", result.err)
                    self.assertEqual(self.read("note"), text)

    def test_torn_line_goes(self):
        for text in ("", "\0" * 100, "S", "Seq\tHo", "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\t"
                     "Signal\tCommand\n12", "1\tlocal"):
            with self.subTest(text):
                self.file("log", text)
                self.assertEqual(self.map("--joblog", "log", "--resume", "echo", ":::", "a").out, "a\n")


if __name__ == "__main__":
    unittest.main()
