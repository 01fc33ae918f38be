"""Sweeps at a shell: `spread sweep`, and `run --sweep`."""

import io
import json
import math
import os
import random
import re
import unittest

import msgpack
from spread_testing import PUPPET, PYTHON, SOURCE, SpreadTest, peak_memory_kb

GRID = ("a=lin:0.1:0.9:3", "b=list:1,2.0,x")
ROWS = [
    {"a": a, "b": b, "_row": 3 * i + j}
    for i, a in enumerate([0.1, 0.5, 0.9])
    for j, b in enumerate([1, 2.0, "x"])
]


class Sweep(SpreadTest):
    def test_rows_are_lines_of_json(self):
        result = self.spread("sweep", *GRID)
        self.assert_run(result, 0, "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in ROWS), "")

    def test_msgpack_keeps_integers_and_floats_apart(self):
        result = self.spread("sweep", "--out", "msgpack", *GRID)
        found = list(msgpack.Unpacker(io.BytesIO(result.raw)))
        self.assertEqual(found, ROWS)
        self.assertEqual([type(row["b"]) for row in found[:3]], [int, float, str])

    def test_uniform_draws_are_those_of_the_mersenne_twister(self):
        """Python's own generator, seeded as numpy does it, is the same Mersenne Twister."""
        state = [12345]
        for i in range(1, 624):
            state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & 0xFFFFFFFF)
        generator = random.Random()
        generator.setstate((3, (*state, 624), None))
        x = [generator.random() for _ in range(5)]
        y = [10 + 5 * generator.random() for _ in range(5)]
        result = self.spread("sweep", "x=uniform:0:1", "y=uniform:10:15", "--samples", 5, "--seed", 12345)
        expected = [{"x": a, "y": b, "_row": i} for i, (a, b) in enumerate(sorted(zip(x, y)))]
        self.assert_run(result, 0, expected, "")

    def test_words_may_be_files_and_standard_input(self):
        self.file("one", "# the first\na=list:1,2\n")
        self.file("two.json", json.dumps({"b": [True, None]}))
        self.file("values", "7\ntext\n")
        result = self.spread("sweep", "one", "two.json", "-", "d=file:values", "--where", "_row < 3", input="c=const:5")
        expected = [
            {"a": 1, "b": True, "c": 5, "d": 7, "_row": 0},
            {"a": 1, "b": True, "c": 5, "d": "text", "_row": 1},
            {"a": 1, "b": None, "c": 5, "d": 7, "_row": 2},
        ]
        self.assert_run(result, 0, expected, "")

    def test_options_may_stand_between_words(self):
        result = self.spread("sweep", "a=list:1,2", "--runs", "2", "b=const:x", "--where=_run==a-1")
        expected = [
            {"a": 1, "b": "x", "_row": 0, "_run": 0},
            {"a": 2, "b": "x", "_row": 1, "_run": 1},
        ]
        self.assert_run(result, 0, expected, "")

    def test_a_warning_names_the_next_power_of_two(self):
        result = self.spread("sweep", "a=sobol:0:1", "--samples", 3)
        told = "spread: sobol: 3 samples are no power of two, so that they are not evenly spread; the next one is 4\n"
        self.assert_run(result, 0, [{"a": a, "_row": i} for i, a in enumerate([0, 0.5, 0.75])], told)

    def test_what_is_wrong_is_one_line_with_its_place(self):
        self.file("bad", "a=list:1\n\nb=lin:0:1:x\n")
        self.file("bad.json", '{"a": {"type": "LinearSample"}}')
        cases = [
            (("a=lin:0:1",), "'a=lin:0:1', column 7: expected lin:LO:HI:N, not '0:1'"),
            (("bad",), "bad, line 3, column 11: expected a number of values, not 'x'"),
            (("bad.json",), "bad.json: 'a': \"lower_limit\" is missing"),
            (("nothing",), "sweep: cannot read nothing: No such file or directory"),
            (("a=file:nothing",), "a: cannot read nothing: No such file or directory"),
            (("a=list:1", "--where", "a <"), "--where, column 4: expected a name or a number, and not the end"),
            (("a=list:1,2", "b=uniform:0:1"), "a (list) and b (uniform) cannot be in one sweep: .*"),
            (("a=uniform:0:1",), "a (uniform) is drawn: --samples N says how often"),
            (("a=list:1", ""), "sweep: an empty word is no specification, and names no file"),
            (("zip()",), "'zip()', column 1: this zip() has no parameters"),
            (("-", "-"), "sweep: standard input (-) is named twice, and can be read only once"),
            (("-", "b=file:-"), "b: standard input (-) is named twice, and can be read only once"),
            (("a=file:-", "b=file:-"), "b: standard input (-) is named twice, and can be read only once"),
            ((), "no parameter is given, as in a=lin:0:1:5 (try 'spread sweep --help')"),
            (("a=list:1", "--samples", "0"), "--samples: .* (try 'spread sweep --help')"),
            (("a=list:1", "--seed", "4294967296"), "--seed: .* (try 'spread sweep --help')"),
            (("a=list:1", "--out", "text"), "--out: expected json, msgpack or csv, not 'text' (try 'spread sweep --help')"),
            (("a=list:1", "--csv-style", "savetxt"), "--csv-style is for --out csv (try 'spread sweep --help')"),
            (("a=list:1", ":::", "x"), "::: and :::: are for run and map (try 'spread sweep --help')"),
        ]
        for words, told in cases:
            with self.subTest(words):
                result = self.spread("sweep", *words, input="a=list:1\n")
                self.assert_run(result, 255, "")
                pattern = "".join(".*" if part == ".*" else re.escape(part) for part in re.split(r"(\.\*)", told))
                self.assert_only_told(result, "spread: " + pattern)

    def test_what_is_kept_does_not_wait_for_the_rest_of_the_search(self):
        """Of 2^53 rows two are kept: the search goes on until the test has read them."""
        running = self.start("sweep", "k=list:1,2", "a=lin:0:1:9007199254740991", "--where", "_row < 2")
        self.assertEqual([json.loads(running.read_line())["_row"] for _ in range(2)], [0, 1])
        running.signal(15)
        self.assertEqual(running.finish().status, -15)

    def test_a_header_stands_over_no_rows(self):
        none = ("a=list:1,2", "--where", "a > 2", "--out", "csv")
        self.assert_run(self.spread("sweep", *none), 0, "a,_row\n", "")
        # So does a run over it.
        self.assert_run(self.spread("run", "-j1", "--sweep", *none, "--", *PUPPET), 0, "a,_row\n", "")

    def test_json_has_no_nan_and_says_so_once(self):
        told = "spread: NaN or an infinity was written as null (JSON has no such numbers)\n"
        spec = "a=list:NaN,-Infinity,1"
        rows = '{"a":null,"_row":0}\n{"a":null,"_row":1}\n{"a":1,"_row":2}\n'
        self.assert_run(self.spread("sweep", spec), 0, rows, told)
        self.assert_run(self.spread("sweep", "--out", "csv", spec), 0, "a,_row\nNaN,0\n-Infinity,1\n1,2\n", "")
        found = list(msgpack.Unpacker(io.BytesIO(self.spread("sweep", "--out", "msgpack", spec).raw)))
        self.assertTrue(math.isnan(found[0]["a"]))

    def test_a_large_grid_takes_no_memory(self):
        """A billion rows; the pipe is full after the first few thousand, and is read no further."""
        running = self.start("sweep", "a=lin:0:1:1000000000")
        self.assertEqual(json.loads(running.read_line()), {"a": 0.0, "_row": 0})
        self.assertLess(peak_memory_kb(running.pid), 50000)
        running.process.stdout.close()
        running.process.wait()
        self.assertEqual(running.process.returncode, 141)
        self.assertEqual(running.process.stderr.read(), b"")


class RunSweep(SpreadTest):
    def echo(self, *options, **how):
        return self.spread("run", "-j2", *options, "--", *PUPPET, **how)

    def test_rows_are_tasks(self):
        self.assert_run(self.echo("--sweep", " ".join(GRID)), 0, ROWS, "")
        self.assert_run(self.echo("--sweep", GRID[0], "--sweep", GRID[1]), 0, ROWS, "")
        self.file("spec", "\n".join(GRID))
        self.assert_run(self.echo("--sweep", "spec"), 0, ROWS, "")
        self.assert_run(self.echo("--sweep", "-", input=" ".join(GRID)), 0, ROWS, "")

    def test_it_is_what_sweep_writes(self):
        options = ("--samples", "50", "--seed", "3", "--runs", "2", "--where", "x < y + _run")
        spec = "x=normal:0:1 y=uniform:-1:1"
        written = self.spread("sweep", spec, *options)
        self.assert_run(self.echo("--sweep", spec, *options), 0, written.values, "")
        self.assert_run(self.echo("--in", "json", input=written.out), 0, written.values, "")

    def test_other_input_is_refused_by_name(self):
        cases = [
            (("-a", "f"), (), "-a"),
            ((), (":::", "x"), ":::"),
            ((), ("::::", "x"), "::::"),
            (("--in", "json"), (), "--in"),
            (("-0",), (), "-0"),
            (("-d", ","), (), "-d"),
        ]
        for options, then, name in cases:
            with self.subTest(name):
                result = self.spread("run", "--sweep", "a=list:1", *options, "--", *PUPPET, *then)
                self.assert_run(result, 255, "")
                self.assert_only_told(result, f"spread: --sweep and {name} exclude each other: .*")
        for option in ("--samples", "--seed", "--runs", "--where"):
            with self.subTest(option):
                result = self.spread("run", option, "1", "--", *PUPPET)
                self.assert_run(result, 255, "")
                self.assert_only_told(result, f"spread: {option} is for --sweep, which is missing .*")

    def test_in_may_say_what_prep_items_are(self):
        self.file("prep", '{"x":1}\n')
        self.assert_run(self.echo("--sweep", "a=const:1", "--in", "json", "--prep-file", "prep"), 0, [{"a": 1, "_row": 0}], "")

    def test_what_is_wrong_is_told_before_a_worker_is_started(self):
        post = self.post()
        result = self.spread("run", "--sweep", "a=lin:0:1", "--start-all", "--", "sh", "-c", f"echo started >{post.path}")
        self.assert_run(result, 255, "", "spread: 'a=lin:0:1', column 7: expected lin:LO:HI:N, not '0:1'\n")
        self.assertTrue(post.is_empty())

    def test_a_long_search_does_not_keep_a_signal_waiting(self):
        """No row of 2^53 is kept, and none is answered: only the signal ends it."""
        running = self.start("run", "--sweep", "k=list:1,2 a=lin:0:1:9007199254740991", "--where", "_row == 0 || a < 0", "-j1", "--", *PUPPET)
        self.assertEqual(json.loads(running.read_line()), {"k": 1, "a": 0.0, "_row": 0})
        running.signal(2)
        result = running.finish()
        self.assertEqual(result.status, 130, result)

    def test_results_are_held_back_by_a_slow_reader_only_as_always(self):
        """The sweep is read as far as tasks are wanted: its memory does not grow with its rows."""
        running = self.start("run", "--sweep", "a=lin:0:1:1000000000", "-j2", "--", *PUPPET)
        for i in range(1000):
            self.assertEqual(json.loads(running.read_line())["_row"], i)
        self.assertLess(peak_memory_kb(running.pid), 100000)
        running.signal(15)
        running.finish()

    def test_gangs_have_sweeps_too(self):
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        worker = (PYTHON, "-c", "import spread_worker; spread_worker.run(lambda payload: payload)")
        options = ("-n", "2", "-j2", "--gather", "root", "--sweep", "a=list:1,2")
        result = self.spread("gang", *options, "--", *worker)
        self.assert_run(result, 0, [{"a": 1, "_row": 0}, {"a": 2, "_row": 1}], "")


WORKER = """
import spread_worker, sys
def handle(payload):
    if not isinstance(payload, dict):
        return payload * 2
    a = payload["a"]
    if a == 2:
        raise ValueError("two")
    if a == 9:
        raise spread_worker.Fatal("wrong use")
    return {"half": a / 2, **({"note": "x,y"} if a == 3 else {})}
spread_worker.run(handle)
"""


class Csv(SpreadTest):
    def table(self, *options, worker=WORKER, **how):
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        words = ("run", "-j2", "--out", "csv", *options)
        return self.spread(*words, "--", PYTHON, "-c", worker, **how)

    def test_inputs_and_the_union_of_result_keys(self):
        result = self.table("--sweep", "a=list:1,2,3 b=const:x")
        expected = "a,b,_row,half,note\n1,x,0,0.5,NaN\n2,x,1,NaN,NaN\n3,x,2,1.5,\"x,y\"\n"
        self.assert_run(result, 1, expected)
        self.assert_told(result, r"spread: task 2 .* failed .*: ValueError: two.*")

    def test_columns_that_are_named(self):
        result = self.table("--sweep", "a=list:1,2,3", "--columns", "half,a", "--columns", "nothing")
        self.assert_run(result, 1, "half,a,nothing\n0.5,1,NaN\nNaN,2,NaN\n1.5,3,NaN\n")
        self.assert_told(result, "spread: --columns: no row has a value of nothing")

    def test_named_columns_are_written_while_the_run_goes_on(self):
        words = ("run", "-j1", "--in", "json", "--out", "csv", "--columns", "input,result", "--", *PUPPET)
        running = self.start(*words)
        running.write("1\n")
        self.assertEqual([running.read_line() for _ in range(2)], ["input,result\n", "1,1\n"])
        running.write("2\n")
        self.assertEqual(running.read_line(), "2,2\n")
        running.close_input()
        self.assert_run(running.finish(), 0, "", "")

    def test_savetxt(self):
        result = self.table("--sweep", "a=list:1,2,4", "--csv-style", "savetxt", "--columns", "a,half")
        expected = "# a,half\n1.000000e+00,5.000000e-01\n2.000000e+00,nan\n4.000000e+00,2.000000e+00\n"
        self.assert_run(result, 1, expected)

    def test_what_is_no_map(self):
        self.assert_run(self.table("--in", "json", input='1\n"a"\n[1]\n'), 0, "input,result\n1,2\na,aa\n[1],\"[1,1]\"\n", "")

    def test_nothing_at_all(self):
        self.assert_run(self.table("--in", "json"), 0, "", "")
        self.assert_run(self.table("--in", "json", "--columns", "a,b"), 0, "a,b\n", "spread: --columns: no row has a value of a, b\n")

    def test_fatal_ends_the_run_and_the_table_is_whole(self):
        result = self.table("-j1", "--window", "1", "--sweep", "a=list:1,9,3,4")
        self.assertEqual(result.out, "a,_row,half\n1,0,0.5\n9,1,NaN\n3,2,NaN\n4,3,NaN\n", result)
        self.assertEqual(result.status, 3, result)

    def test_rows_that_are_held_are_spilled(self):
        count = 20000
        words = ("--in", "json", "--reorder-mem", "64K")
        result = self.table(*words, worker="import spread_worker; spread_worker.run(lambda n: {'n': n, 'pad': 'x' * 100})", input="".join(f"{i}\n" for i in range(count)))
        pad = "x" * 100
        self.assert_run(result, 0, "input,n,pad\n" + "".join(f"{i},{i},{pad}\n" for i in range(count)), "")

    def test_rows_that_cannot_be_held_are_an_error(self):
        text = "".join(f"{i}\n" for i in range(20000))
        result = self.table("--in", "json", "--reorder-mem", "64K", "--spill-max", "100K", input=text)
        self.assert_run(result, 255)
        self.assert_told(result, "spread: --out csv cannot hold the rows: .* --spill-max; with --columns they are written as they come")

    def test_a_bad_record_has_a_row(self):
        result = self.table("--in", "json", "--columns", "input,result", input="1\n{\n3\n")
        self.assert_run(result, 1, "input,result\n1,2\nNaN,NaN\n3,6\n")


PICKY = """
import spread_worker, sys
def handle(payload):
    if payload["x"] > LIMIT:
        raise ValueError("too large")
    return {"double": payload["x"] * 2}
spread_worker.run(handle)
"""


class UntilOk(SpreadTest):
    def draw(self, limit, *options):
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        words = ("run", "-j2", "--sweep", "x=uniform:0:1", "--seed", "5", *options)
        return self.spread(*words, "--", PYTHON, "-c", PICKY.replace("LIMIT", str(limit)))

    def rounds(self, wanted, limit, most):
        """What numpy's RandomState(5) and parameter_sweep's rule give: the rows that succeed, and how many were drawn."""
        generator = random.Random()
        state = [5]
        for i in range(1, 624):
            state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & 0xFFFFFFFF)
        generator.setstate((3, (*state, 624), None))
        good, drawn, count = [], 0, wanted
        for _ in range(most):
            rows = sorted(generator.random() for _ in range(count))
            good += [(x, drawn + i) for i, x in enumerate(rows) if x <= limit]
            drawn += count
            if len(good) >= wanted:
                break
            count = math.ceil(2 / max(len(good) / drawn, 0.1) * (wanted - len(good)))
        return good, drawn

    def table(self, good):
        return "x,_row,double\n" + "".join(f"{x!r},{row},{x * 2!r}\n" for x, row in good)

    def test_the_first_successes_are_the_table(self):
        good, drawn = self.rounds(20, 0.3, 10)
        self.assertGreater(drawn, 20)
        result = self.draw(0.3, "--until-ok", "20", "--out", "csv")
        self.assert_run(result, 0, self.table(good[:20]))
        failed = drawn - len(good)
        self.assert_told(result, f"spread: {failed} of {drawn} tasks did not succeed: {failed} failed")

    def test_in_any_format_results_are_those_of_successes(self):
        good, _ = self.rounds(20, 0.3, 10)
        values = [{"double": 2 * x} for x, _ in good[:20]]
        self.assert_run(self.draw(0.3, "--until-ok", "20"), 0, values)
        self.assert_run(self.draw(0.3, "--until-ok", "20", "--gather", "list"), 0, [values])
        result = self.draw(0.3, "--until-ok", "20", "--out", "csv", "--columns", "double")
        self.assert_run(result, 0, "double\n" + "".join(f"{2 * x!r}\n" for x, _ in good[:20]))
        self.assertEqual(len(self.draw(0.3, "--until-ok", "20", "--unordered").values), 20)

    def test_too_few_in_all_rounds(self):
        good, drawn = self.rounds(20, 0.03, 2)
        self.assertLess(len(good), 20)
        result = self.draw(0.03, "--until-ok", "20", "--max-rounds", "2", "--out", "csv")
        self.assert_run(result, 20 - len(good), self.table(good))
        told = f"{len(good)} of the {drawn} samples that were drawn in 2 rounds succeeded"
        self.assert_told(
            result,
            r"spread: --until-ok 20: of 20 samples \d succeeded, less than a tenth",
            rf"spread: --until-ok 20: {told} \(--max-rounds\)",
        )

    def test_all_succeed_in_the_first_round(self):
        result = self.draw(1, "--until-ok", "7")
        self.assert_run(result, 0, [{"double": 2 * x} for x, _ in self.rounds(7, 1, 10)[0]], "")

    def test_where_no_row_is_kept_all_successes_are_missing(self):
        words = ("run", "-j2", "--sweep", "x=uniform:0:1", "--until-ok", "3", "--max-rounds", "2", "--where", "x > 2")
        result = self.spread(*words, "--", *PUPPET)
        told = "0 of the 63 samples that were drawn in 2 rounds succeeded (--max-rounds)"
        self.assert_run(result, 3, "", f"spread: --until-ok 3: of 3 samples 0 succeeded, less than a tenth\nspread: --until-ok 3: {told}\n")

    def test_workers_that_cannot_start_end_it(self):
        words = ("run", "-j2", "--sweep", "x=uniform:0:1", "--until-ok", "5", "--", "/nonexistent/worker")
        result = self.spread(*words)
        self.assert_run(result, 255, "")
        self.assert_told(result, r"spread: --until-ok 5: 0 of the 5 samples that were drawn in 1 round succeeded \(the run ended early\)")


if __name__ == "__main__":
    unittest.main()
