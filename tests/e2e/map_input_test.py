"""Where the items of `spread map` come from, and how many go to a job: each rule of
docs/map-input.md, through the real program."""

import os
import subprocess
import unittest

from machine_code import forbid_machine_code
from map_testing import MapTest, failures, tell, wait_at, write_until_held

# Each value in angle brackets, one line for each job: what a job was given is seen exactly.
SHOW_LINE = ("-q", "sh", "-c", r'printf "<%s>" "$@"; echo', "sh")


class Input(MapTest):
    def shown(self, *options, input="", then=(), command=SHOW_LINE):
        """stdout of a run in which each job shows its values."""
        result = self.map("-j1", *options, *command, *then, input=input)
        self.assertEqual((result.status, result.err), (0, ""), result)
        return result.raw.decode("utf-8", "surrogateescape")

    def refuse(self, *options, told, then=(":::", "a"), asks=True):
        """It is found before anything runs."""
        path = self.path("started")
        result = self.map(*options, "touch", path, "{}", *then, input="a\n")
        end = " (try 'spread map --help')" if asks else ""
        self.assert_run(result, 255, "", f"spread: {told}{end}\n")
        self.assertFalse(os.path.exists(path))


class Lines(Input):
    def test_lines_are_kept_as_they_are(self):
        data = b"a\n\n b\t\r\n\xc3\xa4\xff'\"\\\nlast"
        result = self.map("-j1", *SHOW_LINE, input=data)
        self.assert_run(result, 0, b"<a>\n<>\n< b\t\r>\n<\xc3\xa4\xff'\"\\>\n<last>\n", "")

    def test_nothing_runs_without_items(self):
        for option in ((), ("-r",), ("--no-run-if-empty",)):
            with self.subTest(option):
                self.assert_run(self.map(*option, "echo", "x"), 0, "", "")

    def test_null(self):
        for option in ("-0", "--null"):
            with self.subTest(option):
                self.assertEqual(self.shown(option, input="a\nb\0\0c"), "<a\nb>\n<>\n<c>\n")

    def test_delimiter(self):
        for words in (("-d", ","), ("-d,",), ("--delimiter", r"\x2c"), ("--delimiter=\\054",)):
            with self.subTest(words):
                self.assertEqual(self.shown(*words, input="a,b,,c\n"), "<a>\n<b>\n<>\n<c\n>\n")
        self.assertEqual(self.shown("-d", r"\t", input="a\tb"), "<a>\n<b>\n")
        self.assertEqual(self.shown("-d", r"\0", input="a\0b"), "<a>\n<b>\n")

    def test_delimiter_of_two_bytes_is_refused(self):
        told = r"-d: expected one byte: a character, \t, \n, \0 or \xHH, not 'ab'"
        self.refuse("-d", "ab", told=told)

    def test_line_with_a_nul_is_a_failed_job_and_the_rest_goes_on(self):
        result = self.map("-j1", "echo", input=b"a\nx\0y\nb\n")
        self.assertEqual((result.status, result.out), (1, "a\nb\n"), result)
        self.assert_told(
            result,
            r"spread: 1 of 3 jobs failed \(job 2\): stdin line 2: holds a NUL byte, which no argument can .*-0.*",
        )

    def test_no_command_each_line_is_a_command_line(self):
        text = "echo a; echo b\necho 'c  d' | tr c x\nexit 3\n"
        result = self.map("-j1", input=text)
        told = failures((3, "exit status 3", "exit 3"), of=3)
        self.assert_run(result, 1, "a\nb\nx  d\n", told)

    def test_no_command_with_items_behind(self):
        self.assert_run(self.map("-j1", ":::", "echo a", "echo b"), 0, "a\nb\n", "")

    def test_jobs_start_before_the_input_ends(self):
        running = self.start_map("-j1", "echo")
        for text in ("a", "b", "c"):
            running.write(text + "\n")
            self.assertEqual(running.read_line(), text + "\n")
        running.close_input()
        self.assert_run(running.finish(), 0, "", "")

    def test_what_is_read_ahead_is_bounded(self):
        # The first job waits, and so do all others: only --read-ahead lines may be taken in,
        # beside what lies in the pipe and in the buffer that lines are cut from.
        post, gate = self.post(), self.gate()
        line = b"x" * 99 + b"\n"
        running = self.start_map(
            *("-j1", "--read-ahead", "10", "-c", f"{tell(post, '{#}')}; {wait_at(gate)}; : {{}}")
        )
        running.write(line)
        self.assertEqual(post.line(), "1")
        written = write_until_held(running, line)
        self.assertLess(written, 1 << 20)
        running.signal(15)


class Files(Input):
    def test_arg_file(self):
        file = self.file("items", "1\n2")
        for option in ("-a", "--arg-file"):
            with self.subTest(option):
                self.assertEqual(self.shown(option, file, input="not read"), "<1>\n<2>\n")

    def test_dash_is_stdin(self):
        self.assertEqual(self.shown("-a", "-", input="1\n2\n"), "<1>\n<2>\n")
        self.assertEqual(self.shown(then=("::::", "-"), input="1\n2\n"), "<1>\n<2>\n")

    def test_several_files_are_crossed(self):
        one, two = self.file("one", "1\n2\n"), self.file("two", "a\nb\n")
        crossed = "<1><a>\n<1><b>\n<2><a>\n<2><b>\n"
        self.assertEqual(self.shown("-a", one, "-a", two), crossed)
        self.assertEqual(self.shown("-a", one, "-a", "-", input="a\nb\n"), crossed)
        self.assertEqual(self.shown(then=("::::", one, two)), crossed)
        self.assertEqual(self.shown("-a", one, then=("::::", two)), crossed)

    def test_file_that_cannot_be_read(self):
        told = "cannot read nothing: No such file or directory"
        self.refuse("-a", "nothing", then=(), told=told, asks=False)
        self.refuse(then=("::::", "nothing"), told=told, asks=False)
        self.refuse("-a", "/", told="cannot read /: Is a directory", asks=False)

    def test_stdin_named_twice(self):
        told = "standard input (-) is named twice, and can be read only once"
        self.refuse("-a", "-", then=("::::", "-"), told=told, asks=False)

    def test_delimiter_holds_for_files_and_not_for_items(self):
        file = self.file("items", "1,2")
        shown = self.shown("-d,", then=("::::", file, ":::", "a,b"))
        self.assertEqual(shown, "<1><a,b>\n<2><a,b>\n")


class Items(Input):
    def test_items_on_the_command_line(self):
        then = (":::", "a b", "", "-j9", "--", "x\ny\n")
        self.assertEqual(
            self.shown(then=then, input="not read"), "<a b>\n<>\n<-j9>\n<-->\n<x\ny\n>\n"
        )

    def test_several_lists_are_crossed(self):
        then = (":::", "1", "2", ":::", "a", "b", ":::", "x")
        shown = "<1><a><x>\n<1><b><x>\n<2><a><x>\n<2><b><x>\n"
        self.assertEqual(self.shown(then=then), shown)

    def test_a_list_without_items_leaves_no_jobs(self):
        self.assertEqual(self.shown(then=(":::",)), "")
        self.assertEqual(self.shown(then=(":::", "1", ":::")), "")

    def test_a_list_goes_along_with_the_one_before(self):
        then = (":::", "1", "2", "3", ":::+", "a", "b")
        self.assertEqual(self.shown(then=then), "<1><a>\n<2><b>\n")
        then = (":::", "1", "2", ":::+", "a", "b", ":::", "x", "y")
        self.assertEqual(self.shown(then=then), "<1><a><x>\n<1><a><y>\n<2><b><x>\n<2><b><y>\n")

    def test_a_file_goes_along_with_a_list(self):
        file = self.file("items", "a\nb\n")
        self.assertEqual(self.shown(then=(":::", "1", "2", "::::+", file)), "<1><a>\n<2><b>\n")

    def test_nothing_to_go_along_with(self):
        for sign in (":::+", "::::+"):
            told = f"{sign} goes along with a :::, :::: or -a before it, and there is none"
            self.refuse(then=(sign, "a"), told=told)

    def test_link(self):
        then = (":::", "1", "2", "3", ":::", "a", "b")
        self.assertEqual(self.shown("--link", then=then), "<1><a>\n<2><b>\n<3><a>\n")


class Columns(Input):
    def test_colsep(self):
        for option in ("--colsep", "-C"):
            with self.subTest(option):
                shown = self.shown(option, " *[:;] *", input="a : b;c\nd\n:\n")
                self.assertEqual(shown, "<a><b><c>\n<d>\n<><>\n")

    def test_colsep_with_a_perl_class(self):
        self.assertEqual(self.shown("-C", r"\t", input="a b\tc\n"), "<a b><c>\n")
        self.assertEqual(self.shown("-C", r"\s+", input="a \t b\n"), "<a><b>\n")

    def test_colsep_is_a_pattern_of_perl(self):
        for pattern, text, shown in (
            (r"(?i)\s*x\s*", "a x b\tX c\n", "<a><b><c>\n"),
            (r",(?!\d)", "1,2,a\n", "<1,2><a>\n"),
            (r"(,|;)", "1,2;a\n", "<1><2><a>\n"),
            (r"\xe9", b"a\xe9b\xc3\xa9\n", "<a><b\xc3\xa9>\n".encode("latin-1").decode()),
        ):
            with self.subTest(pattern):
                self.assertEqual(self.shown("-C", pattern, input=text), shown)

    def test_an_item_without_an_answer_is_a_failed_job_and_the_rest_goes_on(self):
        text = "1\n" + 60 * "a" + "b\n2\n"
        result = self.map("-j1", "--colsep", "^(a+)+$", "echo", input=text)
        self.assertEqual((result.status, result.out), (1, "1\n2\n"), result)
        self.assert_told(result, r"spread: .*: stdin line 2: --colsep '\^\(a\+\)\+\$': no answer after 1\d+ steps; .*")

    def test_an_item_that_takes_the_square_of_its_length_is_a_failed_job(self):
        """Tried to the end from each of its places: minutes, in which no signal was heard."""
        text = "1\n" + 100_000 * "a" + "\n2\n"
        result = self.map("-j1", "--colsep", "(a|b)*[cx]", "echo", input=text)
        self.assertEqual((result.status, result.out), (1, "1\n2\n"), result)
        self.assert_told(result, r"spread: .*: stdin line 2: --colsep '.*': no answer after 2\d+ steps; .*")

    def test_a_match_that_turns_back_cuts_nothing(self):
        """It was cut off the item for ever, until there was no memory."""
        shown = self.shown("--colsep", r"(?=(?1))|(a\K){0}", input="aab\n")
        self.assertEqual(shown, "<a><a><b><>\n")

    def test_where_no_machine_code_may_be_made_patterns_are_interpreted(self):
        for pattern in (r"\s+", "^(a+)+$"):
            with self.subTest(pattern):
                text = "a b  c\n" + 60 * "a" + "b\nd\n"
                free = self.map("-j1", "-C", pattern, "echo", "{1}", input=text)
                held = self.map("-j1", "-C", pattern, "echo", "{1}", input=text,
                                preexec_fn=forbid_machine_code)
                self.assertEqual((held.status, held.out, held.err), (free.status, free.out, free.err))

    def test_columns_have_numbers(self):
        shown = self.shown("-C:", input="a:b:c\n", command=("echo", "{3}-{1}", "{-1}"))
        self.assertEqual(shown, "c-a c\n")

    def test_expression_that_is_none(self):
        result = self.map("--colsep", "(", "echo")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: --colsep '\(': missing closing parenthesis, at the end of the pattern")

    def test_csv(self):
        text = '"a,1","b""2","c\nd"\n\ne,f,\n'
        self.assertEqual(self.shown("--csv", input=text), '<a,1><b"2><c\nd>\n<e><f><>\n')

    def test_csv_with_another_separator(self):
        self.assertEqual(self.shown("--csv", "-C;", input='a;"b;c"\n'), "<a><b;c>\n")
        self.assertEqual(self.shown("--csv", "--colsep", r"\t", input='a,b\t"c\td"\n'),
                         "<a,b><c\td>\n")
        result = self.map("--csv", "-C;;", "echo", input="a\n")
        self.assert_run(result, 255, "")

    def test_command_lines_may_begin_like_options(self):
        result = self.map("-j1", input="-e echo hi\n+x\necho fine\n")
        self.assertEqual((result.status, result.out), (2, "fine\n"), result)
        self.assert_told(result, ".*: -e: not found.*")

    def test_csv_quote_that_is_never_closed_ends_the_input(self):
        result = self.map("-j1", "--csv", "echo", input='a\n"b\nc\n')
        told = "spread: stdin line 2: the quote that is opened here is never closed"
        self.assert_run(result, 1, "a\n", f"{told}; no more input is read\n")

    def test_header(self):
        command = ("echo", "{name} is {age}, {1}", "{a, b}")
        text = "name,age\nAda,36\nBob,7\n"
        for separate in (("--csv",), ("-C,",)):
            with self.subTest(separate):
                shown = self.shown("--header", ":", *separate, input=text, command=command)
                self.assertEqual(shown, "Ada is 36, Ada {a, b}\nBob is 7, Bob {a, b}\n")

    def test_header_of_each_list(self):
        then = (":::", "x", "1", "2", ":::", "y", "a.b")
        shown = self.shown("--header", ":", then=then, command=("echo", "{x}{y.}"))
        self.assertEqual(shown, "1a\n2a\n")

    def test_row_with_other_columns_than_the_header_is_a_failed_job(self):
        text = "a,b\n1,2\n3\n4,5\n"
        result = self.map("-j1", "--csv", "--header", ":", "echo", "{b}", input=text)
        self.assertEqual((result.status, result.out), (1, "2\n5\n"), result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 2\))?|job 2): stdin line 3: 1 column, but the header has 2.*")

    def test_header_with_a_name_twice_runs_nothing(self):
        result = self.map("--csv", "--header", ":", "echo", "{a}", input="a,a\n1,2\n")
        self.assertNotEqual(result.status, 0)
        self.assertEqual(result.out, "")
        self.assert_told(result, r'spread: stdin line 1: .*two columns are called "a".*')

    def test_trim(self):
        for how, shown in (
            *(("n", "< a b\t>"), ("l", "<a b\t>"), ("r", "< a b>")),
            *(("lr", "<a b>"), ("rl", "<a b>")),
        ):
            with self.subTest(how):
                self.assertEqual(self.shown("--trim", how, input=" a b\t\n"), shown + "\n")

    def test_trim_is_what_colsep_does_by_itself(self):
        self.assertEqual(self.shown("-C:", input=" a : b \n"), "<a><b>\n")
        self.assertEqual(self.shown("-C:", "--trim", "n", input=" a : b \n"), "< a >< b >\n")


class HowMany(Input):
    SEVEN = (":::", *"1234567")

    def test_max_args(self):
        for words in (("-n", "3"), ("-n3",), ("--max-args", "3"), ("--max-args=3",)):
            with self.subTest(words):
                self.assertEqual(self.shown(*words, then=self.SEVEN), "<1><2><3>\n<4><5><6>\n<7>\n")

    def test_max_replace_args(self):
        for words in (("-N", "3"), ("--max-replace-args", "3")):
            with self.subTest(words):
                shown = self.shown(*words, then=self.SEVEN, command=("echo", "{3}{2}", "{1}"))
                self.assertEqual(shown, "32 1\n65 4\n 7\n")

    def test_n_zero_takes_an_item_and_inserts_none(self):
        self.assertEqual(self.shown("-N0", then=(":::", *"abc"), command=("echo", "x")), "x\n" * 3)

    def test_max_lines(self):
        text = "a\nb \nc\nd\n \ne\n"
        for words in (("-L", "2"), ("--max-lines", "2")):
            with self.subTest(words):
                self.assertEqual(self.shown(*words, input=text), "<a><b c>\n<d>< e>\n")

    def test_x_spreads_the_items_evenly_and_repeats_the_word(self):
        result = self.map("-j2", "-X", "echo", "a-{}-b", *self.SEVEN)
        self.assert_run(result, 0, "a-1-b a-2-b a-3-b a-4-b\na-5-b a-6-b a-7-b\n", "")

    def test_m_spreads_the_items_evenly(self):
        result = self.map("-j2", "-m", "echo", "a-{}-b", *self.SEVEN)
        self.assert_run(result, 0, "a-1 2 3 4-b\na-5 6 7-b\n", "")

    def test_xargs_fills_each_line(self):
        result = self.map("-j2", "--xargs", "echo", *self.SEVEN)
        self.assert_run(result, 0, "1 2 3 4 5 6 7\n", "")

    def test_max_args_is_the_most_with_x(self):
        result = self.map("-j2", "-X", "-n2", "echo", *self.SEVEN)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out.split(), list("1234567"))
        self.assertTrue(all(len(line.split()) <= 2 for line in result.out.splitlines()), result)

    def test_max_chars(self):
        for option in ("-s", "--max-chars"):
            with self.subTest(option):
                # "echo 1 2 3 4 " has 13 bytes.
                result = self.map("-j1", "--xargs", option, "14", "echo", *self.SEVEN)
                self.assert_run(result, 0, "1 2 3 4\n5 6 7\n", "")

    def test_max_chars_counts_as_xargs_does(self):
        items = "".join(f"{n}\n" for n in range(1, 400))
        for size in ("13", "14", "30", "200", "1000"):
            with self.subTest(size):
                theirs = subprocess.run(["xargs", "-s", size, "echo", "a"], input=items,
                                        capture_output=True, text=True, check=True)
                result = self.map("-j1", "-m", "-s", size, "echo", "a", input=items)
                # -m deals the last items out evenly: only the lines before are full.
                self.assertEqual(result.err, "")
                self.assertEqual(result.out.split("\n")[:-3], theirs.stdout.split("\n")[:-3])
                ours = self.map("-j1", "--xargs", "-s", size, "echo", "a", input=items)
                self.assert_run(ours, 0, theirs.stdout, "")

    def test_max_chars_of_a_script(self):
        # As the shell gets it: `echo "$1" "$2"; true`, `sh`, and the items.
        result = self.map("-j1", "--xargs", "-s", "35", "echo {}; true", *self.SEVEN)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out.split(), list("1234567"))
        self.assertIn(len(result.out.splitlines()), (3, 4))

    def test_long_lines_that_max_chars_permits_can_be_started(self):
        items = "1\n" * 500000
        for size in ("200K", "500K", "1900K"):
            with self.subTest(size):
                result = self.map("-j1", "--xargs", "-s", size, "sh", "-c", "echo $#", "sh", input=items)
                self.assertEqual((result.status, result.err), (0, ""), result)
                self.assertEqual(sum(map(int, result.out.split())), 500000)

    def test_line_longer_than_max_chars_is_a_failed_job(self):
        result = self.map("-j1", "-s", "60", "echo", ":::", "1", "x" * 80, "2")
        self.assertEqual((result.status, result.out), (1, "1\n2\n"), result)
        self.assert_told(
            result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 2\))?|job 2): ::: argument 2: makes a command line of \d+ bytes, .* 60.*"
        )

    def test_line_longer_than_max_chars_ends_the_run_with_exit(self):
        for option in ("-x", "--exit"):
            with self.subTest(option):
                result = self.map("-j1", option, "-s", "60", "echo", ":::", "1", "x" * 80, "2")
                self.assertEqual((result.status, result.out), (255, "1\n"), result)
                self.assertRegex(
                    result.err,
                    r"\Aspread: ::: argument 2: makes a command line of \d+ bytes, "
                    r"but it may have 60 \(-x\); no more input is read\n\Z",
                )

    def test_exit_runs_what_was_read_before_the_long_item(self):
        items = "1\n2\n" + "x" * 80 + "\n3\n"
        result = self.map("-j1", "-xn3", "-s", "60", "echo", input=items)
        self.assertEqual((result.status, result.out), (255, "1 2\n"), result)

    def test_exit_does_nothing_where_all_fits(self):
        self.assert_run(self.map("-j1", "-x", "echo", ":::", "1", "2"), 0, "1\n2\n", "")

    def test_many_items_fill_lines_and_none_is_lost(self):
        items = [str(n) for n in range(100000)]
        result = self.map("-j2", "-X", "echo", input="\n".join(items))
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out.split(), items)
        self.assertLess(len(result.out.splitlines()), 20)

    def test_options_that_exclude_each_other(self):
        for one, other in (
            *(("-I{}", option) for option in ("-n2", "-L2", "-X", "-m", "--xargs")),
            *(("-n2", "-N2"), ("-n2", "-L2"), ("-N2", "-L2"), ("-X", "-m")),
            *(("--stdin", "-X"), ("--stdin", "-m"), ("--stdin", "--xargs"), ("-c", "-q")),
        ):
            names = [w if w.startswith("--") else w[:2] for w in (one, other)]
            names = ["--colsep" if name == "-C" else name for name in names]
            with self.subTest(names):
                told = f"{names[0]} and {names[1]} exclude each other"
                self.refuse(one, other, told=told)

    def test_values(self):
        whole = "expected a whole number of at least"
        for option, value, told in (
            ("-n", "0", f"{whole} 1, not '0'"),
            ("-N", "-1", f"{whole} 0, not '-1'"),
            ("-L", "x", f"{whole} 1, not 'x'"),
            ("-s", "x", "expected a number of bytes such as 65536, 64K or 1.5M, not 'x'"),
            ("--trim", "x", "expected n, l, r, lr or rl, not 'x'"),
            ("--header", "x", "expected :, not 'x'"),
            ("--read-ahead", "0", f"{whole} 1, not '0'"),
        ):
            with self.subTest(option):
                self.refuse(option, value, told=f"{option}: {told}")


if __name__ == "__main__":
    unittest.main()
