"""spread run --range, --partition, --common and --gather: docs/shards.md."""

import json
import os

from spread_testing import PYTHON, SpreadTest

# A worker without an SDK: what it does with a payload is given as an expression.
WORKER = """import json, os, sys
prep = [json.loads(sys.stdin.readline()) for _ in range(int(os.environ["SPREAD_PREP"]))]
for line in sys.stdin:
    id, p = json.loads(line)[:2]
    try: answer = [id, "ok", eval(sys.argv[1])]
    except Exception as e: answer = [id, "error", {"type": type(e).__name__, "message": str(e)}]
    print(json.dumps(answer), flush=True)
"""


class ShardsTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.worker = self.file("worker.py", WORKER)

    def shards(self, *options, value="p", **how):
        return self.spread("run", "--wire", "json", *options, "--", PYTHON, self.worker, value, **how)

    def values(self, *options, **how):
        result = self.shards(*options, **how)
        self.assert_run(result, 0, err="")
        return [json.loads(line) for line in result.out.splitlines()]


class Ranges(ShardsTest):
    def test_as_many_shards_as_slots(self):
        self.assertEqual(self.values("--range", "10", "-j", "3"),
                         [{"index": 0, "total": 3, "start": 0, "stop": 3, "max": 10},
                          {"index": 1, "total": 3, "start": 3, "stop": 6, "max": 10},
                          {"index": 2, "total": 3, "start": 6, "stop": 10, "max": 10}])

    def test_never_more_shards_than_numbers(self):
        self.assertEqual([p["stop"] for p in self.values("--range", "2", "-j", "5")], [1, 2])

    def test_front_is_array_split(self):
        self.assertEqual([p["stop"] for p in self.values("--range", "10", "--shards", "4", "--split", "front")],
                         [3, 6, 8, 10])

    def test_pieces_of_one_size(self):
        self.assertEqual([(p["start"], p["stop"], p["total"]) for p in self.values("--range", "10", "--chunk", "4")],
                         [(0, 4, 3), (4, 8, 3), (8, 10, 3)])

    def test_nothing_makes_no_task_and_starts_no_worker(self):
        self.assert_run(self.spread("run", "--range", "0", "--", "false"), 0, out="", err="")

    def test_the_largest_range(self):
        most = 2**63 - 1
        self.assertEqual(self.values("--range", str(most), "--shards", "2")[1],
                         {"index": 1, "total": 2, "start": most // 2, "stop": most, "max": most})

    def test_the_input_is_left_alone(self):
        self.assertEqual(len(self.values("--range", "3", "--shards", "3", input="not read\n")), 3)

    def test_each_number_once_on_real_workers(self):
        result = self.shards("--range", "1000", "--shards", "7", "-j", "3", "--gather", "concat",
                             value="list(range(p['start'], p['stop']))")
        self.assert_run(result, 0, err="")
        self.assertEqual(json.loads(result.out), list(range(1000)))


class Arrays(ShardsTest):
    def test_each_over_its_own_length(self):
        letters, numbers = self.file("letters", "a\nb\nc\nd\n"), self.file("numbers.json", "[1, 2]")
        self.assertEqual([p["parts"] for p in self.values("--partition", letters, "--partition", numbers, "--shards", "2")],
                         [[["a", "b"], [1]], [["c", "d"], [2]]])

    def test_beside_a_range(self):
        letters = self.file("letters", "a\nb\n")
        self.assertEqual([(p["max"], p["parts"]) for p in self.values("--range", "9", "--partition", letters, "--shards", "3")],
                         [(9, [[]]), (9, [["a"]]), (9, [["b"]])])

    def test_in_says_what_a_file_is(self):
        name = self.file("odd", "[1\n[2\n")
        self.assertEqual([p["parts"] for p in self.values("--in", "lines", "--partition", name, "--shards", "1")], [[["[1", "[2"]]])

    def test_from_stdin(self):
        self.assertEqual([p["parts"] for p in self.values("--partition", "-", "--shards", "2", input="x\ny\n")], [[["x"]], [["y"]]])

    def test_what_every_worker_is_given(self):
        model, names = self.file("model.json", '{"layers": 3}'), self.file("names", "a\nb\n")
        self.assertEqual(self.values("--range", "1", "--prep", "one", "--common", model, "--common", names, value="prep"),
                         [["one", {"layers": 3}, ["a", "b"]]])


class Gathering(ShardsTest):
    def gathered(self, how, *options, value="p", input="1\n2\n3\n", status=0):
        result = self.shards("--in", "json", "--gather", how, *options, value=value, input=input)
        self.assertEqual(result.status, status, result)
        return json.loads(result.out)

    def test_a_list_has_null_where_a_task_failed(self):
        self.assertEqual(self.gathered("list", value="6 // (p - 2)", status=1), [-6, None, 6])

    def test_concat_joins_lists(self):
        self.assertEqual(self.gathered("concat", value="[p] * (p % 3)"), [1, 2, 2])

    def test_concat_wants_lists(self):
        result = self.shards("--gather", "concat", input="1\n", value="7")
        self.assert_run(result, 1, out="[]\n")
        self.assert_told(result, ".*BadResult: its value is no list, which --gather concat wants")

    def test_a_map_has_no_task_that_failed(self):
        self.assertEqual(self.gathered("map", value="6 // (p - 2)", status=1), {"0": -6, "2": 6})

    def test_by_worker_has_parameters_beside_results(self):
        lists = self.gathered("by-worker", "-j", "2", input="".join(f"{n}\n" for n in range(50)), value="p * p")
        self.assertLessEqual([each["number"] for each in lists], [0, 1])
        self.assertEqual(sorted(p for each in lists for p in each["parameters"]), list(range(50)))
        for each in lists:
            self.assertEqual(each["results"], [p * p for p in each["parameters"]])
            self.assertEqual(each["parameters"], sorted(each["parameters"]))

    def test_nothing_is_an_empty_value(self):
        for how, empty in ("list", []), ("concat", []), ("map", {}), ("by-worker", []):
            self.assertEqual(self.gathered(how, input=""), empty)

    def test_more_than_fits_in_memory(self):
        tasks = "".join(f"{n}\n" for n in range(20000))
        lists = self.gathered("by-worker", "--reorder-mem", "64K", "-j", "2", input=tasks)
        self.assertEqual(sorted(r for each in lists for r in each["results"]), list(range(20000)))
        for each in lists:
            self.assertEqual(each["results"], each["parameters"])

    def test_no_room_is_an_error_and_no_hang(self):
        result = self.shards("--gather", "by-worker", "--reorder-mem", "64K", "--spill-max", "100K",
                             input="some line of text\n" * 20000)
        self.assertEqual(result.status, 255)
        self.assert_told(result, ".*cannot hold the results of --gather: the spill file in .* has reached --spill-max.*")

    def test_msgpack_is_one_value(self):
        for how, value in ("list", b"\x93\x01\x02\x03"), ("map", b"\x83\x00\x01\x01\x02\x02\x03"):
            result = self.shards("--in", "json", "--gather", how, "--out", "msgpack", input="1\n2\n3\n")
            self.assertEqual((result.status, result.raw), (0, value))

    def test_in_a_gang_by_rank(self):
        result = self.spread("gang", "-n", "2", "-j", "2", "--wire", "json", "--gather", "by-worker", "--",
                             PYTHON, self.worker, "json.loads(line)[2]['rank']", input="x\n")
        self.assert_run(result, 0, err="")
        self.assertEqual(json.loads(result.out), [{"number": n, "parameters": ["x"], "results": [n]} for n in (0, 1)])


class Chunks(ShardsTest):
    """Ordinary tasks as lists. `p` is the list."""
    LENGTHS = "print('list of', len(p), file=sys.stderr, flush=True)"

    def chunks(self, *options, value="[x * x for x in p]", tasks=20, **how):
        result = self.shards("--in", "json", *options, value=value, input="".join(f"{n}\n" for n in range(tasks)), **how)
        return result, [json.loads(line) for line in result.out.splitlines()]

    def test_one_line_for_each_task(self):
        result, values = self.chunks("--chunk", "6", "-j", "2")
        self.assert_run(result, 0, err="")
        self.assertEqual(values, [n * n for n in range(20)])

    def test_lists_have_up_to_so_many_tasks(self):
        _, values = self.chunks("--chunk", "8", "-j", "1", value="[len(p)] * len(p)")
        self.assertEqual(values, [8] * 16 + [4] * 4)

    def test_few_tasks_are_shared_out(self):
        _, values = self.chunks("--chunk", "100", "-j", "2", value="[len(p)] * len(p)")
        self.assertEqual(values, [10] * 20)

    def test_a_list_of_one_is_a_list(self):
        _, values = self.chunks("--chunk", "1", tasks=3, value="[p]")
        self.assertEqual(values, [[0], [1], [2]])

    def test_a_list_that_fails_is_tried_one_by_one(self):
        result, values = self.chunks("--chunk", "5", "-j", "1", "--joblog", self.path("log"), value="[6 // (x - 7) for x in p]")
        self.assertEqual((result.status, values[7]), (1, None), result)
        self.assertEqual([v for n, v in enumerate(values) if n != 7], [6 // (n - 7) for n in range(20) if n != 7])
        self.assert_only_told(result, ".*task 8 .* failed .*ZeroDivisionError.*", ".*1 of 20 tasks did not succeed: 1 failed")
        with open(self.path("log")) as log:
            rows = [line.split("\t") for line in log.read().splitlines()[1:]]
        self.assertEqual(sorted((int(row[0]), row[6]) for row in rows), [(n, str(int(n == 8))) for n in range(1, 21)])

    def test_a_list_that_ends_its_worker_is_tried_one_by_one(self):
        result, values = self.chunks("--chunk", "5", "-j", "2", value="[x * x if x != 13 else os._exit(3) for x in p]")
        self.assertEqual((result.status, values), (1, [None if n == 13 else n * n for n in range(20)]), result)
        self.assert_told(result, ".*task 14 .* was lost .*its worker died 3 times.*")

    def test_a_list_that_runs_into_the_time_out_is_tried_one_by_one(self):
        result, values = self.chunks("--chunk", "4", "-j", "1", "--timeout", "0.3", tasks=8,
                                     value="[x if x != 5 else os.read(os.pipe()[0], 1) for x in p]")
        self.assertEqual((result.status, values), (1, [0, 1, 2, 3, 4, None, 6, 7]), result)

    def test_an_answer_has_as_many_values(self):
        result, values = self.chunks("--chunk", "2", "-j", "1", tasks=4, value="[1]")
        self.assertEqual((result.status, values), (0, [1, 1, 1, 1]), "one by one it is right")
        result, values = self.chunks("--chunk", "2", "-j", "1", tasks=2, value="[1, 2, 3]")
        self.assertEqual((result.status, values), (2, [None, None]))
        self.assert_told(result, ".*task 1 .* failed .*BadResult: 3 results for 1 payloads")
        result, values = self.chunks("--chunk", "2", "-j", "1", tasks=2, value="7")
        self.assert_told(result, ".*task 1 .* failed .*BadResult: its value is no list, which --chunk wants")

    def test_events_have_each_task(self):
        result, _ = self.chunks("--chunk", "4", "-j", "1", "--events", self.path("events"), tasks=8)
        self.assert_run(result, 0)
        with open(self.path("events")) as events:
            seen = [json.loads(line) for line in events]
        for kind in "task_sent", "task_finished":
            self.assertEqual([e["task"] for e in seen if e["event"] == kind], list(range(8)), kind)

    def test_workers_know_of_it(self):
        _, values = self.chunks("--chunk", "4", tasks=1, value="[os.environ['SPREAD_CHUNK']]")
        self.assertEqual(values, ["4"])
        inner = f"{os.environ['SPREAD']} run --wire json -- {PYTHON} {self.worker} 'os.environ[\"SPREAD_CHUNK\"]' ::: x"
        _, values = self.chunks("--chunk", "4", tasks=1, value=f"[__import__('subprocess').getoutput({inner!r})]")
        self.assertEqual(values, [""])

    def test_gathered(self):
        result, _ = self.chunks("--chunk", "3", "--gather", "concat", value="[[x, x] for x in p]", tasks=5)
        self.assertEqual(json.loads(result.out), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])

    def test_no_list_is_longer_than_a_frame(self):
        result, values = self.chunks("--chunk", "1000", "--max-frame", "200", "-j", "1", value="[len(p)] * len(p)", tasks=100)
        self.assert_run(result, 0, err="")
        self.assertLess(max(values), 40)
        self.assertGreater(max(values), 20)

    def test_misuse(self):
        for options, message in ((("--wire", "lines"), "--chunk: --wire lines has a line for each task"),
                                 (("--subpool", "1"), "--chunk: the tasks of a list submit no sub-tasks")):
            result = self.spread("run", "--chunk", "4", *options, "--", "cat")
            self.assertEqual(result.status, 255)
            self.assert_told(result, f".*{message}.*")


class Preparing(ShardsTest):
    WORKER = """import json, os, sys
    state = {"prep": [json.loads(sys.stdin.readline()) for _ in range(int(os.environ["SPREAD_PREP"]))], "times": 1}
    for line in sys.stdin:
        m = json.loads(line)
        if m[0] is None:
            assert m[1] == "prep"
            state = {"prep": m[2], "times": state["times"] + 1}
            continue
        answer = [m[0], "ok", state] if m[1] != "bad" else [m[0], "error", {"type": "Bad", "message": "bad"}]
        if isinstance(m[1], list):
            answer = [m[0], "ok", [state for payload in m[1] if payload != "bad"]]
        print(json.dumps(answer), flush=True)
    """.replace("\n    ", "\n")

    def run_all(self, *options, tasks):
        worker = self.file("preparing.py", self.WORKER)
        result = self.spread("run", "--wire", "json", "--out", "json", "-j", "1", "--prep", "a", "--prep-json", "[2]", *options, "--",
                             PYTHON, worker, input="".join(task + "\n" for task in tasks))
        return [json.loads(line) for line in result.out.splitlines()]

    def test_again_after_a_failure_in_the_same_process(self):
        values = self.run_all("--reprep-after-failure", tasks=["x", "bad", "y", "z", "bad", "bad", "w"])
        self.assertEqual([value and value["times"] for value in values], [1, None, 2, 2, None, None, 4])
        self.assertEqual(values[-1]["prep"], ["a", [2]])

    def test_again_after_a_result_that_does_not_count(self):
        values = self.run_all("--reprep-after-failure", "--chunk", "1", tasks=["x", "bad", "y"])
        self.assertEqual([value and value["times"] for value in values], [1, None, 2])

    def test_not_without_the_option(self):
        self.assertEqual(self.run_all(tasks=["bad", "y"])[1]["times"], 1)

    def test_wire_lines_has_no_such_message(self):
        result = self.spread("run", "--wire", "lines", "--reprep-after-failure", "--", "cat")
        self.assertEqual(result.status, 255)
        self.assert_told(result, ".*--reprep-after-failure: --wire lines has no message for that.*")


class Progress(ShardsTest):
    WORKER = """import json, sys
    for line in sys.stdin:
        id, p = json.loads(line)
        size = p["stop"] - p["start"]
        for done in range(size if sys.argv[1] == "tells" else 0):
            print(json.dumps([id, "progress", done / size]), flush=True)
        print(json.dumps([id, "ok", size]), flush=True)
    """.replace("\n    ", "\n")

    def sums(self, how):
        result = self.spread("run", "--wire", "json", "--range", "40", "-j", "3", "--events", self.path("events"), "--",
                             PYTHON, self.file("telling.py", self.WORKER), how)
        self.assert_run(result, 0, err="")
        with open(self.path("events")) as events:
            seen = [json.loads(line) for line in events]
        said = [event for event in seen if event["event"] == "task_progress"]
        self.assertEqual({event["max"] for event in said}, {40})
        return [event["sum"] for event in said]

    def test_the_sum_rises_to_the_maximum(self):
        sums = self.sums("tells")
        self.assertEqual(sums, sorted(sums))
        self.assertEqual(sums[-1], 40)
        self.assertGreater(len(sums), 30)

    def test_shards_that_say_nothing_count_when_they_are_done(self):
        sums = self.sums("silent")
        self.assertEqual((sums, sums[-1], len(sums)), (sorted(sums), 40, 3))


class BadInput(ShardsTest):
    def test_is_told_before_anything_starts(self):
        broken = self.file("broken.json", "[1, 2")
        for options, message in (
                (("--range", "-1"), "--range: expected a whole number from 0 to 9223372036854775807, not '-1'"),
                (("--range", "9223372036854775808"), "--range: expected a whole number from 0 to 9223372036854775807"),
                (("--range", "5", "--shards", "0"), "--shards: expected a whole number from 1 to 4294967296, not '0'"),
                (("--range", "5", "--chunk", "0"), "--chunk: expected a whole number from 1"),
                (("--range", "5", "--split", "odd"), "--split: expected even or front, not 'odd'"),
                (("--range", "5", "--shards", "2", "--chunk", "2"), "--shards and --chunk exclude each other"),
                (("--shards", "2"), "--shards is for --range N or --partition FILE"),
                (("--range", "5", "-a", broken), "--range makes the tasks; no -a, ::: or :::: can"),
                (("--range", "5", "--in", "csv"), "--range: its files are lines or JSON, so --in must be one of these"),
                (("--range", "5", "--wire", "lines"), "--range: a filter of --wire lines knows no shards"),
                (("--partition", broken), f"--partition {broken}: .* at byte 6"),
                (("--partition", "/nowhere"), "--partition: cannot read /nowhere: No such file or directory"),
                (("--in", "json", "--partition", self.file("map.json", "{}")), "--partition .*: it is no JSON array"),
                (("--range", "1", "--common", broken), f"--common {broken}: .* at byte 6"),
                (("--partition", "-", "--partition", "-"), "--partition - and --partition -: standard input can be read only once"),
                (("--common", "-", "-a", "-"), "--common - and -a -: standard input can be read only once"),
                (("--prep-file", "-"), "--prep-file -: the tasks come from standard input"),
                (("--gather", "list", "--unordered"), "--gather and --unordered exclude each other"),
                (("--gather", "list", "--out", "text"), "--gather makes one value, so --out must be json or msgpack"),
                (("--gather", "root"), "--gather: expected list, concat, map or by-worker, not 'root'")):
            with self.subTest(options=options):
                result = self.spread("run", *options, "--", "sh", "-c", f"echo x >{self.path('started')}")
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assert_told(result, f".*{message}.*")
                self.assertFalse(os.path.exists(self.path("started")))
