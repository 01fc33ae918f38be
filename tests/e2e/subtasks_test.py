"""Sub-tasks: what running tasks hand back to the master, on real processes."""

import json
import os
import signal

from spread_testing import PYTHON, SpreadTest

SOURCE = os.environ["SPREAD_SOURCE"]
SUMS = {
    "python": ([PYTHON, os.path.join(SOURCE, "tests", "e2e", "subtask_workers", "sum.py")], ("msgpack", "json")),
    "c++": ([os.path.join(os.environ["SPREAD_BUILD"], "test_workers", "subtask_sum")], ("msgpack",)),
    "sh": (["sh", os.path.join(SOURCE, "tests", "e2e", "subtask_workers", "sum.sh")], ("json",)),
}
WORKER = """import os, spread_worker as w
def handle(x):
    if isinstance(x, int): return x * x
    name, args = x[0], x[1:]
    if name == "pid": return os.getpid()
    if name == "raise": raise ValueError(*args)
    if name == "fatal": raise w.Fatal(*args)
    if name == "die": os._exit(3)
    if name == "hang": os.read(os.pipe()[0], 1)
    if name == "tell": print("here", file=open(args[0], "w"), flush=True); os.read(os.pipe()[0], 1)
    if name == "common": return [w.common(), w.parent() is not None]
    if name == "map": return w.map(*args)
    if name == "poll":
        handles = w.submit(args[0])
        while len(w.ready(handles)) < len(handles): pass
        return [h.result() for h in handles]
    if name == "results": return [str(r) if isinstance(r, Exception) else r for r in w.results(w.submit(*args))]
    if name == "steps":
        w.progress(args[0], "begun")
        return w.map(args[1])
    if name == "half":
        w.progress(0.5)
        return 1
    if name == "exit": os._exit(0)
    if name == "leave": w.submit(args[0]); return "left"
    if name == "any order":
        handles = w.submit(args[0])
        w.wait(handles)
        return [h.result() for h in reversed(handles)]
    if name == "twice":
        handle, = w.submit([3])
        first = handle.result()
        try: w.ask("fetch", [handle.id])
        except w.Refused as refused: return [first, refused.type]
    if name == "subpool": return w.subpool(args[0])
    if name == "chain":
        return [args[0]] + (w.map([["chain", args[0] - 1]])[0] if args[0] else [])
    if name == "ask": return refusal(*args)
def refusal(op, *args):
    try: return w.ask(op, *args)
    except w.Refused as refused: return refused.type
w.run(handle)
"""

HOOKS = """. "$SPREAD_SDK/spread-worker.sh"
. "$SPREAD_SDK/spread-subtasks.sh"
tasks=0
count() { spread_parent || tasks=$((tasks + 1)); }
picky() { if spread_parent && [ $((SPREAD_TASK % 2)) = 1 ]; then return 4; fi; }
tell() { echo "$tasks tasks"; }
handler() {
    if spread_parent; then spread_ok "$tasks $1"; return; fi
    spread_submit '["x","y"]' && spread_fetch "$SPREAD_ANSWER" && spread_ok_json "$SPREAD_ANSWER" || spread_subtasks_failed
}
spread_before_task count
spread_before_task picky
spread_at_exit tell
spread_run handler
"""
# A worker without an SDK: its slots, and the task that it asks for.
ASKER = """import json, sys
def say(*message): print(json.dumps(message), flush=True)
say(None, "hello", {"wire": 1, "slots": int(sys.argv[1])})
say(None, "ready")
id, _ = json.loads(sys.stdin.readline())
say(None, "ask", 1, "submit", json.loads(sys.argv[2]), [1])
say(id, "ok", json.loads(sys.stdin.readline())[1::2])
sys.stdin.read()
"""


class SubtaskTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        self.environment["SPREAD_SDK"] = os.path.join(SOURCE, "worker_sdk", "sh")
        self.worker = self.file("worker.py", WORKER)

    def run_tasks(self, *options, tasks):
        return self.spread("run", "--in", "json", *options, "--", PYTHON, self.worker,
                           input="".join(json.dumps(task) + "\n" for task in tasks))


class Progress(SubtaskTest):
    def progress(self, *tasks):
        events = self.path("events")
        result = self.run_tasks("-j1", "--events", events, tasks=tasks)
        self.assertEqual((result.status, result.err), (0, ""))
        with open(events, encoding="utf-8") as file:
            told = [event for event in map(json.loads, file) if event["event"] == "task_progress"]
        return [round(event["fraction"], 3) for event in told if event["task"] == 0], told

    def test_of_sub_tasks_is_added_to_that_of_their_parent(self):
        own, told = self.progress(["steps", 0.2, [1, ["half"], 2, 3]])
        self.assertEqual(own, [0.2, 0.4, 0.5, 0.6, 0.8, 1])
        self.assertEqual([event.get("text") for event in told if event["task"] == 0][:2], ["begun", None])

    def test_goes_up_through_all_that_is_above(self):
        own, _ = self.progress(["map", [["map", [1, ["half"]]], 2]])
        self.assertEqual(own, [0.25, 0.375, 0.5, 1])


class Results(SubtaskTest):
    def test_one_worker_is_enough_and_several_give_the_same(self):
        tasks = [["map", list(range(n))] for n in (0, 1, 10)] + [4, ["chain", 15]]
        expected = [[], [0], [n * n for n in range(10)], 16, list(range(15, -1, -1))]
        for slots in ("-j1", "-j3"):
            with self.subTest(slots=slots):
                result = self.run_tasks(slots, tasks=tasks)
                self.assertEqual((result.status, result.err, result.values), (0, "", expected))

    def test_other_workers_run_them_too(self):
        # The first of them is asked for its pid while the parent is at work, so all three slots are started.
        result = self.run_tasks("-j3", "--start-all", tasks=[["map", [["pid"]] * 300]])
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertGreater(len(set(result.values[0])), 1)

    def test_whoever_only_asks_which_are_ready_computes_them_on_the_only_worker(self):
        for slots in ("-j1", "-j3"):
            result = self.run_tasks(slots, tasks=[["poll", [1, ["poll", [2]], 3]]] * 3)
            self.assertEqual((result.status, result.values), (0, [[1, [4], 9]] * 3))

    def test_they_are_no_tasks_of_the_run(self):
        joblog, events = self.path("log"), self.path("events")
        result = self.run_tasks("-j2", "--joblog", joblog, "--events", events, "--halt", "now,fail=1",
                                "--retries", "1", tasks=[["results", [1, ["raise", "no"], 3]], 5])
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[1, "ValueError: no", 9], 25])
        with open(joblog, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 3)
        with open(events, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        self.assertEqual(len([e for e in told if e["event"] == "task_finished"]), 2)
        self.assertEqual([e["parent"] for e in told if e["event"] == "task_sent" and "parent" in e], [0, 0, 0])

    def test_the_common_part_goes_to_each_worker_once(self):
        result = self.run_tasks("-j1", tasks=[["map", [["common"]] * 3, {"model": "m" * 1000}]])
        self.assertEqual(result.values, [[[{"model": "m" * 1000}, True]] * 3])

    def test_results_come_in_any_order_and_once(self):
        result = self.run_tasks("-j2", tasks=[["any order", [1, 2, 3]], ["twice"]])
        self.assertEqual((result.status, result.values), (0, [[9, 4, 1], [9, "UnknownSubtask"]]))

    def test_the_common_script_in_each_sdk(self):
        for name, (words, wires) in SUMS.items():
            for wire in wires:
                for slots in ("-j1", "-j3"):
                    with self.subTest(name=name, wire=wire, slots=slots):
                        result = self.spread("run", "--in", "json", "--wire", wire, slots, "--", *words,
                                             input=self.sum_tasks())
                        self.assertEqual((result.status, result.err), (0, ""))
                        self.assert_sums(result.values)

    def sum_tasks(self):
        return "".join(json.dumps(task) + "\n" for task in ([5, 0], [4, 1], [3, 2], [0, 1], [3, 3]))

    def assert_sums(self, values):
        def sub(n, levels):
            return 10 * n if levels == 0 else sum(sub(k, levels - 1) for k in range(1, n + 1))

        expected = [5] + [sub(n, levels) for n, levels in ((4, 1), (3, 2), (0, 1), (3, 3))]
        self.assertEqual(values, expected)

    def test_hooks_in_a_shell(self):
        worker = self.file("hooks.sh", HOOKS)
        result = self.spread("run", "-j1", "--in", "json", "--wire", "json", "--retries", "1", "--", "sh", worker,
                             input='"a"\n"b"\n')
        refused = ["error", {"type": "exit", "message": "picky: exit status 4"}]
        values = [json.loads(line) for line in result.out.splitlines()[:2]]
        self.assertEqual((result.status, values), (0, [[["ok", "1 x"], refused], [["ok", "2 x"], refused]]), result)
        self.assertEqual(result.out.splitlines()[2:], ["2 tasks"])

    def test_slots_are_kept_for_them(self):
        result = self.run_tasks("-j3", "--subpool", "2", tasks=[["map", [1, 2]]] * 6 + [["subpool", 1]])
        self.assertEqual((result.status, result.values), (0, [[1, 4]] * 6 + [2]), result)


class Failures(SubtaskTest):
    def test_one_that_kills_every_worker_ends_its_parent(self):
        result = self.run_tasks("-j1", tasks=[["results", [["die"]]], 2])
        self.assertEqual((result.status, result.values), (1, [None, 4]))
        self.assertRegex(result.err, "its sub-tasks have ended its worker 3 times, the last time: .*exit status 3")

    def test_one_that_kills_its_worker_fails_alone_where_there_is_another(self):
        result = self.run_tasks("-j2", tasks=[["results", [1, ["die"], 2]]])
        self.assertEqual((result.status, result.err), (0, ""))
        first, failed, last = result.values[0]
        self.assertEqual((first, last), (1, 4))
        self.assertRegex(failed, "NoResponse: its worker died 3 times, the last time: .*exit status 3$")

    def test_a_worker_that_leaves_before_its_sub_tasks_are_done_is_not_started_for_ever(self):
        result = self.run_tasks("-j1", tasks=[["map", [1, 2, ["exit"]]], 3])
        self.assertEqual((result.status, result.values), (1, [None, 9]))
        self.assertIn("its sub-tasks have ended its worker 3 times, the last time: it left (bye, or exit status 0)",
                      result.err)

    def test_one_that_is_fatal_stops_the_run_and_is_told_by_its_task(self):
        result = self.run_tasks("-j1", "--window", "1", tasks=[["map", [["results", [["fatal", "no model"], 3]]]], 2])
        self.assertEqual((result.status, result.values), (1, [[["Fatal: no model", 9]], None]))
        self.assert_told(result, "spread: not computed because a sub-task of task 1 was fatal")

    def test_a_time_out_is_that_of_the_innermost(self):
        clock, post, events = self.clock(), self.post(), self.path("events")
        run = self.start("run", "-j1", "--in", "json", "--timeout", "1000", "--retries", "1", "--events", events,
                         "--", PYTHON, self.worker)
        run.write(json.dumps(["results", [["tell", post.path]]]) + "\n")
        for task in (2, 3, 4):  # Its parent begins again, and is lost when that has been so three times.
            self.assertEqual(post.line(), "here")
            clock.forward(1001)
            run.write(f"{task}\n")  # wakes it
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, result.values), (1, [None, 4, 9, 16]), result)
        self.assertIn("its sub-tasks have ended its worker 3 times, the last time: a time-out", result.err)
        with open(events, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        late = [e["task"] for e in told if e["event"] == "task_answered" and e["kind"] == "timeout"]
        self.assertTrue(late and all(task >= 2**52 for task in late), late)

    def test_what_is_not_fetched_is_dropped(self):
        result = self.run_tasks("-j2", "--kill-grace", "0.2", tasks=[["leave", [["hang"], 1, 2]], 3])
        self.assertEqual((result.status, result.values), (0, ["left", 9]), result)

    def test_an_interrupted_run_leaves_nothing(self):
        post = self.post()
        run = self.start("run", "-j1", "--in", "json", "--kill-grace", "0.2", "--", PYTHON, self.worker)
        run.write(json.dumps(["map", [["tell", post.path]]]) + "\n")
        self.assertEqual(post.line(), "here")
        run.signal(signal.SIGINT)
        run.signal(signal.SIGINT)
        result = run.finish()
        self.assertEqual((result.status, result.out), (130, "null\n"), result)

    def test_bad_questions_are_refused(self):
        for args, refusal in [
                (["fetch", [12]], "UnknownSubtask"),
                (["wait", [4503599627370496 + 99], None], "UnknownSubtask"),
                (["wait", [], 1], "BadAsk"),
                (["submit", 5], "BadAsk"),
                (["submit"], "BadAsk"),
                (["ready", "x"], "BadAsk"),
                (["subpool", -1], "BadAsk"),
        ]:
            with self.subTest(args=args):
                result = self.run_tasks("-j1", tasks=[["ask", *args], 3])
                self.assertEqual((result.status, result.values), (0, [refusal, 9]), result)

    def test_members_of_a_gang_have_none(self):
        result = self.spread("gang", "-n1", "-j1", "--in", "json", "--", PYTHON, self.worker,
                             input=json.dumps(["ask", "submit", [1]]) + "\n")
        self.assertEqual((result.status, result.values), (0, [["NoSubtasks"]]), result)

    def test_who_else_has_none_is_told_why(self):
        worker = self.file("slots.py", ASKER)
        for slots, task, why in [(2, 0, "its worker works on several tasks at a time"), (1, None, "a question of no task")]:
            with self.subTest(why=why):
                result = self.spread("run", "-j1", "--in", "json", "--wire", "json", "--", PYTHON, worker, str(slots),
                                     json.dumps(task), input="1\n")
                refusal = {"type": "NoSubtasks", "message": "submit: " + why}
                self.assertEqual((result.status, result.values), (0, [["refused", refusal]]), result)
