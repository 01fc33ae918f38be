"""The options that say what a task is and where results go: exact output, exact status."""

import os
import unittest

import msgpack
from spread_testing import PUPPET, SpreadTest, do, json_lines

ECHO = ("-j1", "--", *PUPPET)


class TasksIn(SpreadTest):
    def echo(self, *options, input="", then=(), **how):
        return self.spread("run", *options, *ECHO, *then, input=input, **how)

    def test_lines_are_kept_as_they_are(self):
        text = b"a\n\n b\t\r\n\xc3\xa4\xff\nlast"
        self.assert_run(self.echo(input=text), 0, text + b"\n", "")
        self.assert_run(self.echo("--in", "lines", input=text), 0, text + b"\n", "")

    def test_null(self):
        for option in ("-0", "--null"):
            with self.subTest(option):
                result = self.echo(option, "--out", "json", input=b"a\nb\0\0c")
                self.assert_run(result, 0, ["a\nb", "", "c"], "")

    def test_delimiter(self):
        for words in (("-d", ","), ("-d,",), ("--delimiter", r"\x2c"), ("--delimiter=\\054",)):
            with self.subTest(words):
                self.assert_run(self.echo(*words, input="a,b,,c"), 0, "a\nb\n\nc\n", "")
        self.assert_run(self.echo("-d", r"\t", input="a\tb"), 0, "a\nb\n", "")

    def test_files_are_read_one_after_the_other(self):
        one, two = self.file("one", "1\n2"), self.file("two", "3\n")
        result = self.echo("-a", one, "--arg-file", two, "-a", "-", input="4\n")
        self.assert_run(result, 0, "1\n2\n3\n4\n", "")

    def test_file_that_is_not_there(self):
        result = self.echo("-a", "nothing")
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*\bnothing: No such file or directory")

    def test_items_on_the_command_line(self):
        result = self.echo(then=(":::", "a b", "", "-j9"), input="not read")
        self.assert_run(result, 0, "a b\n\n-j9\n", "")

    def test_items_from_files(self):
        result = self.echo(then=("::::", self.file("one", "1\n2\n")), input="not read")
        self.assert_run(result, 0, "1\n2\n", "")

    def test_lists_of_items_are_combined(self):
        then = (":::", "a", "b", "::::", self.file("one", "1\n2\n"))
        self.assert_run(self.echo(then=then), 0, '["a","1"]\n["a","2"]\n["b","1"]\n["b","2"]\n', "")

    def test_json(self):
        text = '1\n-0.5\n"a"\n[1,{"x":null}]\n{"$bin":"AP8="}\n18446744073709551615\n'
        self.assert_run(self.echo("--in", "json", input=text), 0, text, "")

    def test_bad_json_record_is_a_failed_task_of_its_own(self):
        result = self.echo("--in", "json", input='1\n{"a"\n99999999999999999999999\n2\n')
        self.assert_run(result, 2, "1\nnull\nnull\n2\n")
        self.assert_told(
            result,
            r"spread: task 2 failed: .*\bstdin line 2: .*",
            r"spread: task 3 failed: .*\bstdin line 3: .*",
        )

    def test_msgpack(self):
        values = [1, "a", b"\xff", [None, {"x": 1.5}], msgpack.ExtType(3, b"e")]
        data = b"".join(msgpack.packb(value) for value in values)
        self.assert_run(self.echo("--in", "msgpack", input=data), 0, data, "")

    def test_broken_msgpack_ends_the_input_there(self):
        result = self.echo("--in", "msgpack", "--out", "json", input=b"\x01\x02\xc1\x03")
        self.assertEqual(result.values[:2], [1, 2], result)
        self.assertGreaterEqual(result.status, 1)
        self.assertNotEqual(result.status, 255)
        self.assert_told(result, r"spread: .*\bstdin offset 2\b.*")

    def test_csv(self):
        text = 'name,"the\nage"\nAda,36\n"O""Neil, J",\n'
        result = self.echo("--in", "csv", "--out", "json", input=text)
        values = [{"name": "Ada", "the\nage": "36"}, {"name": 'O"Neil, J', "the\nage": ""}]
        self.assert_run(result, 0, values, "")
        self.assert_run(self.echo("--in", "csv", input="x\n1\n"), 0, '{"x":"1"}\n', "")

    def test_csv_row_with_another_number_of_columns_is_a_failed_task(self):
        result = self.echo("--in", "csv", "--out", "json", input="a,b\n1,2\n3\n4,5\n")
        self.assert_run(result, 1, [{"a": "1", "b": "2"}, None, {"a": "4", "b": "5"}])
        self.assert_told(result, r"spread: task 2 failed: .*\bstdin line 3\b.*")

    def test_csv_quote_that_is_not_closed_ends_the_input(self):
        result = self.echo("--in", "csv", "--out", "json", input='a\n1\n"2\n3\n')
        self.assertEqual(result.values[0], {"a": "1"}, result)
        self.assertIn(result.status, range(1, 101))
        self.assert_told(result, r"spread: .*\bstdin\b.*\bline 3\b.*")


class ResultsOut(SpreadTest):
    VALUES = ["text", "two\nlines", 1, 2.0, 0.1, 1e300, True, None, [1, "a"], {"k": {}}]

    def echo(self, *options, tasks=None):
        tasks = json_lines(self.VALUES if tasks is None else tasks)
        return self.spread("run", "--in", "json", *options, *ECHO, input=tasks)

    def test_text(self):
        lines = ["text", '"two\\nlines"', "1", "2", "0.1", "1e+300", "true", "null", '[1,"a"]']
        out = "\n".join([*lines, '{"k":{}}']) + "\n"
        self.assert_run(self.echo("--out", "text"), 0, out, "")

    def test_text_with_nul(self):
        result = self.echo("--out0", tasks=["text", "two\nlines", 1, {"k": []}])
        self.assert_run(result, 0, b'text\0two\nlines\x001\0{"k":[]}\0', "")

    def test_json(self):
        result = self.spread("run", "--out", "json", *ECHO, input=b"a\n\xff\n")
        self.assert_run(result, 0, '"a"\n{"$bin":"/w=="}\n', "")
        self.assert_run(self.echo(), 0, self.VALUES, "")

    def test_json_has_no_nan(self):
        result = self.spread("run", "--in", "json", *ECHO, input="NaN\n-Infinity\n1\n")
        self.assert_run(result, 0, [None, None, 1])
        self.assert_only_told(result, r"spread: .*\bnull\b.*")

    def test_msgpack(self):
        data = b"".join(msgpack.packb(value) for value in self.VALUES)
        self.assert_run(self.echo("--out", "msgpack"), 0, data, "")

    def test_msgpack_of_a_failed_task_is_nil(self):
        fails = do(["answer", "error", {"type": "E", "message": "m"}])
        result = self.echo("--out", "msgpack", tasks=[1, fails, 2])
        self.assert_run(result, 1, b"\x01\xc0\x02")

    def test_records(self):
        fails = do(["answer", "error", {"type": "E", "message": "m"}])
        result = self.echo("--out", "records", tasks=["x", fails])
        self.assertEqual(result.status, 1, result)
        first, second = result.values
        keys = ["id", "status", "value", "error", "worker", "host", "attempts", "seconds"]
        # This worker does not say when it is ready.
        self.assertEqual([list(first), list(second)], [[*keys, "first"], keys])
        self.assertIs(first.pop("first"), True)
        self.assertGreaterEqual(first.pop("seconds"), 0)
        self.assertGreaterEqual(second.pop("seconds"), 0)
        same = {"worker": 0, "host": "localhost", "attempts": 1}
        self.assertEqual(first, {"id": 0, "status": "ok", "value": "x", "error": None, **same})
        error = {"type": "E", "message": "m"}
        self.assertEqual(
            second, {"id": 1, "status": "failed", "value": None, "error": error, **same}
        )

    def test_keep_order_and_unordered(self):
        for option in ("-k", "--keep-order", "--unordered"):
            with self.subTest(option):
                gate = self.gate("gate" + option)
                tasks = [do(["wait", gate.path], answer="slow"), "fast"]
                running = self.start("run", "--in", "json", "-j2", option, "--", *PUPPET)
                running.write(json_lines(tasks))
                running.close_input()
                if option == "--unordered":
                    self.assertEqual(running.read_line(), '"fast"\n')
                    gate.open()
                    self.assert_run(running.finish(), 0, ["slow"], "")
                else:
                    gate.open()
                    self.assert_run(running.finish(), 0, ["slow", "fast"], "")

    def test_show_output(self):
        attached = do(["answer", "ok", 7, "out of it\n", "err"])
        shown = "#slot so1 ------\nout of it\n#slot se1 ------\nerr\n"
        for options, err in (((), shown), (("--show-output", "slot"), shown)):
            self.assert_run(self.echo(*options, tasks=[1, attached]), 0, [1, 7], err)
        result = self.echo("--show-output", "none", tasks=[1, attached])
        self.assert_run(result, 0, [1, 7], "")


class Prep(SpreadTest):
    """What cat shows of its input, under `all`, is what a worker reads."""

    def items(self, *options):
        result = self.spread("all", "-j1", *options, "--", "cat")
        self.assertEqual((result.status, result.err), (0, ""), result)
        return result.raw

    def frame(self, value):
        body = msgpack.packb(value)
        return b"\xc6" + len(body).to_bytes(4, "big") + body

    def test_text_json_and_files_in_the_order_given(self):
        file = self.file("items", "a\nb\n")
        values = ["x y", "a", "b", {"k": [1, None]}, "last"]
        options = ("--prep", "x y", "--prep-file", file, "--prep-json", '{"k": [1, null]}')
        seen = self.items(*options, "--prep", "last")
        self.assertEqual(seen, b"".join(map(self.frame, values)))

    def test_file_is_in_the_format_of_the_input(self):
        file = self.file("items", '1\n{"a": 2}\n')
        seen = self.items("--in", "json", "--prep-file", file)
        self.assertEqual(seen, self.frame(1) + self.frame({"a": 2}))
        file = self.file("items", b"a\nb\0")
        self.assertEqual(self.items("-0", "--prep-file", file), self.frame("a\nb"))

    def test_other_wires(self):
        options = ("--prep", "ä b", "--prep-json", "[1, 2]")
        self.assertEqual(self.items("--wire", "lines", *options), "ä b\n[1,2]\n".encode())
        seen = self.items("--wire", "json", *options)
        self.assertIn(seen, ('"ä b"\n[1,2]\n'.encode(), b'"\\u00e4 b"\n[1,2]\n'))

    def test_number_of_items_is_known_to_the_worker(self):
        show = ["sh", "-c", "echo $SPREAD_PREP $1", "x", "{prep}"]
        result = self.spread("all", "-j1", "--prep", "a", "--prep", "b", "--", *show)
        self.assert_run(result, 0, "2 2\n", "")

    def test_bad_items_are_found_before_anything_starts(self):
        marker = self.path("started")
        for words, place in (
            (("--prep-json", "{"), r"--prep-json \{"),
            (("--prep-file", "nowhere"), r"--prep-file.*nowhere: No such file.*"),
            (("--in", "json", "--prep-file", self.file("bad", "1\n[\n")), r"--prep-file.*line 2"),
        ):
            with self.subTest(words):
                result = self.spread("all", "-j1", *words, "--", "touch", marker)
                self.assert_run(result, 255, "")
                self.assert_only_told(result, rf"spread: .*{place}.*")
                self.assertFalse(os.path.exists(marker))


class Tails(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PUPPET_TAIL"] = "the tail\n"

    def run_two(self, *options):
        return self.puppet([1, 2, 3], "-j2", "--start-all", *options)

    def test_stdout(self):
        for options in ((), ("--tails", "stdout")):
            result = self.run_two(*options)
            self.assert_run(result, 0, "1\n2\n3\nthe tail\nthe tail\n", "")

    def test_stderr(self):
        result = self.run_two("--tails", "stderr")
        self.assert_run(result, 0, "1\n2\n3\n", "the tail\nthe tail\n")

    def test_none(self):
        self.assert_run(self.run_two("--tails", "none"), 0, "1\n2\n3\n", "")

    def test_directory(self):
        folder = self.path("new/tails") + "/"
        self.assert_run(self.run_two("--tails", folder), 0, "1\n2\n3\n", "")
        self.assertEqual(sorted(os.listdir(folder)), ["0", "1"])
        for name in "01":
            with open(folder + name, encoding="utf-8") as file:
                self.assertEqual(file.read(), "the tail\n")

    def test_tails_of_all_in_the_order_of_the_slots_or_as_they_come(self):
        gate = self.gate()
        first = f"read -n1 x < {gate.path}; echo first"
        lists = ("--worker", f"bash -c '{first}'", "--worker", "echo second")
        for option, out in (("-k", "first\nsecond\n"), ("--unordered", "second\nfirst\n")):
            with self.subTest(option):
                running = self.start("all", option, *lists)
                if option == "--unordered":
                    self.assertEqual(running.read_line(), "second\n")
                    out = "first\n"
                gate.open()
                self.assert_run(running.finish(), 0, out, "")


if __name__ == "__main__":
    unittest.main()
